package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
)

// reloadOn reads the configuration again whenever a signal comes, until the function that it gives is called.
func (s *server) reloadOn(signals <-chan os.Signal, log *slog.Logger, read func() (*config, error)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
			}
			last := s.directory.Load()
			waiting, err := s.reload(ctx, log, read)
			if err != nil {
				log.Error("the configuration was not read again, and stays as it was", "error", err)
				continue
			}
			if len(waiting) > 0 {
				log.Warn("what has changed of these members waits for a restart", "members", waiting)
			}
			log.Info("the configuration was read again, and taken over but for what waits for a restart",
				"integrations", s.directory.Load().labels())
			s.directory.Load().introduce(log, last)
		}
	}()
	return func() { cancel(); <-done }
}

// atOnce reports whether a reload takes over the value of a flag.
func atOnce(flag string) bool {
	switch flag {
	case "live", "strict", "monitoring", "session-ttl", "create-per-minute", "delete-per-hour", "delete-per-day",
		"capture-ttl", "master-key", "previous-master-key", "next-master-key":
		return true
	}
	return strings.HasPrefix(flag, "webhook-")
}

// reload takes over what can change while the server runs: the master key, and who the integrations are, with their
// keys, secrets, policies and addresses. What else has changed of what the flags and the file say waits for a restart,
// and is named as the file has it.
func (s *server) reload(ctx context.Context, log *slog.Logger, read func() (*config, error)) (waiting []string, err error) {
	cfg, err := read()
	if err != nil {
		return nil, err
	}
	switch {
	case (cfg.watchlist != "") != s.screened:
		return nil, errors.New("a watchlist is given or taken away, which needs a restart")
	case cfg.roster == nil && s.own == nil:
		return nil, errors.New("the integrations are no longer in the file, which needs a restart")
	}
	next, err := s.rosterOf(cfg)
	if err != nil {
		return nil, err
	}
	if err := next.mayFollow(s.directory.Load()); err != nil {
		return nil, err
	}
	if s.keeper != nil && cfg.said["master-key"] != "" && cfg.masterKey != s.master {
		if err := s.changeMaster(ctx, cfg.masterKey, log); err != nil {
			return nil, err
		}
		s.master = cfg.masterKey
	}
	s.directory.Store(next)
	if err := s.keepKeys(ctx, next); err != nil {
		return nil, err
	}
	for name, value := range s.said {
		if cfg.said[name] != value && !atOnce(name) {
			waiting = append(waiting, strings.ReplaceAll(name, "-", "_"))
		}
	}
	slices.Sort(waiting)
	return waiting, nil
}
