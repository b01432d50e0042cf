package verifa_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// consent has the person agree.
func (h *house) consent(capture string) {
	h.Helper()
	h.do("POST", capture+"/consent", noKey, map[string]string{"consent_version": "2026-01"}).want(http.StatusOK)
}

// captureFile uploads a picture as the person.
func (h *house) captureFile(capture, step, file string) result {
	h.Helper()
	return h.captureForm(capture, step, field{"file", file})
}

// captureForm uploads a form as the person.
func (h *house) captureForm(capture, step string, fields ...field) result {
	h.Helper()
	body, kind := formOf(fields...)
	return h.call(call{method: "POST", path: capture + "/" + step, body: body, kind: kind})
}

// TestCapture: from the first visit to the outcome, live and in a sandbox.
func TestCapture(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, key, status string }{
		{"live", liveKey, "processing"}, {"sandbox", sandboxKey, "sandbox_pending"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{})
			id, capture := h.capture(row.key, map[string]any{
				"country": "de", "redirect_url": "https://shop.example/done", "checks": []string{"face_match"},
				"fields": map[string]any{"first_name": "Jane", "address": map[string]string{"city": "Exampleville"}},
			})
			visit := h.do("GET", capture, noKey, nil).want(http.StatusOK)
			for path, want := range map[string]string{
				"session_id": id, "status": "pending", "country": "DE", "redirect_url": "https://shop.example/done",
				"fields.first_name": "Jane", "fields.address.city": "Exampleville", "consent_given": "false", "document_type": "",
				"document_types.1": "drivers_license", "required_documents.0": "id_front", "required_documents.1": "selfie",
				"uploaded_documents.0": "", "expires_at": "2026-03-01T12:20:00Z", "token": "", "is_sandbox": fmt.Sprint(row.key == sandboxKey),
			} {
				if got := visit.text(path); got != want {
					t.Errorf("%s: got %q, want %q", path, got, want)
				}
			}
			h.captureFile(capture, "front", picture).refused(400, "consent_required")
			h.do("POST", capture+"/document-type", noKey, `{"document_type":"passport"}`).refused(400, "consent_required")
			h.do("POST", capture+"/data", noKey, `{"first_name":"Jane"}`).refused(400, "consent_required")
			h.do("POST", capture+"/complete", noKey, nil).refused(400, "consent_required")
			h.consent(capture)
			if status := h.status(row.key, id); status != "capturing" {
				t.Errorf("after the consent: %s", status)
			}
			if got := h.do("POST", capture+"/complete", noKey, nil).refused(400, "documents_missing"); got.text("detail") != "Missing: document_type, id_front, selfie." {
				t.Errorf("got %s", got.body)
			}
			h.do("POST", capture+"/document-type", noKey, `{"documentType":"national_id","country":"de"}`).want(http.StatusOK)
			h.captureFile(capture, "front", picture).want(http.StatusCreated)
			h.captureFile(capture, "front", heic).refused(422, "validation_error")
			back := h.captureFile(capture, "back", jpeg).want(http.StatusCreated)
			if want := `{"session_id":"` + id + fmt.Sprintf(`","status":"capturing","is_sandbox":%t,`, row.key == sandboxKey) + `"document_type":"id_back","mime_type":"image/jpeg","file_size_bytes":21,"created_at":"2026-03-01T12:00:00Z"}`; back.body != want {
				t.Errorf("got %s, want %s", back.body, want)
			}
			if got := h.do("POST", capture+"/complete", noKey, nil).refused(400, "documents_missing"); got.text("detail") != "Missing: selfie." {
				t.Errorf("got %s", got.body)
			}
			h.captureFile(capture, "selfie", picture).want(http.StatusCreated)
			h.captureForm(capture, "proof-of-address", field{"poa_document_type", "utility_bill"}, field{"file", pdf}).want(http.StatusCreated)
			h.do("POST", capture+"/data", noKey, `{"firstName":"Jane","address":{"ZIP":"1"}}`).want(http.StatusOK)
			state := h.do("POST", capture+"/signals", noKey, `{"signals":["devtools_open"]}`).want(http.StatusOK)
			if state.text("document_type") != "national_id" || state.text("uploaded_documents.3") != "proof_of_address" || state.value("fields") != nil {
				t.Errorf("got %s", state.body)
			}
			done := h.do("POST", capture+"/complete", noKey, nil).want(http.StatusOK)
			if done.text("status") != row.status || done.text("redirect_url") != "https://shop.example/done" {
				t.Errorf("got %s", done.body)
			}
			for _, step := range []string{"", "/consent", "/front", "/data", "/complete"} {
				method := "POST"
				if step == "" {
					method = "GET"
				}
				h.do(method, capture+step, noKey, `{}`).refused(400, "token_completed")
			}
			h.checkCaptured(row.key, id)
			if row.key == liveKey {
				h.do("POST", capture+"/sandbox-outcome", noKey, `{"outcome":"approve"}`).refused(403, "forbidden")
				return
			}
			h.do("POST", capture+"/sandbox-outcome", noKey, `{"outcome":"decline"}`).refused(422, "validation_error")
			if got := h.do("POST", capture+"/sandbox-outcome", noKey, `{"outcome":"needs_review"}`).want(http.StatusOK); got.body != `{"session_id":"`+id+`","status":"under_review","is_sandbox":true,"outcome":"needs_review"}` {
				t.Errorf("got %s", got.body)
			}
			if got := h.do("POST", capture+"/sandbox-outcome", noKey, `{"outcome":"reject"}`).want(http.StatusOK); got.text("status") != "completed" {
				t.Errorf("got %s", got.body)
			}
			h.do("POST", capture+"/sandbox-outcome", noKey, `{"outcome":"approve"}`).refused(400, "invalid_request")
		})
	}
}

