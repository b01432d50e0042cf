//go:build unix

package postgrestest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a PostgreSQL server of one test's own, which syncs what it commits, as one in production does, and can be
// killed. It is started from the machine's own binaries whatever the environment says, and ends with the test.
type Server struct {
	t       testing.TB
	cluster *cluster
	end     func() // of what started it last
}

// New starts a server. Where there are no binaries, the test is skipped, or fails if the environment says that there
// must be a server.
func New(t testing.TB) *Server {
	t.Helper()
	bin, err := binaries()
	if err != nil && os.Getenv(EnvRequire) == "1" {
		t.Fatalf("there is no PostgreSQL to be killed: %v", err)
	}
	if err != nil {
		t.Skipf("SKIPPED: there is no PostgreSQL to be killed: %v", err)
	}
	dir, err := os.MkdirTemp("", "bonafide-postgres") // the path of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t}
	t.Cleanup(func() {
		if s.end != nil {
			s.end()
		}
		_ = os.RemoveAll(dir)
	})
	if s.cluster, err = create(bin, dir); err != nil {
		t.Fatal(err)
	}
	s.Start()
	return s
}

// URL is that of the server's first database. It stays the same.
func (s *Server) URL() string { return s.cluster.url() }

// Start starts the server after Kill, and returns when it has recovered and answers.
func (s *Server) Start() {
	s.t.Helper()
	err := errOld
	for try := 0; errors.Is(err, errOld) && try < 100; try++ {
		err = s.start()
	}
	if err != nil {
		s.t.Fatalf("postgres does not answer: %v: %.2000s", err, s.cluster.said())
	}
}

// errOld: a process that was killed has the server's memory yet, with which no other can start.
var errOld = errors.New("a process of the server that was before is there yet")

func (s *Server) start() (err error) {
	before := len(s.cluster.said())
	s.end, err = s.cluster.start(keep, "synchronous_commit=on", "fsync=on", "max_connections=200", "jit=off", "deadlock_timeout=50ms")
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", s.URL())
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		brief, done := context.WithTimeout(ctx, 200*time.Millisecond)
		err = ping(brief, db)
		done()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if bytes.Contains(s.cluster.said()[before:], []byte("is still in use")) {
			s.end()
			return errOld
		}
	}
}

// Kill ends all processes of the server by SIGKILL, at once, and returns when they have ended.
func (s *Server) Kill() {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.cluster.data(), "postmaster.pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	leader, err := strconv.Atoi(first)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Kill(leader, syscall.SIGSTOP); err != nil { // so that no more are born
		s.t.Fatal(err)
	}
	// Where the system does not say who they are, the others end by themselves, as soon as they see that it has.
	children, _ := os.ReadFile("/proc/" + first + "/task/" + first + "/children")
	for _, child := range strings.Fields(string(children)) {
		if pid, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if err := syscall.Kill(leader, syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
	s.end()
	s.end = nil
}
