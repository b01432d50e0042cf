package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// TestSettleLeasesWhatItBegins: however long the deciders take, none is asked when its lease has ended, so that nobody
// else asks too.
func TestSettleLeasesWhatItBegins(t *testing.T) {
	t.Parallel()
	var b *bench
	b = setUp(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.DeciderLease = 30 * time.Second
		cfg.Decider = session.DeciderFunc(func(ctx context.Context, c session.Case) (decision.Verdict, error) {
			if b.clock.Now().After(c.RetryAt) {
				t.Errorf("asked %s after the lease of %s has ended", b.clock.Now().Sub(c.RetryAt), c.ID)
			}
			b.clock.Add(20 * time.Second)
			return session.Sandbox{}.Decide(ctx, c)
		})
	})
	var sessions []*session.Snapshot
	for range 10 {
		s := b.create("Approve")
		b.submit(s.ID)
		sessions = append(sessions, s)
	}
	b.settle()
	for _, s := range sessions {
		if got := b.get(s.ID); got.Status != session.StatusApproved {
			t.Errorf("%s is %s, want it approved", s.ID, got.Status)
		}
	}
}

// slowCommit is a store of which each sweep that does something takes a while.
type slowCommit struct {
	session.Store
	b     *bench
	takes time.Duration
}

func (s *slowCommit) Sweep(ctx context.Context, now time.Time, n int, tick func(session.Session) (session.Change, bool)) (int, time.Time, error) {
	done, next, err := s.Store.Sweep(ctx, now, n, tick)
	if done > 0 {
		s.b.clock.Add(s.takes)
	}
	return done, next, err
}

// TestLeaseAfterASlowCommit: a decider has what is left of its lease. Where nothing is left it is not asked, and that
// is no try.
func TestLeaseAfterASlowCommit(t *testing.T) {
	t.Parallel()
	var left []time.Duration
	store := &slowCommit{}
	b := setUpOver(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.DeciderLease = time.Hour
		cfg.Decider = session.DeciderFunc(func(ctx context.Context, c session.Case) (decision.Verdict, error) {
			end, _ := ctx.Deadline()
			left = append(left, time.Until(end))
			return session.Sandbox{}.Decide(ctx, c)
		})
	}, func(b *bench, _ *session.Config) {
		store.Store, store.b = b.store, b
		b.store = store
	})
	id := b.create("Approve").ID
	b.submit(id)
	store.takes = time.Hour
	for range 10 { // more than there are tries
		b.settle()
		b.clock.Add(time.Minute)
	}
	if got := b.get(id); got.Status != session.StatusSubmitted || got.Tries != 0 || len(left) != 0 {
		t.Fatalf("without time for a decider: %s after %d tries, asked %d times", got.Status, got.Tries, len(left))
	}
	store.takes = 40 * time.Minute
	b.settle()
	if len(left) != 1 || left[0] > 20*time.Minute {
		t.Errorf("the decider has %v, want at most 20m", left)
	}
	if got := b.get(id).Status; got != session.StatusApproved {
		t.Errorf("then %s, want it approved", got)
	}
}
