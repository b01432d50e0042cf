package verifa_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// handing is a store that hands out one API key, in a body that nobody has looked at.
type handing struct {
	session.Store
	body []byte
}

func (s *handing) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	if q.Kind == session.EntryKey {
		return []session.Entry{{Kind: q.Kind, ID: q.ID, Name: q.Name, Version: 1, Body: s.body}}, nil
	}
	return s.Store.Entries(ctx, q)
}

// FuzzKeptKey: whatever a store hands out as an API key, it opens nothing unless it reads as a key that is in use, from
// where and from which page the request comes; and what reads as a key is kept and found as it is.
func FuzzKeptKey(f *testing.F) {
	store, clock := &handing{Store: memstore.New()}, sessiontest.NewClock()
	integrations := session.Fixed{
		{ID: liveID, Tenant: tenantID, Dialect: verifa.Dialect, Policy: verifa.Policy(plan, false)},
		{ID: sandboxID, Tenant: tenantID, Sandbox: true, Dialect: verifa.Dialect, Policy: verifa.Policy(plan, true)},
	}
	engine := must(session.New(store, session.Config{
		Integrations: integrations, Clock: clock, Keeper: session.NewMemoryKeeper(), Blobs: newKeptBlobs(), Key: session.Key{1},
	}))
	handler := must(verifa.New(engine, verifa.NewKeys(engine), verifa.Config{Plan: fuzzConfig.Plan, PublicURL: "https://api.example"}))
	const origin = "https://shop.example"
	from := netip.MustParseAddr("192.0.2.7")
	f.Fuzz(func(t *testing.T, body []byte) {
		clock.Add(time.Minute)
		store.body = body
		r := httptest.NewRequest("GET", "/api/v1/sessions", nil)
		r.RemoteAddr = netip.AddrPortFrom(from, 1).String()
		r.Header.Set("Origin", origin)
		r.Header.Set("X-API-Key", liveKey)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var key auth.APIKey
		reads := json.Unmarshal(body, &key) == nil
		may := reads && key.Usable(clock.Now()) == nil && key.AllowsAddr(from) && key.AllowsOrigin(origin) &&
			(key.Integration == liveID && !key.Sandbox || key.Integration == sandboxID && key.Sandbox)
		if w.Code == http.StatusOK && !may || w.Code >= 500 && reads {
			t.Errorf("%q: got %d %s", body, w.Code, w.Body)
		}
		if !may || key.Validate() != nil {
			return
		}
		own := must(session.New(memstore.New(), session.Config{Integrations: integrations, Clock: clock}))
		keys := verifa.NewKeys(own)
		put, err := keys.Put(t.Context(), key)
		if err != nil {
			t.Fatalf("%q: it cannot be kept: %v", body, err)
		}
		found, err := keys.ByHash(t.Context(), key.Hash)
		if one, two := must(json.Marshal(put)), must(json.Marshal(found)); err != nil || string(one) != string(two) {
			t.Errorf("%q: got %s and error %v, want %s", body, two, err, one)
		}
	})
}
