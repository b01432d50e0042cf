package verifa_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// reviewed makes a session of a sandbox that is left to a human being, and gives its id and the path of its case.
func (h *house) reviewed(body any) (id, path string) {
	h.Helper()
	id = h.create(sandboxKey, body)
	h.simulate(id, "require-review")
	return id, "/api/v1/cases/case_" + strings.TrimPrefix(id, "ses_")
}

func TestACaseFromReviewToApproval(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	h.hook(sandboxKey, in.URL, `"enabled_events":["session.requires-review","session.approved","case.created","case.approved","case.rejected"]`)
	id, path := h.reviewed(`{"fields":{"first_name":"Ada"}}`)
	opened := h.do("GET", path, sandboxKey, nil).want(http.StatusOK)
	if opened.text("status") != "open" || opened.text("session_id") != id || opened.text("entered_review_at") == "" || opened.text("assigned_to")+opened.text("decision")+opened.text("decided_at") != "" {
		t.Errorf("got %s, want an open case of %s", opened.body, id)
	}
	s := h.do("GET", "/api/v1/sessions/"+id, sandboxKey, nil)
	if s.text("case_id") != opened.text("id") || s.text("case_status") != "open" {
		t.Errorf("got %s, want its case", s.body)
	}
	claimed := h.do("POST", path+"/claim", sandboxKey, `{"reviewerId":"rev_1"}`).want(http.StatusOK)
	if claimed.text("status") != "in_review" || claimed.text("assigned_to") != "rev_1" || claimed.text("claimed_at") == "" {
		t.Errorf("got %s, want it claimed", claimed.body)
	}
	for _, verb := range []string{"/claim", "/approve", "/reject"} {
		h.do("POST", path+verb, sandboxKey, `{"reviewer_id":"rev_2"}`).refused(409, "conflict")
	}
	h.do("POST", path+"/claim", sandboxKey, `{"reviewer_id":"rev_1"}`).want(http.StatusOK)
	h.clock.Add(30*time.Minute - time.Second)
	h.do("POST", path+"/claim", sandboxKey, `{"reviewer_id":"rev_2"}`).refused(409, "conflict")
	h.clock.Add(time.Second)
	if r := h.do("GET", path, sandboxKey, nil); r.text("status") != "open" {
		t.Errorf("got %s after half an hour, want it open again", r.body)
	}
	h.do("POST", path+"/claim", sandboxKey, `{"reviewer_id":"rev_2"}`).want(http.StatusOK)
	if r := h.do("POST", path+"/release", sandboxKey, nil).want(http.StatusOK); r.text("status") != "open" || r.text("assigned_to") != "" {
		t.Errorf("got %s, want it given back", r.body)
	}
	h.do("POST", path+"/claim", sandboxKey, `{"reviewer_id":"rev_2"}`).want(http.StatusOK)
	approved := h.do("POST", path+"/approve", sandboxKey, nil).want(http.StatusOK)
	if approved.text("status") != "approved" || approved.text("decision") != "approved" || approved.text("decided_at") == "" {
		t.Errorf("got %s, want it approved by who has it", approved.body)
	}
	result := h.do("GET", "/api/v1/sessions/"+id+"/result", sandboxKey, nil).want(http.StatusOK)
	if result.text("status") != "approved" || result.text("extracted_data.first_name") != "Ada" {
		t.Errorf("got %s, want what was read before the review", result.body)
	}
	for _, verb := range []string{"/claim", "/release", "/approve", "/reject"} {
		h.do("POST", path+verb, sandboxKey, map[string]string{"/claim": `{"reviewer_id":"rev_2"}`}[verb]).refused(409, "conflict")
	}
	h.settle()
	if got := in.events(); got != "session.requires-review case.created session.approved case.approved" {
		t.Errorf("got %q", got)
	}
}

