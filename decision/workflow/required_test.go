package workflow_test

import (
	"slices"
	"testing"

	"github.com/bonafide-idv/bonafide/decision/workflow"
)

func TestWhereRequiredChecksArePutIn(t *testing.T) {
	t.Parallel()
	const watchlist, risk = "auto:watchlist_screening", "auto:risk_assessment"
	graph := func(nodes string) string {
		return `{"entry":"start","nodes":{"yes":{"type":"terminal","outcome":"approved"},` + nodes + `}}`
	}
	for _, test := range []struct {
		name, graph string
		put         []string
	}{
		{"both are missing", graph(`"start":{"type":"start","next":"yes"}`), []string{watchlist, risk}},
		{"one is there", graph(`"start":{"type":"start","next":"a"},"a":{"type":"policy","policy":"risk_assessment","on_pass":"yes","on_fail":"yes"}`), []string{watchlist}},
		{"both are there", graph(`"start":{"type":"start","next":"a"},"a":{"type":"policy","policy":"risk_assessment","on_pass":"b","on_fail":"b"},
			"b":{"type":"policy","policy":"watchlist_screening","on_pass":"yes","on_fail":"yes"}`), nil},
		{"one is there on one way only", graph(`"start":{"type":"start","next":"g"},"g":{"type":"wait","next":"a","on_fail":"b"},
			"a":{"type":"policy","policy":"risk_assessment","on_pass":"b","on_fail":"b"},"b":{"type":"policy","policy":"watchlist_screening","on_pass":"yes","on_fail":"yes"}`), []string{risk}},
		{"a gate that ends the run is no terminal", graph(`"start":{"type":"start","next":"g"},"g":{"type":"wait","next":"a","on_fail":"reject"},
			"a":{"type":"policy","policy":"risk_assessment","on_pass":"b","on_fail":"b"},"b":{"type":"policy","policy":"watchlist_screening","on_pass":"yes","on_fail":"yes"}`), nil},
	} {
		g := parse(t, test.graph).WithRequired()
		if err := g.Validate(workflow.KnownPolicy); err != nil {
			t.Errorf("%s: %q", test.name, faultsOf(t, err))
		}
		var put []string
		for id := g.Nodes["start"].Next; len(id) > 5 && id[:5] == "auto:"; id = g.Nodes[id].OnPass {
			put = append(put, id)
		}
		if !slices.Equal(put, test.put) {
			t.Errorf("%s: %v, want %v", test.name, put, test.put)
		}
	}
	for _, g := range []workflow.Graph{{}, {Entry: "x"}, {Entry: "x", Nodes: map[string]workflow.Node{"x": {Type: workflow.NodeTerminal}}}} {
		if got := g.WithRequired(); len(got.Nodes) != len(g.Nodes) {
			t.Errorf("%+v became %+v", g, got)
		}
	}
}

func TestARequiredCheckDoesNotChangeTheWay(t *testing.T) {
	t.Parallel()
	for _, status := range statuses {
		run := begin(t, parse(t, adults).WithRequired())
		for i := 0; next(t, run, nil, noon).Node != "document"; i++ {
			if i == 2*workflow.MaxTries {
				t.Fatalf("%s: the run does not come to the first check of the graph", status)
			}
			checked(t, run, status, noon)
		}
		if checks := run.Checks(); len(checks) != 3 {
			t.Errorf("%s: %s", status, encode(t, checks))
		}
	}
}
