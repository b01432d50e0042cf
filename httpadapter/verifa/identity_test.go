package verifa_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

const identities = "/api/v1/identities/"

func TestAnIdentity(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	h.hook(sandboxKey, in.URL, `"enabled_events":["identity.created","identity.updated"]`)
	const ref = "user/17 ä" // it stands in a path
	at := identities + url.PathEscape(ref)
	first := h.create(sandboxKey, map[string]string{"external_ref": ref})
	h.do("GET", at, sandboxKey, nil).refused(404, "not_found")
	h.simulate(first, "approve")
	r := h.do("GET", at, sandboxKey, nil).want(http.StatusOK)
	id := r.text("id")
	if r.text("status") != "approved" || r.text("external_ref") != ref || r.text("last_session_id") != first || r.text("is_sandbox") != "true" {
		t.Errorf("got %s, want it approved by %s", r.body, first)
	}
	h.clock.Add(time.Minute)
	second := h.create(sandboxKey, map[string]string{"external_ref": ref})
	h.simulate(second, "decline")
	r = h.do("GET", identities+id, sandboxKey, nil).want(http.StatusOK)
	if r.text("status") != "rejected" || r.text("external_ref") != ref || r.text("last_session_id") != second {
		t.Errorf("got %s, want it rejected by %s", r.body, second)
	}
	h.settle()
	got := in.take()
	if len(got) != 2 || got[0].value("event") != "identity.created" || got[0].value("identity_id") != id || got[0].value("status") != "approved" ||
		got[1].value("event") != "identity.updated" || got[1].value("status") != "rejected" {
		t.Errorf("got %+v, want it made and brought up to date", got)
	}
	list := h.do("GET", at+"/sessions?limit=1", sandboxKey, nil).want(http.StatusOK)
	if list.text("data.0.id") != second || list.text("pagination.total") != "2" {
		t.Errorf("got %s, want the newest of two", list.body)
	}
	list = h.do("GET", identities+id+"/sessions?limit=1&cursor="+list.text("pagination.next_cursor"), sandboxKey, nil).want(http.StatusOK)
	if list.text("data.0.id") != first || list.text("data.1.id") != "" {
		t.Errorf("got %s, want the other one", list.body)
	}
	h.create(sandboxKey, map[string]string{"external_ref": "another"})
	if list = h.do("GET", at+"/sessions", sandboxKey, nil); list.text("pagination.total") != "2" {
		t.Errorf("got %s, want two", list.body)
	}
}

// TestAnIdentityIsRedacted with all its sessions, and is then to be found by its id alone.
func TestAnIdentityIsRedacted(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	h.hook(sandboxKey, in.URL, `"enabled_events":["identity.updated"]`)
	var sessions []string
	for range 3 {
		id := h.create(sandboxKey, `{"external_ref":"user_17"}`)
		h.simulate(id, "approve")
		sessions = append(sessions, id)
	}
	other := h.create(sandboxKey, `{"external_ref":"user_18"}`)
	h.settle()
	in.take()
	id := h.do("GET", identities+"user_17", sandboxKey, nil).want(http.StatusOK).text("id")
	done := h.with("k", "DELETE", identities+id, sandboxKey, nil).want(http.StatusOK)
	if done.text("status") != "redacted" || done.text("sessions_redacted") != "3" || done.text("identity_id") != id {
		t.Errorf("got %s, want three sessions redacted", done.body)
	}
	if again := h.with("k", "DELETE", identities+id, sandboxKey, nil); again.body != done.body {
		t.Errorf("got %s and then %s, want one answer", done.body, again.body)
	}
	if again := h.do("DELETE", identities+id, sandboxKey, nil).want(http.StatusOK); again.text("status") != "already_redacted" || again.text("sessions_redacted") != "0" {
		t.Errorf("got %s, want nothing more done", again.body)
	}
	for _, s := range sessions {
		if r := h.do("GET", "/api/v1/sessions/"+s, sandboxKey, nil).want(http.StatusOK); r.text("retention_status") != "redacted" || r.text("external_ref") != "" {
			t.Errorf("got %s, want it redacted", r.body)
		}
	}
	if r := h.do("GET", "/api/v1/sessions/"+other, sandboxKey, nil); r.text("retention_status") != "active" {
		t.Errorf("got %s, want the session of somebody else as it was", r.body)
	}
	h.do("GET", identities+"user_17", sandboxKey, nil).refused(404, "not_found")
	r := h.do("GET", identities+id, sandboxKey, nil).want(http.StatusOK)
	if r.text("status") != "redacted" || r.text("external_ref") != "" {
		t.Errorf("got %s, want it redacted", r.body)
	}
	if list := h.do("GET", identities+id+"/sessions", sandboxKey, nil).want(http.StatusOK); list.text("pagination.total") != "0" || list.text("data.0.id") != "" {
		t.Errorf("got %s, want none", list.body)
	}
	h.settle()
	last := in.take()
	if len(last) == 0 || last[len(last)-1].value("status") != "redacted" || strings.Contains(last[len(last)-1].body, "user_17") {
		t.Errorf("got %+v, want it told that it is redacted", last)
	}
}

