package verifa_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestTheAuditLog has what was done, who asked for it, and nothing about the person.
func TestTheAuditLog(t *testing.T) {
	t.Parallel()
	h := newHooked(t, setup{})
	id := h.create(sandboxKey, `{"external_ref":"user_17","fields":{"first_name":"Ada"}}`)
	h.clock.Add(time.Minute)
	h.do("GET", "/api/v1/sessions/"+id, sandboxKey, nil).want(http.StatusOK)
	h.clock.Add(time.Minute)
	middle := h.clock.Now()
	h.simulate(id, "approve")
	path, _ := h.hook(sandboxKey, "https://shop.example/")
	h.create(liveKey, nil)
	hookID := strings.TrimPrefix(path, endpoints+"/")

	types := func(query string) string {
		t.Helper()
		r := h.do("GET", "/api/v1/events"+query, sandboxKey, nil).want(http.StatusOK)
		if strings.Contains(r.body, "user_17") || strings.Contains(r.body, "Ada") {
			t.Errorf("%s: got %s, which tells of the person", query, r.body)
		}
		var got []string
		for _, e := range r.value("data").([]any) {
			got = append(got, e.(map[string]any)["type"].(string))
		}
		return strings.Join(got, " ")
	}
	at := url.QueryEscape(middle.Format(time.RFC3339))
	for query, want := range map[string]string{
		"?action=session.approved":                                      "session.approved",
		"?action=session.expired":                                       "",
		"?action=webhook_endpoint.created":                              "webhook_endpoint.created",
		"?action=api.session.read":                                      "api.session.read",
		"?resource_type=webhook_endpoint":                               "webhook_endpoint.created",
		"?resource_id=" + hookID:                                        "webhook_endpoint.created",
		"?q=" + hookID:                                                  "webhook_endpoint.created",
		"?q=session.created":                                            "session.created",
		"?q=session.created&action=session.read":                        "",
		"?q=" + hookID + "&resource_id=" + id:                           "",
		"?q=session.approved&resource_id=" + id:                         "session.approved",
		"?resource_id=" + id + "&created_before=" + at:                  "api.session.read session.created",
		"?resource_id=nobody":                                           "",
		"?created_after=2030-01-01":                                     "",
		"?resource_id=" + id + "&limit=1&created_before=" + at:          "api.session.read",
		"?resource_id=" + id + "&limit=1&offset=1&created_before=" + at: "session.created",
	} {
		if got := types(query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	if got := types("?created_after=" + at); !strings.Contains(got, "session.approved") || strings.Contains(got, "session.created") {
		t.Errorf("after %s: got %q, want the approval alone of the two", at, got)
	}
	first := h.do("GET", "/api/v1/events?action=session.created", sandboxKey, nil)
	one := h.do("GET", "/api/v1/events/"+first.text("data.0.id"), sandboxKey, nil).want(http.StatusOK)
	for name, want := range map[string]string{
		"id": first.text("data.0.id"), "type": "session.created", "resource_type": "session", "resource_id": id, "actor": "api_key:vk_sandbox_ours",
		"ip_address": "127.0.0.1", "request_method": "POST", "request_path": "/api/v1/sessions", "metadata": "map[]",
	} {
		if got := one.text(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	note := h.do("GET", "/api/v1/events?resource_type=webhook_endpoint", sandboxKey, nil)
	if r := h.do("GET", "/api/v1/events/"+note.text("data.0.id"), sandboxKey, nil).want(http.StatusOK); r.text("resource_id") != hookID || r.text("request_path") != endpoints {
		t.Errorf("got %s, want the endpoint's creation", r.body)
	}
	h.do("GET", "/api/v1/events/"+first.text("data.0.id"), liveKey, nil).refused(404, "not_found")
	h.do("GET", "/api/v1/events/"+first.text("data.0.id"), theirKey, nil).refused(404, "not_found")
	for _, query := range []string{"?limit=0", "?action=made-up", "?created_after=yesterday", "?cursor=aud_", "?limit=1&limit=2"} {
		h.do("GET", "/api/v1/events"+query, sandboxKey, nil).refused(422, "validation_error")
	}
}

// TestPagesOfTheAuditLog: by the cursor everything comes once, newest first.
func TestPagesOfTheAuditLog(t *testing.T) {
	t.Parallel()
	h := newHooked(t, setup{})
	for range 3 {
		h.clock.Add(time.Second)
		h.simulate(h.create(sandboxKey, nil), "approve")
		h.hook(sandboxKey, "https://shop.example/")
	}
	all := h.do("GET", "/api/v1/events?limit=100", sandboxKey, nil).want(http.StatusOK).value("data").([]any)
	seen := map[string]bool{}
	last := "~"
	for cursor := ""; ; {
		r := h.do("GET", "/api/v1/events?limit=4"+cursor, sandboxKey, nil).want(http.StatusOK)
		for _, e := range r.value("data").([]any) {
			id := e.(map[string]any)["id"].(string)
			if seen[id] || id >= last {
				t.Errorf("got %s after %s, want each once, newest first", id, last)
			}
			seen[id], last = true, id
		}
		next := r.text("pagination.next_cursor")
		if next == "" {
			break
		}
		cursor = "&cursor=" + next
	}
	if len(seen) != len(all) || len(all) < 15 {
		t.Errorf("got %d by the cursor, want the %d that there are", len(seen), len(all))
	}
}
