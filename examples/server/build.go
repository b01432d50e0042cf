package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// server is everything that serves, and what must be closed after it.
type server struct {
	credentials credentials
	engine      *session.Engine
	handler     http.Handler
	close       func()
}

// build puts the parts together.
func build(ctx context.Context, cfg *config, log *slog.Logger) (*server, error) {
	creds, err := identity(cfg)
	if err != nil {
		return nil, err
	}
	d, err := openDepot(ctx, cfg, creds.APIKey)
	if err != nil {
		return nil, err
	}
	s, err := assemble(cfg, log, creds, d)
	if err != nil {
		d.close()
	}
	return s, err
}

// assemble makes the server of its d.
func assemble(cfg *config, log *slog.Logger, creds credentials, d *depot) (*server, error) {
	s := &server{credentials: creds, close: d.close}
	integration := session.Integration{
		ID: d.integration, Sandbox: !cfg.live, Policy: cfg.policy(),
		Endpoints: endpoints(cfg, d.integration),
	}
	keys, err := keyring(creds, integration.ID)
	if err != nil {
		return nil, err
	}
	sender, err := webhook.New(keys, webhook.Config{AllowPrivate: cfg.allowPrivate})
	if err != nil {
		return nil, err
	}
	s.engine, err = session.New(d.store, session.Config{
		Integrations: session.Fixed{integration},
		Keeper:       d.keeper,
		Blobs:        d.blobs,
		Decider:      decider(cfg),
		Renderers:    httpadapter.Renderers(),
		Deliverer:    sender,
		Log:          log,
	})
	if err != nil {
		return nil, err
	}
	api, err := httpadapter.New(s.engine, keys, httpadapter.Config{PublicURL: cfg.publicURL, Log: log})
	if err != nil {
		return nil, err
	}
	healthz := health(d.ping)
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			healthz.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
	return s, nil
}

// identity is the credentials that were given, or those of the file.
func identity(cfg *config) (credentials, error) {
	if cfg.givenIdentity {
		return credentials{APIKey: cfg.parsedKey, SharedSecret: cfg.sharedSecret}, nil
	}
	if cfg.sqlitePath == "" {
		return newCredentials(), nil // in memory everything ends with the process
	}
	if err := os.MkdirAll(cfg.data, 0o700); err != nil {
		return credentials{}, err
	}
	return loadCredentials(filepath.Join(cfg.data, "credentials.json"))
}

// depot is a store with what goes with it.
type depot struct {
	store       session.Store
	integration uuid.UUID
	keeper      session.Keeper
	blobs       media.Blobs
	ping        func(context.Context) error
	close       func()
}

// openDepot opens the store that was asked for.
func openDepot(ctx context.Context, cfg *config, key uuid.UUID) (*depot, error) {
	if cfg.sqlitePath != "" {
		return openSQLite(ctx, cfg, key)
	}
	return &depot{
		store: memstore.New(), integration: session.NewID(time.Now()),
		ping: func(context.Context) error { return nil }, close: func() {},
	}, nil
}

// openSQLite opens the database, the keys, which are beside it and not in it, and the folder of media.
func openSQLite(ctx context.Context, cfg *config, key uuid.UUID) (*depot, error) {
	path := cfg.sqlitePath
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if exists(path) && !exists(path+".keys") {
		return nil, fmt.Errorf("%s.keys is missing, without which nothing in the database can be read: put it back, or name another -db", path)
	}
	db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(path))
	if err != nil {
		return nil, err
	}
	d := &depot{ping: db.PingContext, close: func() { _ = db.Close() }}
	if err := d.openBeside(ctx, cfg, db, key); err != nil {
		d.close()
		return nil, fmt.Errorf("%s cannot be opened: %w", path, err)
	}
	return d, nil
}

// openBeside completes the depot around the database.
func (d *depot) openBeside(ctx context.Context, cfg *config, db *sql.DB, key uuid.UUID) error {
	// The keys come first: a database without them is taken for one that has lost them.
	master, err := filekeeper.LoadMaster(cfg.sqlitePath + ".master")
	if err != nil {
		return err
	}
	keeper, err := filekeeper.Open(cfg.sqlitePath+".keys", master)
	if err != nil {
		return err
	}
	d.keeper = keeper
	d.close = func() { _, _ = keeper.Close(), db.Close() }
	if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite()); err != nil {
		return err
	}
	store, err := sqlstore.New(db, sqlstore.SQLite())
	if err != nil {
		return err
	}
	d.store = store
	if d.integration, err = store.Integration(ctx, key, time.Now()); err != nil {
		return err
	}
	d.blobs, err = fileblobs.Open(filepath.Join(cfg.data, "media"))
	return err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func keyring(c credentials, integration uuid.UUID) (*auth.Ring, error) {
	secret, err := auth.NewSecret(c.SharedSecret)
	if err != nil {
		return nil, fmt.Errorf("the shared secret is not usable: %w", err)
	}
	return auth.NewRing(auth.Credential{
		APIKey: c.APIKey, Integration: integration, Active: true, Secrets: []*auth.Secret{secret},
	})
}

func decider(cfg *config) session.Decider {
	if cfg.live {
		return session.Manual{}
	}
	return session.Sandbox{}
}

// endpoints is the one address of -webhook-url. Its id stays the same when the address changes.
func endpoints(cfg *config, integration uuid.UUID) []session.Endpoint {
	if cfg.webhookURL == "" {
		return nil
	}
	return []session.Endpoint{{
		ID: uuid.NewSHA1(integration, []byte("webhook")), URL: cfg.webhookURL, Format: veriff.Format,
	}}
}

// health answers whether the store can be reached.
func health(ping func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		w.Header().Set("Content-Type", "application/json")
		if err := ping(ctx); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"status":"unavailable"}`)
			return
		}
		fmt.Fprint(w, `{"status":"ok"}`)
	})
}
