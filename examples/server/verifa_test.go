package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
)

// ask makes a request in Verifa's language, and gives its status and body; the key may be empty.
func (r *running) ask(key, method, path, body string) (int, string) {
	r.t.Helper()
	return r.send(key, method, path, "application/json", strings.NewReader(body))
}

func (r *running) send(key, method, path, kind string, body io.Reader) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if key != "" {
		req.Header.Set("X-API-Key", key)
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
	return res.StatusCode, string(answer)
}

// asks is ask that wants a status, and reads members of the answer.
func (r *running) asks(want int, key, method, path, body string) map[string]any {
	r.t.Helper()
	status, answer := r.ask(key, method, path, body)
	return r.reads(want, method+" "+path, status, answer)
}

func (r *running) reads(want int, name string, status int, answer string) map[string]any {
	r.t.Helper()
	var read map[string]any
	if err := json.Unmarshal([]byte(answer), &read); err != nil || status != want {
		r.t.Fatalf("%s: got %d %s, want %d", name, status, answer, want)
	}
	return read
}

// captured makes a session, and gives its path and that of its capture.
func (r *running) captured(key string) (path, capture string) {
	r.t.Helper()
	made := r.asks(201, key, "POST", "/api/v1/sessions", `{"external_ref":"customer-17","fields":{"first_name":"Jane"}}`)
	return fmt.Sprint("/api/v1/sessions/", made["id"]), strings.TrimPrefix(fmt.Sprint(made["capture_url"]), r.url)
}

// shows uploads a photograph by a capture.
func (r *running) shows(capture, what, file string) {
	r.t.Helper()
	photo, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", filepath.Base(file))
	if err != nil {
		r.t.Fatal(err)
	}
	_, _ = part.Write(photo)
	_ = form.Close()
	status, answer := r.send("", "POST", capture+"/"+what, form.FormDataContentType(), &body)
	r.reads(201, what, status, answer)
}

// TestVerifa takes a person through a verification in each language, side by side, on each store.
func TestVerifa(t *testing.T) {
	t.Parallel()
	for _, db := range []string{"sqlite", "memory"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			flags := []string{"-data", t.TempDir()}
			if db == "memory" {
				flags = append(flags, "-db", "memory:")
			}
			s := start(t, flags...)
			theirs, _ := s.create("Approve")
			path, capture := s.captured(s.sandbox)
			s.asks(200, "", "POST", capture+"/consent", `{"consent_version":"1"}`)
			s.asks(200, "", "POST", capture+"/document-type", `{"document_type":"drivers_license"}`)
			s.shows(capture, "front", "../testdata/document-front.jpg")
			s.shows(capture, "back", "../testdata/document-front.jpg")
			s.shows(capture, "selfie", "../testdata/face.jpg")
			s.asks(200, "", "POST", capture+"/complete", "")
			if got := s.asks(200, s.sandbox, "GET", path, "")["status"]; got != "sandbox_pending" {
				t.Errorf("after the capture it is %v, want sandbox_pending", got)
			}
			s.asks(200, s.sandbox, "POST", path+"/simulate", `{"action":"approve"}`)
			if got := s.asks(200, s.sandbox, "GET", path+"/result", "")["status"]; got != "approved" {
				t.Errorf("the result is %v, want approved", got)
			}
			erased := s.asks(200, s.sandbox, "DELETE", path+"/data", "")
			if receipt, ok := erased["receipt"].(map[string]any); !ok || receipt["signature"] == "" || receipt["key"] != "destroyed" || receipt["documents"] != 3.0 {
				t.Errorf("the receipt is %v, want a signed one of three documents", erased["receipt"])
			}
			if status, body := s.call("GET", "/v1/sessions/"+theirs, ""); status != 200 {
				t.Errorf("Veriff's session beside it: %d %s", status, body)
			}
			// What one language has is not there in the other.
			id := strings.TrimPrefix(path, "/api/v1/sessions/ses_")
			if status, body := s.call("GET", "/v1/sessions/"+id[:8]+"-"+id[8:12]+"-"+id[12:16]+"-"+id[16:20]+"-"+id[20:], ""); status != 404 {
				t.Errorf("Verifa's session in Veriff's language: %d %s, want 404", status, body)
			}
			s.asks(404, s.sandbox, "GET", "/api/v1/sessions/ses_"+strings.ReplaceAll(theirs, "-", ""), "")
		})
	}
}

