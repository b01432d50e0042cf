package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// running is a server in this process.
type running struct {
	t                *testing.T
	url, key, secret string
	stop             func() int
}

// output is a buffer that can be read while it is written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
	// written is told of every write.
	written chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.written <- struct{}{}:
	default:
	}
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

var printed = regexp.MustCompile(`(?m)^URL=(.*)\nKEY=(.*)\nSECRET='(.*)'$`)

// start runs the server with flags, and waits until it has printed its credentials.
func start(t *testing.T, flags ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	stdout, stderr := &output{written: make(chan struct{}, 1)}, &output{written: make(chan struct{}, 1)}
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, flags...), func(string) string { return "" }, stdout, stderr)
	}()
	r := &running{t: t, stop: sync.OnceValue(func() int { cancel(); return <-status })}
	t.Cleanup(func() { r.stop() })
	for {
		if m := printed.FindStringSubmatch(stdout.String()); m != nil {
			r.url, r.key, r.secret = m[1], m[2], m[3]
			return r
		}
		select {
		case <-stdout.written:
		case code := <-status:
			status <- code
			t.Fatalf("the server ended with status %d: %s", code, stderr)
		case <-t.Context().Done():
			t.Fatalf("the server did not start: %s", stderr)
		}
	}
}

func (r *running) sign(msg string) string {
	mac := hmac.New(sha256.New, []byte(r.secret))
	mac.Write([]byte(msg))
	return hex.EncodeToString(mac.Sum(nil))
}

// call makes a signed request, checks the answer's signature, and gives its status and body.
func (r *running) call(method, path, body string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	signed := body
	if method == http.MethodGet || method == http.MethodDelete {
		signed = strings.Split(path, "/")[3]
	}
	req.Header.Set("X-AUTH-CLIENT", r.key)
	req.Header.Set("X-HMAC-SIGNATURE", r.sign(signed))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if got := res.Header.Get("X-HMAC-SIGNATURE"); got != r.sign(string(answer)) {
		r.t.Errorf("%s %s: the answer is signed %q", method, path, got)
	}
	return res.StatusCode, string(answer)
}

// create makes a session and gives its id and url.
func (r *running) create(firstName string) (id, link string) {
	r.t.Helper()
	status, body := r.call("POST", "/v1/sessions", `{"verification":{"person":{"firstName":"`+firstName+`"},"vendorData":"customer-17"}}`)
	var answer struct{ Verification struct{ ID, URL string } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 201 {
		r.t.Fatalf("create: %d %s", status, body)
	}
	return answer.Verification.ID, answer.Verification.URL
}

// until calls until the answer holds what is wanted, as long as the test has time.
func (r *running) until(method, path, want string) {
	r.t.Helper()
	for r.t.Context().Err() == nil {
		if _, body := r.call(method, path, ""); strings.Contains(body, want) {
			return
		}
	}
}

// TestFlow takes a real photograph through a verification, with its webhooks, on each store.
func TestFlow(t *testing.T) {
	t.Parallel()
	photo, err := os.ReadFile("../testdata/document-front.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, db := range []string{"sqlite", "memory"} {
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

// TestBadConfiguration is one sentence and exit status 2, and leaves nothing behind.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
		want string
	}{
		{"unknown flag", []string{"-nonsense"}, nil, "flag provided but not defined"},
		{"argument", []string{"start"}, nil, `no argument "start"`},
		{"address", []string{"-addr", "nowhere"}, nil, "-addr"},
		{"database", []string{"-db", "oracle:x"}, nil, "-db"},
		{"database without a path", []string{"-db", "sqlite:"}, nil, "-db"},
		{"database of the driver's own kind", []string{"-db", "sqlite::memory:"}, nil, "-db"},
		{"database where nothing can be", []string{"-addr", "127.0.0.1:0", "-db", "sqlite:/dev/null/x.db"}, nil, "/dev/null"},
		{"port of words", []string{"-addr", "127.0.0.1:http"}, nil, "-addr"},
		{"port too high", []string{"-addr", "127.0.0.1:99999"}, nil, "-addr"},
		{"address of another machine", []string{"-addr", "192.0.2.1:1", "-db", "memory:"}, nil, "-addr"},
		{"no data", []string{"-data", ""}, nil, "-data"},
		{"public address", []string{"-public-url", "example.com"}, nil, "-public-url"},
		{"key without a secret", []string{"-api-key", "9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a33"}, nil, "-shared-secret"},
		{"key that is no UUID", []string{"-api-key", "k", "-shared-secret", "s"}, nil, "-api-key"},
		{"webhook over http", []string{"-webhook-url", "http://example.com/"}, nil, "-webhook-url"},
		{"private webhook", []string{"-webhook-url", "https://127.0.0.1/"}, nil, "-webhook-url"},
		{"metadata, even where private is allowed", []string{"-webhook-url", "http://169.254.169.254/", "-allow-private-webhooks"}, nil, "-webhook-url"},
		{"lifetime", []string{"-session-ttl", "0"}, nil, "-session-ttl"},
		{"lifetime that is no duration", []string{"-session-ttl", "7d"}, nil, "-session-ttl"},
		{"limit", []string{"-create-per-minute", "0"}, nil, "-create-per-minute"},
		{"deletions an hour", []string{"-delete-per-hour", "-1"}, nil, "-delete-per-hour"},
		{"deletions a day", []string{"-delete-per-day", "many"}, nil, "-delete-per-day"},
		{"log level", []string{"-log-level", "loud"}, nil, "-log-level"},
		{"environment", nil, map[string]string{"BONAFIDE_SESSION_TTL": "soon"}, "BONAFIDE_SESSION_TTL"},
		{"environment of words", nil, map[string]string{"BONAFIDE_LIVE": "perhaps"}, "BONAFIDE_LIVE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			data := filepath.Join(t.TempDir(), "data")
			status := run(t.Context(), c.args, func(name string) string {
				if name == "BONAFIDE_DATA" {
					return data
				}
				return c.env[name]
			}, &stdout, &stderr)
			if said := stderr.String(); status != 2 || !strings.Contains(said, c.want) || strings.Count(said, "\n") != 1 {
				t.Errorf("status %d, %q; want 2 and one sentence about %s", status, said, c.want)
			}
		})
	}
}

