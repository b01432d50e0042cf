package veriff_test

import (
	"slices"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
)

// TestReadsAreWrittenDown where the policy has it, and only there; on the wire nothing changes.
func TestReadsAreWrittenDown(t *testing.T) {
	t.Parallel()
	for _, audited := range []bool{false, true} {
		h := newHouse(t, setup{policy: func(p *session.Policy) { p.Audit = audited }})
		id := h.create(`{"verification":{}}`).ID
		h.get(id, "/decision")
		events, err := h.engine.Events(t.Context(), session.AuditList{ResourceID: id})
		if err != nil {
			t.Fatal(err)
		}
		read := slices.ContainsFunc(events.Audited, func(a session.Audited) bool {
			return a.What == string(session.EventRead) && a.About.Actor == "api_key:"+ours.APIKey.String() && a.About.IP == ""
		})
		if read != audited {
			t.Errorf("audited: %t, got %+v", audited, events.Audited)
		}
	}
}
