package examples_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// member is a text in an answer's JSON.
func (a *aviary) member(body string, path ...string) string {
	a.t.Helper()
	var v any
	ok(a.t, json.Unmarshal([]byte(body), &v))
	for _, name := range path {
		members, _ := v.(map[string]any)
		v = members[name]
	}
	text, isText := v.(string)
	if !isText {
		a.t.Fatalf("the answer has no %v: %s", path, body)
	}
	return text
}

// flyVerifa goes all the way through Verifa's language.
func (a *aviary) flyVerifa() string {
	a.t.Helper()
	created := a.want(http.StatusCreated, a.verifa("POST", "/api/v1/sessions", map[string]any{
		"external_ref": a.bird("external reference"), "metadata": map[string]string{a.bird("name in metadata"): a.bird("metadata")}, "country": "EE",
		"tags": []string{a.bird("tag")}, "send_email": true, "applicant_name": a.bird("applicant's name"),
		"applicant_email": a.bird("applicant's e-mail") + "@people.example", "display_name": a.bird("display name"),
		"fields": map[string]any{
			"first_name": a.bird("first name"), "middle_name": a.bird("middle name"), "last_name": a.bird("last name"), "date_of_birth": "1990-02-28",
			"email": a.bird("e-mail") + "@people.example", "phone": a.bird("telephone number"), "ssn": a.bird("number of the person"),
			"address": map[string]string{"line1": a.bird("street"), "line2": a.bird("flat"), "city": a.bird("city"), "state": a.bird("state"), "zip": a.bird("postcode")},
		},
	}))
	id := a.member(created, "id")
	one := "/api/v1/sessions/" + id
	capture := strings.TrimPrefix(a.member(created, "capture_url"), "https://idv.example")
	a.want(http.StatusOK, a.verifa("PATCH", one, map[string]any{"metadata": map[string]string{"more": a.bird("more metadata")}}))
	a.want(http.StatusOK, a.verifa("POST", one+"/tags", map[string]string{"tag": a.bird("another tag")}))
	for _, step := range [][2]string{
		{"/consent", `{"consent_version":"` + a.bird("version of a consent") + `"}`}, {"/document-type", `{"document_type":"national_id"}`},
		{"/data", `{"given":"` + a.bird("data that were filled in") + `"}`}, {"/signals", `{"signals":["devtools_open"]}`},
	} {
		a.want(http.StatusOK, func() *http.Request { return a.request("POST", capture+step[0], step[1]) })
	}
	for _, step := range []string{"/front", "/back", "/selfie"} {
		a.want(http.StatusCreated, a.form(capture+step, "", nil))
	}
	a.want(http.StatusCreated, a.form(one+"/documents", a.key, map[string]string{"document_type": "proof_of_address", "poa_document_type": "utility_bill", "poa_document_date": "2026-02-01"}))
	a.want(http.StatusOK, func() *http.Request { return a.request("POST", capture+"/complete", "") })
	a.settle()
	a.want(http.StatusOK, a.verifa("POST", one+"/external-decision", map[string]any{
		"decision": "continue", "metadata": map[string]string{"why": a.bird("answer at a gate")},
	}))
	a.settle()
	of := "/api/v1/cases/case_" + strings.TrimPrefix(id, "ses_")
	reviewer := a.bird("reviewer")
	a.want(http.StatusOK, a.verifa("POST", of+"/claim", map[string]string{"reviewer_id": reviewer}))
	a.want(http.StatusCreated, a.verifa("POST", of+"/notes", map[string]string{"reviewer_id": reviewer, "text": a.bird("note")}))
	a.want(http.StatusOK, a.verifa("POST", of+"/reject", map[string]string{"reviewer_id": reviewer, "reason": a.bird("reason")}))
	a.settle()
	for _, what := range []string{one, one + "/result", one + "/risk", one + "/verifications", one + "/workflow-run", one + "/documents", one + "/links", one + "/export", of, of + "/notes", "/api/v1/events", "/api/v1/sessions", "/api/v1/webhooks/endpoints"} {
		a.want(http.StatusOK, a.verifa("GET", what, ""))
	}
	return id
}

// flyVeriff goes all the way through Veriff's.
func (a *aviary) flyVeriff() string {
	a.t.Helper()
	created := a.want(http.StatusCreated, a.veriff("POST", "/v1/sessions", "", map[string]any{"verification": map[string]any{
		"vendorData": a.bird("vendor data"), "endUserId": uuid.NewString(),
		"person": map[string]any{
			"firstName": a.bird("first name"), "lastName": a.bird("last name"), "fullName": a.bird("full name"), "idNumber": a.bird("number of the person"),
			"phoneNumber": a.bird("telephone number"), "email": a.bird("e-mail") + "@people.example", "gender": "F",
		},
		"document": map[string]any{"number": a.bird("number of the document"), "type": "ID_CARD", "country": "EE"},
		"address":  map[string]any{"fullAddress": a.bird("address")},
	}}))
	id := a.member(created, "verification", "id")
	one := "/v1/sessions/" + id
	page := strings.TrimPrefix(a.member(created, "verification", "url"), "https://idv.example")
	a.want(http.StatusOK, func() *http.Request { return a.request("GET", page, "") })
	a.want(http.StatusOK, a.veriff("POST", one+"/media", "", map[string]any{"image": map[string]string{
		"context": "face", "content": base64.StdEncoding.EncodeToString([]byte(a.photograph())),
	}}))
	a.want(http.StatusOK, a.veriff("PATCH", one, "", `{"verification":{"status":"submitted"}}`))
	a.settle()
	a.settle()
	for _, what := range []string{"", "/decision", "/person", "/watchlist-screening", "/attempts", "/media", "/timestamps"} {
		a.want(http.StatusOK, a.veriff("GET", one+what, id, ""))
	}
	return id
}

