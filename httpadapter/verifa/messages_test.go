package verifa_test

import (
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
)

// TestMessages: whoever is refused reads what would be right, and nothing of what was sent.
func TestMessages(t *testing.T) {
	t.Parallel()
	h := newStage(t, setup{config: verifa.Config{CheckURL: func(url string) error { return webhook.CheckURL(url, false) }}})
	hook, _ := h.hook(liveKey, "https://shop.example/hook")
	capture := h.do("POST", "/api/v1/sessions", liveKey, nil).want(201).text("capture_url")
	capture = capture[strings.Index(capture, "/verify/"):]
	review := h.review(true)
	const events = "must be the name of an event: GET /api/v1/webhooks/endpoints/event-types lists them"
	const checks = "must be the name of a check: GET /api/v1/verification-policies lists them"
	condition := func(field, op string) string {
		return `{"name":"w","graph":{"entry":"a","nodes":{"a":{"type":"start","next":"b"},"b":{"type":"conditional","conditions":[{"field":"` +
			field + `","op":"` + op + `","value":1,"next":"c"}],"default":"c"},"c":{"type":"terminal","outcome":"approved"}}}}`
	}
	for _, row := range []struct{ method, path, key, body, field, message string }{
		{"POST", endpoints, liveKey, `{"url":"ftp://shop.example"}`, "url", "the scheme must be https"},
		{"PATCH", hook, liveKey, `{"url":null}`, "url", "must be a string"},
		{"POST", endpoints, liveKey, `{"url":"https://shop.example/","enabled_events":["session.foo"]}`, "enabled_events.0", events},
		{"POST", hook + "/test", liveKey, `{"event_type":"session.foo"}`, "event_type", events},
		{"GET", hook + "/deliveries?event_type=session.foo", liveKey, "", "event_type", events},
		{"POST", review + "/release", sandboxKey, `{"reviewer_id":"eve"}`, "reviewer_id", "is not a member here"},
		{"POST", review + "/reject", sandboxKey, `{"rejection_code":"bogus"}`, "rejection_code", "must be other, document_unreadable or reason_ and the number of a reason to decline, as reason_102: GET /api/v1/openapi.json lists them"},
		{"POST", "/api/v1/sessions", liveKey, `{"checks":["face_match","foo"]}`, "checks.1", checks},
		{"POST", "/api/v1/sessions", liveKey, `{"country":"Germany"}`, "country", "must be the two letters of a country in ISO 3166-1, as EE"},
		{"POST", capture + "/signals", noKey, `{"signals":["vpn_detected","foo"]}`, "signals.1", "must be the name of a signal: GET /api/v1/openapi.json lists them"},
		{"GET", "/api/v1/sessions?status=approved", liveKey, "", "status", "must be pending, capturing, processing, awaiting_external, under_review, completed, expired or failed"},
		{"GET", "/api/v1/sessions?status=approved", sandboxKey, "", "status", "must be pending, capturing, sandbox_pending, awaiting_external, under_review, completed, expired or failed"},
		{"POST", "/api/v1/workflows", liveKey, condition("extracted.age", "="), "graph.nodes.b.conditions.0.op", "must be >=, <=, >, <, ==, !=, in, not_in, contains or exists"},
		{"POST", "/api/v1/workflows", liveKey, condition("metadata.planTier", "=="), "graph.nodes.b.conditions.0.field", "must be a path of lower case letters, digits, _ and full stops, which begins with fields, extracted, checks, risk, metadata or session"},
		{"POST", "/api/v1/workflows", liveKey, `{"name":"w"}`, "graph", "is missing: give graph or steps"},
		{"POST", "/api/v1/workflows", liveKey, `{"name":"w","steps":[]}`, "steps", "must be a list of 1 to 196 steps"},
		{"POST", "/api/v1/workflows", liveKey, `{"name":"w","steps":[{"policy":"foo"}]}`, "", "is not one of the policies that there are"},
	} {
		got := h.do(row.method, row.path, row.key, row.body).refused(422, "validation_error")
		if got.text("detail.0.message") != row.message || row.field != "" && got.text("detail.0.field") != row.field {
			t.Errorf("%s %s %s: got %s, want %s %s", row.method, row.path, row.body, got.body, row.field, row.message)
		}
	}
	if got := h.do("POST", "/api/v1/sessions", liveKey, `{"metadata":{"a":"`+strings.Repeat("a", 1<<20)+`"}}`).refused(413, "invalid_request"); got.text("detail") != "The body is too large: it may have 1 MiB." {
		t.Errorf("a large body: got %s, want how large it may be", got.body)
	}
}

// TestCreationTellsAllFaults at once, those of the body's form and those of what it says.
func TestCreationTellsAllFaults(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	body := `{"external_ref":5,"country":"Germany","redirect_url":"foo","checks":["foo","face_match","bar"],"fields":{"date_of_birth":"x"},"tags":[""]}`
	got := h.do("POST", "/api/v1/sessions", liveKey, body).refused(422, "validation_error")
	for _, field := range []string{"external_ref", "country", "redirect_url", "checks.0", "checks.2", "fields.date_of_birth", "tags"} {
		if strings.Count(got.body, `"field":"`+field+`"`) != 1 {
			t.Errorf("got %s, want %s in it, once", got.body, field)
		}
	}
	if n := len(got.value("detail").([]any)); n != 7 {
		t.Errorf("got %d faults, want 7: %s", n, got.body)
	}
}

// TestSecondSubmission is refused for what the request has: the session that it names.
func TestSecondSubmission(t *testing.T) {
	t.Parallel()
	h := newStage(t, setup{})
	id := h.create(sandboxKey, nil)
	h.simulate(id, "approve")
	got := h.do("POST", "/api/v1/sessions/"+id+"/submit", sandboxKey, nil).refused(422, "validation_error")
	if got.text("detail.0.field") != "id" || got.text("detail.0.message") != "is that of a session that is completed, and cannot be submitted" {
		t.Errorf("got %s, want it to name the session, and where that stands", got.body)
	}
}

// TestLargeUploads are told how large they may be.
func TestLargeUploads(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	large := "must have at most 10 MB, and as a picture at most 250 million pixels"
	for _, file := range []string{picture + strings.Repeat(".", 10<<20), picture + strings.Repeat(".", 11<<20)} {
		got := h.send(liveKey, id, field{"document_type", "id_front"}, field{"file", file}).refused(422, "validation_error")
		if got.text("detail.0.field") != "file" || got.text("detail.0.message") != large {
			t.Errorf("a file of %d bytes: got %s, want %s", len(file), got.body, large)
		}
	}
	var many []field
	for range 70 {
		many = append(many, field{"note", strings.Repeat("x", 1000)})
	}
	if got := h.send(liveKey, id, many...).refused(413, "invalid_request"); got.text("detail") != "The form is too large: beside its file it may have 64 KiB." {
		t.Errorf("a form of many fields: got %s, want how large it may be", got.body)
	}
}
