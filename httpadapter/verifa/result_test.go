package verifa_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// TestResultOfASandbox is the vendor's sample.
func TestResultOfASandbox(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(sandboxKey, `{"external_ref":"user_17"}`)
	path := "/api/v1/sessions/" + id + "/result"
	h.do("GET", path, sandboxKey, nil).refused(404, "not_found")
	h.simulate(id, "approve")
	now := h.clock.Now().UTC().Format(time.RFC3339)
	got := h.do("GET", path, sandboxKey, nil).want(200)
	const data = `{"date_of_birth":"1997-06-15","document_country":"US","document_number":"SPECIMEN0","document_type":"drivers_license","first_name":"Jane","last_name":"Doe"}`
	want := `{"session_id":"` + id + `","status":"approved","is_sandbox":true,"created_at":"` + now + `","face_match_passed":true,"face_match_score":0.95,` +
		`"age_check_passed":true,"extracted_age":28,"extracted_data":` + data + `,"rejection_reason":null,"rejection_reason_code":null,` +
		`"processing_mode":"simulated","country_used":"US","sensitive_data_expired":false,"check_results":{` + strings.Join([]string{
		simulatedCheck("document_ocr", "extraction", now, ""), simulatedCheck("face_match", "biometric", now, `,"details":{"score":0.95}`),
		simulatedCheck("age_verification", "document", now, ""), simulatedCheck("watchlist_screening", "compliance", now, ""),
		simulatedCheck("risk_assessment", "fraud", now, ""),
	}, ",") + `}}`
	if !sameJSON(got.body, want) {
		t.Errorf("got %s, want %s", got.body, want)
	}
	nested := h.do("GET", "/api/v1/results/"+id, sandboxKey, nil).want(200)
	want = `{"session_id":"` + id + `","status":"approved","created_at":"` + now + `","external_ref":"user_17","result":{"face_match_passed":true,` +
		`"face_match_score":0.95,"age_check_passed":true,"extracted_age":28,"extracted_data":` + data + `},"rejection_reason":null,` +
		`"rejection_reason_code":null,"processing_mode":"simulated"}`
	if !sameJSON(nested.body, want) {
		t.Errorf("got %s, want %s", nested.body, want)
	}
	if !strings.Contains(got.body, `"extracted_data":{`) || strings.Contains(nested.body, "sensitive_data_expired") {
		t.Errorf("got %s", nested.body)
	}
}

// simulatedCheck is a member of check_results that has passed.
func simulatedCheck(name, category, at, more string) string {
	return `"` + name + `":{"policy":"` + name + `","category":"` + category + `","status":"passed","passed":true,"attempt":1,"started_at":"` + at + `","duration_ms":0` + more + `}`
}

// sameJSON reports whether two texts are the same document, but for what a document number may be.
func sameJSON(a, b string) bool {
	var v, w map[string]any
	if json.Unmarshal([]byte(a), &v) != nil || json.Unmarshal([]byte(b), &w) != nil {
		return false
	}
	for _, m := range []map[string]any{v, w} {
		for _, at := range []any{m["extracted_data"], member(m["result"], "extracted_data")} {
			if data, ok := at.(map[string]any); ok {
				for _, name := range []string{"document_number", "document_expiration_date", "full_name", "nationality", "gender", "document_country", "ssn"} {
					delete(data, name)
				}
			}
		}
	}
	x, _ := json.Marshal(v)
	y, _ := json.Marshal(w)
	return string(x) == string(y)
}

func member(of any, name string) any {
	object, _ := of.(map[string]any)
	return object[name]
}

func TestResultOfARejection(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(sandboxKey, nil)
	h.simulate(id, "decline")
	got := h.do("GET", "/api/v1/sessions/"+id+"/result", sandboxKey, nil).want(200)
	for path, want := range map[string]string{
		"status": "rejected", "rejection_reason_code": "reason_102", "face_match_passed": "false", "face_match_score": "0.12", "age_check_passed": "true",
	} {
		if is := got.text(path); is != want {
			t.Errorf("got %s %q, want %q", path, is, want)
		}
	}
	live := h.create(liveKey, nil)
	h.decide(live, decision.Verdict{Outcome: decision.Declined, Code: decision.CodePoorImageQuality, Record: decision.Record{Reason: "blurred"}})
	got = h.do("GET", "/api/v1/sessions/"+live+"/result", liveKey, nil).want(200)
	for path, want := range map[string]string{
		"status": "rejected", "rejection_reason": "blurred", "rejection_reason_code": "document_unreadable", "processing_mode": "manual",
		"face_match_passed": "", "extracted_age": "", "country_used": "", "is_sandbox": "false",
	} {
		if is := got.text(path); is != want {
			t.Errorf("live: got %s %q, want %q", path, is, want)
		}
	}
}

// decide submits a live session of ours and decides it by hand.
func (h *house) decide(id string, v decision.Verdict) {
	h.Helper()
	ctx := context.Background()
	e := h.engine
	if s := must(e.Get(ctx, sessionID(id))); s.Status == session.StatusCreated || s.Status == session.StatusStarted {
		h.upload(liveKey, id, "id_front").want(201)
		h.do("POST", "/api/v1/sessions/"+id+"/submit", liveKey, nil).want(200)
	}
	_ = must(e.Decide(ctx, sessionID(id), v))
}

