package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision/workflow"
)

func begin(t testing.TB, g workflow.Graph) *workflow.Run {
	t.Helper()
	run, err := workflow.NewRun(g, workflow.Origin{ID: "run-1", WorkflowID: "adults", Version: "3"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func next(t testing.TB, run *workflow.Run, facts map[string]any, at time.Time) workflow.Need {
	t.Helper()
	need, err := run.Next(facts, at)
	if err != nil {
		t.Fatal(err)
	}
	return need
}

// checked answers the check that a run needs.
func checked(t testing.TB, run *workflow.Run, status workflow.CheckStatus, at time.Time) {
	t.Helper()
	need := next(t, run, nil, at)
	if err := run.Checked(workflow.CheckResult{Node: need.Node, Attempt: need.Attempt, Status: status}, at); err != nil {
		t.Fatalf("%+v: %v", need, err)
	}
}

// one is a graph of one check with a terminal for each route. Routes that are named are left out.
func one(without ...string) workflow.Graph {
	n := workflow.Node{Type: workflow.NodePolicy, Policy: "face_match", OnPass: "passed", OnFail: "failed", OnError: "error", OnSkip: "skipped"}
	g := workflow.Graph{Entry: "start", Nodes: map[string]workflow.Node{"start": {Type: workflow.NodeStart, Next: "check"}}}
	for _, id := range []string{"passed", "failed", "error", "skipped"} {
		g.Nodes[id] = workflow.Node{Type: workflow.NodeTerminal, Outcome: workflow.NeedsReview, Reason: id}
	}
	for _, route := range without {
		delete(g.Nodes, route)
		switch route {
		case "error":
			n.OnError = ""
		case "skipped":
			n.OnSkip = ""
		}
	}
	g.Nodes["check"] = n
	return g
}

func TestRoutesOfAResult(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		graph  workflow.Graph
		status workflow.CheckStatus
		node   string
		kind   workflow.NeedKind
	}{
		{one(), workflow.CheckPassed, "passed", workflow.NeedNothing},
		{one(), workflow.CheckFailed, "failed", workflow.NeedNothing},
		{one(), workflow.CheckError, "error", workflow.NeedNothing},
		{one(), workflow.CheckSkipped, "skipped", workflow.NeedNothing},
		{one("skipped"), workflow.CheckSkipped, "failed", workflow.NeedNothing},
		{one("error"), workflow.CheckError, "check", workflow.NeedFailed},
	} {
		run := begin(t, test.graph)
		checked(t, run, test.status, noon)
		need := next(t, run, nil, noon)
		if need.Node != test.node || need.Kind != test.kind || (need.Kind == workflow.NeedFailed) != (need.Policy == "face_match") {
			t.Errorf("%s: %+v; want %s at %s", test.status, need, test.kind, test.node)
		}
		if failed := run.Status == workflow.Failed; failed != (test.kind == workflow.NeedFailed) || failed && run.Outcome != "" {
			t.Errorf("%s: the run is %s, %q", test.status, run.Status, run.Outcome)
		}
	}
}

func TestFourTriesAndNoMore(t *testing.T) {
	t.Parallel()
	run := begin(t, one())
	for i := range workflow.MaxTries {
		need := next(t, run, nil, noon.Add(time.Duration(i)*time.Minute))
		if need.Kind != workflow.NeedCheck || need.Attempt != i+1 {
			t.Fatalf("try %d: %+v", i+1, need)
		}
		checked(t, run, workflow.CheckRequiresRetry, noon.Add(time.Duration(i)*time.Minute+time.Second))
	}
	if need := next(t, run, nil, noon); need.Node != "error" {
		t.Errorf("after four tries the run needs %+v", need)
	}
	for i, try := range run.Tries {
		want := workflow.Try{Node: "check", Policy: "face_match", Attempt: i + 1, Status: workflow.CheckRequiresRetry,
			StartedAt: noon.Add(time.Duration(i) * time.Minute), Duration: time.Second}
		if i == 3 {
			want.Status = workflow.CheckError
		}
		if !reflect.DeepEqual(try, want) {
			t.Errorf("try %d: %s, want %s", i+1, encode(t, try), encode(t, want))
		}
	}
	if checks := run.Checks(); len(checks) != 1 || checks[0].Attempt != 4 || checks[0].Status != workflow.CheckError {
		t.Errorf("the newest is %s", encode(t, checks))
	}
}

func TestATryAfterARetryMayPass(t *testing.T) {
	t.Parallel()
	run := begin(t, one())
	checked(t, run, workflow.CheckRequiresRetry, noon)
	checked(t, run, workflow.CheckPassed, noon)
	if need := next(t, run, nil, noon); need.Node != "passed" || len(run.Tries) != 2 {
		t.Errorf("%+v after %d tries", need, len(run.Tries))
	}
}

func TestResultsThatWereNotAskedFor(t *testing.T) {
	t.Parallel()
	passed := func(node string, attempt int) workflow.CheckResult {
		return workflow.CheckResult{Node: node, Attempt: attempt, Status: workflow.CheckPassed}
	}
	details := func(text string) workflow.CheckResult {
		return workflow.CheckResult{Node: "check", Attempt: 1, Status: workflow.CheckPassed, Details: json.RawMessage(text)}
	}
	run := begin(t, one())
	if err := run.Checked(passed("check", 1), noon); !errors.Is(err, workflow.ErrNotAsked) {
		t.Errorf("before the run asks: %v, want ErrNotAsked", err)
	}
	next(t, run, nil, noon)
	before := encode(t, run)
	for _, test := range []struct {
		name   string
		result workflow.CheckResult
		want   error
	}{
		{"another node", passed("start", 1), workflow.ErrNotAsked},
		{"no node", passed("", 1), workflow.ErrNotAsked},
		{"an earlier attempt", passed("check", 0), workflow.ErrNotAsked},
		{"a later attempt", passed("check", 2), workflow.ErrNotAsked},
		{"pending", workflow.CheckResult{Node: "check", Attempt: 1, Status: workflow.CheckPending}, workflow.ErrAnswer},
		{"no status", workflow.CheckResult{Node: "check", Attempt: 1}, workflow.ErrAnswer},
		{"a list", details(`[]`), workflow.ErrAnswer},
		{"no JSON", details(`{`), workflow.ErrAnswer},
		{"two values", details(`{} {}`), workflow.ErrAnswer},
		{"nothing", details(``), workflow.ErrAnswer},
		{"too much", details(`{"a":"` + strings.Repeat("a", workflow.MaxDetails) + `"}`), workflow.ErrAnswer},
	} {
		if err := run.Checked(test.result, noon); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		if err := run.Decided(workflow.Continue, nil, noon); !errors.Is(err, workflow.ErrNotPaused) {
			t.Errorf("a decision where a check is needed: %v, want ErrNotPaused", err)
		}
	}
	if after := encode(t, run); after != before {
		t.Errorf("the run became %s, and was %s", after, before)
	}
	checked(t, run, workflow.CheckPassed, noon)
	if err := run.Checked(passed("check", 1), noon); !errors.Is(err, workflow.ErrNotAsked) {
		t.Errorf("twice: %v, want ErrNotAsked", err)
	}
	next(t, run, nil, noon)
	if err := run.Checked(passed("check", 1), noon); !errors.Is(err, workflow.ErrNotAsked) {
		t.Errorf("after the end: %v, want ErrNotAsked", err)
	}
}

func TestConditionsSeeTheChecks(t *testing.T) {
	t.Parallel()
	g := workflow.Graph{Entry: "start", Nodes: map[string]workflow.Node{
		"start": {Type: workflow.NodeStart, Next: "check"},
		"check": {Type: workflow.NodePolicy, Policy: "face_match", OnPass: "if", OnFail: "if"},
		"yes":   {Type: workflow.NodeTerminal, Outcome: workflow.Approved},
		"no":    {Type: workflow.NodeTerminal, Outcome: workflow.Rejected},
	}}
	given := map[string]any{"checks": map[string]any{
		"face_match":   map[string]any{"status": "forged"},
		"document_ocr": map[string]any{"status": "passed"},
	}}
	for _, test := range []struct {
		field, value string
		status       workflow.CheckStatus
		want         bool
	}{
		{"checks.face_match.status", `"passed"`, workflow.CheckPassed, true},
		{"checks.face_match.status", `"failed"`, workflow.CheckFailed, true},
		{"checks.face_match.status", `"forged"`, workflow.CheckFailed, false},
		{"checks.face_match.passed", `true`, workflow.CheckPassed, true},
		{"checks.face_match.passed", `false`, workflow.CheckFailed, true},
		{"checks.face_match.attempt", `2`, workflow.CheckPassed, true},
		{"checks.face_match.details.score", `0.91`, workflow.CheckPassed, true},
		{"checks.document_ocr.status", `"passed"`, workflow.CheckPassed, true},
	} {
		g.Nodes["if"] = workflow.Node{Type: workflow.NodeConditional, Default: "no",
			Conditions: []workflow.Condition{{Field: test.field, Op: workflow.Equal, Value: json.RawMessage(test.value), Next: "yes"}}}
		run := begin(t, g)
		checked(t, run, workflow.CheckRequiresRetry, noon)
		need := next(t, run, nil, noon)
		result := workflow.CheckResult{Node: need.Node, Attempt: need.Attempt, Status: test.status, Details: json.RawMessage(`{"score": 0.91}`)}
		if err := run.Checked(result, noon); err != nil {
			t.Fatal(err)
		}
		if got := next(t, run, given, noon).Outcome == workflow.Approved; got != test.want {
			t.Errorf("%s == %s after %s: %v, want %v", test.field, test.value, test.status, got, test.want)
		}
	}
	if want := "map[checks:map[document_ocr:map[status:passed] face_match:map[status:forged]]]"; fmt.Sprint(given) != want {
		t.Errorf("the facts became %v", given)
	}
}

func TestTheFirstConditionThatHolds(t *testing.T) {
	t.Parallel()
	g := parse(t, `{"entry":"start","nodes":{"start":{"type":"start","next":"if"},
		"if":{"type":"conditional","default":"none","conditions":[
			{"field":"extracted.age","op":"<","value":18,"next":"child"},
			{"field":"extracted.age","op":"<","value":65,"next":"adult"},
			{"field":"extracted.age","op":"exists","next":"old"}]},
		"child":{"type":"terminal","outcome":"rejected"},"adult":{"type":"terminal","outcome":"approved"},
		"old":{"type":"terminal","outcome":"approved"},"none":{"type":"terminal","outcome":"needs_review"}}}`)
	for age, want := range map[any]string{17: "child", 18: "adult", 65: "old", "x": "old", nil: "none"} {
		run := begin(t, g)
		if need := next(t, run, map[string]any{"extracted": map[string]any{"age": age}}, noon); need.Node != want {
			t.Errorf("age %v: %s, want %s", age, need.Node, want)
		}
	}
}

func TestGates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		onFail   string
		decision workflow.Decision
		node     string
		outcome  workflow.Outcome
	}{
		{"", workflow.Continue, "yes", workflow.Approved},
		{"", workflow.Fail, "gate", workflow.NeedsReview},
		{"review", workflow.Fail, "gate", workflow.NeedsReview},
		{"reject", workflow.Fail, "gate", workflow.Rejected},
		{"no", workflow.Fail, "no", workflow.Rejected},
		{"no", workflow.Reject, "gate", workflow.Rejected},
		{"", workflow.Reject, "gate", workflow.Rejected},
	} {
		g := workflow.Graph{Entry: "start", Nodes: map[string]workflow.Node{
			"start": {Type: workflow.NodeStart, Next: "gate"},
			"gate":  {Type: workflow.NodeWait, Next: "yes", OnFail: test.onFail},
			"yes":   {Type: workflow.NodeTerminal, Outcome: workflow.Approved},
		}}
		if test.onFail == "no" {
			g.Nodes["no"] = workflow.Node{Type: workflow.NodeTerminal, Outcome: workflow.Rejected}
		}
		run := begin(t, g)
		if err := run.Decided(test.decision, nil, noon); !errors.Is(err, workflow.ErrNotPaused) {
			t.Errorf("before the gate: %v, want ErrNotPaused", err)
		}
		if need := next(t, run, nil, noon); need.Kind != workflow.NeedExternal || need.Node != "gate" || run.Status != workflow.Paused {
			t.Fatalf("%+v, and the run is %s", need, run.Status)
		}
		if err := run.Decided("perhaps", nil, noon); !errors.Is(err, workflow.ErrAnswer) {
			t.Errorf("an unknown decision: %v, want ErrAnswer", err)
		}
		if err := run.Decided(test.decision, json.RawMessage(`1`), noon); !errors.Is(err, workflow.ErrAnswer) {
			t.Errorf("metadata that are no object: %v, want ErrAnswer", err)
		}
		if err := run.Decided(test.decision, json.RawMessage(`{"by": "Ada Specimen"}`), noon); err != nil {
			t.Fatal(err)
		}
		if need := next(t, run, nil, noon); need.Kind != workflow.NeedNothing || need.Node != test.node || need.Outcome != test.outcome {
			t.Errorf("%s at a gate with %q: %+v; want %s at %s", test.decision, test.onFail, need, test.outcome, test.node)
		}
		if err := run.Decided(test.decision, nil, noon); !errors.Is(err, workflow.ErrNotPaused) {
			t.Errorf("twice: %v, want ErrNotPaused", err)
		}
		if gates := encode(t, run.Gates); gates != `[{"node":"gate","decision":"`+string(test.decision)+`","metadata":{"by":"Ada Specimen"},"at":"2026-03-01T12:00:00Z"}]` {
			t.Errorf("kept is %s", gates)
		}
	}
}

