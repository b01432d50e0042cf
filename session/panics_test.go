package session_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// clumsyKeeper panics when it is asked for one session's key.
type clumsyKeeper struct {
	session.Keeper
	of uuid.UUID
}

func (k *clumsyKeeper) Open(ctx context.Context, id uuid.UUID, ref []byte) (session.Key, error) {
	if id == k.of {
		panic("Ada Specimen")
	}
	return k.Keeper.Open(ctx, id, ref)
}

func (k *clumsyKeeper) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	if id == k.of {
		panic("Ada Specimen")
	}
	return k.Keeper.Destroy(ctx, id, ref)
}

// TestPanicsOnTheAlarm: what panics for one session is put off and tried again, and the others are served.
func TestPanicsOnTheAlarm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		begin func(b *bench, id uuid.UUID)
		told  session.EventKind // when it is done
	}{
		{"a decision", (*bench).submit, session.EventApproved},
		{"an expiry", func(b *bench, _ uuid.UUID) { b.clock.Add(4 * 24 * time.Hour) }, session.EventExpired}, // twice: eight days
		{"a delivery", func(b *bench, id uuid.UUID) { b.upload(id) }, session.EventCreated},
		{"an erasure", func(b *bench, id uuid.UUID) {
			if _, err := b.Delete(b.ctx, id); err != nil {
				b.t.Fatal(err)
			}
		}, session.EventErased},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clumsy, log := &clumsyKeeper{}, &strings.Builder{}
			b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
				clumsy.Keeper, cfg.Log = cfg.Keeper, slog.New(slog.NewTextHandler(log, nil))
				cfg.Keeper = clumsy
			})
			one, other := b.create("Approve").ID, b.create("Approve").ID
			done := func(id uuid.UUID) bool { return slices.Contains(b.receiver.Kinds(id), c.told) }
			c.begin(b, one)
			c.begin(b, other)
			clumsy.of = one
			b.settle()
			if done(one) || !done(other) {
				t.Errorf("done: %t of the session whose key panics, %t of the other; want only the other", done(one), done(other))
			}
			clumsy.of = uuid.Nil
			b.clock.Add(time.Hour)
			b.settle()
			if !done(one) {
				t.Error("what panicked was not tried again")
			}
			if strings.Contains(log.String(), "Specimen") {
				t.Errorf("the log has the panic's text: %s", log)
			}
		})
	}
}