// adult is what is read of a person who is known to nobody.
func adult() decision.Record {
	return decision.Record{
		Person: &decision.Person{
			FirstName: "Ada", LastName: "Specimen", FullName: "Ada Specimen", Nationality: "EE", Gender: "F", IDNumber: "49002280000", PlaceOfBirth: "Tartu",
			Addresses:   []decision.Address{{Full: "Sample Street 1, Tallinn"}},
			DateOfBirth: decision.Date{Year: 1990, Month: 3, Day: 2},
		},
		Document: &decision.Document{
			Type: "ID_CARD", Number: "AB123", Country: "EE", State: "Harju", ValidUntil: decision.Date{Year: 2030, Month: 1, Day: 31},
		},
	}
}

// TestResultShowsWhatMayBeShown: the whitelist is of results, and not of the export.
func TestResultShowsWhatMayBeShown(t *testing.T) {
	t.Parallel()
	all := []string{
		"address", "date_of_birth", "document_country", "document_expiration_date", "document_issuing_state", "document_number", "document_type",
		"first_name", "full_name", "gender", "last_name", "nationality", "ssn",
	}
	for _, row := range []struct{ fields, want []string }{
		{nil, all}, {[]string{}, nil}, {[]string{"first_name", "document_type", "unknown"}, []string{"document_type", "first_name"}},
	} {
		h := newHouse(t, setup{config: verifa.Config{Fields: row.fields}})
		id := h.create(liveKey, nil)
		h.decide(id, decision.Verdict{Outcome: decision.Approved, Record: adult()})
		for path, of := range map[string]string{"/api/v1/sessions/" + id + "/result": "extracted_data", "/api/v1/results/" + id: "result.extracted_data"} {
			data := h.do("GET", path, liveKey, nil).want(200).value(of).(map[string]any)
			var names []string
			for name := range data {
				names = append(names, name)
			}
			if slices.Sort(names); !slices.Equal(names, row.want) {
				t.Errorf("%s with %q: got %q, want %q", path, row.fields, names, row.want)
			}
		}
		export := h.do("GET", "/api/v1/sessions/"+id+"/export", liveKey, nil).want(200)
		if n := len(export.value("result.extracted_data").(map[string]any)); n != len(all) {
			t.Errorf("with %q the export has %d fields, want all %d", row.fields, n, len(all))
		}
	}
}

// TestResultAges: how old somebody is changes on the birthday.
func TestResultAges(t *testing.T) {
	t.Parallel()
	for born, want := range map[decision.Date]string{
		{Year: 1990, Month: 3, Day: 1}: "36", {Year: 1990, Month: 3, Day: 2}: "35", {Year: 2008, Month: 2, Day: 29}: "18", {Year: 2026, Month: 3, Day: 1}: "0",
		{}: "",
	} {
		h := newHouse(t, setup{})
		id := h.create(liveKey, nil)
		record := adult()
		record.Person.DateOfBirth = born
		h.decide(id, decision.Verdict{Outcome: decision.Approved, Record: record})
		if got := h.do("GET", "/api/v1/sessions/"+id+"/result", liveKey, nil).want(200).text("extracted_age"); got != want {
			t.Errorf("born %v, on 1 March 2026: got %q, want %q", born, got, want)
		}
	}
}

// TestResultAfterTheWindow: what is not about the person stays.
func TestResultAfterTheWindow(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: func(p *session.Policy) { p.Sensitive = time.Hour }})
	id := h.create(sandboxKey, everything)
	h.upload(sandboxKey, id, "id_front").want(201)
	h.simulate(id, "approve")
	path := "/api/v1/sessions/" + id
	h.clock.Add(time.Hour - time.Microsecond)
	if got := h.do("GET", path+"/result", sandboxKey, nil).want(200); got.text("sensitive_data_expired") != "false" || got.text("extracted_data.last_name") == "" {
		t.Errorf("a microsecond before: got %s", got.body)
	}
	h.clock.Add(time.Microsecond)
	got := h.do("GET", path+"/result", sandboxKey, nil).want(200)
	for name, want := range map[string]string{
		"status": "approved", "face_match_passed": "true", "age_check_passed": "true", "sensitive_data_expired": "true", "extracted_data": "map[]", "extracted_age": "",
	} {
		if is := got.text(name); is != want {
			t.Errorf("got %s %q, want %q", name, is, want)
		}
	}
	if nested := h.do("GET", "/api/v1/results/"+id, sandboxKey, nil).want(200); nested.text("sensitive_data_expired") != "true" || nested.text("result.extracted_data") != "map[]" {
		t.Errorf("got %s", nested.body)
	}
	if s := h.do("GET", path, sandboxKey, nil).want(200); s.text("retention_status") != "sensitive_redacted" {
		t.Errorf("got %s", s.body)
	}
	h.do("GET", path+"/documents", sandboxKey, nil).refused(410, "gone")
	h.do("DELETE", path+"/data", sandboxKey, nil).want(200)
	if s := h.do("GET", path, sandboxKey, nil).want(200); s.text("retention_status") != "redacted" || s.text("status") != "completed" {
		t.Errorf("got %s", s.body)
	}
	if got := h.do("GET", path+"/result", sandboxKey, nil).want(200); got.text("status") != "approved" || got.text("sensitive_data_expired") != "true" {
		t.Errorf("once redacted: got %s", got.body)
	}
	h.do("GET", path+"/risk", sandboxKey, nil).refused(410, "gone")
}