func TestNodeResults(t *testing.T) {
	t.Parallel()
	run := begin(t, parse(t, adults))
	want := func(what, results string) {
		t.Helper()
		if got := encode(t, run.NodeResults()); got != strings.NewReplacer("\n", "", "\t", "").Replace(results) {
			t.Errorf("%s: %s\nwant %s", what, got, results)
		}
	}
	next(t, run, nil, noon)
	want("asked", `{"document":{"policy":"document_ocr","status":"pending","passed":null,"duration_ms":0},
		"start":{"status":"completed","passed":null,"duration_ms":0,"routed_to":"document"}}`)
	checked(t, run, workflow.CheckRequiresRetry, noon.Add(time.Second))
	want("to be asked again", `{"document":{"policy":"document_ocr","status":"requires_retry","passed":null,"duration_ms":0},
		"start":{"status":"completed","passed":null,"duration_ms":0,"routed_to":"document"}}`)
	checked(t, run, workflow.CheckPassed, noon.Add(2*time.Second))
	next(t, run, map[string]any{"extracted": map[string]any{"age": 20}}, noon.Add(3*time.Second))
	want("at the gate", `{"age":{"status":"completed","passed":null,"duration_ms":1000,"routed_to":"gate"},
		"document":{"policy":"document_ocr","status":"passed","passed":true,"duration_ms":2000,"routed_to":"age"},
		"gate":{"status":"paused","passed":null,"duration_ms":0},
		"start":{"status":"completed","passed":null,"duration_ms":0,"routed_to":"document"}}`)
	if err := run.Decided(workflow.Fail, nil, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	want("ended", `{"age":{"status":"completed","passed":null,"duration_ms":1000,"routed_to":"gate"},
		"document":{"policy":"document_ocr","status":"passed","passed":true,"duration_ms":2000,"routed_to":"age"},
		"gate":{"status":"fail","passed":null,"duration_ms":57000,"routed_to":"needs_review"},
		"start":{"status":"completed","passed":null,"duration_ms":0,"routed_to":"document"}}`)
	if got := run.Duration(noon.Add(time.Hour)); got != time.Minute {
		t.Errorf("it took %s, want a minute", got)
	}
	if err := run.From("document", noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	want("from the check again", `{"document":{"policy":"document_ocr","status":"pending","passed":null,"duration_ms":0},
		"start":{"status":"completed","passed":null,"duration_ms":0,"routed_to":"document"}}`)
	if got := run.Duration(noon.Add(2 * time.Hour)); got != 2*time.Hour {
		t.Errorf("it has taken %s, want two hours", got)
	}
	checked(t, run, workflow.CheckFailed, noon)
	next(t, run, nil, noon)
	want("failed", `{"document":{"policy":"document_ocr","status":"failed","passed":false,"duration_ms":0,"routed_to":"no"},
		"no":{"status":"completed","passed":null,"duration_ms":0},
		"start":{"status":"completed","passed":null,"duration_ms":0,"routed_to":"document"}}`)
}

func TestFrom(t *testing.T) {
	t.Parallel()
	steps, err := workflow.ParseSteps([]byte(`[{"policy":"document_ocr"},{"policy":"face_match"},{"type":"gate"},{"policy":"document_ocr"}]`))
	if err != nil {
		t.Fatal(err)
	}
	g, err := workflow.FromSteps(steps)
	if err != nil {
		t.Fatal(err)
	}
	run := begin(t, g)
	checked(t, run, workflow.CheckPassed, noon)
	checked(t, run, workflow.CheckPassed, noon)
	for _, node := range []string{"step_3", "approved", "review", "x", ""} {
		if err := run.From(node, noon); !errors.Is(err, workflow.ErrNotVisited) {
			t.Errorf("from %q: %v, want ErrNotVisited", node, err)
		}
	}
	next(t, run, nil, noon)
	if err := run.Decided(workflow.Continue, nil, noon); err != nil {
		t.Fatal(err)
	}
	if node, ok := run.NodeOf("document_ocr"); node != "step_3" || !ok {
		t.Errorf("document_ocr was last at %q, %v; want step_3", node, ok)
	}
	if node, ok := run.NodeOf("aml_screening"); ok {
		t.Errorf("aml_screening was at %q", node)
	}
	checked(t, run, workflow.CheckError, noon)
	if need := next(t, run, nil, noon); need.Kind != workflow.NeedFailed {
		t.Fatalf("%+v", need)
	}

	if err := run.From(g.Steps()[1], noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if len(run.Tries) != 1 || len(run.Gates) != 0 || len(run.Trace) != 3 || run.Status != workflow.Running || !run.CompletedAt.IsZero() {
		t.Errorf("from step 1: %s", encode(t, run))
	}
	need := next(t, run, nil, noon.Add(time.Hour))
	if need.Policy != "face_match" || need.Attempt != 2 {
		t.Errorf("needed is %+v, want face_match for the second time", need)
	}
	if err := run.Checked(workflow.CheckResult{Node: "step_1", Attempt: 1, Status: workflow.CheckPassed}, noon); !errors.Is(err, workflow.ErrNotAsked) {
		t.Errorf("an answer from before: %v, want ErrNotAsked", err)
	}
	if checks := run.Checks(); len(checks) != 2 || checks[0].Policy != "document_ocr" || checks[1].Status != workflow.CheckPending || checks[1].Attempt != 2 {
		t.Errorf("checks are %s", encode(t, checks))
	}
}

func TestARunIsItsOwn(t *testing.T) {
	t.Parallel()
	g := one()
	check := g.Nodes["check"]
	check.Config = json.RawMessage(`{"level":"strict"}`)
	g.Nodes["check"] = check
	run := begin(t, g)
	copy(check.Config, `{"level":"xxxxxx"}`)
	delete(g.Nodes, "passed")
	need := next(t, run, nil, noon)
	copy(need.Config, `{"level":"yyyyyy"}`)
	details := json.RawMessage(`{"a":1}`)
	if got := string(next(t, run, nil, noon).Config); got != `{"level":"strict"}` {
		t.Errorf("the config became %s", got)
	}
	if err := run.Checked(workflow.CheckResult{Node: "check", Attempt: 1, Status: workflow.CheckPassed, Details: details}, noon); err != nil {
		t.Fatal(err)
	}
	copy(details, `{"b":2}`)
	if got := string(run.Tries[0].Details); got != `{"a":1}` {
		t.Errorf("the details became %s", got)
	}
}

func TestNewRunRefusesWhatIsNotValid(t *testing.T) {
	t.Parallel()
	run, err := workflow.NewRun(workflow.Graph{}, workflow.Origin{}, noon)
	if faults := faultsOf(t, err); run != nil || len(faults) == 0 {
		t.Errorf("got %v, %v; want faults", run, err)
	}
}

func TestARunThatWasMadeACircleIsRefused(t *testing.T) {
	t.Parallel()
	run := begin(t, one())
	check := run.Graph.Nodes["check"]
	check.OnPass = "check"
	run.Graph.Nodes["check"] = check
	for range 100 {
		need, err := run.Next(nil, noon)
		if err == nil {
			err = run.Checked(workflow.CheckResult{Node: need.Node, Attempt: need.Attempt, Status: workflow.CheckPassed}, noon)
		}
		if errors.Is(err, workflow.ErrRun) {
			return
		}
	}
	t.Errorf("the run goes on, by %d nodes", len(run.Trace))
}

func TestTimesAreUTC(t *testing.T) {
	t.Parallel()
	at := time.Now().In(time.FixedZone("elsewhere", 3600)) // with a monotonic reading
	run, err := workflow.NewRun(one(), workflow.Origin{}, at)
	if err != nil {
		t.Fatal(err)
	}
	checked(t, run, workflow.CheckPassed, at)
	next(t, run, nil, at)
	want := at.UTC().Round(0)
	for _, got := range []time.Time{run.StartedAt, run.CompletedAt, run.Trace[0].At, run.Trace[1].LeftAt, run.Tries[0].StartedAt} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAClockThatGoesBack(t *testing.T) {
	t.Parallel()
	run := begin(t, one())
	next(t, run, nil, noon)
	checked(t, run, workflow.CheckPassed, noon.Add(-time.Hour))
	if d := run.Tries[0].Duration; d != 0 {
		t.Errorf("a try took %s", d)
	}
}

func TestNothingPrintsItself(t *testing.T) {
	t.Parallel()
	const canary = "Ada Specimen"
	details := json.RawMessage(`{"name":"` + canary + `"}`)
	try, gate := workflow.Try{Details: details}, workflow.Gate{Metadata: details}
	run := &workflow.Run{Tries: []workflow.Try{try}, Gates: []workflow.Gate{gate}}
	result := workflow.CheckResult{Details: details}
	var log strings.Builder
	for _, v := range []any{run, *run, try, gate, result, []any{try}, map[string]any{"x": result}} {
		log.WriteString(fmt.Sprintf("%v %+v %#v %s\n", v, v, v, v))
	}
	text := slog.New(slog.NewTextHandler(&log, nil))
	js := slog.New(slog.NewJSONHandler(&log, nil))
	for _, l := range []*slog.Logger{text, js} {
		l.Info("x", "run", run, "value", *run, "try", try, "gate", gate, "result", result)
	}
	bytesOf := strings.Trim(fmt.Sprint([]byte(canary)), "[]")
	if strings.Contains(log.String(), canary) || strings.Contains(log.String(), bytesOf) {
		t.Errorf("printed is %s", log.String())
	}
}

func BenchmarkRun(b *testing.B) {
	g, err := workflow.Parse([]byte(adults))
	if err != nil {
		b.Fatal(err)
	}
	g = g.WithRequired()
	known := map[string]any{"extracted": map[string]any{"age": 34}}
	b.ReportAllocs()
	for b.Loop() {
		run := begin(b, g)
		for {
			need := next(b, run, known, noon)
			if !answer(b, run, need, func(int) int { return 0 }, noon) {
				break
			}
		}
	}
}
