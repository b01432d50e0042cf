package verifa_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// aGraph asks for one check, and approves who passes it.
const aGraph = `{"entry":"start","nodes":{
	"start":{"type":"start","next":"face"},
	"face":{"type":"policy","policy":"face_match","on_pass":"yes","on_fail":"no"},
	"yes":{"type":"terminal","outcome":"approved"},
	"no":{"type":"terminal","outcome":"rejected"}}}`

// newFlow is a house whose face match answers as it is told.
func newFlow(t testing.TB, answer func() workflow.CheckStatus) *house {
	t.Helper()
	return newHouse(t, setup{engine: func(c *session.Config) {
		c.Checks = map[string]session.Check{"face_match": session.CheckFunc(func(context.Context, session.CheckCase) (session.CheckResult, error) {
			return session.CheckResult{Status: answer(), Details: json.RawMessage(`{"score":0.87,"Raw_Name":1}`)}, nil
		})}
	}})
}

func passes() workflow.CheckStatus { return workflow.CheckPassed }

// define stores a workflow and gives its id.
func (h *house) define(name, graph string) string {
	h.Helper()
	return h.do("POST", "/api/v1/workflows", liveKey, `{"name":"`+name+`","graph":`+graph+`}`).want(201).text("id")
}

// submitted is a session of a workflow that is handed in, and decided as far as it goes.
func (h *house) submitted(workflow string) (path string) {
	h.Helper()
	id := h.create(liveKey, map[string]any{"workflow_id": workflow, "external_ref": "user_17"})
	for _, d := range []string{"id_front", "selfie"} {
		h.upload(liveKey, id, d).want(201)
	}
	h.do("POST", "/api/v1/sessions/"+id+"/submit", liveKey, nil).want(200)
	h.settle()
	return "/api/v1/sessions/" + id
}

// TestAWorkflowDecides: from its creation to the result, checks and run.
func TestAWorkflowDecides(t *testing.T) {
	t.Parallel()
	for status, want := range map[workflow.CheckStatus]string{workflow.CheckPassed: "approved", workflow.CheckFailed: "rejected"} {
		h := newFlow(t, func() workflow.CheckStatus { return status })
		path := h.submitted(h.define("faces", aGraph))
		result := h.do("GET", path+"/result", liveKey, nil).want(200)
		for name, want := range map[string]string{
			"status": want, "processing_mode": "workflow", "face_match_passed": fmt.Sprint(want == "approved"), "face_match_score": "0.87",
			"check_results.face_match.status": string(status), "check_results.face_match.attempt": "1", "age_check_passed": "",
		} {
			if got := result.text(name); got != want {
				t.Errorf("%s: got %s %q, want %q: %s", status, name, got, want, result.body)
			}
		}
		run := h.do("GET", path+"/workflow-run", liveKey, nil).want(200)
		for name, want := range map[string]string{
			"status": "completed", "final_status": want, "workflow_version": "1", "current_node": "", "node_results.face.status": string(status),
			"node_results.face.policy": "face_match", "graph_snapshot.entry": "start", "external_decisions": "[]",
		} {
			if got := run.text(name); got != want {
				t.Errorf("%s: got %s %q, want %q: %s", status, name, got, want, run.body)
			}
		}
		checks := h.call(call{method: "GET", path: path + "/verifications", key: liveKey, header: map[string]string{"Key-Inflection": "camel"}}).want(200)
		if !strings.Contains(checks.body, `"details":{"score":0.87,"Raw_Name":1}`) || !strings.Contains(checks.body, `"durationMs":`) {
			t.Errorf("got %s, want the details in their own names", checks.body)
		}
	}
}

// TestExternalDecision: each answer leads on, once, and only while the session waits.
func TestExternalDecision(t *testing.T) {
	t.Parallel()
	h := newFlow(t, passes)
	gate := h.define("gated", `{"entry":"start","nodes":{"start":{"type":"start","next":"gate"},
		"gate":{"type":"wait","next":"yes","on_fail":"reject"},"yes":{"type":"terminal","outcome":"approved"}}}`)
	for answer, want := range map[string]string{"continue": "approved", "fail": "rejected", "reject": "rejected"} {
		path := h.submitted(gate)
		if run := h.do("GET", path+"/workflow-run", liveKey, nil).want(200); run.text("status") != "paused" || run.text("paused_at_node") != "gate" || run.text("current_node") != "gate" {
			t.Errorf("got %s, want it paused at the gate", run.body)
		}
		for body, field := range map[string]string{`{}`: "decision", `{"decision":"approve"}`: "decision", `{"decision":"continue","metadata":[]}`: "metadata", `{"decision":"continue","x":1}`: "x"} {
			if got := h.do("POST", path+"/external-decision", liveKey, body).refused(422, "validation_error"); got.text("detail.0.field") != field {
				t.Errorf("%s: got %s, want %s", body, got.body, field)
			}
		}
		got := h.do("POST", path+"/external-decision", liveKey, `{"decision":"`+answer+`","metadata":{"ticketNo":7}}`).want(200)
		if got.text("decision") != answer || got.text("message") == "" {
			t.Errorf("%s: got %s", answer, got.body)
		}
		h.settle()
		if got := h.do("GET", path+"/result", liveKey, nil).want(200); got.text("status") != want {
			t.Errorf("%s: got %s, want %s", answer, got.body, want)
		}
		run := h.call(call{method: "GET", path: path + "/workflow-run", key: liveKey, header: map[string]string{"Key-Inflection": "kebab"}}).want(200)
		if !strings.Contains(run.body, `"metadata":{"ticketNo":7}`) {
			t.Errorf("%s: got %s, want the metadata as they came", answer, run.body)
		}
		h.do("POST", path+"/external-decision", liveKey, `{"decision":"continue"}`).refused(409, "conflict")
	}
}

