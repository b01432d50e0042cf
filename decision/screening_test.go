package decision_test

import (
	"slices"
	"testing"

	"github.com/bonafide-idv/bonafide/decision"
)

// TestListKinds: these and no others are valid, and a caller cannot change them.
func TestListKinds(t *testing.T) {
	t.Parallel()
	want := []decision.ListKind{"warnings", "sanctions", "fitness_probity", "pep", "adverse_media"}
	if got := decision.ListKinds(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	decision.ListKinds()[0] = "changed"
	for _, kind := range want {
		if !kind.Valid() {
			t.Errorf("%q is not valid", kind)
		}
	}
	for _, kind := range []decision.ListKind{"", "changed", "PEP", "pep ", "sanction"} {
		if kind.Valid() {
			t.Errorf("%q is valid", kind)
		}
	}
}
