package session_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// TestResubmission: a person goes through all ten attempts: nine requests are made, the tenth becomes a decline
// with code 539.
func TestResubmission(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("Resubmit").ID
	for n := 1; n <= 10; n++ {
		first := b.upload(id)
		second := b.upload(id)
		if first.Attempt != second.Attempt {
			t.Fatalf("attempt %d: two uploads went to two attempts", n)
		}
		b.submit(id)
		b.settle()
		s := b.get(id)
		if s.AttemptN != n || len(s.Attempts) != n || s.AttemptID != first.Attempt {
			t.Fatalf("attempt %d: the session is at %d of %d", n, s.AttemptN, len(s.Attempts))
		}
		last := s.Decisions[len(s.Decisions)-1]
		if n < 10 && (s.Status != session.StatusResubmissionRequested || last.Code != 204) {
			t.Fatalf("attempt %d: %s with code %d", n, s.Status, last.Code)
		}
		if n == 10 && (s.Status != session.StatusDeclined || last.Code != 539 || last.Record.Reason != "Resubmission limit exceeded") {
			t.Fatalf("attempt %d: %s with code %d %q, want declined with 539", n, s.Status, last.Code, last.Record.Reason)
		}
	}
}

// TestApprovalOfTheTenth: the tenth attempt can be approved.
func TestApprovalOfTheTenth(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("by hand").ID
	for n := 1; n <= 9; n++ {
		b.submit(id)
		if err := decide(decision.Resubmission)(b, id); err != nil {
			t.Fatal(err)
		}
	}
	b.submit(id)
	if err := decide(decision.Approved)(b, id); err != nil {
		t.Fatal(err)
	}
	if s := b.get(id); s.Status != session.StatusApproved || s.AttemptN != 10 {
		t.Errorf("%s at attempt %d", s.Status, s.AttemptN)
	}
}

// TestJudgedAttemptStaysCurrent until the next upload, start or submission.
func TestJudgedAttemptStaysCurrent(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(*bench, uuid.UUID) error{
		"upload": func(b *bench, id uuid.UUID) error { b.upload(id); return nil },
		"start":  func(b *bench, id uuid.UUID) error { _, err := b.Start(b.ctx, id); return err },
		"submit": func(b *bench, id uuid.UUID) error { _, err := b.Submit(b.ctx, id); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			id := b.to(session.StatusResubmissionRequested)
			if s := b.get(id); s.AttemptN != 1 || len(s.Attempts) != 1 {
				t.Fatalf("before: attempt %d of %d", s.AttemptN, len(s.Attempts))
			}
			if err := next(b, id); err != nil {
				t.Fatal(err)
			}
			if s := b.get(id); s.AttemptN != 2 || len(s.Attempts) != 2 || s.Attempts[0].Status != session.StatusResubmissionRequested {
				t.Errorf("after: attempt %d of %+v", s.AttemptN, s.Attempts)
			}
		})
	}
}

// TestResubmissionMovesTheEnd when less than a day is left, and only then.
func TestResubmissionMovesTheEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wait  time.Duration
		moved bool
	}{
		"a day left":           {6 * 24 * time.Hour, false},
		"less than a day left": {6*24*time.Hour + time.Microsecond, true},
		"after the end":        {30 * 24 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			id := b.to(session.StatusSubmitted)
			end := b.get(id).ExpiresAt
			b.clock.Add(c.wait)
			if err := decide(decision.Resubmission)(b, id); err != nil {
				t.Fatal(err)
			}
			if c.moved {
				end = b.clock.Now().Add(7 * 24 * time.Hour)
			}
			if s := b.get(id); !s.ExpiresAt.Equal(end) || s.Status != session.StatusResubmissionRequested {
				t.Errorf("%s until %s, want until %s", s.Status, s.ExpiresAt, end)
			}
		})
	}
}

// TestResubmissionHold: the host is told of a request to the person in the page only when the person does not
// follow it at once.
func TestResubmissionHold(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	person := b.As(session.ActorPerson)
	told := func(id uuid.UUID) bool {
		return slices.Contains(b.receiver.Kinds(id), session.EventResubmissionRequested)
	}
	quick, slow, api := b.create("Resubmit").ID, b.create("Resubmit").ID, b.create("Resubmit").ID
	for _, id := range []uuid.UUID{quick, slow} {
		if _, err := person.Submit(b.ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	b.submit(api)
	b.settle()
	if told(quick) || told(slow) || !told(api) {
		t.Fatalf("at once: quick %t, slow %t, api %t; want only the one submitted by the host", told(quick), told(slow), told(api))
	}
	b.clock.Add(5*time.Minute - time.Microsecond)
	if _, err := person.Start(b.ctx, quick); err != nil {
		t.Fatal(err)
	}
	if _, err := person.Submit(b.ctx, quick); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if told(quick) || told(slow) {
		t.Fatalf("before five minutes: quick %t, slow %t", told(quick), told(slow))
	}
	b.clock.Add(time.Microsecond)
	b.settle()
	if !told(slow) || told(quick) {
		t.Errorf("after five minutes: slow %t, quick %t", told(slow), told(quick))
	}
}