// TestReprocessByTheCurrentVersion: what is decided again goes by the workflow as it is now, and another one may be
// chosen for it.
func TestReprocessByTheCurrentVersion(t *testing.T) {
	t.Parallel()
	h := newFlow(t, passes)
	id := h.define("faces", aGraph)
	path := h.submitted(id)
	turned := strings.NewReplacer(`"yes":{"type":"terminal","outcome":"approved"}`, `"yes":{"type":"terminal","outcome":"rejected","reason_code":"policy_changed"}`).Replace(aGraph)
	changed := h.do("PATCH", "/api/v1/workflows/"+id, liveKey, `{"graph":`+turned+`}`).want(200)
	if changed.text("version") != "2" {
		t.Errorf("got version %s, want 2", changed.text("version"))
	}
	got := h.do("POST", path+"/reprocess", liveKey, nil).want(202)
	if got.text("status") != "processing" || got.text("session_id") != strings.TrimPrefix(path, "/api/v1/sessions/") {
		t.Errorf("got %s", got.body)
	}
	if before := h.do("GET", path+"/result", liveKey, nil).want(200); before.text("status") != "approved" {
		t.Errorf("got %s, want the last result until there is a new one", before.body)
	}
	h.settle()
	if after := h.do("GET", path+"/result", liveKey, nil).want(200); after.text("status") != "rejected" || after.text("rejection_reason_code") != "policy_changed" {
		t.Errorf("got %s, want that of version 2", after.body)
	}
	other := h.define("another", aGraph)
	got = h.do("POST", "/api/v1/workflows/"+other+"/trigger", liveKey, map[string]string{"session_id": strings.TrimPrefix(path, "/api/v1/sessions/")}).want(202)
	if got.text("workflow_id") != other {
		t.Errorf("got %s", got.body)
	}
	h.settle()
	if after := h.do("GET", path+"/result", liveKey, nil).want(200); after.text("status") != "approved" {
		t.Errorf("got %s, want that of the other workflow", after.body)
	}
	if run := h.do("GET", path+"/workflow-run", liveKey, nil).want(200); run.text("workflow_id") != other {
		t.Errorf("got %s, want the other's", run.body)
	}
}

// TestResumeRun from a step that the run came by.
func TestResumeRun(t *testing.T) {
	t.Parallel()
	status := workflow.CheckFailed
	h := newFlow(t, func() workflow.CheckStatus { return status })
	path := h.submitted(h.define("faces", aGraph))
	status = workflow.CheckPassed
	for body, field := range map[string]string{
		`{}`: "step_index", `{"step_index":0,"policy":"face_match"}`: "step_index", `{"step_index":1.5}`: "step_index", `{"policy":7}`: "policy",
		`{"step_index":99}`: "", `{"policy":"document_ocr"}`: "",
	} {
		got := h.do("POST", path+"/workflow-run/resume", liveKey, body)
		if got.status != 422 && got.status != 409 && got.status != 404 || field != "" && got.text("detail.0.field") != field {
			t.Errorf("%s: got %d %s, want %s", body, got.status, got.body, field)
		}
	}
	got := h.do("POST", path+"/workflow-run/resume", liveKey, `{"policy":"face_match"}`).want(202)
	if got.text("policy") != "face_match" || got.text("step_index") != "" {
		t.Errorf("got %s", got.body)
	}
	h.settle()
	if got := h.do("GET", path+"/result", liveKey, nil).want(200); got.text("status") != "approved" {
		t.Errorf("got %s, want what the check says now", got.body)
	}
}

