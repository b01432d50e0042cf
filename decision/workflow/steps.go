package workflow

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Step is one of a list of steps, the older form of a workflow: each is made after the other, and the last
// leads to approval.
type Step struct {
	// Type is "policy", a check, or "gate", where the run waits for the host. Default: policy.
	Type string `json:"type,omitempty"`
	// Name is what OnFail of another step may call it; optional.
	Name string `json:"name,omitempty"`
	// Policy and Config are those of a check, as for [Node].
	Policy string          `json:"policy,omitempty"`
	Config json.RawMessage `json:"config,omitempty"`
	// OnFail is what follows when a check fails or a gate is told to fail: [FailReview] or [FailReject], or a
	// later step by its index in digits, its name or its policy. Default: FailReview.
	OnFail string `json:"on_fail,omitempty"`
}

// The types of step.
const (
	StepPolicy = "policy"
	StepGate   = "gate"
)

// The ids of the nodes that [FromSteps] makes beside "step_0", "step_1" and so on.
const (
	stepsStart    = "start"
	stepsApproved = "approved"
	stepsReview   = "review"
	stepsRejected = "reject"
)

// ParseSteps reads a list of steps as strictly as [Parse] reads a graph. on_fail may be a number, the index of
// a step. What is wrong comes as a [GraphError] whose fields begin with "steps".
func ParseSteps(data []byte) ([]Step, error) {
	steps := []Step{}
	r := reader{}
	if r.document(data) {
		r.list("steps", data, func(at string, raw json.RawMessage) {
			var s Step
			r.object(at, raw, members{
				"type": &s.Type, "name": &s.Name, "policy": &s.Policy, "config": &s.Config,
				"on_fail": func(at string, raw json.RawMessage) {
					if i, err := strconv.ParseUint(string(raw), 10, 16); err == nil {
						s.OnFail = strconv.FormatUint(i, 10)
					} else if json.Unmarshal(raw, &s.OnFail) != nil {
						r.fault(at, "must be a text or the index of a step")
					}
				},
			})
			steps = append(steps, s)
		})
	}
	return steps, refusal(r.faults)
}

// FromSteps makes a graph of a list of steps, one at least. The node of a step is "step_" and its index. A
// check that could not be made fails the run, and one that was skipped goes where a failed one goes. What is
// wrong with the form of the list comes as a [GraphError]; what else there may be, as a policy that is not
// known, is for [Graph.Validate].
func FromSteps(steps []Step) (Graph, error) {
	var r reader
	if len(steps) == 0 || len(steps) > MaxNodes-4 {
		r.fault("steps", "must be a list of 1 to "+strconv.Itoa(MaxNodes-4)+" steps")
		return Graph{}, refusal(r.faults)
	}
	g := Graph{Entry: stepsStart, Nodes: map[string]Node{
		stepsStart:    {Type: NodeStart, Next: stepID(0)},
		stepsApproved: {Type: NodeTerminal, Outcome: Approved},
	}}
	for i, s := range steps {
		next := stepsApproved
		if i+1 < len(steps) {
			next = stepID(i + 1)
		}
		at := "steps." + strconv.Itoa(i)
		onFail, ok := target(steps, i)
		if !ok {
			r.fault(within(at, "on_fail"), "must be review, reject, or the index, the name or the policy of a later step")
		}
		switch s.Type {
		case "", StepPolicy:
			if s.Policy == "" {
				r.fault(within(at, "policy"), "is required")
			}
			g.Nodes[stepID(i)] = Node{Type: NodePolicy, Policy: s.Policy, Config: s.Config, OnPass: next, OnFail: onFail}
		case StepGate:
			if s.Policy != "" || s.Config != nil {
				r.fault(at, "is a gate, and has a policy or a config")
			}
			g.Nodes[stepID(i)] = Node{Type: NodeWait, Next: next, OnFail: onFail}
		default:
			r.fault(within(at, "type"), "must be policy or gate")
		}
		switch onFail {
		case stepsReview:
			g.Nodes[onFail] = Node{Type: NodeTerminal, Outcome: NeedsReview}
		case stepsRejected:
			g.Nodes[onFail] = Node{Type: NodeTerminal, Outcome: Rejected}
		}
	}
	return g.clone(), refusal(r.faults)
}

func stepID(i int) string { return "step_" + strconv.Itoa(i) }

// target is the node to which OnFail of a step leads.
func target(steps []Step, i int) (node string, ok bool) {
	to := steps[i].OnFail
	switch to {
	case "", FailReview:
		return stepsReview, true
	case FailReject:
		return stepsRejected, true
	}
	later := steps[i+1:]
	if j, err := strconv.Atoi(to); err == nil {
		return stepID(j), i < j && j < len(steps)
	}
	at := slices.IndexFunc(later, func(s Step) bool { return s.Name == to })
	if at < 0 {
		at = slices.IndexFunc(later, func(s Step) bool { return s.Policy == to })
	}
	return stepID(i + 1 + at), at >= 0
}
