package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision/workflow"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// valid generates graphs that are valid: routes lead from the nodes of lower number to those of higher, and what no
// route leads to is left out.
func valid() *rapid.Generator[workflow.Graph] {
	return rapid.Custom(func(t *rapid.T) workflow.Graph {
		n := rapid.IntRange(2, 14).Draw(t, "nodes")
		ids := rapid.Permutation([]string{"k", "review", "b", "reject", "c", "A.1", "d-2", "m", "n", "o", "p", "q", "r", "s"}).Draw(t, "ids")
		all := map[string]workflow.Node{}
		to := func(i int) string { return ids[rapid.IntRange(i+1, n-1).Draw(t, "to")] }
		for i := range n {
			all[ids[i]] = someNode(t, i, n, func() string { return to(i) })
		}
		for _, id := range ids[:n] {
			node, word := all[id], rapid.SampledFrom([]string{"", workflow.FailReview, workflow.FailReject}).Draw(t, "word")
			if _, isNode := all[word]; !isNode && node.Type == workflow.NodeWait && node.OnFail == "" {
				node.OnFail = word
				all[id] = node
			}
		}
		g := workflow.Graph{Entry: ids[0], Nodes: map[string]workflow.Node{}}
		for next := []string{g.Entry}; len(next) > 0; next = next[1:] {
			node := all[next[0]]
			g.Nodes[next[0]] = node
			next = append(next, routes(all, node)...)
		}
		return g
	})
}

// routes are the nodes to which a node leads.
func routes(all map[string]workflow.Node, node workflow.Node) []string {
	to := []string{node.Next, node.OnPass, node.OnFail, node.OnError, node.OnSkip, node.Default}
	for _, c := range node.Conditions {
		to = append(to, c.Next)
	}
	return slices.DeleteFunc(to, func(id string) bool { _, ok := all[id]; return !ok })
}

func someNode(t *rapid.T, i, n int, to func() string) workflow.Node {
	maybe := func() string {
		if rapid.Bool().Draw(t, "left out") {
			return ""
		}
		return to()
	}
	kinds := []workflow.NodeType{workflow.NodePolicy, workflow.NodePolicy, workflow.NodeConditional, workflow.NodeWait, workflow.NodeTerminal}
	kind := rapid.SampledFrom(kinds).Draw(t, "type")
	switch {
	case i == 0:
		return workflow.Node{Type: workflow.NodeStart, Next: to()}
	case i == n-1 || kind == workflow.NodeTerminal:
		outcome := rapid.SampledFrom([]workflow.Outcome{workflow.Approved, workflow.Rejected, workflow.NeedsReview}).Draw(t, "outcome")
		return workflow.Node{Type: workflow.NodeTerminal, Outcome: outcome, Reason: rapid.SampledFrom([]string{"", "<why>"}).Draw(t, "reason")}
	case kind == workflow.NodeWait:
		return workflow.Node{Type: kind, Next: to(), OnFail: maybe()}
	case kind == workflow.NodePolicy:
		policy := rapid.SampledFrom([]string{"document_ocr", "face_match", "watchlist_screening", "risk_assessment"}).Draw(t, "policy")
		config := rapid.SampledFrom([]string{"", `{}`, `{"level":"<strict>"}`}).Draw(t, "config")
		node := workflow.Node{Type: kind, Policy: policy, OnPass: to(), OnFail: to(), OnError: maybe(), OnSkip: maybe()}
		if config != "" {
			node.Config = json.RawMessage(config)
		}
		return node
	}
	node := workflow.Node{Type: workflow.NodeConditional, Default: to()}
	for range rapid.IntRange(1, 3).Draw(t, "conditions") {
		c := rapid.SampledFrom([]workflow.Condition{
			{Field: "extracted.age", Op: ">=", Value: json.RawMessage(`18`)}, {Field: "risk.level", Op: "in", Value: json.RawMessage(`["low","<"]`)},
			{Field: "checks.face_match.passed", Op: "==", Value: json.RawMessage(`true`)}, {Field: "checks.document_ocr.attempt", Op: ">", Value: json.RawMessage(`1`)},
			{Field: "metadata.a", Op: "exists"}, {Field: "checks.face_match.details.n", Op: "==", Value: json.RawMessage(`1`)},
		}).Draw(t, "condition")
		c.Next = to()
		node.Conditions = append(node.Conditions, c)
	}
	return node
}