// TestEnvironment is taken where no flag is given, and beaten where one is.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"BONAFIDE_ADDR": "127.0.0.1:1", "BONAFIDE_DB": "memory:", "BONAFIDE_DATA": "d", "BONAFIDE_PUBLIC_URL": "https://example.com",
		"BONAFIDE_API_KEY": "9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a33", "BONAFIDE_SHARED_SECRET": "s",
		"BONAFIDE_WEBHOOK_URL": "http://127.0.0.1:9090/", "BONAFIDE_ALLOW_PRIVATE_WEBHOOKS": "true", "BONAFIDE_LIVE": "1",
		"BONAFIDE_SESSION_TTL": "2h", "BONAFIDE_CREATE_PER_MINUTE": "3", "BONAFIDE_DELETE_PER_HOUR": "4",
		"BONAFIDE_DELETE_PER_DAY": "5", "BONAFIDE_LOG_LEVEL": "debug",
	}
	getenv := func(name string) string { return env[name] }
	c, err := parseConfig(nil, getenv, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.addr, c.db, c.data, c.publicURL, c.apiKey, c.sharedSecret, c.webhookURL, c.allowPrivate, c.live, c.ttl,
		c.createMinute, c.deleteHour, c.deleteDay, c.logLevel)
	want := "127.0.0.1:1 memory: d https://example.com 9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a33 s http://127.0.0.1:9090/ true true 2h0m0s 3 4 5 DEBUG"
	if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("from the environment: %s, want %s", got, want)
	}
	if c, err = parseConfig([]string{"-session-ttl", "1h", "-live=false"}, getenv, io.Discard); err != nil || c.ttl != time.Hour || c.live {
		t.Errorf("flags beside the environment: %s, %t, %v", c.ttl, c.live, err)
	}
}

// TestHelp lists every flag and ends well.
func TestHelp(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"-h"}, func(string) string { return "" }, &stdout, &stderr)
	for _, flag := range []string{"-addr", "-db", "-data", "-public-url", "-api-key", "-shared-secret", "-webhook-url",
		"-allow-private-webhooks", "-live", "-session-ttl", "-create-per-minute", "-delete-per-hour", "-delete-per-day", "-log-level"} {
		if !strings.Contains(stdout.String(), "  "+flag) {
			t.Errorf("the help does not list %s", flag)
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
