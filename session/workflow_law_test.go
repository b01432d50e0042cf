package session_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// script is a graph at random, and what is answered at each of its nodes.
type script struct {
	graph workflow.Graph
	tries map[string][]workflow.CheckStatus
	gates map[string]session.GateAnswer
}

func drawScript(t *rapid.T) script {
	s := script{workflow.Graph{Entry: "start", Nodes: map[string]workflow.Node{}}, map[string][]workflow.CheckStatus{}, map[string]session.GateAnswer{}}
	n := rapid.IntRange(0, 8).Draw(t, "nodes")
	ends := []string{"yes", "no", "desk"}
	to := func(from int) string {
		if i := rapid.IntRange(from+1, n+1).Draw(t, "to"); i < n {
			return fmt.Sprint("n", i)
		}
		return rapid.SampledFrom(ends).Draw(t, "end")
	}
	orNone := func(to string) string { return rapid.SampledFrom([]string{"", to}).Draw(t, "or none") }
	all := map[string]workflow.Node{
		"start": {Type: workflow.NodeStart, Next: to(-1)}, "yes": {Type: workflow.NodeTerminal, Outcome: workflow.Approved},
		"no": {Type: workflow.NodeTerminal, Outcome: workflow.Rejected}, "desk": {Type: workflow.NodeTerminal, Outcome: workflow.NeedsReview},
	}
	statuses := []workflow.CheckStatus{"passed", "failed", "error", "skipped", "requires_retry", "requires_retry"}
	for i := range n {
		id := fmt.Sprint("n", i)
		switch rapid.IntRange(0, 4).Draw(t, "type") {
		case 0:
			all[id] = workflow.Node{Type: workflow.NodeWait, Next: to(i), OnFail: rapid.SampledFrom([]string{"", "review", "reject", to(i)}).Draw(t, "on fail")}
			s.gates[id] = rapid.SampledFrom([]session.GateAnswer{"continue", "fail", "reject"}).Draw(t, "answer")
		case 1:
			all[id] = workflow.Node{Type: workflow.NodeConditional, Default: to(i), Conditions: []workflow.Condition{
				{Field: "checks.own.passed", Op: workflow.Equal, Value: []byte("true"), Next: to(i)},
			}}
		default:
			all[id] = workflow.Node{Type: workflow.NodePolicy, Policy: "own", OnPass: to(i), OnFail: to(i), OnError: orNone(to(i)), OnSkip: orNone(to(i))}
			s.tries[id] = rapid.SliceOfN(rapid.SampledFrom(statuses), 4, 4).Draw(t, "tries")
		}
	}
	s.reach(all, "start")
	return s
}

// reach keeps what a route leads to.
func (s script) reach(all map[string]workflow.Node, id string) {
	node, ok := all[id]
	if _, been := s.graph.Nodes[id]; been || !ok {
		return
	}
	s.graph.Nodes[id] = node
	for _, to := range []string{node.Next, node.OnPass, node.OnFail, node.OnError, node.OnSkip, node.Default} {
		s.reach(all, to)
	}
	for _, c := range node.Conditions {
		s.reach(all, c.Next)
	}
}

// check answers the tries of each node in turn.
func (s script) check() session.Check {
	asked := map[string]int{}
	return session.CheckFunc(func(_ context.Context, c session.CheckCase) (session.CheckResult, error) {
		asked[c.Node]++
		return session.CheckResult{Status: s.tries[c.Node][asked[c.Node]-1]}, nil
	})
}

// play runs the script without an engine.
func (s script) play(t *rapid.T) (*workflow.Run, workflow.Need) {
	at := time.Unix(0, 0)
	run, err := workflow.NewRun(s.graph.WithRequired(), workflow.Origin{}, at)
	if err != nil {
		t.Fatalf("the graph at random: %v", err)
	}
	asked := map[string]int{}
	for {
		need, err := run.Next(nil, at)
		if err != nil {
			t.Fatal(err)
		}
		switch need.Kind {
		case workflow.NeedCheck:
			status := map[string]workflow.CheckStatus{"risk_assessment": "passed", "watchlist_screening": "skipped"}[need.Policy]
			if need.Policy == "own" {
				status = s.tries[need.Node][asked[need.Node]]
				asked[need.Node]++
			}
			err = run.Checked(workflow.CheckResult{Node: need.Node, Attempt: need.Attempt, Status: status}, at)
		case workflow.NeedExternal:
			err = run.Decided(workflow.Decision(s.gates[need.Node]), nil, at)
		default:
			return run, need
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestWorkflowLaw: whatever the graph and the answers are, a session comes by the same nodes and to the same end as
// the run would by itself.
func TestWorkflowLaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := drawScript(r)
		want, need := s.play(r)
		b := flow(t, func(in *session.Integration, cfg *session.Config) {
			in.Policy.DeciderTries = rapid.IntRange(1, 4).Draw(r, "tries of the decider")
			cfg.Checks = map[string]session.Check{"own": s.check()}
		})
		if _, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "any", Graph: s.graph, IsDefault: true}); err != nil {
			r.Fatal(err)
		}
		id := b.submitted(session.Facts{})
		for range 200 {
			b.settle()
			now := b.get(id)
			if now.Status == session.StatusSubmitted {
				b.clock.Set(now.DueAt)
				continue
			}
			if now.Status != session.StatusAwaitingExternal {
				break
			}
			if _, err := b.AnswerGate(b.ctx, id, session.Gate{Answer: s.gates[now.Run().PausedAt()]}); err != nil {
				r.Fatal(err)
			}
		}
		got := b.get(id)
		status := map[workflow.Outcome]session.Status{
			workflow.Approved: session.StatusApproved, workflow.Rejected: session.StatusDeclined, workflow.NeedsReview: session.StatusReview,
			"": session.StatusFailed,
		}[need.Outcome]
		run := got.Run()
		if got.Status != status || run.Status != want.Status || run.Outcome != want.Outcome {
			r.Fatalf("the session is %s and the run %s %s; want %s and %s %s", got.Status, run.Status, run.Outcome, status, want.Status, want.Outcome)
		}
		if !slices.EqualFunc(run.Trace, want.Trace, func(a, b workflow.Visit) bool { return a.Node == b.Node && a.RoutedTo == b.RoutedTo }) {
			r.Fatalf("it came by other nodes: %d and %d", len(run.Trace), len(want.Trace))
		}
		if !slices.EqualFunc(run.Tries, want.Tries, func(a, b workflow.Try) bool {
			return a.Node == b.Node && a.Attempt == b.Attempt && a.Status == b.Status
		}) {
			r.Fatalf("it made other tries: %d and %d", len(run.Tries), len(want.Tries))
		}
	})
}
