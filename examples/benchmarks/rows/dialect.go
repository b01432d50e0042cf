package rows

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// engine is one of the two databases.
type engine struct {
	dialect sqlstore.Dialect
	// filled opens a database that is filled so, for readers.
	filled func(context.Context, *databases.Home, databases.Filling) (*sql.DB, error)
	// copied opens a copy of it, which drop closes and removes.
	copied func(context.Context, *databases.Home, databases.Filling) (db *sql.DB, drop func() error, err error)
}

// pool is of how many connections the databases that are filled are opened with.
const pool = 4

var onSQLite = engine{
	dialect: sqlstore.SQLite(),
	filled: func(ctx context.Context, home *databases.Home, f databases.Filling) (*sql.DB, error) {
		file, err := home.FilledSQLite(ctx, f)
		if err != nil {
			return nil, err
		}
		return databases.OpenSQLite(file, false, pool)
	},
	copied: func(ctx context.Context, home *databases.Home, f databases.Filling) (*sql.DB, func() error, error) {
		file, err := home.FilledSQLite(ctx, f)
		if err != nil {
			return nil, nil, err
		}
		if file, err = home.Copy(file); err != nil {
			return nil, nil, err
		}
		db, err := databases.OpenSQLite(file, false, pool)
		if err != nil {
			return nil, nil, err
		}
		return db, func() error { return errors.Join(db.Close(), os.RemoveAll(filepath.Dir(file))) }, nil
	},
}

var onPostgres = engine{
	dialect: sqlstore.Postgres(),
	filled: func(ctx context.Context, home *databases.Home, f databases.Filling) (*sql.DB, error) {
		_, at, err := home.FilledPostgres(ctx, f)
		if err != nil {
			return nil, err
		}
		return databases.OpenPostgres(at, pool)
	},
	copied: func(ctx context.Context, home *databases.Home, f databases.Filling) (*sql.DB, func() error, error) {
		name, _, err := home.FilledPostgres(ctx, f)
		if err != nil {
			return nil, nil, err
		}
		at, drop, err := home.CopyPostgres(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		db, err := databases.OpenPostgres(at, pool)
		if err != nil {
			return nil, nil, errors.Join(err, drop())
		}
		return db, func() error { return errors.Join(db.Close(), drop()) }, nil
	},
}

// onCopies is a side each of whose turns is on a copy of a filled database.
func (on engine) onCopies(home *databases.Home, f databases.Filling,
	work func(context.Context, *sql.DB) (measure.Turn, error)) measure.Side {
	return func(ctx context.Context, _ time.Duration) (measure.Turn, error) {
		db, drop, err := on.copied(ctx, home, f)
		if err != nil {
			return measure.Turn{}, err
		}
		t, err := work(ctx, db)
		return t, errors.Join(err, drop())
	}
}
