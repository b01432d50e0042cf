package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

var databases atomic.Int64

// newDatabase is the address, with a password, of an empty database: a schema would not do for keys.
func newDatabase(t *testing.T) string {
	t.Helper()
	at, name := postgrestest.URL(t), fmt.Sprintf("bonafide_server_%d_%d", os.Getpid(), databases.Add(1))
	ask(t, at, "CREATE DATABASE "+name)
	t.Cleanup(func() { ask(t, at, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return withPassword(u)
}

// ask runs a statement, and gives the number that it answers, if it does.
func ask(t *testing.T, at, statement string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(context.WithoutCancel(t.Context()), statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	for rows.Next() {
		err = rows.Scan(&n)
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return n
}

// tables counts those of a database.
func tables(t *testing.T, at string) int {
	t.Helper()
	return ask(t, at, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
}

// refused wants a start to end with one sentence, without the password.
func refused(t *testing.T, want string, flags ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a server that starts all the same must end
	defer cancel()
	status := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, flags...), func(string) string { return "" }, &stdout, &stderr)
	if said := stderr.String(); status != 2 || !strings.Contains(said, want) || strings.Count(said, "\n") != 1 ||
		stdout.Len() > 0 || strings.Contains(said, password) {
		t.Errorf("%q: status %d, %q; want 2 and one sentence about %s", flags, status, said, want)
	}
}

// copied puts a copy of a file into a folder of its own.
func copied(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(t.TempDir(), filepath.Base(path)), string(content))
}

var credentialFlags = []string{
	"-api-key", acmeKey, "-shared-secret", "of acme", "-live-key", liveKey, "-sandbox-key", "vk_sandbox_aaaaaaaaaaaaaaaa",
}

// TestTwoMachines are one: each has a folder of its own, with nothing in it that the other would need.
func TestTwoMachines(t *testing.T) {
	address, _ := fakeS3(t)
	withoutAWS(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "example")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hush")
	master := filepath.Join(t.TempDir(), "master")
	shared := append([]string{
		"-db", newPostgres(t), "-keys", newDatabase(t), "-blobs", "s3://example-media/production?endpoint=" + address,
	}, credentialFlags...)
	var folders []string
	share(t, func() []string {
		folder, file := t.TempDir(), master
		if folders = append(folders, folder); len(folders) > 1 {
			file = copied(t, master)
		}
		return append([]string{"-data", folder, "-master-key", file}, shared...)
	})
	for _, folder := range folders {
		if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
			t.Errorf("%s holds %v, %v, and should hold nothing", folder, entries, err)
		}
	}
}

// TestKeysThatAreNotTheirs: what is missing, or another's, is said in one sentence, nothing is made in its place, and the
// right ones open the database as before.
func TestKeysThatAreNotTheirs(t *testing.T) {
	t.Parallel()
	for kind, db := range map[string]string{"SQLite": "sqlite:" + filepath.Join(t.TempDir(), "bonafide.db"), "PostgreSQL": newPostgres(t)} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			data, keys, master := t.TempDir(), newDatabase(t), filepath.Join(t.TempDir(), "master")
			right := []string{"-db", db, "-data", data, "-keys", keys, "-master-key", master}
			s := start(t, right...)
			path, _ := s.captured(s.live)
			s.stop()
			with := func(flags ...string) []string { return append(append([]string(nil), right...), flags...) }

			file, empty := filepath.Join(t.TempDir(), "keys"), newDatabase(t)
			refused(t, "keys is missing, without which nothing", with("-keys", file)...)
			refused(t, " has no keys, without which nothing", with("-keys", empty)...)
			if exists(file) || tables(t, empty) != 0 {
				t.Error("keys were made in place of those that are missing")
			}
			none := filepath.Join(t.TempDir(), "none")
			refused(t, "put a copy of theirs there", with("-master-key", none)...)
			refused(t, "put a copy of theirs there", with("-master-key", none, "-previous-master-key", master)...)
			if exists(none) {
				t.Error("a master key was made that no other server has")
			}
			another := write(t, filepath.Join(t.TempDir(), "another"), strings.Repeat("2", 32))
			refused(t, "the master key is not theirs", with("-master-key", another)...)
			elsewhere := []string{"-data", t.TempDir(), "-db", newPostgres(t), "-keys", empty, "-master-key", another}
			start(t, elsewhere...).stop()
			refused(t, "are not those of the database", with("-keys", empty, "-master-key", another)...)

			s = start(t, right...)
			s.reads17([]string{path})
			if out := s.stdout.String() + s.stderr.String(); strings.Contains(out, password) || !strings.Contains(out, "keys=postgres://") {
				t.Errorf("the password is in what is printed, or where the keys are is not: %s", out)
			}
		})
	}
}

// TestKeysInAFile: a database whose keys were in a file is refused with a database's, and opens with the file's.
func TestKeysInAFile(t *testing.T) {
	t.Parallel()
	for kind, db := range map[string]string{"SQLite": "sqlite:" + filepath.Join(t.TempDir(), "bonafide.db"), "PostgreSQL": newPostgres(t)} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			data, file, empty := t.TempDir(), filepath.Join(t.TempDir(), "keys"), newDatabase(t)
			s := start(t, "-db", db, "-data", data, "-keys", file)
			path, _ := s.captured(s.live)
			s.stop()
			if found, err := filepath.Glob(filepath.Join(data, "*.keys")); err != nil || len(found) > 0 || !exists(file) {
				t.Errorf("in the folder there are %v, %v, want no keys but those of the flag", found, err)
			}
			refused(t, ".keys is missing", "-db", db, "-data", data)
			refused(t, " has no keys", "-db", db, "-data", data, "-keys", empty)
			if tables(t, empty) != 0 {
				t.Error("keys were made in place of those in the file")
			}
			s = start(t, "-db", db, "-data", data, "-keys", file)
			s.reads17([]string{path})
		})
	}
}

