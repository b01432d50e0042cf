package session

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestPlaces: under one and the same key, what is sealed for one place opens in no other.
func TestPlaces(t *testing.T) {
	t.Parallel()
	key, id := NewKey(), uuid.New()
	here := Session{ID: uuid.New(), Tenant: uuid.New()}
	sealed := key.seal(&here, part{"facts", id}, []byte("plain"))
	if plain, err := key.open(&here, part{"facts", id}, sealed); err != nil || string(plain) != "plain" {
		t.Fatalf("in its place: %q, %v", plain, err)
	}
	for name, place := range map[string]struct {
		s Session
		p part
	}{
		"another session": {Session{ID: uuid.New(), Tenant: here.Tenant}, part{"facts", id}},
		"another tenant":  {Session{ID: here.ID, Tenant: uuid.New()}, part{"facts", id}},
		"another kind":    {here, part{"decision", id}},
		"another part":    {here, part{"facts", uuid.New()}},
	} {
		if plain, err := key.open(&place.s, place.p, sealed); !errors.Is(err, ErrKeeper) || plain != nil {
			t.Errorf("%s: %q, %v; want ErrKeeper", name, plain, err)
		}
	}
	other := bytes.Clone(sealed)
	other[0]++
	if _, err := key.open(&here, part{"facts", id}, other); !errors.Is(err, ErrKeeper) {
		t.Errorf("another format: %v, want ErrKeeper", err)
	}
	if bytes.Equal(sealed, key.seal(&here, part{"facts", id}, []byte("plain"))) {
		t.Error("sealing twice gives the same bytes")
	}
}

// TestDraftsAreWiped: what was sealed is not left in what the next one writes into. The draft stays out of the pool, or the
// next one may write into it already.
func TestDraftsAreWiped(t *testing.T) {
	t.Parallel()
	for _, size := range []int{100, 2 * maxDraft} {
		d := drafts.New().(*draft)
		if err := d.enc.Encode(strings.Repeat("Specimen", size/8)); err != nil {
			t.Fatal(err)
		}
		written := d.text.Bytes()
		d.wipe()
		if bytes.Contains(written, []byte("Specimen")) || d.text.Len() != 0 {
			t.Errorf("of %d bytes there is still %.20q, and %d bytes are kept", size, written, d.text.Len())
		}
	}
}
