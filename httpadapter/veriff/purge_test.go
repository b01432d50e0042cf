package veriff_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// cellarKeys are keys that cannot be destroyed while they are locked.
type cellarKeys struct {
	*session.MemoryKeeper
	locked atomic.Bool
}

var errLocked = errors.New("the cellar is locked")

func (c *cellarKeys) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	if c.locked.Load() {
		return errLocked
	}
	return c.MemoryKeeper.Destroy(ctx, id, ref)
}

// cellarBlobs know their names, and cannot be removed while they are locked.
type cellarBlobs struct {
	media.Blobs
	locked atomic.Bool
	names  []string
}

func (c *cellarBlobs) Create(ctx context.Context, name string) (media.BlobWriter, error) {
	if !strings.HasPrefix(name, media.Hour(time.Time{})) { // which is no upload, but says whose the blobs are
		c.names = append(c.names, name)
	}
	return c.Blobs.Create(ctx, name)
}

func (c *cellarBlobs) Remove(ctx context.Context, names ...string) error {
	if c.locked.Load() {
		return errLocked
	}
	return c.Blobs.Remove(ctx, names...)
}

// wall tells the bubble's own time.
type wall struct{}

func (wall) Now() time.Time { return time.Now() }

// shelter is a server of Veriff's language, without a network, and what is kept behind it.
type shelter struct {
	*house
	store session.Store
	keys  *cellarKeys
	blobs *cellarBlobs
	made  []uuid.UUID
	refs  [][]byte // of their keys
}

func newShelter(t *testing.T, delay time.Duration) *shelter {
	t.Helper()
	h := &shelter{
		house: &house{TB: t, server: &httptest.Server{URL: "http://api.example"}, log: &lockedBuffer{}},
		store: memstore.New(), keys: &cellarKeys{MemoryKeeper: session.NewMemoryKeeper()}, blobs: &cellarBlobs{Blobs: media.NewMemoryBlobs()},
	}
	engine := must(session.New(h.store, session.Config{
		Integrations: session.Fixed{{
			ID: ours.Integration, Endpoints: []session.Endpoint{{ID: stranger, Format: veriff.Format, URL: "https://receiver.example/"}},
			Policy: session.Policy{
				Deletion: true, Delete: session.Unlimited(), Screening: true, Registry: true, ErasureDelay: delay,
			},
		}},
		Clock: wall{}, Keeper: h.keys, Blobs: h.blobs, Screener: lists{}, Registry: session.SandboxRegistry{},
		Renderers: map[string]session.Renderer{veriff.Format: veriff.Renderer{}},
		Deliverer: away{}, Decider: session.DeciderFunc(h.verdict),
	}))
	h.engine = engine.For(ours.Integration)
	h.handler = must(veriff.New(engine, must(auth.NewRing(ours)), veriff.Config{}))
	return h
}

// away is a receiver that never takes anything, so that webhooks wait.
type away struct{}

func (away) Deliver(context.Context, session.Endpoint, session.Delivery) session.Try {
	return session.Try{Status: http.StatusServiceUnavailable}
}

// ask makes a call within the bubble.
func (h *shelter) ask(c call) result {
	h.Helper()
	r := h.request(c)
	r.RemoteAddr = "192.0.2.1:1"
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return result{w.Code, w.Result().Header, w.Body.String()}
}

// things makes a session with everything in it, which is then decided; without an outcome it is left open.
func (h *shelter) things(outcome decision.Outcome) things {
	h.Helper()
	got := h.ask(call{method: "POST", path: "/v1/sessions", body: everything})
	h.want(got, http.StatusCreated, "")
	o := verificationOf(h.house, got)
	h.want(h.ask(call{method: "POST", path: "/v1/sessions/" + o.ID + "/collected-data", body: device}), http.StatusOK, "")
	h.want(h.ask(call{method: "POST", path: "/v1/sessions/" + o.ID + "/media", body: uploadBody("face", pngBytes)}), http.StatusOK, "")
	if outcome != "" {
		h.want(h.ask(call{method: "PATCH", path: "/v1/sessions/" + o.ID, body: submit}), http.StatusOK, "")
		h.decide(o.ID, decision.Verdict{Outcome: outcome, Record: fullRecord})
	}
	s := must(h.engine.Get(h.Context(), uuid.MustParse(o.ID)))
	h.made, h.refs = append(h.made, s.ID), append(h.refs, s.Key)
	return things{o.ID, s.AttemptID.String(), s.Media[0].ID.String(), o.URL}
}

