package session_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

// between is a store that does something between what it answers and what the engine makes of it.
type between struct {
	session.Store
	sweep, claim func()
}

func (s *between) Sweep(ctx context.Context, now time.Time, n int, tick func(session.Session) (session.Change, bool)) (int, time.Time, error) {
	done, next, err := s.Store.Sweep(ctx, now, n, tick)
	once(&s.sweep, done)
	return done, next, err
}

func (s *between) Claim(ctx context.Context, now, until time.Time, n int, except []uuid.UUID) ([]session.Delivery, time.Time, error) {
	claimed, next, err := s.Store.Claim(ctx, now, until, n, except)
	once(&s.claim, len(claimed))
	return claimed, next, err
}

func once(do *func(), n int) {
	if f := *do; f != nil && n > 0 {
		*do = nil
		f()
	}
}

// betweenBench is a bench whose engine works through a between.
func betweenBench(t *testing.T, adjust func(*session.Integration, *session.Config)) (*bench, *between) {
	t.Helper()
	b := setUp(t, adjust)
	s := &between{Store: b.store}
	cfg := session.Config{
		Integrations: session.Fixed{b.in}, Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Decider: session.Sandbox{}, Deliverer: b.receiver,
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	}
	if adjust != nil {
		adjust(&b.in, &cfg)
	}
	engine, err := session.New(s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Engine = engine.For(b.in.ID)
	return b, s
}

// TestDeletedWhileClaimed: what was claimed before the deletion does not leave after it.
func TestDeletedWhileClaimed(t *testing.T) {
	t.Parallel()
	b, s := betweenBench(t, func(in *session.Integration, _ *session.Config) { in.Policy.ErasureDelay = time.Hour })
	id := b.create("any").ID
	s.claim = func() {
		if _, err := b.Delete(b.ctx, id); err != nil {
			t.Error(err)
		}
	}
	b.settle()
	for _, d := range b.receiver.Got() {
		if bytes.Contains(d.Body, []byte("customer-17")) {
			t.Errorf("told after the deletion: %s", d.Body)
		}
	}
	if len(b.receiver.Got()) == 0 {
		t.Error("nothing was told at all")
	}
}

// TestSubmittedWhileClaimed: a held request that was claimed before the person submitted is not told after it.
func TestSubmittedWhileClaimed(t *testing.T) {
	t.Parallel()
	b, s := betweenBench(t, nil)
	id := b.create("Resubmit").ID
	person := b.As(session.ActorPerson)
	if _, err := person.Submit(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	b.settle()
	b.clock.Add(5 * time.Minute)
	s.claim = func() {
		if _, err := person.Submit(b.ctx, id); err != nil {
			t.Error(err)
		}
	}
	claimed := len(b.receiver.Got())
	b.settle()
	if got := b.receiver.Got()[claimed:]; len(got) == 0 || bytes.Contains(got[0].Body, []byte("resubmission_requested")) {
		t.Errorf("told of %d things, first %s", len(got), got[0].Body)
	}
}

// TestDecidedWhileClaimed: the decider is not asked about what was decided before its turn began.
func TestDecidedWhileClaimed(t *testing.T) {
	t.Parallel()
	asked := 0
	b, s := betweenBench(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Decider = session.DeciderFunc(func(context.Context, session.Case) (decision.Verdict, error) {
			asked++
			return decision.Verdict{Outcome: decision.Approved}, nil
		})
	})
	id := b.create("any").ID
	b.submit(id)
	s.sweep = func() {
		if _, err := b.Decide(b.ctx, id, decision.Verdict{Outcome: decision.Declined}); err != nil {
			t.Error(err)
		}
	}
	b.settle()
	if got := b.get(id).Status; asked != 0 || got != session.StatusDeclined {
		t.Errorf("asked %d times, %s; want the reviewer's word alone", asked, got)
	}
}

// TestVerdictOfAnotherAttempt: a verdict counts only for the attempt that the decider was shown.
func TestVerdictOfAnotherAttempt(t *testing.T) {
	t.Parallel()
	var b *bench
	asked := 0
	b = setUp(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Decider = session.DeciderFunc(func(ctx context.Context, c session.Case) (decision.Verdict, error) {
			if asked++; asked > 1 {
				return decision.Verdict{}, session.ErrWait
			}
			_, err := b.Decide(ctx, c.ID, decision.Verdict{Outcome: decision.Resubmission})
			_, err2 := b.Submit(ctx, c.ID)
			return decision.Verdict{Outcome: decision.Approved}, errors.Join(err, err2)
		})
	})
	id := b.create("any").ID
	b.submit(id)
	b.settle()
	if s := b.get(id); s.Status != session.StatusSubmitted || s.AttemptN != 2 || asked != 2 {
		t.Errorf("%s at attempt %d, asked %d times; want the second attempt undecided", s.Status, s.AttemptN, asked)
	}
}