// TestTheExportOfAnIdentity has the exports of its sessions, and who read them is written down.
func TestTheExportOfAnIdentity(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	for range 2 {
		h.clock.Add(time.Minute)
		h.simulate(h.create(sandboxKey, `{"external_ref":"user_17","fields":{"first_name":"Ada"}}`), "approve")
	}
	r := h.call(call{method: "GET", path: identities + "user_17/export", key: sandboxKey, header: map[string]string{"Key-Inflection": "camel"}}).want(http.StatusOK)
	if r.text("identity.externalRef") != "user_17" || r.text("faceEmbeddingsCount") != "0" || len(r.value("identityLinks").([]any)) != 0 || len(r.value("sessions").([]any)) != 2 {
		t.Errorf("got %s, want two sessions and their person", r.body)
	}
	if r.text("sessions.0.fields.firstName") != "Ada" || r.text("sessions.1.session.externalRef") != "user_17" {
		t.Errorf("got %s, want what was prefilled", r.body)
	}
	if !json.Valid([]byte(r.body)) {
		t.Errorf("got %q, which is not JSON", r.body)
	}
	log := h.do("GET", "/api/v1/events?action=api.identity.export", sandboxKey, nil).want(http.StatusOK)
	if log.text("data.0.resource_id") != r.text("identity.id") || log.text("data.0.actor") != "api_key:vk_sandbox_ours" || log.text("data.0.request_path") != identities+"{id}/export" {
		t.Errorf("got %s, want the export, and no reference in its path", log.body)
	}
	if log = h.do("GET", "/api/v1/events?action=api.session.export", sandboxKey, nil); len(log.value("data").([]any)) != 2 {
		t.Errorf("got %s, want that of both sessions", log.body)
	}
}

// TestReferencesAreNoIDs: a reference that looks like an id finds the person that it is of.
func TestReferencesAreNoIDs(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	const ref = "idn_00000000000040008000000000000001"
	h.simulate(h.create(sandboxKey, map[string]string{"external_ref": ref}), "approve")
	if r := h.do("GET", identities+ref, sandboxKey, nil).want(http.StatusOK); r.text("external_ref") != ref || r.text("id") == ref {
		t.Errorf("got %s, want the person of the reference", r.body)
	}
	for _, name := range []string{"nobody", "idn_00000000000040008000000000000002", "idn_", strings.Repeat("x", 3000), "%00"} {
		h.do("GET", identities+name, sandboxKey, nil).refused(404, "not_found")
	}
	h.do("GET", identities+ref, liveKey, nil).refused(404, "not_found")
	h.do("DELETE", identities+ref, sandboxKey, `{"force":true}`).refused(422, "validation_error")
}

// TestRedactionOfAnIdentityStopsAtAHold, leaves sessions of another wire language alone, and comes to an end.
func TestRedactionOfAnIdentityStopsAtAHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: func(p *session.Policy) { p.RequiresDocuments, p.Workflows = false, false }})
	id := h.create(liveKey, `{"external_ref":"user_17"}`)
	must(h.engine.Submit(t.Context(), sessionID(id)))
	must(h.engine.Decide(t.Context(), sessionID(id), decision.Verdict{Outcome: decision.Approved}))
	theirs := must(h.engine.For(veriffID).Create(t.Context(), session.Facts{ExternalRef: new("user_17")}))
	must(h.engine.Hold(t.Context(), sessionID(id)))
	h.do("DELETE", identities+"user_17", liveKey, nil).refused(409, "conflict")
	must(h.engine.Release(t.Context(), sessionID(id)))
	if r := h.do("DELETE", identities+"user_17", liveKey, nil).want(http.StatusOK); r.text("sessions_redacted") != "1" {
		t.Errorf("got %s, want one session redacted", r.body)
	}
	if s := must(h.engine.For(veriffID).Get(t.Context(), theirs.ID)); !s.RedactedAt.IsZero() {
		t.Error("the session of another wire language is redacted")
	}
}
