package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/decision/workflow"
)

func parse(t testing.TB, text string) workflow.Graph {
	t.Helper()
	g, err := workflow.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// faultsOf are the faults as "path message".
func faultsOf(t testing.TB, err error) []string {
	t.Helper()
	var refused *workflow.GraphError
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("%v is no GraphError", err)
	}
	var faults []string
	if refused != nil {
		for _, f := range refused.Faults {
			faults = append(faults, strings.TrimSpace(f.Path()+" "+f.Message))
		}
	}
	return faults
}

func TestValidate(t *testing.T) {
	t.Parallel()
	const end = `"end":{"type":"terminal","outcome":"approved"}`
	graph := func(nodes string) string { return `{"entry":"start","nodes":{` + nodes + `}}` }
	started := func(nodes string) string { return graph(`"start":{"type":"start","next":"n"},` + nodes + "," + end) }
	for _, test := range []struct {
		name, graph string
		faults      []string
	}{
		{"the smallest", graph(`"start":{"type":"start","next":"end"},` + end), nil},
		{"the example", adults, nil},
		{"a check that goes on whatever comes", started(`"n":{"type":"policy","policy":"face_match","on_pass":"end","on_fail":"end","config":{"level":"strict"}}`), nil},
		{"a gate with its default", started(`"n":{"type":"wait","next":"end"}`), nil},
		{"a gate that jumps", started(`"n":{"type":"wait","next":"end","on_fail":"end"}`), nil},
		{"nothing", `{}`, []string{"entry is not one of the nodes"}},
		{"an entry that is not there", `{"entry":"x","nodes":{` + end + `}}`, []string{"entry is not one of the nodes", "nodes.end cannot be reached"}},
		{"an entry that is no start", `{"entry":"end","nodes":{` + end + `}}`, []string{"entry is not a node of type start"}},
		{"two starts", graph(`"start":{"type":"start","next":"n"},"n":{"type":"start","next":"end"},` + end), []string{"nodes.n.type is start, but the node is not the entry"}},
		{"routes to nowhere", started(`"n":{"type":"policy","policy":"face_match","on_pass":"end","on_fail":"x","on_error":"y","on_skip":"z"}`),
			[]string{"nodes.n.on_skip is not one of the nodes", "nodes.n.on_error is not one of the nodes", "nodes.n.on_fail is not one of the nodes"}},
		{"a gate to nowhere", started(`"n":{"type":"wait","next":"end","on_fail":"x"}`), []string{"nodes.n.on_fail is not one of the nodes"}},
		{"review is a word for a gate only", started(`"n":{"type":"policy","policy":"face_match","on_pass":"end","on_fail":"review"}`), []string{"nodes.n.on_fail is not one of the nodes"}},
		{"a node that leads to itself", started(`"n":{"type":"wait","next":"n","on_fail":"end"}`), []string{"nodes.n.next leads back to where the run has been"}},
		{"a circle", started(`"n":{"type":"wait","next":"end","on_fail":"m"},"m":{"type":"wait","next":"end","on_fail":"start"}`),
			[]string{"nodes.m.on_fail leads back to where the run has been"}},
		{"a node that is not reached", started(`"n":{"type":"wait","next":"end"},"m":{"type":"wait","next":"end"}`), []string{"nodes.m cannot be reached"}},
		{"no type", started(`"n":{"next":"end"}`), []string{"nodes.n.type must be start, policy, conditional, terminal or wait"}},
		{"an unknown type", started(`"n":{"type":"gate","next":"end"}`), []string{"nodes.n.type must be start, policy, conditional, terminal or wait"}},
		{"members that are missing", started(`"n":{"type":"conditional","conditions":[{}],"default":"end"},"p":{"type":"policy"},"t":{"type":"terminal"}`), []string{
			"nodes.n.conditions.0.field must be a path of lower case letters, digits, _ and full stops, which begins with fields, extracted, checks, risk, metadata or session", "nodes.n.conditions.0.op must be >=, <=, >, <, ==, !=, in, not_in, contains or exists", "nodes.n.conditions.0.next is required",
			"nodes.p.on_fail is required", "nodes.p.on_pass is required", "nodes.p.policy is required", "nodes.p cannot be reached",
			"nodes.t.outcome is required", "nodes.t cannot be reached"}},
		{"no condition", started(`"n":{"type":"conditional","default":"end"}`), []string{"nodes.n.conditions is required"}},
		{"members of another type", graph(`"start":{"type":"start","next":"end","policy":"face_match"},"end":{"type":"terminal","outcome":"approved","next":"start"}`),
			[]string{"nodes.end.next is not for a node of type terminal", "nodes.end.next leads back to where the run has been", "nodes.start.policy is not for a node of type start"}},
		{"an unknown policy", started(`"n":{"type":"policy","policy":"horoscope","on_pass":"end","on_fail":"end"}`), []string{"nodes.n.policy is not one of the policies that there are"}},
		{"a policy written otherwise", started(`"n":{"type":"policy","policy":"Face-Match","on_pass":"end","on_fail":"end"}`), []string{"nodes.n.policy is not one of the policies that there are"}},
		{"a config that is no object", started(`"n":{"type":"policy","policy":"face_match","on_pass":"end","on_fail":"end","config":[1]}`), []string{"nodes.n.config must be an object"}},
		{"a config that is too long", started(`"n":{"type":"policy","policy":"face_match","on_pass":"end","on_fail":"end","config":{"a":"` + strings.Repeat("a", 17000) + `"}}`),
			[]string{"nodes.n.config is longer than 16384 bytes"}},
		{"an outcome", graph(`"start":{"type":"start","next":"n"},"n":{"type":"terminal","outcome":"declined","reason_code":"Not Good","reason":"a\u0007"}`), []string{
			"nodes.n.outcome is not approved, rejected or needs_review", "nodes.n.reason_code is not 1 to 64 lower case letters, digits and _",
			"nodes.n.reason is longer than 1000 bytes, or has control characters"}},
		{"values that do not fit", started(`"n":{"type":"conditional","default":"end","conditions":[
			{"field":"extracted.age","op":">=","value":[18],"next":"end"},{"field":"extracted.age","op":"in","value":18,"next":"end"}]}`), []string{
			"nodes.n.conditions.0.value must be a text or a number", "nodes.n.conditions.1.value must be a list of 1 to 500 texts, numbers, true or false"}},
		{"an id with a space", graph(`"start":{"type":"start","next":"a b"},"a b":{"type":"terminal","outcome":"approved"}`), []string{"nodes.a b has an id that is not 1 to 64 letters, digits, _, - and ."}},
		{"an id that looks like a letter", graph(`"start":{"type":"start","next":"\u212a"},"\u212a":{"type":"terminal","outcome":"approved"}`), []string{"nodes.\u212a has an id that is not 1 to 64 letters, digits, _, - and ."}},
		{"an id that is kept", started(`"n":{"type":"wait","next":"auto:x"},"auto:x":{"type":"wait","next":"end"}`), []string{"nodes.auto:x has an id that is kept for checks that are put in"}},
		{"an id that is kept, elsewhere", started(`"n":{"type":"wait","next":"auto:risk_assessment"},"auto:risk_assessment":{"type":"policy","policy":"risk_assessment","on_pass":"end","on_fail":"end","on_error":"end","on_skip":"end"}`),
			[]string{"nodes.auto:risk_assessment has an id that is kept for checks that are put in"}},
		{"a required check that changes the way", graph(`"start":{"type":"start","next":"auto:risk_assessment"},"auto:risk_assessment":{"type":"policy","policy":"risk_assessment","on_pass":"end","on_fail":"no","on_error":"end","on_skip":"end"},
			"no":{"type":"terminal","outcome":"rejected"},` + end), []string{"nodes.auto:risk_assessment has an id that is kept for checks that are put in"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := faultsOf(t, parse(t, test.graph).Validate(workflow.KnownPolicy)); !slices.Equal(got, test.faults) {
				t.Errorf("%s:\n got %q\nwant %q", test.graph, got, test.faults)
			}
		})
	}
}

