package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// TestRunsOfVersions: a session stays with the version with which its run began; what is decided again has that of
// today, or the workflow that is asked for.
func TestRunsOfVersions(t *testing.T) {
	t.Parallel()
	b := flow(t, func(_ *session.Integration, cfg *session.Config) { cfg.Checks = passing("first", "second") })
	w := b.addDefault(gated("review"))
	id := b.submitted(session.Facts{})
	b.settle()
	always := parse(t, `{"entry":"start","nodes":{"start":{"type":"start","next":"no"},"no":{"type":"terminal","outcome":"rejected"}}}`)
	if _, err := b.ChangeWorkflow(b.ctx, w.ID, session.WorkflowChange{Graph: &always}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.AnswerGate(b.ctx, id, session.Gate{Answer: session.GateContinue}); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if s := b.get(id); s.Status != session.StatusApproved || s.Run().Version != "1" {
		t.Fatalf("begun with version 1 it is %s by version %s", s.Status, s.Run().Version)
	}
	first := b.run(id).ID

	s, err := b.Reprocess(b.ctx, id)
	if err != nil || s.Run().Status != session.RunPending || s.Run().ID == first {
		t.Fatalf("to be decided again: %v", err)
	}
	pending := s.Run().ID
	b.settle()
	if s := b.get(id); s.Status != session.StatusDeclined || s.Run().Version != "2" || s.Run().ID != pending || len(s.Decisions) != 2 {
		t.Errorf("decided again it is %s by version %s", s.Status, s.Run().Version)
	}

	other, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "other", Graph: session.DefaultGraph()})
	if err != nil {
		t.Fatal(err)
	}
	if s, err = b.Trigger(b.ctx, id, other.ID); err != nil || s.Run().WorkflowID != other.ID.String() {
		t.Fatalf("triggered: %v", err)
	}
	b.settle()
	if s := b.get(id); s.Status != session.StatusReview || s.Run().WorkflowID != other.ID.String() {
		t.Errorf("triggered it is %s by %s", s.Status, s.Run().WorkflowID)
	}
	if _, err := b.Trigger(b.ctx, id, other.ID); !errors.Is(err, session.ErrTransition) {
		t.Errorf("triggered in review: %v", err)
	}
	if _, err := b.Trigger(b.ctx, id, uuid.New()); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("triggered with a workflow that is not there: %v", err)
	}
}

// TestTriggerRefuses: what must not be.
func TestTriggerRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		adjust func(*session.Policy)
		want   error
	}{
		"workflows are off":     {func(p *session.Policy) { p.Workflows = false }, session.ErrOff},
		"reprocessing is off":   {func(p *session.Policy) { p.Reprocess = false }, session.ErrOff},
		"it is no longer used":  {func(*session.Policy) {}, session.ErrInactiveWorkflow},
		"the session's in work": {func(*session.Policy) {}, session.ErrTransition},
	} {
		b := flow(t, func(in *session.Integration, cfg *session.Config) {
			if c.adjust(&in.Policy); !in.Policy.Workflows {
				cfg.Decider = session.Sandbox{}
			}
		})
		w, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "w", Graph: session.DefaultGraph()})
		if err != nil {
			t.Fatal(err)
		}
		id := b.submitted(session.Facts{})
		if !errors.Is(c.want, session.ErrTransition) {
			if _, err := b.Decide(b.ctx, id, decision.Verdict{Outcome: decision.Approved}); err != nil {
				t.Fatal(err)
			}
		}
		if errors.Is(c.want, session.ErrInactiveWorkflow) {
			if _, err := b.DeactivateWorkflow(b.ctx, w.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.Trigger(b.ctx, id, w.ID); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if _, err := b.RunFrom(b.ctx, id, session.RunPoint{}); err == nil {
			t.Errorf("%s: a run that is not there goes on", name)
		}
	}
}

// TestRunFrom: a run goes on from any step that it has come by, and from no other.
func TestRunFrom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		at   session.RunPoint
		want []string // the checks that are made again; nil: it is refused
	}{
		{"the first step", session.RunPoint{Step: 0}, []string{"first", "second"}},
		{"the first check", session.RunPoint{Policy: "first"}, []string{"first", "second"}},
		{"the gate", session.RunPoint{Step: 1}, []string{"second"}},
		{"the last step", session.RunPoint{Step: 2}, []string{"second"}},
		{"the last check", session.RunPoint{Policy: "second"}, []string{"second"}},
		{"a step behind the last", session.RunPoint{Step: 3}, nil},
		{"a step before the first", session.RunPoint{Step: -1}, nil},
		{"a check that is not there", session.RunPoint{Policy: "third"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var made []string
			broken := true
			note := session.CheckFunc(func(_ context.Context, k session.CheckCase) (session.CheckResult, error) {
				made = append(made, k.Policy)
				if k.Policy == "second" && broken {
					return session.CheckResult{Status: workflow.CheckError}, nil
				}
				if (k.Extracted.Person != nil) != (k.Policy == "second") {
					t.Errorf("%s sees what was read: %t", k.Policy, k.Extracted.Person != nil)
				}
				return session.CheckResult{Status: workflow.CheckPassed, Record: &decision.Record{Person: &decision.Person{FirstName: "Ada"}}}, nil
			})
			b := flow(t, func(_ *session.Integration, cfg *session.Config) {
				cfg.Checks = map[string]session.Check{"first": note, "second": note}
			})
			b.addDefault(gated("review"))
			id := b.submitted(session.Facts{})
			b.settle()
			if _, err := b.RunFrom(b.ctx, id, session.RunPoint{Policy: "second"}); !errors.Is(err, session.ErrFacts) {
				t.Fatalf("at the gate, to what is behind it: %v", err)
			}
			on := func() {
				t.Helper()
				if _, err := b.AnswerGate(b.ctx, id, session.Gate{Answer: session.GateContinue}); err != nil {
					t.Fatal(err)
				}
				b.settle()
			}
			on()
			s := b.get(id)
			if s.Status != session.StatusFailed || s.Run().Status != workflow.Failed {
				t.Fatalf("with a check that is broken the session is %s", s.Status)
			}
			run := s.Run().ID
			broken, made = false, nil
			b.clock.Add(time.Second)
			s, err := b.RunFrom(b.ctx, id, c.at)
			if c.want == nil {
				if !errors.Is(err, session.ErrFacts) || b.get(id).Status != session.StatusFailed {
					t.Errorf("%v, want ErrFacts", err)
				}
				return
			}
			if err != nil || s.Status != session.StatusSubmitted || s.Run().ID != run {
				t.Fatalf("%v", err)
			}
			b.settle()
			if b.get(id).Status == session.StatusAwaitingExternal {
				on()
			}
			if got := b.get(id); got.Status != session.StatusApproved || strings.Join(made, " ") != strings.Join(c.want, " ") {
				t.Errorf("then %s after %v, want %v", got.Status, made, c.want)
			}
		})
	}
}

