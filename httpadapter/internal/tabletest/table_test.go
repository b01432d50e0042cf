package tabletest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/faulttest"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/tabletest"
)

const place = `(?s)<begin>\n(.*?)<end>`

// TestCheck: what stands in the file, what is said of it, and what stands there then.
func TestCheck(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, text, want string
		write            bool
		said, then       string // then: empty, as before
	}{
		{"the same", "a\n<begin>\n1\n2\n<end>z", "1\n2\n", false, "", ""},
		{"the same, to be written", "<begin>\n1\n<end>", "1\n", true, "", ""},
		{"another", "<begin>\n1\n2\n<end>", "1\n3\n", false, `got line 2 "2", want "3"`, ""},
		{"shorter", "<begin>\n1\n<end>", "1\n2\n", false, `got line 2 "", want "2"`, ""},
		{"longer", "<begin>\n1\n2\n<end>", "1\n", false, `got line 2 "2", want ""`, ""},
		{"without its last newline", "<begin>\n1\n2<end>", "1\n2\n", false, "got 1 lines, want 2", ""},
		{"another, written", "a\n<begin>\n1\n<end>z", "2\n3\n", true, "", "a\n<begin>\n2\n3\n<end>z"},
		{"nowhere", "a", "1\n", true, "has 0 places", ""},
		{"twice", "<begin>\n1\n<end><begin>\n1\n<end>", "1\n", true, "has 2 places", ""},
	} {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, []byte(row.text), 0o600); err != nil {
			t.Fatal(err)
		}
		said := faulttest.Of(t, func(t testing.TB) { tabletest.Check(t, file, place, row.want, row.write) })
		if (said == "") != (row.said == "") || !strings.Contains(said, row.said) {
			t.Errorf("%s: got %q, want %q", row.name, said, row.said)
		}
		if row.then == "" {
			row.then = row.text
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != row.then {
			t.Errorf("%s: the file is then %q (%v), want %q", row.name, text, err, row.then)
		}
	}
	if got := faulttest.Of(t, func(t testing.TB) { tabletest.Check(t, "missing", place, "", true) }); got == "" {
		t.Error("a file that is not there: got no fault, want one")
	}
}