// flyAstray sends what is refused to every endpoint: bodies, keys, signatures, tokens, ids and queries that nobody knows.
func (a *aviary) flyAstray(verifas, veriffs string) {
	a.t.Helper()
	for _, of := range []struct{ api, id string }{{"/api/v1/openapi.json", verifas}, {"/v1/openapi.json", veriffs}} {
		var api struct{ Paths map[string]map[string]any }
		ok(a.t, json.Unmarshal([]byte(a.want(http.StatusOK, func() *http.Request { return a.request("GET", of.api, "") })), &api))
		if len(api.Paths) < 10 {
			a.t.Fatalf("%s has %d paths only", of.api, len(api.Paths))
		}
		for path, methods := range api.Paths {
			for method := range methods {
				a.astray(strings.ToUpper(method), path, of.id)
			}
		}
	}
}

// astray are requests that nobody should make of one endpoint.
func (a *aviary) astray(method, path, id string) {
	a.t.Helper()
	b := a.bird("body of a bad request to " + path)
	bodies := []string{
		"", b, `{"` + b, `{"verification":"` + b + `"}`, `["` + b + `"]`, `{"a":"` + b + `","a":"` + b + `"}`,
		`{"verification":{"person":{"dateOfBirth":"` + b + `"},"callback":"` + b + `","document":{"type":["` + b + `"]}},"image":{"context":"` + b + `","content":"` + b + `"}}`,
		`{"fields":{"date_of_birth":"` + b + `","email":["` + b + `"]},"country":"` + b + `","redirect_url":"` + b + `","tags":"` + b + `","metadata":"` + b + `","action":"` + b +
			`","decision":"` + b + `","document_type":"` + b + `","signals":["` + b + `"],"session_ids":["` + b + `"],"url":"` + b + `","outcome":"` + b + `","workflow_id":"` + b +
			`","consent_version":{"` + b + `":1},"reviewer_id":["` + b + `"],"text":["` + b + `"],"checks":["` + b + `"],"enabled_events":["` + b + `"],"expires_in_minutes":"` + b + `"}`,
	}
	for _, body := range bodies {
		if method == http.MethodDelete && body == "" {
			continue // it would be done
		}
		for _, in := range []string{id, a.bird("id of nothing")} {
			at := strings.NewReplacer("{id}", in, "{type}", a.bird("type of nothing"), "{token}", "tok_"+a.bird("token of nothing")).Replace(path)
			for _, make := range []func() *http.Request{
				a.verifa(method, at+"?status="+a.bird("query")+"&cursor="+a.bird("cursor"), body), a.veriff(method, at, "", body),
				func() *http.Request {
					r := a.request(method, at, body)
					for _, header := range []string{"X-API-Key", "X-AUTH-CLIENT", "X-HMAC-SIGNATURE", "Authorization", "Idempotency-Key", "Key-Inflection", "Verifa-Version", "Origin"} {
						r.Header.Set(header, a.bird(header))
					}
					return r
				},
			} {
				if r := make(); method != http.MethodDelete || in != id { // nothing is to be removed
					_, _ = a.send(r)
				}
			}
		}
	}
}

// values prints everything that the library hands out, in every way.
func (a *aviary) values(ids []string) string {
	a.t.Helper()
	var out bytes.Buffer
	ctx := a.t.Context()
	text, structured := slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))
	for i, e := range []*session.Engine{a.engine.For(a.verifas), a.engine.For(a.veriffs)} {
		s, err := e.Export(ctx, uuid.MustParse(strings.TrimPrefix(ids[i], "ses_")))
		if err != nil {
			s, err = e.Export(ctx, uuid.MustParse(strings.TrimPrefix(ids[i], "ses_"))) // the keeper was clumsy
		}
		ok(a.t, err)
		told, err := e.Deliveries(ctx, session.DeliveryQuery{N: 1000})
		ok(a.t, err)
		values := []any{
			s, *s, s.Facts, s.Facts.Person, s.Facts.Document, s.Facts.Residence, s.Run(), s.Screening(), session.Case{Snapshot: s},
			session.CheckCase{Case: session.Case{Snapshot: s}, Extracted: s.Decisions[0].Record}, session.CheckResult{Details: s.Facts.Metadata},
			session.Once{Key: a.bird("key of a request"), Scope: "scope", Request: []byte(a.bird("request"))},
			&session.AnsweredError{Answer: []byte(a.bird("answer"))}, fmt.Errorf("wrapped: %w", &session.AnsweredError{Answer: []byte(a.bird("answer"))}),
			session.Update{Metadata: s.Facts.Metadata}, session.Proof{Type: a.bird("kind of proof")}, a.credential, a.credential.Signer(), a.engineKey, a.engine,
			decision.Verdict{Record: s.Decisions[0].Record}, s.Review(e.Now()),
		}
		for _, m := range s.Media {
			values = append(values, m, m.MediaFacts)
		}
		for _, d := range s.Decisions {
			values = append(values, d, d.Record, d.Record.Person, d.Record.Document)
		}
		for _, f := range s.Findings {
			values = append(values, f, f.FindingFacts)
		}
		for _, d := range told {
			values = append(values, d)
		}
		for _, v := range values {
			fmt.Fprintf(&out, "%v %+v %#v %s %q %x\n", v, v, v, v, v, v)
			text.Info("value", "value", v)
			structured.Info("value", "value", v)
		}
		for _, v := range []any{values, s.Media, s.Decisions, s.Findings, told, map[string]any{"facts": s.Facts}, struct{ S *session.Snapshot }{s}} {
			fmt.Fprintf(&out, "%v %+v %#v\n", v, v, v)
			text.Info("values", "values", v)
		}
	}
	return out.String()
}
