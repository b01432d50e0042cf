package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// TestNothingUnreadable is written: what could not be read again is refused.
func TestNothingUnreadable(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	noDay := decision.Date{Year: 2020, Month: 13, Day: 45}
	for name, facts := range map[string]session.Facts{
		"date of birth":  {Person: session.Person{DateOfBirth: noDay}},
		"date of issue":  {Document: session.Document{FirstIssue: decision.Date{Year: 2023, Month: 2, Day: 29}}},
		"year 0":         {Person: session.Person{DateOfBirth: decision.Date{Month: 1, Day: 1}}},
		"many consents":  {Consents: make([]session.Consent, 101)},
		"year 10,000":    {Person: session.Person{DateOfBirth: decision.Date{Year: 10_000, Month: 1, Day: 1}}},
		"negative years": {Person: session.Person{DateOfBirth: decision.Date{Year: -1, Month: 1, Day: 1}}},
	} {
		if _, err := b.Create(b.ctx, facts); !errors.Is(err, session.ErrFacts) {
			t.Errorf("%s: %v, want ErrFacts", name, err)
		}
	}
	id := b.to(session.StatusSubmitted)
	for name, record := range map[string]decision.Record{
		"no such day":   {Person: &decision.Person{DateOfBirth: noDay}},
		"endless depth": {Additional: &decision.Additional{Other: []byte(`{"a":` + strings.Repeat("[", 9999) + strings.Repeat("]", 9999) + `}`)}},
	} {
		if _, err := b.Decide(b.ctx, id, decision.Verdict{Outcome: decision.Approved, Record: record}); !errors.Is(err, session.ErrVerdict) {
			t.Errorf("%s: %v, want ErrVerdict", name, err)
		}
	}
	if got := b.get(id).Status; got != session.StatusSubmitted {
		t.Errorf("then %s", got)
	}
}

// TestKeyGone: a session whose key was destroyed, as one from an old backup, can be deleted, and expires.
func TestKeyGone(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	deleted, expires := b.create("any"), b.create("any")
	b.settle()
	for _, s := range []*session.Snapshot{deleted, expires} {
		if err := b.keeper.Destroy(b.ctx, s.ID, s.Key); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Get(b.ctx, s.ID); !errors.Is(err, session.ErrErased) {
			t.Errorf("get: %v, want ErrErased", err)
		}
	}
	if _, err := b.Delete(b.ctx, deleted.ID); err != nil {
		t.Errorf("delete: %v", err)
	}
	b.clock.Add(week)
	b.settle()
	if _, err := b.Get(b.ctx, deleted.ID); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("after the deletion: %v, want ErrNotFound", err)
	}
	if list, err := b.List(b.ctx, session.List{Status: []session.Status{session.StatusExpired}}); err != nil || len(list) != 1 || list[0].ID != expires.ID {
		t.Errorf("expired: %v, %v", list, err)
	}
}

// refless is a keeper whose refs nobody can keep.
type refless struct {
	session.Keeper
	ref []byte
}

func (k refless) Make(ctx context.Context, id uuid.UUID) (session.Key, []byte, error) {
	key, _, err := k.Keeper.Make(ctx, id)
	return key, k.ref, err
}

// TestBadRefs: a session whose key could not be found again is not made.
func TestBadRefs(t *testing.T) {
	t.Parallel()
	for _, ref := range [][]byte{nil, {}, make([]byte, 129)} {
		b := setUp(t, func(_ *session.Integration, cfg *session.Config) { cfg.Keeper = refless{cfg.Keeper, ref} })
		if _, err := b.Create(b.ctx, session.Facts{}); !errors.Is(err, session.ErrKeeper) {
			t.Errorf("a ref of %d bytes: %v, want ErrKeeper", len(ref), err)
		}
	}
}
