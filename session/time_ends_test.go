package session_test

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

// ending is something that has an end: until then it is seen as before, from then on as after.
type ending struct {
	name          string
	life          time.Duration
	before, after string
	later         string // thirty days later; empty: as after
	// written says that the end, once it is settled, holds for engines whose clocks are behind, too.
	written bool
	// begin begins it on a new bench, and says how to look at it by an engine.
	begin func(b *bench) func(e *session.Engine) string
}

func withWindows(in *session.Integration, cfg *session.Config) {
	linking(in, cfg)
	in.Policy.Sensitive, in.Policy.Retention, in.Policy.ErasureDelay = 2*time.Hour, 24*time.Hour, 3*time.Hour
}

var endings = []ending{
	{"capture link", 20 * time.Minute, "active", "expired", "unknown", true, func(b *bench) func(*session.Engine) string {
		token := b.create("any").LinkToken()
		return func(e *session.Engine) string { return linkSeen(b, e, token) }
	}},
	{"one-time link", 5 * time.Hour, "active", "expired", "unknown", true, func(b *bench) func(*session.Engine) string {
		s, err := b.NewLink(b.ctx, b.create("any").ID, 5*time.Hour)
		if err != nil {
			b.t.Fatal(err)
		}
		return func(e *session.Engine) string { return linkSeen(b, e, s.LinkToken()) }
	}},
	{"link of a visit", 20 * time.Minute, "active", "expired", "unknown", true, func(b *bench) func(*session.Engine) string {
		s, err := b.NewLink(b.ctx, b.create("any").ID, 5*time.Hour)
		if err == nil {
			s, err = b.Visit(b.ctx, s.ID)
		}
		if err != nil {
			b.t.Fatal(err)
		}
		return func(e *session.Engine) string { return linkSeen(b, e, s.LinkToken()) }
	}},
	{"resumed session", 20 * time.Minute, "created", "expired", "", true, func(b *bench) func(*session.Engine) string {
		id := b.create("any").ID
		b.clock.Add(time.Hour)
		if _, err := b.Resume(b.ctx, id); err != nil {
			b.t.Fatal(err)
		}
		return func(e *session.Engine) string {
			return b.seenBy(e, id, func(s *session.Snapshot) string { return string(s.Status) })
		}
	}},
	{"answer", session.AnswerLife, "remembered", "forgotten", "", false, func(b *bench) func(*session.Engine) string {
		id := b.create("any").ID
		if _, err := b.Once(onceWith("key")).Submit(b.ctx, id); err != nil {
			b.t.Fatal(err)
		}
		return func(e *session.Engine) string {
			_, err := e.Once(onceWith("key")).Submit(b.ctx, id) // which it is already
			if answered := (*session.AnsweredError)(nil); errors.As(err, &answered) {
				return "remembered"
			}
			return map[bool]string{true: "forgotten"}[errors.Is(err, session.ErrTransition)]
		}
	}},
	{"claim", session.ClaimLife, "in_review", "open", "", false, func(b *bench) func(*session.Engine) string {
		id := b.to(session.StatusReview)
		if _, err := b.Claim(b.ctx, id, "ada"); err != nil {
			b.t.Fatal(err)
		}
		return func(e *session.Engine) string {
			return b.seenBy(e, id, func(s *session.Snapshot) string { return string(s.Review(e.Now()).Status) })
		}
	}},
	{"sensitive window", 2 * time.Hour, "shown", "hidden", "", false, func(b *bench) func(*session.Engine) string {
		id := b.to(session.StatusApproved)
		return func(e *session.Engine) string {
			return b.seenBy(e, id, func(s *session.Snapshot) string {
				hidden := s.Facts.Person.FirstName == "" && s.Decisions[0].Record.Person == nil
				return map[bool]string{true: "hidden", false: "shown"}[hidden]
			})
		}
	}},
	{"retention", 24 * time.Hour, "kept", "redacted", "", true, func(b *bench) func(*session.Engine) string {
		id := b.to(session.StatusApproved)
		return func(e *session.Engine) string {
			_, _ = e.Settle(b.ctx)
			return b.seenBy(e, id, func(s *session.Snapshot) string {
				return map[bool]string{true: "kept", false: "redacted"}[s.RedactedAt.IsZero()]
			})
		}
	}},
	{"erasure delay", 3 * time.Hour, "kept", "destroyed", "", true, func(b *bench) func(*session.Engine) string {
		s := b.create("any")
		if _, err := b.Delete(b.ctx, s.ID); err != nil {
			b.t.Fatal(err)
		}
		return func(e *session.Engine) string {
			_, _ = e.Settle(b.ctx)
			_, err := b.keeper.Open(b.ctx, s.ID, s.Key)
			return map[bool]string{true: "destroyed", false: "kept"}[errors.Is(err, session.ErrErased)]
		}
	}},
	{"time to try again", 5 * time.Minute, "held", "told", "held", true, func(b *bench) func(*session.Engine) string {
		id := b.create("Resubmit").ID
		if _, err := b.As(session.ActorPerson).Submit(b.ctx, id); err != nil {
			b.t.Fatal(err)
		}
		b.settle()
		return func(e *session.Engine) string {
			_, _ = e.Settle(b.ctx)
			return map[bool]string{true: "told", false: "held"}[slices.Contains(b.receiver.Kinds(id), session.EventResubmissionRequested)]
		}
	}},
}

