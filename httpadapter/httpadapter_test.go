package httpadapter_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

func TestRenderers(t *testing.T) {
	t.Parallel()
	renderers := httpadapter.Renderers()
	if len(renderers) != 3 || renderers["veriff"] == nil || renderers["veriff-fullauto"] == nil || renderers["verifa"] == nil {
		t.Errorf("got %v, want those of veriff and verifa", renderers)
	}
	delete(renderers, "veriff")
	if len(httpadapter.Renderers()) != 3 {
		t.Error("the map is shared, want one for each caller")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	engine := newEngine(t)
	for _, c := range []struct {
		name   string
		engine *session.Engine
		keys   auth.Keyring
		config httpadapter.Config
		want   []string
	}{
		{"nothing", nil, nil, httpadapter.Config{PublicURL: "x"}, []string{"engine", "keyring", "PublicURL"}},
		{"Verifa's inflection", engine, noKeys{}, httpadapter.Config{Verifa: httpadapter.Verifa{Keys: new(auth.APIKeyRing), Inflection: "title"}},
			[]string{"verifa: Config.Inflection"}},
		{"both", engine, nil, httpadapter.Config{Verifa: httpadapter.Verifa{Keys: new(auth.APIKeyRing), LinkLife: -1}},
			[]string{"veriff: ", "verifa: Config.LinkLife"}},
	} {
		handler, err := httpadapter.New(c.engine, c.keys, c.config)
		for _, want := range c.want {
			if handler != nil || err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, %v, want an error that speaks of %s", c.name, handler, err, want)
			}
		}
	}
}

type noKeys struct{}

var errKeys = errors.New("the keys are away")

func (noKeys) ByKey(context.Context, uuid.UUID) (auth.Credential, error) {
	return auth.Credential{}, errKeys
}
func (noKeys) ByIntegration(context.Context, uuid.UUID) (auth.Credential, error) {
	return auth.Credential{}, errKeys
}

// TestConfigIsPassedOn: what goes wrong is told to the log that was given.
func TestConfigIsPassedOn(t *testing.T) {
	t.Parallel()
	engine := newEngine(t)
	var log bytes.Buffer
	handler, err := httpadapter.New(engine, noKeys{}, httpadapter.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/v1/sessions", strings.NewReader(`{"verification":{}}`))
	r.Header.Set("X-Auth-Client", uuid.NewString())
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != 500 || !strings.Contains(log.String(), errKeys.Error()) {
		t.Errorf("got %d and the log %q, want 500 and the cause", w.Code, log.String())
	}
}

func newEngine(t *testing.T, integrations ...session.Integration) *session.Engine {
	t.Helper()
	engine, err := session.New(memstore.New(), session.Config{Integrations: session.Fixed(integrations), Renderers: httpadapter.Renderers()})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// TestLanguages: each answers at its own paths, also what is not there, under a prefix too; without keys for Verifa's
// there is only Veriff's. Only Verifa's answers tell of a budget of requests.
func TestLanguages(t *testing.T) {
	t.Parallel()
	veriffs, verifas := session.Integration{ID: uuid.New()}, session.Integration{ID: uuid.New(), Dialect: verifa.Dialect, Policy: verifa.Policy(verifa.Free(), false)}
	apiKey := uuid.New()
	ring, err := auth.NewRing(auth.Credential{APIKey: apiKey, Integration: veriffs.ID, Active: true, Secrets: []*auth.Secret{auth.GenerateSecret()}})
	if err != nil {
		t.Fatal(err)
	}
	text, key := auth.GenerateAPIKey(false, false)
	key.Integration = verifas.ID
	keys, err := auth.NewAPIKeyRing(key)
	if err != nil {
		t.Fatal(err)
	}
	engine := newEngine(t, veriffs, verifas)
	both, err := httpadapter.New(engine, ring, httpadapter.Config{PublicURL: "https://shop.example", Verifa: httpadapter.Verifa{Keys: keys}})
	if err != nil {
		t.Fatal(err)
	}
	alone, err := httpadapter.New(engine, ring, httpadapter.Config{})
	if err != nil {
		t.Fatal(err)
	}
	const first, second = `{"status":"fail",`, `{"error":`
	for _, c := range []struct {
		name, method, path, body string
		on                       http.Handler
		status                   int
		want                     string // in the answer
	}{
		{"Veriff's", "POST", "/v1/sessions", `{"verification":{}}`, both, 201, `"url":"https://shop.example/v/`},
		{"Veriff's, mounted", "POST", "/idv/v1/sessions", `{"verification":{}}`, http.StripPrefix("/idv", both), 201, `"url":"https://shop.example/idv/v/`},
		{"refused by Veriff's", "POST", "/v1/sessions", `{"verification":`, both, 400, first},
		{"refused by Veriff's, without a signature", "GET", "/v1/sessions/" + uuid.NewString(), "", both, 401, first},
		{"Veriff's document", "GET", "/v1/openapi.json", "", both, 200, `"openapi"`},
		{"refused by Verifa's", "POST", "/api/v1/sessions", `{"country":1}`, both, 422, second},
		{"Verifa's", "POST", "/api/v1/sessions", `{}`, both, 201, `"capture_url":"https://shop.example/verify/tok_`},
		{"Verifa's, mounted", "POST", "/idv/api/v1/sessions", `{}`, http.StripPrefix("/idv", both), 201, `"capture_url":"https://shop.example/idv/verify/tok_`},
		{"nothing", "GET", "/", "", both, 404, first},
		{"nothing of Veriff's", "GET", "/v1/nothing", "", both, 404, first},
		{"nothing of Verifa's", "GET", "/api/v1/nothing", "", both, 404, second},
		{"no version", "GET", "/api", "", both, 404, second},
		{"no token", "GET", "/verify/tok_nobody", "", both, 404, second},
		{"nearly Verifa's", "GET", "/apiary", "", both, 404, first},
		{"up and out of Verifa's", "GET", "/api/../v1/sessions", "", both, 404, second},
		{"Verifa's where it is not spoken", "POST", "/api/v1/sessions", `{}`, alone, 404, first},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(c.method, "http://elsewhere.example"+c.path, strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Auth-Client", apiKey.String())
			r.Header.Set("X-Api-Key", text.Reveal())
			w := httptest.NewRecorder()
			c.on.ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%s %s: got %d %s, want %d with %s", c.method, c.path, w.Code, w.Body, c.status, c.want)
			}
			verifas := strings.Contains(c.want, "/verify/") || c.want == second
			for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
				if got := w.Header().Get(name); (got != "") != verifas {
					t.Errorf("%s %s: got %s %q, want one: %t", c.method, c.path, name, got, verifas)
				}
			}
		})
	}
}
