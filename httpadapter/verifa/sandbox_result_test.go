package verifa_test

import (
	"slices"
	"testing"
)

// TestSimulatedChecks: the results of an outcome that was chosen are as it, in the result and among the verifications.
func TestSimulatedChecks(t *testing.T) {
	t.Parallel()
	all := []string{"document_ocr", "face_match", "age_verification", "watchlist_screening", "risk_assessment", "email_risk"}
	for _, row := range []struct {
		action string
		failed []string
	}{
		{"approve", nil}, {"decline", []string{"document_ocr", "face_match"}}, {"require-review", []string{"risk_assessment"}},
	} {
		h := newHouse(t, setup{})
		id := h.create(sandboxKey, map[string]any{"checks": []string{"face_match", "email_risk"}})
		h.simulate(id, row.action)
		concluded := h.do("GET", "/api/v1/sessions/"+id+"/result", sandboxKey, nil).want(200)
		if concluded.text("processing_mode") != "simulated" || concluded.text("face_match_score") == "" {
			t.Errorf("%s: got %s, want it simulated, with a score", row.action, concluded.body)
		}
		results, _ := concluded.value("check_results").(map[string]any)
		list, _ := h.do("GET", "/api/v1/sessions/"+id+"/verifications", sandboxKey, nil).want(200).value("data").([]any)
		if len(results) != len(all) || len(list) != len(all) {
			t.Fatalf("%s: got %v and %v, want %q", row.action, results, list, all)
		}
		for i, name := range all {
			status := "passed"
			if slices.Contains(row.failed, name) {
				status = "failed"
			}
			for where, check := range map[string]any{"result": results[name], "verifications": list[i]} {
				if member(check, "policy") != name || member(check, "status") != status || member(check, "passed") != (status == "passed") || member(check, "category") == "" {
					t.Errorf("%s, %s in the %s: got %v, want it %s", row.action, name, where, check, status)
				}
			}
		}
	}
}
