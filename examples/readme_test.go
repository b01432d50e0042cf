package examples_test

import (
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

// TestProgramOfTheReadme: it is examples/inprocess, at most 15 lines long, and prints what the README says.
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

// TestHostTransaction: the example says what became of its rows.
func TestHostTransaction(t *testing.T) {
	t.Parallel()
	run := exec.CommandContext(t.Context(), "go", "run", "./examples/hosttx")
	run.Dir = ".."
	out, err := run.CombinedOutput()
	if want := "committed: 1 account, 1 session\nrolled back: 1 account, 1 session\n"; err != nil || string(out) != want {
		t.Errorf("it prints %q, %v; want %q", out, err, want)
	}
}

// TestLinks: every relative link of the README and of the pages under docs leads somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) < 2 {
		t.Fatalf("the pages are %v, %v", pages, err)
	}
	links := 0
	for _, page := range append(pages, "../README.md") {
		prose := ""
		for i, part := range strings.Split(read(t, page), "```") {
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
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), target)); err != nil {
				t.Errorf("%s links to %s: %v", page, target, err)
			}
		}
	}
	if links < 15 {
		t.Errorf("%d links only", links)
	}
}
