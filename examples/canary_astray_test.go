package examples_test

import (
	"fmt"
	"net/http"
	"strings"
)

// addressOf is an address of an endpoint, with a name where the path has a place for one.
func (a *aviary) addressOf(path, name string) string {
	return strings.NewReplacer("{id}", name, "{type}", name, "{token}", name).Replace(path)
}

// broken are bodies that nobody should send, each with a canary: no JSON, the wrong JSON, members twice, unknown members,
// and every member that there is as something else than it must be. The names of members are the languages' own: a
// refusal says which one it is about.
func broken(b string) []string {
	bodies := []string{
		"", b, `{"` + b, `{"verification":"` + b + `"}`, `["` + b + `"]`, `{"a":"` + b + `","a":"` + b + `"}`, `{"unknown_member":"` + b + `"}`,
		`{"verification":{"person":{"dateOfBirth":"` + b + `"},"callback":"` + b + `","document":{"type":["` + b + `"]}},"image":{"context":"` + b + `","content":"` + b + `"}}`,
	}
	for _, value := range []string{`"` + b + `"`, `["` + b + `"]`, `{"x":"` + b + `"}`} {
		var all []string
		for _, name := range []string{
			"fields", "country", "redirect_url", "tags", "tag", "metadata", "action", "decision", "document_type", "signals", "session_ids", "session_id",
			"url", "enabled", "enabled_events", "attribute_blocklist", "event_filter_conditions", "event_type", "key_inflection", "api_version", "from",
			"outcome", "workflow_id", "consent_version", "reviewer_id", "text", "reason", "rejection_code", "checks", "expires_in_minutes",
			"policy", "step_index", "name", "graph", "steps", "rollout_percentage",
		} {
			all = append(all, fmt.Sprintf("%q:%s", name, value))
		}
		bodies = append(bodies, "{"+strings.Join(all, ",")+"}")
	}
	return append(bodies, `{"fields":{"date_of_birth":"`+b+`","email":["`+b+`"],"address":"`+b+`"}}`, `{"graph":{"entry":"`+b+`","nodes":{"x":{"type":"`+b+`","policy":"`+b+`"}}}}`)
}

// flyAstray sends what is refused to every endpoint: bodies, keys, signatures, tokens, ids and queries that nobody knows.
// It goes where the endpoint was served, and where there is nothing.
func (a *aviary) flyAstray() {
	a.t.Helper()
	for _, e := range a.endpoints {
		b := a.bird("body of a bad request to " + e.String())
		nowhere := a.addressOf(e.path, a.bird("name of nothing"))
		at := []string{nowhere, strings.ReplaceAll(nowhere, "/verify/", "/verify/tok_")}
		if there, flown := a.flown[patternOf(e)]; flown && e.method != http.MethodDelete { // nothing is to be removed
			at[1] = there
		}
		bodies := broken(b)
		if e.method == http.MethodGet || e.method == http.MethodOptions {
			bodies = bodies[:2] // nobody reads them
		}
		for _, body := range bodies {
			a.astray(e.method, at, body)
		}
	}
}

// astray are requests of one endpoint, of which each has something that nobody knows.
func (a *aviary) astray(method string, addresses []string, body string) {
	a.t.Helper()
	for _, at := range addresses {
		query := "?"
		if strings.Contains(at, "?") {
			query = "&"
		}
		for _, make := range []func() *http.Request{
			a.verifa(method, at+query+"status="+a.bird("query")+"&cursor="+a.bird("cursor"), body),
			a.by(a.sandboxKey, method, at, body), a.veriff(method, at, "", body),
			func() *http.Request {
				r := a.request(method, at, body)
				for _, header := range []string{"X-API-Key", "X-AUTH-CLIENT", "X-HMAC-SIGNATURE", "Authorization", "Idempotency-Key", "Key-Inflection", "Verifa-Version", "Origin"} {
					r.Header.Set(header, a.bird(header))
				}
				return r
			},
		} {
			_, _ = a.send(make())
		}
	}
}