// TestResultUntilThereIsANewOne: while a session is decided again the last result is shown; of one that ended without a
// conclusion there is none.
func TestResultUntilThereIsANewOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(sandboxKey, nil)
	h.simulate(id, "approve")
	path := "/api/v1/sessions/" + id
	h.do("POST", path+"/reprocess", sandboxKey, nil).want(202)
	if got := h.do("GET", path+"/result", sandboxKey, nil).want(200); got.text("status") != "approved" {
		t.Errorf("got %s", got.body)
	}
	h.simulate(id, "decline")
	if got := h.do("GET", path+"/result", sandboxKey, nil).want(200); got.text("status") != "rejected" {
		t.Errorf("got %s", got.body)
	}
	for _, action := range []string{"require-review", "expire"} {
		id := h.create(sandboxKey, nil)
		h.simulate(id, action)
		got := h.do("GET", "/api/v1/sessions/"+id+"/result", sandboxKey, nil)
		if action == "expire" {
			got.refused(404, "not_found")
		} else if got.want(200).text("status") != "needs_review" {
			t.Errorf("got %s", got.body)
		}
	}
}

// TestListResults: what is concluded, without personal data.
func TestListResults(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	var ids []string
	for _, action := range []string{"approve", "decline", "require-review", "expire", "approve"} {
		h.clock.Add(time.Minute)
		id := h.create(sandboxKey, everything)
		h.simulate(id, action)
		ids = append(ids, id)
	}
	h.create(sandboxKey, nil)
	at := func(n int) string {
		return h.clock.Now().Add(time.Duration(n-4) * time.Minute).UTC().Format(time.RFC3339)
	}
	for _, row := range []struct {
		query string
		want  []int
	}{
		{"", []int{4, 2, 1, 0}}, {"status=approved", []int{4, 0}}, {"status=rejected", []int{1}}, {"status=needs_review", []int{2}},
		{"limit=2", []int{4, 2}}, {"limit=2&offset=2", []int{1, 0}}, {"created_after=" + at(1), []int{4, 2, 1}}, {"created_before=" + at(2), []int{1, 0}},
		{"created_after=" + at(1) + "&created_before=" + at(2), []int{1}}, {"created_after=2031-01-01", nil},
	} {
		got := h.do("GET", "/api/v1/results?"+row.query, sandboxKey, nil).want(200)
		var is, want []string
		for _, r := range got.value("data").([]any) {
			is = append(is, r.(map[string]any)["session_id"].(string))
		}
		for _, n := range row.want {
			want = append(want, ids[n])
		}
		if !slices.Equal(is, want) {
			t.Errorf("%q: got %s, want %s", row.query, is, want)
		}
		for _, secret := range []string{"Ada", "Specimen", "1990", "user_17", "extracted"} {
			if strings.Contains(got.body, secret) {
				t.Errorf("%q: got %s, with %s in it", row.query, got.body, secret)
			}
		}
	}
	for query, field := range map[string]string{
		"status=pending": "status", "status=declined": "status", "created_after=yesterday": "created_after", "created_before=2026-02-30": "created_before",
		"offset=10001": "offset", "created_after=1969-01-01": "created_after",
	} {
		if got := h.do("GET", "/api/v1/results?"+query, sandboxKey, nil).refused(422, "validation_error"); got.text("detail.0.field") != field {
			t.Errorf("%s: got %s, want %s", query, got.body, field)
		}
	}
}

// TestRisk: what the page has signalled is weighed, and stops a session where the policy says so.
func TestRisk(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, capture := h.capture(sandboxKey, nil)
	path := "/api/v1/sessions/" + id + "/risk"
	if got := h.do("GET", path, sandboxKey, nil).want(200); got.text("risk_score") != "0" || got.text("risk_level") != "low" || got.text("signals") != "[]" {
		t.Errorf("got %s, want nothing", got.body)
	}
	h.consent(capture)
	h.do("POST", capture+"/signals", noKey, `{"signals":["bot_detected","copy_paste_name"]}`).want(200)
	got := h.do("GET", path, sandboxKey, nil).want(200)
	for name, want := range map[string]string{
		"session_id": id, "risk_score": "65", "risk_level": "high", "blocked": "false", "blocked_by": "[]",
		"signals.0.name": "copy_paste_name", "signals.0.weight": "15", "signals.1.weight": "50",
	} {
		if is := got.text(name); is != want {
			t.Errorf("got %s %q, want %q: %s", name, is, want, got.body)
		}
	}
	h.do("POST", capture+"/signals", noKey, `{"signals":["nobody_knows"]}`).refused(422, "validation_error")
}
