package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bonafide-idv/bonafide/decision/workflow"
)

// adults approves people whose document is good and who are of age.
const adults = `{"entry": "start", "nodes": {
	"start":    {"type": "start", "next": "document"},
	"document": {"type": "policy", "policy": "document_ocr", "on_pass": "age", "on_fail": "no", "on_error": "desk"},
	"age":      {"type": "conditional", "default": "no",
	             "conditions": [{"field": "extracted.age", "op": ">=", "value": 18, "next": "gate"}]},
	"gate":     {"type": "wait", "next": "yes", "on_fail": "review"},
	"yes":      {"type": "terminal", "outcome": "approved"},
	"no":       {"type": "terminal", "outcome": "rejected", "reason_code": "not_eligible"},
	"desk":     {"type": "terminal", "outcome": "needs_review"}}}`

func Example() {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	graph, err := workflow.Parse([]byte(adults))
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := workflow.NewRun(graph, workflow.Origin{ID: "run-1", WorkflowID: "adults", Version: "3"}, at)
	if err != nil {
		fmt.Println(err)
		return
	}

	need, _ := run.Next(nil, at)
	fmt.Println(need.Kind, need.Policy, need.Attempt)
	_ = run.Checked(workflow.CheckResult{Node: need.Node, Attempt: need.Attempt, Status: workflow.CheckPassed}, at)

	facts := map[string]any{"extracted": map[string]any{"age": 34}}
	need, _ = run.Next(facts, at)
	fmt.Println(need.Kind, need.Node)

	// The run is kept, and read back when the host has decided.
	kept, _ := json.Marshal(run)
	run = new(workflow.Run)
	_ = json.Unmarshal(kept, run)
	_ = run.Decided(workflow.Continue, nil, at.Add(time.Hour))

	need, _ = run.Next(facts, at)
	fmt.Println(need.Kind, need.Outcome)
	// Output:
	// check document_ocr 1
	// external gate
	// done approved
}

func ExampleGraph_Validate() {
	graph, err := workflow.Parse([]byte(`{"entry": "start", "nodes": {
		"start": {"type": "start", "next": "age"},
		"age":   {"type": "conditional", "default": "start",
		          "conditions": [{"field": "extracted.age", "op": "=>", "value": 18, "next": "yes"}]}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	var refused *workflow.GraphError
	if errors.As(graph.Validate(workflow.KnownPolicy), &refused) {
		for _, fault := range refused.Faults {
			fmt.Println(fault.Path(), fault.Message)
		}
	}
	// Output:
	// nodes.age.conditions.0.op must be >=, <=, >, <, ==, !=, in, not_in, contains or exists
	// nodes.age.conditions.0.next is not one of the nodes
	// nodes.age.default leads back to where the run has been
}

func ExampleCondition_Compile() {
	rule, err := workflow.Condition{Field: "fields.country", Op: workflow.In, Value: json.RawMessage(`["AT", "EE"]`)}.Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rule.Holds(map[string]any{"fields": map[string]any{"country": "EE"}}))
	fmt.Println(rule.Holds(map[string]any{"fields": map[string]any{"country": "ee"}}))
	fmt.Println(rule.Holds(nil))
	// Output:
	// true
	// false
	// false
}

func ExampleFromSteps() {
	steps, err := workflow.ParseSteps([]byte(`[
		{"policy": "document_ocr", "on_fail": "reject"},
		{"policy": "face_match", "on_fail": 2},
		{"type": "gate", "on_fail": "reject"}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	graph, err := workflow.FromSteps(steps)
	fmt.Println(graph.Steps(), graph.Nodes["step_1"].OnPass, graph.Nodes["step_1"].OnFail, err)
	// Output: [step_0 step_1 step_2] step_2 step_2 <nil>
}

func ExampleGraph_WithRequired() {
	graph, err := workflow.Parse([]byte(adults))
	if err != nil {
		fmt.Println(err)
		return
	}
	graph = graph.WithRequired()
	for id := graph.Entry; id != "document"; {
		node := graph.Nodes[id]
		fmt.Println(id)
		id = node.Next + node.OnPass
	}
	// Output:
	// start
	// auto:watchlist_screening
	// auto:risk_assessment
}
