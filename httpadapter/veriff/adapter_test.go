package veriff_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	engine := must(session.New(memstore.New(), session.Config{}))
	ring := must(auth.NewRing(ours))
	rows := []struct {
		name   string
		engine *session.Engine
		keys   auth.Keyring
		config veriff.Config
		want   []string
	}{
		{"nothing given", nil, nil, veriff.Config{PublicURL: "x", MaxUploads: -1, UploadWait: -1, UploadPatience: -1},
			[]string{"engine is missing", "keyring is missing", "PublicURL", "MaxUploads is -1", "UploadWait is -1ns", "UploadPatience is -1ns"}},
		{"no scheme", engine, ring, veriff.Config{PublicURL: "idv.example.com"}, []string{"is not an http or https address"}},
		{"another scheme", engine, ring, veriff.Config{PublicURL: "ftp://idv.example.com"}, []string{"is not an http or https address"}},
		{"no host", engine, ring, veriff.Config{PublicURL: "https:///idv"}, []string{"is not an http or https address"}},
		{"not a URL", engine, ring, veriff.Config{PublicURL: "https://[::1"}, []string{"is not an http or https address"}},
		{"a query", engine, ring, veriff.Config{PublicURL: "https://idv.example.com?a"}, []string{"more than scheme, host and path"}},
		{"a fragment", engine, ring, veriff.Config{PublicURL: "https://idv.example.com#a"}, []string{"more than scheme, host and path"}},
		{"a user", engine, ring, veriff.Config{PublicURL: "https://me@idv.example.com"}, []string{"more than scheme, host and path"}},
	}
	for _, row := range rows {
		handler, err := veriff.New(row.engine, row.keys, row.config)
		if err == nil || handler != nil {
			t.Errorf("%s: got a handler, want an error", row.name)
			continue
		}
		for _, want := range row.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %q, want it to say %q", row.name, err, want)
			}
		}
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	rows := []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/", 404, ""},
		{"GET", "/v1", 404, ""},
		{"GET", "/v1/sessions/" + id + "/", 404, ""},
		{"GET", "/v1/sessions/" + id + "/nothing", 404, ""},
		{"GET", "/v2/sessions/" + id, 404, ""},
		{"GET", "/V1/sessions/" + id, 404, ""},
		{"POST", "/v1/media/" + id + "/x", 404, ""},
		{"OPTIONS", "/nothing", 404, ""},
		{"GET", "/v/", 404, ""},
		{"GET", "/v1/sessions", 405, "OPTIONS, POST"},
		{"DELETE", "/v1/sessions/", 405, "OPTIONS, POST"},
		{"POST", "/v1/sessions/" + id, 405, "DELETE, GET, HEAD, PATCH"},
		{"PUT", "/v1/sessions/" + id, 405, "DELETE, GET, HEAD, PATCH"},
		{"OPTIONS", "/v1/sessions/" + id, 405, "DELETE, GET, HEAD, PATCH"},
		{"TRACE", "/v1/sessions/" + id, 405, "DELETE, GET, HEAD, PATCH"},
		{"DELETE", "/v1/sessions/" + id + "/media", 405, "GET, HEAD, POST"},
		{"POST", "/v1/sessions/" + id + "/attempts", 405, "GET, HEAD"},
		{"POST", "/v1/sessions/" + id + "/decision", 405, "GET, HEAD"},
		{"DELETE", "/v1/media/" + id, 405, "GET, HEAD"},
	}
	for _, row := range rows {
		// With a known key the answer is signed; without one it is the same, unsigned. send checks which.
		for _, header := range []http.Header{{}, {"X-Auth-Client": {ours.APIKey.String()}}, {"X-Auth-Client": {stranger.String()}}} {
			got := h.do(call{method: row.method, path: row.path, header: header})
			if got.status != row.status || got.header.Get("Allow") != row.allow || got.code() != "1101" {
				t.Errorf("%s %s: got %d, Allow %q, %s; want %d, Allow %q",
					row.method, row.path, got.status, got.header.Get("Allow"), got.body, row.status, row.allow)
			}
		}
	}
	if got := h.do(call{method: "PUT", path: "/v/x", header: http.Header{}}); got.status != 405 || got.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("PUT /v/x: got %d, Allow %q; want 405", got.status, got.header.Get("Allow"))
	}
}

