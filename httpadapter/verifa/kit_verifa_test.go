package verifa_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// The integrations of a house: ours, live and sandbox, that of another tenant, and one of ours that speaks another
// language.
var (
	liveID    = uuid.MustParse("11111111-0000-4000-8000-000000000001")
	sandboxID = uuid.MustParse("11111111-0000-4000-8000-000000000002")
	theirsID  = uuid.MustParse("22222222-0000-4000-8000-000000000001")
	veriffID  = uuid.MustParse("11111111-0000-4000-8000-000000000003")
	tenantID  = uuid.MustParse("11111111-0000-4000-8000-000000000000")
)

// The keys of a house, which hold every scope.
const (
	liveKey    = "vk_live_" + "ours0000000000000000"
	sandboxKey = "vk_sandbox_" + "ours0000000000000000"
	theirKey   = "vk_live_" + "theirs00000000000000"
	pageKey    = "vk_pub_live_" + "ours0000000000000000"
	noKey      = ""
)

// plan is large enough for any test.
var plan = verifa.Plan{Name: "test", Requests: 5000, Creations: 5000}

// setup is how a house differs from the usual one.
type setup struct {
	policy    func(*session.Policy) // changes that of all of ours and theirs
	config    verifa.Config         // Default of Plan: plan; of PublicURL: https://api.example
	engine    func(*session.Config) // changes that of the engine
	endpoints []session.Endpoint    // of ours, live
	store     session.Store         // Default: in memory
	keys      []auth.APIKey         // further ones
}

// house is an adapter with everything around it, over HTTP.
type house struct {
	testing.TB
	clock  *clock.Mock
	engine *session.Engine // acts for ours, live
	ring   *auth.APIKeyRing
	store  session.Store
	blobs  *keptBlobs
	server *httptest.Server
	log    *logBuffer
}

func newHouse(t testing.TB, s setup) *house {
	t.Helper()
	h := &house{TB: t, clock: sessiontest.NewClock(), store: s.store, blobs: newKeptBlobs(), log: &logBuffer{}}
	if h.store == nil {
		h.store = memstore.New()
	}
	policy := func(sandbox bool) session.Policy {
		p := verifa.Policy(plan, sandbox)
		if s.policy != nil {
			s.policy(&p)
		}
		return p
	}
	cfg := session.Config{
		Integrations: session.Fixed{
			{ID: liveID, Tenant: tenantID, Dialect: verifa.Dialect, Policy: policy(false), Endpoints: s.endpoints},
			{ID: sandboxID, Tenant: tenantID, Dialect: verifa.Dialect, Policy: policy(true), Sandbox: true},
			{ID: theirsID, Dialect: verifa.Dialect, Policy: policy(false)},
			{ID: veriffID, Tenant: tenantID, Policy: session.Policy{Links: true}},
		},
		Clock: h.clock, Keeper: session.NewMemoryKeeper(), Blobs: h.blobs, Key: session.Key{1},
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
		Log:       slog.New(slog.NewTextHandler(h.log, nil)),
	}
	if s.engine != nil {
		s.engine(&cfg)
	}
	engine := must(session.New(h.store, cfg))
	h.engine = engine.For(liveID)
	h.ring = must(auth.NewAPIKeyRing(append([]auth.APIKey{
		keyOf(liveKey, liveID), keyOf(sandboxKey, sandboxID), keyOf(theirKey, theirsID), keyOf(pageKey, liveID),
	}, s.keys...)...))
	if s.config.Plan.Name == "" {
		s.config.Plan = plan
	}
	if s.config.PublicURL == "" {
		s.config.PublicURL = "https://api.example"
	}
	if s.config.Log == nil {
		s.config.Log = slog.New(slog.NewTextHandler(h.log, nil))
	}
	h.server = httptest.NewServer(must(verifa.New(engine, h.ring, s.config)))
	t.Cleanup(h.server.Close)
	return h
}

