package filekeeper_test

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

var nonces = flag.Int("nonces", 1<<17, "how many nonces TestNoncesAreUnique looks at, about")

// A block that was given back unused is made anew with other nonces, and so is every other.
func TestNoncesAreUnique(t *testing.T) {
	t.Parallel()
	const block = 1 << 14
	path, master := filepath.Join(t.TempDir(), "slots"), session.NewKey()
	seen := map[[12]byte]bool{}
	want := 0
	for ; want < *nonces; want += block {
		k := open(t, path, master, block)
		makeKey(t, k) // the rest of the block is given back
		for _, nonce := range filekeeper.Nonces(mustRead(t, path)) {
			seen[nonce] = true
		}
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(seen); got != want || want == 0 {
		t.Errorf("%d nonces for %d slots", got, want)
	}
}
