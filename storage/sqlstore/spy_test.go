package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// statement is one that the store ran.
type statement struct {
	query string
	args  []driver.NamedValue
}

// spy is a driver between the store and SQLite: it records statements, and lets a test fail them.
type spy struct {
	name string

	mu     sync.Mutex
	seen   []statement
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
func (s *spy) taken() []statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

func (s *spy) record(query string, args []driver.NamedValue) error {
	s.mu.Lock()
	s.seen = append(s.seen, statement{query, args})
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
	if err := c.spy.record(query, args); err != nil {
		return nil, err
	}
	result, err := c.SQLiteConn.ExecContext(ctx, query, args)
	if err == nil {
		err = c.spy.done(query)
	}
	return result, err
}

func (c *spyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.spy.record(query, args); err != nil {
		return nil, err
	}
	return c.SQLiteConn.QueryContext(ctx, query, args)
}