// TestLiveVerifa: a live session goes to a human being, who decides it at the desk.
func TestLiveVerifa(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:", "-desk-addr", "127.0.0.1:0")
	path, capture := s.captured(s.live)
	s.asks(200, "", "POST", capture+"/consent", `{"consent_version":"1"}`)
	s.asks(200, "", "POST", capture+"/document-type", `{"document_type":"passport"}`)
	s.shows(capture, "front", "../testdata/document-front.jpg")
	s.asks(200, "", "POST", capture+"/complete", "")
	for t.Context().Err() == nil && s.asks(200, s.live, "GET", path, "")["status"] != "under_review" {
	}
	desk := s.operator()
	var list struct{ Sessions []struct{ ID string } }
	_, answer := desk.asks("GET", "/sessions?integration=verifa-live&status=review", "")
	if err := json.Unmarshal([]byte(answer), &list); err != nil || len(list.Sessions) != 1 {
		t.Fatalf("the desk lists %s, want the session", answer)
	}
	desk.wants(200, `"status":"declined"`, "POST", "/sessions/"+list.Sessions[0].ID+"/decision", `{"outcome":"declined","code":102}`)
	if got := s.asks(200, s.live, "GET", path+"/result", "")["status"]; got != "rejected" {
		t.Errorf("the result is %v, want rejected", got)
	}
	s.asks(403, s.live, "POST", path+"/simulate", `{"action":"approve"}`)
}

// TestKeys: live and sandbox do not see each other, and whoever has no key of the server is refused.
func TestKeys(t *testing.T) {
	t.Parallel()
	live, sandbox := "vk_live_"+strings.Repeat("a1", 8), "vk_sandbox_"+strings.Repeat("B2", 100)
	s := start(t, "-db", "memory:", "-live-key", live, "-sandbox-key", sandbox)
	if s.live != live || s.sandbox != sandbox {
		t.Fatalf("the keys are %s and %s, want those that were given", s.live, s.sandbox)
	}
	ofLive, _ := s.captured(live)
	ofSandbox, _ := s.captured(sandbox)
	_, nowhere := s.ask(live, "GET", "/api/v1/sessions/ses_"+strings.Repeat("0", 32), "")
	for _, row := range []struct {
		name, key, path string
		status          int
	}{
		{"live", live, ofLive, 200}, {"sandbox", sandbox, ofSandbox, 200}, {"live by the sandbox", sandbox, ofLive, 404},
		{"sandbox by live", live, ofSandbox, 404}, {"no key", "", ofLive, 401}, {"another key", live + "a", ofLive, 401},
		{"no scope is missing", live, "/api/v1/webhooks/endpoints", 200}, {"Veriff's key", s.key, ofLive, 401},
	} {
		status, body := s.ask(row.key, "GET", row.path, "")
		if status != row.status || status == 404 && body != nowhere {
			t.Errorf("%s: %d %s, want %d, and of what is not seen %s", row.name, status, body, row.status, nowhere)
		}
	}
}

