package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/decision/workflow"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, steps, graph string
	}{
		{"one", `[{"policy":"face_match"}]`, `{"entry":"start","nodes":{
			"approved":{"type":"terminal","outcome":"approved"},"review":{"type":"terminal","outcome":"needs_review"},
			"start":{"type":"start","next":"step_0"},
			"step_0":{"type":"policy","policy":"face_match","on_pass":"approved","on_fail":"review"}}}`},
		{"jumps and gates", `[{"type":"policy","policy":"document_ocr","config":{"a":1},"on_fail":3},{"policy":"face_match","on_fail":"last"},
			{"type":"gate","on_fail":"aml_screening"},{"name":"last","policy":"aml_screening","on_fail":"reject"}]`, `{"entry":"start","nodes":{
			"approved":{"type":"terminal","outcome":"approved"},"reject":{"type":"terminal","outcome":"rejected"},
			"start":{"type":"start","next":"step_0"},
			"step_0":{"type":"policy","policy":"document_ocr","config":{"a":1},"on_pass":"step_1","on_fail":"step_3"},
			"step_1":{"type":"policy","policy":"face_match","on_pass":"step_2","on_fail":"step_3"},
			"step_2":{"type":"wait","next":"step_3","on_fail":"step_3"},
			"step_3":{"type":"policy","policy":"aml_screening","on_pass":"approved","on_fail":"reject"}}}`},
		{"a gate to review", `[{"type":"gate","on_fail":"review"}]`, `{"entry":"start","nodes":{
			"approved":{"type":"terminal","outcome":"approved"},"review":{"type":"terminal","outcome":"needs_review"},
			"start":{"type":"start","next":"step_0"},"step_0":{"type":"wait","next":"approved","on_fail":"review"}}}`},
		{"a name before a policy, the index in digits", `[{"policy":"a","on_fail":"b"},{"policy":"b","on_fail":"2"},{"name":"b","policy":"c"}]`, `{"entry":"start","nodes":{
			"approved":{"type":"terminal","outcome":"approved"},"review":{"type":"terminal","outcome":"needs_review"},
			"start":{"type":"start","next":"step_0"},
			"step_0":{"type":"policy","policy":"a","on_pass":"step_1","on_fail":"step_2"},
			"step_1":{"type":"policy","policy":"b","on_pass":"step_2","on_fail":"step_2"},
			"step_2":{"type":"policy","policy":"c","on_pass":"approved","on_fail":"review"}}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			steps, err := workflow.ParseSteps([]byte(test.steps))
			if err != nil {
				t.Fatalf("%s: %q", test.steps, faultsOf(t, err))
			}
			g, err := workflow.FromSteps(steps)
			if err == nil {
				err = g.Validate(nil)
			}
			if err != nil {
				t.Fatalf("%s: %q", test.steps, faultsOf(t, err))
			}
			if want := strings.NewReplacer("\n", "", "\t", "").Replace(test.graph); encode(t, g) != want {
				t.Errorf("%s:\n got %s\nwant %s", test.steps, encode(t, g), want)
			}
			if order := g.Steps(); len(order) != len(steps) || !slices.IsSorted(order) {
				t.Errorf("steps are %v", order)
			}
		})
	}
}

func TestWhatPassesComesBeforeWhatFails(t *testing.T) {
	t.Parallel()
	g := parse(t, `{"entry":"s","nodes":{"s":{"type":"start","next":"m"},
		"m":{"type":"policy","policy":"document_ocr","on_pass":"z","on_fail":"a"},
		"z":{"type":"policy","policy":"face_match","on_pass":"e","on_fail":"b"},
		"a":{"type":"wait","next":"e"},"b":{"type":"wait","next":"e"},"e":{"type":"terminal","outcome":"approved"}}}`)
	if got, want := g.Steps(), []string{"m", "z", "b", "a"}; !slices.Equal(got, want) {
		t.Errorf("steps are %v, want %v", got, want)
	}
}

func TestManyStepsAreInOrder(t *testing.T) {
	t.Parallel()
	g, err := workflow.FromSteps(slices.Repeat([]workflow.Step{{Policy: "face_match"}}, 196))
	if err != nil || g.Validate(workflow.KnownPolicy) != nil {
		t.Fatal(err, g.Validate(workflow.KnownPolicy))
	}
	if order := g.Steps(); len(order) != 196 || order[2] != "step_2" || order[10] != "step_10" || order[195] != "step_195" {
		t.Errorf("steps are %v", order)
	}
}

func TestStepsThatAreRefused(t *testing.T) {
	t.Parallel()
	const jump = "must be review, reject, or the index, the name or the policy of a later step"
	for _, test := range []struct {
		name, steps string
		faults      []string
	}{
		{"none", `[]`, []string{"steps must be a list of 1 to 196 steps"}},
		{"null", `null`, []string{"steps must be a list of 1 to 196 steps"}},
		{"too many", "[" + strings.Repeat(`{"policy":"a"},`, 196) + `{"policy":"a"}]`, []string{"steps must be a list of 1 to 196 steps"}},
		{"no list", `{}`, []string{"steps must be a list"}},
		{"no JSON", `[`, []string{"is not one JSON value in UTF-8"}},
		{"no object", `["face_match"]`, []string{"steps.0 must be an object"}},
		{"an unknown member", `[{"policy":"a","on_pass":"x"}]`, []string{"steps.0 has a member that is not known"}},
		{"on_fail of another type", `[{"policy":"a","on_fail":1.5},{"policy":"a","on_fail":-1},{"policy":"a","on_fail":true}]`,
			[]string{"steps.0.on_fail must be a text or the index of a step", "steps.1.on_fail must be a text or the index of a step", "steps.2.on_fail must be a text or the index of a step"}},
		{"jumps", `[{"policy":"a","on_fail":0},{"policy":"b","on_fail":"a"},{"policy":"c","on_fail":3},{"policy":"d","on_fail":"nowhere"}]`,
			[]string{"steps.0.on_fail " + jump, "steps.1.on_fail " + jump, "steps.3.on_fail " + jump}},
		{"jumps too far", `[{"policy":"a","on_fail":1}]`, []string{"steps.0.on_fail " + jump}},
		{"types", `[{"type":"wait"},{"type":"gate","policy":"a"},{"type":"gate","config":{}},{}]`,
			[]string{"steps.0.type must be policy or gate", "steps.1 is a gate, and has a policy or a config", "steps.2 is a gate, and has a policy or a config", "steps.3.policy is required"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			steps, err := workflow.ParseSteps([]byte(test.steps))
			if err == nil {
				_, err = workflow.FromSteps(steps)
			}
			if got := faultsOf(t, err); !slices.Equal(got, test.faults) {
				t.Errorf("%.200s:\n got %q\nwant %q", test.steps, got, test.faults)
			}
		})
	}
}

func FuzzSteps(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{"policy":"face_match","on_fail":1},{"type":"gate","on_fail":"reject"}]`, `[{"name":"a","policy":"b","config":{"c":"<"},"on_fail":"a"}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		steps, err := workflow.ParseSteps(data)
		if err != nil {
			faultsOf(t, err)
			return
		}
		g, err := workflow.FromSteps(steps)
		if err != nil {
			faultsOf(t, err)
			return
		}
		if got := g.Steps(); len(got) != len(steps) {
			t.Fatalf("%q: %d steps became %v", data, len(steps), got)
		}
		if g.Validate(nil) == nil {
			toTheEnd(t, g, func(n int) int { return len(data) % n })
		}
	})
}
