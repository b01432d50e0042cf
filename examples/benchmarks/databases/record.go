package databases

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"slices"
	"sync"

	"github.com/mattn/go-sqlite3"
)

// Statement is one that was run, with what it was given.
type Statement struct {
	Text  string
	Args  []any
	Query bool // it answers rows
}

// Recorder writes down what is run on a database. It is safe for concurrent use.
type Recorder struct {
	mu  sync.Mutex
	all []Statement
}

// Take gives what was run since the last Take.
func (r *Recorder) Take() []Statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.all
	r.all = nil
	return out
}

func (r *Recorder) note(text string, args []driver.NamedValue, query bool) {
	s := Statement{Text: text, Query: query}
	for _, a := range args {
		v := a.Value
		if b, ok := v.([]byte); ok {
			v = slices.Clone(b)
		}
		s.Args = append(s.Args, v)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, s)
}

// Recorded opens a file of SQLite, and has written down what is run on it.
func Recorded(dsn string) (*sql.DB, *Recorder) {
	r := new(Recorder)
	return sql.OpenDB(recording{dsn, r}), r
}

// recording makes connections that write down what is run.
type recording struct {
	dsn string
	*Recorder
}

// Driver implements [driver.Connector].
func (c recording) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

// Connect implements [driver.Connector].
func (c recording) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return recordedConn{conn.(*sqlite3.SQLiteConn), c.Recorder}, nil
}

type recordedConn struct {
	*sqlite3.SQLiteConn
	to *Recorder
}

// ExecContext implements [driver.ExecerContext].
func (c recordedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.to.note(text, args, false)
	return c.SQLiteConn.ExecContext(ctx, text, args)
}

// QueryContext implements [driver.QueryerContext].
func (c recordedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.to.note(text, args, true)
	return c.SQLiteConn.QueryContext(ctx, text, args)
}

// PrepareContext implements [driver.ConnPrepareContext].
func (c recordedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	stmt, err := c.SQLiteConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return recordedStmt{stmt.(*sqlite3.SQLiteStmt), text, c.to}, nil
}

// BeginTx implements [driver.ConnBeginTx].
func (c recordedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.SQLiteConn.BeginTx(ctx, opts)
	c.to.note("BEGIN IMMEDIATE", nil, false)
	return recordedTx{tx, c.to}, err
}

type recordedTx struct {
	driver.Tx
	to *Recorder
}

// Commit implements [driver.Tx].
func (t recordedTx) Commit() error {
	t.to.note("COMMIT", nil, false)
	return t.Tx.Commit()
}

type recordedStmt struct {
	*sqlite3.SQLiteStmt
	text string
	to   *Recorder
}

// ExecContext implements [driver.StmtExecContext].
func (s recordedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.to.note(s.text, args, false)
	return s.SQLiteStmt.ExecContext(ctx, args)
}

// QueryContext implements [driver.StmtQueryContext].
func (s recordedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.to.note(s.text, args, true)
	return s.SQLiteStmt.QueryContext(ctx, args)
}
