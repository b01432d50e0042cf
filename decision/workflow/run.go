package workflow

import (
	"encoding/json"
	"errors"
	"time"
)

// Why a run refuses what it is told. None of them changes the run.
var (
	// ErrNotAsked: the result is not that of the check, or of the attempt, that the run has asked for.
	ErrNotAsked = errors.New("workflow: the check was not asked for")
	// ErrNotPaused: the run does not stand at a gate.
	ErrNotPaused = errors.New("workflow: the run does not wait for a decision")
	// ErrNotVisited: the run has not come by the node from which it should start again.
	ErrNotVisited = errors.New("workflow: the run has not come by this node")
	// ErrAnswer: a status or a decision that is not known, or details or metadata that are not a JSON object of
	// limited size.
	ErrAnswer = errors.New("workflow: the answer is not acceptable")
	// ErrRun: what was kept is not a run that this package has made.
	ErrRun = errors.New("workflow: the run is not whole")
)

// Origin says which run of which workflow it is, in the caller's own words: a run only carries them.
type Origin struct {
	ID         string `json:"id"`
	WorkflowID string `json:"workflow_id"`
	Version    string `json:"version"`
}

// Run is one run of a graph: where it stands and how it came there. It is kept as JSON, and goes on from there
// as if nothing had been. It is made by [NewRun], read by anyone, changed by its methods alone, and is for one
// goroutine at a time. Details and metadata in it may be personal data: printed, it says only what it is.
//
// All times are those of the caller, in UTC.
type Run struct {
	Origin
	Graph  Graph  `json:"graph"` // as it was when the run was made
	Status Status `json:"status"`
	// Node is where the run stands, or ended.
	Node string `json:"node"`
	// Trace are the nodes that the run came by, in order, the one at which it stands last.
	Trace []Visit `json:"trace"`
	// Tries are the results of checks, in order. None is ever changed.
	Tries []Try `json:"tries,omitempty"`
	// Asked is the try that the run waits for; nil: none.
	Asked *Ask `json:"asked,omitempty"`
	// Attempts is how often each policy was asked for, counting what [Run.From] has made forgotten.
	Attempts map[string]int `json:"attempts,omitempty"`
	// Gates are the decisions of the host, in order.
	Gates []Gate `json:"gates,omitempty"`
	// Outcome is the conclusion of a run that is completed, ReasonCode and Reason are what its terminal says.
	Outcome    Outcome `json:"outcome,omitempty"`
	ReasonCode string  `json:"reason_code,omitempty"`
	Reason     string  `json:"reason,omitempty"`

	StartedAt   time.Time `json:"started_at"`
	CompletedAt time.Time `json:"completed_at,omitzero"` // completed or failed; zero: not yet
}

// Status says how far a run is.
type Status string

// The statuses of a run.
const (
	Running   Status = "running"
	Paused    Status = "paused" // it stands at a gate
	Completed Status = "completed"
	Failed    Status = "failed" // a check could not be made, and its node has no route for that
)

// Ended reports whether a run of this status has come to its end.
func (s Status) Ended() bool { return s == Completed || s == Failed }

// Visit is one node that a run came by.
type Visit struct {
	Node   string    `json:"node"`
	At     time.Time `json:"at"`
	LeftAt time.Time `json:"left_at,omitzero"` // zero: it stands there
	// RoutedTo is the node that came next. At a gate that ended the run it is the outcome; empty: none.
	RoutedTo string `json:"routed_to,omitempty"`
}

// Gate is what the host decided at a gate.
type Gate struct {
	Node     string          `json:"node"`
	Decision Decision        `json:"decision"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	At       time.Time       `json:"at"`
}

// NewRun begins a run of g at the given time. It answers with the [GraphError] of a graph that is not valid,
// but asks nobody which policies there are. The run shares nothing with g.
func NewRun(g Graph, origin Origin, at time.Time) (*Run, error) {
	if err := g.Validate(nil); err != nil {
		return nil, err
	}
	at = instant(at)
	return &Run{
		Origin: origin, Graph: g.clone(), Status: Running, Node: g.Entry,
		Trace: []Visit{{Node: g.Entry, At: at}}, StartedAt: at,
	}, nil
}

// instant is a time as it comes back from JSON.
func instant(at time.Time) time.Time { return at.UTC().Round(0) }

// leave goes on to the next node.
func (r *Run) leave(to string, at time.Time) error {
	_, ok := r.Graph.Nodes[to]
	if !ok || len(r.Trace) == 0 || len(r.Trace) >= len(r.Graph.Nodes) {
		return ErrRun // a valid graph has every node that is named, and a way by each once
	}
	r.depart(to, at)
	r.Trace = append(r.Trace, Visit{Node: to, At: at})
	r.Node, r.Status = to, Running
	return nil
}

func (r *Run) depart(to string, at time.Time) {
	last := &r.Trace[len(r.Trace)-1]
	last.LeftAt, last.RoutedTo = at, to
	r.Asked = nil
}

// end concludes the run where it stands.
func (r *Run) end(status Status, n Node, at time.Time) {
	to := ""
	if status == Completed && n.Type == NodeWait {
		to = string(n.Outcome)
	}
	r.depart(to, at)
	r.Status, r.CompletedAt = status, at
	r.Outcome, r.ReasonCode, r.Reason = n.Outcome, n.ReasonCode, n.Reason
}

// From goes back to a node that the run came by, whatever its status: it stands there again, and what came of
// that node and of those after it is forgotten. It answers [ErrNotVisited] for any other node, so that no check
// can be jumped over. [Run.NodeOf] and [Graph.Steps] find the node for a policy and for the index of a step.
func (r *Run) From(node string, at time.Time) error {
	i := r.visited(node)
	if i < 0 {
		return ErrNotVisited
	}
	forgotten := map[string]bool{}
	for _, visit := range r.Trace[i:] {
		forgotten[visit.Node] = true
	}
	r.Trace = append(r.Trace[:i:i], Visit{Node: node, At: instant(at)})
	r.Tries = without(r.Tries, func(t Try) bool { return forgotten[t.Node] })
	r.Gates = without(r.Gates, func(g Gate) bool { return forgotten[g.Node] })
	r.Node, r.Status, r.Asked = node, Running, nil
	r.Outcome, r.ReasonCode, r.Reason, r.CompletedAt = "", "", "", time.Time{}
	return nil
}

// NodeOf is the node at which the run came last to a check of the policy, and whether it did.
func (r *Run) NodeOf(policy string) (node string, ok bool) {
	for _, visit := range r.Trace {
		if n := r.Graph.Nodes[visit.Node]; n.Type == NodePolicy && n.Policy == policy {
			node, ok = visit.Node, true
		}
	}
	return node, ok
}

func (r *Run) visited(node string) int {
	for i, visit := range r.Trace {
		if visit.Node == node {
			return i
		}
	}
	return -1
}

// without is a new list; nil when nothing is left, as JSON gives it back.
func without[T any](list []T, drop func(T) bool) []T {
	var kept []T
	for _, one := range list {
		if !drop(one) {
			kept = append(kept, one)
		}
	}
	return kept
}