// TestRunFromTheGate: a session that waits may go back.
func TestRunFromTheGate(t *testing.T) {
	t.Parallel()
	b := flow(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Reprocess = false
		cfg.Checks = passing("first", "second")
	})
	b.addDefault(gated("review"))
	id := b.submitted(session.Facts{})
	b.settle()
	for range 3 {
		s, err := b.RunFrom(b.ctx, id, session.RunPoint{})
		if err != nil || s.Status != session.StatusSubmitted || s.Run().Node != "first" {
			t.Fatalf("%v", err)
		}
		b.settle()
		if got := b.get(id).Status; got != session.StatusAwaitingExternal {
			t.Fatalf("again at the gate the session is %s", got)
		}
	}
}

// TestEnoughRuns: a session's records have an end, and what was begun comes to its own.
func TestEnoughRuns(t *testing.T) {
	t.Parallel()
	b := flow(t, func(in *session.Integration, _ *session.Config) { in.Endpoints = nil })
	b.addDefault(`{"entry":"start","nodes":{"start":{"type":"start","next":"no"},"no":{"type":"terminal","outcome":"rejected"}}}`)
	id := b.submitted(session.Facts{})
	b.settle()
	var err error
	for n := 0; err == nil && n < 100; n++ {
		b.clock.Add(time.Second)
		_, err = b.Reprocess(b.ctx, id)
		b.settle()
	}
	s := b.get(id)
	if !errors.Is(err, session.ErrEnough) || s.Status != session.StatusDeclined || len(s.Findings) > 60 {
		t.Errorf("%v after %d records", err, len(s.Findings))
	}
}

// TestEnoughRetries: nor does a single run make records without end; it comes to its conclusion all the same.
func TestEnoughRetries(t *testing.T) {
	t.Parallel()
	b := flow(t, func(in *session.Integration, cfg *session.Config) {
		in.Endpoints = nil
		cfg.Checks = map[string]session.Check{"own": answering(workflow.CheckRequiresRetry)}
	})
	g := workflow.Graph{Entry: "start", Nodes: map[string]workflow.Node{"n0": {Type: workflow.NodeTerminal, Outcome: workflow.Approved}}}
	const checks = 25
	for i := range checks {
		next := fmt.Sprint("n", i)
		g.Nodes[fmt.Sprint("n", i+1)] = workflow.Node{Type: workflow.NodePolicy, Policy: "own", OnPass: next, OnFail: next, OnError: next}
	}
	g.Nodes["start"] = workflow.Node{Type: workflow.NodeStart, Next: fmt.Sprint("n", checks)}
	if _, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "long", Graph: g, IsDefault: true}); err != nil {
		t.Fatal(err)
	}
	id := b.submitted(session.Facts{})
	for range 4 * checks {
		b.settle()
		b.clock.Add(time.Hour)
	}
	s := b.get(id)
	if s.Status != session.StatusApproved || len(s.Findings) != 61 {
		t.Errorf("%s after %d records", s.Status, len(s.Findings))
	}
	for i, f := range s.Findings {
		if has := f.Run.Graph.Nodes != nil; has != (i == 0) {
			t.Errorf("record %d has the graph: %t", i+1, has)
		}
	}
	if got := s.Run().Graph.Nodes["n0"].Outcome; got != workflow.Approved {
		t.Errorf("the newest is without its graph: %q", got)
	}
}

// TestNewSubmission: what is submitted anew has a new run, whatever became of the one before.
func TestNewSubmission(t *testing.T) {
	t.Parallel()
	b := flow(t, func(_ *session.Integration, cfg *session.Config) { cfg.Checks = passing("first", "second") })
	b.addDefault(gated("review"))
	id := b.submitted(session.Facts{})
	b.settle()
	old := b.run(id).ID
	b.clock.Add(time.Second)
	_, e1 := b.Expire(b.ctx, id)
	_, e2 := b.Resume(b.ctx, id)
	if err := errors.Join(e1, e2); err != nil {
		t.Fatal(err)
	}
	if got := b.run(id).Status; got != workflow.Failed {
		t.Errorf("of a session that was given up the run is %s", got)
	}
	b.clock.Add(time.Second)
	b.submit(id)
	b.settle()
	if s := b.get(id); s.Status != session.StatusAwaitingExternal || s.Run().ID == old {
		t.Errorf("submitted anew the session is %s with run %s, after %s", s.Status, s.Run().ID, old)
	}
}
