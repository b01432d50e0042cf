package keepertest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// unknownRefs are refs that a keeper did not make, some of them like one that it did.
func unknownRefs(ref []byte) map[string][]byte {
	refs := map[string][]byte{
		"nil":        nil,
		"empty":      {},
		"zeros":      make([]byte, max(len(ref), 2)),
		"ones":       bytes.Repeat([]byte{0xff}, max(len(ref), 2)),
		"too long":   append(bytes.Clone(ref), 0),
		"twice":      append(bytes.Clone(ref), ref...),
		"128 bytes":  bytes.Repeat([]byte{0x5a}, 128),
		"a megabyte": make([]byte, 1<<20),
	}
	for n := range ref {
		refs[fmt.Sprintf("its first %d bytes", n)] = ref[:n]
	}
	return refs
}

func refusesUnknown(t *testing.T, k session.Keeper) {
	m := makeKey(t, k)
	for name, ref := range unknownRefs(m.ref) {
		mustRefuse(t, k, uuid.New(), ref, session.ErrKeeper, "of an id that it does not know, ref "+name)
		mustRefuse(t, k, m.id, ref, session.ErrKeeper, "of an id that it knows, ref "+name)
	}
	mustRefuse(t, k, uuid.New(), m.ref, session.ErrKeeper, "of an id that it does not know, ref of another")
	mustOpen(t, k, m, "after that")
}

func refusesChangedRefs(t *testing.T, k session.Keeper) {
	all := []made{makeKey(t, k), makeKey(t, k), makeKey(t, k)}
	for _, m := range all {
		for bit := range 8 * len(m.ref) {
			changed := bytes.Clone(m.ref)
			changed[bit/8] ^= 1 << (bit % 8)
			key, err := k.Open(t.Context(), m.id, changed)
			if err == nil && key != m.key || err != nil && !errors.Is(err, session.ErrKeeper) {
				t.Errorf("Open with bit %d of the ref changed: another key: %v, error %v, want %v", bit, err == nil, err, session.ErrKeeper)
			}
		}
		for _, other := range all {
			if key, err := k.Open(t.Context(), m.id, other.ref); err == nil && key != m.key {
				t.Error("Open with the ref of another session gave another key")
			}
		}
	}
}

func copiesRefs(t *testing.T, k session.Keeper) {
	m := makeKey(t, k)
	given := bytes.Clone(m.ref)
	clear(m.ref)
	m.ref = bytes.Clone(given)
	mustOpen(t, k, m, "after the caller cleared the ref that it got")
	if !bytes.Equal(m.ref, given) {
		t.Error("Open changed the ref that it was given")
	}
	if err := k.Destroy(t.Context(), m.id, m.ref); err != nil || !bytes.Equal(m.ref, given) {
		t.Errorf("Destroy changed the ref that it was given: %v, error %v", !bytes.Equal(m.ref, given), err)
	}
	clear(m.ref)
	mustRefuse(t, k, m.id, given, session.ErrErased, "after the caller cleared the ref that it gave")
}
