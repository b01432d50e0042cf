package keepertest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// fuse is a ctx that ends when it is asked for the nth time whether it has.
type fuse struct {
	context.Context
	left   atomic.Int64
	cancel context.CancelFunc
}

func newFuse(t *testing.T, n int) *fuse {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	f := &fuse{Context: ctx, cancel: cancel}
	f.left.Store(int64(n))
	return f
}

func (f *fuse) Err() error {
	if f.left.Add(-1) < 0 {
		f.cancel()
	}
	return f.Context.Err()
}

func endsInTheMiddle(t *testing.T, k session.Keeper) {
	for n := range 12 {
		key, ref, err := k.Make(newFuse(t, n), uuid.New())
		if some := key != (session.Key{}) || ref != nil; err != nil && (some || !errors.Is(err, context.Canceled)) {
			t.Errorf("Make whose ctx ends at look %d: a key or a ref: %v, error %v", n, some, err)
		}
		m := makeKey(t, k)
		key, err = k.Open(newFuse(t, n), m.id, m.ref)
		if err == nil && key != m.key || err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Open whose ctx ends at look %d: the key: %v, error %v", n, key == m.key, err)
		}
		mustOpen(t, k, m, "after an Open whose ctx ended")
		err = k.Destroy(newFuse(t, n), m.id, m.ref)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Destroy whose ctx ends at look %d: error %v", n, err)
		}
		switch key, opened := k.Open(t.Context(), m.id, m.ref); {
		case errors.Is(opened, session.ErrErased):
		case err == nil, opened != nil, key != m.key:
			t.Errorf("Open after a Destroy that answered %v: the key: %v, error %v", err, key == m.key, opened)
		}
		mustDestroy(t, k, m)
		mustRefuse(t, k, m.id, m.ref, session.ErrErased, "after Destroy again")
	}
}
