package veriff_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

func parse(id string) (uuid.UUID, error) { return uuid.Parse(id) }

// TestSeedsExist: without its seeds a fuzz target tests next to nothing.
func TestSeedsExist(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"FuzzCreateBody", "FuzzUploadBody", "FuzzSignatureHeader"} {
		seeds, err := filepath.Glob(filepath.Join("testdata", "fuzz", target, "*"))
		if err != nil || len(seeds) < 3 {
			t.Errorf("%s: got %d seeds (%v), want some", target, len(seeds), err)
		}
		for _, seed := range seeds {
			text, err := os.ReadFile(seed)
			if err != nil || !strings.HasPrefix(string(text), "go test fuzz v1\n") {
				t.Errorf("%s: got %.40q (%v), want a seed", seed, text, err)
			}
		}
	}
}

// expected is a status that such a request may have; never 5xx.
func expected(t *testing.T, got result, statuses ...int) {
	t.Helper()
	if !slices.Contains(statuses, got.status) {
		t.Fatalf("got %d %s, want one of %v", got.status, got.body, statuses)
	}
	if !json.Valid([]byte(got.body)) {
		t.Fatalf("got %q, want JSON", got.body)
	}
}

// FuzzCreateBody: whatever is sent is either created, with what was sent in it, or refused in the one shape.
func FuzzCreateBody(f *testing.F) {
	h := newHouse(f, setup{policy: func(p *session.Policy) { p.Create = session.Unlimited() }})
	f.Fuzz(func(t *testing.T, body string) {
		h := h.failing(t)
		got := h.quick(call{method: "POST", path: "/v1/sessions", body: body})
		expected(t, got, 201, 400, 413)
		if got.status != http.StatusCreated {
			return
		}
		var sent struct{ Verification map[string]json.RawMessage }
		var members map[string]json.RawMessage
		if json.Unmarshal([]byte(body), &members) != nil || json.Unmarshal(members["verification"], &sent.Verification) != nil {
			t.Fatalf("%q was created", body)
		}
		var want *string
		if err := json.Unmarshal(nullFor(sent.Verification["vendorData"]), &want); err != nil {
			t.Fatalf("%q was created: %v", body, err)
		}
		o := verificationOf(h, got)
		if g, w := must(json.Marshal(o.VendorData)), must(json.Marshal(want)); string(g) != string(w) {
			t.Fatalf("%q: got vendorData %s, want %s", body, g, w)
		}
	})
}

func nullFor(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// failing is the house with another test to fail.
func (h *house) failing(t *testing.T) *house {
	return &house{TB: t, clock: h.clock, ring: h.ring, engine: h.engine, handler: h.handler, server: h.server, log: h.log}
}

// FuzzUploadBody: whatever is sent, and in whatever pieces, is answered as by who reads it as a whole.
func FuzzUploadBody(f *testing.F) {
	h := newHouse(f, setup{policy: func(p *session.Policy) { p.Create = session.Unlimited() }})
	f.Fuzz(func(t *testing.T, body string) {
		if len(body) > 60_000 {
			t.Skip("what is not of the medium may be too large")
		}
		h := h.failing(t)
		id := verificationOf(h, h.quick(call{method: "POST", path: "/v1/sessions", body: minimal})).ID // one session has no room for all
		for _, size := range []int{1, 6, 1 << 20} {
			if difference := h.compare(id, body, size); difference != "" {
				t.Fatal(difference)
			}
		}
	})
}

// FuzzSignatureHeader: nothing but the signature itself is taken for it.
func FuzzSignatureHeader(f *testing.F) {
	h := newHouse(f, setup{})
	id := h.create(minimal).ID
	right := []string{sign(id), string(ours.Secrets[1].Sign(nil, []byte(id)))}
	f.Fuzz(func(t *testing.T, key, signature string) {
		h := h.failing(t)
		got := h.direct("GET", "/v1/sessions/"+id, "", http.Header{"X-Auth-Client": {key}, "X-Hmac-Signature": {signature}})
		expected(t, got, 200, 401, 404)
		if got.status == 200 && (!strings.EqualFold(key, ours.APIKey.String()) || !slices.Contains(right, strings.ToLower(signature))) {
			t.Fatalf("key %q and signature %q were taken", key, signature)
		}
	})
}
