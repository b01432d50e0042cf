package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

// built is a server that is built and served here, so that a test can do what else only a signal or a start does.
func built(t *testing.T, flags ...string) (*server, *running) {
	t.Helper()
	cfg, err := parseConfig(flags, func(string) string { return "" }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s, err := build(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	web := httptest.NewServer(s.handler)
	t.Cleanup(web.Close)
	return s, &running{
		t: t, url: web.URL, key: s.own.APIKey.String(), secret: s.own.SharedSecret, live: s.own.Live, sandbox: s.own.Sandbox,
	}
}

// TestMasterKeyWhileServing changes the master key again and again while clients of both languages make, read and erase
// sessions: none of their requests fails, and no former master key opens the file afterwards.
func TestMasterKeyWhileServing(t *testing.T) {
	t.Parallel()
	data, folder := t.TempDir(), t.TempDir()
	file := func(n int) string { return filepath.Join(folder, fmt.Sprintf("master-%d", n)) }
	s, web := built(t, "-data", data, "-master-key", file(0))
	was, _ := web.captured(web.live)

	ended := make(chan struct{})
	var kept []string
	go func() {
		defer close(ended)
		kept = web.atWork(3, 8)
	}()
	changes := 0
	for working := true; working || changes < 3; {
		select {
		case <-ended:
			working = false
		default:
		}
		changes++
		if err := s.changeMaster(t.Context(), file(changes), slog.New(slog.DiscardHandler)); err != nil {
			t.Fatalf("change %d: %v", changes, err)
		}
	}
	web.reads17(append(kept, was))
	for _, key := range []string{web.live, web.sandbox} {
		web.tells(key, min(changes, 100))
	}
	s.close()
	for n := range changes {
		former, err := filekeeper.LoadMaster(file(n))
		if err != nil {
			t.Fatal(err)
		}
		if k, err := filekeeper.Open(filepath.Join(data, "bonafide.db.keys"), former); err == nil {
			_ = k.Close()
			t.Errorf("the master key %d of %d opens the file still", n, changes)
		}
	}
	_, again := built(t, "-data", data, "-master-key", file(changes))
	again.reads17(append(kept, was))
}

// atWork has clients at work side by side, and gives the sessions of Verifa's language that they left.
func (r *running) atWork(clients, times int) (kept []string) {
	r.t.Helper()
	var mu sync.Mutex
	var done sync.WaitGroup
	for range clients {
		done.Go(func() {
			for range times {
				path, capture := r.captured(r.live)
				r.asks(200, "", "POST", capture+"/consent", `{"consent_version":"1"}`)
				r.asks(200, "", "POST", capture+"/data", `{"email":"jane@example.com"}`)
				gone, _ := r.captured(r.sandbox)
				r.asks(200, r.sandbox, "DELETE", gone+"/data", "")
				id, _ := r.create("Wait")
				if status, body := r.call("GET", "/v1/sessions/"+id+"/person", ""); status != 200 || !strings.Contains(body, "Wait") {
					r.t.Errorf("the person of %s: %d %s", id, status, body)
				}
				mu.Lock()
				kept = append(kept, path)
				mu.Unlock()
			}
		})
	}
	done.Wait()
	return kept
}

// reads17 reads sessions of customer-17.
func (r *running) reads17(paths []string) {
	r.t.Helper()
	for _, path := range paths {
		if got := r.asks(200, r.live, "GET", path, "")["external_ref"]; got != "customer-17" {
			r.t.Errorf("%s is of %v, want customer-17", path, got)
		}
	}
}

// tells wants so many changes of the master key in the audit log that a key reads.
func (r *running) tells(key string, changes int) {
	r.t.Helper()
	events := r.asks(200, key, "GET", "/api/v1/events?action=master_key.rotated&limit=100", "")["data"].([]any)
	if len(events) != changes {
		r.t.Errorf("the audit log tells of %d changes of the master key, want %d: %v", len(events), changes, events)
	}
	for _, event := range events {
		if got := event.(map[string]any); got["resource_type"] != "master_key" || got["resource_id"] != nil || got["ip_address"] != nil {
			r.t.Errorf("the audit log tells %v, want no more than that it was changed", got)
		}
	}
}

// TestMasterKeyIsAudited: a start that changes the master key writes one line into the audit log of each environment.
func TestMasterKeyIsAudited(t *testing.T) {
	t.Parallel()
	data, folder := t.TempDir(), t.TempDir()
	one, two := filepath.Join(folder, "one"), filepath.Join(folder, "two")
	s := start(t, "-data", data, "-master-key", one)
	s.tells(s.live, 0)
	s.stop()
	s = start(t, "-data", data, "-master-key", two, "-previous-master-key", one)
	for t.Context().Err() == nil && !strings.Contains(s.stderr.String(), "the previous one opens nothing any more") {
		<-s.stderr.written
	}
	s.tells(s.live, 1)
	s.tells(s.sandbox, 1)
	s.stop()
	s = start(t, "-data", data, "-master-key", two)
	s.tells(s.live, 1)
}

// TestKeyChangesAreAudited: a webhook's secret that is changed is told of, with who did it, and without the secret.
func TestKeyChangesAreAudited(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:")
	const endpoints = "/api/v1/webhooks/endpoints"
	id := fmt.Sprint(s.asks(201, s.live, "POST", endpoints, `{"url":"https://example.com/"}`)["id"])
	secret := fmt.Sprint(s.asks(200, s.live, "POST", endpoints+"/"+id+"/rotate-secret", "")["secret"])
	status, log := s.ask(s.live, "GET", "/api/v1/events?action=webhook_endpoint.rotated&resource_id="+id, "")
	if status != 200 || strings.Count(log, `"type":"webhook_endpoint.rotated"`) != 1 || !strings.Contains(log, `"actor":"api_key:vk_live_`) ||
		!strings.HasPrefix(secret, "whsec_") || strings.Contains(log, secret) {
		t.Errorf("got %d %s, want one line with who did it, and no secret", status, log)
	}
	_, log = s.ask(s.live, "GET", "/api/v1/events?action=api_key.created", "")
	if strings.Count(log, `"type":"api_key.created"`) != 1 || strings.Contains(log, s.live) {
		t.Errorf("got %s, want one line of the one live key, without its text", log)
	}
}