// TestWorkflowsAreStored in any casing, with every fault named.
func TestWorkflowsAreStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	whole := `{"name":"all","description":"of it","data_requirements":{"user_info":true},"graph_layout":{"Face":{"x":1}},"rollout_percentage":25,
		"screening_settings":{"a_b":1},"graph":` + strings.Replace(aGraph, `"policy":"face_match"`, `"policy":"face_match","config":{"Min_Score":0.5}`, 1) + `}`
	var first result
	for _, to := range []keycase.Case{keycase.Snake, keycase.Camel, keycase.Kebab} {
		body := string(must(keycase.Append(nil, []byte(whole), to, "data_requirements", "graph_layout", "screening_settings", "config")))
		got := h.do("POST", "/api/v1/workflows", liveKey, body).want(201)
		for name, want := range map[string]string{"name": "all", "version": "1", "format": "graph", "step_count": "1", "is_default": "false", "is_active": "true", "rollout_percentage": "25"} {
			if is := got.text(name); is != want {
				t.Errorf("%s: got %s %q, want %q", to, name, is, want)
			}
		}
		for _, part := range []string{`"config":{"Min_Score":0.5}`, `"graph_layout":{"Face":{"x":1}}`, `"on_pass":"yes"`} {
			if !strings.Contains(got.body, part) {
				t.Errorf("%s: got %s, want %s", to, got.body, part)
			}
		}
		if first.body == "" {
			first = got
		}
	}
	again := h.do("GET", "/api/v1/workflows/"+first.text("id"), liveKey, nil).want(200)
	if again.body != first.body {
		t.Errorf("got %s and then %s", first.body, again.body)
	}
	for _, row := range []struct{ body, field string }{
		{`{"graph":` + aGraph + `}`, "name"}, {`{"name":"x"}`, ""}, {`{"name":"x","graph":{}}`, ""}, {`{"name":"x","graph":[]}`, "graph"},
		{`{"name":"x","graph":{"entry":"a","nodes":[]}}`, ""}, {`{"name":"x","graph":{"entry":"nobody","nodes":{"a":{"type":"start","next":"b"}}}}`, ""},
		{`{"name":"x","graph":` + strings.Replace(aGraph, "face_match", "made_up", 1) + `}`, "graph.nodes.face.policy"},
		{`{"name":"x","graph":` + strings.Replace(aGraph, `"on_fail":"no"`, `"on_fail":"nowhere"`, 1) + `}`, "graph.nodes.face.on_fail"},
		{`{"name":"x","graph":` + aGraph + `,"steps":[]}`, "graph"}, {`{"name":"x","graph":` + aGraph + `,"owner":"me"}`, "owner"},
		{`{"name":"x","rollout_percentage":101,"graph":` + aGraph + `}`, "rollout_percentage"}, {`{"name":7,"graph":` + aGraph + `}`, "name"},
		{`{"name":"x","graph":` + strings.Replace(aGraph, `"entry"`, `"Entry":"start","entry"`, 1) + `}`, "graph"},
	} {
		got := h.do("POST", "/api/v1/workflows", liveKey, row.body).refused(422, "validation_error")
		if row.field != "" && !strings.Contains(got.body, `"field":"`+row.field+`"`) {
			t.Errorf("%s: got %s, want %s", row.body, got.body, row.field)
		}
	}
}

// TestDefaultWorkflow: there is one, and it stays active.
func TestDefaultWorkflow(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	one, two := h.define("one", aGraph), h.define("two", aGraph)
	const path = "/api/v1/workflows/"
	if got := h.do("POST", path+one+"/set-default", liveKey, nil).want(200); got.text("is_default") != "true" {
		t.Errorf("got %s", got.body)
	}
	h.do("POST", path+one+"/deactivate", liveKey, nil).refused(409, "conflict")
	h.do("POST", path+two+"/set-default", liveKey, nil).want(200)
	if got := h.do("GET", path+one, liveKey, nil).want(200); got.text("is_default") != "false" {
		t.Errorf("got %s: there are two", got.body)
	}
	if got := h.do("POST", path+one+"/deactivate", liveKey, nil).want(200); got.text("is_active") != "false" {
		t.Errorf("got %s", got.body)
	}
	h.do("POST", path+one+"/set-default", liveKey, nil).refused(409, "conflict")
	h.do("PATCH", path+one, liveKey, `{"is_default":true}`).refused(422, "validation_error")
	h.do("PATCH", path+two, liveKey, `{"is_default":false}`).refused(422, "validation_error")
	h.do("PATCH", path+two, liveKey, `{"is_default":true,"name":"2"}`).want(200) // as it is
	h.do("PATCH", path+one, liveKey, `{"is_default":false}`).want(200)
	h.do("PATCH", path+"wfl_00000000000040008000000000000000", liveKey, `{"is_default":true}`).refused(404, "not_found")
	id := h.create(sandboxKey, nil)
	h.simulate(id, "approve")
	h.do("POST", path+one+"/trigger", liveKey, map[string]string{"session_id": id}).refused(404, "not_found") // the other environment's
	h.do("POST", path+one+"/trigger", liveKey, `{}`).refused(422, "validation_error")
	h.do("POST", path+one+"/trigger", liveKey, `{"session_id":"x"}`).refused(404, "not_found")
}