// TestBrowsers: a page of any origin may create sessions, and read why it may not.
func TestBrowsers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	for _, path := range []string{"/v1/sessions", "/v1/sessions/"} {
		got := h.do(call{method: "OPTIONS", path: path, header: http.Header{
			"Origin": {"https://shop.example"}, "Access-Control-Request-Method": {"POST"},
			"Access-Control-Request-Headers": {"content-type,x-auth-client,x-origin,vrf-integration-id,x-hmac-signature"},
		}})
		allowed := strings.ToLower(got.header.Get("Access-Control-Allow-Headers"))
		for _, name := range []string{"content-type", "x-auth-client", "x-origin", "vrf-integration-id", "x-hmac-signature"} {
			if !strings.Contains(allowed, name) {
				t.Errorf("%s: got allowed headers %q, want %s among them", path, allowed, name)
			}
		}
		if got.status != 204 || got.header.Get("Access-Control-Allow-Methods") != "POST" || got.body != "" {
			t.Errorf("%s: got %d, methods %q, %q; want 204 and POST", path, got.status, got.header.Get("Access-Control-Allow-Methods"), got.body)
		}
		for _, header := range []http.Header{{}, {"X-Auth-Client": {ours.APIKey.String()}}} {
			for _, body := range []string{minimal, "{"} {
				got := h.do(call{method: "POST", path: path, body: body, header: header})
				if got.header.Get("Access-Control-Allow-Origin") != "*" {
					t.Errorf("%s: got %d with origin %q allowed, want *", path, got.status, got.header.Get("Access-Control-Allow-Origin"))
				}
			}
		}
	}
	got := h.do(call{method: "GET", path: "/v1/sessions/" + h.create(minimal).ID})
	if v := got.header.Get("Access-Control-Allow-Origin"); v != "" {
		t.Errorf("a signed call allows origin %q, want none: a page has no secret", v)
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	for _, path := range []string{"", "/media", "/attempts", "/decision"} {
		get := h.do(call{method: "GET", path: "/v1/sessions/" + id + path})
		head := h.do(call{method: "HEAD", path: "/v1/sessions/" + id + path})
		for _, name := range []string{"Content-Type", "Content-Length", "X-Hmac-Signature", "X-Auth-Client"} {
			if head.header.Get(name) != get.header.Get(name) {
				t.Errorf("HEAD %s: got %s %q, want %q as on GET", path, name, head.header.Get(name), get.header.Get(name))
			}
		}
		if head.status != 200 || head.body != "" {
			t.Errorf("HEAD %s: got %d %q, want 200 and nothing", path, head.status, head.body)
		}
	}
}

// brokenKeys is a keyring whose database is away, or which panics.
type brokenKeys struct{ panics bool }

var errSecretive = errors.New("connection to keys.internal refused")

func (b brokenKeys) ByKey(context.Context, uuid.UUID) (auth.Credential, error) {
	if b.panics {
		panic("at the keys: hunter2")
	}
	return auth.Credential{}, errSecretive
}

func (b brokenKeys) ByIntegration(ctx context.Context, id uuid.UUID) (auth.Credential, error) {
	return b.ByKey(ctx, id)
}

// TestFailures: what nobody foresaw is one sentence to the client, and has its cause in the log.
func TestFailures(t *testing.T) {
	t.Parallel()
	want := `{"status":"fail","code":"1101","message":"Something went wrong"}`
	request := func(h *house) result {
		return h.direct("GET", "/v1/sessions/"+stranger.String(), "", http.Header{"X-Auth-Client": {uuid.NewString()}, "X-Hmac-Signature": {sign("")}})
	}
	h := newHouse(t, setup{keys: brokenKeys{}})
	if got := request(h); got.status != 500 || got.body != want {
		t.Errorf("keyring away: got %d %s, want 500 %s", got.status, got.body, want)
	}
	if !strings.Contains(h.log.String(), errSecretive.Error()) {
		t.Errorf("keyring away: the log %q does not have the cause", h.log.String())
	}
	h = newHouse(t, setup{keys: brokenKeys{panics: true}})
	if got := request(h); got.status != 500 || got.body != want {
		t.Errorf("panic: got %d %s, want 500 %s", got.status, got.body, want)
	}
	if log := h.log.String(); !strings.Contains(log, "panicked") || strings.Contains(log, "hunter2") {
		t.Errorf("panic: the log is %q, want that there was one and not its words", log)
	}
}

// brokenStore is a store that can be told to be away, or to panic.
type brokenStore struct {
	session.Store
	fault func() error
}

var errStore = errors.New("the database is away")

func (b *brokenStore) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	if b.fault != nil {
		return session.Record{}, b.fault()
	}
	return b.Store.Load(ctx, ref, parts)
}

// TestFailuresBehindTheKey are signed, also when a handler panics. (do checks it.)
func TestFailuresBehindTheKey(t *testing.T) {
	t.Parallel()
	store := &brokenStore{Store: memstore.New()}
	h := newHouse(t, setup{store: store})
	o := h.create(minimal)
	faults := map[string]func() error{
		"error":  func() error { return errStore },
		"panic":  func() error { panic(errStore) },
		"erased": func() error { return session.ErrErased },
	}
	for name, fault := range faults {
		status, code := 500, "1101"
		if name == "erased" {
			status = 404
		}
		for _, c := range []call{
			{method: "GET", path: "/v1/sessions/" + o.ID},
			{method: "GET", path: "/v1/sessions/" + o.ID + "/decision"},
			{method: "GET", path: "/v1/sessions/" + o.ID + "/media"},
			{method: "GET", path: "/v1/sessions/" + o.ID + "/attempts"},
			{method: "GET", path: "/v1/media/" + o.ID},
			{method: "PATCH", path: "/v1/sessions/" + o.ID, body: submit},
			{method: "PATCH", path: "/v1/sessions/" + o.ID, body: "{"},
			{method: "POST", path: "/v1/sessions/" + o.ID + "/media", body: uploadBody("face", pngBytes)},
			{method: "DELETE", path: "/v1/sessions/" + o.ID},
		} {
			store.fault = fault
			got := h.do(c)
			store.fault = nil
			if got.status != status || got.code() != code {
				t.Errorf("%s: %s %s: got %d %s, want %d", name, c.method, c.path, got.status, got.body, status)
			}
		}
		if name == "panic" {
			continue
		}
		store.fault = fault
		got := h.open("GET", o.URL)
		store.fault = nil
		if got.status != status {
			t.Errorf("%s: page: got %d %s, want %d", name, got.status, got.body, status)
		}
	}
}