// checkCaptured looks at what the engine has of the capture of TestCapture.
func (h *house) checkCaptured(key, id string) {
	h.Helper()
	engine := h.engine
	if key == sandboxKey {
		engine = engine.For(sandboxID)
	}
	s := must(engine.Get(h.Context(), sessionID(id)))
	if c := s.Consent(); c == nil || c.Version != "2026-01" || c.IP != "127.0.0.1" || !c.At.Equal(h.clock.Now()) {
		h.Errorf("the consent is %+v", c)
	}
	if c := s.Choice(); c == nil || c.Type != "national_id" || c.Country != "DE" {
		h.Errorf("the choice is %+v", c)
	}
	if got := string(s.Given()); got != `{"first_name":"Jane","address":{"zip":"1"}}` {
		h.Errorf("the data are %s", got)
	}
	if got := s.Signals(); len(got) != 1 || got[0] != "devtools_open" {
		h.Errorf("the signals are %v", got)
	}
	if len(s.Media) != 4 || s.Attempts[0].Submitter != session.ActorPerson {
		h.Errorf("%d media, submitted by %s", len(s.Media), s.Attempts[0].Submitter)
	}
	if got := h.do("GET", "/api/v1/sessions/"+id, key, nil); got.text("consent_ip") != "127.0.0.1" || got.text("document_type") != "national_id" {
		h.Errorf("got %s", got.body)
	}
}

// TestWrongTokens: what is no token of this language is not found, byte for byte as one that nobody has.
func TestWrongTokens(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	_, capture := h.capture(liveKey, nil)
	good := strings.TrimPrefix(capture, "/verify/")
	other := must(h.engine.For(veriffID).Create(t.Context(), session.Facts{}))
	redacted, dead := h.capture(liveKey, nil)
	h.do("DELETE", "/api/v1/sessions/"+redacted+"/data", liveKey, nil).want(http.StatusOK)
	rows := map[string]string{
		"nobody's":            good[:len(good)-10] + "AAAAAAAAAA",
		"without its prefix":  good[4:],
		"another prefix":      "ses_" + good[4:],
		"cut short":           good[:len(good)-1],
		"longer":              good + "A",
		"with padding":        good + "=",
		"empty":               "tok_",
		"no base64":           "tok_%25%25",
		"of another language": "tok_" + other.LinkToken(),
		"of a redacted one":   strings.TrimPrefix(dead, "/verify/"),
		"very long":           "tok_" + strings.Repeat("A", 10_000),
	}
	want := `{"error":"not_found","detail":"Session not found.","status_code":404}`
	for name, token := range rows {
		for _, step := range []string{"", "/consent", "/document-type", "/front", "/back", "/selfie", "/proof-of-address", "/data", "/signals", "/complete", "/sandbox-outcome"} {
			method := "POST"
			if step == "" {
				method = "GET"
			}
			if got := h.do(method, "/verify/"+token+step, noKey, nil); got.status != http.StatusNotFound || got.body != want {
				t.Errorf("%s, %s: got %d %s", name, step, got.status, got.body)
			}
		}
	}
	h.do("GET", capture, noKey, nil).want(http.StatusOK)
}

