package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFlow takes a real photograph through a verification, with its webhooks, on each store.
func TestFlow(t *testing.T) {
	t.Parallel()
	photo, err := os.ReadFile("../testdata/document-front.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, db := range []string{"sqlite", "memory", "postgres"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			told := make(chan string, 10)
			hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				told <- r.Header.Get("X-HMAC-SIGNATURE") + string(body)
			}))
			defer hook.Close()
			flags := []string{"-data", t.TempDir(), "-webhook-url", hook.URL, "-allow-private-webhooks"}
			if db == "memory" {
				flags = append(flags, "-db", "memory:")
			}
			if db == "postgres" {
				flags = append(flags, "-db", newPostgres(t))
			}
			s := start(t, flags...)
			id, link := s.create("Approve")
			if !strings.HasPrefix(link, s.url+"/v/") {
				t.Errorf("the link is %s", link)
			}
			body := fmt.Sprintf(`{"image":{"context":"document-front","content":"%s"}}`, base64.StdEncoding.EncodeToString(photo))
			status, answer := s.call("POST", "/v1/sessions/"+id+"/media", body)
			var uploaded struct {
				Image struct {
					ID   string
					Size int
				}
			}
			if err := json.Unmarshal([]byte(answer), &uploaded); err != nil || status != 200 || uploaded.Image.Size != len(photo) {
				t.Fatalf("upload: %d %s", status, answer)
			}
			if status, answer := s.call("PATCH", "/v1/sessions/"+id, `{"verification":{"status":"submitted"}}`); status != 200 {
				t.Fatalf("submit: %d %s", status, answer)
			}
			s.until("GET", "/v1/sessions/"+id+"/decision", `"code":9001`)
			if status, got := s.call("GET", "/v1/media/"+uploaded.Image.ID, ""); status != 200 || got != string(photo) {
				t.Errorf("download: %d and %d bytes, want %d", status, len(got), len(photo))
			}
			for _, want := range []string{`"code":7002`, `"code":9001`} {
				webhook := <-told
				if signature, body := webhook[:64], webhook[64:]; signature != s.sign(body) || !strings.Contains(body, want) {
					t.Errorf("told %s, signed %s; want %s", body, signature, want)
				}
			}
			if status, answer := s.call("DELETE", "/v1/sessions/"+id, ""); status != 200 {
				t.Errorf("delete: %d %s", status, answer)
			}
			if status, answer := s.call("GET", "/v1/sessions/"+id, ""); status != 404 {
				t.Errorf("then: %d %s", status, answer)
			}
			if code := s.stop(); code != 0 {
				t.Errorf("stopped with status %d", code)
			}
			if len(told) != 0 {
				t.Errorf("told also %s", <-told)
			}
		})
	}
}

// TestSandboxNames decides the four names, exactly spelt, within a second, and no other.
func TestSandboxNames(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:")
	for name, want := range map[string]string{
		"Approve": `"status":"approved"`, "Decline": `"status":"declined"`, "Resubmit": `"status":"resubmission_requested"`,
		"Review": `"status":"review"`,
	} {
		id, _ := s.create(name)
		s.call("PATCH", "/v1/sessions/"+id, `{"verification":{"status":"submitted"}}`)
		s.until("GET", "/v1/sessions/"+id+"/decision", want)
	}
	other, _ := s.create("approve")
	s.call("PATCH", "/v1/sessions/"+other, `{"verification":{"status":"submitted"}}`)
	last, _ := s.create("Approve")
	s.call("PATCH", "/v1/sessions/"+last, `{"verification":{"status":"submitted"}}`)
	s.until("GET", "/v1/sessions/"+last+"/decision", `"status":"approved"`)
	if _, body := s.call("GET", "/v1/sessions/"+other+"/decision", ""); body != `{"status":"success","verification":null}` {
		t.Errorf("approve: %s, want no decision", body)
	}
}

// TestLive has no sandbox decisions; every session goes to a human being.
func TestLive(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:", "-live")
	id, _ := s.create("Approve")
	s.call("PATCH", "/v1/sessions/"+id, `{"verification":{"status":"submitted"}}`)
	s.until("GET", "/v1/sessions/"+id+"/decision", `"status":"review"`)
	if out := s.stdout.String(); !strings.Contains(out, "# 6. Read the decision (review, 9121, within a second") || strings.Contains(out, "DESK=") {
		t.Errorf("a live server without a desk prints %s", out)
	}
}

