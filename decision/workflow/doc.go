// Package workflow decides what is checked about a person, in which order, and what follows from it: a graph of
// checks, conditions and gates, and a run of it that stands still whenever it needs something from outside.
//
// It is a pure evaluator. It knows no session, no store and no clock, starts no goroutine and makes no check by
// itself: a run asks ([Run.Next]), the caller answers ([Run.Checked], [Run.Decided]), and the time comes in
// with each call. In between a run is a value that is kept as JSON, with the graph it runs in it, so that
// whoever reads it back goes on just there, in another process and a year later.
//
// # The graph
//
// One start, and then nodes until an end, never a second time by the same one:
//
//	{"entry": "start", "nodes": {
//	  "start":    {"type": "start", "next": "document"},
//	  "document": {"type": "policy", "policy": "document_ocr", "config": {},
//	               "on_pass": "age", "on_fail": "no", "on_error": "desk"},
//	  "age":      {"type": "conditional", "default": "no",
//	               "conditions": [{"field": "extracted.age", "op": ">=", "value": 18, "next": "gate"}]},
//	  "gate":     {"type": "wait", "next": "yes", "on_fail": "review"},
//	  "yes":      {"type": "terminal", "outcome": "approved"},
//	  "no":       {"type": "terminal", "outcome": "rejected", "reason": "too young, or no good document"},
//	  "desk":     {"type": "terminal", "outcome": "needs_review"}}}
//
// The kinds of node, the ten operators and the three outcomes are those of
// https://docs.withverifa.com/core-concepts/workflows. How a node is written is not public there; the members
// above are our own. See [Node] for each of them. [Parse] reads a graph, and [Graph.Validate] says of one all
// that is wrong with it: a graph that is valid always comes to an end. The older form, a list of steps, becomes
// a graph by [FromSteps].
//
// # The conditions
//
// A condition compares one fact with one value; see [Condition] for what is said of facts that are missing or
// of another type. Underneath each operator is one fixed program of github.com/expr-lang/expr: fact and value
// are given to it, and no text of a graph or of a person ever becomes code.
//
// # The checks
//
// What a check is, is the caller's affair: the graph knows its name, and [Policies] the names that are usual. A
// check that answers requires_retry is asked for again, four times in all, and then counts as an error. Each
// try is kept. Two checks may not be left out by whoever writes a graph, and [Graph.WithRequired] puts them in.
package workflow
