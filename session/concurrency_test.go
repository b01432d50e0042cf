package session_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// TestParallelUploads do not hinder one another: each is written at its first try, and none raises the version.
func TestParallelUploads(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	counted := &counting{Store: b.store}
	e := b.Engine.With(counted) // which never tries again
	const n = 64
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if _, err := e.Upload(b.ctx, id, session.Upload{Context: media.Face, Content: bytes.NewReader(png)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if s := b.get(id); len(s.Media) != n || s.Version != 1 || s.Seq != n+1 || counted.applied.Load() != n {
		t.Errorf("%d media at version %d and seq %d after %d writes; want %d, 1, %d, %d", len(s.Media), s.Version, s.Seq, counted.applied.Load(), n, n+1, n)
	}
}

// counting is a store that counts writes.
type counting struct {
	session.Store
	applied atomic.Int64
}

func (s *counting) Apply(ctx context.Context, changes ...session.Change) []error {
	s.applied.Add(int64(len(changes)))
	return s.Store.Apply(ctx, changes...)
}

// TestFlood: what a rate rule has refused costs no write until it can succeed.
func TestFlood(t *testing.T) {
	t.Parallel()
	counted := &counting{Store: memstore.New()}
	b := setUp(t, nil)
	engine, err := session.New(counted, session.Config{
		Integrations: session.Fixed{{ID: tenant, Policy: session.Policy{Create: session.SelfServeCreation()}}},
		Clock:        b.clock, Keeper: b.keeper, Blobs: b.blobs,
	})
	if err != nil {
		t.Fatal(err)
	}
	e := engine.For(tenant)
	for range 1000 {
		if _, err := e.Create(b.ctx, session.Facts{}); err != nil && !errors.Is(err, session.ErrLimited) {
			t.Fatal(err)
		}
	}
	if n := counted.applied.Load(); n != 31 {
		t.Errorf("1000 requests at 30 a minute were %d writes, want 31", n)
	}
	b.clock.Set(sessiontest.Start().Add(session.SelfServeCreation()[0].Window))
	if _, err := e.Create(b.ctx, session.Facts{}); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// TestOneOfMany: of many who submit at once one does, and the others are told that it is done.
func TestOneOfMany(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	var all sync.WaitGroup
	var won, lost atomic.Int64
	for range 32 {
		all.Go(func() {
			switch _, err := b.Submit(b.ctx, id); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, session.ErrTransition):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || lost.Load() != 31 {
		t.Errorf("%d submitted and %d were refused", won.Load(), lost.Load())
	}
}
