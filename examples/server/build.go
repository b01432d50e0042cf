package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/decision/watchlist"
	"github.com/bonafide-idv/bonafide/httpadapter"
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
	credentials credentials       // those of the flags' integration
	integration uuid.UUID         // its id
	screened    bool              // there is a watchlist
	said        map[string]string // by the configuration that it was started with
	directory   *directory
	engine      *session.Engine
	handler     http.Handler
	desk        *desk // nil: there is none
	close       func()
}

// build puts the parts together.
func build(ctx context.Context, cfg *config, log *slog.Logger) (*server, error) {
	screener, err := screenerOf(cfg)
	if err != nil {
		return nil, err
	}
	creds, err := identity(cfg)
	if err != nil {
		return nil, err
	}
	d, err := openDepot(ctx, cfg, creds.APIKey)
	if err != nil {
		return nil, err
	}
	s := &server{
		credentials: creds, integration: d.integration, screened: screener != nil,
		said: cfg.said, directory: new(directory), close: d.close,
	}
	if err := s.assemble(cfg, log, screener, d); err != nil {
		d.close()
		return nil, err
	}
	return s, nil
}

// assemble makes the engine and what serves it.
func (s *server) assemble(cfg *config, log *slog.Logger, screener session.Screener, d *depot) error {
	roster, err := s.rosterOf(cfg)
	if err != nil {
		return err
	}
	s.directory.Store(roster)
	sender, err := webhook.New(s.directory, webhook.Config{
		AllowPrivate: cfg.allowPrivate, LegacySignature: cfg.legacySignature,
	})
	if err != nil {
		return err
	}
	s.engine, err = session.New(d.store, session.Config{
		Integrations: s.directory,
		Keeper:       d.keeper,
		Blobs:        d.blobs,
		MediaLimits:  cfg.maxUpload.limits(),
		Decider:      s.directory,
		Screener:     screener,
		Registry:     session.SandboxRegistry{},
		Renderers:    httpadapter.Renderers(),
		Deliverer:    sender,
		Log:          log,
	})
	if err != nil {
		return err
	}
	api, err := httpadapter.New(s.engine, s.directory, cfg.ofAPI(log))
	if err != nil {
		return err
	}
	healthz := health(d.ping)
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			healthz.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
	s.desk, err = openDesk(cfg.deskAddr, s, log)
	return err
}

// ofAPI is what the API is told.
func (c *config) ofAPI(log *slog.Logger) httpadapter.Config {
	return httpadapter.Config{
		PublicURL: c.publicURL, MaxUploads: c.maxUploads, Codes: c.codes, LegacySignature: c.legacySignature, Log: log,
	}
}

// openDesk takes the desk's address; without one there is no desk.
func openDesk(addr string, s *server, log *slog.Logger) (*desk, error) {
	if addr == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("-desk-addr: %w", err)
	}
	return &desk{s.engine, s.directory, log, listener}, nil
}

// rosterOf is who the integrations are: those of the file, or the one of the flags.
func (s *server) rosterOf(cfg *config) (*roster, error) {
	if cfg.roster != nil {
		return cfg.roster, nil
	}
	return ofFlags(cfg, s.credentials, s.integration)
}

// screenerOf is the list of -watchlist; nil: there is none.
func screenerOf(cfg *config) (session.Screener, error) {
	switch cfg.watchlist {
	case "":
		return nil, nil
	case "sandbox:":
		return watchlist.Sandbox(), nil
	}
	file, err := os.Open(cfg.watchlist)
	if err != nil {
		return nil, fmt.Errorf("-watchlist %s: %w", cfg.watchlist, withoutPath(err))
	}
	defer file.Close()
	list, err := watchlist.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("-watchlist %s: %w", cfg.watchlist, withoutPath(err))
	}
	return list, nil
}

// identity is the credentials that were given, or those of the credentials file. A server whose integrations
// have their own has none.
func identity(cfg *config) (credentials, error) {
	if cfg.roster != nil {
		return credentials{}, nil
	}
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
	integration uuid.UUID // of the key that the flags or the credentials file give
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
	if key != uuid.Nil {
		if d.integration, err = store.Integration(ctx, key, time.Now()); err != nil {
			return err
		}
	}
	d.blobs, err = fileblobs.Open(filepath.Join(cfg.data, "media"))
	return err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
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
