package workflow

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Validate answers with a [GraphError] that has all that is wrong with g: members that a node of its type needs
// or must not have, policies of which known says false, operators and values that do not fit, what is beyond
// the limits, routes that lead nowhere or back, nodes that no route leads to, and a start that is missing, not
// the entry, or not the only one. Without a known every policy is good.
//
// The run of a graph that is valid always ends: no node comes twice, and every way leads to a terminal, or ends
// at a gate.
func (g Graph) Validate(known func(policy string) bool) error {
	v := validator{graph: g, known: known, auto: g.autoNodes()}
	if len(g.Nodes)-len(v.auto) > MaxNodes {
		v.fault("nodes", "are more than "+strconv.Itoa(MaxNodes))
		return refusal(v.faults)
	}
	if start, ok := g.Nodes[g.Entry]; !ok {
		v.fault("entry", "is not one of the nodes")
	} else if start.Type != NodeStart {
		v.fault("entry", "is not a node of type start")
	}
	survey := g.survey()
	for _, id := range slices.Sorted(maps.Keys(g.Nodes)) {
		v.node = id
		v.checkID()
		v.checkNode(g.Nodes[id])
		for _, r := range g.routes(id) {
			if _, ok := g.Nodes[r.to]; !ok {
				v.fault(r.field, "is not one of the nodes")
			}
		}
		for _, loop := range survey.loops {
			if loop.Node == id {
				v.fault(loop.Field, loop.Message)
			}
		}
		if survey.state[id] == unseen {
			v.fault("", "cannot be reached")
		}
	}
	return refusal(v.faults)
}

// validator collects what is wrong with a graph.
type validator struct {
	graph  Graph
	known  func(string) bool
	auto   map[string]bool
	node   string // that is being looked at; empty: none
	faults []Fault
}

func (v *validator) fault(field, message string) {
	v.faults = append(v.faults, Fault{shown(v.node), field, message})
}

func (v *validator) checkID() {
	switch {
	case v.auto[v.node]:
	case isAuto(v.node):
		v.fault("", "has an id that is kept for checks that are put in")
	case !validID(v.node):
		v.fault("", "has an id that is not 1 to 64 letters, digits, _, - and .")
	}
	if v.graph.Nodes[v.node].Type == NodeStart && v.node != v.graph.Entry {
		v.fault("type", "is start, but the node is not the entry")
	}
}

// shape says which members a node of a type must have, and which it may have too.
type shape struct{ must, may []string }

var shapes = map[NodeType]shape{
	NodeStart:       {must: []string{"next"}},
	NodePolicy:      {must: []string{"policy", "on_pass", "on_fail"}, may: []string{"config", "on_error", "on_skip"}},
	NodeConditional: {must: []string{"conditions", "default"}},
	NodeTerminal:    {must: []string{"outcome"}, may: []string{"reason_code", "reason"}},
	NodeWait:        {must: []string{"next"}, may: []string{"on_fail"}},
}

// has says which of the members that depend on the type are there.
func (n Node) has() map[string]bool {
	return map[string]bool{
		"next": n.Next != "", "policy": n.Policy != "", "config": n.Config != nil,
		"on_pass": n.OnPass != "", "on_fail": n.OnFail != "", "on_error": n.OnError != "", "on_skip": n.OnSkip != "",
		"conditions": len(n.Conditions) > 0, "default": n.Default != "",
		"outcome": n.Outcome != "", "reason_code": n.ReasonCode != "", "reason": n.Reason != "",
	}
}

func (v *validator) checkNode(n Node) {
	shape, ok := shapes[n.Type]
	if !ok {
		v.fault("type", "must be "+oneOf([]NodeType{NodeStart, NodePolicy, NodeConditional, NodeTerminal, NodeWait}))
		return
	}
	has := n.has()
	for _, member := range slices.Sorted(maps.Keys(has)) {
		must := slices.Contains(shape.must, member)
		if must && !has[member] {
			v.fault(member, "is required")
		} else if has[member] && !must && !slices.Contains(shape.may, member) {
			v.fault(member, "is not for a node of type "+string(n.Type))
		}
	}
	switch n.Type {
	case NodePolicy:
		v.checkPolicy(n)
	case NodeConditional:
		v.checkConditions(n)
	case NodeTerminal:
		v.checkTerminal(n)
	}
}

func (v *validator) checkPolicy(n Node) {
	if n.Policy != "" && (!validName(n.Policy) || v.known != nil && !v.known(n.Policy)) {
		v.fault("policy", "is not one of the policies that there are")
	}
	if n.Config == nil {
		return
	}
	if message := checkObject(n.Config, maxConfig); message != "" {
		v.fault("config", message)
	}
}

func (v *validator) checkConditions(n Node) {
	if len(n.Conditions) > MaxConditions {
		v.fault("conditions", "are more than "+strconv.Itoa(MaxConditions))
		return
	}
	for i, c := range n.Conditions {
		at := "conditions." + strconv.Itoa(i)
		_, faults := c.check()
		for _, f := range faults {
			v.fault(within(at, f.Field), f.Message)
		}
		if c.Next == "" {
			v.fault(within(at, "next"), "is required")
		}
	}
}

func (v *validator) checkTerminal(n Node) {
	if n.Outcome != "" && !n.Outcome.Valid() {
		v.fault("outcome", "is not approved, rejected or needs_review")
	}
	if n.ReasonCode != "" && !validName(n.ReasonCode) {
		v.fault("reason_code", "is not 1 to 64 lower case letters, digits and _")
	}
	if len(n.Reason) > maxText || !utf8.ValidString(n.Reason) || strings.ContainsFunc(n.Reason, unicode.IsControl) {
		v.fault("reason", "is longer than "+strconv.Itoa(maxText)+" bytes, or has control characters")
	}
}

// checkObject says what is wrong with what should be a JSON object.
func checkObject(raw []byte, limit int) (message string) {
	if len(raw) > limit {
		return "is longer than " + strconv.Itoa(limit) + " bytes"
	}
	if err := scan(raw); err != nil {
		return err.Error()
	}
	return unless(strings.HasPrefix(strings.TrimSpace(string(raw)), "{"), "must be an object")
}

func validID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool {
		return !isLower(r) && !('A' <= r && r <= 'Z') && !isDigit(r) && r != '_' && r != '-' && r != '.'
	})
}

func validName(name string) bool { return len(name) <= maxID && !notWord(name) }

// shown is an id as a fault repeats it: not longer than a good one.
func shown(id string) string {
	return strings.ToValidUTF8(id[:min(len(id), maxID+len(autoPrefix))], "")
}
