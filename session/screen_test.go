package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/watchlist"
	"github.com/bonafide-idv/bonafide/session"
)

var _ session.Screener = (*watchlist.List)(nil)

// lists is a screener whose lists a test changes.
type lists struct {
	asked []decision.Subject
	hits  []decision.Hit
	err   error
}

func (l *lists) Screen(_ context.Context, s decision.Subject) (decision.Screening, error) {
	l.asked = append(l.asked, s)
	if l.err != nil && l.err.Error() == "panic" {
		panic(l.err)
	}
	return decision.Screening{Provider: "lists", Hits: l.hits}, l.err
}

func withScreening(l *lists, monitoring time.Duration) func(*session.Integration, *session.Config) {
	return func(in *session.Integration, cfg *session.Config) {
		in.Policy.Screening, in.Policy.Monitoring = true, monitoring
		cfg.Screener = l
	}
}

// events are the kinds of all events of a session.
func (b *bench) events(id uuid.UUID) (kinds []session.EventKind) {
	b.t.Helper()
	rec, err := b.store.Load(b.ctx, session.Ref{Tenant: b.in.ID, ID: id, Deleted: true}, session.PartEvents)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range rec.Events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func count(kinds []session.EventKind, kind session.EventKind) (n int) {
	for _, k := range kinds {
		if k == kind {
			n++
		}
	}
	return n
}

// TestScreening: a decided session is screened once, for the person as read from the document.
func TestScreening(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status session.Status
		asked  bool
		before error // of asking for the result before the decision
		after  error
	}{
		{session.StatusApproved, true, session.ErrScreening, nil},
		{session.StatusDeclined, true, session.ErrScreening, nil},
		{session.StatusReview, true, session.ErrScreening, nil},
		{session.StatusResubmissionRequested, false, session.ErrScreening, session.ErrScreening},
		{session.StatusExpired, false, session.ErrScreening, session.ErrNotFound},
		{session.StatusAbandoned, false, session.ErrScreening, session.ErrNotFound},
		{session.StatusCreated, false, session.ErrScreening, session.ErrScreening},
	} {
		t.Run(string(c.status), func(t *testing.T) {
			t.Parallel()
			l := &lists{hits: []decision.Hit{{Name: "Somebody", MatchTypes: []decision.MatchType{decision.MatchNameExact}}}}
			b := setUp(t, withScreening(l, 0))
			if _, err := b.Screening(b.ctx, b.create("any").ID); !errors.Is(err, c.before) {
				t.Errorf("before: %v, want %v", err, c.before)
			}
			id := b.to(c.status)
			s, err := b.Screening(b.ctx, id)
			if !errors.Is(err, c.after) || len(l.asked) > 1 || (len(l.asked) == 1) != c.asked {
				t.Fatalf("asked %d times, then %v; want %v", len(l.asked), err, c.after)
			}
			if !c.asked {
				return
			}
			found := s.Screening()
			if found.Screening.Updated || found.Screening.Monitored || len(found.Screening.Hits) != 1 || found.Attempt != s.AttemptID || !s.DueAt.IsZero() {
				t.Errorf("found %#v, due %s", found.Finding, s.DueAt)
			}
		})
	}
}

// TestScreeningSubject: the person's name as read, else as given; and nobody without a name.
func TestScreeningSubject(t *testing.T) {
	t.Parallel()
	born := decision.Date{Year: 1970, Month: 2, Day: 3}
	for name, c := range map[string]struct {
		given  session.Person
		read   *decision.Person
		want   decision.Subject
		nobody bool
	}{
		"read":               {session.Person{FirstName: "G", LastName: "H"}, &decision.Person{FirstName: "A", LastName: "B", DateOfBirth: born}, decision.Subject{Name: "A B", Year: "1970"}, false},
		"read in full":       {session.Person{}, &decision.Person{FirstName: "A", LastName: "B", FullName: "A van B", YearOfBirth: "1971"}, decision.Subject{Name: "A van B", Year: "1971"}, false},
		"given":              {session.Person{FirstName: "G", LastName: "H", DateOfBirth: born}, nil, decision.Subject{Name: "G H", Year: "1970"}, false},
		"given, read unread": {session.Person{FullName: "G H"}, &decision.Person{Gender: "F"}, decision.Subject{Name: "G H"}, false},
		"nobody":             {session.Person{}, nil, decision.Subject{}, true},
		"dashes":             {session.Person{FirstName: "-", LastName: "--"}, nil, decision.Subject{}, true},
		"read as dashes":     {session.Person{FullName: "G H"}, &decision.Person{FirstName: "-"}, decision.Subject{Name: "G H"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &lists{}
			b := setUp(t, withScreening(l, time.Hour))
			s, err := b.Create(b.ctx, session.Facts{Person: c.given})
			if err != nil {
				t.Fatal(err)
			}
			b.submit(s.ID)
			b.settle()
			verdict := decision.Verdict{Outcome: decision.Approved, Record: decision.Record{Person: c.read}}
			if _, err := b.Decide(b.ctx, s.ID, verdict); err != nil {
				t.Fatal(err)
			}
			b.settle()
			_, err = b.Screening(b.ctx, s.ID)
			if c.nobody {
				if len(l.asked) != 0 || !errors.Is(err, session.ErrNotFound) {
					t.Errorf("asked for %v, then %v", len(l.asked), err)
				}
				return
			}
			if len(l.asked) != 1 || l.asked[0] != c.want || err != nil {
				t.Errorf("asked for %#q, want %#q; %v", l.asked[0].Name, c.want.Name, err)
			}
		})
	}
}

