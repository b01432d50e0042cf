package verifa_test

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// captureCalls are calls of every endpoint of a capture, each as one that is good would make it.
func captureCalls(t testing.TB, path string) (calls []call) {
	t.Helper()
	bodies := map[string]any{
		"": nil, "/complete": nil, "/consent": `{"consent_version":"2026-01"}`, "/document-type": `{"document_type":"passport"}`,
		"/data": `{"first_name":"Jane"}`, "/signals": `{"signals":["devtools_open"]}`, "/sandbox-outcome": `{"outcome":"approve"}`,
	}
	files := map[string][]field{"/front": nil, "/back": nil, "/selfie": nil, "/proof-of-address": {{"poa_document_type", "utility_bill"}}}
	for _, e := range verifa.Endpoints() {
		tail, ok := strings.CutPrefix(e.Path, "/verify/{token}")
		if !ok {
			continue
		}
		c := call{method: e.Method, path: path + tail}
		if body, ok := bodies[tail]; ok {
			c.body = body
		} else if fields, ok := files[tail]; ok {
			c = c.form(append(slices.Clone(fields), field{"file", picture})...)
		} else {
			t.Fatalf("there is no body for %s %s: add one", e.Method, e.Path)
		}
		calls = append(calls, c)
	}
	return calls
}

// deadCapture is the capture of a session that takes nothing by it.
type deadCapture struct {
	id, path string
	code     string            // what every endpoint is refused with
	but      map[string]string // by the end of the path: what else is
}

// deadCaptures makes one of every kind: each session is as far as it can be on that way.
func deadCaptures() map[string]func(*house) deadCapture {
	const outcome = "/sandbox-outcome"
	begun := func(h *house, key string) (id, path string) {
		id, path = h.capture(key, nil)
		h.consent(path)
		h.captureFile(path, "front", picture).want(http.StatusCreated)
		return id, path
	}
	done := func(h *house, key string) (id, path string) {
		id, path = begun(h, key)
		h.do("POST", path+"/document-type", noKey, `{"document_type":"passport"}`).want(http.StatusOK)
		h.do("POST", path+"/complete", noKey, nil).want(http.StatusOK)
		return id, path
	}
	return map[string]func(*house) deadCapture{
		"its time is over": func(h *house) deadCapture {
			id, path := begun(h, liveKey)
			h.clock.Add(20 * time.Minute)
			return deadCapture{id, path, "token_expired", nil}
		},
		"expired by its host": func(h *house) deadCapture {
			id, path := begun(h, liveKey)
			h.do("POST", "/api/v1/sessions/"+id+"/expire", liveKey, nil).want(http.StatusOK)
			return deadCapture{id, path, "token_expired", nil}
		},
		"revoked by a one-time link": func(h *house) deadCapture {
			id, path := begun(h, liveKey)
			h.oneTime(id, nil)
			return deadCapture{id, path, "token_revoked", nil}
		},
		"revoked by a resumption": func(h *house) deadCapture {
			id, path := begun(h, liveKey)
			h.clock.Add(20 * time.Minute)
			h.do("POST", "/api/v1/sessions/"+id+"/resume", liveKey, nil).want(http.StatusOK)
			return deadCapture{id, path, "token_revoked", nil}
		},
		"a one-time link that was visited": func(h *house) deadCapture {
			id := h.create(liveKey, nil)
			_, path := h.oneTime(id, nil)
			h.do("GET", path, noKey, nil).want(http.StatusOK)
			return deadCapture{id, path, "token_consumed", nil}
		},
		"a one-time link that was replaced": func(h *house) deadCapture {
			id := h.create(liveKey, nil)
			_, path := h.oneTime(id, nil)
			h.oneTime(id, nil)
			return deadCapture{id, path, "token_revoked", nil}
		},
		"complete, live": func(h *house) deadCapture {
			id, path := done(h, liveKey)
			return deadCapture{id, path, "token_completed", map[string]string{outcome: "forbidden"}}
		},
		"decided": func(h *house) deadCapture {
			id, path := done(h, sandboxKey)
			h.simulate(id, "approve")
			return deadCapture{id, path, "token_completed", map[string]string{outcome: "invalid_request"}}
		},
		"redacted": func(h *house) deadCapture {
			id, path := begun(h, liveKey)
			h.do("DELETE", "/api/v1/sessions/"+id+"/data", liveKey, nil).want(http.StatusOK)
			return deadCapture{id, path, "not_found", nil}
		},
		"deleted": func(h *house) deadCapture {
			id, path := begun(h, liveKey)
			h.clock.Add(10 * time.Minute) // the person is at it no more
			_ = must(h.engine.Delete(h.Context(), sessionID(id)))
			return deadCapture{id, path, "not_found", nil}
		},
	}
}

