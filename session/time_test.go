package session_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

const week = 7 * 24 * time.Hour

// TestDeadlines: seven days are 604,800 seconds, whatever the calendar does meanwhile, and every time is in UTC
// and whole microseconds.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]time.Time{
		"clocks go forward":   time.Date(2026, 3, 7, 12, 0, 0, 0, newYork),
		"clocks go back":      time.Date(2026, 10, 31, 12, 0, 0, 0, newYork),
		"leap day":            time.Date(2028, 2, 28, 23, 59, 59, 0, time.UTC),
		"turn of the year":    time.Date(2026, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		"end of the calendar": time.Date(9999, 12, 20, 0, 0, 0, 0, time.UTC),
		"nanoseconds":         time.Date(2026, 3, 1, 0, 0, 0, 123_456_789, newYork),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			b.clock.Set(at)
			s := b.create("any")
			if want := at.UTC().Truncate(time.Microsecond); s.CreatedAt != want || s.ExpiresAt != want.Add(week) {
				t.Errorf("created %v, ends %v; want %v and %v", s.CreatedAt, s.ExpiresAt, want, want.Add(week))
			}
			b.clock.Set(at.Add(week + time.Microsecond))
			if got := b.get(s.ID); got.Status != session.StatusExpired || got.EndedAt != s.ExpiresAt {
				t.Errorf("after seven days: %s at %v, want expired at %v", got.Status, got.EndedAt, s.ExpiresAt)
			}
		})
	}
}

// TestClockGoesBack: a session never does.
func TestClockGoesBack(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	s := b.create("Approve")
	b.clock.Add(-time.Hour)
	b.upload(s.ID)
	b.submit(s.ID)
	if got := b.get(s.ID); got.SubmittedAt.Before(s.CreatedAt) || got.UpdatedAt.Before(s.CreatedAt) {
		t.Errorf("created at %v, submitted at %v, updated at %v", s.CreatedAt, got.SubmittedAt, got.UpdatedAt)
	}
}

// TestClockJumps thirty days ahead while sessions are open: all that was due happens, each thing at its own
// time.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	var ends []*session.Snapshot
	for range 20 {
		ends = append(ends, b.create("any"))
		b.clock.Add(time.Hour)
	}
	b.clock.Add(30 * 24 * time.Hour)
	b.settle()
	for _, s := range ends {
		if got := b.get(s.ID); got.Status != session.StatusExpired || got.EndedAt != s.ExpiresAt || !got.DueAt.IsZero() {
			t.Errorf("%s at %v, want expired at %v", got.Status, got.EndedAt, s.ExpiresAt)
		}
	}
}

// TestTwoClocks: an engine whose clock is an hour behind never takes back what the other has done.
func TestTwoClocks(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	slow := sessiontest.NewClock()
	slow.Add(-time.Hour)
	engine, err := session.New(b.store, session.Config{
		Integrations: session.Fixed{b.in}, Clock: slow, Keeper: b.keeper, Blobs: b.blobs,
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := b.create("any")
	got, err := engine.For(tenant).Submit(b.ctx, s.ID)
	if err != nil || got.SubmittedAt.Before(s.CreatedAt) || got.UpdatedAt.Before(s.UpdatedAt) {
		t.Errorf("submitted at %v after %v, %v", got.SubmittedAt, s.CreatedAt, err)
	}
	b.clock.Add(week)
	over := b.create("any")
	b.clock.Add(week)
	b.settle() // here it is expired
	if _, err := engine.For(tenant).Submit(b.ctx, over.ID); !errors.Is(err, session.ErrTransition) {
		t.Errorf("by a clock that is behind an expired session is submitted: %v", err)
	}
}

// TestSubmitAtTheEnd: of a submission and the expiry exactly one happens, and the event says which.
func TestSubmitAtTheEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b := setUp(t, nil)
		id := b.create("other").ID
		b.clock.Set(sessiontest.Start().Add(week - time.Microsecond))
		var all sync.WaitGroup
		var submitted error
		all.Go(func() { _, submitted = b.Submit(b.ctx, id) })
		all.Go(func() { b.clock.Set(sessiontest.Start().Add(week)); b.settle() })
		all.Wait()
		b.settle()
		want := session.StatusSubmitted
		if submitted != nil {
			want = session.StatusExpired
		}
		if got := b.get(id).Status; got != want {
			r.Fatalf("the submission answered %v, and the session is %s", submitted, got)
		}
		kinds := b.receiver.Kinds(id)
		if told := kinds[1]; told != session.EventKind(want) {
			r.Fatalf("told %v of a session that is %s", kinds, want)
		}
	})
}

// TestAlarmsSurvive a restart: what was missed happens once.
func TestAlarmsSurvive(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	open, waiting := b.create("any").ID, b.create("Approve").ID
	b.submit(waiting)
	b.clock.Add(2 * week)
	for range 2 {
		engine, err := session.New(b.store, session.Config{
			Integrations: session.Fixed{b.in}, Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Decider: session.Sandbox{},
			Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}}, Deliverer: b.receiver,
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.Settle(b.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if a, c := b.get(open).Status, b.get(waiting).Status; a != session.StatusExpired || c != session.StatusApproved {
		t.Errorf("%s and %s", a, c)
	}
	for _, d := range b.receiver.Got() {
		if d.Tries != 1 {
			t.Errorf("%s was told %d times", d.Event, d.Tries)
		}
	}
}