func TestARejection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, reason, code string }{
		{`{}`, "", "other"},
		{`{"reason":"Not the same person.","rejection_code":"other"}`, "Not the same person.", "other"},
		{`{"rejectionCode":"document_unreadable"}`, "Poor image quality", "document_unreadable"},
		{`{"reason":"x","rejection-code":"reason_106","reviewer_id":"rev_1"}`, "x", "reason_106"},
	} {
		h, in := newHooked(t, setup{}), newInbox(t)
		h.hook(sandboxKey, in.URL, `"enabled_events":["session.declined","case.rejected"]`)
		id, path := h.reviewed(nil)
		if r := h.do("POST", path+"/reject", sandboxKey, c.body).want(http.StatusOK); r.text("status") != "rejected" || r.text("decision") != "rejected" {
			t.Errorf("%s: got %s, want it rejected", c.body, r.body)
		}
		r := h.do("GET", "/api/v1/sessions/"+id+"/result", sandboxKey, nil).want(http.StatusOK)
		if r.text("status") != "rejected" || r.text("rejection_reason") != c.reason || r.text("rejection_reason_code") != c.code {
			t.Errorf("%s: got %s, want %q and %q", c.body, r.body, c.reason, c.code)
		}
		h.settle()
		if got := in.events(); got != "session.declined case.rejected" {
			t.Errorf("%s: got %q", c.body, got)
		}
	}
}

func TestCasesThatAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	_, path := h.reviewed(nil)
	none := "/api/v1/cases/case_" + strings.TrimPrefix(h.create(sandboxKey, nil), "ses_")
	for _, c := range []struct{ verb, body string }{
		{"/claim", `{}`}, {"/claim", `{"reviewer_id":""}`}, {"/claim", `{"reviewer_id":7}`}, {"/claim", `{"reviewer_id":"a","status":"approved"}`},
		{"/claim", `{"reviewer_id":"a","reviewerId":"b"}`}, {"/claim", `{"reviewer_id":"` + strings.Repeat("x", 300) + `"}`},
		{"/release", `{"reviewer_id":"a"}`}, {"/notes", `{}`}, {"/notes", `{"text":""}`}, {"/notes", `{"text":["a"]}`}, {"/notes", `{"text":"a","note":"b"}`},
		{"/notes", `{"text":"a","created_at":"2020-01-01T00:00:00Z"}`}, {"/notes", `{"text":"` + strings.Repeat("x", 10_001) + `"}`},
		{"/approve", `{"rejection_code":"other"}`}, {"/approve", `{"decided_at":"2020-01-01T00:00:00Z"}`}, {"/approve", `{"decision":"rejected"}`},
		{"/reject", `{"rejection_code":"made_up"}`}, {"/reject", `{"rejection_code":"reason_1"}`}, {"/reject", `{"rejection_code":"reason_201"}`},
		{"/reject", `{"code":106}`}, {"/reject", `{"reason":7}`}, {"/reject", `{"add_to_blocklist":true}`},
	} {
		h.do("POST", path+c.verb, sandboxKey, c.body).refused(422, "validation_error")
		h.do("POST", none+c.verb, sandboxKey, c.body).refused(404, "not_found")
	}
	h.do("POST", path+"/claim", sandboxKey, `{"reviewer_id":"\u0000"}`).refused(400, "invalid_request")
	if r := h.do("GET", path, sandboxKey, nil).want(http.StatusOK); r.text("status") != "open" {
		t.Errorf("got %s, want it as it was", r.body)
	}
	for _, verb := range []string{"", "/notes"} {
		h.do("GET", none+verb, sandboxKey, nil).refused(404, "not_found")
	}
	for _, query := range []string{"?status=escalated", "?status=declined", "?limit=101", "?offset=1001", "?cursor=x"} {
		h.do("GET", "/api/v1/cases"+query, sandboxKey, nil).refused(422, "validation_error")
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, path := h.reviewed(nil)
	first := h.with("k", "POST", path+"/notes", sandboxKey, `{"text":"Looks fine.","reviewer_id":"rev_1"}`).want(http.StatusCreated)
	if again := h.with("k", "POST", path+"/notes", sandboxKey, `{"note":"Looks fine.","author":"rev_1"}`).want(http.StatusCreated); again.body != first.body {
		t.Errorf("got %s and then %s, want one note", first.body, again.body)
	}
	h.with("k", "POST", path+"/notes", sandboxKey, `{"text":"Looks bad.","reviewer_id":"rev_1"}`).refused(422, "idempotency_mismatch")
	h.do("POST", path+"/notes", sandboxKey, `{"content":"And so it is."}`).want(http.StatusCreated)
	h.do("POST", path+"/approve", sandboxKey, nil).want(http.StatusOK)
	h.do("POST", path+"/notes", sandboxKey, `{"text":"Afterwards."}`).want(http.StatusCreated)
	r := h.do("GET", path+"/notes", sandboxKey, nil).want(http.StatusOK)
	if r.text("data.0.text") != "Looks fine." || r.text("data.0.author") != "rev_1" || r.text("data.1.author") != "" || r.text("data.2.text") != "Afterwards." || r.text("data.3.text") != "" {
		t.Errorf("got %s, want three notes, oldest first", r.body)
	}
	h.do("DELETE", "/api/v1/sessions/"+id+"/data", sandboxKey, nil).want(http.StatusOK)
	h.do("POST", path+"/notes", sandboxKey, `{"text":"Too late."}`).refused(410, "gone")
	if r := h.do("GET", path, sandboxKey, nil).want(http.StatusOK); r.text("status") != "approved" {
		t.Errorf("got %s, want the case of the redacted session", r.body)
	}
}

