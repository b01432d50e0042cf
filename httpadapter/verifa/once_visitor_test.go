package verifa_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// TestOnceForVisitors: a publishable key is everybody's, so that of two visitors with the same key and the
// same request none is told the other's answer, with which the capture could be taken over; each gets his
// own again.
func TestOnceForVisitors(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	seen := map[string]string{} // capture_url by visitor
	for _, from := range []string{"192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:2", "[::ffff:192.0.2.2]:1"} {
		r := httptest.NewRequest("POST", "/api/v1/sessions", strings.NewReader(`{"external_ref":"ada"}`))
		r.RemoteAddr = from
		r.Header = http.Header{"X-Api-Key": {pageKey}, "Idempotency-Key": {"k"}, "Content-Type": {"application/json"}}
		w := httptest.NewRecorder()
		h.server.Config.Handler.ServeHTTP(w, r)
		got := result{t, from, w.Code, w.Result().Header, w.Body.String()}.want(201)
		visitor := netip.MustParseAddrPort(from).Addr().Unmap().String()
		if address, again := seen[visitor]; got.replayed() != again || again && got.text("capture_url") != address {
			t.Errorf("%s: got %s (replayed: %v), want what this visitor was answered before: %q", from, got.body, got.replayed(), address)
		}
		for other, address := range seen {
			if other != visitor && got.text("capture_url") == address {
				t.Errorf("%s: got %s, the capture of %s", from, address, other)
			}
		}
		seen[visitor] = got.text("capture_url")
	}
	if n := h.sessions(liveKey); n != "4" {
		t.Errorf("got %s sessions, want one of each of four visitors", n)
	}
}
