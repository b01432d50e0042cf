package verifa_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// fuller are bodies with all members of several words that an endpoint takes, where that of its scene has not.
var fuller = map[string]string{
	"PATCH /api/v1/sessions/{id}":                       `{"external_ref":"bob","metadata":{"a_b":{"C_d":1}}}`,
	"POST /api/v1/sessions/{id}/generate-one-time-link": `{"expires_in_minutes":7}`,
	"POST /api/v1/workflows":                            `{"name":"all",` + workflowMembers,
	"PATCH /api/v1/workflows/{id}":                      `{"description":"of it",` + workflowMembers,
	"POST /verify/{token}/consent":                      `{"consent_version":"2026-01","accepted":true}`,
	"POST /verify/{token}/document-type":                `{"document_type":"passport","country":"EE"}`,
	"POST /verify/{token}/data": `{"first_name":"Ada","fields":{"last_name":"Specimen","date_of_birth":"1990-02-28",
		"address":{"line1":"Sample Street 1"}}}`,
	"POST /api/v1/cases/{id}/notes":    `{"text":"fine","reviewer_id":"rev_1"}`,
	"POST /api/v1/cases/{id}/approve":  `{"reason":"fine","reviewer_id":"rev_1"}`,
	"POST /api/v1/cases/{id}/reject":   `{"reason":"blurred","rejection_code":"document_unreadable","reviewer_id":"rev_1"}`,
	"POST " + endpoints:                `{"url":"https://shop.example/",` + endpointMembers,
	"PATCH " + endpoints + "/{id}":     `{"description":"of it",` + endpointMembers,
	"POST " + endpoints + "/{id}/test": `{"event_type":"session.approved"}`,
}

const (
	workflowMembers = `"data_requirements":{"user_info":true},"graph_layout":{"Face":{"x":1}},"rollout_percentage":25,"is_default":false,
		"is_active":true,"screening_settings":{"a_b":1},"graph":{"entry":"start","nodes":{"start":{"type":"start","next":"face"},
		"face":{"type":"policy","policy":"face_match","on_pass":"yes","on_fail":"no"},"yes":{"type":"terminal","outcome":"approved"},
		"no":{"type":"terminal","outcome":"rejected"}}}}`
	endpointMembers = `"enabled_events":["session.approved"],"attribute_blocklist":["external_ref"],"key_inflection":"camel",
		"event_filter_conditions":{"result.extracted_data.first_name":"Ada","is_sandbox":true},"api_version":"2026-01-01"}`
)

// fuller is a call with a body that has more in it.
func (h *stage) fuller(e verifa.Endpoint, c call) call {
	h.Helper()
	name := e.Method + " " + e.Path
	proof := []field{{"poa_document_type", "utility_bill"}, {"poa_document_date", "2026-02-01"}, {"file", picture}}
	switch {
	case name == "POST /api/v1/sessions":
		id := strings.TrimPrefix(h.workflow(), "/api/v1/workflows/")
		c.body = strings.Replace(everything, "{", `{"workflow_id":"`+id+`",`, 1)
	case strings.HasSuffix(name, "/proof-of-address"):
		return c.form(proof...)
	case strings.HasSuffix(name, "/documents"):
		return c.form(append(proof, field{"document_type", "proof_of_address"})...)
	case fuller[name] != "":
		c.body = fuller[name]
	}
	return c
}

// bodyKeys are the members of bodies inside which names are users' own.
var bodyKeys = []string{"metadata", "data_requirements", "screening_settings", "graph_layout", "event_filter_conditions"}

// spelled is a body with its own names in another case, and those of users as they are.
func (c call) spelled(t testing.TB, to keycase.Case) call {
	t.Helper()
	if text, ok := c.body.(string); ok && strings.HasPrefix(c.kind, "multipart/") {
		c.body = regexp.MustCompile(` name="([a-z_]+)"`).ReplaceAllStringFunc(text, func(is string) string {
			return ` name="` + string(keycase.AppendKey(nil, strings.Trim(is[len(` name=`):], `"`), to)) + `"`
		})
		return c
	}
	text, ok := c.body.(string)
	if !ok {
		text = string(must(json.Marshal(c.body)))
	}
	c.body = string(must(keycase.Append(nil, []byte(text), to, bodyKeys...)))
	return c
}