// left is what there still is of the sessions that were made.
func (h *shelter) left() (found []string) {
	h.Helper()
	ctx := context.Background()
	note := func(is bool, what string) {
		if is && !slices.Contains(found, what) {
			found = append(found, what)
		}
	}
	for i, id := range h.made {
		rec := must(h.store.Load(ctx, session.Ref{Tenant: ours.Integration, ID: id, Deleted: true}, ^session.Parts(0)))
		note(len(rec.Session.Sealed) > 0, "facts")
		note(len(rec.Session.Key) > 0, "a key's ref")
		note(rec.Session.Ref != session.BlindIndex{}, "a blind index")
		note(len(rec.Media) > 0, "rows of media")
		for _, d := range rec.Decisions {
			note(len(d.Sealed) > 0, "decisions")
		}
		for _, f := range rec.Findings {
			note(len(f.Sealed) > 0, "findings")
		}
		_, err := h.keys.Open(ctx, id, h.refs[i])
		note(!errors.Is(err, session.ErrErased), "a key")
	}
	for _, d := range must(h.store.Deliveries(ctx, session.DeliveryQuery{Tenant: ours.Integration, N: 1000})) {
		note(d.Personal && len(d.Body) > 0, "webhooks")
	}
	for _, name := range h.blobs.names {
		r, err := h.blobs.Open(ctx, name)
		note(err == nil, "blobs")
		if err == nil {
			_ = r.Close()
		}
	}
	return found
}

// TestDeletedIsPurged: what is deleted can be read by nobody from the answer on, and is gone within 12 hours, however
// late the policy has it begin, and whatever goes wrong for half an hour when it does.
func TestDeletedIsPurged(t *testing.T) {
	t.Parallel()
	const latest = 11 * time.Hour
	for _, row := range []struct {
		name  string
		delay time.Duration
		sees  time.Duration // when it is gone
		fault func(h *shelter, run func() (stop func()), stop func()) (end func())
	}{
		{"by default", 0, 2 * time.Second, nil},
		{"as late as may be", latest, latest + 2*time.Second, nil},
		{"the blobs cannot be removed", latest, 12*time.Hour - time.Second, func(h *shelter, _ func() func(), stop func()) func() {
			h.blobs.locked.Store(true)
			time.Sleep(latest + 30*time.Minute)
			h.blobs.locked.Store(false)
			return stop
		}},
		{"the keys cannot be destroyed", latest, 12*time.Hour - time.Second, func(h *shelter, _ func() func(), stop func()) func() {
			h.keys.locked.Store(true)
			time.Sleep(latest + 30*time.Minute)
			h.keys.locked.Store(false)
			return stop
		}},
		{"the server is away", latest, 12*time.Hour - time.Second, func(_ *shelter, run func() func(), stop func()) func() {
			stop()
			time.Sleep(latest + 59*time.Minute)
			return run()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newShelter(t, row.delay)
				run := func() (stop func()) {
					ctx, cancel := context.WithCancel(context.Background())
					done := make(chan error, 1)
					go func() { done <- h.engine.Run(ctx) }()
					return sync.OnceFunc(func() {
						cancel()
						if err := <-done; err != nil {
							t.Errorf("Run: %v", err)
						}
					})
				}
				stop := run()
				defer func() { stop() }()
				var all []things
				for _, outcome := range []decision.Outcome{"", decision.Approved, decision.Declined, decision.Resubmission} {
					all = append(all, h.things(outcome))
				}
				begun := time.Now()
				for _, of := range all {
					h.want(h.ask(call{method: "DELETE", path: "/v1/sessions/" + of.session}), http.StatusOK, "")
					h.unreadable(of)
				}
				if left := h.left(); slices.Contains(left, "facts") || slices.Contains(left, "decisions") || slices.Contains(left, "webhooks") {
					t.Errorf("with the answer: there are still %v, want no ciphertext in the store", left)
				}
				if row.delay > 0 && !slices.Contains(h.left(), "a key") {
					t.Error("the keys went at once: this tests nothing")
				}
				if row.fault != nil {
					stop = row.fault(h, run, stop)
				}
				time.Sleep(row.sees - time.Since(begun))
				synctest.Wait()
				if left := h.left(); len(left) > 0 {
					t.Errorf("after %s there are still %v", time.Since(begun), left)
				}
				for _, of := range all {
					h.unreadable(of)
				}
			})
		})
	}
}

// unreadable: whoever has the key is told of what was deleted what is told of what never was, by every endpoint.
func (h *shelter) unreadable(of things) {
	h.Helper()
	for _, e := range endpoints() {
		if !e.hasObject() {
			continue
		}
		is := h.ask(call{method: e.method, path: of.of(e), body: e.body()})
		want := h.ask(call{method: e.method, path: nothing.of(e), body: e.body()})
		if is.status != http.StatusNotFound || is.body != want.body {
			h.Errorf("%s of what was deleted: got %d %s, want %s", e, is.status, is.body, want.body)
		}
	}
	page := httptest.NewRecorder()
	h.handler.ServeHTTP(page, httptest.NewRequest("GET", of.url, nil))
	if page.Code != http.StatusNotFound {
		h.Errorf("the person's page of what was deleted: got %d, want 404", page.Code)
	}
}
