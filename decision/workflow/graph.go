package workflow

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// Graph is a workflow: nodes by id, and the one at which a run starts. The zero value is not valid.
type Graph struct {
	Entry string          `json:"entry"`
	Nodes map[string]Node `json:"nodes"`
}

// NodeType says what a node does.
type NodeType string

// The types of node, with the members that each has. What is not named for a type must not be there.
const (
	NodeStart       NodeType = "start"       // Next
	NodePolicy      NodeType = "policy"      // Policy, Config, OnPass, OnFail, OnError, OnSkip: a check
	NodeConditional NodeType = "conditional" // Conditions, Default
	NodeTerminal    NodeType = "terminal"    // Outcome, ReasonCode, Reason: the end
	NodeWait        NodeType = "wait"        // Next, OnFail: a gate that the host opens
)

// Node is one place of a graph. Its routes are ids of nodes.
type Node struct {
	Type NodeType `json:"type"`

	// Next is where a start goes on, and a gate when it is told to continue.
	Next string `json:"next,omitempty"`

	// Policy is the name of the check, Config what is passed on to whoever makes it: a JSON object, or nothing.
	Policy string          `json:"policy,omitempty"`
	Config json.RawMessage `json:"config,omitempty"`
	// OnPass is where a check that passed goes on.
	OnPass string `json:"on_pass,omitempty"`
	// OnFail is where a check that failed goes on. A gate that is told to fail goes on there too; for a gate it
	// may also be [FailReview] or [FailReject], where no node has that id, and may be left out. Default, for a
	// gate: FailReview.
	OnFail string `json:"on_fail,omitempty"`
	// OnError is where a check goes on that could not be made. Default: the run fails.
	OnError string `json:"on_error,omitempty"`
	// OnSkip is where a check goes on whose prerequisites are missing. Default: as OnFail, because what was not
	// looked at has not passed.
	OnSkip string `json:"on_skip,omitempty"`

	// Conditions are looked at in order; the first that holds says where to go on. Default is for when none
	// does.
	Conditions []Condition `json:"conditions,omitempty"`
	Default    string      `json:"default,omitempty"`

	// Outcome is the conclusion. ReasonCode (lower case letters, digits and _) and Reason (free text) are told
	// with it.
	Outcome    Outcome `json:"outcome,omitempty"`
	ReasonCode string  `json:"reason_code,omitempty"`
	Reason     string  `json:"reason,omitempty"`
}

// What OnFail of a gate may say beside a node: the run ends with [NeedsReview] or [Rejected].
const (
	FailReview = "review"
	FailReject = "reject"
)

// Steps are the nodes at which something is asked for, checks and gates, in an order in which each comes before
// those it leads to, and what passes before what fails. Checks that [Graph.WithRequired] put in are not among
// them. For a graph made by [FromSteps] they are its steps, so that the index of a step is the index of its
// node.
func (g Graph) Steps() []string {
	var steps []string
	for _, id := range g.survey().order() {
		if t := g.Nodes[id].Type; (t == NodePolicy || t == NodeWait) && !isAuto(id) {
			steps = append(steps, id)
		}
	}
	return steps
}

// route is one way out of a node.
type route struct{ field, to string }

// routes are the ways out of a node that lead to a node, or should: one that is left out is none.
func (g Graph) routes(id string) []route {
	n := g.Nodes[id]
	all := []route{{"next", n.Next}, {"on_pass", n.OnPass}}
	for i, c := range n.Conditions {
		all = append(all, route{"conditions." + strconv.Itoa(i) + ".next", c.Next})
	}
	all = append(all, route{"default", n.Default}, route{"on_skip", n.OnSkip}, route{"on_error", n.OnError})
	if _, ends := g.failOutcome(n); !ends {
		all = append(all, route{"on_fail", n.OnFail})
	}
	return slices.DeleteFunc(all, func(r route) bool { return r.to == "" })
}

// failOutcome is how a gate that is told to fail ends the run, and whether it does.
func (g Graph) failOutcome(n Node) (Outcome, bool) {
	if n.Type != NodeWait {
		return "", false
	}
	if _, isNode := g.Nodes[n.OnFail]; isNode {
		return "", false
	}
	switch n.OnFail {
	case "", FailReview:
		return NeedsReview, true
	case FailReject:
		return Rejected, true
	}
	return "", false
}

// clone shares nothing with g, and is as it comes back from a store.
func (g Graph) clone() Graph {
	g.Nodes = maps.Clone(g.Nodes)
	for id, n := range g.Nodes {
		n.Config = kept(n.Config)
		n.Conditions = slices.Clone(n.Conditions)
		for i := range n.Conditions {
			n.Conditions[i].Value = kept(n.Conditions[i].Value)
		}
		g.Nodes[id] = n
	}
	return g
}