// TestKeysAreKept: they are made and printed at the first start, and a second one has them and their sessions; a folder of
// a version that knew no such keys gets them.
func TestKeysAreKept(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	path := filepath.Join(data, "api-keys.json")
	first := start(t, "-data", data)
	for prefix, key := range map[string]string{"vk_live_": first.live, "vk_sandbox_": first.sandbox} {
		if !strings.HasPrefix(key, prefix) || len(key) != len(prefix)+32 {
			t.Errorf("the key is %q, want %s and 32 characters", key, prefix)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the keys: %v, %v; want mode 0600", info.Mode(), err)
	}
	session, _ := first.captured(first.live)
	first.stop()
	again := start(t, "-data", data)
	if again.live != first.live || again.sandbox != first.sandbox {
		t.Errorf("after a restart the keys are %s and %s", again.live, again.sandbox)
	}
	again.asks(200, again.live, "GET", session, "")
	again.stop()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	other := start(t, "-data", data, "-live-key", first.live)
	if other.live != first.live || other.sandbox == first.sandbox || other.key != first.key {
		t.Errorf("without their file the keys are %s, %s and %s", other.live, other.sandbox, other.key)
	}
	other.asks(200, first.live, "GET", session, "")
	other.asks(401, first.sandbox, "GET", session, "")
}

// TestCaptureTTL is how long a capture token is good.
func TestCaptureTTL(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:", "-capture-ttl", "1h", "-session-ttl", "2h")
	made := s.asks(201, s.live, "POST", "/api/v1/sessions", "{}")
	from, err := time.Parse(time.RFC3339, fmt.Sprint(made["created_at"]))
	until, faulty := time.Parse(time.RFC3339, fmt.Sprint(made["expires_at"]))
	if err != nil || faulty != nil || until.Sub(from).Round(time.Minute) != time.Hour {
		t.Errorf("it lives from %v until %v, want an hour", made["created_at"], made["expires_at"])
	}
}

// TestVerifasWebhooks: an address that a customer adds is looked at as others are, and what is sent there is signed with
// its secret.
func TestVerifasWebhooks(t *testing.T) {
	t.Parallel()
	type webhook struct {
		header http.Header
		body   []byte
	}
	told := make(chan webhook, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told <- webhook{r.Header, body}
	}))
	t.Cleanup(hook.Close)
	const endpoints = "/api/v1/webhooks/endpoints"
	body := fmt.Sprintf(`{"url":%q,"enabled_events":["session.approved"]}`, hook.URL)
	strict := start(t, "-db", "memory:")
	strict.asks(422, strict.live, "POST", endpoints, body)
	s := start(t, "-db", "memory:", "-allow-private-webhooks")
	s.asks(422, s.sandbox, "POST", endpoints, `{"url":"http://169.254.169.254/"}`)
	secret := fmt.Sprint(s.asks(201, s.sandbox, "POST", endpoints, body)["secret"])
	path, _ := s.captured(s.sandbox)
	s.asks(200, s.sandbox, "POST", path+"/simulate", `{"action":"approve"}`)
	select {
	case got := <-told:
		if err := auth.VerifyTimestamped(secret, got.header.Get("X-Verifa-Signature"), got.body, time.Now(), 0); err != nil ||
			!strings.Contains(string(got.body), `"event":"session.approved"`) || got.header.Get("X-Auth-Client") != "" {
			t.Errorf("told %s with %v: %v", got.body, got.header, err)
		}
	case <-t.Context().Done():
		t.Fatalf("nobody was told: %s", s.stderr)
	}
}

