package veriff_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// TestLostMasterKey: whoever comes with another keeper, as after the loss of the master key, is told of a
// failure wherever a session is opened, and never of what is empty; nothing is changed, and with the right
// keeper everything is there again.
func TestLostMasterKey(t *testing.T) {
	t.Parallel()
	for _, e := range endpoints() {
		page := strings.HasPrefix(e.path, "/v/")
		if !page && !e.hasObject() {
			continue
		}
		t.Run(strings.NewReplacer(" ", "_", "/", "_").Replace(e.String()), func(t *testing.T) {
			t.Parallel()
			s := forMatrix
			s.store = memstore.New()
			h := newHouse(t, s)
			mine := h.things()
			lost := newHouse(t, s) // whose keeper knows no key of the first
			ask := func(h2 *house) result {
				if page {
					return h2.open(e.method, strings.Replace(mine.url, h.server.URL, h2.server.URL, 1))
				}
				return h2.do(call{method: e.method, path: mine.of(e), body: e.body()})
			}
			got := ask(lost)
			if want := `{"status":"fail","code":"1101","message":"Something went wrong"}`; got.status != 500 || !page && got.body != want {
				t.Errorf("got %d %s, want 500 %s", got.status, got.body, want)
			}
			for _, of := range []string{"Ada", "Specimen", mine.session, "shop.example"} {
				if page && strings.Contains(got.body, of) {
					t.Errorf("got %s, which holds %q", got.body, of)
				}
			}
			if !strings.Contains(lost.log.String(), session.ErrKeeper.Error()) {
				t.Errorf("got the log %q, which does not say why", lost.log)
			}
			none := strings.HasSuffix(e.path, "/watchlist-screening") // there is none yet
			if got := ask(h); got.status >= 400 && (!none || got.status != http.StatusNotFound) {
				t.Errorf("got %d %s with the right keeper, want success", got.status, got.body)
			}
		})
	}
}
