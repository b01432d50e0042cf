package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision/watchlist"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

// server is everything that serves, and what must be closed after it.
type server struct {
	own       *own              // whom the flags make; nil: the integrations are those of the file
	screened  bool              // there is a watchlist
	said      map[string]string // by the configuration that it was started with
	master    string            // file of the master key
	directory *directory
	keeper    keeper                 // nil: everything is in memory
	isUnder   func(session.Key) bool // depot's
	engine    *session.Engine
	keys      *verifa.Keys
	handler   http.Handler
	desk      *desk // nil: there is none
	close     func()
}

// own is whom a server is for whose flags make the integrations: one of Veriff's language, and two of Verifa's.
type own struct {
	credentials
	apiKeys
	veriff, live, sandbox uuid.UUID // ids
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
	keys, err := keysOf(cfg)
	if err != nil {
		return nil, err
	}
	d, err := openDepot(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &server{
		screened: screener != nil, said: cfg.said, master: cfg.masterKey,
		directory: new(directory), keeper: d.keeper, isUnder: d.isUnder, close: d.close,
	}
	if cfg.roster == nil {
		s.own, err = ownOf(ctx, d, creds, keys)
	}
	if err == nil {
		err = s.assemble(ctx, cfg, log, screener, d)
	}
	if err == nil && cfg.restored {
		err = s.eraseAgain(ctx, log)
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return s, nil
}

// ownOf finds the integrations of the keys, or makes them at the first start.
func ownOf(ctx context.Context, d *depot, creds credentials, keys apiKeys) (*own, error) {
	o := &own{credentials: creds, apiKeys: keys}
	for _, in := range []struct {
		key uuid.UUID
		id  *uuid.UUID
	}{{creds.APIKey, &o.veriff}, {keyName(keys.Live), &o.live}, {keyName(keys.Sandbox), &o.sandbox}} {
		var err error
		if *in.id, err = d.integration(ctx, in.key, time.Now()); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// keyName is a key of Verifa's language in the form of one of Veriff's.
func keyName(text string) uuid.UUID { return uuid.NewSHA1(uuid.Nil, []byte(text)) }

// assemble makes the engine and what serves it.
func (s *server) assemble(ctx context.Context, cfg *config, log *slog.Logger, screener session.Screener, d *depot) error {
	roster, err := s.rosterOf(cfg)
	if err != nil {
		return err
	}
	s.directory.Store(roster)
	if s.engine, err = s.engineOf(cfg, log, screener, d); err != nil {
		return err
	}
	if err := s.checkOwnBlobs(ctx, cfg); err != nil {
		return err
	}
	s.keys = verifa.NewKeys(s.engine)
	if err := s.keepKeys(ctx, roster); err != nil {
		return err
	}
	ofAPI := cfg.ofAPI(log)
	ofAPI.Verifa.Keys = s.keys
	api, err := httpadapter.New(s.engine, s.directory, ofAPI)
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

// engineOf makes the engine, and the sender of its webhooks.
func (s *server) engineOf(cfg *config, log *slog.Logger, screener session.Screener, d *depot) (*session.Engine, error) {
	secrets := new(verifa.EndpointSecrets)
	sender, err := webhook.New(s.directory, webhook.Config{
		AllowPrivate: cfg.allowPrivate, LegacySignature: cfg.legacySignature,
		Schemes: map[string]webhook.Scheme{verifa.Format: webhook.Verifa(secrets)},
	})
	if err != nil {
		return nil, err
	}
	engine, err := session.New(d.store, session.Config{
		Integrations: s.directory,
		Keeper:       d.keeper,
		Key:          d.key,
		Blobs:        d.blobs,
		MediaLimits:  cfg.maxUpload.limits(),
		Decider:      s.directory,
		Screener:     screener,
		Registry:     session.SandboxRegistry{},
		Renderers:    httpadapter.Renderers(),
		Deliverer:    sender,
		Log:          log,
	})
	secrets.Use(engine)
	return engine, err
}

// ofAPI is what the API is told, but for the keys.
func (c *config) ofAPI(log *slog.Logger) httpadapter.Config {
	return httpadapter.Config{
		PublicURL: c.publicURL, MaxUploads: c.maxUploads, Codes: c.codes, LegacySignature: c.legacySignature, Log: log,
		Verifa: httpadapter.Verifa{
			Plan: c.plan, CheckURL: func(url string) error { return webhook.CheckURL(url, c.allowPrivate) },
		},
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

// rosterOf is who the integrations are: those of the file, or those of the flags.
func (s *server) rosterOf(cfg *config) (*roster, error) {
	if cfg.roster != nil {
		return cfg.roster, nil
	}
	return ofFlags(cfg, s.own)
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
