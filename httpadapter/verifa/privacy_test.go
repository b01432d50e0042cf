package verifa_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// personal are the texts by which the person of everything and of adult is known.
var personal = []string{
	"Ada", "Specimen", "1990", "ada@example.com", "5555", "49002280000", "Sample Street", "Tallinn", "user_17", "gold", "ada.s@example.com",
	"AB123", "Tartu",
}

func TestRedact(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, everything)
	h.upload(liveKey, id, "selfie").want(201)
	h.decide(id, decision.Verdict{Outcome: decision.Approved, Record: adult()})
	path := "/api/v1/sessions/" + id
	h.clock.Add(time.Minute)
	got := h.do("DELETE", path+"/data", liveKey, nil).want(200)
	for name, want := range map[string]string{
		"status": "deleted", "session_id": id, "documents_removed": "2", "message": "Session data permanently redacted.", "receipt.documents": "2",
		"receipt.key": "destroyed", "receipt.decisions": "1",
	} {
		if is := got.text(name); is != want {
			t.Errorf("got %s %q, want %q: %s", name, is, want, got.body)
		}
	}
	if n := h.blobs.count(); n != 0 {
		t.Errorf("%d files are left", n)
	}
	shown := h.do("GET", path, liveKey, nil).want(200)
	for name, want := range map[string]string{"status": "completed", "retention_status": "redacted", "external_ref": "", "metadata": "map[]", "tags": "[]", "country": ""} {
		if is := shown.text(name); is != want {
			t.Errorf("got %s %q, want %q", name, is, want)
		}
	}
	for _, tail := range []string{"", "/result", "/verifications", "/links", "/documents", "/risk", "/workflow-run", "/export"} {
		got := h.do("GET", path+tail, liveKey, nil)
		for _, secret := range personal {
			if strings.Contains(got.body, secret) {
				t.Errorf("%s: got %s, with %q in it", tail, got.body, secret)
			}
		}
	}
	h.clock.Add(time.Minute)
	if again := h.do("DELETE", path+"/data", liveKey, nil).want(200); again.body != got.body {
		t.Errorf("got %s, want the first receipt again: %s", again.body, got.body)
	}
	for _, c := range []struct{ method, tail, body, code string }{
		{"PATCH", "", `{"metadata":{"a":1}}`, "gone"}, {"POST", "/tags", `{"tag":"a"}`, "gone"}, {"PUT", "/tags", `{"tags":[]}`, "gone"},
		{"POST", "/resume", "", "invalid_request"}, {"POST", "/generate-one-time-link", "", "invalid_request"}, {"GET", "/documents", "", "gone"},
		{"GET", "/risk", "", "gone"}, {"GET", "/export", "", "gone"}, {"POST", "/reprocess", "", "gone"},
	} {
		if got := h.do(c.method, path+c.tail, liveKey, c.body); got.status < 400 || got.text("error") != c.code {
			t.Errorf("%s %s: got %d %s, want %s", c.method, c.tail, got.status, got.body, c.code)
		}
	}
}

// TestReceipt: it is signed, and in any casing of the answer its own names are as they were signed.
func TestReceipt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, everything)
	for _, asked := range []string{"snake", "camel", "kebab"} {
		got := h.call(call{method: "DELETE", path: "/api/v1/sessions/" + id + "/data", key: liveKey, header: map[string]string{"Key-Inflection": asked}}).want(200)
		var v struct {
			Receipt session.Receipt `json:"receipt"`
		}
		if err := json.Unmarshal([]byte(got.body), &v); err != nil {
			t.Fatal(err)
		}
		if err := v.Receipt.Verify(h.engine.ReceiptKey()); err != nil {
			t.Errorf("%s: %v: %s", asked, err, got.body)
		}
		v.Receipt.Documents++
		if v.Receipt.Verify(h.engine.ReceiptKey()) == nil {
			t.Errorf("%s: a changed receipt verifies", asked)
		}
	}
}

