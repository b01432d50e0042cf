package faulttest_test

import (
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/faulttest"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for want, test := range map[string]func(testing.TB){
		"":                 func(testing.TB) {},
		"a 1\nb 2\n":       func(t testing.TB) { t.Error("a", 1); t.Errorf("b %d", 2) },
		"first\n":          func(t testing.TB) { t.Fatal("first"); t.Error("second") },
		"first 1\n":        func(t testing.TB) { t.Fatalf("first %d", 1); t.Error("second") },
		"a\nlast, aside\n": func(t testing.TB) { defer t.Error("last, aside"); t.Fatal("a") },
	} {
		if got := faulttest.Of(t, test); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
