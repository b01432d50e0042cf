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
	"regexp"
	"strings"
	"sync"
	"testing"
)

// running is a server in this process, and a caller of it.
type running struct {
	t                *testing.T
	url, key, secret string
	live, sandbox    string // API keys of Verifa's language
	integration      string // named in vrf-integration-id; empty: none is
	stdout, stderr   *output
	stop             func() int
}

// as is the same server for another caller.
func (r *running) as(key, secret string) *running {
	other := *r
	other.key, other.secret, other.integration = key, secret, ""
	return &other
}

// named is the same caller naming an integration.
func (r *running) named(integration string) *running {
	other := *r
	other.integration = integration
	return &other
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

var (
	printed     = regexp.MustCompile(`(?m)^URL=(.*)\nKEY=(.*)\nSECRET=(?:'(.*)'|.*)$`)
	printedKeys = regexp.MustCompile(`(?m)^URL=(.*)\n(?:LIVE_KEY=(.*)\n)?SANDBOX_KEY=(.*)$`)
)

// start runs the server with flags, and waits until it has printed its credentials.
func start(t *testing.T, flags ...string) *running {
	t.Helper()
	return startIn(t, nil, flags...)
}

// startIn does so in an environment.
func startIn(t *testing.T, env map[string]string, flags ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	stdout, stderr := &output{written: make(chan struct{}, 1)}, &output{written: make(chan struct{}, 1)}
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, flags...), func(name string) string { return env[name] }, stdout, stderr)
	}()
	r := &running{t: t, stdout: stdout, stderr: stderr, stop: sync.OnceValue(func() int { cancel(); return <-status })}
	t.Cleanup(func() { r.stop() })
	for {
		m, keys := printed.FindStringSubmatch(stdout.String()), printedKeys.FindStringSubmatch(stdout.String())
		if m != nil {
			r.url, r.key, r.secret = m[1], m[2], m[3]
		}
		if keys != nil {
			r.url, r.live, r.sandbox = keys[1], keys[2], keys[3]
		}
		if m != nil || keys != nil {
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
	if r.integration != "" {
		req.Header.Set("Vrf-Integration-Id", r.integration)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if got := res.Header.Get("X-HMAC-SIGNATURE"); got != r.sign(string(answer)) && res.StatusCode != http.StatusUnauthorized {
		r.t.Errorf("%s %s: the answer is signed %q", method, path, got)
	}
	return res.StatusCode, string(answer)
}

// hashOf is the SHA-256 of a text, in hex.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// imageOf is the body of an upload of a JPEG of a size.
func imageOf(size int) string {
	photo := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), make([]byte, size-11)...)
	return fmt.Sprintf(`{"image":{"context":"document-front","content":"%s"}}`, base64.StdEncoding.EncodeToString(photo))
}

// create makes a session and gives its id and url.
func (r *running) create(firstName string) (id, link string) {
	r.t.Helper()
	return r.createOf(`{"firstName":"` + firstName + `"}`)
}

func (r *running) createOf(person string) (id, link string) {
	r.t.Helper()
	status, body := r.call("POST", "/v1/sessions", `{"verification":{"person":`+person+`,"vendorData":"customer-17"}}`)
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

func (r *running) submit(id string) {
	r.t.Helper()
	if status, body := r.call("PATCH", "/v1/sessions/"+id, `{"verification":{"status":"submitted"}}`); status != 200 {
		r.t.Fatalf("submit: %d %s", status, body)
	}
}

// hooks is a receiver of webhooks, which keeps apart what comes to each path.
type hooks struct {
	url  string
	told map[string]chan string
}

func receive(t *testing.T, paths ...string) hooks {
	t.Helper()
	h := hooks{told: map[string]chan string{}}
	for _, path := range paths {
		h.told[path] = make(chan string, 20)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		header := fmt.Sprintf("%s %s %s\n", r.Header.Get("X-Auth-Client"), r.Header.Get("X-Hmac-Signature"), r.Header.Get("X-Signature"))
		told, ok := h.told[r.URL.Path]
		if !ok {
			t.Errorf("%s was told %s", r.URL.Path, body)
			return
		}
		told <- header + string(body)
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// wants takes the next webhook of a path, which must be signed for the caller and hold the text.
func (h hooks) wants(r *running, path, text string) {
	r.t.Helper()
	select {
	case told := <-h.told[path]:
		header, body, _ := strings.Cut(told, "\n")
		if want := r.key + " " + r.sign(body) + " "; !strings.HasPrefix(header, want) || !strings.Contains(body, text) {
			r.t.Errorf("%s was told %s, signed %s; want %s, signed %s", path, body, header, text, want)
		}
	case <-r.t.Context().Done():
		r.t.Fatalf("%s was not told %s", path, text)
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
