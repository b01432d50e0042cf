// Package tabletest keeps tables in documents equal to the code that they tell of. It is for tests alone.
package tabletest

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Check sees that a file has a table once, and the table is this one; where write is set, it writes the table there.
// Place is a regular expression, whose first group is the table.
func Check(t testing.TB, file, place, want string, write bool) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	places := regexp.MustCompile(place).FindAllSubmatchIndex(text, -1)
	if len(places) != 1 {
		t.Fatalf("%s has %d places for the table, want one", file, len(places))
	}
	begin, end := places[0][2], places[0][3]
	got := string(text[begin:end])
	if got == want {
		return
	}
	if !write {
		t.Errorf("the table in %s is another; -update writes it: %s", file, firstDifference(got, want))
		return
	}
	if err := os.WriteFile(file, slices.Concat(text[:begin], []byte(want), text[end:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

func firstDifference(got, want string) string {
	lines := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(lines) || line != lines[i] {
			return fmt.Sprintf("got line %d %q, want %q", i+1, line, lines[min(i, len(lines)-1)])
		}
	}
	return fmt.Sprintf("got %d lines, want %d", strings.Count(got, "\n"), len(lines)-1)
}
