package main

import (
	"context"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestScrape: what is documented is at /metrics, and the rules ask for nothing that is not there.
func TestScrape(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	engine, err := newEngine(registry)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	refused := regexp.MustCompile(`(?m)^bonafide_limiter_refusals_total\{[^}]*bonafide_limit="create"[^}]*\} [1-9]`)
	for n := 0; n < 60 || !refused.MatchString(scrape(t, registry)); n++ {
		if verify(ctx, engine, n); n > 2000 {
			t.Fatal("of many none is refused by the rate")
		}
	}
	text := scrapeUntil(t, registry, "bonafide_session_transitions_total{", `bonafide_actor="decider"`, "bonafide_delivery_latency_seconds_count{")
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for _, name := range documented(t) {
		if !strings.Contains(text, "\n"+name) {
			t.Errorf("%s is documented, and not at /metrics", name)
		}
	}
	asked := 0
	for _, file := range []string{"rules.yml", "dashboard.json"} {
		for _, name := range regexp.MustCompile(`bonafide_\w+`).FindAllString(read(t, file), -1) {
			if asked++; !strings.Contains(text, name) {
				t.Errorf("%s asks for %s, which is not at /metrics", file, name)
			}
		}
	}
	for _, series := range []string{`bonafide_outcome="dead"`, `bonafide_limit="submit"`} {
		if !strings.Contains(text, series) { // of which there was none yet
			t.Errorf("/metrics has no series with %s", series)
		}
	}
	if !strings.Contains(read(t, "dashboard.json"), "bonafide_limiter_refusals_total") {
		t.Error("the dashboard has no refusals by rate")
	}
	if asked < 20 {
		t.Errorf("the rules and the dashboard ask for %d things only", asked)
	}
}

// scrapeUntil scrapes until all the texts are there.
func scrapeUntil(t *testing.T, registry *prometheus.Registry, texts ...string) string {
	t.Helper()
	patience, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		scraped, missing := scrape(t, registry), ""
		for _, text := range texts {
			if !strings.Contains(scraped, text) {
				missing = text
			}
		}
		switch {
		case missing == "":
			return scraped
		case patience.Err() != nil:
			t.Fatalf("there is no %s in\n%s", missing, scraped)
		}
	}
}

// scrape is what /metrics answers.
func scrape(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	w := httptest.NewRecorder()
	handler(registry).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("/metrics answered %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// documented are the names of all instruments as Prometheus has them.
func documented(t *testing.T) (names []string) {
	t.Helper()
	row := regexp.MustCompile("(?m)^\\| `(bonafide\\.[a-z.]+)` \\| (\\w+) \\| `([^`]+)`")
	for _, found := range row.FindAllStringSubmatch(read(t, "../../docs/OBSERVABILITY.md"), -1) {
		name := strings.ReplaceAll(found[1], ".", "_")
		switch found[3] {
		case "s":
			name += "_seconds"
		case "By":
			name += "_bytes"
		}
		if found[2] == "counter" {
			name += "_total"
		}
		names = append(names, name)
	}
	if len(names) < 15 {
		t.Fatalf("found %d instruments only", len(names))
	}
	return names
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
