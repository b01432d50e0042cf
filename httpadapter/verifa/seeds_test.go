package verifa_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFuzzTargetsHaveSeeds: without them a target tests next to nothing.
func TestFuzzTargetsHaveSeeds(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	targets := 0
	for _, file := range files {
		for _, d := range must(parser.ParseFile(token.NewFileSet(), file, nil, 0)).Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Fuzz") {
				continue
			}
			targets++
			seeds, err := os.ReadDir(filepath.Join("testdata", "fuzz", f.Name.Name))
			if err != nil || len(seeds) < 3 {
				t.Errorf("%s: got %d seeds (%v), want some", f.Name.Name, len(seeds), err)
			}
		}
	}
	if targets < 10 {
		t.Errorf("got %d targets, want all", targets)
	}
}