// TestTokenOfAnotherSession: each token opens its own alone.
func TestTokenOfAnotherSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	a, first := h.capture(liveKey, nil)
	b, second := h.capture(liveKey, nil)
	h.consent(first)
	if got := h.do("GET", second, noKey, nil).want(http.StatusOK); got.text("session_id") != b || got.text("consent_given") != "false" {
		t.Errorf("got %s", got.body)
	}
	if h.status(liveKey, a) != "capturing" || h.status(liveKey, b) != "pending" {
		t.Errorf("%s and %s", h.status(liveKey, a), h.status(liveKey, b))
	}
}

// TestTokenLife: 20 minutes to the microsecond, for every step.
func TestTokenLife(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, capture := h.capture(liveKey, nil)
	h.clock.Add(20*time.Minute - time.Microsecond)
	h.consent(capture)
	h.clock.Add(time.Microsecond)
	h.do("GET", capture, noKey, nil).refused(400, "token_expired")
	h.do("POST", capture+"/consent", noKey, `{"consent_version":"1"}`).refused(400, "token_expired")
	h.captureFile(capture, "front", picture).refused(400, "token_expired")
	h.do("POST", capture+"/complete", noKey, nil).refused(400, "token_expired")
	if got := h.do("GET", "/api/v1/sessions/"+id, liveKey, nil); got.text("status") != "expired" || got.value("capture_url") != nil {
		t.Errorf("got %s", got.body)
	}
}

// TestCaptureBodies: what is refused of each step's body, and takes no effect.
func TestCaptureBodies(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, capture := h.capture(liveKey, nil)
	h.consent(capture)
	long := strings.Repeat("x", 256)
	rows := []struct{ step, body, field string }{
		{"consent", `{}`, "consent_version"},
		{"consent", `{"consent_version":""}`, "consent_version"},
		{"consent", `{"consent_version":7}`, "consent_version"},
		{"consent", `{"consent_version":"` + long + `"}`, "consent_version"},
		{"consent", `{"consent_version":"1","consentVersion":"2"}`, "consentVersion"},
		{"consent", `{"consent_version":"1","accepted":false}`, "accepted"},
		{"document-type", `{}`, "document_type"},
		{"document-type", `{"document_type":"id_card"}`, "document_type"},
		{"document-type", `{"document_type":"passport","country":"Germany"}`, "country"},
		{"document-type", `{"document_type":"passport","status":"completed"}`, "status"},
		{"data", ``, "data"},
		{"data", `{"first_name":"a","firstName":"b"}`, "firstName"},
		{"data", `{"address":{"zip":"a","ZIP":"b"}}`, "address.ZIP"},
		{"data", `{"fields":{"first_name":"a"},"firstName":"b"}`, "firstName"},
		{"data", `{"shoe":1,"fields":{"shoe":2}}`, "fields.shoe"},
		{"data", `{"fields":"Jane"}`, "fields"},
		{"data", `{"x":"` + strings.Repeat("x", 64<<10) + `"}`, "data"},
		{"signals", `{}`, "signals"},
		{"signals", `{"signals":[]}`, "signals"},
		{"signals", `{"signals":"devtools_open"}`, "signals"},
		{"signals", `{"signals":[1]}`, "signals"},
		{"signals", `{"signals":["happy"]}`, "signals.0"},
		{"signals", `{"signals":["bot_detected","happy"]}`, "signals.1"},
		{"signals", `{"signals":["devtools_open"],"risk_score":0}`, "risk_score"},
		{"sandbox-outcome", `{}`, "403"},
	}
	for _, row := range rows {
		got := h.do("POST", capture+"/"+row.step, noKey, row.body)
		if row.field == "403" {
			got.refused(http.StatusForbidden, "forbidden")
			continue
		}
		if got.status != 422 || got.text("detail.0.field") != row.field {
			t.Errorf("%s %.60s: got %d %s, want 422 for %s", row.step, row.body, got.status, got.body, row.field)
		}
	}
	for _, body := range []string{`[]`, `"x"`, `null`, `7`, `{"a":1}{`, `{"a":1e}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"a":"\u0000"}`, "\ufeff{}", strings.Repeat(`{"a":`, 20_000)} {
		for _, step := range []string{"consent", "document-type", "data", "signals"} {
			if got := h.do("POST", capture+"/"+step, noKey, body); got.status != 400 {
				t.Errorf("%s %.20q: got %d %s", step, body, got.status, got.body)
			}
		}
	}
	for _, kind := range []string{"text/plain", "application/json; charset=utf-16", "multipart/form-data"} {
		h.call(call{method: "POST", path: capture + "/data", body: `{"a":1}`, kind: kind}).refused(400, "invalid_request")
	}
	s := must(h.engine.Get(t.Context(), sessionID(id)))
	if len(s.Findings) != 1 {
		t.Errorf("%d findings, want the consent alone", len(s.Findings))
	}
}

