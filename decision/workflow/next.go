package workflow

import (
	"bytes"
	"encoding/json"
	"maps"
	"time"
)

// Need is what a run needs to go on, or how it ended.
type Need struct {
	Kind NeedKind
	// Node is where the run stands, or ended.
	Node string

	// Policy and Config are the check that is needed, Attempt how often that policy was asked for in this run,
	// from 1. Of a run that failed, Policy is the check that could not be made.
	Policy  string
	Config  json.RawMessage
	Attempt int

	// Outcome is the conclusion, ReasonCode and Reason are what the terminal says; empty: nothing.
	Outcome    Outcome
	ReasonCode string
	Reason     string
}

// NeedKind says what a run needs.
type NeedKind string

// The kinds of need.
const (
	NeedCheck    NeedKind = "check"    // [Run.Checked], for Policy
	NeedExternal NeedKind = "external" // [Run.Decided]
	NeedNothing  NeedKind = "done"     // the run is completed, with an Outcome
	NeedFailed   NeedKind = "failed"   // the run failed: it has no outcome
)

// Next goes on as far as it can with the given facts, and says what is needed then. Asked again before there is
// an answer it gives the same need, and changes nothing.
//
// Conditions are asked when the run comes by, with the facts of that call; a run does not keep them. Beneath
// checks each policy that the run has a result of is an object of the run's own, with status, passed (true or
// false), attempt, and details as they were given; what facts has of other policies stays. nil facts are none.
//
// It answers [ErrRun] where r is not a run that this package has made.
func (r *Run) Next(facts map[string]any, at time.Time) (Need, error) {
	at = instant(at)
	for !r.Status.Ended() {
		n, err := r.here()
		if err != nil {
			return Need{}, err
		}
		switch n.Type {
		case NodeStart:
			err = r.leave(n.Next, at)
		case NodeConditional:
			err = r.branch(n, facts, at)
		case NodePolicy:
			return r.ask(n, at), nil
		case NodeWait:
			r.Status = Paused
			return Need{Kind: NeedExternal, Node: r.Node}, nil
		case NodeTerminal:
			r.end(Completed, n, at)
		default:
			err = ErrRun
		}
		if err != nil {
			return Need{}, err
		}
	}
	if r.Status == Failed {
		return Need{Kind: NeedFailed, Node: r.Node, Policy: r.Graph.Nodes[r.Node].Policy}, nil
	}
	return Need{Kind: NeedNothing, Node: r.Node, Outcome: r.Outcome, ReasonCode: r.ReasonCode, Reason: r.Reason}, nil
}

// here is the node at which the run stands.
func (r *Run) here() (Node, error) {
	n, ok := r.Graph.Nodes[r.Node]
	if !ok || len(r.Trace) == 0 || r.Trace[len(r.Trace)-1].Node != r.Node {
		return Node{}, ErrRun
	}
	return n, nil
}

func (r *Run) ask(n Node, at time.Time) Need {
	if r.Asked == nil {
		if r.Attempts == nil {
			r.Attempts = map[string]int{}
		}
		r.Attempts[n.Policy]++
		r.Asked = &Ask{Attempt: r.Attempts[n.Policy], At: at}
	}
	return Need{
		Kind: NeedCheck, Node: r.Node,
		Policy: n.Policy, Config: bytes.Clone(n.Config), Attempt: r.Asked.Attempt,
	}
}

// branch goes where the first condition says that holds.
func (r *Run) branch(n Node, facts map[string]any, at time.Time) error {
	facts = r.withChecks(facts)
	for _, c := range n.Conditions {
		rule, err := c.Compile()
		if err != nil {
			return ErrRun
		}
		if rule.Holds(facts) {
			return r.leave(c.Next, at)
		}
	}
	return r.leave(n.Default, at)
}

// withChecks puts the results of the run into the facts, which stay as they are.
func (r *Run) withChecks(facts map[string]any) map[string]any {
	checks := map[string]any{}
	if given, ok := facts["checks"].(map[string]any); ok {
		maps.Copy(checks, given)
	}
	for _, t := range r.Tries { // a later one of the same policy comes last
		var details any
		if t.Details != nil && decode(t.Details, &details) != nil {
			details = nil
		}
		checks[t.Policy] = map[string]any{
			"status": string(t.Status), "passed": t.Status == CheckPassed, "attempt": t.Attempt, "details": details,
		}
	}
	all := map[string]any{}
	maps.Copy(all, facts)
	all["checks"] = checks
	return all
}
