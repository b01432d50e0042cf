package verifa_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/tabletest"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

// TestCodesPage: the page for people has the rejection codes of the code; -update writes them.
func TestCodesPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("| code | what it says |\n| --- | --- |\n")
	for _, word := range verifa.RejectionCodes() {
		code, _ := verifa.ReasonOf(word)
		text := decision.ReasonText(code)
		if code == 0 {
			text = "Something else, which `reason` says"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", word, text)
	}
	tabletest.Check(t, "../../docs/verifa-codes.md", `(?s)<!-- codes:begin -->\n(.*)<!-- codes:end -->\n`, b.String(), *update)
}

// TestRejectionCodes: each that the page has can be given, and is answered as it was given.
func TestRejectionCodes(t *testing.T) {
	t.Parallel()
	for _, word := range verifa.RejectionCodes() {
		if got := verifa.RejectionCodeOf(word); got != word {
			t.Errorf("%s: got %s back, want it as it was given", word, got)
		}
	}
}
