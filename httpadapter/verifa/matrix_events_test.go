package verifa_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

// objects are ids of what a house has in its sandbox, by the beginning of the path that names them.
func (h *house) objects() map[string]string {
	h.Helper()
	path, _ := h.hook(sandboxKey, "https://shop.example/")
	_, review := h.reviewed(`{"external_ref":"user_17"}`)
	h.do("POST", review+"/approve", sandboxKey, nil).want(http.StatusOK)
	_, review = h.reviewed(nil)
	return map[string]string{
		endpoints:                     strings.TrimPrefix(path, endpoints+"/"),
		"/api/v1/webhooks/deliveries": h.do("GET", path+"/deliveries", sandboxKey, nil).want(http.StatusOK).text("data.0.id"),
		"/api/v1/cases":               strings.TrimPrefix(review, "/api/v1/cases/"),
		"/api/v1/identities":          h.do("GET", identities+"user_17", sandboxKey, nil).want(http.StatusOK).text("id"),
		"/api/v1/events":              h.do("GET", "/api/v1/events", sandboxKey, nil).want(http.StatusOK).text("data.0.id"),
	}
}

// ownEndpoints are those of cases, identities, webhooks and events.
func ownEndpoints() (list []verifa.Endpoint) {
	for _, e := range verifa.Endpoints() {
		name, _, _ := strings.Cut(strings.TrimPrefix(e.Path, "/api/v1/"), "/")
		if slices.Contains([]string{"cases", "identities", "webhooks", "events"}, name) {
			list = append(list, e)
		}
	}
	return list
}

// bodies are those that an endpoint takes, by the end of its path.
var bodies = map[string]string{
	"/claim": `{"reviewer_id":"rev_1"}`, "/notes": `{"text":"fine"}`, "/replay": `{"from":"00000000-0000-4000-8000-000000000000"}`,
}

func bodyOf(e verifa.Endpoint) any {
	if e.Method == http.MethodPost && e.Path == endpoints {
		return `{"url":"https://shop.example/"}`
	}
	if e.Method == http.MethodPost || e.Method == http.MethodPatch {
		return bodies[e.Path[strings.LastIndexByte(e.Path, '/'):]]
	}
	return nil
}

// TestForeignObjectsAreNotThere: what is another tenant's, or of the other environment, is answered byte for byte like
// what does not exist.
func TestForeignObjectsAreNotThere(t *testing.T) {
	t.Parallel()
	h := newHooked(t, setup{})
	ids := h.objects()
	for _, e := range ownEndpoints() {
		before, _, named := strings.Cut(e.Path, "/{id}")
		if !named {
			continue
		}
		id := ids[before]
		none := id[:len(id)-4] + "0000"
		if none == id {
			none = id[:len(id)-4] + "1111"
		}
		missing := h.do(e.Method, strings.Replace(e.Path, "{id}", none, 1), sandboxKey, bodyOf(e)).refused(404, "not_found")
		for name, r := range map[string]result{
			"another tenant's":    h.do(e.Method, strings.Replace(e.Path, "{id}", id, 1), theirKey, bodyOf(e)),
			"the live key's":      h.do(e.Method, strings.Replace(e.Path, "{id}", id, 1), liveKey, bodyOf(e)),
			"what has no form":    h.do(e.Method, strings.Replace(e.Path, "{id}", "x", 1), sandboxKey, bodyOf(e)),
			"of another kind":     h.do(e.Method, strings.Replace(e.Path, "{id}", "ses_00000000000040008000000000000000", 1), sandboxKey, bodyOf(e)),
			"in another spelling": h.do(e.Method, strings.Replace(e.Path, "{id}", strings.ToUpper(id), 1), sandboxKey, bodyOf(e)),
		} {
			if r.status != missing.status || r.body != missing.body || !slices.Equal(headerNames(r), headerNames(missing)) {
				t.Errorf("%s %s, %s: got %d %s, want %s", e.Method, e.Path, name, r.status, r.body, missing.body)
			}
		}
	}
	for path, id := range ids {
		if path == "/api/v1/webhooks/deliveries" {
			continue
		}
		h.do("GET", path+"/"+id, sandboxKey, nil).want(http.StatusOK)
	}
}

func headerNames(r result) (names []string) {
	for name := range r.header {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TestWhoMayDoWhat: each endpoint needs one of its scopes, and a key that is secret, known and in use.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	var keys []auth.APIKey
	text := func(scope string) string {
		return "vk_sandbox_" + strings.NewReplacer(":", "0", "_", "1").Replace(scope) + "0000000000000000"
	}
	for _, scope := range auth.AllScopes() {
		keys = append(keys, keyOf(text(scope), sandboxID, scope))
	}
	off := keyOf("vk_sandbox_"+"inactive00000000", sandboxID)
	off.Active = false
	h := newHooked(t, setup{keys: append(keys, off)})
	ids := h.objects()
	for _, e := range ownEndpoints() {
		path := e.Path
		if before, _, named := strings.Cut(path, "/{id}"); named {
			path = strings.Replace(path, "{id}", ids[before], 1)
		}
		for _, key := range []string{noKey, "vk_sandbox_unknown0000000000", "vk_sandbox_inactive00000000", "nonsense"} {
			h.do(e.Method, path, key, bodyOf(e)).refused(401, "unauthorized")
		}
		h.clock.Add(time.Minute) // such a key may do little a minute
		h.do(e.Method, path, pageKey, bodyOf(e)).refused(403, "forbidden")
		for _, key := range keys {
			if key.May(e.Scopes...) {
				continue // what it does is tested elsewhere
			}
			h.do(e.Method, path, text(key.Scopes[0]), bodyOf(e)).refused(403, "forbidden")
		}
	}
	for want, list := range map[string][]string{
		"webhooks:read": {endpoints, endpoints + "/event-types", endpoints + "/" + ids[endpoints], endpoints + "/" + ids[endpoints] + "/deliveries"},
		"cases:decide":  {"/api/v1/cases", "/api/v1/cases/" + ids["/api/v1/cases"] + "/notes"},
		"cases:write":   {"/api/v1/cases"}, "sessions:read": {"/api/v1/cases", "/api/v1/events"},
		"identities:read": {identities + "user_17", identities + "user_17/sessions", identities + "user_17/export"},
	} {
		for _, path := range list {
			h.do("GET", path, text(want), nil).want(http.StatusOK)
		}
	}
}

// TestEveryScopeIsNeededByName, so that no endpoint is open by mistake.
func TestEveryScopeIsNeededByName(t *testing.T) {
	t.Parallel()
	for _, e := range ownEndpoints() {
		if len(e.Scopes) == 0 {
			t.Errorf("%s %s needs no scope", e.Method, e.Path)
		}
		for _, scope := range e.Scopes {
			if !slices.Contains(auth.AllScopes(), scope) {
				t.Errorf("%s %s: got the scope %q, which there is not", e.Method, e.Path, scope)
			}
		}
		if write := e.Method != http.MethodGet; write && slices.ContainsFunc(e.Scopes, func(s string) bool { return strings.HasSuffix(s, ":read") }) {
			t.Errorf("%s %s: got %v, and a write is not for who may read", e.Method, e.Path, e.Scopes)
		}
	}
}
