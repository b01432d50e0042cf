package session_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// flow makes a bench whose integration has its sessions decided by workflows.
func flow(t *testing.T, adjust func(*session.Integration, *session.Config)) *bench {
	t.Helper()
	return setUp(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Workflows, in.Policy.Reprocess, in.Policy.Resume = true, true, true
		cfg.Decider = session.DeciderFunc(func(context.Context, session.Case) (decision.Verdict, error) {
			t.Error("the decider was asked")
			return decision.Verdict{}, session.ErrWait
		})
		if adjust != nil {
			adjust(in, cfg)
		}
	})
}

func parse(t testing.TB, text string) workflow.Graph {
	t.Helper()
	g, err := workflow.Parse([]byte(text))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return g
}

// addDefault stores a graph as the default workflow.
func (b *bench) addDefault(graph string) *session.Workflow {
	b.t.Helper()
	w, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "default", Graph: parse(b.t, graph), IsDefault: true})
	if err != nil {
		b.t.Fatalf("add a workflow: %v", err)
	}
	return w
}

// submitted brings a new session to its workflow.
func (b *bench) submitted(f session.Facts) uuid.UUID {
	b.t.Helper()
	s, err := b.Create(b.ctx, f)
	if err != nil {
		b.t.Fatalf("create: %v", err)
	}
	b.submit(s.ID)
	return s.ID
}

// run is the session's newest run.
func (b *bench) run(id uuid.UUID) *session.Run {
	b.t.Helper()
	run := b.get(id).Run()
	if run == nil {
		b.t.Fatalf("the session %s has no run", b.get(id).Status)
	}
	return run
}

// one is a graph of one check, with a terminal for each way that it can go but an error.
func one(policy, config string) string {
	if config == "" {
		config = "null"
	}
	return `{"entry":"start","nodes":{"start":{"type":"start","next":"it"},
		"it":{"type":"policy","policy":"` + policy + `","config":` + config + `,"on_pass":"yes","on_fail":"no","on_skip":"desk"},
		"yes":{"type":"terminal","outcome":"approved"},"no":{"type":"terminal","outcome":"rejected","reason":"not so","reason_code":"not_so"},
		"desk":{"type":"terminal","outcome":"needs_review"}}}`
}

// gated is a graph with a check before a gate and one after it.
func gated(onFail string) string {
	return `{"entry":"start","nodes":{"start":{"type":"start","next":"first"},
		"first":{"type":"policy","policy":"first","on_pass":"gate","on_fail":"no"},
		"gate":{"type":"wait","next":"second","on_fail":"` + onFail + `"},
		"second":{"type":"policy","policy":"second","on_pass":"yes","on_fail":"no"},
		"yes":{"type":"terminal","outcome":"approved"},"no":{"type":"terminal","outcome":"rejected"}}}`
}

// passing are checks that pass, by name.
func passing(names ...string) map[string]session.Check {
	checks := map[string]session.Check{}
	for _, name := range names {
		checks[name] = answering(workflow.CheckPassed)
	}
	return checks
}

func answering(status workflow.CheckStatus) session.Check {
	return session.CheckFunc(func(context.Context, session.CheckCase) (session.CheckResult, error) {
		return session.CheckResult{Status: status}, nil
	})
}

// reading is a check that passes and has read something.
func reading(r decision.Record) session.Check {
	return session.CheckFunc(func(context.Context, session.CheckCase) (session.CheckResult, error) {
		return session.CheckResult{Status: workflow.CheckPassed, Record: &r}, nil
	})
}
