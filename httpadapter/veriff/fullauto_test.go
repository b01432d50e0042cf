package veriff_test

import (
	"net/http"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/session"
)

// TestFullAuto is null before a decision, and then says of each field how sure it is; its webhook goes to an
// endpoint of its own.
func TestFullAuto(t *testing.T) {
	t.Parallel()
	endpoint := session.Endpoint{URL: "https://receiver.example/", Format: veriff.FormatFullAuto}
	onEach(t, setup{endpoint: endpoint, decider: session.Sandbox{FullAuto: true}}, func(t *testing.T, h *house) {
		id := h.create(`{"verification":{"person":{"firstName":"Approve"},"vendorData":"v-1"}}`).ID
		h.golden("fullauto-none", h.get(id, "/decision/fullauto?version=1.0.0").body)
		h.submit(id)
		told := h.webhooks()
		if len(told) != 1 {
			t.Fatalf("told %s, want one webhook", told)
		}
		h.golden("webhook-fullauto", told[0])
		h.golden("fullauto-approved", h.get(id, "/decision/fullauto?version=1.0.0").body)
		h.want(h.get(id, "/decision/fullauto"), http.StatusOK, "")
		h.want(h.get(id, "/decision/fullauto?version=7"), http.StatusBadRequest, "1104")
	})
}