// TestRedactAnActiveSession: it is ended first.
func TestRedactAnActiveSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, capture := h.capture(liveKey, everything)
	h.do("DELETE", "/api/v1/sessions/"+id+"/data", liveKey, nil).want(200)
	if s := h.do("GET", "/api/v1/sessions/"+id, liveKey, nil).want(200); s.text("status") != "expired" || s.text("capture_url") != "" {
		t.Errorf("got %s, want it expired", s.body)
	}
	if got := h.do("GET", capture, noKey, nil); got.status != 400 && got.status != 404 {
		t.Errorf("the capture: got %d %s", got.status, got.body)
	}
}

// TestRedactUnderAHold: what must be kept is kept, and whoever asks is told.
func TestRedactUnderAHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	held, other := h.create(liveKey, everything), h.create(liveKey, everything)
	_ = must(h.engine.Hold(context.Background(), sessionID(held)))
	h.do("DELETE", "/api/v1/sessions/"+held+"/data", liveKey, nil).refused(409, "conflict")
	theirs := h.create(theirKey, nil)
	got := h.do("POST", "/api/v1/sessions/bulk-redact", liveKey, map[string]any{
		"session_ids": []string{held, other, other, theirs, "ses_00000000000040008000000000000000", "no id"},
	}).want(200)
	var statuses []string
	for _, r := range got.value("results").([]any) {
		statuses = append(statuses, r.(map[string]any)["status"].(string))
	}
	if want := []string{"held", "deleted", "already_redacted", "not_found", "not_found", "not_found"}; !slices.Equal(statuses, want) || got.text("total") != "6" {
		t.Errorf("got %s of %s, want %s", statuses, got.text("total"), want)
	}
	if first, second := got.value("results.1.receipt"), got.value("results.2.receipt"); first == nil || !reflect.DeepEqual(first, second) {
		t.Errorf("got the receipts %v and %v, want the first one twice", first, second)
	}
	if id := got.text("results.5.session_id"); id != "no id" {
		t.Errorf("got the result of %q, want of what was given", id)
	}
	if s := h.do("GET", "/api/v1/sessions/"+held, liveKey, nil).want(200); s.text("external_ref") != "user_17" {
		t.Errorf("got %s, want what is held", s.body)
	}
	if s := h.do("GET", "/api/v1/sessions/"+theirs, theirKey, nil).want(200); s.text("retention_status") != "active" {
		t.Errorf("got %s: another tenant's was redacted", s.body)
	}
}

func TestBulkRedactRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, everything)
	many := func(n int) string {
		return string(must(json.Marshal(map[string]any{"session_ids": slices.Repeat([]string{id}, n)})))
	}
	for _, row := range []struct{ body, field string }{
		{`{}`, "session_ids"}, {`{"session_ids":[]}`, "session_ids"}, {`{"session_ids":null}`, "session_ids"}, {many(101), "session_ids"},
		{`{"session_ids":"` + id + `"}`, "session_ids"}, {`{"session_ids":["` + id + `",1]}`, "session_ids"},
		{`{"session_ids":["` + id + `"],"all":true}`, "all"}, {`{"sessionIds":["` + id + `"],"session-ids":[]}`, "session-ids"},
	} {
		if got := h.do("POST", "/api/v1/sessions/bulk-redact", liveKey, row.body).refused(422, "validation_error"); got.text("detail.0.field") != row.field {
			t.Errorf("%.80s: got %s, want %s", row.body, got.body, row.field)
		}
	}
	if s := h.do("GET", "/api/v1/sessions/"+id, liveKey, nil).want(200); s.text("retention_status") != "active" {
		t.Errorf("got %s: what was refused had an effect", s.body)
	}
	if got := h.do("POST", "/api/v1/sessions/bulk-redact", liveKey, many(100)).want(200); got.text("total") != "100" || got.text("results.0.status") != "deleted" || got.text("results.99.status") != "already_redacted" {
		t.Errorf("got %s", got.body)
	}
}

