package workflow

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// Parse reads a graph, strictly: one JSON object of at most [MaxBytes], in UTF-8, of limited depth, in which
// every member is known, spelt as [Node] and [Condition] have it, there once, and of its type. null is what is
// left out. What is wrong comes as a [GraphError]. It does not look at what the graph means: that is
// [Graph.Validate]. Whatever Parse accepts is, written as JSON, accepted again, and is the same graph.
func Parse(data []byte) (Graph, error) {
	var g Graph
	r := reader{}
	if r.document(data) {
		r.object("", data, members{
			"entry": &g.Entry,
			"nodes": func(at string, raw json.RawMessage) { g.Nodes = r.nodes(at, raw) },
		})
	}
	return g, refusal(r.faults)
}

// reader collects what is wrong with a document.
type reader struct {
	node   string // that is being read; empty: none
	faults []Fault
}

// members are those an object may have: each a place for a text, for raw JSON, or a func that reads it.
type members map[string]any

func (r *reader) fault(at, message string) {
	r.faults = append(r.faults, Fault{r.node, at, message})
}

// document looks at the JSON as a whole.
func (r *reader) document(data []byte) bool {
	if len(data) > MaxBytes {
		r.fault("", "is longer than "+strconv.Itoa(MaxBytes)+" bytes")
		return false
	}
	if err := scan(data); err != nil {
		r.fault("", err.Error())
		return false
	}
	return true
}

// object reads the members of an object that has been scanned.
func (r *reader) object(at string, raw json.RawMessage, known members) {
	all := map[string]json.RawMessage{}
	if json.Unmarshal(raw, &all) != nil || isNull(raw) {
		r.fault(at, "must be an object")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		value, place := all[name], within(at, name)
		switch into := known[name].(type) {
		case nil:
			r.fault(at, "has a member that is not known")
		case func(string, json.RawMessage):
			if !isNull(value) {
				into(place, value)
			}
		case *json.RawMessage:
			*into = kept(value)
		default:
			if json.Unmarshal(value, into) != nil {
				r.fault(place, "must be a text")
			}
		}
	}
}

// list reads the elements of a list.
func (r *reader) list(at string, raw json.RawMessage, element func(at string, raw json.RawMessage)) {
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		r.fault(at, "must be a list")
		return
	}
	for i, one := range all {
		element(within(at, strconv.Itoa(i)), one)
	}
}

func (r *reader) nodes(at string, raw json.RawMessage) map[string]Node {
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		r.fault(at, "must be an object")
		return nil
	}
	nodes := make(map[string]Node, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		r.node = shown(id)
		nodes[id] = r.readNode(all[id])
	}
	r.node = ""
	return nodes
}

func (r *reader) readNode(raw json.RawMessage) (n Node) {
	r.object("", raw, members{
		"type":    &n.Type,
		"next":    &n.Next,
		"policy":  &n.Policy,
		"config":  &n.Config,
		"on_pass": &n.OnPass, "on_fail": &n.OnFail, "on_error": &n.OnError, "on_skip": &n.OnSkip,
		"conditions": func(at string, raw json.RawMessage) {
			r.list(at, raw, func(at string, raw json.RawMessage) {
				n.Conditions = append(n.Conditions, r.condition(at, raw))
			})
		},
		"default": &n.Default,
		"outcome": &n.Outcome, "reason_code": &n.ReasonCode, "reason": &n.Reason,
	})
	return n
}

func (r *reader) condition(at string, raw json.RawMessage) (c Condition) {
	r.object(at, raw, members{"field": &c.Field, "op": &c.Op, "value": &c.Value, "next": &c.Next})
	return c
}

func within(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

// kept is JSON as it comes back from a store: without white space, and with <, > and & as escapes; nothing for
// null.
func kept(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || isNull(raw) {
		return nil
	}
	if text, err := json.Marshal(raw); err == nil {
		return text
	}
	return bytes.Clone(raw)
}
