package verifa_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

// strangeKeeper is one of another master key, which knows no key that was made before.
func strangeKeeper(t testing.TB) session.Keeper {
	t.Helper()
	path := filepath.Join(t.TempDir(), "idv.keys")
	k := must(filekeeper.Open(path, must(filekeeper.LoadMaster(path+".master"))))
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// opensNothing reports whether an endpoint has no need of what is sealed under a session's key.
func opensNothing(e verifa.Endpoint) bool {
	switch {
	case e.Method == "POST" && e.Path == "/api/v1/sessions": // it has a new key
		return true
	case strings.HasSuffix(e.Path, "/trigger"), strings.HasSuffix(e.Path, "/replay"):
		return false
	}
	for _, of := range []string{"workflows", "webhooks/endpoints", "events", "verification-policies", "openapi.json"} {
		if strings.HasPrefix(e.Path, "/api/v1/"+of) {
			return true
		}
	}
	return false
}

// TestLostMasterKey: whoever comes with another keeper, as after the loss of the master key, is told of a
// failure wherever a session is opened, also in lists and of people; nothing is shown as if it were empty,
// nothing is changed, and with the right keeper everything is there again.
func TestLostMasterKey(t *testing.T) {
	eachEndpoint(t, func() setup { return setup{} }, func(h *stage, e verifa.Endpoint, c call) {
		lost := newHooked(h, setup{store: h.store, engine: func(cfg *session.Config) {
			cfg.Keeper, cfg.Blobs, cfg.Clock = strangeKeeper(h), h.blobs, h.clock
		}})
		got := lost.call(c)
		switch {
		case opensNothing(e):
			if got.status/100 != 2 {
				h.Errorf("got %d %s, want success: nothing of it is sealed", got.status, got.body)
			}
			return
		case e.Path == "/api/v1/sessions/bulk-redact": // it tells of each
			if got.want(200).text("results.0.status") != "error" || got.text("results.1.status") != "error" {
				h.Errorf("got %s, want that none was redacted", got.body)
			}
		case got.status != 500 || got.body != `{"error":"internal","detail":"Something went wrong.","status_code":500}`:
			h.Errorf("got %d %s, want a failure that says nothing", got.status, got.body)
		case !strings.Contains(lost.log.String(), session.ErrKeeper.Error()):
			h.Errorf("got the log %q, which does not say why", lost.log)
		}
		if got := h.call(c); got.status/100 != 2 || strings.Contains(got.body, `"status":"error"`) {
			h.Errorf("got %d %s with the right keeper, want success", got.status, got.body)
		}
	})
}
