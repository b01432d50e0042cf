// Package sqlspy is a database driver that stands before another: it records the statements that are run, and lets a
// test fail them. It is for tests alone.
package sqlspy

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"
	"time"
)

// Spy is a driver before another. It sees the statements that are run on a connection by [sql.Conn.ExecContext] and
// [sql.Conn.QueryContext] and their kin; not those that are prepared, nor what BeginTx runs. Many goroutines may use it.
type Spy struct {
	// Name is that of the driver, for [sql.Open].
	Name string

	driver driver.Driver
	skips  func(query string) bool

	mu     sync.Mutex
	seen   []Statement
	before func(query string) error // nil: nothing
	after  func(query string) error
}

// Statement is one that was run, or was to be.
type Statement struct {
	Query string
	Args  []driver.NamedValue
	Ends  time.Time // when its ctx ends; zero: it does not
}

// New registers a spy before a driver whose connections run statements themselves, under a name of its own.
func New(d driver.Driver) *Spy {
	s := &Spy{driver: d}
	s.Name = fmt.Sprintf("spy %p", s) // it stays registered, and so nothing else will ever be there
	sql.Register(s.Name, s)
	return s
}

// NewSkipping is [New] of a spy that answers the statements for which skips reports true, without running them, as ones
// that changed nothing.
func NewSkipping(d driver.Driver, skips func(query string) bool) *Spy {
	s := New(d)
	s.skips = skips
	return s
}

// On sets what happens around statements from now on: before each, and after each that succeeds and gives no rows. An
// error is the statement's. Either may be nil.
func (s *Spy) On(before, after func(query string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.after = before, after
}

// Taken gives what was recorded since the last call.
func (s *Spy) Taken() []Statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// Open implements [driver.Driver].
func (s *Spy) Open(dsn string) (driver.Conn, error) {
	c, err := s.driver.Open(dsn)
	if err != nil {
		return nil, err
	}
	whole, ok := c.(capable)
	if !ok {
		_ = c.Close()
		return nil, fmt.Errorf("sqlspy: a %T can not do what a spy passes on", c)
	}
	return &conn{whole, s}, nil
}

func (s *Spy) record(ctx context.Context, query string, args []driver.NamedValue) error {
	ends, _ := ctx.Deadline()
	s.mu.Lock()
	s.seen = append(s.seen, Statement{query, args, ends})
	hook := s.before
	s.mu.Unlock()
	return call(hook, query)
}

func (s *Spy) done(query string) error {
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

// capable is what a connection has to do, so that database/sql treats it behind the spy as it does without.
type capable interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
}

type conn struct {
	capable
	spy *Spy
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.spy.record(ctx, query, args); err != nil {
		return nil, err
	}
	if c.spy.skips != nil && c.spy.skips(query) {
		return driver.RowsAffected(0), nil
	}
	result, err := c.capable.ExecContext(ctx, query, args)
	if err == nil {
		err = c.spy.done(query)
	}
	return result, err
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.spy.record(ctx, query, args); err != nil {
		return nil, err
	}
	return c.capable.QueryContext(ctx, query, args)
}

// CheckNamedValue implements [driver.NamedValueChecker] as the connection does; one that does not leaves it to
// database/sql.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.capable.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// IsValid implements [driver.Validator] as the connection does.
func (c *conn) IsValid() bool {
	v, ok := c.capable.(driver.Validator)
	return !ok || v.IsValid()
}

// ResetSession implements [driver.SessionResetter] as the connection does.
func (c *conn) ResetSession(ctx context.Context) error {
	if r, ok := c.capable.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}