// TestRestart has the same credentials, sessions and limits; a second process beside the first shares them too.
func TestRestart(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := start(t, "-data", data, "-create-per-minute", "2")
	id, _ := first.create("Approve")
	info, err := os.Stat(filepath.Join(data, "credentials.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the credentials: %v, %v; want mode 0600", info.Mode(), err)
	}
	beside := start(t, "-data", data, "-create-per-minute", "2")
	if beside.key != first.key || beside.secret != first.secret {
		t.Error("a second process has other credentials")
	}
	if status, _ := beside.call("GET", "/v1/sessions/"+id, ""); status != 200 {
		t.Errorf("a second process answers %d for a session of the first", status)
	}
	beside.create("Approve")
	first.stop()
	beside.stop()
	again := start(t, "-data", data, "-create-per-minute", "2")
	if status, _ := again.call("GET", "/v1/sessions/"+id, ""); status != 200 {
		t.Errorf("after a restart: %d", status)
	}
	if status, body := again.call("POST", "/v1/sessions", `{"verification":{}}`); status != 429 || !strings.Contains(body, `"code":"1004"`) {
		t.Errorf("the third within a minute: %d %s, want 429", status, body)
	}
	elsewhere := start(t, "-data", t.TempDir(), "-db", "sqlite:"+filepath.Join(data, "bonafide.db"),
		"-api-key", first.key, "-shared-secret", first.secret)
	if status, _ := elsewhere.call("GET", "/v1/sessions/"+id, ""); status != 200 {
		t.Errorf("the same database and key with another -data: %d", status)
	}
}

// TestHelp lists every flag and ends well.
func TestHelp(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"-h"}, func(string) string { return "" }, &stdout, &stderr)
	for _, flag := range []string{"-addr", "-db", "-data", "-public-url", "-api-key", "-shared-secret", "-webhook-url",
		"-webhook-decisions-url", "-webhook-events-url", "-webhook-watchlist-url", "-webhook-user-status-url", "-webhook-fullauto-url",
		"-allow-private-webhooks", "-live", "-session-ttl", "-create-per-minute", "-delete-per-hour", "-delete-per-day", "-log-level",
		"-config", "-strict", "-codes", "-legacy-signature", "-watchlist", "-monitoring", "-max-upload", "-max-uploads", "-desk-addr",
		"-live-key", "-sandbox-key", "-capture-ttl", "-plan", "-master-key", "-previous-master-key", "-restored", "-synchronous", "-blobs"} {
		if !strings.Contains(stdout.String(), "  "+flag) {
			t.Errorf("the help does not list %s", flag)
		}
	}
	for _, word := range []string{"123456789 is Ada Specimen", "987654321 is Bob Sample", "sync-api.", "Ivan Examplov"} {
		if !strings.Contains(stdout.String(), word) {
			t.Errorf("the help does not speak of %s", word)
		}
	}
	if status != 0 || stderr.Len() != 0 {
		t.Errorf("status %d, %q", status, &stderr)
	}
}

// TestDamagedFiles: each is one sentence and exit status 2, before anything is served.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(db string) error{
		"database":        func(db string) error { return os.WriteFile(db, []byte("no database at all"), 0o600) },
		"keys":            func(db string) error { return os.WriteFile(db+".keys", []byte("no keys at all"), 0o600) },
		"no keys":         func(db string) error { return os.Remove(db + ".keys") },
		"no master":       func(db string) error { return os.Remove(db + ".master") },
		"empty master":    func(db string) error { return os.WriteFile(db+".master", nil, 0o600) },
		"readable master": func(db string) error { return os.Chmod(db+".master", 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			start(t, "-data", data).stop()
			db := filepath.Join(data, "bonafide.db")
			if err := damage(db); err != nil {
				t.Fatal(err)
			}
			for _, more := range []string{"-wal", "-shm"} {
				_ = os.Remove(db + more)
			}
			var stdout, stderr bytes.Buffer
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a server that starts all the same must end
			defer cancel()
			status := run(ctx, []string{"-addr", "127.0.0.1:0", "-data", data}, func(string) string { return "" }, &stdout, &stderr)
			if said := stderr.String(); status != 2 || !strings.Contains(said, "bonafide.db") || strings.Count(said, "\n") != 1 || stdout.Len() > 0 {
				t.Errorf("status %d, %q; want 2 and one sentence", status, said)
			}
		})
	}
}

// TestOtherPaths are answered by the API, in its own shape.
func TestOtherPaths(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:")
	for path, want := range map[string]int{"/v1//sessions": 404, "/v1/sessions/x/../y": 404, "/": 404, "/healthz": 404} {
		if status, body := s.call("POST", path, ""); status != want || !strings.HasPrefix(body, `{"status":"fail"`) {
			t.Errorf("POST %s: %d %s, want %d", path, status, body, want)
		}
	}
}

// TestReadableCredentials: they are refused, and so are broken ones.
func TestReadableCredentials(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "credentials.json")
	for mode, text := range map[os.FileMode]string{0o644: `{}`, 0o600: `{"api_key":"x"}`} {
		_ = os.Remove(path)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if _, err := loadCredentials(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("mode %o and %s: %v", mode, text, err)
		}
	}
}

// TestHealth answers without a key.
func TestHealth(t *testing.T) {
	t.Parallel()
	s := start(t, "-data", t.TempDir())
	res, err := http.Get(s.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); res.StatusCode != 200 || string(body) != `{"status":"ok"}` || err != nil {
		t.Errorf("%d %s %v", res.StatusCode, body, err)
	}
}