// deadStatus is the status of a refusal.
var deadStatus = map[string]int{"not_found": http.StatusNotFound, "forbidden": http.StatusForbidden}

// TestDeadCaptures: whatever a capture token is no longer good for is refused with what it says of why, at every
// endpoint, with and without an idempotency key, and leaves nothing.
func TestDeadCaptures(t *testing.T) {
	t.Parallel()
	for name, set := range deadCaptures() {
		t.Run(strings.NewReplacer(" ", "_", ",", "").Replace(name), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{policy: func(p *session.Policy) { p.Deletion = true }})
			dead := set(h)
			h.settle()
			before := h.kept(dead.id)
			for _, c := range captureCalls(t, dead.path) {
				code := dead.code
				if other, ok := dead.but[strings.TrimPrefix(c.path, dead.path)]; ok {
					code = other
				}
				status := http.StatusBadRequest
				if other, ok := deadStatus[code]; ok {
					status = other
				}
				h.call(c).refused(status, code)
				c.header = map[string]string{"Idempotency-Key": "again", "X-API-Key": liveKey}
				h.call(c).refused(status, code)
			}
			h.settle()
			if after := h.kept(dead.id); !reflect.DeepEqual(after, before) {
				t.Errorf("the session was changed: got\n%+v\nwant\n%+v", after, before)
			}
		})
	}
}

// TestUnvisitedLink: a one-time link is good for one visit and nothing else.
func TestUnvisitedLink(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	_, path := h.oneTime(id, nil)
	before := h.kept(id)
	for _, c := range captureCalls(t, path) {
		if c.path != path {
			h.call(c).refused(http.StatusBadRequest, "token_not_visited")
		}
	}
	if after := h.kept(id); !reflect.DeepEqual(after, before) {
		t.Errorf("the session was changed: got\n%+v\nwant\n%+v", after, before)
	}
	h.do("GET", path, noKey, nil).want(http.StatusOK)
}

// keptOf is everything that is kept of a session.
type keptOf struct {
	record  session.Record
	blobs   int
	answers []session.Entry
}

func (h *house) kept(id string) (k keptOf) {
	h.Helper()
	k.blobs = h.blobs.count()
	for _, of := range []struct {
		tenant  uuid.UUID
		sandbox bool
	}{{tenantID, false}, {tenantID, true}, {theirsID, false}} {
		ref := session.Ref{Tenant: of.tenant, ID: sessionID(id), Deleted: true}
		if rec, err := h.store.Load(h.Context(), ref, ^session.Parts(0)); err == nil {
			k.record = rec
		}
		k.answers = append(k.answers, must(h.store.Entries(h.Context(), session.EntryQuery{
			Tenant: of.tenant, Sandbox: of.sandbox, Kind: session.EntryAnswer, At: h.clock.Now(), N: 100,
		}))...)
	}
	if k.record.Session.ID == uuid.Nil {
		h.Fatalf("there is nothing of the session %s", id)
	}
	return k
}

