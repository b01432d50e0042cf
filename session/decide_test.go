package session_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// TestReviewOff: the verdict is kept and the session waits; a reviewer can still decide.
func TestReviewOff(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Review = false
		cfg.Decider = nil // manual
	})
	id := b.to(session.StatusSubmitted)
	if s := b.get(id); len(s.Decisions) != 1 || s.Decisions[0].Outcome != decision.Review || !s.DueAt.IsZero() {
		t.Errorf("waiting: %+v due %s", s.Decisions, s.DueAt)
	}
	if n := b.settle(); n != 0 {
		t.Errorf("%d things were due of a session that waits", n)
	}
	if err := decide(decision.Approved)(b, id); err != nil {
		t.Fatal(err)
	}
	if got := b.get(id).Status; got != session.StatusApproved {
		t.Errorf("then %s", got)
	}
}

// TestDeciderFails: a decider that fails is asked again, later each time, and then the session fails.
func TestDeciderFails(t *testing.T) {
	t.Parallel()
	asked := 0
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Decider = session.DeciderFunc(func(context.Context, session.Case) (decision.Verdict, error) {
			if asked++; asked%2 == 0 {
				panic("the decider broke")
			}
			return decision.Verdict{}, errors.New("out of order")
		})
	})
	id := b.create("any").ID
	b.submit(id)
	for n, wait := range []time.Duration{0, time.Minute, 2 * time.Minute, 4 * time.Minute} {
		b.clock.Add(wait - min(wait, time.Microsecond))
		if wait > 0 && b.settle() != 0 {
			t.Fatalf("before try %d something was due", n+1)
		}
		b.clock.Add(min(wait, time.Microsecond))
		b.settle()
		if asked != n+1 {
			t.Fatalf("asked %d times, want %d", asked, n+1)
		}
	}
	b.clock.Add(8 * time.Minute)
	b.settle()
	if s := b.get(id); s.Status != session.StatusFailed || asked != 4 || s.Attempts[0].Status != session.StatusFailed {
		t.Errorf("%s after being asked %d times", s.Status, asked)
	}
}

// TestLateDecider: what a reviewer decided meanwhile stands.
func TestLateDecider(t *testing.T) {
	t.Parallel()
	var b *bench
	b = setUp(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Decider = session.DeciderFunc(func(ctx context.Context, c session.Case) (decision.Verdict, error) {
			_, err := b.Decide(ctx, c.ID, decision.Verdict{Outcome: decision.Declined, Code: 102})
			return decision.Verdict{Outcome: decision.Approved}, err
		})
	})
	id := b.create("any").ID
	b.submit(id)
	b.settle()
	if s := b.get(id); s.Status != session.StatusDeclined || len(s.Decisions) != 1 || s.Decisions[0].Record.Reason != "Suspected document tampering" {
		t.Errorf("%s with %+v", s.Status, s.Decisions)
	}
}

// TestDeciderSeesTheCase: the decider is shown the case with what was given and shown.
func TestDeciderSeesTheCase(t *testing.T) {
	t.Parallel()
	var seen string
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Decider = session.DeciderFunc(func(ctx context.Context, c session.Case) (decision.Verdict, error) {
			r, err := c.Open(ctx, c.Media[0].ID)
			if err != nil {
				return decision.Verdict{}, err
			}
			defer r.Close()
			photo, err := io.ReadAll(r)
			seen = c.Facts.Person.FirstName + string(photo)
			return decision.Verdict{}, errors.Join(err, session.ErrWait)
		})
	})
	id := b.create("Ada").ID
	b.upload(id)
	b.submit(id)
	b.settle()
	if seen != "Ada"+string(png) || b.get(id).Status != session.StatusSubmitted {
		t.Errorf("the decider saw %d bytes; the session is %s", len(seen), b.get(id).Status)
	}
}

// TestBadVerdicts: they are refused and change nothing.
func TestBadVerdicts(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusSubmitted)
	for name, v := range map[string]decision.Verdict{
		"no outcome":         {},
		"unknown outcome":    {Outcome: "perhaps"},
		"additional is list": {Outcome: decision.Approved, Record: decision.Record{Additional: &decision.Additional{Other: []byte(`[1]`)}}},
		"additional is null": {Outcome: decision.Approved, Record: decision.Record{Additional: &decision.Additional{Other: []byte(`null`)}}},
		"additional broken":  {Outcome: decision.Approved, Record: decision.Record{Additional: &decision.Additional{Other: []byte(`{"a"`)}}},
	} {
		if _, err := b.Decide(b.ctx, id, v); !errors.Is(err, session.ErrVerdict) {
			t.Errorf("%s: %v, want ErrVerdict", name, err)
		}
	}
	if s := b.get(id); s.Status != session.StatusSubmitted || len(s.Decisions) != 0 {
		t.Errorf("then %s with %d decisions", s.Status, len(s.Decisions))
	}
}

// TestUnknownCode: a code of the host's own is passed on unharmed.
func TestUnknownCode(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusSubmitted)
	v := decision.Verdict{Outcome: decision.Declined, Code: 90210, Record: decision.Record{Reason: "our own"}}
	s, err := b.Decide(b.ctx, id, v)
	if err != nil || s.Decisions[0].Code != 90210 || s.Decisions[0].Record.Reason != "our own" {
		t.Errorf("%v, %+v", err, s)
	}
}
