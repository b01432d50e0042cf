package sqlkeeper

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Keeper keeps keys in an SQL database. It keeps none in memory, so that any number of Keepers, in any number
// of processes, may work on one database. It is safe for concurrent use. Printed, it shows nothing of what it
// holds.
type Keeper struct {
	db       *sql.DB
	dialect  Dialect
	queries  queries
	turn     chan struct{} // holds one token; nil: writers need not wait for each other
	rotating chan struct{} // holds a token while Rotate is at work

	mu      sync.RWMutex
	masters map[masterName]masterKey // those that were given
}

var _ session.Wrapper = (*Keeper)(nil)

// Make adds a row, and waits until it is durable. The ref has 25 bytes. A session for which Make was called
// twice has two keys, each with its ref.
func (k *Keeper) Make(ctx context.Context, id uuid.UUID) (session.Key, []byte, error) {
	if err := ctx.Err(); err != nil {
		return session.Key{}, nil, err
	}
	key, r := session.NewKey(), ref{}
	_, _ = rand.Read(r.name[:]) // never fails: crypto/rand ends the program instead
	add := func(ctx context.Context, c *sql.Conn) error {
		return k.write(ctx, c, func(ctx context.Context, c conn) error {
			// In the transaction, and shared: what a Rotate has replaced wraps nothing new.
			u, err := readInUse(ctx, c, k.queries.shared)
			if err != nil {
				return err
			}
			m, err := k.given(u.current)
			if err != nil {
				return err
			}
			w := m.wrap(row{session: id, name: r.name}, key)
			added := c.QueryRowContext(ctx, k.queries.add, id[:], w.name[:], w.master[:], w.nonce[:], w.wrapped[:])
			return added.Scan(&r.n)
		})
	}
	// A row whose commit was lost may be there, and is nobody's.
	err := anew(ctx, k.dialect, func() error { return k.alone(ctx, add) })
	if err != nil {
		return session.Key{}, nil, wrap(ctx, "making", err)
	}
	return key, r.bytes(), nil
}

// Open reads the session's row, and unwraps the key.
func (k *Keeper) Open(ctx context.Context, id uuid.UUID, ref []byte) (session.Key, error) {
	if err := ctx.Err(); err != nil {
		return session.Key{}, err
	}
	r, ok := parseRef(ref)
	if !ok {
		return session.Key{}, errRef
	}
	var found row
	err := anew(ctx, k.dialect, func() (err error) {
		_, found, err = scanRow(k.db.QueryRowContext(ctx, k.queries.find, r.n).Scan)
		return err
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return session.Key{}, errRef
	case err != nil:
		return session.Key{}, wrap(ctx, "opening", err)
	case found.session != id || subtle.ConstantTimeCompare(found.name[:], r.name[:]) == 0:
		return session.Key{}, errRef
	case found == found.tombstone():
		return session.Key{}, session.ErrErased
	}
	m, err := k.given(found.master)
	if err != nil {
		return session.Key{}, err
	}
	key, ok := m.unwrap(found)
	if !ok {
		return session.Key{}, wrap(ctx, "opening", errRow)
	}
	return key, nil
}

// Destroy overwrites the wrapped key in its row, and takes it out of the database's log where it can: for SQLite
// it waits until all of the write-ahead log is in the file and the log is empty. As long as a reader is in the
// way, for more than 10 seconds, that is an error, though Open answers [session.ErrErased] already; so call it
// again. For PostgreSQL it waits until the row is committed and synced, and what the row was before stays beyond
// its reach: see [Keeper.OnlyWraps]. Repeated, it does all of it again. An id or a ref that it does not know is
// an error that wraps [session.ErrKeeper], and no row is touched.
func (k *Keeper) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, ok := parseRef(ref)
	if !ok {
		return errRef
	}
	stone := row{}.tombstone()
	return wrap(ctx, "destroying", k.alone(ctx, func(ctx context.Context, c *sql.Conn) error {
		err := k.write(ctx, c, func(ctx context.Context, c conn) error {
			return change(ctx, c, k.queries.destroy,
				stone.master[:], stone.nonce[:], stone.wrapped[:], r.n, id[:], r.name[:])
		})
		if err != nil {
			return err
		}
		return k.scrub(ctx, c)
	}))
}

// OnlyWraps implements [session.Wrapper]: it reports whether a key that was destroyed may still lie somewhere,
// wrapped by the master key, where Destroy does not reach it. It is false on SQLite. On PostgreSQL, with its dead
// rows and its log, it is true, and receipts of redactions say that backups can be read until their own end.
func (k *Keeper) OnlyWraps() bool { return k.dialect.traces }

// errRef: no row has this id and this ref.
var errRef = fmt.Errorf("%w: the ref is not of this session, or its row is not there", session.ErrKeeper)

// change runs a statement that has to find its row.
func change(ctx context.Context, c conn, query string, args ...any) error {
	result, err := c.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return errRef
}

// wrap says what was tried. The end of the caller's ctx is told as it is.
func wrap(ctx context.Context, what string, err error) error {
	if err == nil || errors.Is(err, session.ErrKeeper) || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("%w: %s: %w", session.ErrKeeper, what, err)
}

// Format gives a fixed word for every verb, never a key: fmt would print the fields.
func (*Keeper) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[keeper]") }
