package sqlkeeper

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/bonafide-idv/bonafide/session"
)

// What is wrong with a database.
var (
	errRecord  = fmt.Errorf("%w: the database has keys, and no record of their master key", session.ErrKeeper)
	errJournal = errors.New("sqlkeeper: the journal mode keeps what is overwritten")
)

// New makes a Keeper on a database that [Migrate] has prepared; otherwise it answers [ErrNotMigrated] or
// [ErrNewerSchema], and [ErrStore] for the database of the sessions. The database stays the host's: it opens
// it, sizes its pool and closes it. The Keeper takes one connection for each call and gives it back, so a pool
// of one is enough. A database of SQLite has to be in WAL mode, as [SQLiteDSN] opens it.
//
// Master is the database's master key, and the one that a new database gets. Previous are those that it may
// still be under, because [Keeper.Rotate] did not replace them yet; New alone replaces none. When it is under
// none of these, that is an error that wraps [session.ErrKeeper]. Where a Rotate is under way, or was
// interrupted, both of its master keys are needed, whatever the order.
func New(db *sql.DB, d Dialect, master session.Key, previous ...session.Key) (*Keeper, error) {
	if d.engine.Name == "" {
		return nil, errDialect
	}
	k := &Keeper{
		db: db, dialect: d, queries: newQueries(d), rotating: make(chan struct{}, 1),
		masters: map[masterName]masterKey{},
	}
	if d.engine.OneWriter {
		k.turn = make(chan struct{}, 1)
	}
	first, err := k.take(master)
	for _, key := range previous {
		if err == nil {
			_, err = k.take(key)
		}
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if err := k.check(ctx); err != nil {
		return nil, err
	}
	if err := k.start(ctx, first); err != nil {
		return nil, err
	}
	return k, nil
}

// check looks whether this is a database to keep keys in.
func (k *Keeper) check(ctx context.Context) error {
	if err := checkApart(ctx, k.db, k.dialect); err != nil {
		return err
	}
	if err := checkSchema(ctx, k.db, k.dialect); err != nil {
		return err
	}
	if k.dialect.journal == "" {
		return nil
	}
	var mode string
	if err := ask(ctx, k.db, k.dialect, &mode, k.dialect.journal); err != nil {
		return fmt.Errorf("sqlkeeper: read the journal mode: %w", err)
	}
	if !strings.EqualFold(mode, k.dialect.logged) {
		return fmt.Errorf("%w: it is %s, and should be %s: open the database as sqlkeeper.SQLiteDSN says",
			errJournal, mode, k.dialect.logged)
	}
	return nil
}

// start looks whether the database's master keys are given, and gives a new database its first.
func (k *Keeper) start(ctx context.Context, first masterKey) error {
	u, err := k.inUse(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		err = k.alone(ctx, func(ctx context.Context, c *sql.Conn) error {
			return k.write(ctx, c, func(ctx context.Context, c conn) error {
				u, err = k.begun(ctx, c, first)
				return err
			})
		})
	}
	if err != nil {
		return wrap(ctx, "starting", err)
	}
	return k.opens(u)
}

// opens looks whether the master keys in use are given.
func (k *Keeper) opens(u inUse) error {
	_, now := k.given(u.current)
	_, before := k.given(u.previous)
	switch changing := u.previous != (masterName{}); {
	case now != nil && before != nil:
		return errMaster
	case now != nil:
		return errNewMaster
	case changing && before != nil:
		return errOldMaster
	}
	return nil
}

// begun records the master key of a new database, unless somebody else came first.
func (k *Keeper) begun(ctx context.Context, c conn, first masterKey) (inUse, error) {
	result, err := c.ExecContext(ctx, k.queries.addMaster, first.name[:])
	if err != nil {
		return inUse{}, err
	}
	if added, err := result.RowsAffected(); err != nil || added == 0 {
		return readInUse(ctx, c, k.queries.masters)
	}
	var n int64
	if err := c.QueryRowContext(ctx, k.queries.first).Scan(&n); !errors.Is(err, sql.ErrNoRows) {
		return inUse{}, cmp.Or(err, errRecord)
	}
	return inUse{current: first.name}, nil
}