// forgeries are tokens that nobody was given: made of good ones of three sessions, of which the last is another tenant's.
func forgeries(h *house, a, b, theirs string) map[string]string {
	bytesOf := func(path string) []byte {
		return must(base64.RawURLEncoding.DecodeString(strings.TrimPrefix(path, "/verify/tok_")))
	}
	made := func(change func(token []byte)) string {
		token := bytesOf(a)
		change(token)
		return "tok_" + base64.RawURLEncoding.EncodeToString(token)
	}
	other := must(h.engine.For(veriffID).Create(h.Context(), session.Facts{}))
	return map[string]string{
		"with the proof of another session": made(func(token []byte) { copy(token[36:], bytesOf(b)[36:]) }),
		"for another session":               made(func(token []byte) { copy(token[16:32], bytesOf(b)[16:32]) }),
		"for another tenant's session":      made(func(token []byte) { copy(token[16:32], bytesOf(theirs)[16:32]) }),
		"for another tenant":                made(func(token []byte) { copy(token[:16], theirsID[:]) }),
		"for another tenant, and its session": made(func(token []byte) {
			copy(token[:32], bytesOf(theirs)[:32])
		}),
		"for the sandbox":            made(func(token []byte) { copy(token[:16], sandboxID[:]) }),
		"for an unknown integration": made(func(token []byte) { token[0]++ }),
		"for an unknown session":     made(func(token []byte) { token[31]++ }),
		"for an integration of another language": made(func(token []byte) {
			copy(token[:16], veriffID[:])
			copy(token[16:32], other.ID[:])
		}),
		"of another language":           "tok_" + other.LinkToken(),
		"of a newer link":               made(func(token []byte) { binary.BigEndian.PutUint32(token[32:], 2) }),
		"of no link":                    made(func(token []byte) { binary.BigEndian.PutUint32(token[32:], 0) }),
		"of the last link":              made(func(token []byte) { binary.BigEndian.PutUint32(token[32:], 1<<32-1) }),
		"with one bit of the proof":     made(func(token []byte) { token[67] ^= 1 }),
		"with no proof":                 made(func(token []byte) { clear(token[36:]) }),
		"of zeros":                      made(func(token []byte) { clear(token) }),
		"an API key":                    liveKey,
		"an API key behind its prefix":  "tok_" + liveKey,
		"a publishable key":             pageKey,
		"a session's id":                "ses_" + strings.Repeat("0", 32),
		"cut short":                     strings.TrimPrefix(a, "/verify/")[:80],
		"with a prefix in another case": "TOK_" + strings.TrimPrefix(a, "/verify/tok_"),
	}
}

// TestForgedCaptures: a token that was given to nobody is answered at every endpoint byte for byte alike, whosever
// session it names and whatever API key comes with it, and changes none of them.
func TestForgedCaptures(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	a, first := h.capture(liveKey, nil)
	b, second := h.capture(liveKey, nil)
	c, third := h.capture(theirKey, nil)
	for _, path := range []string{first, second, third} {
		h.consent(path)
	}
	forged := forgeries(h, first, second, third)
	before := []keptOf{h.kept(a), h.kept(b), h.kept(c)}
	for i, unknown := range captureCalls(t, "/verify/tok_"+strings.Repeat("A", 91)) {
		want := h.call(unknown).refused(http.StatusNotFound, "not_found")
		for name, token := range forged {
			for _, key := range []string{noKey, liveKey, theirKey} {
				forgery := captureCalls(t, "/verify/"+token)[i]
				forgery.key = key
				got := h.call(forgery)
				if got.status != want.status || got.body != want.body || !slices.Equal(headerNames(got), headerNames(want)) {
					t.Errorf("%s, %s: got %d %s, want %s", unknown.path[len("/verify/tok_")+91:], name, got.status, got.body, want.body)
				}
			}
		}
	}
	if after := []keptOf{h.kept(a), h.kept(b), h.kept(c)}; !reflect.DeepEqual(after, before) {
		t.Errorf("the sessions were changed: got\n%+v\nwant\n%+v", after, before)
	}
	for _, path := range []string{first, second, third} {
		h.do("GET", path, noKey, nil).want(http.StatusOK)
	}
}
