package verifa_test

import (
	"net/http"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// TestLimitsOfTwoNodes: the rate of requests is that of each process, since a read must not become a write; the quotas of
// creations and of verifications are those of the store, exact over all processes.
func TestLimitsOfTwoNodes(t *testing.T) {
	t.Parallel()
	store, keeper := memstore.New(), session.NewMemoryKeeper()
	node := func() *house {
		return newHouse(t, setup{
			store: store, config: verifa.Config{Plan: verifa.Plan{Name: "two nodes", Requests: 6}},
			policy: func(p *session.Policy) {
				p.Create, p.Submit = verifa.Plan{Name: "two nodes", Creations: 3, Verifications: 1}.Rules()
				p.RequiresDocuments = false
			},
			engine: func(cfg *session.Config) { cfg.Keeper = keeper },
		})
	}
	one, two := node(), node()
	first, second := one.create(liveKey, nil), two.create(liveKey, nil)
	if got := one.do("POST", "/api/v1/sessions", liveKey, "{}").want(http.StatusCreated); got.header.Get("X-Quota-Remaining") != "0" {
		t.Errorf("the last creation of three: got the quota %q, want none left", got.quota())
	}
	for name, h := range map[string]*house{"the one": one, "the other": two} {
		got := h.do("POST", "/api/v1/sessions", liveKey, "{}").refused(http.StatusTooManyRequests, "rate_limited")
		if got.header.Get("X-Quota-Remaining") != "0" {
			t.Errorf("a fourth creation at %s: got the quota %q, want none left", name, got.quota())
		}
	}
	one.do("POST", "/api/v1/sessions/"+second+"/submit", liveKey, nil).want(http.StatusOK)
	two.do("POST", "/api/v1/sessions/"+first+"/submit", liveKey, nil).refused(http.StatusTooManyRequests, "rate_limited")

	// One has answered four requests by now, and the other three.
	for name, left := range map[string]struct {
		h *house
		n int
	}{"the one": {one, 2}, "the other": {two, 3}} {
		for range left.n {
			left.h.do("GET", "/api/v1/sessions/"+first, liveKey, nil).want(http.StatusOK)
		}
		got := left.h.do("GET", "/api/v1/sessions/"+first, liveKey, nil).refused(http.StatusTooManyRequests, "rate_limited")
		if got.header.Get("X-RateLimit-Remaining") != "0" {
			t.Errorf("%s: got the limits %q, want none left", name, got.limits())
		}
	}
}
