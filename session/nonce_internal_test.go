package session

import (
	"flag"
	"testing"

	"github.com/google/uuid"
)

var nonces = flag.Int("nonces", 1<<17, "how many nonces TestNoncesAreUnique looks at")

// TestNoncesAreUnique: whatever is sealed, of one part again and again and of others, has a nonce of its own; and so it
// is another ciphertext each time.
func TestNoncesAreUnique(t *testing.T) {
	t.Parallel()
	key, s := NewKey(), &Session{ID: uuid.New(), Tenant: uuid.New()}
	parts := []part{{"facts", s.ID}, {"decision", uuid.New()}, {"media", uuid.New()}, {"finding", uuid.New()}}
	seen := make(map[[12]byte]struct{}, *nonces)
	for i := range *nonces {
		sealed := key.seal(s, parts[i%len(parts)], nil)
		seen[[12]byte(sealed[1:13])] = struct{}{}
	}
	if len(seen) != *nonces || *nonces == 0 {
		t.Errorf("%d nonces of %d things that were sealed", len(seen), *nonces)
	}
}

// TestChunksHaveNoncesOfTheirOwn: in a stream each chunk has its number, and the last one is told from a chunk with
// the same number that is not the last. The key is one that only that stream has.
func TestChunksHaveNoncesOfTheirOwn(t *testing.T) {
	t.Parallel()
	numbers := []uint64{0, 1, 255, 256, 1<<16 - 1, 1 << 16, 1<<32 - 1, 1 << 32, 1<<64 - 1}
	for n := range uint64(*nonces / 2) {
		numbers = append(numbers, n+2)
	}
	seen := make(map[[12]byte]uint64, 2*len(numbers))
	for _, n := range numbers {
		for _, last := range []bool{false, true} {
			nonce := [12]byte(streamNonce(n, last))
			if other, twice := seen[nonce]; twice && other != n {
				t.Fatalf("the chunks %d and %d have the nonce %x", other, n, nonce)
			}
			seen[nonce] = n
		}
		if [12]byte(streamNonce(n, true)) == [12]byte(streamNonce(n, false)) {
			t.Fatalf("the chunk %d has one nonce, whether it is the last or not", n)
		}
	}
}
