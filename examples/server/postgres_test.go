package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(postgrestest.Tests{M: m}) }

// password is one that the server of the tests takes as any other.
const password = "hush-hush-17"

// newPostgres is the address of an empty schema, with a password.
func newPostgres(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(postgrestest.Schema(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	return withPassword(u)
}

// withPassword is an address with a password, if it has none.
func withPassword(u *url.URL) string {
	if _, given := u.User.Password(); !given {
		u.User = url.UserPassword(u.User.Username(), password)
	}
	return u.String()
}

// TestTwoServersOnPostgres share sessions, media, keys, limits and deliveries.
func TestTwoServersOnPostgres(t *testing.T) {
	t.Parallel()
	flags := []string{"-db", newPostgres(t), "-data", t.TempDir()}
	share(t, func() []string { return flags })
}

// share has two servers be one, each of them started with the flags of its machine, and others.
func share(t *testing.T, machine func() []string) {
	t.Helper()
	h := receive(t, "/decisions", "/events")
	serve := func() *running {
		return start(t, append(machine(), "-create-per-minute", "3", "-allow-private-webhooks",
			"-webhook-decisions-url", h.url+"/decisions", "-webhook-events-url", h.url+"/events")...)
	}
	one, two := serve(), serve()
	if two.key != one.key || two.secret != one.secret || two.live != one.live || two.sandbox != one.sandbox {
		t.Fatal("the second server has other credentials")
	}
	id, _ := one.create("Approve")
	photo := imageOf(5000)
	status, answer := two.call("POST", "/v1/sessions/"+id+"/media", photo)
	var uploaded struct{ Image struct{ ID string } }
	if err := json.Unmarshal([]byte(answer), &uploaded); err != nil || status != 200 {
		t.Fatalf("upload to the other: %d %s", status, answer)
	}
	if status, got := one.call("GET", "/v1/media/"+uploaded.Image.ID, ""); status != 200 || len(got) != 5000 {
		t.Errorf("download from the first: %d and %d bytes, want 5000", status, len(got))
	}
	two.submit(id)
	h.wants(one, "/decisions", `"code":9001`)
	for _, s := range []*running{one, two} {
		s.until("GET", "/v1/sessions/"+id+"/decision", `"code":9001`)
		if status, body := s.call("GET", "/v1/sessions/"+id+"/person", ""); status != 200 || !strings.Contains(body, "Approve") {
			t.Errorf("the person: %d %s", status, body)
		}
	}
	other, _ := two.create("Decline")
	two.create("Wait")
	for _, s := range []*running{one, two} {
		if status, body := s.call("POST", "/v1/sessions", `{"verification":{}}`); status != 429 {
			t.Errorf("the fourth within a minute: %d %s, want 429", status, body)
		}
	}
	one.submit(other) // what comes of it comes after what would come of the first once more
	h.wants(one, "/decisions", `"code":9102`)
	if status, answer := two.call("DELETE", "/v1/sessions/"+id, ""); status != 200 {
		t.Errorf("delete: %d %s", status, answer)
	}
	if status, answer := one.call("GET", "/v1/sessions/"+id, ""); status != 404 {
		t.Errorf("then by the first: %d %s", status, answer)
	}
	for _, s := range []*running{one, two} {
		if code := s.stop(); code != 0 {
			t.Errorf("stopped with status %d: %s", code, s.stderr)
		}
		if out := s.stdout.String() + s.stderr.String(); strings.Contains(out, password) || !strings.Contains(out, "db=postgres://") {
			t.Errorf("the password is in what is printed, or the database is not: %s", out)
		}
	}
	if n := len(h.told["/decisions"]); n > 0 {
		t.Errorf("%d decisions were told more than once: %s", n, <-h.told["/decisions"])
	}
}

// TestServersStartAtOnceOnPostgres: on an empty schema and an empty folder they agree on everything, wherever keys are.
func TestServersStartAtOnceOnPostgres(t *testing.T) {
	t.Parallel()
	t.Run("keys in a file", func(t *testing.T) {
		t.Parallel()
		startAtOnce(t, "-db", newPostgres(t), "-data", filepath.Join(t.TempDir(), "made"))
	})
	t.Run("keys in a database", func(t *testing.T) {
		t.Parallel()
		startAtOnce(t, "-db", newPostgres(t), "-data", filepath.Join(t.TempDir(), "made"), "-keys", newDatabase(t))
	})
}

func startAtOnce(t *testing.T, flags ...string) {
	t.Helper()
	servers := make([]*server, 3)
	var starting sync.WaitGroup
	for i := range servers {
		starting.Go(func() {
			cfg, err := parseConfig(flags, func(string) string { return "" }, io.Discard)
			if err == nil {
				servers[i], err = build(t.Context(), cfg, slog.New(slog.DiscardHandler))
			}
			if err != nil {
				t.Errorf("server %d: %v", i, err)
			}
		})
	}
	starting.Wait()
	for _, s := range servers {
		if s == nil {
			return
		}
		t.Cleanup(s.close)
		if *s.own != *servers[0].own || string(s.engine.ReceiptKey()) != string(servers[0].engine.ReceiptKey()) {
			t.Errorf("the servers have other integrations, credentials or keys: %v and %v", s.own, servers[0].own)
		}
	}
}

// TestFolderOfPostgres: what of it is missing, or another's, is said in one sentence, and nothing is made in its place.
func TestFolderOfPostgres(t *testing.T) {
	t.Parallel()
	db, data, elsewhere := newPostgres(t), t.TempDir(), t.TempDir()
	one, two := filepath.Join(elsewhere, "one"), filepath.Join(elsewhere, "two")
	s := start(t, "-db", db, "-data", data, "-master-key", one)
	path, _ := s.captured(s.live)
	s.stop()
	refused := func(want string, flags ...string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a server that starts all the same must end
		defer cancel()
		status := run(ctx, append([]string{"-addr", "127.0.0.1:0", "-db", db}, flags...), func(string) string { return "" }, &stdout, &stderr)
		if said := stderr.String(); status != 2 || !strings.Contains(said, want) || strings.Count(said, "\n") != 1 ||
			stdout.Len() > 0 || strings.Contains(said, password) {
			t.Errorf("%q: status %d, %q; want 2 and one sentence about %s", flags, status, said, want)
		}
	}
	refused("postgres.master is missing", "-data", data)
	refused("postgres.keys is missing", "-data", t.TempDir())
	another := t.TempDir()
	start(t, "-db", newPostgres(t), "-data", another).stop()
	refused("are not those of the database", "-data", another)
	write(t, two, strings.Repeat("2", 32))
	refused("the master key is not theirs", "-data", data, "-master-key", two)

	s = start(t, "-db", db, "-data", data, "-master-key", two, "-previous-master-key", one)
	for t.Context().Err() == nil && !strings.Contains(s.stderr.String(), "the previous one opens nothing any more") {
		<-s.stderr.written
	}
	s.stop()
	refused("the master key is not theirs", "-data", data, "-master-key", one)
	s = start(t, "-db", db, "-data", data, "-master-key", two)
	if got := s.asks(200, s.live, "GET", path, "")["external_ref"]; got != "customer-17" {
		t.Errorf("after the change it is of %v, want customer-17", got)
	}
	res, err := http.Get(s.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); res.StatusCode != 200 || string(body) != `{"status":"ok"}` || err != nil {
		t.Errorf("/healthz: %d %s %v", res.StatusCode, body, err)
	}
}
