package session_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
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

// before is a store that does something before its n-th call, from 0.
type before struct {
	session.Store
	n  int
	do func()
}

func (s *before) call() {
	if s.n--; s.n == -1 {
		s.do()
	}
}

func (s *before) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	s.call()
	return s.Store.Load(ctx, ref, parts)
}

func (s *before) Apply(ctx context.Context, changes ...session.Change) []error {
	s.call()
	return s.Store.Apply(ctx, changes...)
}

// TestAtTheEnd: when the session's end comes, and is written or not, anywhere in the middle of what the person or the
// host does, one of the two happens; a verb's answer, the events and what the host is told agree.
func TestAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(b *bench, id uuid.UUID) error
		tell session.EventKind
	}{
		"submit": {func(b *bench, id uuid.UUID) error { _, err := b.Submit(b.ctx, id); return err }, session.EventSubmitted},
		"resume": {func(b *bench, id uuid.UUID) error { _, err := b.Resume(b.ctx, id); return err }, session.EventResumed},
		"link":   {func(b *bench, id uuid.UUID) error { _, err := b.NewLink(b.ctx, id, 0); return err }, session.EventLinked},
		"agree": {func(b *bench, id uuid.UUID) error {
			_, err := b.Agree(b.ctx, id, session.Agreement{Version: "1"})
			return err
		}, session.EventConsented},
		"upload": {func(b *bench, id uuid.UUID) error {
			_, err := b.Upload(b.ctx, id, session.Upload{Context: media.Face, Content: bytes.NewReader(png)})
			return err
		}, session.EventUploaded},
		"visit": {func(b *bench, id uuid.UUID) error { _, err := b.Visit(b.ctx, id); return err }, session.EventVisited},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := range 10 {
				b := setUp(t, linking)
				id := b.create("other").ID
				if name == "visit" {
					b.link(id)
				}
				end := b.get(id).ExpiresAt
				b.clock.Set(end.Add(-time.Microsecond))
				plain := *b
				plain.Engine = b.again(linking)
				hook := &before{b.store, n / 2, func() {
					if b.clock.Set(end); n%2 == 0 {
						plain.settle()
					}
				}}
				b.store = hook
				verb := *b
				verb.Engine = b.again(linking)
				failed := c.do(&verb, id)
				if n < 2 && failed == nil && name != "resume" {
					t.Errorf("%s was done at the session's end, written: %t", name, n == 0)
				}
				if b.store = hook.Store; hook.n >= 0 {
					hook.do()
				}
				plain.settledAtTheEnd(id, c.tell, failed)
			}
		})
	}
}

// link makes a one-time link.
func (b *bench) link(id uuid.UUID) *session.Snapshot {
	b.t.Helper()
	s, err := b.NewLink(b.ctx, id, 0)
	if err != nil {
		b.t.Fatalf("link: %v", err)
	}
	return s
}

// settledAtTheEnd looks at a session to which something was done at the instant of its end.
func (b *bench) settledAtTheEnd(id uuid.UUID, tell session.EventKind, failed error) {
	b.t.Helper()
	b.settle()
	rec, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: id}, session.PartEvents)
	if err != nil {
		b.t.Fatal(err)
	}
	kinds := b.events(id)
	did := slices.Index(kinds, tell)
	ended := slices.IndexFunc(kinds, func(k session.EventKind) bool { return k == session.EventExpired || k == session.EventAbandoned })
	got := b.get(id)
	over := got.Status == session.StatusExpired || got.Status == session.StatusAbandoned
	switch {
	case (did >= 0) != (failed == nil):
		b.t.Errorf("%s answered %v, and the events are %v", tell, failed, kinds)
	case over != (ended > did):
		b.t.Errorf("the session is %s after %v", got.Status, kinds)
	case did >= 0 && ended > did && !rec.Events[did].At.Before(got.EndedAt):
		b.t.Errorf("%s at %v, when it had ended at %v", tell, rec.Events[did].At, got.EndedAt)
	case over && got.EndedAt != got.ExpiresAt:
		b.t.Errorf("it ended at %v, want %v", got.EndedAt, got.ExpiresAt)
	case ended >= 0 && ended < did && tell != session.EventResumed:
		b.t.Errorf("%s after the end: %v", tell, kinds)
	}
	if told := b.receiver.Kinds(id); !slices.Equal(told, kinds) {
		b.t.Errorf("told %v of a session with the events %v", told, kinds)
	}
}

// TestAlarmsSurvive a restart: what was missed happens once.
func TestAlarmsSurvive(t *testing.T) {
	t.Parallel()
	windows := func(in *session.Integration, _ *session.Config) {
		in.Policy.ErasureDelay, in.Policy.Retention = time.Hour, 3*24*time.Hour
	}
	b := setUp(t, windows)
	retired, deleted := b.to(session.StatusDeclined), b.create("any").ID
	if _, err := b.Delete(b.ctx, deleted); err != nil {
		t.Fatal(err)
	}
	open, waiting := b.create("any").ID, b.create("Approve").ID
	b.submit(waiting)
	b.clock.Add(2 * week)
	for range 2 {
		engine := b.again(windows)
		if _, err := engine.Settle(b.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if a, c := b.get(open).Status, b.get(waiting).Status; a != session.StatusExpired || c != session.StatusApproved {
		t.Errorf("%s and %s", a, c)
	}
	for id, kind := range map[uuid.UUID]session.EventKind{
		open: session.EventExpired, waiting: session.EventApproved, retired: session.EventRetired, deleted: session.EventErased,
	} {
		if n := count(b.events(id), kind); n != 1 {
			t.Errorf("%s happened %d times, want once", kind, n)
		}
	}
	for _, d := range b.receiver.Got() {
		if d.Tries != 1 {
			t.Errorf("%s was told %d times", d.Event, d.Tries)
		}
	}
}
