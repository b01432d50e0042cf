package examples_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"
	"go.uber.org/goleak"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/watchlist"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
	"github.com/bonafide-idv/bonafide/storage/storetest"
	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

// TestReadmeIsThisFile: every line of Go in the README, but for its program, stands in this file, in the same
// order, and so compiles and runs.
func TestReadmeIsThisFile(t *testing.T) {
	t.Parallel()
	rest := read(t, "ladder_test.go")
	lines := 0
	for _, fence := range strings.Split(read(t, "../README.md"), "```go\n")[2:] {
		code, _, _ := strings.Cut(fence, "```")
		for line := range strings.Lines(code) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "// …") {
				continue
			}
			lines++
			_, after, found := strings.Cut(rest, line+"\n")
			if !found {
				t.Fatalf("this file does not have the README's line, in its place: %s", line)
			}
			rest = after
		}
	}
	if lines < 25 {
		t.Errorf("the README has %d lines of Go only", lines)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLadderInMemory(t *testing.T) {
	t.Parallel()
	clock := sessiontest.NewClock()
	engine, err := session.New(memstore.New(), session.Config{Clock: clock, Decider: session.Sandbox{}})
	ok(t, err)
	s, err := engine.Create(t.Context(), session.Facts{})
	ok(t, err)
	clock.Add(7 * 24 * time.Hour) // the session is expired for every reader
	s, err = engine.Get(t.Context(), s.ID)
	if err != nil || s.Status != session.StatusExpired {
		t.Errorf("%v, %v; want it expired", s, err)
	}
}

func TestLadderOnSQL(t *testing.T) {
	t.Parallel()
	dir, decider := t.TempDir(), session.Sandbox{}
	path, masterPath, keysPath, mediaPath := filepath.Join(dir, "db"), filepath.Join(dir, "master"), filepath.Join(dir, "keys"), filepath.Join(dir, "media")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()

	db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(path))
	ok(t, err)
	defer db.Close()
	err = sqlstore.Migrate(ctx, db, sqlstore.SQLite())
	ok(t, err)
	store, err := sqlstore.New(db, sqlstore.SQLite())
	ok(t, err)
	master, err := filekeeper.LoadMaster(masterPath)
	ok(t, err)
	keeper, err := filekeeper.Open(keysPath, master)
	ok(t, err)
	blobs, err := fileblobs.Open(mediaPath)
	ok(t, err)
	engine, err := session.New(store, session.Config{Keeper: keeper, Blobs: blobs, Decider: decider})
	ok(t, err)
	go engine.Run(ctx) // expiries, decisions, deliveries and erasures, within a second

	account := "account-17"
	tx, err := db.BeginTx(ctx, nil)
	ok(t, err)
	s, err := engine.With(store.Tx(tx)).Create(ctx, session.Facts{ExternalRef: &account})
	ok(t, err)
	err = tx.Commit()
	ok(t, err)
	if _, err := engine.Get(ctx, s.ID); err != nil {
		t.Errorf("after the commit: %v", err)
	}
}

func TestLadderOnPostgres(t *testing.T) {
	t.Parallel()
	ctx, url := t.Context(), postgrestest.Schema(t, "")

	db, err := sql.Open("pgx", url) // github.com/jackc/pgx/v5/stdlib
	ok(t, err)
	defer db.Close()
	db.SetMaxOpenConns(16) // of all processes together, no more than the server takes
	db.SetMaxIdleConns(16)
	err = sqlstore.Migrate(ctx, db, sqlstore.Postgres())
	ok(t, err)
	store, err := sqlstore.New(db, sqlstore.Postgres())
	ok(t, err)
	engine, err := session.New(store, session.Config{Keeper: session.NewMemoryKeeper(), Blobs: media.NewMemoryBlobs()})
	ok(t, err)
	s, err := engine.Create(ctx, session.Facts{})
	ok(t, err)
	if _, err := engine.Get(ctx, s.ID); err != nil {
		t.Errorf("after it was created: %v", err)
	}
}

// TestMain ends the server of the tests, and sees that nothing else goes on.
func TestMain(m *testing.M) { goleak.VerifyTestMain(postgrestest.Tests{M: m}) }

