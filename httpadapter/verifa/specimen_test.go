package verifa_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

// TestSpecimens: a test of an event has the form of that event, about a person that there is not.
func TestSpecimens(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	path, _ := h.hook(liveKey, in.URL)
	for name := range verifa.EventNames() {
		h.do("POST", path+"/test", liveKey, `{"event_type":"`+name+`"}`).want(http.StatusOK)
		got := in.take()
		if len(got) != 1 {
			t.Fatalf("%s: got %d webhooks, want one", name, len(got))
		}
		checkWebhook(t, got[0].body)
	}
	for _, row := range []struct {
		event string
		has   []string
		not   string
	}{
		{"session.created", []string{`"status":"pending"`, `"external_ref":"test"`}, `"result"`},
		{"session.started", []string{`"status":"capturing"`}, `"result"`},
		{"session.awaiting_external", []string{`"status":"awaiting_external"`}, `"result"`},
		{"session.approved", []string{`"status":"approved"`, `"identity_id":"idn_`, `"face_match_passed":true`, `"first_name":"Jane"`}, `"case_id"`},
		{"session.declined", []string{`"status":"rejected"`, `"face_match_passed":false`}, `"case_id"`},
		{"session.requires-review", []string{`"status":"needs_review"`, `"face_match_passed":true`}, `"identity_id"`},
		{"session.expired", []string{`"status":"expired"`}, `"result"`},
		{"session.redacted", []string{`"external_ref":null`}, `"result"`},
		{"screening.completed", []string{`"has_match":false`, `"hit_count":0`}, `"result"`},
		{"screening.monitoring.new_hits", []string{`"has_match":true`, `"hit_count":1`}, `"result"`},
		{"identity.created", []string{`"status":"approved"`, `"identity_id":"idn_`}, `"result"`},
		{"case.created", []string{`"status":"open"`, `"case_id":"case_`}, `"result"`},
		{"case.rejected", []string{`"status":"rejected"`, `"case_id":"case_`}, `"result"`},
		{"document.verified", []string{`"status":"pending"`}, `"result"`}, // nothing here leads to it
	} {
		h.do("POST", path+"/test", liveKey, `{"event_type":"`+row.event+`"}`).want(http.StatusOK)
		body := in.take()[0].body
		for _, want := range append(row.has, `"event":"`+row.event+`"`, `"test":true`) {
			if !strings.Contains(body, want) || strings.Contains(body, row.not) {
				t.Errorf("%s: got %s, want %s in it, and not %s", row.event, body, want, row.not)
			}
		}
	}
}
