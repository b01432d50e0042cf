package verifa_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi/openapitest"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	var routes []string
	for _, e := range verifa.Endpoints() {
		routes = append(routes, e.Method+" "+e.Path)
		if preflight := "OPTIONS " + e.Path; e.Public && !slices.Contains(routes, preflight) {
			routes = append(routes, preflight)
		}
	}
	openapitest.Laws{
		Contract: must(theContract()), Routes: routes, Types: verifa.Bodies(), Requests: 30, Examples: 40,
	}.Run(t)
}

// TestContractNotices: what the document has not is not passed over by the check that all tests make.
func TestContractNotices(t *testing.T) {
	t.Parallel()
	c := must(theContract())
	h := newHouse(t, setup{})
	made := h.do("POST", "/api/v1/sessions", liveKey, everything).want(201)
	request := func(method, path, key string) *http.Request {
		r := must(http.NewRequest(method, h.server.URL+path, nil))
		r.Header.Set("X-API-Key", key)
		return r
	}
	with := func(change func(*result)) result {
		got := made
		got.header = made.header.Clone()
		change(&got)
		return got
	}
	create := request("POST", "/api/v1/sessions", liveKey)
	odd := request("POST", "/api/v1/sessions", liveKey)
	odd.Header.Set("Key-Inflection", "pascal")
	failure := `{"error":"not_found","detail":"Not found.","status_code":404}`
	rows := []struct {
		name string
		r    *http.Request
		sent string
		got  result
		want string // what the fault says; empty: none
	}{
		{"as it was", create, everything, made, ""},
		{"in another casing", create, everything, with(func(r *result) { r.body = strings.ReplaceAll(r.body, "is_sandbox", "isSandbox") }), ""},
		{"another status", create, everything, with(func(r *result) { r.status = 200 }), "no such status"},
		{"no JSON", create, everything, with(func(r *result) { r.body = "made" }), "invalid"},
		{"another body", create, everything, with(func(r *result) { r.body = "{}" }), "missing properties"},
		{"a member more", create, everything, with(func(r *result) { r.body = strings.Replace(r.body, "{", `{"x":1,`, 1) }), "additional properties"},
		{"another word", create, everything, with(func(r *result) { r.body = strings.Replace(r.body, "pending", "created", 1) }), "value must be one of"},
		{"another id", create, everything, with(func(r *result) { r.body = strings.Replace(r.body, "ses_", "session_", 1) }), "does not match pattern"},
		{"another type", create, everything, with(func(r *result) { r.header.Set("Content-Type", "text/html") }), "content of type"},
		{"without limits", create, everything, with(func(r *result) { r.header.Del("X-RateLimit-Limit") }), "X-RateLimit-Limit: it is missing"},
		{"may be stored", create, everything, with(func(r *result) { r.header.Del("Cache-Control") }), "Cache-Control: it is missing"},
		{"a request that is none", create, `{"country":"EST"}`, made, "should not have been taken"},
		{"without a key", request("POST", "/api/v1/sessions", ""), everything, made, "without authentication"},
		{"another casing that is none", odd, everything, made, "should not have been taken"},
		{"another method", request("PUT", "/api/v1/sessions", liveKey), "", made, "no such operation"},
		{"another path", request("GET", "/api/v1/session", liveKey), "", made, "no such operation"},
		{"a failure of another path", request("GET", "/api/v1/session", liveKey), "", with(func(r *result) { r.status, r.body = 404, failure }), ""},
		{"another failure of another path", request("GET", "/api/v1/session", liveKey), "", with(func(r *result) { r.status, r.body = 404, "{}" }), "missing properties"},
		{"a code that is none", create, "", with(func(r *result) {
			r.status, r.body = 401, strings.Replace(failure, "not_found", "nobody", 1)
		}), "value must be one of"},
	}
	for _, row := range rows {
		c.Notices(t, row.name, row.r, row.sent, row.got.answer(), row.want)
	}
}

// TestDocumentHasTheWebhooks: what endpoints are told, in any casing, is what the document says.
func TestDocumentHasTheWebhooks(t *testing.T) {
	t.Parallel()
	h := newStage(t, setup{})
	for _, key := range []string{liveKey, sandboxKey} {
		for _, inflection := range []string{"snake", "camel", "kebab"} {
			h.hook(key, h.inbox.URL, `"key_inflection":"`+inflection+`"`)
		}
	}
	id := h.waiting()
	h.do("POST", "/api/v1/sessions/"+id+"/external-decision", liveKey, `{"decision":"reject"}`).want(200)
	for _, action := range []string{"approve", "decline", "require-review", "expire"} {
		id := h.create(sandboxKey, everything)
		h.do("POST", "/api/v1/sessions/"+id+"/generate-one-time-link", sandboxKey, nil).want(201)
		h.simulate(id, action)
		h.settle() // what is not yet told is erased with the rest
		h.do("DELETE", "/api/v1/sessions/"+id+"/data", sandboxKey, nil).want(200)
	}
	h.do("POST", h.review(true)+"/approve", sandboxKey, nil).want(200)
	h.settle()
	kinds := map[string]bool{}
	for _, l := range h.inbox.take() {
		checkWebhook(t, l.body)
		kinds[l.value("event")] = true
		for name, want := range map[string]string{"X-Verifa-Signature": `^t=[0-9]+,v1=[0-9a-f]{64}$`, "X-Verifa-Delivery-Id": `.`} {
			if got := l.header.Get(name); !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("%s: got %s %q", l.body, name, got)
			}
		}
	}
	if len(kinds) < 12 {
		t.Errorf("got %d kinds of events, want most of them: %v", len(kinds), kinds)
	}
}