func TestAnyPolicyIsGoodWhereNobodyIsAsked(t *testing.T) {
	t.Parallel()
	g := parse(t, `{"entry":"s","nodes":{"s":{"type":"start","next":"n"},"n":{"type":"policy","policy":"horoscope","on_pass":"e","on_fail":"e"},"e":{"type":"terminal","outcome":"approved"}}}`)
	if err := g.Validate(nil); err != nil {
		t.Error(err)
	}
}

// chain is a graph of n nodes, one after the other.
func chain(n int) workflow.Graph {
	g := workflow.Graph{Entry: "n0", Nodes: map[string]workflow.Node{}}
	for i := range n {
		next := fmt.Sprintf("n%d", i+1)
		g.Nodes[fmt.Sprintf("n%d", i)] = workflow.Node{Type: workflow.NodePolicy, Policy: "face_match", OnPass: next, OnFail: next}
	}
	g.Nodes["n0"] = workflow.Node{Type: workflow.NodeStart, Next: "n1"}
	g.Nodes[fmt.Sprintf("n%d", n-1)] = workflow.Node{Type: workflow.NodeTerminal, Outcome: workflow.Approved}
	return g
}

func TestLimits(t *testing.T) {
	t.Parallel()
	most := chain(workflow.MaxNodes)
	if err := most.Validate(nil); err != nil {
		t.Errorf("%d nodes: %v", workflow.MaxNodes, err)
	}
	if err := most.WithRequired().Validate(workflow.KnownPolicy); err != nil {
		t.Errorf("%d nodes and those that are put in: %v", workflow.MaxNodes, err)
	}
	if got := faultsOf(t, chain(workflow.MaxNodes+1).Validate(nil)); !slices.Equal(got, []string{"nodes are more than 200"}) {
		t.Errorf("%d nodes: %q", workflow.MaxNodes+1, got)
	}
	branch := func(n int) workflow.Graph {
		c := workflow.Condition{Field: "extracted.age", Op: ">", Value: json.RawMessage(`1`), Next: "end"}
		return workflow.Graph{Entry: "start", Nodes: map[string]workflow.Node{
			"start": {Type: workflow.NodeStart, Next: "n"},
			"n":     {Type: workflow.NodeConditional, Conditions: slices.Repeat([]workflow.Condition{c}, n), Default: "end"},
			"end":   {Type: workflow.NodeTerminal, Outcome: workflow.Approved},
		}}
	}
	if err := branch(workflow.MaxConditions).Validate(nil); err != nil {
		t.Errorf("%d conditions: %v", workflow.MaxConditions, err)
	}
	if got := faultsOf(t, branch(workflow.MaxConditions+1).Validate(nil)); !slices.Equal(got, []string{"nodes.n.conditions are more than 50"}) {
		t.Errorf("%d conditions: %q", workflow.MaxConditions+1, got)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	err := &workflow.GraphError{Faults: []workflow.Fault{{Node: "age", Field: "default", Message: "is required"}, {}, {}}}
	if got, want := err.Error(), "workflow: the graph is not acceptable: nodes.age.default is required (and 2 more)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (&workflow.GraphError{}).Error(), "workflow: the graph is not acceptable"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	var required []string
	names := map[string]bool{}
	for _, p := range workflow.Policies() {
		if p.Required {
			required = append(required, p.Name)
		}
		if names[p.Name] || p.Category == "" || !workflow.KnownPolicy(p.Name) {
			t.Errorf("%+v is there twice, or has no category, or is not known", p)
		}
		names[p.Name] = true
	}
	if want := []string{"watchlist_screening", "risk_assessment"}; !slices.Equal(required, want) {
		t.Errorf("required are %v, want %v", required, want)
	}
	if workflow.KnownPolicy("") || workflow.KnownPolicy("horoscope") || len(names) != 20 {
		t.Errorf("known are %v, want twenty", slices.Sorted(maps.Keys(names)))
	}
	workflow.Policies()[0].Name = "x"
	if workflow.KnownPolicy("x") {
		t.Error("a change of the slice changes the list")
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[workflow.Outcome]string{
		workflow.Approved: "approved", workflow.Rejected: "declined", workflow.NeedsReview: "review", "": "", "x": "",
	} {
		if got := string(outcome.Decision()); got != want || outcome.Valid() != (want != "") {
			t.Errorf("%q is decided as %q, want %q; valid: %v", outcome, got, want, outcome.Valid())
		}
	}
}
