package workflow

import "time"

// NodeResult is what came of one node, as
// https://docs.withverifa.com/api-reference/workflows/get-session-workflow-run tells it.
type NodeResult struct {
	Policy string `json:"policy,omitempty"` // of a check
	// Status is that of the node's newest try for a check, pending while it is asked for; the decision for a
	// gate, paused while it waits; completed for any other node.
	Status string `json:"status"`
	// Passed is said of a check that passed or failed.
	Passed *bool `json:"passed"`
	// DurationMS is how many milliseconds the run stood there; of where it stands now it is 0.
	DurationMS int64 `json:"duration_ms"`
	// RoutedTo is the node that came next, or the outcome with which a gate ended the run; empty: none.
	RoutedTo string `json:"routed_to,omitempty"`
}

// NodeResults are those of the nodes that the run came by, by id.
func (r *Run) NodeResults() map[string]NodeResult {
	results := make(map[string]NodeResult, len(r.Trace))
	for _, visit := range r.Trace {
		n := r.Graph.Nodes[visit.Node]
		result := NodeResult{Policy: n.Policy, Status: r.statusOf(visit, n), RoutedTo: visit.RoutedTo}
		if passed := result.Status == string(CheckPassed); passed || result.Status == string(CheckFailed) {
			result.Passed = &passed
		}
		if !visit.LeftAt.IsZero() {
			result.DurationMS = max(0, visit.LeftAt.Sub(visit.At).Milliseconds())
		}
		results[visit.Node] = result
	}
	return results
}

func (r *Run) statusOf(visit Visit, n Node) string {
	stands := visit.Node == r.Node && !r.Status.Ended()
	switch {
	case n.Type == NodePolicy:
		status := CheckPending
		for _, t := range r.Tries {
			if t.Node == visit.Node && !(stands && r.Asked != nil) {
				status = t.Status
			}
		}
		return string(status)
	case n.Type == NodeWait && stands:
		return string(Paused)
	case n.Type == NodeWait:
		for _, g := range r.Gates {
			if g.Node == visit.Node {
				return string(g.Decision)
			}
		}
	}
	return string(Completed)
}

// Checks are the newest tries, one a policy, in the order in which the policies were first asked for. A check
// that is asked for just now is there as pending, with the attempt that is under way. Details are shared with
// the run.
func (r *Run) Checks() []Try {
	var newest []Try
	put := func(t Try) {
		for i := range newest {
			if newest[i].Policy == t.Policy {
				newest[i] = t
				return
			}
		}
		newest = append(newest, t)
	}
	for _, t := range r.Tries {
		put(t)
	}
	if n := r.Graph.Nodes[r.Node]; r.Asked != nil {
		put(Try{Node: r.Node, Policy: n.Policy, Attempt: r.Asked.Attempt, Status: CheckPending, StartedAt: r.Asked.At})
	}
	return newest
}

// Duration is how long the run has taken, or had taken at the given time while it has not ended.
func (r *Run) Duration(at time.Time) time.Duration {
	if r.Status.Ended() {
		at = r.CompletedAt
	}
	return max(0, at.Sub(r.StartedAt))
}