// TestListWorkflows by pages, newest first, and their versions.
func TestListWorkflows(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	var ids []string
	for i := range 30 {
		h.clock.Add(time.Millisecond)
		ids = append(ids, h.define(fmt.Sprint("workflow ", i), aGraph))
	}
	slices.Reverse(ids)
	page := func(query string) (got []string, next string) {
		t.Helper()
		r := h.do("GET", "/api/v1/workflows?"+query, liveKey, nil).want(200)
		for _, w := range r.value("data").([]any) {
			got = append(got, w.(map[string]any)["id"].(string))
		}
		if r.text("pagination.total") != "30" {
			t.Errorf("%s: got the total %s, want 30", query, r.text("pagination.total"))
		}
		return got, r.text("pagination.next_cursor")
	}
	if got, next := page(""); !slices.Equal(got, ids[:25]) || next == "" {
		t.Errorf("got %d, want the newest 25", len(got))
	}
	if got, next := page("offset=25"); !slices.Equal(got, ids[25:]) || next != "" {
		t.Errorf("got %d, want the last 5", len(got))
	}
	var seen []string
	for query := "limit=7"; ; {
		got, next := page(query)
		seen = append(seen, got...)
		if next == "" {
			break
		}
		query = "limit=7&cursor=" + next
	}
	if !slices.Equal(seen, ids) {
		t.Errorf("by cursor: got %s, want %s", seen, ids)
	}
	for i := range 3 {
		h.do("PATCH", "/api/v1/workflows/"+ids[0], liveKey, `{"graph":`+strings.Replace(aGraph, `"outcome":"rejected"`, fmt.Sprintf(`"outcome":"rejected","reason":"%d"`, i), 1)+`}`).want(200)
	}
	var versions []string
	for _, w := range h.do("GET", "/api/v1/workflows/"+ids[0]+"/versions", liveKey, nil).want(200).value("data").([]any) {
		versions = append(versions, fmt.Sprint(w.(map[string]any)["version"]))
	}
	if !slices.Equal(versions, []string{"4", "3", "2", "1"}) {
		t.Errorf("got the versions %s", versions)
	}
}

// FuzzGraph: whatever comes as a graph is stored or refused, and what is stored is stored again as it is shown.
func FuzzGraph(f *testing.F) {
	for _, seed := range []string{
		aGraph, `{}`, `{"nodes":{},"entry":""}`, `{"nodes":[1],"entry":"a"}`, `{"Nodes":{"a":{"type":"start"}},"nodes":{}}`,
		`{"entry":"s","nodes":{"s":{"type":"start","next":"c"},"c":{"type":"conditional","conditions":[{"field":"age","op":">=","value":18,"next":"t"}],"default":"t"},"t":{"type":"terminal","outcome":"needs_review"}}}`,
		`{"entry":"s","nodes":{"s":{"type":"start","next":"s"}}}`, `{"nodes":{"a":null,"b":[]},"entry":1}`, `{"entry":"a","nodes":{"":{"type":"wait","on-fail":"review"}}}`,
	} {
		f.Add([]byte(seed))
	}
	h := newHouse(f, setup{config: fuzzConfig})
	a := fuzzed(h)
	id := h.define("fuzzed", aGraph)
	f.Fuzz(func(t *testing.T, graph []byte) {
		h.clock.Add(time.Minute)
		send := func(body []byte) result {
			r := httptest.NewRequest("PATCH", "/api/v1/workflows/"+id, strings.NewReader(`{"graph":`+string(body)+`}`))
			r.Header.Set("X-API-Key", liveKey)
			r.Header.Set("Content-Type", "application/json")
			w := a.do(r)
			return result{t, "PATCH", w.Code, w.Result().Header, w.Body.String()}
		}
		got := send(graph)
		switch got.status {
		case 400, 413, 422:
			return
		case 409: // there are as many versions as there may be
			id = h.define("fuzzed", aGraph)
			return
		case 200:
		default:
			t.Fatalf("%q: got %d %s", graph, got.status, got.body)
		}
		var shown struct {
			Graph json.RawMessage `json:"graph"`
		}
		if err := json.Unmarshal([]byte(got.body), &shown); err != nil {
			t.Fatal(err)
		}
		again := send(shown.Graph)
		if again.status != 200 || !strings.Contains(again.body, `"graph":`+string(shown.Graph)) {
			t.Errorf("%q: got %s, and of that %d %s", graph, shown.Graph, again.status, again.body)
		}
	})
}
