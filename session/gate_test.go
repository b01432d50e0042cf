package session_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// TestGate: what follows from each answer, by where the gate's failure leads.
func TestGate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer session.GateAnswer
		onFail string
		want   session.Status
		at     string // where the run ends
		second bool   // the check behind the gate is made
	}{
		{session.GateContinue, "review", session.StatusApproved, "yes", true},
		{session.GateFail, "review", session.StatusReview, "gate", false},
		{session.GateFail, "", session.StatusReview, "gate", false},
		{session.GateFail, "reject", session.StatusDeclined, "gate", false},
		{session.GateFail, "no", session.StatusDeclined, "no", false},
		{session.GateFail, "second", session.StatusApproved, "yes", true},
		{session.GateReject, "second", session.StatusDeclined, "gate", false},
	} {
		t.Run(string(c.answer)+"/"+c.onFail, func(t *testing.T) {
			t.Parallel()
			b := flow(t, func(_ *session.Integration, cfg *session.Config) { cfg.Checks = passing("first", "second") })
			b.addDefault(gated(c.onFail))
			id := b.submitted(session.Facts{})
			b.settle()
			s := b.get(id)
			if run := s.Run(); s.Status != session.StatusAwaitingExternal || run.PausedAt() != "gate" || !s.DueAt.IsZero() {
				t.Fatalf("at the gate the session is %s and the run stands at %q", s.Status, run.Node)
			}
			submitted := s.SubmittedAt
			b.clock.Add(3600e9)
			s, err := b.AnswerGate(b.ctx, id, session.Gate{Answer: c.answer, Metadata: []byte(`{"Case_No":7}`)})
			if err != nil {
				t.Fatal(err)
			}
			if want := session.StatusDeclined; c.answer == session.GateReject && s.Status != want {
				t.Errorf("rejected, the session is %s at once, want %s", s.Status, want)
			}
			if run := s.Run(); run.PausedAt() != "" || string(run.Gates[0].Metadata) != `{"Case_No":7}` {
				t.Errorf("answered, the run waits at %q with %s", run.PausedAt(), run.Gates[0].Metadata)
			}
			b.settle()
			s = b.get(id)
			run := s.Run()
			if s.Status != c.want || run.Status != workflow.Completed || run.Node != c.at || !s.SubmittedAt.Equal(submitted) {
				t.Errorf("then %s, and the run %s at %q; want %s at %q", s.Status, run.Status, run.Node, c.want, c.at)
			}
			if _, made := run.NodeResults()["second"]; made != c.second {
				t.Errorf("the check behind the gate was made: %t", made)
			}
			if s.Latest(s.AttemptID).Outcome != run.Outcome.Decision() {
				t.Errorf("the decision is %s, the run's outcome %s", s.Latest(s.AttemptID).Outcome, run.Outcome)
			}
			if _, err := b.AnswerGate(b.ctx, id, session.Gate{Answer: c.answer}); !errors.Is(err, session.ErrTransition) {
				t.Errorf("answered twice: %v", err)
			}
		})
	}
}

// TestGateRefuses: what is not acceptable changes nothing.
func TestGateRefuses(t *testing.T) {
	t.Parallel()
	b := flow(t, func(_ *session.Integration, cfg *session.Config) { cfg.Checks = passing("first", "second") })
	b.addDefault(gated("review"))
	waits := b.submitted(session.Facts{})
	b.settle()
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	for name, c := range map[string]struct {
		id     uuid.UUID
		gate   session.Gate
		entity error
	}{
		"no answer":           {waits, session.Gate{}, session.ErrFacts},
		"unknown answer":      {waits, session.Gate{Answer: "approve"}, session.ErrFacts},
		"metadata is a list":  {waits, session.Gate{Answer: session.GateContinue, Metadata: []byte(`[]`)}, session.ErrFacts},
		"metadata too deep":   {waits, session.Gate{Answer: session.GateContinue, Metadata: []byte(deep)}, session.ErrFacts},
		"metadata too long":   {waits, session.Gate{Answer: session.GateContinue, Metadata: []byte(`{"a":"` + strings.Repeat("a", 20_000) + `"}`)}, session.ErrFacts},
		"nobody waits":        {b.create("any").ID, session.Gate{Answer: session.GateContinue}, session.ErrTransition},
		"there is no session": {uuid.New(), session.Gate{Answer: session.GateContinue}, session.ErrNotFound},
	} {
		if _, err := b.AnswerGate(b.ctx, c.id, c.gate); !errors.Is(err, c.entity) {
			t.Errorf("%s: %v, want %v", name, err, c.entity)
		}
	}
	if s := b.get(waits); s.Status != session.StatusAwaitingExternal || len(s.Run().Gates) != 0 {
		t.Errorf("then the session is %s", s.Status)
	}
	if _, err := b.As(session.ActorPerson).AnswerGate(b.ctx, waits, session.Gate{Answer: session.GateContinue}); !errors.Is(err, session.ErrTransition) {
		t.Errorf("by the person: %v", err)
	}
}

// TestGateOrEnd: of an answer and an end by force, at the same time, one counts.
func TestGateOrEnd(t *testing.T) {
	t.Parallel()
	b := flow(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Create = session.Unlimited()
		cfg.Checks = passing("first", "second")
	})
	b.addDefault(gated("review"))
	for range 50 {
		id := b.submitted(session.Facts{})
		b.settle()
		var answered, ended error
		var all sync.WaitGroup
		all.Go(func() { _, answered = b.AnswerGate(b.ctx, id, session.Gate{Answer: session.GateReject}) })
		all.Go(func() { _, ended = b.Expire(b.ctx, id) })
		all.Wait()
		s := b.get(id)
		switch {
		case answered == nil && errors.Is(ended, session.ErrTransition):
			if s.Status != session.StatusDeclined || s.Run().Outcome != workflow.Rejected {
				t.Fatalf("answered, the session is %s", s.Status)
			}
		case ended == nil && errors.Is(answered, session.ErrTransition):
			if s.Status != session.StatusAbandoned || s.Run().Status != workflow.Failed {
				t.Fatalf("ended, the session is %s and its run %s", s.Status, s.Run().Status)
			}
		default:
			t.Fatalf("the answer: %v; the end: %v", answered, ended)
		}
	}
}

// TestGateInHostsTransaction: an answer in a host's transaction leaves the rest to the alarm.
func TestGateInHostsTransaction(t *testing.T) {
	t.Parallel()
	b := flow(t, func(_ *session.Integration, cfg *session.Config) { cfg.Checks = passing("first", "second") })
	b.addDefault(gated("review"))
	id := b.submitted(session.Facts{})
	b.settle()
	hosted := b.With(b.store)
	if s, err := hosted.AnswerGate(b.ctx, id, session.Gate{Answer: session.GateContinue}); err != nil || s.Status != session.StatusSubmitted {
		t.Fatalf("%v, %v", s, err)
	}
	b.settle()
	if got := b.get(id).Status; got != session.StatusApproved {
		t.Errorf("then %s", got)
	}
}