// TestKeyWithoutIntegration: the keyring knows an integration that the engine does not.
func TestKeyWithoutIntegration(t *testing.T) {
	t.Parallel()
	lost := ours
	lost.Integration = stranger
	h := newHouse(t, setup{keys: must(auth.NewRing(lost))})
	got := h.direct("POST", "/v1/sessions", minimal, http.Header{"X-Auth-Client": {lost.APIKey.String()}})
	h.want(got, 500, "1101")
	if !strings.Contains(h.log.String(), lost.Integration.String()) {
		t.Errorf("the log %q does not say which integration", h.log.String())
	}
}

// TestNothingLeaks: neither secrets nor what is said of a person stand in a log or in a refusal.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	canary := "canary7c1f"
	var said strings.Builder
	for _, body := range []string{
		`{"verification":{"vendorData":"` + canary + `","callback":"http://` + canary + `"}}`,
		`{"verification":{"person":{"firstName":"` + canary + `","gender":"` + canary + `"}}}`,
		`{"verification":{"person":{"dateOfBirth":"` + canary + `"}}}`,
		`{"` + canary + `":1,"` + canary + `":2}`,
		`{"verification":{"endUserId":"` + canary + `"}}`,
	} {
		got := h.do(call{method: "POST", path: "/v1/sessions", body: body})
		if got.status != 400 {
			t.Errorf("%s: got %d, want 400", body, got.status)
		}
		said.WriteString(got.body)
	}
	said.WriteString(h.log.String())
	if strings.Contains(said.String(), canary) {
		t.Errorf("got %s, want nothing of the request in it", said.String())
	}
}

func TestRendererHasNoWordsForTheRest(t *testing.T) {
	t.Parallel()
	for _, kind := range []session.EventKind{
		session.EventCreated, session.EventUploaded, session.EventFailed, session.EventAwaitingExternal, session.EventDeciding,
		session.EventUndecided, session.EventDeleted, session.EventErasing, session.EventErased, session.EventPutOff,
	} {
		s := &session.Snapshot{Session: session.Session{Status: session.StatusApproved}}
		if body, _, ok, err := (veriff.Renderer{}).Render(session.Event{Kind: kind}, s, session.Endpoint{}); ok || body != nil || err != nil {
			t.Errorf("%s: got %s, %v, want no words", kind, body, err)
		}
	}
}

// TestRendererSaysWhatIsPersonal: as long as there is a person to speak of; then it says nothing of one,
// whatever it is shown.
func TestRendererSaysWhatIsPersonal(t *testing.T) {
	t.Parallel()
	for _, status := range []session.Status{
		session.StatusStarted, session.StatusSubmitted, session.StatusReview, session.StatusApproved, session.StatusDeclined,
		session.StatusResubmissionRequested, session.StatusExpired, session.StatusAbandoned,
	} {
		for _, deleted := range []bool{false, true} {
			s := &session.Snapshot{
				Session:   session.Session{Status: status},
				Decisions: []session.Concluded{{Decision: session.Decision{Code: 204}, Record: fullRecord}},
			}
			if deleted {
				s.DeletedAt = morning
			}
			body, personal, ok, err := veriff.Renderer{}.Render(session.Event{Kind: session.EventKind(status)}, s, session.Endpoint{})
			if err != nil || !ok || personal == deleted {
				t.Errorf("%s, deleted %v: got ok %v, personal %v (%v)", status, deleted, ok, personal, err)
			}
			if deleted && (strings.Contains(string(body), "Ada") || strings.Contains(string(body), "204")) {
				t.Errorf("%s: got %s of a deleted session, want nothing of the person", status, body)
			}
		}
	}
}

func TestRendererRefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	s := &session.Snapshot{
		Session:   session.Session{Status: session.StatusApproved},
		Decisions: []session.Concluded{{Record: decision.Record{Additional: &decision.Additional{Other: []byte("{")}}}},
	}
	body, _, ok, err := veriff.Renderer{}.Render(session.Event{Kind: session.EventApproved}, s, session.Endpoint{})
	if err == nil || ok || body != nil {
		t.Errorf("got %s, ok %v and no error, want one", body, ok)
	}
}