// facts generates some that the conditions of valid ask for.
func facts() *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		return map[string]any{
			"extracted": map[string]any{"age": anyJSON(0).Draw(t, "age")},
			"risk":      map[string]any{"level": rapid.SampledFrom([]any{"low", "high", nil, 3}).Draw(t, "level")},
			"metadata":  anyJSON(1).Draw(t, "metadata"),
			"checks":    anyJSON(1).Draw(t, "checks"),
		}
	})
}

var statuses = []workflow.CheckStatus{
	workflow.CheckPassed, workflow.CheckFailed, workflow.CheckError, workflow.CheckSkipped, workflow.CheckRequiresRetry,
}

// answer gives a run what it needs, as choose says: a number below n. It reports whether there was something to give.
func answer(t testing.TB, run *workflow.Run, need workflow.Need, choose func(n int) int, at time.Time) bool {
	t.Helper()
	var err error
	switch need.Kind {
	case workflow.NeedCheck:
		details := []json.RawMessage{nil, json.RawMessage(`{"n":1}`), json.RawMessage(`{"n":"<"}`)}
		err = run.Checked(workflow.CheckResult{Node: need.Node, Attempt: need.Attempt, Status: statuses[choose(5)], Details: details[choose(3)]}, at)
	case workflow.NeedExternal:
		decision := []workflow.Decision{workflow.Continue, workflow.Fail, workflow.Reject}[choose(3)]
		err = run.Decided(decision, json.RawMessage(`{"by":"<host>"}`), at)
	default:
		return false
	}
	if err != nil {
		t.Fatalf("%+v is not answered: %v", need, err)
	}
	return true
}

// toTheEnd runs a valid graph, and fails when it does not end or comes by a node twice.
func toTheEnd(t testing.TB, g workflow.Graph, choose func(n int) int) *workflow.Run {
	t.Helper()
	run, err := workflow.NewRun(g, workflow.Origin{ID: "run"}, noon)
	if err != nil {
		t.Fatalf("a valid graph is refused: %v", err)
	}
	for range len(g.Nodes)*workflow.MaxTries + 1 {
		need, err := run.Next(nil, noon)
		if err != nil {
			t.Fatal(err)
		}
		if !answer(t, run, need, choose, noon) {
			seen := map[string]bool{}
			for _, visit := range run.Trace {
				if seen[visit.Node] {
					t.Errorf("the run came twice by %s: %v", visit.Node, run.Trace)
				}
				seen[visit.Node] = true
			}
			return run
		}
	}
	t.Fatalf("the run does not end: %v", run.Trace)
	return nil
}

func encode(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tb lets helpers for tests and fuzzers be used within rapid.
type tb struct {
	testing.TB
	t *rapid.T
}

func (tb) Helper()                     {}
func (t tb) Fatal(a ...any)            { t.t.Fatal(a...) }
func (t tb) Fatalf(s string, a ...any) { t.t.Fatalf(s, a...) }
func (t tb) Errorf(s string, a ...any) { t.t.Errorf(s, a...) }

func TestEveryValidGraphEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := valid().Draw(t, "graph")
		if err := g.Validate(workflow.KnownPolicy); err != nil {
			t.Fatalf("%s: %q", encode(tb{t: t}, g), faultsOf(tb{t: t}, err))
		}
		run := toTheEnd(tb{t: t}, g, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
		if !run.Status.Ended() || (run.Status == workflow.Completed) != run.Outcome.Valid() || run.CompletedAt.IsZero() {
			t.Errorf("ended as %s with %q at %s", run.Status, run.Outcome, run.CompletedAt)
		}
	})
}

