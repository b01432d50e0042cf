package session_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// TestProcessWithoutAScreener leaves what it cannot do to those that can.
func TestProcessWithoutAScreener(t *testing.T) {
	t.Parallel()
	l := &lists{}
	var given session.Integration
	b := setUp(t, func(in *session.Integration, cfg *session.Config) {
		withScreening(l, time.Hour)(in, cfg)
		given = *in
	})
	given.Endpoints = nil // of which the other process could not tell either
	id := b.to(session.StatusApproved)
	other, err := session.New(b.store, session.Config{
		Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Integrations: anyOf{given},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Add(time.Hour)
	if _, err := other.Settle(b.ctx); err != nil {
		t.Fatal(err)
	}
	if kinds := b.events(id); b.get(id).Tries != 0 || count(kinds, session.EventPutOff) != 1 || count(kinds, session.EventScreening) != 1 {
		t.Errorf("a process without a screener: %d tries, the events are %v", b.get(id).Tries, kinds)
	}
	b.clock.Add(time.Hour)
	b.settle()
	if _, err := b.Screening(b.ctx, id); err != nil || len(l.asked) != 2 || b.get(id).Tries != 0 {
		t.Errorf("asked %d times: %v", len(l.asked), err)
	}
}

// anyOf is Integrations that New cannot look into.
type anyOf struct{ in session.Integration }

func (a anyOf) Integration(context.Context, uuid.UUID) (session.Integration, error) { return a.in, nil }

// TestBadScreenings are failed tries: nothing of them is kept, and it is asked again.
func TestBadScreenings(t *testing.T) {
	t.Parallel()
	for name, hit := range map[string]decision.Hit{
		"a score that is no number": {Name: "Somebody", Score: math.NaN()},
		"an unknown kind of list":   {Name: "Somebody", Listings: []decision.Listing{{Kind: "gossip"}}},
		"too much":                  {Name: strings.Repeat("x", 1<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &lists{hits: []decision.Hit{hit}}
			b := setUp(t, withScreening(l, 0))
			id := b.to(session.StatusApproved)
			if _, err := b.Screening(b.ctx, id); !errors.Is(err, session.ErrScreening) || len(b.get(id).Findings) != 0 {
				t.Errorf("after a bad result: %v", err)
			}
			l.hits = nil
			b.clock.Add(time.Minute)
			b.settle()
			if _, err := b.Screening(b.ctx, id); err != nil || len(l.asked) != 2 {
				t.Errorf("asked %d times, then %v", len(l.asked), err)
			}
		})
	}
}

// TestNothingToLookFor ends the screening at once, and a screener that never answers ends it at last.
func TestNothingToLookFor(t *testing.T) {
	t.Parallel()
	nothing := &lists{err: fmt.Errorf("lists: %w", decision.ErrSubject)}
	b := setUp(t, withScreening(nothing, time.Hour))
	id := b.to(session.StatusApproved)
	if _, err := b.Screening(b.ctx, id); !errors.Is(err, session.ErrNotFound) || len(nothing.asked) != 1 || !b.get(id).DueAt.IsZero() {
		t.Errorf("asked %d times: %v", len(nothing.asked), err)
	}
	never := &lists{err: errors.New("away")}
	b = setUp(t, withScreening(never, 0))
	id = b.to(session.StatusApproved)
	for range 200 {
		b.clock.Add(time.Hour)
		b.settle()
	}
	if _, err := b.Screening(b.ctx, id); !errors.Is(err, session.ErrNotFound) || len(never.asked) != 100 || !b.get(id).DueAt.IsZero() {
		t.Errorf("asked %d times: %v", len(never.asked), err)
	}
}

// screenerFunc is a function as a Screener.
type screenerFunc func(decision.Subject) (decision.Screening, error)

func (f screenerFunc) Screen(_ context.Context, s decision.Subject) (decision.Screening, error) {
	return f(s)
}

// TestLateScreener: what was found of somebody who is not looked for any more is not kept.
func TestLateScreener(t *testing.T) {
	t.Parallel()
	var b *bench
	var id uuid.UUID
	asked := 0
	b = setUp(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Screening = true
		cfg.Screener = screenerFunc(func(decision.Subject) (decision.Screening, error) {
			if asked++; asked == 1 {
				verdict := decision.Verdict{Outcome: decision.Approved, Record: decision.Record{
					Person: &decision.Person{FullName: "Somebody Else"},
				}}
				if _, err := b.Decide(b.ctx, id, verdict); err != nil {
					t.Error(err)
				}
				return decision.Screening{Hits: []decision.Hit{{Name: "stale"}}}, nil
			}
			return decision.Screening{}, nil
		})
	})
	id = b.create("Review").ID
	b.submit(id)
	b.settle()
	s := b.get(id)
	if found := s.Screening(); asked != 2 || len(s.Findings) != 1 || found.Screening.Subject.Name != "Somebody Else" || len(found.Screening.Hits) != 0 {
		t.Errorf("asked %d times, %d findings", asked, len(s.Findings))
	}
}

// TestNoScreeningOfWhoTriesAgain: a request for resubmission takes the screening back that was due.
func TestNoScreeningOfWhoTriesAgain(t *testing.T) {
	t.Parallel()
	l := &lists{err: errors.New("away")}
	b := setUp(t, withScreening(l, time.Hour))
	id := b.to(session.StatusReview)
	if err := decide(decision.Resubmission)(b, id); err != nil {
		t.Fatal(err)
	}
	if s := b.get(id); !s.ScreenAt.IsZero() || s.DueAt != s.ExpiresAt {
		t.Errorf("it is still to be screened at %s", s.ScreenAt)
	}
	l.err = nil
	b.clock.Add(30 * 24 * time.Hour) // it is abandoned
	b.settle()
	if _, err := b.Screening(b.ctx, id); !errors.Is(err, session.ErrNotFound) || len(l.asked) != 1 {
		t.Errorf("asked %d times, then %v", len(l.asked), err)
	}
}