// wordsOf are the members of several words that the document has for an endpoint's body.
func wordsOf(t testing.TB, e verifa.Endpoint) (names []string) {
	t.Helper()
	document := must(theContract()).Document
	at := func(of any, names ...string) any {
		for _, name := range names {
			object, _ := of.(map[string]any)
			of = object[name]
		}
		return of
	}
	for _, kind := range []string{"application/json", "multipart/form-data"} {
		schema := at(document, "paths", e.Path, strings.ToLower(e.Method), "requestBody", "content", kind, "schema")
		if ref, ok := at(schema, "$ref").(string); ok {
			schema = at(document, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
		properties, _ := at(schema, "properties").(map[string]any)
		for name := range properties {
			if strings.Contains(name, "_") {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// world is all that there is in a stage, as its clients see it.
func (h *stage) world() string {
	h.Helper()
	var b strings.Builder
	see := func(key, path string) result {
		got := h.do("GET", path, key, nil)
		fmt.Fprintln(&b, path, got.status, got.body)
		return got
	}
	for _, key := range []string{liveKey, sandboxKey} {
		for _, path := range []string{"/api/v1/workflows", endpoints, "/api/v1/identities/user_17", "/api/v1/identities/bob"} {
			see(key, path)
		}
		for _, s := range see(key, "/api/v1/sessions").value("data").([]any) {
			one := s.(map[string]any)["id"].(string)
			for _, tail := range []string{"/export", "/links", "/workflow-run", "/result"} {
				see(key, "/api/v1/sessions/"+one+tail)
			}
			see(key, "/api/v1/cases/case_"+strings.TrimPrefix(one, "ses_")+"/notes")
		}
	}
	return b.String()
}

// varies are what is another thing in each stage, beside ids.
var varies = regexp.MustCompile(`sig=[0-9a-f]{96}|tok_[A-Za-z0-9_-]{40,}|data:image/png;base64,[A-Za-z0-9+/=]+|whsec_[A-Za-z0-9+/=_-]+|` +
	`http://127\.0\.0\.1:[0-9]+|"(key|signature|session|fingerprint)":"[^"]*"`)

// alike is a text in which ids are numbered in their order, and nothing is left of what varies.
func alike(text string) string {
	names := map[string]string{}
	text = varies.ReplaceAllString(text, "…")
	return regexp.MustCompile(`\b[a-z]+_[0-9a-f]{32}\b`).ReplaceAllStringFunc(text, func(id string) string {
		if names[id] == "" {
			kind, _, _ := strings.Cut(id, "_")
			names[id] = fmt.Sprintf("%s_%d", kind, len(names))
		}
		return names[id]
	})
}

// TestCasingsOfBodies: whatever is sent in camelCase or in kebab-case has the same answer, and leaves all
// else the same, as in snake_case. All members of several words that the document has for a body are in one.
func TestCasingsOfBodies(t *testing.T) {
	scenes := scenes()
	ordered := func() setup { return setup{engine: func(c *session.Config) { c.NewID = inOrder() }} }
	eachEndpoint(t, ordered, func(h *stage, e verifa.Endpoint, c call) {
		if c.body == nil && fuller[e.Method+" "+e.Path] == "" {
			if names := wordsOf(h, e); len(names) > 0 {
				h.Errorf("it takes %s: give it a body", names)
			}
			return
		}
		var want [2]string
		for i, to := range []keycase.Case{keycase.Snake, keycase.Camel, keycase.Kebab} {
			if i > 0 {
				h = newStage(h.TB, ordered())
				c = scenes[e.Method+" "+e.Path](h)
			}
			spelled := h.fuller(e, c).spelled(h, to)
			for _, member := range wordsOf(h, e) {
				if as := string(keycase.AppendKey(nil, member, to)); !strings.Contains(fmt.Sprint(spelled.body), `"`+as+`"`) {
					h.Errorf("%s is not in the body %s: add it", as, spelled.body)
				}
			}
			got := h.call(spelled)
			if got.status/100 != 2 {
				h.Errorf("%s: %s: got %d %s, want success", to, spelled.body, got.status, got.body)
				continue
			}
			is := [2]string{alike(got.body), alike(h.world())}
			if i == 0 {
				want = is
			} else if is != want {
				h.Errorf("%s: %s: got\n%s\nwant, as in snake_case,\n%s", to, spelled.body, strings.Join(is[:], "\n"), strings.Join(want[:], "\n"))
			}
		}
	})
}