// keyOf is an active key with every scope, or those that are given.
func keyOf(text string, integration uuid.UUID, scopes ...string) auth.APIKey {
	key := must(auth.ParseAPIKey(text))
	key.ID, key.Integration, key.Active = uuid.NewSHA1(integration, []byte(text)), integration, true
	if key.Scopes = scopes; len(scopes) == 0 {
		key.Scopes = auth.AllScopes()
	}
	return key
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// call is a request in full.
type call struct {
	method, path, key string
	body              any // a string or bytes as they are, an io.Reader, or whatever is written as JSON; nil: none
	kind              string
	header            map[string]string
}

// result is an answer.
type result struct {
	testing.TB
	name   string // of the request
	status int
	header http.Header
	body   string
}

// do sends a request; the key may be empty, and the body nil, a string as it is, or whatever is written as JSON.
func (h *house) do(method, path, key string, body any) result {
	h.Helper()
	return h.call(call{method: method, path: path, key: key, body: body})
}

// call sends a request.
func (h *house) call(c call) result {
	h.Helper()
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case io.Reader:
		body = b
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	default:
		body = bytes.NewReader(must(json.Marshal(b)))
	}
	r := must(http.NewRequest(c.method, h.server.URL+c.path, body))
	if c.body != nil {
		if c.kind == "" {
			c.kind = "application/json"
		}
		r.Header.Set("Content-Type", c.kind)
	}
	if c.key != "" {
		r.Header.Set("X-API-Key", c.key)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	res, err := h.server.Client().Do(r)
	if err != nil {
		h.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		h.Fatalf("%s %s: the body: %v", c.method, c.path, err)
	}
	answer := result{h.TB, c.method + " " + c.path, res.StatusCode, res.Header, string(got)}
	h.checkContract(r, c.body, answer)
	return answer
}

// want ends the test unless the status is this one.
func (r result) want(status int) result {
	r.Helper()
	if r.status != status {
		r.Fatalf("%s: got %d %s, want %d", r.name, r.status, r.body, status)
	}
	return r
}

// refused ends the test unless the answer is an error of this status and code.
func (r result) refused(status int, code string) result {
	r.Helper()
	if got := r.text("error"); r.status != status || got != code {
		r.Fatalf("%s: got %d %s, want %d %s", r.name, r.status, r.body, status, code)
	}
	return r
}

// value is a member of the answer's JSON by its path, as "data.0.url"; nil: there is none.
func (r result) value(path string) any {
	r.Helper()
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		r.Fatalf("%s: got %d %q, which is not JSON: %v", r.name, r.status, r.body, err)
	}
	for _, name := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

// text is a member of the answer's JSON as a text; empty: it is null or not there.
func (r result) text(path string) string {
	r.Helper()
	if v := r.value(path); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

// create makes a session and gives its id; the body may be nil.
func (h *house) create(key string, body any) string {
	h.Helper()
	if body == nil {
		body = "{}"
	}
	return h.do("POST", "/api/v1/sessions", key, body).want(http.StatusCreated).text("id")
}

// capture makes a session and gives its id, and the path of its capture, as "/verify/tok_…".
func (h *house) capture(key string, body any) (id, path string) {
	h.Helper()
	id = h.create(key, body)
	return id, h.capturePath(key, id)
}

// capturePath is the path of a session's capture.
func (h *house) capturePath(key, id string) string {
	h.Helper()
	address := h.do("GET", "/api/v1/sessions/"+id, key, nil).want(http.StatusOK).text("capture_url")
	path, ok := strings.CutPrefix(address, "https://api.example")
	if !ok {
		h.Fatalf("the capture of %s is at %q", id, address)
	}
	return path
}

// status is where a session stands.
func (h *house) status(key, id string) string {
	h.Helper()
	return h.do("GET", "/api/v1/sessions/"+id, key, nil).want(http.StatusOK).text("status")
}

// upload uploads a picture of a document type by the API.
func (h *house) upload(key, id, documentType string) result {
	h.Helper()
	body, kind := formOf(field{"document_type", documentType}, field{"file", picture})
	return h.call(call{method: "POST", path: "/api/v1/sessions/" + id + "/documents", key: key, body: body, kind: kind})
}

// simulate takes a sandbox session to an outcome.
func (h *house) simulate(id, action string) result {
	h.Helper()
	return h.do("POST", "/api/v1/sessions/"+id+"/simulate", sandboxKey, map[string]string{"action": action}).want(http.StatusOK)
}

// settle does all that is due.
func (h *house) settle() {
	h.Helper()
	if _, err := h.engine.Settle(context.Background()); err != nil {
		h.Fatal(err)
	}
}

// sessionID is the engine's id of a session.
func sessionID(id string) uuid.UUID { return uuid.MustParse(strings.TrimPrefix(id, "ses_")) }

// picture is a PNG of 3 by 2 pixels, as far as its head goes.
const picture = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x03\x00\x00\x00\x02\x08\x00\x00\x00\x00 and so on"

// field is one of a form; that whose name is file is a file.
type field struct{ name, value string }

// formOf is a form as a body, and its content type.
func formOf(fields ...field) (body, kind string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q", f.name)}}
		if f.name == "file" {
			h.Set("Content-Disposition", `form-data; name="file"; filename="../../etc/passwd"`)
			h.Set("Content-Type", "application/octet-stream")
		}
		_ = must(must(w.CreatePart(h)).Write([]byte(f.value)))
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String(), w.FormDataContentType()
}

// logBuffer is where the log goes.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// day is a whole one.
const day = 24 * time.Hour
