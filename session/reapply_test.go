package session_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// TestReapplyErasures: what comes back with a backup is redacted again, and what was not erased stays.
func TestReapplyErasures(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, func(in *session.Integration, _ *session.Config) { in.Policy.Deletion = true })
	backup := memstore.New()
	b.store = &mirrored{b.store, backup}
	before := b.again(func(in *session.Integration, cfg *session.Config) { in.Policy = b.in.Policy })
	create := func() uuid.UUID {
		t.Helper()
		s, err := before.Create(b.ctx, session.Facts{Person: session.Person{FirstName: "Canary"}})
		if err != nil {
			t.Fatal(err)
		}
		return s.ID
	}
	redacted, deleted, held, kept := create(), create(), create(), create()
	if _, err := before.Hold(b.ctx, held); err != nil {
		t.Fatal(err)
	}
	now := b.store.(*mirrored).Store
	b.store = now // what comes now is not in the backup
	if _, err := b.Release(b.ctx, held); err != nil {
		t.Fatal(err)
	}
	for _, id := range []uuid.UUID{redacted, held} {
		if _, err := b.Redact(b.ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Delete(b.ctx, deleted); err != nil {
		t.Fatal(err)
	}
	b.settle()

	b.store = backup
	restored := b.again(func(in *session.Integration, cfg *session.Config) { in.Policy = b.in.Policy })
	if _, err := restored.Get(b.ctx, redacted); !errors.Is(err, session.ErrErased) {
		t.Errorf("before: %v, want ErrErased", err)
	}
	for _, want := range []int{3, 0} {
		if n, err := restored.ReapplyErasures(b.ctx); err != nil || n != want {
			t.Errorf("reapplied %d, %v, want %d", n, err, want)
		}
	}
	if _, err := restored.Settle(b.ctx); err != nil {
		t.Fatal(err)
	}
	for _, id := range []uuid.UUID{redacted, deleted, held} {
		s, err := restored.Get(b.ctx, id)
		if err != nil || s.RedactedAt.IsZero() || len(s.Sealed) != 0 || len(s.Key) != 0 || len(s.Receipt) == 0 || !s.HeldAt.IsZero() {
			t.Errorf("%s: %+v, %v", id, s.Session, err)
		}
	}
	if s, err := restored.Get(b.ctx, kept); err != nil || s.Facts.Person.FirstName != "Canary" {
		t.Errorf("what was not erased: %v, %v", s, err)
	}
}

// mirrored is a store that writes into a backup too.
type mirrored struct {
	session.Store
	backup session.Store
}

func (s *mirrored) Apply(ctx context.Context, changes ...session.Change) []error {
	if errs := s.Store.Apply(ctx, changes...); errs != nil {
		return errs
	}
	return s.backup.Apply(ctx, changes...)
}

// TestReapplyNeedsTheKeeper: what the keeper cannot open for another reason is not erased, and hinders no other.
func TestReapplyNeedsTheKeeper(t *testing.T) {
	t.Parallel()
	lost := &lostKeys{}
	b := setUpAudit(t, func(_ *session.Integration, cfg *session.Config) {
		lost.Keeper = cfg.Keeper
		cfg.Keeper = lost
	})
	s, gone := b.create("any"), b.create("any")
	if err := b.keeper.Destroy(b.ctx, gone.ID, gone.Key); err != nil {
		t.Fatal(err)
	}
	lost.id = s.ID
	if n, err := b.ReapplyErasures(b.ctx); n != 1 || !errors.Is(err, session.ErrKeeper) {
		t.Errorf("%d, %v, want the other one, and ErrKeeper", n, err)
	}
	lost.id = uuid.Nil
	if got := b.get(s.ID); !got.RedactedAt.IsZero() || got.Facts.Person.FirstName != "any" {
		t.Errorf("the one whose key was lost for a while: %v", got)
	}
}
