// Command prometheus runs an engine in memory with some traffic of its own, and shows what it measures at /metrics.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9464", "where /metrics is")
	every := flag.Duration("every", 50*time.Millisecond, "how often somebody is to be verified")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *addr, *every); err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, every time.Duration) error {
	registry := prometheus.NewRegistry()
	engine, err := newEngine(registry)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: addr, Handler: handler(registry), ReadHeaderTimeout: 5 * time.Second}
	running := make(chan error, 1)
	go func() { running <- engine.Run(ctx) }()
	go visit(ctx, engine, every)
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	slog.Info("measuring", "at", "http://"+addr+"/metrics")
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-running
}

// newEngine is an engine that is measured into a registry.
func newEngine(registry *prometheus.Registry) (*session.Engine, error) {
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	if err != nil {
		return nil, err
	}
	in := session.Integration{
		// Of the 60 who come in 3 seconds by default, some come too late for a permit.
		Policy: session.Policy{Deletion: true, Create: []session.Rule{{N: 50, Window: 3 * time.Second}}, Submit: session.Unlimited()},
		// The address is nobody's: what is to be told to it is told to the receiver below.
		Endpoints: []session.Endpoint{{ID: uuid.New(), Format: sessiontest.Format, URL: "https://hooks.example.com/idv"}},
	}
	engine, err := session.New(memstore.New(), session.Config{
		MeterProvider: metric.NewMeterProvider(metric.WithReader(reader)),
		Integrations:  session.Fixed{in}, Decider: session.Sandbox{}, Deliverer: moody{}, Log: slog.Default(),
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	})
	return engine, err
}

// handler shows what was measured, in the form that Prometheus scrapes.
func handler(registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}
