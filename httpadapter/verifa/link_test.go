package verifa_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// oneTime makes a one-time link and gives its answer, and its path.
func (h *house) oneTime(id string, body any) (result, string) {
	h.Helper()
	got := h.do("POST", "/api/v1/sessions/"+id+"/generate-one-time-link", liveKey, body).want(http.StatusCreated)
	return got, strings.TrimPrefix(got.text("capture_url"), "https://api.example")
}

func TestOneTimeLink(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, first := h.capture(liveKey, nil)
	made, link := h.oneTime(id, nil)
	if made.text("session_id") != id || made.text("status") != "active" || made.text("created_at") != "2026-03-01T12:00:00Z" ||
		made.text("expires_at") != "2026-03-01T12:20:00Z" || !strings.HasPrefix(made.text("qr_code_data_url"), "data:image/png;base64,") ||
		!strings.HasPrefix(made.text("id"), "link_") {
		t.Errorf("got %s", made.body)
	}
	h.do("GET", first, noKey, nil).refused(400, "token_revoked")
	h.do("POST", link+"/consent", noKey, map[string]string{"consent_version": "1"}).refused(400, "token_not_visited")
	if got := h.do("HEAD", link, noKey, nil).want(http.StatusOK); got.body != "" {
		t.Errorf("HEAD: got %q", got.body)
	}
	visit := h.do("GET", link, noKey, nil).want(http.StatusOK)
	h.do("GET", link, noKey, nil).refused(400, "token_consumed")
	h.do("POST", link+"/consent", noKey, map[string]string{"consent_version": "1"}).refused(400, "token_consumed")
	capture := "/verify/" + visit.text("token")
	if visit.text("capture_url") != "https://api.example"+capture {
		t.Errorf("got %s", visit.body)
	}
	for range 2 {
		if got := h.do("GET", capture, noKey, nil).want(http.StatusOK); got.value("token") != nil {
			t.Errorf("got %s", got.body)
		}
	}
	h.consent(capture)
}

// TestOneTimeLinkLife: each life to the microsecond, and those that there are not.
func TestOneTimeLinkLife(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	rows := []struct {
		body string
		life time.Duration // 0: refused
	}{
		{`{}`, 20 * time.Minute},
		{`{"expires_in_minutes":null}`, 20 * time.Minute},
		{`{"expires_in_minutes":1}`, time.Minute},
		{`{"expiresInMinutes":60}`, time.Hour},
		{`{"expires-in-minutes":43200}`, 30 * day},
		{`{"expires_in_minutes":0}`, 0},
		{`{"expires_in_minutes":-1}`, 0},
		{`{"expires_in_minutes":43201}`, 0},
		{`{"expires_in_minutes":1.5}`, 0},
		{`{"expires_in_minutes":1e400}`, 0},
		{`{"expires_in_minutes":9007199254740993}`, 0},
		{`{"expires_in_minutes":"60"}`, 0},
		{`{"expires_in_minutes":1,"expiresInMinutes":1}`, 0},
		{`{"expires_in_hours":1}`, 0},
	}
	for _, row := range rows {
		id := h.create(liveKey, nil)
		if row.life == 0 {
			h.do("POST", "/api/v1/sessions/"+id+"/generate-one-time-link", liveKey, row.body).refused(422, "validation_error")
			continue
		}
		made, link := h.oneTime(id, row.body)
		if want := h.clock.Now().Add(row.life).Format(time.RFC3339); made.text("expires_at") != want {
			t.Errorf("%s: got %s, want %s", row.body, made.text("expires_at"), want)
		}
		h.clock.Add(row.life - time.Microsecond)
		h.do("HEAD", link, noKey, nil).want(http.StatusOK)
		h.clock.Add(time.Microsecond)
		h.do("GET", link, noKey, nil).refused(400, "token_expired")
		if status := h.status(liveKey, id); status != "expired" {
			t.Errorf("%s: the session is %s", row.body, status)
		}
	}
}

// TestVisitsAtOnce: of ten visits of a one-time link one is answered with the token of the capture.
func TestVisitsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	_, link := h.oneTime(id, nil)
	var won atomic.Int64
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			switch got := h.do("GET", link, noKey, nil); {
			case got.status == http.StatusOK && got.text("token") != "":
				won.Add(1)
			case got.status != http.StatusBadRequest || got.text("error") != "token_consumed":
				t.Errorf("got %d %s", got.status, got.body)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d visits won", won.Load())
	}
}