// TestExport: everything that is known about the person, and nothing of others.
func TestExport(t *testing.T) {
	t.Parallel()
	h := newHooked(t, setup{})
	in := newInbox(t)
	h.hook(liveKey, in.URL)
	id, capture := h.capture(liveKey, everything)
	h.create(liveKey, `{"external_ref":"somebody else"}`)
	h.consent(capture)
	h.do("POST", capture+"/data", noKey, `{"shoeSize":42}`).want(200)
	h.do("POST", capture+"/signals", noKey, `{"signals":["devtools_open"]}`).want(200)
	h.upload(liveKey, id, "id_front").want(201)
	h.upload(liveKey, id, "selfie").want(201)
	h.do("POST", "/api/v1/sessions/"+id+"/submit", liveKey, nil).want(200)
	h.decide(id, decision.Verdict{Outcome: decision.Approved, Record: adult()})
	h.settle()
	for _, asked := range []string{"snake", "camel", "kebab"} {
		got := h.call(call{method: "GET", path: "/api/v1/sessions/" + id + "/export", key: liveKey, header: map[string]string{"Key-Inflection": asked}}).want(200)
		for _, text := range append(slices.Clone(personal), "42", "devtools_open", "2026-01", "session.approved", in.URL, "ada.s@example.com", "The Shop") {
			if !strings.Contains(got.body, text) {
				t.Errorf("%s: %q is missing in %s", asked, text, got.body)
			}
		}
		if strings.Contains(got.body, "somebody else") {
			t.Errorf("%s: got %s, with somebody else in it", asked, got.body)
		}
		if asked != "snake" {
			continue
		}
		for name, want := range map[string]string{
			"session.id": id, "fields.first_name": "Ada", "capture_data.shoeSize": "42", "result.status": "approved", "result.extracted_data.ssn": "49002280000",
			"decisions.0.status": "approved", "consent.consent_version": "2026-01",
			"invite.applicant_email": "ada.s@example.com", "review_case": "", "case_notes": "[]", "screening": "[]", "fraud_signals.risk_score": "30",
			"webhook_deliveries.0.status": "delivered",
		} {
			if is := got.text(name); is != want {
				t.Errorf("got %s %q, want %q", name, is, want)
			}
		}
		for name, want := range map[string]string{"Content-Disposition": `attachment; filename="export.json"`, "Cache-Control": "no-store", "Content-Type": "application/json"} {
			if is := got.header.Get(name); is != want {
				t.Errorf("got %s %q, want %q", name, is, want)
			}
		}
		if n := len(got.value("documents").([]any)); n != 2 {
			t.Errorf("got %d documents, want 2", n)
		}
		h.checkExportedLinks(got)
	}
	events := h.do("GET", "/api/v1/events?action=api.session.export", liveKey, nil).want(200)
	if n := len(events.value("data").([]any)); n != 3 {
		t.Errorf("got %d entries of exports in the audit log, want 3: %s", n, events.body)
	}
}

// checkExportedLinks opens the documents of an export, for a day and no longer.
func (h *house) checkExportedLinks(export result) {
	h.Helper()
	link := strings.TrimPrefix(export.text("documents.0.download_url"), "https://api.example")
	start := h.clock.Now()
	h.clock.Add(day - time.Second)
	if got := h.do("GET", link, noKey, nil).want(200); got.body != picture {
		h.Errorf("got %q, want what was uploaded", got.body)
	}
	h.clock.Add(time.Second)
	h.do("GET", link, noKey, nil).refused(403, "forbidden")
	h.clock.Set(start)
}

// TestExportOfMany: it is written piece by piece, however many webhooks there were.
func TestExportOfMany(t *testing.T) {
	t.Parallel()
	h := newHooked(t, setup{})
	in := newInbox(t)
	for range 5 {
		h.hook(liveKey, in.URL)
	}
	id := h.create(liveKey, nil)
	for i := range 50 {
		h.clock.Add(time.Second)
		h.do("POST", "/api/v1/sessions/"+id+"/generate-one-time-link", liveKey, fmt.Sprintf(`{"expires_in_minutes":%d}`, i+1)).want(201)
	}
	got := h.do("GET", "/api/v1/sessions/"+id+"/export", liveKey, nil).want(200)
	if n := len(got.value("webhook_deliveries").([]any)); n != 255 {
		t.Errorf("got %d webhooks, want 255", n)
	}
}
