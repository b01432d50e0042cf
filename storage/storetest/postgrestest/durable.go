//go:build unix

package postgrestest

import (
	"context"
	"database/sql"
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
	end, err := s.cluster.start(keep, "synchronous_commit=on", "fsync=on", "max_connections=200", "jit=off", "deadlock_timeout=50ms")
	if err != nil {
		s.t.Fatal(err)
	}
	s.end = end
	if err := answers(s.URL()); err != nil {
		s.t.Fatalf("postgres does not answer: %v: %s", err, s.cluster.said())
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
	for _, child := range strings.Fields(string(children)) {
		if !gone(child) {
			s.t.Fatalf("process %s of the server outlives its SIGKILL", child)
		}
	}
	s.end()
	s.end = nil
}

// gone waits until a process that was killed has ended: until then it has the server's memory, with which no other can
// start. One that nobody has buried yet has no command line any more.
func gone(pid string) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 2000 {
		if line, err := os.ReadFile("/proc/" + pid + "/cmdline"); err != nil || len(line) == 0 {
			return true
		}
		<-tick.C
	}
	return false
}

// answers waits until a server does.
func answers(url string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return ping(ctx, db)
}
