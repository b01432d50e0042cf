package session_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

func sandboxed(in *session.Integration, _ *session.Config) {
	in.Sandbox, in.Policy.AwaitOutcome = true, true
}

// TestSimulate takes the shortest way from every status, in one change, and tells of every step.
func TestSimulate(t *testing.T) {
	t.Parallel()
	steps := map[session.Status][]session.EventKind{
		session.StatusCreated:               {session.EventStarted, session.EventSubmitted},
		session.StatusStarted:               {session.EventSubmitted},
		session.StatusResubmissionRequested: {session.EventStarted, session.EventSubmitted},
		session.StatusSubmitted:             {},
		session.StatusReview:                {},
	}
	for from, before := range steps {
		for outcome, last := range map[decision.Outcome]session.EventKind{
			decision.Approved: session.EventApproved, decision.Declined: session.EventDeclined, decision.Review: session.EventReview,
		} {
			t.Run(string(from)+" "+string(outcome), func(t *testing.T) {
				t.Parallel()
				b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Sandbox = true })
				id := b.forced(from)
				was := b.get(id)
				s, err := b.Simulate(b.ctx, id, decision.Verdict{Outcome: outcome})
				if from == session.StatusReview && outcome == decision.Review {
					if !errors.Is(err, session.ErrTransition) {
						t.Errorf("got %v, want it refused", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				rec, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: id}, session.PartEvents)
				if err != nil {
					t.Fatal(err)
				}
				var kinds []session.EventKind
				for _, e := range rec.Events {
					if e.Seq > was.Seq {
						kinds = append(kinds, e.Kind)
					}
				}
				if want := append(slices.Clone(before), last); !slices.Equal(kinds, want) || s.Version != was.Version+1 {
					t.Errorf("got the events %v and version %d after %d, want %v in one change", kinds, s.Version, was.Version, want)
				}
			})
		}
	}
}

func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	live := setUp(t, nil)
	if _, err := live.Simulate(live.ctx, live.create("any").ID, decision.Verdict{Outcome: decision.Approved}); !errors.Is(err, session.ErrNotSandbox) {
		t.Errorf("live: got %v, want %v", err, session.ErrNotSandbox)
	}
	for _, status := range session.Statuses() {
		if !status.Terminal() {
			continue
		}
		b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Sandbox = true })
		if _, err := b.Simulate(b.ctx, b.forced(status), decision.Verdict{Outcome: decision.Approved}); !errors.Is(err, session.ErrTransition) {
			t.Errorf("%s: got %v, want it refused", status, err)
		}
	}
}

// TestAwaitOutcome: the decider is not asked, whatever it would say.
func TestAwaitOutcome(t *testing.T) {
	t.Parallel()
	b := setUp(t, sandboxed)
	id := b.create("Approve").ID
	b.submit(id)
	b.settle()
	if s := b.get(id); s.Status != session.StatusSubmitted || !s.DueAt.IsZero() {
		t.Errorf("got %s, due at %s, want it to wait", s.Status, s.DueAt)
	}
	if s, err := b.Simulate(b.ctx, id, decision.Verdict{Outcome: decision.Declined}); err != nil || s.Status != session.StatusDeclined || s.Decisions[0].By != session.ActorSandbox {
		t.Errorf("got %v and %v", s, err)
	}
}

func TestReprocess(t *testing.T) {
	t.Parallel()
	for _, status := range session.Statuses() {
		b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Reprocess = true })
		id := b.forced(status)
		s, err := b.Reprocess(b.ctx, id)
		switch status {
		case session.StatusApproved, session.StatusDeclined, session.StatusFailed:
			if err != nil || s.Status != session.StatusSubmitted || !s.EndedAt.IsZero() {
				t.Errorf("%s: got %v and %v, want it submitted", status, s, err)
			}
		default:
			if !errors.Is(err, session.ErrTransition) {
				t.Errorf("%s: got %v, want it refused", status, err)
			}
		}
	}
	b := setUp(t, nil)
	if _, err := b.Reprocess(b.ctx, b.to(session.StatusApproved)); !errors.Is(err, session.ErrOff) {
		t.Errorf("without the policy: got %v", err)
	}
}

func TestRevise(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Revise = true })
	id := b.to(session.StatusApproved)
	if _, err := b.Revise(b.ctx, id, decision.Verdict{Outcome: decision.Approved}); !errors.Is(err, session.ErrTransition) {
		t.Errorf("to what it is: got %v, want it refused", err)
	}
	s, err := b.Revise(b.ctx, id, decision.Verdict{Outcome: decision.Declined, Code: decision.CodeDocumentTampering})
	if err != nil || s.Status != session.StatusDeclined || len(s.Decisions) != 2 || s.Decisions[1].N != 2 || s.Decisions[0].Outcome != decision.Approved {
		t.Errorf("got %v and %v, want a second decision beside the first", s, err)
	}
	if _, err := b.Revise(b.ctx, id, decision.Verdict{Outcome: decision.Review}); !errors.Is(err, session.ErrVerdict) {
		t.Errorf("to a review: got %v", err)
	}
	if b.settle(); len(b.receiver.Kinds(id)) == 0 || b.receiver.Kinds(id)[len(b.receiver.Kinds(id))-1] != session.EventDeclined {
		t.Errorf("told %v, want the new decision told", b.receiver.Kinds(id))
	}
}
