package keepertest

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

func keepsMany(t *testing.T, k session.Keeper) {
	seen := map[session.Key]bool{{}: true}
	var all []made
	for range 300 {
		m := makeKey(t, k)
		if seen[m.key] {
			t.Fatal("Make gave a key that it gave before, or zeros")
		}
		seen[m.key] = true
		mustOpen(t, k, m, "right after Make")
		all = append(all, m)
	}
	for i, m := range all {
		mustOpen(t, k, m, fmt.Sprintf("of key %d, after all were made", i))
		mustOpen(t, k, m, fmt.Sprintf("of key %d, again", i))
	}
}

func keepsOverReopening(t *testing.T, open func(*testing.T) session.Keeper) {
	first := opened(t, open)
	closer, ok := first.(io.Closer)
	if !ok {
		t.Skip("its keys end with it")
	}
	all := []made{makeKey(t, first), makeKey(t, first)}
	crashed := opened(t, open) // the first is not closed
	for _, m := range all {
		mustOpen(t, crashed, m, "by another that was opened beside it")
	}
	all = append(all, makeKey(t, crashed), makeKey(t, first))
	for _, k := range []session.Keeper{first, crashed} {
		for _, m := range all {
			mustOpen(t, k, m, "by either of two")
		}
	}
	if err := closer.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	again := opened(t, open)
	all = append(all, makeKey(t, again))
	for _, m := range all {
		mustOpen(t, again, m, "after Close and reopening")
		mustOpen(t, crashed, m, "by one that was open all the time")
	}
	for i, m := range all {
		for _, other := range all[i+1:] {
			if m.key == other.key {
				t.Error("two keepers of the same keys made one key")
			}
		}
	}
}

func refIsNotEnough(t *testing.T, k session.Keeper) {
	m := makeKey(t, k)
	if len(m.ref) > 128 {
		t.Errorf("a ref has %d bytes, want at most 128", len(m.ref))
	}
	for n := 8; n <= len(m.key); n += 8 {
		if bytes.Contains(m.ref, m.key[n-8:n]) {
			t.Error("a ref holds a part of its key")
		}
	}
	mustRefuse(t, k, uuid.New(), m.ref, session.ErrKeeper, "with the ref and another id")
	mustRefuse(t, k, uuid.Nil, m.ref, session.ErrKeeper, "with the ref and no id")
	mustOpen(t, k, m, "after that")
}

func forgets(t *testing.T, k session.Keeper) {
	for range 50 {
		makeKey(t, k)
	}
	m := makeKey(t, k)
	mustOpen(t, k, m, "beside keys that nobody uses")
}

func makesAgain(t *testing.T, k session.Keeper) {
	for _, of := range []struct {
		name           string
		destroy, leave int
	}{{"the first", 0, 1}, {"the second", 1, 0}} {
		first := makeKey(t, k)
		both := []made{first, makeKeyOf(t, k, first.id)}
		if both[0].key == both[1].key || bytes.Equal(both[0].ref, both[1].ref) {
			t.Error("two Makes for one id gave one key or one ref")
		}
		for _, m := range both {
			mustOpen(t, k, m, "of one of two keys of one id")
		}
		mustDestroy(t, k, both[of.destroy])
		mustRefuse(t, k, first.id, both[of.destroy].ref, session.ErrErased, "of "+of.name+" of two keys of one id, which was destroyed")
		mustOpen(t, k, both[of.leave], "of a key of one id, after "+of.name+" of two was destroyed")
	}
}

func makesAfterDestroy(t *testing.T, k session.Keeper) {
	first := makeKey(t, k)
	mustDestroy(t, k, first)
	second := makeKeyOf(t, k, first.id)
	if first.key == second.key {
		t.Error("Make after Destroy gave the key that was destroyed")
	}
	mustOpen(t, k, second, "of a key that was made after another of its id was destroyed")
	mustRefuse(t, k, first.id, first.ref, session.ErrErased, "of the destroyed key, after another of its id was made")
	mustDestroy(t, k, second)
	mustRefuse(t, k, first.id, second.ref, session.ErrErased, "of the second key, which was destroyed too")
}
