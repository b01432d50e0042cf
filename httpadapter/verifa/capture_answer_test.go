package verifa_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/decision"
)

// TestCaptureAfterAResubmission: what was judged does not count as uploaded, and is shown until there is something new.
func TestCaptureAfterAResubmission(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, capture := h.capture(liveKey, nil)
	h.consent(capture)
	h.do("POST", capture+"/document-type", noKey, `{"document_type":"national_id"}`).want(http.StatusOK)
	h.captureFile(capture, "front", picture).want(http.StatusCreated)
	h.captureFile(capture, "back", picture).want(http.StatusCreated)
	h.do("POST", capture+"/complete", noKey, nil).want(http.StatusOK)
	_ = must(h.engine.Decide(t.Context(), sessionID(id), decision.Verdict{Outcome: decision.Resubmission, Code: decision.CodePoorImageQuality}))

	shown := func(uploaded, listed string) {
		t.Helper()
		if got := fmt.Sprint(h.do("GET", capture, noKey, nil).want(http.StatusOK).value("uploaded_documents")); got != uploaded {
			t.Errorf("uploaded: got %s, want %s", got, uploaded)
		}
		list := h.do("GET", "/api/v1/sessions/"+id+"/documents", liveKey, nil).want(http.StatusOK)
		if got := list.text("data.0.doc_type") + " " + list.text("data.1.doc_type"); got != listed {
			t.Errorf("listed: got %s, want %s", got, listed)
		}
	}
	capture = h.capturePath(liveKey, id)
	shown("[]", "id_front id_back")
	h.do("POST", "/api/v1/sessions/"+id+"/submit", liveKey, nil).refused(422, "validation_error")
	h.captureFile(capture, "back", picture).want(http.StatusCreated)
	shown("[id_back]", "id_back ")
	if got := h.do("POST", capture+"/complete", noKey, nil).refused(400, "documents_missing"); got.text("detail") != "Missing: id_front." {
		t.Errorf("got %s", got.body)
	}
}

// TestCaptureAnswersAlike: whatever is done, the answer says of which session, and where that stands.
func TestCaptureAnswersAlike(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, capture := h.capture(sandboxKey, nil)
	for _, step := range []struct{ name, body, status string }{
		{"consent", `{"consent_version":"1"}`, "capturing"}, {"document-type", `{"document_type":"passport"}`, "capturing"},
		{"front", "", "capturing"}, {"back", "", "capturing"}, {"selfie", "", "capturing"}, {"proof-of-address", "", "capturing"},
		{"data", `{"a":1}`, "capturing"}, {"signals", `{"signals":["devtools_open"]}`, "capturing"},
		{"complete", "", "sandbox_pending"}, {"sandbox-outcome", `{"outcome":"approve"}`, "completed"},
	} {
		var got result
		if step.body != "" || step.name == "complete" {
			got = h.do("POST", capture+"/"+step.name, noKey, step.body)
		} else {
			got = h.captureForm(capture, step.name, field{"poa_document_type", "utility_bill"}, field{"file", picture})
		}
		want := `{"session_id":"` + id + `","status":"` + step.status + `","is_sandbox":true,`
		if got.status/100 != 2 || !strings.HasPrefix(got.body, want) {
			t.Errorf("%s: got %d %s, want it to begin with %s", step.name, got.status, got.body, want)
		}
	}
}

// TestCaptureOfAProof: the person says of it what the host has to.
func TestCaptureOfAProof(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	_, capture := h.capture(liveKey, nil)
	h.consent(capture)
	file, bill := field{"file", pdf}, field{"poa_document_type", "utility_bill"}
	for _, row := range []struct {
		fields []field
		fault  string
	}{
		{[]field{file}, "poa_document_type"}, {[]field{file, {"poa_document_type", ""}}, "poa_document_type"},
		{[]field{file, bill, {"poa_document_date", "01/02/2026"}}, "poa_document_date"}, {[]field{file, bill}, ""},
		{[]field{bill, {"poa_document_date", "2026-02-01"}, file}, ""},
	} {
		got := h.captureForm(capture, "proof-of-address", row.fields...)
		if row.fault == "" && got.status != 201 || row.fault != "" && (got.status != 422 || got.text("detail.0.field") != row.fault) {
			t.Errorf("%v: got %d %s, want fault %q", row.fields, got.status, got.body, row.fault)
		}
	}
}
