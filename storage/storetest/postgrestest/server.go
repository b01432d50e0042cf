//go:build unix

// Package postgrestest gives tests a PostgreSQL server: the one that BONAFIDE_TEST_POSTGRES names, or else one that is
// started from the machine's own binaries and ends with the process. The test imports the driver, which has to be
// registered under the name pgx, as github.com/jackc/pgx/v5/stdlib is.
package postgrestest

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The environment says where a server is, and whether there must be one.
const (
	EnvServer  = "BONAFIDE_TEST_POSTGRES"    // a URL, of who may create databases
	EnvRequire = "BONAFIDE_REQUIRE_POSTGRES" // 1: a test that finds no server fails
)

// server is a running one.
type server struct {
	url   string  // of its first database
	admin *sql.DB // of whoever makes schemas in it
	ours  bool    // it ends with the process, and all that is in it
	stop  func()
}

var (
	one     = sync.OnceValues(start)
	started atomic.Pointer[server]
)

// URL is that of the server's first database. Where there is none, the test is skipped, or fails if the environment
// says that there must be one, or names one.
func URL(t testing.TB) string {
	t.Helper()
	return running(t).url
}

func running(t testing.TB) *server {
	t.Helper()
	s, err := one()
	if err != nil {
		if os.Getenv(EnvServer) != "" {
			t.Fatalf("the PostgreSQL that %s names does not answer: %v", EnvServer, err)
		}
		if os.Getenv(EnvRequire) == "1" {
			t.Fatalf("there is no PostgreSQL: %v", err)
		}
		t.Skipf("SKIPPED: there is no PostgreSQL: %v; install it, or say in %s where it is", err, EnvServer)
	}
	return s
}

// Stop ends the server, if one was started, and the connections to it. It is for TestMain.
func Stop() {
	if s := started.Load(); s != nil {
		if s.admin != nil {
			_ = s.admin.Close()
		}
		s.stop()
	}
}

// Tests are those of a package, which leave nothing running: where M is a [testing.M], the whole of TestMain is
//
//	goleak.VerifyTestMain(postgrestest.Tests{M: m}) // go.uber.org/goleak
type Tests struct{ M interface{ Run() int } }

// Run runs them, and then calls [Stop].
func (t Tests) Run() int {
	defer Stop()
	return t.M.Run()
}

var schemas atomic.Int64

// Schema makes a new schema that goes with the test or with the server, runs statements in it, as many as there are in
// the text, and gives the URL of who works in it.
func Schema(t testing.TB, statements string) string {
	t.Helper()
	s := running(t)
	name := fmt.Sprintf("bonafide_%d_%d", os.Getpid(), schemas.Add(1))
	s.run(t, "CREATE SCHEMA "+name+"; SET search_path = "+name+"; "+statements)
	if !s.ours {
		t.Cleanup(func() { s.run(t, "DROP SCHEMA "+name+" CASCADE") })
	}
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// run runs statements as the one who makes schemas. They may set the search path: all that run here do.
func (s *server) run(t testing.TB, statements string) {
	t.Helper()
	if _, err := s.admin.ExecContext(context.Background(), statements); err != nil {
		t.Fatalf("%.100s: %v", statements, err)
	}
}

// start finds a server, or starts one.
func start() (*server, error) {
	if at := os.Getenv(EnvServer); at != "" {
		s := &server{url: at, stop: func() {}}
		started.Store(s)
		return s, s.await()
	}
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bonafide-postgres")
	if err != nil {
		return nil, err
	}
	s, err := run(bin, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	started.Store(s)
	return s, nil
}

// binaries is the folder with the newest PostgreSQL of the machine.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return "", errors.New("no postgres in the PATH nor under /usr/lib/postgresql")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// run makes a cluster in dir and starts it, as a user that is not root, which PostgreSQL refuses to be.
func run(bin, dir string) (*server, error) {
	c, err := create(bin, dir)
	if err != nil {
		return nil, err
	}
	end, err := c.start(keep+`; rm -rf "$PWD"`, settings()...)
	if err != nil {
		return nil, err
	}
	s := &server{url: c.url(), ours: true, stop: func() { end(); _ = os.RemoveAll(dir) }}
	if err := s.await(); err != nil {
		s.stop()
		return nil, fmt.Errorf("postgres does not answer: %w: %s", err, c.said())
	}
	return s, nil
}

// cluster is a folder that a server can be started in.
type cluster struct {
	bin, dir string
	as       *syscall.SysProcAttr
}

// create makes a cluster in dir.
func create(bin, dir string) (*cluster, error) {
	as, err := nobody(dir)
	if err != nil {
		return nil, err
	}
	c := &cluster{bin, dir, as}
	init := exec.Command(filepath.Join(bin, "initdb"), "--pgdata="+c.data(), "--username=bonafide", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
	init.Dir, init.SysProcAttr = dir, as
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return c, nil
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) url() string {
	at := url.Values{"host": {c.dir}, "sslmode": {"disable"}}
	return "postgres://bonafide@/postgres?" + at.Encode()
}

// said is what the server wrote to its log.
func (c *cluster) said() []byte {
	text, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	return text
}

// start runs a script that starts the server, which nobody else can reach. What it gives ends the script's input, and
// waits for its end.
func (c *cluster) start(script string, settings ...string) (end func(), err error) {
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	args := []string{"-c", script, filepath.Join(c.bin, "postgres"), "-D", c.data(), "-k", c.dir, "-h", ""}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	sh := exec.Command("sh", args...)
	sh.Dir, sh.SysProcAttr, sh.Stdout, sh.Stderr = c.dir, c.as, log, log
	alive, err := sh.StdinPipe()
	if err == nil {
		err = sh.Start()
	}
	if err != nil {
		return nil, err
	}
	return func() { _, _ = alive.Close(), sh.Wait() }, nil
}

// keep runs a server until the process that started it closes the pipe between them, or ends, however it does.
const keep = `"$0" "$@" & read -r _; kill -QUIT $!; wait $!`

// settings are those of a server that may lose all, and that finds out soon who waits for whom.
func settings() []string {
	return []string{
		"fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0",
		"max_connections=400", "autovacuum=off", "jit=off", "deadlock_timeout=50ms",
	}
}

// nobody is how a process is started as somebody else than root, who gets the folder; as who one is, unless that is
// root. What ends its parent by a signal to a group spares it, so that it can clean up.
func nobody(dir string) (*syscall.SysProcAttr, error) {
	as := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return as, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return as, os.Chown(dir, uid, gid)
	}
	return nil, errors.New("root may not run PostgreSQL, and there is no user postgres or nobody")
}

// await waits until the server answers.
func (s *server) await() (err error) {
	if s.admin, err = sql.Open("pgx", s.url); err != nil {
		return err
	}
	s.admin.SetMaxIdleConns(8)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return ping(ctx, s.admin)
}

// ping asks until there is an answer, a refusal of who asks, or ctx ends; it answers what was said last.
func ping(ctx context.Context, db *sql.DB) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		err := db.PingContext(ctx)
		if err == nil || refused(err) {
			return err
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return cmp.Or(last, err)
		case <-tick.C:
		}
	}
}

// refused reports whether a server answered that it does not know the user, the password or the database.
func refused(err error) bool {
	var coded interface{ SQLState() string }
	return errors.As(err, &coded) && (strings.HasPrefix(coded.SQLState(), "28") || coded.SQLState() == "3D000")
}