func TestLadderOverHTTP(t *testing.T) {
	t.Parallel()
	integration, key, secret, mux := uuid.New(), uuid.New(), auth.GenerateSecret(), http.NewServeMux()
	engine, err := session.New(memstore.New(), session.Config{Integrations: session.Fixed{{ID: integration}}})
	ok(t, err)
	ring, err := auth.NewRing(auth.Credential{
		APIKey: key, Integration: integration, Active: true, Secrets: []*auth.Secret{secret},
	})
	ok(t, err)
	api, err := httpadapter.New(engine, ring, httpadapter.Config{PublicURL: "https://example.com"})
	ok(t, err)
	mux.Handle("/idv/", http.StripPrefix("/idv", api))

	r := httptest.NewRequest(http.MethodPost, "/idv/v1/sessions", strings.NewReader(`{"verification":{}}`))
	r.Header.Set("X-AUTH-CLIENT", key.String())
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if want := `"url":"https://example.com/idv/v/`; w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), want) {
		t.Errorf("%d %s, want 201 and %s", w.Code, w.Body, want)
	}
}

func TestLadderKeysInTheDatabase(t *testing.T) {
	t.Parallel()
	ctx, integration, key, vaultKey := t.Context(), uuid.New(), uuid.New(), [32]byte{1, 2, 3}
	secret, next := auth.GenerateSecret(), auth.GenerateSecret()
	db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "db")))
	ok(t, err)
	defer db.Close()
	ok(t, sqlstore.Migrate(ctx, db, sqlstore.SQLite()))
	store, err := sqlstore.New(db, sqlstore.SQLite())
	ok(t, err)
	engine, err := session.New(memstore.New(), session.Config{Integrations: session.Fixed{{ID: integration}}})
	ok(t, err)

	vault := auth.NewVault(vaultKey) // 32 random bytes
	keyring, err := store.Keyring(vault)
	ok(t, err)
	err = keyring.Add(ctx, auth.Credential{
		APIKey: key, Integration: integration, Active: true, Secrets: []*auth.Secret{secret},
	})
	ok(t, err)
	api, err := httpadapter.New(engine, keyring, httpadapter.Config{PublicURL: "https://example.com"})
	ok(t, err)
	s, err := engine.For(integration).Create(ctx, session.Facts{})
	ok(t, err)
	accepted := func(secret *auth.Secret) bool {
		r := httptest.NewRequest(http.MethodGet, "/v1/sessions/"+s.ID.String(), nil)
		r.Header.Set("X-AUTH-CLIENT", key.String())
		r.Header.Set("X-HMAC-SIGNATURE", string(secret.Sign(nil, []byte(s.ID.String()))))
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w.Code == http.StatusOK
	}
	if !accepted(secret) || accepted(next) {
		t.Error("before AddSecret not exactly the first secret is accepted")
	}
	err = keyring.AddSecret(ctx, integration, next) // from now on both are accepted
	ok(t, err)
	if !accepted(secret) || !accepted(next) {
		t.Error("after AddSecret not both secrets are accepted")
	}
	err = keyring.RevokeSecret(ctx, integration, secret)
	ok(t, err)
	if accepted(secret) || !accepted(next) {
		t.Error("after RevokeSecret not exactly the second secret is accepted")
	}
}

func TestLadderWebhooks(t *testing.T) {
	t.Parallel()
	ctx, integration, endpoint := t.Context(), uuid.New(), uuid.New()
	ring, err := auth.NewRing(auth.Credential{
		APIKey: uuid.New(), Integration: integration, Active: true, Secrets: []*auth.Secret{auth.GenerateSecret()},
	})
	ok(t, err)
	hooks := session.Endpoint{ID: endpoint, URL: "https://example.com/hooks", Format: veriff.Format}
	sender, err := webhook.New(ring, webhook.Config{})
	ok(t, err)
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{ID: integration, Endpoints: []session.Endpoint{hooks}}},
		Renderers:    httpadapter.Renderers(),
		Deliverer:    sender,
	})
	ok(t, err)
	s, err := engine.For(integration).Create(ctx, session.Facts{})
	ok(t, err)
	_, err = engine.For(integration).Submit(ctx, s.ID)
	ok(t, err)
	list, err := engine.For(integration).Deliveries(ctx, session.DeliveryQuery{Session: s.ID})
	if err != nil || len(list) != 1 || !strings.Contains(string(list[0].Body), `"code":7002`) {
		t.Errorf("%v, %v; want one delivery, of the submission", list, err)
	}
}

