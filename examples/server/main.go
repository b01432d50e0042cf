// Command server is bonafide as a server of its own: identity verification in the languages of Veriff and Verifa,
// on SQLite, on PostgreSQL or in memory, with no configuration needed.
//
//	go run ./examples/server
//
// keeps everything under ./bonafide-data, and prints the credentials it made and commands to try. With -h it
// lists its flags; config.example.json is a file of settings with several integrations. It stops on SIGTERM or an
// interrupt, when it has finished what it accepted.
package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run is the whole program; it answers the exit status: 2 for a bad configuration, 1 when the server could not
// do its work.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	cfg, err := parseConfig(args, getenv, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "server: %s.\n", err)
		return 2
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: cfg.logLevel}))
	listener, err := net.Listen("tcp", cfg.addr)
	if err != nil {
		fmt.Fprintf(stderr, "server: -addr: %s.\n", err)
		return 2
	}
	cfg.reachedAt(listener.Addr())
	s, err := build(ctx, cfg, log)
	if err != nil {
		_ = listener.Close()
		fmt.Fprintf(stderr, "server: %s.\n", err)
		return 2
	}
	defer s.close()
	if cfg.file != "" {
		hangups := make(chan os.Signal, 1)
		signal.Notify(hangups, syscall.SIGHUP)
		defer signal.Stop(hangups)
		defer s.reloadOn(hangups, log, func() (*config, error) { return parseConfig(args, getenv, io.Discard) })()
	}
	if err := s.serve(ctx, cfg, listener, log, stdout); err != nil {
		fmt.Fprintf(stderr, "server: %s.\n", err)
		return 1
	}
	return 0
}

// serve answers until ctx ends.
func (s *server) serve(ctx context.Context, cfg *config, listener net.Listener, log *slog.Logger, stdout io.Writer) (err error) {
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       5 * time.Minute, // but for uploads, of which the API sees to it that they go on
		WriteTimeout:      5*time.Minute + slowest(cfg.maxUpload),
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	// The engine goes on until the last request is answered, so that nothing accepted is left undone.
	engineCtx, stopEngine := context.WithCancel(context.WithoutCancel(ctx))
	engineDone := make(chan error, 1)
	go func() { engineDone <- s.engine.Run(engineCtx) }()
	masterDone := s.replaceMaster(engineCtx, cfg, log)
	served := make(chan error, 2)
	go func() { served <- server.Serve(listener) }()
	stopDesk := s.desk.serve(served)

	log.Info("listening", "addr", listener.Addr().String(), "db", cfg.shownDB(), "synchronous", cfg.shownSynchronous(),
		"keys", cmp.Or(cfg.shownKeys(), "memory"), "blobs", cmp.Or(cfg.blobs, "memory"), "integrations", s.directory.Load().labels())
	log.Info("receipts and checkpoints are signed", "ed25519", base64.StdEncoding.EncodeToString(s.engine.ReceiptKey()))
	s.directory.Load().introduce(log, &roster{})
	welcome(stdout, cfg, s)

	select {
	case err = <-served:
	case <-ctx.Done():
		log.Info("stopping")
		shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		err = errors.Join(stopDesk(shutdown), server.Shutdown(shutdown))
		cancel()
	}
	stopEngine()
	<-masterDone
	err = errors.Join(err, <-engineDone)
	log.Info("stopped")
	return err
}

// slowest is how long an upload may take before it is answered: the API takes no less than 32 KiB a second.
func slowest(upload size) time.Duration { return 2 * time.Second * time.Duration(upload>>15) }
