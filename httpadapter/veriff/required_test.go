package veriff_test

import (
	"net/http"
	"testing"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// TestRequiredContexts: a submission without them is refused, and with them it is not.
func TestRequiredContexts(t *testing.T) {
	t.Parallel()
	policy := func(p *session.Policy) { p.Required = []media.Context{media.Face, media.DocumentFront} }
	onEach(t, setup{policy: policy}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		again := func(status int, code string) {
			t.Helper()
			h.want(h.do(call{method: "PATCH", path: "/v1/sessions/" + id, body: submit}), status, code)
		}
		again(http.StatusBadRequest, "1101")
		h.upload(id, "face", pngBytes)
		again(http.StatusBadRequest, "1101")
		h.upload(id, "document-front", pngBytes)
		again(http.StatusOK, "")
		h.decide(id, decision.Verdict{Outcome: decision.Resubmission, Code: 204})
		again(http.StatusBadRequest, "1101") // the next attempt begins with nothing
		h.upload(id, "face", pngBytes)
		h.upload(id, "document-front", pngBytes)
		again(http.StatusOK, "")
	})
}