// TestARunThatWasKeptGoesOnTheSame: written and read back at any point, and asked twice, it does as one that was not.
func TestARunThatWasKeptGoesOnTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := valid().Draw(t, "graph")
		one, err := workflow.NewRun(g, workflow.Origin{ID: "run", WorkflowID: "w", Version: "2"}, noon)
		if err != nil {
			t.Fatal(err)
		}
		two := read(t, one)
		for i := 0; ; i++ {
			at := noon.Add(time.Duration(i) * time.Second).In(time.FixedZone("elsewhere", 3600))
			known := facts().Draw(t, "facts")
			need, err1 := one.Next(known, at)
			if again, err := one.Next(nil, at.Add(time.Hour)); !reflect.DeepEqual(again, need) || err != nil {
				t.Fatalf("asked again: %+v, %v; before %+v", again, err, need)
			}
			other, err2 := two.Next(known, at)
			if !reflect.DeepEqual(other, need) || err1 != nil || err2 != nil {
				t.Fatalf("read back: %+v, %v; not: %+v, %v", other, err2, need, err1)
			}
			choice := rapid.SliceOfN(rapid.IntRange(0, 59), 2, 2).Draw(t, "choice")
			for _, run := range []*workflow.Run{one, two} {
				k := 0
				answer(tb{t: t}, run, need, func(n int) int { k++; return choice[k%2] % n }, at.Add(time.Millisecond))
			}
			if rapid.IntRange(0, 9).Draw(t, "back") == 0 && i < 40 {
				node := one.Trace[rapid.IntRange(0, len(one.Trace)-1).Draw(t, "to")].Node
				if err1, err2 := one.From(node, at), two.From(node, at); err1 != nil || err2 != nil {
					t.Fatalf("back to %s: %v, %v", node, err1, err2)
				}
			} else if need.Kind == workflow.NeedNothing || need.Kind == workflow.NeedFailed {
				break
			}
			if a, b := encode(tb{t: t}, one), encode(tb{t: t}, two); a != b {
				t.Fatalf("read back: %s\nnot: %s", b, a)
			}
			two = read(t, two)
		}
		if a, b := encode(tb{t: t}, one.NodeResults()), encode(tb{t: t}, two.NodeResults()); a != b {
			t.Errorf("results %s and %s", a, b)
		}
	})
}

func read(t *rapid.T, run *workflow.Run) *workflow.Run {
	again := new(workflow.Run)
	if err := json.Unmarshal([]byte(encode(tb{t: t}, run)), again); err != nil {
		t.Fatal(err)
	}
	return again
}

// TestRequiredChecksAreAlwaysMade, and change nothing else.
func TestRequiredChecksAreAlwaysMade(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := valid().Draw(t, "graph")
		before := encode(tb{t: t}, g)
		required := g.WithRequired()
		if err := required.Validate(workflow.KnownPolicy); err != nil {
			t.Fatalf("%s: %q", before, faultsOf(tb{t: t}, err))
		}
		if after := encode(tb{t: t}, g); after != before {
			t.Fatalf("the graph was changed from %s to %s", before, after)
		}
		if !reflect.DeepEqual(required.WithRequired(), required) {
			t.Errorf("twice is not once: %s", encode(tb{t: t}, required.WithRequired()))
		}
		if !slices.Equal(required.Steps(), g.Steps()) {
			t.Errorf("steps were %v, and are %v", g.Steps(), required.Steps())
		}
		run := toTheEnd(tb{t: t}, required, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
		made := map[string]bool{}
		for _, try := range run.Checks() {
			made[try.Policy] = true
		}
		atTerminal := required.Nodes[run.Node].Type == workflow.NodeTerminal
		if atTerminal && !(made["watchlist_screening"] && made["risk_assessment"]) {
			t.Errorf("%s: ended at %s with %v only", before, run.Node, slices.Sorted(maps.Keys(made)))
		}
	})
}

func TestStepsAreInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := valid().Draw(t, "graph")
		steps := g.Steps()
		run := toTheEnd(tb{t: t}, g, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
		at := -1
		for _, visit := range run.Trace {
			if kind := g.Nodes[visit.Node].Type; kind == workflow.NodePolicy || kind == workflow.NodeWait {
				i := slices.Index(steps, visit.Node)
				if i <= at {
					t.Errorf("the run came by %s out of the order %v", visit.Node, steps)
				}
				at = i
			}
		}
	})
}

// TestDamagedGraphs: whatever is done to a valid graph, it is refused or runs to its end, and nothing panics.
func TestDamagedGraphs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(encode(tb{t: t}, valid().Draw(t, "graph")))
		for range rapid.IntRange(1, 4).Draw(t, "damages") {
			text = damage(t, text)
		}
		g, err := workflow.Parse(text)
		if faults := faultsOf(tb{t: t}, err); err != nil && len(faults) == 0 {
			t.Errorf("%s is refused without a fault", text)
		}
		_, _, _ = g.Steps(), g.WithRequired(), g.WithRequired().Validate(nil)
		if g.Validate(workflow.KnownPolicy) == nil {
			toTheEnd(tb{t: t}, g, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
		}
	})
}

