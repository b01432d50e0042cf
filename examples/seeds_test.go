package examples_test

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
	for folder, least := range map[string]int{"../decision/workflow": 2, "../httpadapter/verifa": 10, "../session": 6} {
		if targets := targetsWithSeeds(t, folder); targets < least {
			t.Errorf("%s: got %d targets, want all, at least %d", folder, targets, least)
		}
	}
}

// targetsWithSeeds counts the fuzz targets of a package, each of which must have seeds.
func targetsWithSeeds(t *testing.T, folder string) (targets int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Fuzz") {
				continue
			}
			targets++
			seeds, err := os.ReadDir(filepath.Join(folder, "testdata", "fuzz", f.Name.Name))
			if err != nil || len(seeds) < 3 {
				t.Errorf("%s: %s: got %d seeds (%v), want some", folder, f.Name.Name, len(seeds), err)
			}
		}
	}
	return targets
}
