package examples_test

import "net/http"

// person is what the host says about a person whom it knows.
func (a *aviary) person() map[string]any {
	return map[string]any{
		"external_ref": a.bird("external reference"), "metadata": map[string]string{a.bird("name in metadata"): a.bird("metadata")}, "country": "EE",
		"tags": []string{a.bird("tag")}, "send_email": true, "applicant_name": a.bird("applicant's name"),
		"applicant_email": a.bird("applicant's e-mail") + "@people.example", "display_name": a.bird("display name"),
		"fields": map[string]any{
			"first_name": a.bird("first name"), "middle_name": a.bird("middle name"), "last_name": a.bird("last name"), "date_of_birth": "1990-02-28",
			"email": a.bird("e-mail") + "@people.example", "phone": a.bird("telephone number"), "ssn": a.bird("number of the person"),
			"address": map[string]string{"line1": a.bird("street"), "line2": a.bird("flat"), "city": a.bird("city"), "state": a.bird("state"), "zip": a.bird("postcode")},
		},
	}
}

// newSession makes a session under a key, and gives its id and the address of its capture.
func (a *aviary) newSession(key string, about map[string]any) (id, capture string) {
	a.t.Helper()
	created := a.want(http.StatusCreated, a.by(key, "POST", "/api/v1/sessions", about))
	return a.member(created, "id"), local(a.member(created, "capture_url"))
}

// flySession goes to everything that a session has before its capture, and gives the address of that.
func (a *aviary) flySession() (id, capture string) {
	a.t.Helper()
	id, _ = a.newSession(a.key, a.person())
	one := "/api/v1/sessions/" + id
	a.want(http.StatusOK, a.verifa("PATCH", one, map[string]any{"metadata": map[string]string{"more": a.bird("more metadata")}}))
	tag := map[string]string{"tag": a.bird("another tag")}
	a.want(http.StatusOK, a.verifa("POST", one+"/tags", tag))
	a.want(http.StatusOK, a.verifa("POST", one+"/tags/remove", tag))
	a.want(http.StatusOK, a.verifa("PUT", one+"/tags", map[string]any{"tags": []string{a.bird("tag in the place of others")}}))
	a.want(http.StatusOK, a.verifa("POST", one+"/resend-invite", ""))
	a.want(http.StatusOK, a.verifa("POST", one+"/expire", ""))
	a.want(http.StatusOK, a.verifa("POST", one+"/resume", ""))
	link := a.want(http.StatusCreated, a.verifa("POST", one+"/generate-one-time-link", map[string]int{"expires_in_minutes": 60}))
	visit := a.want(http.StatusOK, a.page("GET", local(a.member(link, "capture_url")), ""))
	return id, local(a.member(visit, "capture_url"))
}

// flyCapture captures everything, as a page does.
func (a *aviary) flyCapture(capture string) {
	a.t.Helper()
	for _, step := range []struct{ path, body string }{
		{"/consent", `{"consent_version":"` + a.bird("version of a consent") + `"}`}, {"/document-type", `{"document_type":"national_id"}`},
		{"/data", `{"given":"` + a.bird("data that were filled in") + `"}`}, {"/signals", `{"signals":["devtools_open"]}`},
	} {
		a.want(http.StatusOK, a.page("POST", capture+step.path, step.body))
	}
	for _, step := range []string{"/front", "/back", "/selfie"} {
		a.want(http.StatusCreated, a.form(capture+step, "", nil))
	}
	a.want(http.StatusCreated, a.form(capture+"/proof-of-address", "", map[string]string{"poa_document_type": "bank_statement", "poa_document_date": "2026-02-01"}))
	a.want(http.StatusOK, a.page("GET", capture, ""))
	a.want(http.StatusOK, a.page("POST", capture+"/complete", ""))
	a.settle()
}

// flySubmission captures what must be, as the customer's own system does.
func (a *aviary) flySubmission() (id string) {
	a.t.Helper()
	id, _ = a.newSession(a.key, a.person())
	one := "/api/v1/sessions/" + id
	for _, of := range []map[string]string{
		{"document_type": "id_front"}, {"document_type": "selfie"},
		{"document_type": "proof_of_address", "poa_document_type": "utility_bill", "poa_document_date": "2026-02-01"},
	} {
		a.want(http.StatusCreated, a.form(one+"/documents", a.key, of))
	}
	a.want(http.StatusOK, a.verifa("POST", one+"/submit", ""))
	a.settle()
	return id
}

// flySandbox chooses outcomes.
func (a *aviary) flySandbox() {
	a.t.Helper()
	id, _ := a.newSession(a.sandboxKey, a.person())
	a.want(http.StatusOK, a.by(a.sandboxKey, "POST", "/api/v1/sessions/"+id+"/simulate", map[string]string{"action": "approve"}))
	_, capture := a.newSession(a.sandboxKey, a.person())
	a.want(http.StatusOK, a.page("POST", capture+"/consent", `{"consent_version":"1"}`))
	a.want(http.StatusOK, a.page("POST", capture+"/sandbox-outcome", map[string]string{"outcome": "needs_review"}))
	a.settle()
}

// flyReading reads everything that there is about a session, with its files.
func (a *aviary) flyReading(id string) {
	a.t.Helper()
	one := "/api/v1/sessions/" + id
	for _, what := range []string{
		one, one + "/result", one + "/risk", one + "/verifications", one + "/workflow-run", one + "/links", "/api/v1/sessions", "/api/v1/results",
		"/api/v1/results/" + id, "/api/v1/verification-policies",
	} {
		a.want(http.StatusOK, a.verifa("GET", what, ""))
	}
	for _, link := range []string{
		a.member(a.want(http.StatusOK, a.verifa("GET", one+"/documents", "")), "data.0.url"),
		a.member(a.want(http.StatusOK, a.verifa("GET", one+"/export", "")), "documents.0.download_url"),
	} {
		a.want(http.StatusOK, a.page("GET", local(link), ""))
	}
	events := a.want(http.StatusOK, a.verifa("GET", "/api/v1/events", ""))
	a.want(http.StatusOK, a.verifa("GET", "/api/v1/events/"+a.member(events, "data.0.id"), ""))
}

// flyPreflights asks what a browser asks before it sends what a page wants.
func (a *aviary) flyPreflights() {
	a.t.Helper()
	for _, e := range a.endpoints {
		if e.method != http.MethodOptions {
			continue
		}
		at := a.addressOf(e.path, "tok_"+a.bird("token of nothing"))
		a.want(http.StatusNoContent, func() *http.Request {
			r := a.request(e.method, at, "")
			r.Header.Set("Origin", "https://"+a.bird("origin")+".example")
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", a.bird("name of a header"))
			return r
		})
	}
}