// linkSeen is what a link is good for by an engine.
func linkSeen(b *bench, e *session.Engine, token string) string {
	b.t.Helper()
	of := *b
	of.Engine = e
	return cmp.Or(string(of.stateOf(token)), "unknown")
}

// seenBy is something of a session as an engine reads it.
func (b *bench) seenBy(e *session.Engine, id uuid.UUID, what func(*session.Snapshot) string) string {
	b.t.Helper()
	s, err := e.Get(b.ctx, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return what(s)
}

// TestEnds: to the microsecond; by a clock that goes back an hour meanwhile, and by one that jumps thirty days.
func TestEnds(t *testing.T) {
	t.Parallel()
	for _, c := range endings {
		for name, meanwhile := range map[string]time.Duration{"as it goes": 0, "the clock goes back": -time.Hour} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				b := setUp(t, withWindows)
				look := c.begin(b)
				end := b.clock.Now().Add(c.life)
				want := func(what, when string) {
					t.Helper()
					if got := look(b.Engine); got != what {
						t.Errorf("%s: got %q, want %q", when, got, what)
					}
				}
				want(c.before, "at once")
				b.clock.Add(meanwhile)
				want(c.before, "when the clock has changed")
				b.settle()
				b.clock.Set(end.Add(-time.Microsecond))
				want(c.before, "a microsecond before its end")
				b.clock.Set(end)
				want(c.after, "at its end")
				b.clock.Add(time.Microsecond)
				want(c.after, "a microsecond later")
			})
		}
		t.Run(c.name+"/the clock jumps", func(t *testing.T) {
			t.Parallel()
			b := setUp(t, withWindows)
			look := c.begin(b)
			b.clock.Add(30 * 24 * time.Hour)
			b.settle()
			if got, want := look(b.Engine), cmp.Or(c.later, c.after); got != want {
				t.Errorf("thirty days later: got %q, want %q", got, want)
			}
		})
	}
}

// TestEndsOnTwoClocks: an engine whose clock is an hour behind sees what has ended by its own clock; but what the other
// has written holds for it too, and its own writes take nothing back.
func TestEndsOnTwoClocks(t *testing.T) {
	t.Parallel()
	for _, c := range endings {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, withWindows)
			key := session.NewKey()
			ahead := b.again(func(in *session.Integration, cfg *session.Config) { withWindows(in, cfg); cfg.Key = key })
			slow := sessiontest.NewClock()
			behind := b.again(func(in *session.Integration, cfg *session.Config) {
				withWindows(in, cfg)
				cfg.Clock, cfg.Key = slow, key
			})
			b.Engine = ahead
			look := c.begin(b)
			end := b.clock.Now().Add(c.life)
			b.clock.Set(end)
			slow.Set(end.Add(-min(time.Hour, c.life)))
			if got := look(behind); got != c.before {
				t.Errorf("before anything is written: got %q, want %q", got, c.before)
			}
			if got := look(ahead); got != c.after {
				t.Errorf("by the clock that is right: got %q, want %q", got, c.after)
			}
			b.settle()
			want := c.before
			if c.written {
				want = c.after
			}
			if got := look(behind); got != want {
				t.Errorf("when it is settled: got %q, want %q", got, want)
			}
		})
	}
}

// TestLateClaim: the claim of a reviewer whose clock is behind takes the case from nobody.
func TestLateClaim(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusReview)
	slow := sessiontest.NewClock()
	slow.Add(-time.Hour)
	behind := b.again(func(_ *session.Integration, cfg *session.Config) { cfg.Clock = slow })
	if _, err := b.Claim(b.ctx, id, "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := behind.Claim(b.ctx, id, "bob"); !errors.Is(err, session.ErrClaimed) {
		t.Errorf("claimed by another, an hour behind: %v, want ErrClaimed", err)
	}
	b.clock.Add(session.ClaimLife)
	if s, err := b.Claim(b.ctx, id, "bob"); err != nil || s.Review(b.Now()).Reviewer != "bob" {
		t.Errorf("claimed when the other's time is over: %v", err)
	}
	if _, err := behind.DecideReview(b.ctx, id, "ada", decision.Verdict{Outcome: decision.Approved}); !errors.Is(err, session.ErrClaimed) {
		t.Errorf("decided by who had it before: %v, want ErrClaimed", err)
	}
}
