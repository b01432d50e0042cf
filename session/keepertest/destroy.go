package keepertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

func destroys(t *testing.T, k session.Keeper) {
	m := makeKey(t, k)
	mustOpen(t, k, m, "before Destroy")
	for _, when := range []string{"once", "again", "a third time"} {
		if err := k.Destroy(t.Context(), m.id, m.ref); err != nil {
			t.Errorf("Destroy %s: %v", when, err)
		}
		mustRefuse(t, k, m.id, m.ref, session.ErrErased, "after Destroy "+when)
	}
	if _, err := k.Open(t.Context(), m.id, m.ref); errors.Is(err, session.ErrKeeper) {
		t.Errorf("Open after Destroy: %v, which is %v too", err, session.ErrKeeper)
	}
	mustRefuse(t, k, uuid.New(), m.ref, session.ErrKeeper, "of an id that it does not know, ref of a key that is destroyed")
}

func destroysOverReopening(t *testing.T, open func(*testing.T) session.Keeper) {
	first := opened(t, open)
	if _, ok := first.(io.Closer); !ok {
		t.Skip("its keys end with it")
	}
	m, kept := makeKey(t, first), makeKey(t, first)
	second := opened(t, open)
	mustOpen(t, second, m, "by another, before Destroy")
	if err := first.Destroy(t.Context(), m.id, m.ref); err != nil {
		t.Fatalf("Destroy: %v", err)
	}
	for when, k := range map[string]session.Keeper{"by another": second, "by one opened after it": opened(t, open)} {
		mustRefuse(t, k, m.id, m.ref, session.ErrErased, when)
		mustOpen(t, k, kept, when+", of a key that was not destroyed")
		if err := k.Destroy(t.Context(), m.id, m.ref); err != nil {
			t.Errorf("Destroy again, %s: %v", when, err)
		}
	}
}

func destroysOneAlone(t *testing.T, k session.Keeper) {
	before, m, after := makeKey(t, k), makeKey(t, k), makeKey(t, k)
	mustDestroy(t, k, m)
	mustOpen(t, k, before, "of the key that was made before the one that is destroyed")
	mustOpen(t, k, after, "of the key that was made after the one that is destroyed")
	mustOpen(t, k, makeKey(t, k), "of a key that is made after a Destroy")
	mustRefuse(t, k, m.id, m.ref, session.ErrErased, "after another was made")
}

func destroysNothingUnknown(t *testing.T, k session.Keeper) {
	m, other, gone := makeKey(t, k), makeKey(t, k), makeKey(t, k)
	mustDestroy(t, k, gone)
	refuse := func(id uuid.UUID, ref []byte, what string) {
		t.Helper()
		if err := k.Destroy(t.Context(), id, ref); !errors.Is(err, session.ErrKeeper) {
			t.Errorf("Destroy of %s: error %v, want %v", what, err, session.ErrKeeper)
		}
	}
	for name, ref := range unknownRefs(m.ref) {
		refuse(m.id, ref, "an id that it knows, ref "+name)
		refuse(uuid.New(), ref, "an id that it does not know, ref "+name)
	}
	refuse(m.id, other.ref, "an id that it knows, ref of another")
	refuse(m.id, gone.ref, "an id that it knows, ref of another that is destroyed")
	refuse(gone.id, m.ref, "an id whose key is destroyed, ref of another")
	refuse(uuid.New(), m.ref, "an id that it does not know, ref of another")
	refuse(uuid.Nil, m.ref, "no id, ref of another")
	for bit := range 8 * len(m.ref) {
		changed := bytes.Clone(m.ref)
		changed[bit/8] ^= 1 << (bit % 8)
		if err := k.Destroy(t.Context(), m.id, changed); !errors.Is(err, session.ErrKeeper) {
			t.Fatalf("Destroy with bit %d of the ref changed: error %v, want %v", bit, err, session.ErrKeeper)
		}
	}
	mustOpen(t, k, m, "after Destroys that were refused")
	mustOpen(t, k, other, "of another, after Destroys that were refused")
}

func ended(t *testing.T, k session.Keeper) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, release := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer release()
	for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: late} {
		m := makeKey(t, k)
		if key, ref, err := k.Make(ctx, uuid.New()); !errors.Is(err, want) || key != (session.Key{}) || ref != nil {
			t.Errorf("Make: a key: %v, a ref: %v, error %v, want %v", key != session.Key{}, ref != nil, err, want)
		}
		if key, err := k.Open(ctx, m.id, m.ref); !errors.Is(err, want) || key != (session.Key{}) {
			t.Errorf("Open: a key: %v, error %v, want %v", key != session.Key{}, err, want)
		}
		if err := k.Destroy(ctx, m.id, m.ref); !errors.Is(err, want) {
			t.Errorf("Destroy: error %v, want %v", err, want)
		}
		mustOpen(t, k, m, "after a Destroy whose ctx had ended")
	}
}
