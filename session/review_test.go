package session_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

func TestReview(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusReview)
	state := func() (session.ReviewState, string) {
		r := b.get(id).Review(b.clock.Now().UTC())
		if r == nil {
			return "", ""
		}
		return r.Status, r.Reviewer
	}
	if got, _ := state(); got != session.ReviewOpen {
		t.Errorf("got %q, want it open", got)
	}
	for _, step := range []struct {
		name     string
		do       func() error
		err      error
		state    session.ReviewState
		reviewer string
	}{
		{"claimed", func() error { _, err := b.Claim(b.ctx, id, "ada"); return err }, nil, session.ReviewClaimed, "ada"},
		{"by another", func() error { _, err := b.Claim(b.ctx, id, "bob"); return err }, session.ErrClaimed, session.ReviewClaimed, "ada"},
		{"again", func() error { _, err := b.Claim(b.ctx, id, "ada"); return err }, nil, session.ReviewClaimed, "ada"},
		{"decided by another", func() error { return b.reviewed(id, "bob", decision.Approved) }, session.ErrClaimed, session.ReviewClaimed, "ada"},
		{"given back", func() error { _, err := b.Unclaim(b.ctx, id); return err }, nil, session.ReviewOpen, ""},
		{"given back again", func() error { _, err := b.Unclaim(b.ctx, id); return err }, nil, session.ReviewOpen, ""},
		{"by another now", func() error { _, err := b.Claim(b.ctx, id, "bob"); return err }, nil, session.ReviewClaimed, "bob"},
		{"almost half an hour later", func() error { b.clock.Add(session.ClaimLife - time.Microsecond); return nil }, nil, session.ReviewClaimed, "bob"},
		{"half an hour later", func() error { b.clock.Add(time.Microsecond); return nil }, nil, session.ReviewOpen, ""},
		{"noted", func() error { _, err := b.Annotate(b.ctx, id, "ada", "looks fine"); return err }, nil, session.ReviewOpen, ""},
		{"decided", func() error { return b.reviewed(id, "ada", decision.Approved) }, nil, session.ReviewApproved, "ada"},
		{"claimed late", func() error { _, err := b.Claim(b.ctx, id, "ada"); return err }, session.ErrTransition, session.ReviewApproved, "ada"},
		{"decided late", func() error { return b.reviewed(id, "ada", decision.Declined) }, session.ErrTransition, session.ReviewApproved, "ada"},
		{"noted late", func() error { _, err := b.Annotate(b.ctx, id, "", "done"); return err }, nil, session.ReviewApproved, "ada"},
	} {
		if err := step.do(); !errors.Is(err, step.err) {
			t.Errorf("%s: got %v, want %v", step.name, err, step.err)
		}
		if got, who := state(); got != step.state || who != step.reviewer {
			t.Errorf("%s: got %q of %q, want %q of %q", step.name, got, who, step.state, step.reviewer)
		}
	}
	if notes := b.get(id).Notes(); len(notes) != 2 || notes[0].Text != "looks fine" || notes[0].Author != "ada" || notes[1].Text != "done" {
		t.Errorf("got the notes %+v", notes)
	}
	if r := b.get(id).Review(b.clock.Now()); r.Outcome != decision.Approved || r.DecidedAt.IsZero() || !r.EnteredAt.Before(r.DecidedAt) {
		t.Errorf("got %+v", r)
	}
}

func (b *bench) reviewed(id uuid.UUID, who string, o decision.Outcome) error {
	_, err := b.DecideReview(b.ctx, id, who, decision.Verdict{Outcome: o})
	return err
}

func TestClaimedByOne(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusReview)
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			if _, err := b.Claim(b.ctx, id, string(rune('a'+i))); err == nil {
				won.Add(1)
			} else if !errors.Is(err, session.ErrClaimed) && !errors.Is(err, session.ErrConflict) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d have claimed it, want one", won.Load())
	}
}

func TestReviewNeedsACase(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusApproved)
	if _, err := b.Annotate(b.ctx, id, "", "x"); !errors.Is(err, session.ErrTransition) {
		t.Errorf("noted with %v", err)
	}
	if _, err := b.Claim(b.ctx, id, "ada"); !errors.Is(err, session.ErrTransition) {
		t.Errorf("claimed with %v", err)
	}
	if r := b.get(id).Review(b.clock.Now()); r != nil {
		t.Errorf("got %+v, want none", r)
	}
	if _, err := b.Claim(b.ctx, b.to(session.StatusReview), ""); !errors.Is(err, session.ErrFacts) {
		t.Errorf("nobody claims it: %v", err)
	}
}

func TestReviews(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	next := func(status session.Status) uuid.UUID { // ids of one millisecond have no order
		b.clock.Add(time.Second)
		return b.to(status)
	}
	open, decided := next(session.StatusReview), next(session.StatusReview)
	next(session.StatusApproved)
	if err := b.reviewed(decided, "", decision.Declined); err != nil {
		t.Fatal(err)
	}
	taken := next(session.StatusReview)
	if _, err := b.Claim(b.ctx, taken, "ada"); err != nil {
		t.Fatal(err)
	}
	for status, want := range map[session.ReviewState][]uuid.UUID{
		"": {taken, open}, session.ReviewOpen: {open}, session.ReviewClaimed: {taken}, session.ReviewDeclined: {decided}, session.ReviewApproved: nil,
	} {
		var got []uuid.UUID
		for after, done := uuid.Nil, false; !done; {
			page, next, err := b.Reviews(b.ctx, status, after, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range page {
				got = append(got, s.ID)
			}
			after, done = next, next == uuid.Nil
		}
		if len(got) != len(want) || len(got) > 0 && (got[0] != want[0] || got[len(got)-1] != want[len(want)-1]) {
			t.Errorf("%q: got %v, want %v", status, got, want)
		}
	}
}
