package examples_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
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
	received *pages
	dir      string
	hooks    *clumsy

	verifas, veriffs uuid.UUID
	key              string // of Verifa's
	credential       auth.Credential
	engineKey        session.Key
}

func newAviary(t *testing.T) *aviary {
	t.Helper()
	a := &aviary{
		client: &client{cage: &cage{t: t}}, log: &pages{}, received: &pages{}, dir: t.TempDir(), hooks: &clumsy{calls: map[string]int{}},
		verifas: uuid.New(), veriffs: uuid.New(), engineKey: session.NewKey(),
	}
	a.bird("words of what is clumsy") // Kanary0000
	a.key = "vk_live_ab12" + a.bird("API key of Verifa's") + "0000000000000000"
	hmac := a.bird("shared secret of Veriff's") + "0000000000000000"
	secret, err := auth.NewSecret(hmac)
	ok(t, err)
	a.secrets = []string{a.key, hmac}
	a.credential = auth.Credential{APIKey: uuid.New(), Integration: a.veriffs, Active: true, Secrets: []*auth.Secret{secret}}
	var told atomic.Int32
	inbox := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(a.received, r.Body)
		if told.Add(1) < 4 {
			http.Error(w, "Kanary0000", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(inbox.Close)
	a.serve(inbox.URL)
	return a
}

// serve makes the engine and the server.
func (a *aviary) serve(inbox string) {
	t := a.t
	options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	logger := slog.New(slog.NewMultiHandler(slog.NewTextHandler(a.log, options), slog.NewJSONHandler(a.log, options)))
	clock := sessiontest.NewClock()
	a.clock = clock
	ring, err := auth.NewRing(a.credential)
	ok(t, err)
	key, err := auth.ParseAPIKey(a.key)
	ok(t, err)
	key.ID, key.Integration, key.Active, key.Scopes = uuid.New(), a.verifas, true, auth.AllScopes()
	keys, err := auth.NewAPIKeyRing(key)
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
			{
				ID: a.veriffs, Policy: session.Policy{Deletion: true, Screening: true, Audit: true},
				Endpoints: []session.Endpoint{{ID: uuid.New(), URL: inbox, Format: veriff.Format}},
			},
		},
		Clock: clock, Keeper: clumsyKeeper{a.hooks, keeper}, Blobs: clumsyBlobs{a.hooks, blobs}, Key: a.engineKey, Log: logger,
		Decider: a.hooks, Screener: a.hooks, Checks: map[string]session.Check{"own": a.hooks}, Renderers: renderers,
		Deliverer: clumsySender{a.hooks, sender},
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
		Endpoint: session.Endpoint{URL: inbox, Format: verifa.Format},
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

// settle does what is due, and tries again what was clumsy.
func (a *aviary) settle() {
	a.t.Helper()
	for range 8 {
		_, _ = a.engine.Settle(a.t.Context())
		a.clock.Add(3 * time.Minute)
	}
}

// verifa is a request of Verifa's language; a body that is no text is written as JSON.
func (a *aviary) verifa(method, path string, body any) func() *http.Request {
	return func() *http.Request {
		r := a.request(method, path, textOf(body))
		r.Header.Set("X-API-Key", a.key)
		if method != http.MethodGet {
			r.Header.Set("Idempotency-Key", a.bird("idempotency key"))
		}
		return r
	}
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
	return func() *http.Request {
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

// TestCanaries: whoever somebody is, and every secret, is in answers that are for whom asks, in webhooks, and nowhere else:
// in no log at whatever level, no refusal, no header, no address, no file, and nothing that is printed, however what is
// the host's fails.
func TestCanaries(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	a := newAviary(t)
	ids := []string{a.flyVerifa(), a.flyVeriff()}
	a.flyAstray(ids[0], ids[1])
	values := a.values(ids)
	a.want(http.StatusOK, a.verifa("DELETE", "/api/v1/sessions/"+ids[0]+"/data", ""))
	a.want(http.StatusOK, a.veriff("DELETE", "/v1/sessions/"+ids[1], ids[1], ""))
	a.settle()

	for who, calls := range map[string]int{"decider": 3, "check": 3, "screener": 3, "sender": 3, "blobs": 4, "keeper": 40, "renderer of verifa": 3, "renderer of veriff": 3} {
		if a.hooks.calls[who] < calls {
			t.Errorf("the %s was called %d times, and so was not clumsy enough", who, a.hooks.calls[who])
		}
	}
	logged := a.log.String()
	if !strings.Contains(logged, "failed") || !strings.Contains(logged, "panicked") || !strings.Contains(logged, "DEBUG") {
		t.Errorf("the log does not say what went wrong:\n%.2000s", logged)
	}
	a.escaped("the log", logged)
	a.escaped("what is printed", values)
	ours := regexp.MustCompile(`https://idv\.example[^"\\ ]*`)
	tokens := regexp.MustCompile(`tok_[A-Za-z0-9_-]{40,}|ey[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_.-]+`)
	given := map[string]bool{}
	for _, body := range a.all {
		a.escaped("an address that was given out", strings.Join(ours.FindAllString(body, -1), " "))
		for _, token := range tokens.FindAllString(body, -1) {
			given[token] = true
		}
	}
	if len(given) < 2 {
		t.Errorf("%d tokens were given out, want some of each language", len(given))
	}
	key := [32]byte(a.engineKey)
	hidden := append(a.secrets, fmt.Sprintf("%x", key), base64.StdEncoding.EncodeToString(key[:]), strings.Trim(fmt.Sprint(key), "[]"))
	for token := range given {
		hidden = append(hidden, token, strings.TrimPrefix(token, "tok_"))
	}
	places := map[string]string{"the log": logged, "a webhook": a.received.String(), "what is printed": values}
	ok(t, filepath.WalkDir(a.dir, func(path string, entry fs.DirEntry, err error) error {
		a.escaped("the name of a file", path)
		if err == nil && !entry.IsDir() {
			places[path] = read(t, path)
			a.escaped(path, places[path])
		}
		return err
	}))
	for place, text := range places {
		for _, secret := range hidden {
			if strings.Contains(text, secret) {
				t.Errorf("%s has a secret or a token: %q", place, around(text, secret))
			}
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
	if !strings.Contains(a.received.String(), "Kanary") {
		t.Error("the webhooks tell of nobody, so that nothing was seen")
	}
}
