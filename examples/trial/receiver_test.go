package trial_test

import (
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// receiver takes webhooks, and refuses one in eight, so that it comes again.
type receiver struct {
	t    *testing.T
	url  string
	mu   sync.Mutex
	got  map[string][32]byte // hash of the body, by the id of the delivery
	n    int                 // tries
	meek bool                // takes everything from now on
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, got: map[string][32]byte{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // its sender was killed
	}
	id, hash := req.Header.Get("Webhook-Id"), sha256.Sum256(body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, again := r.got[id]; again && before != hash {
		r.t.Errorf("delivery %s came with other bytes: %s", id, body)
	}
	r.n++
	r.got[id] = hash
	if !r.meek && rand.IntN(8) == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// relent has everything taken from now on.
func (r *receiver) relent() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.meek = true
}

// toldOf fails the test unless every delivery was made, each with the bytes that are written down, and nothing else.
func (r *receiver) toldOf(t *testing.T, h *house) {
	t.Helper()
	there := map[string]bool{}
	for _, id := range []uuid.UUID{veriffID, verifaID} {
		for after := uuid.Nil; ; {
			list, err := h.engine.For(id).Deliveries(t.Context(), session.DeliveryQuery{After: after, N: 1000})
			ok(t, err)
			for _, d := range list {
				after, there[d.ID.String()] = d.ID, true
				r.check(t, d)
			}
			if len(list) < 1000 {
				break
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.got {
		if !there[id] {
			t.Errorf("delivery %s was made, and is not written down", id)
		}
	}
	t.Logf("%d deliveries were made, in %d tries", len(r.got), r.n)
}

func (r *receiver) check(t *testing.T, d session.Delivery) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	hash, made := r.got[d.ID.String()]
	switch {
	case d.State.Pending():
		t.Errorf("delivery %s is %s, and nothing else is left to do: %+v", d.ID, d.State, d.Last)
	case d.State == session.DeliveryDone && !made:
		t.Errorf("delivery %s is done, and never came", d.ID)
	case made && len(d.Body) > 0 && hash != sha256.Sum256(d.Body):
		t.Errorf("delivery %s came with other bytes than %s", d.ID, d.Body)
	}
}
