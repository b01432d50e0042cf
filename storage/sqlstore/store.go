package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// bound is how long a transaction may take, and how long one waits for its turn.
const bound = 10 * time.Second

// Store is a [session.Store] in an SQL database. It keeps nothing in memory but copies of permit logs, each of which it
// compares with the log before it counts on it, so that any number of Stores, in any number of processes, may work
// on one database. It is safe for concurrent use.
type Store struct {
	db      *sql.DB // nil within a host's transaction
	tx      Conn    // the host's transaction, or nil
	dialect Dialect
	queries queries
	turn    chan struct{} // holds one token; nil: writers need not wait for each other
	sets    bool          // many rows are written by one statement
	logs    *logCache     // of who leads the changes; nil for all others

	changes *group[queued]           // nil within a host's transaction
	settled *group[session.Delivery] // nil within a host's transaction
}

var _ session.Backlogged = (*Store)(nil)

// Conn is what a host's transaction can do: *sql.Tx, *sql.Conn with a transaction that was begun on it,
// and their likes of jmoiron/sqlx.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// New makes a Store on a database that [Migrate] has prepared; otherwise it answers [ErrNotMigrated] or
// [ErrNewerSchema]. The database stays the host's: it opens it, sizes its pool and closes it. The Store
// takes one connection for each call and gives it back, so a pool of one is enough.
func New(db *sql.DB, d Dialect) (*Store, error) {
	if d.engine.Name == "" {
		return nil, errDialect
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if err := checkSchema(ctx, db, d); err != nil {
		return nil, err
	}
	sets, err := takesArrays(ctx, db, d)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: look for arrays: %w", err)
	}
	s := &Store{db: db, dialect: d, queries: newQueries(d), sets: sets}
	if d.engine.OneWriter {
		s.turn = make(chan struct{}, 1)
	}
	led := *s // as it writes for several callers
	led.dialect.write = d.share
	if sets {
		led.logs = newLogCache()
	}
	s.changes = newGroup(led.applyTogether)
	s.settled = newGroup(led.settleTogether)
	return s, nil
}

// Tx is the same Store within a transaction of the host, which alone commits or rolls back. What Apply
// answers there holds if the host commits. A refused change leaves no trace in the transaction and does
// not spoil it: Apply, Sweep and [Keyring.Add] use a savepoint called bonafide. After any other error the
// host must roll back; if the error wraps [session.ErrRetry], it may then run its transaction again from the
// beginning. A Store that Tx gave must not be used after the transaction, nor by two goroutines at once.
//
// On SQLite the transaction should take the write lock when it begins, as it does by "_txlock=immediate"
// of [SQLiteDSN]: one that read before somebody else wrote can not write any more, and ends in ErrRetry
// at once, whatever the busy timeout. While it is open every other writer waits; with a pool of one
// connection so does every reader, and a call on the original Store within the transaction waits for
// itself, until its ctx ends or 10 seconds have passed.
func (s *Store) Tx(tx Conn) *Store {
	return &Store{tx: tx, dialect: s.dialect, queries: s.queries, sets: s.sets}
}
