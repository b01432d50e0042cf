package examples_test

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestProgramOfTheReadme is examples/inprocess, at most 15 lines long, and prints what the README says.
func TestProgramOfTheReadme(t *testing.T) {
	t.Parallel()
	readme, program := read(t, "../README.md"), read(t, "inprocess/main.go")
	if !strings.Contains(readme, "```go\n"+program+"```\n") {
		t.Error("the README's program is not examples/inprocess/main.go")
	}
	_, body, _ := strings.Cut(program, "func main() {\n")
	body, _, _ = strings.Cut(body, "\n}\n")
	if lines := strings.Count(body, "\n") + 1; lines > 15 {
		t.Errorf("the program has %d lines, want at most 15", lines)
	}
	run := exec.CommandContext(t.Context(), "go", "run", "./examples/inprocess")
	run.Dir = ".."
	out, err := run.CombinedOutput()
	if err != nil || !strings.Contains(readme, "$ go run ./examples/inprocess\n"+string(out)+"```") {
		t.Errorf("the program prints %q, %v, and the README says otherwise", out, err)
	}
}

// TestHostTransaction runs the example and looks at what it says.
func TestHostTransaction(t *testing.T) {
	t.Parallel()
	run := exec.CommandContext(t.Context(), "go", "run", "./examples/hosttx")
	run.Dir = ".."
	out, err := run.CombinedOutput()
	if want := "committed: 1 account, 1 session\nrolled back: 1 account, 1 session\n"; err != nil || string(out) != want {
		t.Errorf("it prints %q, %v; want %q", out, err, want)
	}
}

// TestReadmeNamesThings that are there: every relative link leads somewhere.
func TestReadmeNamesThings(t *testing.T) {
	t.Parallel()
	links := 0
	prose := ""
	for i, part := range strings.Split(read(t, "../README.md"), "```") {
		if i%2 == 0 {
			prose += part
		}
	}
	for _, part := range strings.Split(prose, "](")[1:] {
		target, _, _ := strings.Cut(part, ")")
		if strings.HasPrefix(target, "http") {
			continue
		}
		links++
		if _, err := os.Stat(filepath.Join("..", target)); err != nil {
			t.Errorf("the README links to %s: %v", target, err)
		}
	}
	if links < 5 {
		t.Errorf("%d links only", links)
	}
}

// TestGoFences of the README parse.
func TestGoFences(t *testing.T) {
	t.Parallel()
	fences := strings.Split(read(t, "../README.md"), "```go\n")[1:]
	for i, fence := range fences {
		code, _, _ := strings.Cut(fence, "```")
		if !strings.HasPrefix(code, "//") && !strings.HasPrefix(code, "package") && !strings.HasPrefix(code, "func") {
			code = "package p\nfunc f() {\n" + code + "}\n"
		} else if strings.HasPrefix(code, "func") {
			code = "package p\n" + code
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "", code, 0); err != nil {
			t.Errorf("fence %d: %v", i+1, err)
		}
	}
	if len(fences) < 5 {
		t.Errorf("%d fences only", len(fences))
	}
}
