package examples_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// aviary is a server of both wire languages on files, with a log of everything, clumsy parts, and a client.
type aviary struct {
	*client
	engine   *session.Engine
	clock    interface{ Add(time.Duration) }
	log      *pages
	watchers watchers
	received *pages
	inbox    string // where webhooks go
	dir      string

	verifas, sandboxes, veriffs uuid.UUID

	key, sandboxKey string // of Verifa's
	credential      auth.Credential
	engineKey       session.Key
}

func newAviary(t *testing.T) *aviary {
	t.Helper()
	a := &aviary{
		client: &client{cage: &cage{t: t}, hooks: newClumsy()}, log: &pages{}, watchers: newWatchers(), received: &pages{}, dir: t.TempDir(),
		verifas: uuid.New(), sandboxes: uuid.New(), veriffs: uuid.New(), engineKey: session.NewKey(),
	}
	a.bird("words of what is clumsy") // Kanary00000
	a.key = "vk_live_ab12" + a.bird("API key of Verifa's") + "0000000000000000"
	a.sandboxKey = "vk_sandbox_cd34" + a.bird("sandbox key of Verifa's") + "0000000000000000"
	hmac := a.bird("shared secret of Veriff's") + "0000000000000000"
	secret, err := auth.NewSecret(hmac)
	ok(t, err)
	a.secrets = []string{a.key, a.sandboxKey, hmac}
	a.credential = auth.Credential{APIKey: uuid.New(), Integration: a.veriffs, Active: true, Secrets: []*auth.Secret{secret}}
	var told atomic.Int32
	inbox := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.escaped("the address of a webhook", r.URL.String())
		_, _ = io.Copy(a.received, r.Body)
		if told.Add(1) < 4 {
			http.Error(w, "Kanary00000", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(inbox.Close)
	a.inbox = inbox.URL
	a.serve()
	a.readDocuments()
	return a
}

// serve makes the engine and the server.
func (a *aviary) serve() {
	t := a.t
	options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	logger := slog.New(slog.NewMultiHandler(slog.NewTextHandler(a.log, options), slog.NewJSONHandler(a.log, options)))
	clock := sessiontest.NewClock()
	a.clock = clock
	ring, err := auth.NewRing(a.credential)
	ok(t, err)
	keys, err := auth.NewAPIKeyRing(a.keyOf(a.key, a.verifas), a.keyOf(a.sandboxKey, a.sandboxes))
	ok(t, err)
	secrets := new(verifa.EndpointSecrets)
	sender, err := webhook.New(ring, webhook.Config{AllowPrivate: true, Clock: clock, Schemes: map[string]webhook.Scheme{verifa.Format: webhook.Verifa(secrets)}})
	ok(t, err)
	db := openDatabase(t, sqlstore.SQLiteDSN(filepath.Join(a.dir, "sessions.db")))
	ok(t, sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()))
	store, err := sqlstore.New(db, sqlstore.SQLite())
	ok(t, err)
	keeper, err := filekeeper.Open(filepath.Join(a.dir, "slots"), session.NewKey())
	ok(t, err)
	t.Cleanup(func() { _ = keeper.Close() })
	blobs, err := fileblobs.Open(filepath.Join(a.dir, "media"))
	ok(t, err)
	t.Cleanup(func() { _ = blobs.Close() })
	plan := verifa.Plan{Name: "test", Requests: 100_000, Creations: 100_000}
	policy := verifa.Policy(plan, false)
	policy.Screening = true
	renderers := httpadapter.Renderers()
	for format, r := range renderers {
		renderers[format] = clumsyRenderer{a.hooks, r}
	}
	engine, err := session.New(store, session.Config{
		Integrations: session.Fixed{
			{ID: a.verifas, Dialect: verifa.Dialect, Policy: policy},
			{ID: a.sandboxes, Dialect: verifa.Dialect, Policy: verifa.Policy(plan, true), Sandbox: true},
			{
				ID: a.veriffs, Policy: session.Policy{Deletion: true, Screening: true, Registry: true, RegistrySync: true, Audit: true},
				Endpoints: []session.Endpoint{{ID: uuid.New(), URL: a.inbox, Format: veriff.Format}},
			},
		},
		Clock: clock, Keeper: clumsyKeeper{a.hooks, keeper}, Blobs: clumsyBlobs{a.hooks, blobs}, Key: a.engineKey, Log: logger,
		Decider: a.hooks, Screener: a.hooks, Registry: a.hooks, Checks: map[string]session.Check{"own": a.hooks}, Renderers: renderers,
		Deliverer: clumsySender{a.hooks, sender}, MeterProvider: a.watchers.meters, TracerProvider: a.watchers.tracer,
	})
	ok(t, err)
	secrets.Use(engine)
	a.engine = engine
	handler, err := httpadapter.New(engine, ring, httpadapter.Config{
		PublicURL: "https://idv.example", Log: logger,
		Verifa: httpadapter.Verifa{Keys: keys, Plan: plan, CheckURL: func(string) error { return nil }},
	})
	ok(t, err)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(a.log, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	a.address = server.URL
	_, err = engine.For(a.verifas).AddEndpoint(t.Context(), session.StoredEndpoint{
		Endpoint: session.Endpoint{URL: a.inbox, Format: verifa.Format},
	}, a.secret("secret of a webhook"))
	ok(t, err)
	graph, err := workflow.Parse([]byte(`{"entry":"start","nodes":{"start":{"type":"start","next":"own"},
		"own":{"type":"policy","policy":"own","on_pass":"gate","on_fail":"desk"},"gate":{"type":"wait","next":"desk"},
		"desk":{"type":"terminal","outcome":"needs_review"}}}`))
	ok(t, err)
	_, err = engine.For(a.verifas).AddWorkflow(t.Context(), session.Workflow{Name: "own", Graph: graph, IsDefault: true})
	ok(t, err)
}

func (a *aviary) secret(of string) string {
	text := "whsec_" + a.bird(of) + "0000000000000000"
	a.secrets = append(a.secrets, text)
	return text
}

// keyOf is an active key with every scope.
func (a *aviary) keyOf(text string, integration uuid.UUID) auth.APIKey {
	key, err := auth.ParseAPIKey(text)
	ok(a.t, err)
	key.ID, key.Integration, key.Active, key.Scopes = uuid.New(), integration, true, auth.AllScopes()
	return key
}

// settle does what is due, while everything panics once, and tries again what was clumsy.
func (a *aviary) settle() {
	a.t.Helper()
	a.hooks.arm()
	defer a.hooks.disarm()
	for range 8 {
		_, _ = a.engine.Settle(a.t.Context())
		a.clock.Add(3 * time.Minute)
	}
}

// verifa is a request of Verifa's language; a body that is no text is written as JSON.
func (a *aviary) verifa(method, path string, body any) func() *http.Request {
	return a.by(a.key, method, path, body)
}

// by is a request of Verifa's language under a key, the same however often it is made.
func (a *aviary) by(key, method, path string, body any) func() *http.Request {
	once := a.bird("idempotency key")
	return func() *http.Request {
		r := a.request(method, path, textOf(body))
		r.Header.Set("X-API-Key", key)
		if method != http.MethodGet {
			r.Header.Set("Idempotency-Key", once)
		}
		return r
	}
}

// page is a request of the person's browser, whose address is the credential.
func (a *aviary) page(method, path string, body any) func() *http.Request {
	return func() *http.Request { return a.request(method, path, textOf(body)) }
}

// veriff is one of Veriff's, signed.
func (a *aviary) veriff(method, path, signed string, body any) func() *http.Request {
	return func() *http.Request {
		text := textOf(body)
		if signed == "" {
			signed = text
		}
		r := a.request(method, path, text)
		r.Header.Set("X-AUTH-CLIENT", a.credential.APIKey.String())
		r.Header.Set("X-HMAC-SIGNATURE", string(a.credential.Signer().Sign(nil, []byte(signed))))
		return r
	}
}

func (a *aviary) request(method, path, body string) *http.Request {
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.address+path, strings.NewReader(body))
	ok(a.t, err)
	r.Header.Set("Content-Type", "application/json")
	return r
}

func textOf(body any) string {
	if text, isText := body.(string); isText {
		return text
	}
	text, _ := json.Marshal(body)
	return string(text)
}

// form is an upload, whose file has a name that says who it shows, and so has the photograph.
func (a *aviary) form(path, key string, fields map[string]string) func() *http.Request {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range fields {
		ok(a.t, w.WriteField(name, value))
	}
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="` + a.bird("name of a file") + `.jpg"`}, "Content-Type": {"image/jpeg"},
	})
	ok(a.t, err)
	_, err = part.Write([]byte(a.photograph()))
	ok(a.t, err)
	ok(a.t, w.Close())
	return func() *http.Request {
		r := a.request(http.MethodPost, path, b.String())
		r.Header.Set("Content-Type", w.FormDataContentType())
		if key != "" {
			r.Header.Set("X-API-Key", key)
		}
		return r
	}
}

func (a *aviary) photograph() string {
	return read(a.t, "testdata/face.jpg") + strings.Repeat(a.bird("content of a file"), 10_000)
}
