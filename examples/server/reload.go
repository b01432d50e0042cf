package main

import (
	"errors"
	"log/slog"
	"os"
)

// reloadOn reads the configuration again whenever a signal comes, until the function that it gives is called.
func (s *server) reloadOn(signals <-chan os.Signal, log *slog.Logger, read func() (*config, error)) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ended:
				return
			case <-signals:
			}
			if err := s.reload(read); err != nil {
				log.Error("the configuration was not read again, and stays as it was", "error", err)
				continue
			}
			log.Info("the configuration was read again", "integrations", s.directory.Load().labels())
		}
	}()
	return func() { close(ended); <-done }
}

// reload takes over what can change while the server runs: who the integrations are, with their secrets, policies
// and addresses. What else the flags and the file say waits for a restart.
func (s *server) reload(read func() (*config, error)) error {
	cfg, err := read()
	if err != nil {
		return err
	}
	switch {
	case (cfg.watchlist != "") != s.screened:
		return errors.New("a watchlist is given or taken away, which needs a restart")
	case cfg.roster == nil && s.credentials.SharedSecret == "":
		return errors.New("the integrations are no longer in the file, which needs a restart")
	}
	next, err := s.rosterOf(cfg)
	if err != nil {
		return err
	}
	if err := next.mayFollow(s.directory.Load()); err != nil {
		return err
	}
	s.directory.Store(next)
	return nil
}