func TestLadderVerifa(t *testing.T) {
	t.Parallel()
	ctx, integration, engineKey, ring := t.Context(), uuid.New(), session.NewKey(), new(auth.Ring)
	secrets := new(verifa.EndpointSecrets)
	schemes := map[string]webhook.Scheme{verifa.Format: webhook.Verifa(secrets)}
	sender, err := webhook.New(ring, webhook.Config{Schemes: schemes})
	ok(t, err)
	policy := verifa.Policy(verifa.Starter(), false)
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{ID: integration, Dialect: verifa.Dialect, Policy: policy}},
		Key:          engineKey, // 32 random bytes, which are not in the database
		Renderers:    httpadapter.Renderers(),
		Deliverer:    sender,
	})
	ok(t, err)
	secrets.Use(engine)
	keys := verifa.NewKeys(engine)
	text, _, err := keys.Create(ctx, integration, auth.APIKey{Label: "the shop"}) // text is shown once
	ok(t, err)
	api, err := httpadapter.New(engine, ring, httpadapter.Config{Verifa: httpadapter.Verifa{Keys: keys, Plan: verifa.Starter()}})
	ok(t, err)
	r := httptest.NewRequest(http.MethodPost, "/api/v1/sessions", strings.NewReader(`{}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-API-Key", text.Reveal())
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	if want := `"capture_url":"http://example.com/verify/tok_`; w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), want) {
		t.Errorf("%d %s, want 201 and %s", w.Code, w.Body, want)
	}
}

func TestLadderErasing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	engine, err := session.New(memstore.New(), session.Config{})
	ok(t, err)
	s, err := engine.Create(ctx, session.Facts{Person: session.Person{FirstName: "Ada"}})
	ok(t, err)

	receipt, err := engine.Redact(ctx, s.ID)
	ok(t, err)
	err = receipt.Verify(engine.ReceiptKey())
	ok(t, err)
	_, err = engine.Export(ctx, s.ID) // session.ErrErased
	if !errors.Is(err, session.ErrErased) {
		t.Errorf("an export then: %v", err)
	}
}

func TestLadderScreening(t *testing.T) {
	t.Parallel()
	ctx, integration := t.Context(), uuid.New()
	file := strings.NewReader(`{"name":"Ada Specimen","born":"1990","listings":[{"kind":"pep"}]}`)
	person := session.Person{
		FirstName: "Ada", LastName: "Specimen", IDNumber: "123456789",
		DateOfBirth: decision.Date{Year: 1990, Month: 2, Day: 28},
	}

	list, err := watchlist.Parse(file)
	ok(t, err)
	policy := session.Policy{Screening: true, Monitoring: 24 * time.Hour, Registry: true}
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{ID: integration, Policy: policy}},
		Screener:     list,
		Registry:     session.SandboxRegistry{}, // or yours: one method
	})
	ok(t, err)
	s, err := engine.For(integration).CheckRegistry(ctx, session.Facts{Person: person})
	ok(t, err)
	_, err = engine.Settle(ctx)
	ok(t, err)
	s, err = engine.For(integration).Screening(ctx, s.ID)
	ok(t, err)
	hits := s.Screening().Screening.Hits
	if s.Status != session.StatusApproved || len(hits) != 1 || hits[0].Listings[0].Kind != decision.ListPEP {
		t.Errorf("%s, %d hits; want it approved, and one hit on a list of the politically exposed", s.Status, len(hits))
	}
}

func TestLadderWorkflows(t *testing.T) {
	t.Parallel()
	ctx, integration, engineKey, yours := t.Context(), uuid.New(), session.NewKey(), sameFace{}

	graph, err := workflow.Parse([]byte(`{"entry": "start", "nodes": {
		"start": {"type": "start", "next": "face"},
		"face": {"type": "policy", "policy": "face_match", "on_pass": "yes", "on_fail": "desk"},
		"yes": {"type": "terminal", "outcome": "approved"},
		"desk": {"type": "terminal", "outcome": "needs_review"}
	}}`))
	ok(t, err)
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{ID: integration, Policy: session.Policy{Workflows: true}}},
		Key:          engineKey,
		Checks:       map[string]session.Check{"face_match": yours}, // one method
	})
	ok(t, err)
	_, err = engine.For(integration).AddWorkflow(ctx, session.Workflow{Name: "standard", Graph: graph, IsDefault: true})
	ok(t, err)
	s, err := engine.For(integration).Create(ctx, session.Facts{})
	ok(t, err)
	_, err = engine.For(integration).Submit(ctx, s.ID)
	ok(t, err)
	_, err = engine.Settle(ctx)
	ok(t, err)
	if s, err = engine.For(integration).Get(ctx, s.ID); err != nil || s.Status != session.StatusApproved {
		t.Errorf("%v, %v; want it approved", s, err)
	}
}

// sameFace is a check that everybody passes.
type sameFace struct{}

func (sameFace) Check(context.Context, session.CheckCase) (session.CheckResult, error) {
	return session.CheckResult{Status: workflow.CheckPassed}, nil
}

func TestLadderStore(t *testing.T) {
	t.Parallel()
	yours := func(string) session.Store { return memstore.New() }
	storetest.Run(t, func(t *testing.T) session.Store { return yours(t.TempDir()) })
}