// damage changes a byte, or exchanges two texts of the document.
func damage(t *rapid.T, text []byte) []byte {
	if rapid.Bool().Draw(t, "a byte") {
		text = slices.Clone(text)
		text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.SampledFrom([]byte(`{}[]",:0ae\`)).Draw(t, "byte")
		return text
	}
	var g workflow.Graph
	if json.Unmarshal(text, &g) != nil || len(g.Nodes) == 0 {
		return text
	}
	ids := slices.Sorted(maps.Keys(g.Nodes))
	id, other := rapid.SampledFrom(ids).Draw(t, "node"), rapid.SampledFrom(append(ids, "", "x", "auto:risk_assessment")).Draw(t, "other")
	n := g.Nodes[id]
	switch rapid.IntRange(0, 6).Draw(t, "what") {
	case 0:
		delete(g.Nodes, id)
	case 1:
		g.Entry = other
	case 2:
		n.Next, n.OnPass = other, other
		g.Nodes[id] = n
	case 3:
		n.Type = g.Nodes[other].Type
		g.Nodes[id] = n
	case 4:
		n.OnFail, n.Default = other, other
		g.Nodes[id] = n
	case 5:
		n.Conditions = append(n.Conditions, workflow.Condition{Field: other, Op: "==", Next: other})
		g.Nodes[id] = n
	case 6:
		g.Nodes[other] = n
	}
	text, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDamagedRuns: what is read back from elsewhere is refused, or ends; it never panics.
func TestDamagedRuns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := valid().Draw(t, "graph")
		run, err := workflow.NewRun(g, workflow.Origin{}, noon)
		if err != nil {
			t.Fatal(err)
		}
		ids := append(slices.Sorted(maps.Keys(g.Nodes)), "", "x")
		for range rapid.IntRange(0, 3).Draw(t, "answers") {
			if need, err := run.Next(nil, noon); err == nil {
				answer(tb{t: t}, run, need, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }, noon)
			}
		}
		id := rapid.SampledFrom(ids).Draw(t, "node")
		switch rapid.IntRange(0, 5).Draw(t, "what") {
		case 0:
			run.Node = id
		case 1:
			run.Trace = nil
		case 2:
			delete(run.Graph.Nodes, id)
		case 3:
			run.Graph.Nodes = nil
		case 4:
			n := run.Graph.Nodes[id]
			n.Next, n.OnPass, n.OnFail, n.Default, n.Conditions = run.Graph.Entry, id, "", "", nil
			run.Graph.Nodes[id] = n
		case 5:
			run.Status, run.Asked = "strange", &workflow.Ask{}
		}
		for range 100 {
			need, err := run.Next(nil, noon)
			_, _ = run.NodeResults(), run.Checks()
			if err != nil {
				if !errors.Is(err, workflow.ErrRun) {
					t.Errorf("got %v, want ErrRun", err)
				}
				return
			}
			switch need.Kind {
			case workflow.NeedCheck:
				err = run.Checked(workflow.CheckResult{Node: need.Node, Attempt: need.Attempt, Status: workflow.CheckPassed}, noon)
			case workflow.NeedExternal:
				err = run.Decided(workflow.Continue, nil, noon)
			default:
				return
			}
			if err != nil {
				return
			}
		}
		t.Errorf("a damaged run of %d nodes goes on for ever", len(g.Nodes))
	})
}

func ExampleRun_From() {
	graph, _ := workflow.Parse([]byte(adults))
	run, _ := workflow.NewRun(graph, workflow.Origin{ID: "run-1"}, noon)
	need, _ := run.Next(nil, noon)
	_ = run.Checked(workflow.CheckResult{Node: need.Node, Attempt: need.Attempt, Status: workflow.CheckFailed}, noon)
	need, _ = run.Next(nil, noon)
	fmt.Println(need.Kind, need.Outcome, need.ReasonCode)

	node, _ := run.NodeOf("document_ocr")
	_ = run.From(node, noon)
	need, _ = run.Next(nil, noon)
	fmt.Println(need.Kind, need.Policy, need.Attempt)
	// Output:
	// done rejected not_eligible
	// check document_ocr 2
}