// TestMonitoring: it goes on for as long as the session is there, and tells only of what is new.
func TestMonitoring(t *testing.T) {
	t.Parallel()
	l := &lists{}
	b := setUp(t, withScreening(l, 24*time.Hour))
	id := b.to(session.StatusApproved)
	for day, hits := range [][]decision.Hit{nil, {{Name: "New"}}, {{Name: "New"}}, nil, nil} {
		l.hits = hits
		b.clock.Add(24*time.Hour - time.Microsecond)
		if n := b.settle(); n != 0 {
			t.Fatalf("day %d: %d things were due too soon", day, n)
		}
		b.clock.Add(time.Microsecond)
		b.settle()
	}
	kinds := b.events(id)
	if len(l.asked) != 6 || count(kinds, session.EventScreened) != 3 || count(kinds, session.EventRescreened) != 3 {
		t.Errorf("asked %d times: %v", len(l.asked), kinds)
	}
	s := b.get(id)
	if found := s.Screening(); !found.Screening.Updated || !found.Screening.Monitored || len(found.Screening.Hits) != 0 || len(s.Findings) != 3 {
		t.Errorf("%d findings, the last %t %t", len(s.Findings), found.Screening.Updated, found.Screening.Monitored)
	}
	if _, err := b.Delete(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	b.settle()
	b.clock.Add(48 * time.Hour)
	if n := b.settle(); n != 0 || len(l.asked) != 6 {
		t.Errorf("of a deleted session %d things were done, and it was looked for %d times", n, len(l.asked))
	}
}

// TestScreenerFails: it is asked again, later each time, for as long as it takes; and hinders no decision.
func TestScreenerFails(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"error": errors.New("away: canary"), "panic": errors.New("panic")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &lists{err: err}
			b := setUp(t, withScreening(l, 0))
			id := b.to(session.StatusReview)
			for n := 1; n <= 8; n++ {
				if len(l.asked) != n {
					t.Fatalf("asked %d times, want %d", len(l.asked), n)
				}
				b.clock.Add(min(time.Minute<<(n-1), time.Hour))
				b.settle()
			}
			if err := decide(decision.Approved)(b, id); err != nil {
				t.Fatal(err)
			}
			l.err = nil
			b.settle()
			if _, err := b.Screening(b.ctx, id); err != nil {
				t.Errorf("in the end: %v", err)
			}
		})
	}
}

// TestScreeningAnew: another verdict about the same person needs no search, and about another person one more.
func TestScreeningAnew(t *testing.T) {
	t.Parallel()
	l := &lists{}
	b := setUp(t, withScreening(l, 0))
	same, other := b.to(session.StatusReview), b.to(session.StatusReview)
	verdict := decision.Verdict{Outcome: decision.Approved}
	if _, err := b.Decide(b.ctx, same, verdict); err != nil {
		t.Fatal(err)
	}
	verdict.Record.Person = &decision.Person{FirstName: "Another", LastName: "Person"}
	if _, err := b.Decide(b.ctx, other, verdict); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if len(l.asked) != 3 || l.asked[2].Name != "Another Person" {
		t.Errorf("asked %d times", len(l.asked))
	}
}

// TestScreeningIsOff: where the policy has none, or has none any more.
func TestScreeningIsOff(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	if _, err := b.Screening(b.ctx, b.to(session.StatusApproved)); !errors.Is(err, session.ErrScreeningOff) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Screening(b.ctx, uuid.New()); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("of no session: %v", err)
	}
	in := session.Integration{ID: tenant, Policy: session.Policy{Screening: true}}
	if _, err := session.New(b.store, session.Config{Integrations: session.Fixed{in}}); err == nil {
		t.Error("screening without a screener was taken")
	}
	in.Policy = session.Policy{Monitoring: time.Hour}
	if _, err := session.New(b.store, session.Config{Integrations: session.Fixed{in}}); err == nil {
		t.Error("monitoring without screening was taken")
	}
}

// TestScreeningSwitchedOff: nobody is looked for, until it is on again.
func TestScreeningSwitchedOff(t *testing.T) {
	t.Parallel()
	l := &lists{}
	b := setUp(t, withScreening(l, time.Hour))
	id := b.to(session.StatusApproved)
	b.in.Policy.Screening, b.in.Policy.Monitoring = false, 0
	engine, err := session.New(b.store, session.Config{
		Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Integrations: session.Fixed{{ID: b.in.ID, Policy: b.in.Policy}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Add(time.Hour)
	if _, err := engine.Settle(b.ctx); err != nil {
		t.Fatal(err)
	}
	if s := b.get(id); len(l.asked) != 1 || !s.ScreenAt.Equal(b.clock.Now().Add(7*24*time.Hour)) {
		t.Errorf("asked %d times, due %s", len(l.asked), s.DueAt)
	}
	if kinds := b.events(id); count(kinds, session.EventUnscreened) != 1 || count(kinds, session.EventRescreened) != 0 {
		t.Errorf("the events are %v", kinds)
	}
	b.clock.Add(7 * 24 * time.Hour)
	b.settle() // by the engine for which it is on
	if kinds := b.events(id); len(l.asked) != 2 || count(kinds, session.EventRescreened) != 1 {
		t.Errorf("on again: asked %d times, the events are %v", len(l.asked), kinds)
	}
}