// TestConsentIsWhereItComesFrom: what the client says of its address does not count.
func TestConsentIsWhereItComesFrom(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, capture := h.capture(liveKey, nil)
	h.call(call{method: "POST", path: capture + "/consent", body: `{"consent_version":"1","ip":"10.1.1.1","at":"2000-01-01T00:00:00Z"}`, header: map[string]string{
		"X-Forwarded-For": "10.1.1.1", "X-Real-IP": "10.1.1.1", "Forwarded": "for=10.1.1.1",
	}}).want(http.StatusOK)
	if c := must(h.engine.Get(t.Context(), sessionID(id))).Consent(); c.IP != "127.0.0.1" || !c.At.Equal(h.clock.Now()) {
		t.Errorf("got %+v", c)
	}
}

// TestCompleteOnce: who has a key may come again; of many at once one completes.
func TestCompleteOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	ready := func() (id, capture string) {
		id, capture = h.capture(liveKey, nil)
		h.consent(capture)
		h.do("POST", capture+"/document-type", noKey, `{"type":"passport"}`).want(http.StatusOK)
		h.captureFile(capture, "front", picture).want(http.StatusCreated)
		return id, capture
	}
	_, capture := ready()
	c := call{method: "POST", path: capture + "/complete", header: map[string]string{"Idempotency-Key": "k"}}
	first := h.call(c).want(http.StatusOK)
	if again := h.call(c).want(http.StatusOK); again.body != first.body || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("got %s, want %s again", again.body, first.body)
	}
	c.header["Idempotency-Key"] = "other"
	h.call(c).refused(400, "token_completed")

	id, capture := ready()
	var all sync.WaitGroup
	var won atomic.Int64
	for range 8 {
		all.Go(func() {
			switch got := h.do("POST", capture+"/complete", noKey, nil); {
			case got.status == http.StatusOK:
				won.Add(1)
			case got.text("error") != "token_completed":
				t.Errorf("got %d %s", got.status, got.body)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || h.status(liveKey, id) != "processing" {
		t.Errorf("%d completed it, and it is %s", won.Load(), h.status(liveKey, id))
	}
}

// TestCaptureOfPages: a page of any origin may capture, and read what it is answered.
func TestCaptureOfPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	_, capture := h.capture(liveKey, nil)
	asks := map[string]string{"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
	got := h.call(call{method: "OPTIONS", path: capture + "/front", header: asks}).want(http.StatusNoContent)
	if got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("got %v", got.header)
	}
	for _, step := range []string{"", "/nothing"} {
		got := h.call(call{method: "GET", path: capture + step, header: map[string]string{"Origin": "https://shop.example"}})
		if step == "" && got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("got %v", got.header)
		}
	}
}

// TestCaptureIsCounted: by where it comes from, also with tokens that nobody has.
func TestCaptureIsCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	h.server.Close()
	small := plan
	small.Requests = 2
	h = newHouse(t, setup{config: configOf(small)})
	for range 2 {
		h.do("GET", "/verify/tok_x", noKey, nil).refused(404, "not_found")
	}
	got := h.do("GET", "/verify/tok_x", noKey, nil).refused(429, "rate_limited")
	if got.header.Get("Retry-After") != "60" {
		t.Errorf("got %v", got.header)
	}
}

// TestCaptureTellsNothingInside: neither ids of media nor who else there is.
func TestCaptureTellsNothingInside(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, capture := h.capture(liveKey, map[string]any{"external_ref": "canary-ref", "metadata": map[string]any{"k": "canary-meta"}, "tags": []string{"canary-tag"}})
	h.consent(capture)
	answers := h.captureFile(capture, "front", picture).body + h.do("GET", capture, noKey, nil).body +
		h.do("POST", capture+"/data", noKey, `{"a":"canary-data"}`).body
	for _, secret := range []string{"canary", "doc_", strings.ReplaceAll(liveID.String(), "-", ""), "127.0.0.1"} {
		if strings.Contains(answers, secret) {
			t.Errorf("%q is in %s", secret, answers)
		}
	}
	for _, ev := range must(h.engine.Events(t.Context(), session.AuditList{ResourceID: sessionID(id).String()})).Audited {
		if strings.Contains(ev.About.Path, "tok_") || ev.By == session.ActorPerson && ev.About.IP != "" {
			t.Errorf("the log has %+v", ev.About)
		}
	}
}
