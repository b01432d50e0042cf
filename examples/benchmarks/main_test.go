package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTableOfOneRow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "table.md")
	var out, errs strings.Builder
	err := run(t.Context(), []string{"-quick", "-run", "^verify", "-dir", dir, "-o", file}, &out, &errs)
	if err != nil {
		t.Fatal(err, errs.String())
	}
	written, err := os.ReadFile(file)
	if err != nil || string(written) != out.String() {
		t.Errorf("the file has %q, %v, and the output %q", written, err, out.String())
	}
	for _, want := range []string{"| verify 1 KiB <sup>1</sup> |", "quick run", "SQLite 3."} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("the table has not %q once:\n%s", want, out.String())
		}
	}
	if rows := strings.Count(out.String(), "\n| "); rows != 3 {
		t.Errorf("the table has %d lines, want head, rule and one row:\n%s", rows, out.String())
	}
}

func TestNoRow(t *testing.T) {
	t.Parallel()
	var out, errs strings.Builder
	err := run(t.Context(), []string{"-quick", "-run", "^nothing$", "-dir", t.TempDir()}, &out, &errs)
	if err == nil || !strings.Contains(err.Error(), "^nothing$") || out.String() != "" {
		t.Errorf("got %q, %v, want no table and an error that names the pattern", out.String(), err)
	}
}

func TestFlagsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-run", "("}, {"-rounds", "0"}, {"-turn", "0s"}, {"-turn", "soon"}, {"verify"}, {"-fast"},
	} {
		if _, err := parse(args, new(strings.Builder)); err == nil {
			t.Errorf("%q: got no error", args)
		}
	}
}