// TestKeysBesideSessions are refused at the first start already, by whatever address, and the next one has what it needs.
func TestKeysBesideSessions(t *testing.T) {
	t.Parallel()
	db, data := newDatabase(t), t.TempDir()
	u, err := url.Parse(db)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	if host := query.Get("host"); host != "" {
		query.Set("host", host+"/.") // a folder with a socket
	}
	u.RawQuery, u.Host = query.Encode(), strings.ToUpper(u.Host)
	refused(t, ": name another, which no backup of", "-db", db, "-data", data, "-keys", u.String())
	if n := ask(t, db, "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'bonafide_keys%'"); n != 0 {
		t.Errorf("the database of the sessions has %d tables of keys", n)
	}
	keys := newDatabase(t)
	start(t, "-db", db, "-data", data, "-keys", keys).stop()
	refused(t, "is a database of sessions: name another", "-data", t.TempDir(), "-db", newPostgres(t), "-keys", db)
	refused(t, "is a database of sessions: name another", "-data", t.TempDir(), "-keys", db)
	// The other way round the keys' database is left as it is, and serves the right configuration again.
	refused(t, "it is a database of keys", "-db", keys, "-data", t.TempDir(), "-keys", db)
	refused(t, "it is a database of keys", "-db", keys, "-data", t.TempDir())
	if n := ask(t, keys, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'bonafide_keys%'"); n != 0 {
		t.Errorf("the database of the keys has %d other tables", n)
	}
	start(t, "-db", db, "-data", data, "-keys", keys)
}

// TestMasterKeyOfTwoMachines is changed as -h says, one server after the other, and none of them is without it in between.
func TestMasterKeyOfTwoMachines(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	present, next := filepath.Join(folder, "present"), write(t, filepath.Join(folder, "next"), strings.Repeat("n", 32))
	shared := append([]string{"-db", newPostgres(t), "-keys", newDatabase(t), "-blobs", filepath.Join(folder, "media")}, credentialFlags...)
	serve := func(flags ...string) *running {
		return start(t, append(append(flags, "-data", t.TempDir()), shared...)...)
	}
	first := serve("-master-key", present)
	var paths []string
	works := func(servers ...*running) {
		t.Helper()
		for _, s := range servers {
			path, _ := s.captured(s.live)
			paths = append(paths, path)
		}
		for _, s := range servers {
			s.reads17(paths)
		}
	}
	works(first)
	says := func(s *running, text string) {
		t.Helper()
		for t.Context().Err() == nil && !strings.Contains(s.stderr.String(), text) {
			<-s.stderr.written
		}
	}
	one, two := serve("-master-key", present, "-next-master-key", next), serve("-master-key", copied(t, present), "-next-master-key", next)
	first.stop()
	works(one, two)
	one.stop()
	one = serve("-master-key", next, "-previous-master-key", present)
	says(one, "the previous one opens nothing any more")
	works(one, two)
	two.stop() // and is started once more as before, which must change nothing back
	two = serve("-master-key", copied(t, present), "-next-master-key", next)
	works(one, two)
	one.stop()
	one = serve("-master-key", next, "-previous-master-key", present)
	says(one, "-previous-master-key is not needed any more")
	works(one, two)
	two.stop()
	two = serve("-master-key", copied(t, next))
	works(one, two)
	refused(t, "the master key is not theirs", append([]string{"-master-key", present, "-data", t.TempDir()}, shared...)...)
}

// TestMasterKeyIsNotMadeOnReload where other machines would have to have it.
func TestMasterKeyIsNotMadeOnReload(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s, web := built(t, "-data", data, "-keys", newDatabase(t))
	path, _ := web.captured(web.live)
	none := filepath.Join(data, "none")
	if err := s.changeMaster(t.Context(), none, slog.New(slog.DiscardHandler)); err == nil || exists(none) {
		t.Errorf("a master key that is not there: got %v, made: %v", err, exists(none))
	}
	web.reads17([]string{path})
	write(t, none, strings.Repeat("n", 32))
	if err := s.changeMaster(t.Context(), none, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	web.reads17([]string{path})
	web.tells(web.live, 1)
}

// TestKeysGoAway: while their server is down the health check says so; who creates a session waits, and nothing is lost when
// it is back.
func TestKeysGoAway(t *testing.T) {
	t.Parallel()
	server := postgrestest.New(t)
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, "-db", newPostgres(t), "-data", t.TempDir(), "-keys", withPassword(u))
	path, _ := s.captured(s.live)
	health := func(want int) {
		t.Helper()
		res, err := http.Get(s.url + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if res.StatusCode != want || errors.Join(err, res.Body.Close()) != nil {
			t.Errorf("/healthz: %d %s %v, want %d", res.StatusCode, body, err, want)
		}
	}
	health(200)
	server.Kill()
	health(503)
	created := make(chan int, 1)
	go func() {
		status, _ := s.call("POST", "/v1/sessions", `{"verification":{"person":{"firstName":"Jane"}}}`)
		created <- status
	}()
	server.Start()
	health(200)
	if status := <-created; status != 201 {
		t.Errorf("a creation that waited for the keys: %d, want 201", status)
	}
	s.reads17([]string{path})
	s.captured(s.live)
	s.stop()
	if out := s.stdout.String() + s.stderr.String(); strings.Contains(out, password) {
		t.Errorf("the password is in what is printed: %s", out)
	}
}
