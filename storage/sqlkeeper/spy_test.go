package sqlkeeper_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// spy is a driver between the keeper and SQLite: it records statements, and lets a test fail them.
type spy struct {
	name     string
	unsynced bool // the disk is never waited for

	mu     sync.Mutex
	seen   []string
	before func(query string) error // nil: nothing
	after  func(query string) error
}

var spies atomic.Int64

// newSpy registers the driver under a name of its own.
func newSpy(t testing.TB) *spy {
	t.Helper()
	s := &spy{name: fmt.Sprintf("spy%d", spies.Add(1))}
	sql.Register(s.name, s)
	return s
}

func (s *spy) Open(dsn string) (driver.Conn, error) {
	conn, err := (&sqlite3.SQLiteDriver{}).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &spyConn{conn.(*sqlite3.SQLiteConn), s}, nil
}

// on sets what happens around statements from now on; either may be nil.
func (s *spy) on(before, after func(query string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.after = before, after
}

// taken gives what was recorded since the last call.
func (s *spy) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

func (s *spy) record(query string) error {
	s.mu.Lock()
	s.seen = append(s.seen, query)
	hook := s.before
	s.mu.Unlock()
	return call(hook, query)
}

func (s *spy) done(query string) error {
	s.mu.Lock()
	hook := s.after
	s.mu.Unlock()
	return call(hook, query)
}

func call(hook func(string) error, query string) error {
	if hook == nil {
		return nil
	}
	return hook(query)
}

type spyConn struct {
	*sqlite3.SQLiteConn
	spy *spy
}

func (c *spyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.spy.record(query); err != nil {
		return nil, err
	}
	if c.spy.unsynced && strings.HasPrefix(query, "PRAGMA synchronous") {
		return driver.RowsAffected(0), nil
	}
	result, err := c.SQLiteConn.ExecContext(ctx, query, args)
	if err == nil {
		err = c.spy.done(query)
	}
	return result, err
}

func (c *spyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.spy.record(query); err != nil {
		return nil, err
	}
	return c.SQLiteConn.QueryContext(ctx, query, args)
}
