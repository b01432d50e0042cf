package verifa_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// ofUsers are the members inside which names are a customer's own, or signed, or those of nodes and checks,
// each with one that the scene of TestUserKeys has in it.
var ofUsers = map[string]string{
	"metadata": "Plan_Name", "capture_data": "shoe_sizeEU", "details": "Raw_Name", "receipt": "requested_at", "record": "first_name",
	"node_results": "first_gate", "check_results": "face_match", "graph": "first_gate", "graph_snapshot": "first_gate",
	"data_requirements": "Own_Need", "screening_settings": "own-setting_A", "graph_layout": "first_gate",
	"event_filter_conditions": "result.extracted_data.first_name",
}

// usersIn are the values of the members of users in an answer, each after its own name, in their order.
func usersIn(t *testing.T, body []byte) (list []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	if is, err := d.Token(); err != nil || is != json.Delim('{') && is != json.Delim('[') {
		return nil
	}
	object := body[0] == '{'
	for d.More() {
		name := ""
		if object {
			name = must(d.Token()).(string)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		snake := string(keycase.AppendKey(nil, name, keycase.Snake))
		if ofUsers[snake] == "" {
			list = append(list, usersIn(t, value)...)
			continue
		}
		list = append(list, snake+" "+string(value))
	}
	return list
}

// TestUserKeys: no answer renames a name of users', in whichever case it is asked for, and each member of
// the table in the code is one that would be renamed if it did not stand there.
func TestUserKeys(t *testing.T) {
	t.Parallel()
	if got, want := slices.Sorted(slices.Values(verifa.UserKeys)), slices.Sorted(maps.Keys(ofUsers)); !slices.Equal(got, want) {
		t.Errorf("got the members of users %s, want %s", got, want)
	}
	h := newHooked(t, setup{engine: func(c *session.Config) {
		check := func(context.Context, session.CheckCase) (session.CheckResult, error) {
			read := adult()
			details := json.RawMessage(`{"score":0.87,"Raw_Name":1}`)
			return session.CheckResult{Status: workflow.CheckPassed, Record: &read, Details: details}, nil
		}
		c.Checks = map[string]session.Check{"face_match": session.CheckFunc(check)}
	}})
	seen := map[string]bool{}
	for _, c := range userScene(h) {
		c.header = map[string]string{"Key-Inflection": "snake"}
		snake := usersIn(t, []byte(h.call(c).want(http.StatusOK).body))
		for _, to := range []keycase.Case{keycase.Camel, keycase.Kebab} {
			c.header["Key-Inflection"] = map[keycase.Case]string{keycase.Camel: "camel", keycase.Kebab: "kebab"}[to]
			got := h.call(c).want(http.StatusOK)
			if is := usersIn(t, []byte(got.body)); !slices.Equal(is, snake) {
				t.Errorf("%s in %s: got\n%s\nwant\n%s", got.name, to, strings.Join(is, "\n"), strings.Join(snake, "\n"))
			}
			for _, line := range snake {
				name, value, _ := strings.Cut(line, " ")
				renamed := must(keycase.Append(nil, []byte(value), to))
				if strings.Contains(value, `"`+ofUsers[name]+`":`) && !strings.Contains(string(renamed), `"`+ofUsers[name]+`":`) {
					seen[name+" "+c.header["Key-Inflection"]] = true
				}
			}
		}
	}
	for name, own := range ofUsers {
		if !seen[name+" camel"] || !seen[name+" kebab"] {
			t.Errorf("no answer has %q in %s, so that nothing shows whether it is renamed: %v", own, name, seen)
		}
	}
}

// userScene makes a session that holds names of users wherever there may be any, and gives the calls that
// show them.
func userScene(h *house) (calls []call) {
	h.Helper()
	const graph = `{"entry":"start","nodes":{"start":{"type":"start","next":"check"},
		"check":{"type":"policy","policy":"face_match","on_pass":"first_gate","on_fail":"no"},
		"first_gate":{"type":"wait","next":"yes","on_fail":"reject"},"yes":{"type":"terminal","outcome":"approved"},"no":{"type":"terminal","outcome":"rejected"}}}`
	flow := h.do("POST", "/api/v1/workflows", liveKey, `{"name":"own","graph":`+graph+`,"data_requirements":{"Own_Need":{"anAge":1}},
		"screening_settings":{"own-setting_A":true},"graph_layout":{"first_gate":{"xPos":1}}}`).want(201).text("id")
	id, capture := h.capture(liveKey, strings.Replace(everything, "{", `{"workflow_id":"`+flow+`",`, 1))
	one := "/api/v1/sessions/" + id
	h.consent(capture)
	h.do("POST", capture+"/document-type", noKey, `{"document_type":"passport"}`).want(200)
	h.do("POST", capture+"/data", noKey, `{"shoe_sizeEU":42,"nested":{"Its_Name":null}}`).want(200)
	h.captureFile(capture, "front", picture).want(201)
	h.captureFile(capture, "selfie", picture).want(201)
	h.do("POST", capture+"/complete", noKey, nil).want(200)
	h.settle()
	h.do("POST", one+"/external-decision", liveKey, `{"decision":"continue","metadata":{"Ticket_No":7}}`).want(200)
	h.settle()
	hook := h.do("POST", endpoints, liveKey, `{"url":"https://shop.example/",
		"event_filter_conditions":{"result.extracted_data.first_name":"Ada","externalRef":"user_17"}}`).want(201).text("id")
	for _, path := range []string{
		one, one + "/workflow-run", one + "/result", one + "/verifications", one + "/export", "/api/v1/sessions", "/api/v1/results",
		"/api/v1/workflows/" + flow, "/api/v1/workflows", endpoints + "/" + hook, "/api/v1/identities/user_17/export",
	} {
		calls = append(calls, call{method: "GET", path: path, key: liveKey})
	}
	return append(calls, call{method: "DELETE", path: one + "/data", key: liveKey})
}