// TestMasterKey: it can be in a file of one's own, another one opens nothing and says so, and it is changed while the
// server serves.
func TestMasterKey(t *testing.T) {
	t.Parallel()
	data, keys := t.TempDir(), t.TempDir()
	one, two := filepath.Join(keys, "one"), filepath.Join(keys, "two")
	s := start(t, "-data", data, "-master-key", one)
	path, _ := s.captured(s.live)
	endpoint := fmt.Sprint(s.asks(201, s.sandbox, "POST", "/api/v1/webhooks/endpoints", `{"url":"https://example.com/"}`)["id"])
	s.stop()
	if info, err := os.Stat(one); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the master key: %v, %v; want mode 0600", info.Mode(), err)
	}
	refused := func(want string, flags ...string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a server that starts all the same must end
		defer cancel()
		status := run(ctx, append([]string{"-addr", "127.0.0.1:0", "-data", data}, flags...), func(string) string { return "" }, &stdout, &stderr)
		if said := stderr.String(); status != 2 || !strings.Contains(said, want) || strings.Count(said, "\n") != 1 || stdout.Len() > 0 {
			t.Errorf("%q: status %d, %q; want 2 and one sentence about %s", flags, status, said, want)
		}
	}
	refused("bonafide.db.master is missing")
	refused("two is missing", "-master-key", two)
	refused("two is missing", "-master-key", one, "-previous-master-key", two)
	if exists(two) {
		t.Error("a master key was made where there should have been one")
	}
	write(t, two, strings.Repeat("2", 32))
	refused("master key", "-master-key", two)

	s = start(t, "-data", data, "-master-key", two, "-previous-master-key", one)
	for t.Context().Err() == nil && !strings.Contains(s.stderr.String(), "the previous one opens nothing any more") {
		<-s.stderr.written
	}
	s.stop()
	refused("master key", "-master-key", one)
	s = start(t, "-data", data, "-master-key", two)
	if got := s.asks(200, s.live, "GET", path, "")["external_ref"]; got != "customer-17" {
		t.Errorf("after the change it is of %v, want customer-17", got)
	}
	if found := s.asks(200, s.live, "GET", "/api/v1/sessions?external_ref=customer-17", "")["data"].([]any); len(found) != 1 {
		t.Errorf("after the change %d sessions are found by their reference, want 1", len(found))
	}
	if got := s.asks(200, s.sandbox, "GET", "/api/v1/webhooks/endpoints/"+endpoint, "")["secret"]; got == nil {
		t.Error("after the change the secret of an endpoint cannot be opened")
	}
}

// TestRestored erases again what a backup has brought back.
func TestRestored(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	db := filepath.Join(data, "bonafide.db")
	s := start(t, "-data", data)
	path, _ := s.captured(s.live)
	kept, _ := s.captured(s.live)
	s.stop()
	backup, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	s = start(t, "-data", data)
	s.asks(200, s.live, "DELETE", path+"/data", "")
	s.stop()
	if err := os.WriteFile(db, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	s = start(t, "-data", data, "-restored")
	for path, want := range map[string]any{path: nil, kept: "customer-17"} {
		if got := s.asks(200, s.live, "GET", path, "")["external_ref"]; got != want {
			t.Errorf("%s is of %v, want %v", path, got, want)
		}
	}
	if log := s.stderr.String(); !strings.Contains(log, "integration=verifa-live sessions=1") {
		t.Errorf("the log does not say that one was erased again: %s", log)
	}
}

// TestCommandsOfTheReadme: they are those that the server prints, and lead from a session's creation to its erasure.
func TestCommandsOfTheReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```sh"+verifaSession+"```\n") {
		t.Error("the README does not have the commands that the server prints")
	}
	for _, program := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("BONAFIDE_REQUIRE_CURL") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	s := start(t, "-db", "memory:")
	_, commands, _ := strings.Cut(s.stdout.String(), "\n# V0. ")
	shell := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", "# "+commands)
	shell.Dir = "../.."
	out, err := shell.CombinedOutput()
	answers := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, want := range []string{
		" is captured at " + s.url + "/verify/tok_", `"consent_given":true`, `"document_type":"passport"`, `"document_type":"id_front"`,
		`"document_type":"selfie"`, `"status":"sandbox_pending"`, `"status":"completed"`, `"status":"approved"`, `"key":"destroyed"`,
	} {
		if i >= len(answers) || !strings.Contains(answers[i], want) || err != nil || len(answers) != 9 {
			t.Fatalf("%d answers, %v: %s; want in number %d %s", len(answers), err, out, i+1, want)
		}
	}
}