// TestTheListOfCases: of each status, a page at a time, newest first.
func TestTheListOfCases(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	var ids []string
	for i := range 8 {
		h.clock.Add(time.Minute)
		id, path := h.reviewed(nil)
		ids = append(ids, "case_"+strings.TrimPrefix(id, "ses_"))
		switch i {
		case 1:
			h.do("POST", path+"/claim", sandboxKey, `{"reviewer_id":"rev_1"}`).want(http.StatusOK)
		case 2:
			h.do("POST", path+"/approve", sandboxKey, nil).want(http.StatusOK)
		case 3:
			h.do("POST", path+"/reject", sandboxKey, nil).want(http.StatusOK)
		case 4:
			h.simulate(id, "expire")
		}
		h.create(sandboxKey, nil) // which is no case
	}
	for query, want := range map[string][]int{
		"": {7, 6, 5, 1, 0}, "?status=open": {7, 6, 5, 0}, "?status=in_review": {1}, "?status=approved": {2}, "?status=rejected": {3}, "?status=closed": {4},
		"?limit=2": {7, 6}, "?limit=2&offset=2": {5, 1}, "?limit=2&offset=4": {0}, "?offset=5": {}, "?limit=1&status=open&offset=3": {0},
	} {
		all := h.do("GET", "/api/v1/cases"+query, sandboxKey, nil).want(http.StatusOK)
		data := all.value("data").([]any)
		if len(data) != len(want) {
			t.Errorf("%s: got %s, want %v", query, all.body, want)
			continue
		}
		for i, n := range want {
			if data[i].(map[string]any)["id"] != ids[n] {
				t.Errorf("%s: got %v at %d, want case %d", query, data[i], i, n)
			}
		}
	}
	seen := 0
	for cursor := ""; seen < 9; {
		r := h.do("GET", "/api/v1/cases?limit=2"+cursor, sandboxKey, nil).want(http.StatusOK)
		seen += len(r.value("data").([]any))
		next := r.text("pagination.next_cursor")
		if next == "" {
			break
		}
		cursor = "&cursor=" + url.QueryEscape(next)
	}
	if seen != 5 {
		t.Errorf("got %d cases by the cursor, want five", seen)
	}
}

// TestAFarPageOfCases begins where as many were passed over as were asked for.
func TestAFarPageOfCases(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	oldest := ""
	for i := range 103 {
		id, _ := h.reviewed(nil)
		if i == 0 {
			oldest = id
		}
		h.clock.Add(time.Second)
	}
	r := h.do("GET", "/api/v1/cases?offset=102", sandboxKey, nil).want(http.StatusOK)
	if r.text("data.0.session_id") != oldest || r.text("data.1.id") != "" {
		t.Errorf("got %s, want the oldest case alone, %s", r.body, oldest)
	}
}

// TestWritesOfCasesAreDoneOnce under one key.
func TestWritesOfCasesAreDoneOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ verb, body, other string }{
		{"/claim", `{"reviewer_id":"a"}`, `{"reviewer_id":"b"}`}, {"/release", ``, ``},
		{"/approve", `{"reason":"a"}`, `{"reason":"b"}`}, {"/reject", `{"reason":"a","rejection_code":"other"}`, `{"reason":"a"}`},
	} {
		h := newHouse(t, setup{})
		_, path := h.reviewed(nil)
		first := h.with("k", "POST", path+c.verb, sandboxKey, c.body).want(http.StatusOK)
		again := h.with("k", "POST", path+c.verb, sandboxKey, c.body).want(http.StatusOK)
		if again.body != first.body || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s: got %s and then %s, want one answer", c.verb, first.body, again.body)
		}
		if c.other != "" {
			h.with("k", "POST", path+c.verb, sandboxKey, c.other).refused(422, "idempotency_mismatch")
		}
	}
}