// TestLinks: the list, newest first, with what has become of each.
func TestLinks(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	path := "/api/v1/sessions/" + id + "/links"
	if got := h.do("GET", path, liveKey, nil).want(http.StatusOK); got.body != `{"data":[]}` {
		t.Errorf("got %s", got.body)
	}
	first, _ := h.oneTime(id, nil)
	second, link := h.oneTime(id, nil)
	h.do("GET", link, noKey, nil).want(http.StatusOK)
	third, _ := h.oneTime(id, nil)
	list := h.do("GET", path, liveKey, nil).want(http.StatusOK)
	for i, want := range []struct {
		made   result
		status string
	}{{third, "active"}, {second, "consumed"}, {first, "revoked"}} {
		at := "data." + string(rune('0'+i)) + "."
		url := map[bool]string{true: want.made.text("capture_url")}[want.status == "active"]
		if list.text(at+"id") != want.made.text("id") || list.text(at+"status") != want.status || list.text(at+"capture_url") != url {
			t.Errorf("%d: got %s, want %s, which is %s", i, list.body, want.made.text("id"), want.status)
		}
	}
	h.clock.Add(20 * time.Minute)
	if got := h.do("GET", path, liveKey, nil).text("data.0.status"); got != "expired" {
		t.Errorf("got %s", got)
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, first := h.capture(liveKey, nil)
	h.upload(liveKey, id, "selfie").want(http.StatusCreated)
	h.clock.Add(20 * time.Minute)
	h.do("GET", first, noKey, nil).refused(400, "token_expired")
	h.do("POST", "/api/v1/sessions/"+id+"/generate-one-time-link", liveKey, nil).refused(400, "invalid_request")
	got := h.do("POST", "/api/v1/sessions/"+id+"/resume", liveKey, nil).want(http.StatusOK)
	if got.text("id") != id || got.text("status") != "pending" || got.text("expires_at") != "2026-03-01T12:40:00Z" ||
		!strings.HasPrefix(got.text("qr_code_data_url"), "data:image/png") {
		t.Errorf("got %s", got.body)
	}
	second := strings.TrimPrefix(got.text("capture_url"), "https://api.example")
	if second == first {
		t.Errorf("the link is the old one: %s", second)
	}
	h.do("GET", first, noKey, nil).refused(400, "token_revoked")
	if kept := h.do("GET", second, noKey, nil).want(http.StatusOK); kept.text("uploaded_documents.0") != "selfie" {
		t.Errorf("got %s", kept.body)
	}
	h.do("POST", "/api/v1/sessions/"+id+"/resume", liveKey, nil).want(http.StatusOK) // also an active one
}

// TestGuards: what is not possible where the session stands is 400.
func TestGuards(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	invited := map[string]any{"send_email": true, "applicant_email": "jane@example.com"}
	in := map[string]func() string{
		"expired": func() string {
			id := h.create(liveKey, invited)
			h.do("POST", "/api/v1/sessions/"+id+"/expire", liveKey, nil).want(http.StatusOK)
			return id
		},
		"submitted": func() string {
			id := h.create(liveKey, invited)
			h.upload(liveKey, id, "id_front").want(http.StatusCreated)
			h.do("POST", "/api/v1/sessions/"+id+"/submit", liveKey, nil).want(http.StatusOK)
			return id
		},
		"completed": func() string {
			id := h.create(sandboxKey, invited)
			h.simulate(id, "approve")
			return id
		},
		"redacted": func() string {
			id := h.create(liveKey, invited)
			h.do("DELETE", "/api/v1/sessions/"+id+"/data", liveKey, nil).want(http.StatusOK)
			return id
		},
	}
	rows := []struct{ what, where string }{
		{"resume", "submitted"}, {"resume", "completed"}, {"resume", "redacted"},
		{"expire", "expired"}, {"expire", "completed"}, {"expire", "redacted"},
		{"generate-one-time-link", "expired"}, {"generate-one-time-link", "submitted"}, {"generate-one-time-link", "completed"},
		{"generate-one-time-link", "redacted"},
		{"resend-invite", "expired"}, {"resend-invite", "submitted"}, {"resend-invite", "completed"}, {"resend-invite", "redacted"},
	}
	for _, row := range rows {
		key := liveKey
		if row.where == "completed" {
			key = sandboxKey
		}
		got := h.do("POST", "/api/v1/sessions/"+in[row.where]()+"/"+row.what, key, nil)
		if got.status != http.StatusBadRequest || got.text("error") != "invalid_request" {
			t.Errorf("%s of a session that is %s: got %d %s", row.what, row.where, got.status, got.body)
		}
	}
	id := h.create(liveKey, nil)
	h.upload(liveKey, id, "id_front").want(http.StatusCreated)
	got := h.do("POST", "/api/v1/sessions/"+id+"/expire", liveKey, nil).want(http.StatusOK)
	if got.text("status") != "expired" || got.text("expired_at") != "2026-03-01T12:00:00Z" {
		t.Errorf("got %s", got.body)
	}
}

func TestResendInvite(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	plain := h.create(liveKey, nil)
	h.do("POST", "/api/v1/sessions/"+plain+"/resend-invite", liveKey, nil).refused(400, "invalid_request")
	id := h.create(liveKey, map[string]any{"send_email": true, "applicant_email": "jane@example.com"})
	for n := range 5 {
		got := h.do("POST", "/api/v1/sessions/"+id+"/resend-invite", liveKey, nil).want(http.StatusOK)
		if want := string(rune('0' + n + 2)); got.text("invites_sent") != want || got.text("status") != "pending" {
			t.Errorf("got %s, want %s invitations", got.body, want)
		}
	}
	h.do("POST", "/api/v1/sessions/"+id+"/resend-invite", liveKey, nil).refused(400, "invalid_request")
}

// TestLinkVerbsOnce: with a key each is done once.
func TestLinkVerbsOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, map[string]any{"send_email": true, "applicant_email": "jane@example.com"})
	h.upload(liveKey, id, "id_front").want(http.StatusCreated)
	for _, what := range []string{"resend-invite", "generate-one-time-link", "resume", "submit"} {
		if what == "submit" {
			h.upload(liveKey, id, "id_front").want(http.StatusCreated)
		}
		c := call{method: "POST", path: "/api/v1/sessions/" + id + "/" + what, key: liveKey, body: "{}", header: map[string]string{"Idempotency-Key": what}}
		first := h.call(c)
		if again := h.call(c); first.status/100 != 2 || again.body != first.body || again.status != first.status || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s: got %d %s, then %d %s", what, first.status, first.body, again.status, again.body)
		}
	}
	s := must(h.engine.Get(t.Context(), sessionID(id)))
	if len(s.Facts.Links) != 3 || s.Facts.Invite.Sent != 2 || s.Status != session.StatusSubmitted {
		t.Errorf("%d links, %d invitations, and the session is %s", len(s.Facts.Links), s.Facts.Invite.Sent, s.Status)
	}
}
