package examples_test

import (
	"net/http"
	"strings"
)

// caseOf is the address of a session's review case.
func caseOf(id string) string { return "/api/v1/cases/case_" + strings.TrimPrefix(id, "ses_") }

// flyGate answers where the workflow waits.
func (a *aviary) flyGate(id, answer string) {
	a.t.Helper()
	a.want(http.StatusOK, a.verifa("POST", "/api/v1/sessions/"+id+"/external-decision", map[string]any{
		"decision": answer, "metadata": map[string]string{"why": a.bird("answer at a gate")},
	}))
	a.settle()
}

// flyCase has a human being decide a session.
func (a *aviary) flyCase(id, verdict string) {
	a.t.Helper()
	of, reviewer := caseOf(id), a.bird("reviewer")
	a.want(http.StatusOK, a.verifa("GET", "/api/v1/cases", ""))
	for range 2 {
		a.want(http.StatusOK, a.verifa("POST", of+"/claim", map[string]string{"reviewer_id": reviewer}))
		a.want(http.StatusCreated, a.verifa("POST", of+"/notes", map[string]string{"reviewer_id": reviewer, "text": a.bird("note")}))
		a.want(http.StatusOK, a.verifa("GET", of, ""))
		a.want(http.StatusOK, a.verifa("POST", of+"/release", ""))
	}
	a.want(http.StatusOK, a.verifa("POST", of+"/"+verdict, map[string]string{"reviewer_id": reviewer, "reason": a.bird("reason")}))
	a.want(http.StatusOK, a.verifa("GET", of+"/notes", ""))
	a.settle()
}

// flyWorkflows stores a workflow, and has a session decided again, by it too.
func (a *aviary) flyWorkflows(id string) {
	a.t.Helper()
	const workflows = "/api/v1/workflows"
	made := a.want(http.StatusCreated, a.verifa("POST", workflows, `{"name":"another","graph":{"entry":"start","nodes":{
		"start":{"type":"start","next":"own"},"own":{"type":"policy","policy":"own","on_pass":"yes","on_fail":"no"},
		"yes":{"type":"terminal","outcome":"approved"},"no":{"type":"terminal","outcome":"rejected"}}}}`))
	workflow := a.member(made, "id")
	old := a.member(a.want(http.StatusOK, a.verifa("GET", workflows, "")), "data.1.id")
	at, one := workflows+"/"+workflow, "/api/v1/sessions/"+id
	a.want(http.StatusOK, a.verifa("PATCH", at, `{"description":"changed"}`))
	a.want(http.StatusOK, a.verifa("GET", at, ""))
	a.want(http.StatusOK, a.verifa("GET", at+"/versions", ""))
	a.want(http.StatusAccepted, a.verifa("POST", one+"/reprocess", ""))
	a.settle()
	a.flyGate(id, "reject")
	a.want(http.StatusAccepted, a.verifa("POST", at+"/trigger", map[string]string{"session_id": id}))
	a.settle()
	a.want(http.StatusAccepted, a.verifa("POST", one+"/workflow-run/resume", `{"policy":"own"}`))
	a.settle()
	a.want(http.StatusOK, a.verifa("POST", at+"/set-default", ""))
	a.want(http.StatusOK, a.verifa("POST", workflows+"/"+old+"/set-default", ""))
	a.want(http.StatusOK, a.verifa("POST", at+"/deactivate", ""))
}

// flyIdentity reads what is known of the person of a session, whom the customer calls by a name of its own.
func (a *aviary) flyIdentity(id string) (identity string) {
	a.t.Helper()
	const identities = "/api/v1/identities/"
	ref := a.member(a.want(http.StatusOK, a.verifa("GET", "/api/v1/sessions/"+id, "")), "external_ref")
	identity = a.member(a.want(http.StatusOK, a.verifa("GET", identities+ref, "")), "id")
	for _, at := range []string{identities + ref, identities + identity} {
		for _, what := range []string{"", "/sessions", "/export"} {
			a.want(http.StatusOK, a.verifa("GET", at+what, ""))
		}
	}
	return identity
}

// flyErasure takes back what is known of people: of a person, of several sessions, and of one.
func (a *aviary) flyErasure(identity string, ids []string) {
	a.t.Helper()
	a.want(http.StatusOK, a.verifa("DELETE", "/api/v1/identities/"+identity, ""))
	a.want(http.StatusOK, a.verifa("POST", "/api/v1/sessions/bulk-redact", map[string]any{"session_ids": ids[1:]}))
	a.want(http.StatusOK, a.verifa("DELETE", "/api/v1/sessions/"+ids[0]+"/data", ""))
	a.settle()
}
