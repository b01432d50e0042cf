package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// depot is a store with what goes with it.
type depot struct {
	store session.Store
	// integration is that of a key which the flags or the files of credentials give.
	integration func(ctx context.Context, key uuid.UUID, now time.Time) (uuid.UUID, error)
	keeper      keeper                        // nil: everything is in memory
	isUnder     func(master session.Key) bool // whether that one alone opens the keys
	key         session.Key                   // the engine's own
	blobs       media.Blobs
	ping        func(context.Context) error
	close       func()
}

// openDepot opens the store that was asked for.
func openDepot(ctx context.Context, cfg *config) (*depot, error) {
	switch {
	case cfg.sqlitePath != "":
		return withBlobs(ctx, cfg, openSQLite)
	case cfg.postgres != nil:
		return withBlobs(ctx, cfg, openPostgres)
	}
	return &depot{
		store: memstore.New(),
		integration: func(_ context.Context, _ uuid.UUID, now time.Time) (uuid.UUID, error) {
			return session.NewID(now), nil
		},
		ping: func(context.Context) error { return nil }, close: func() {},
	}, nil
}

// openSQLite opens the database, and the keys, which are not in it.
func openSQLite(ctx context.Context, cfg *config) (*depot, error) {
	path := cfg.sqlitePath
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	used := exists(path)
	db, err := sql.Open("sqlite3", cfg.sqliteDSN())
	if err != nil {
		return nil, err
	}
	d := &depot{ping: db.PingContext, close: func() { _ = db.Close() }}
	if err := d.openBeside(ctx, cfg, db, sqlstore.SQLite(), used); err != nil {
		d.close()
		return nil, fmt.Errorf("%s cannot be opened: %s", path, strings.Join(strings.Fields(err.Error()), " "))
	}
	return d, nil
}

// sqliteDSN is the recommended one, with what -synchronous says.
func (c *config) sqliteDSN() string {
	dsn := sqlstore.SQLiteDSN(c.sqlitePath)
	if c.synchronous == "normal" {
		return strings.TrimSuffix(dsn, "FULL") + "NORMAL"
	}
	return dsn
}

// openBeside completes the depot around the database.
func (d *depot) openBeside(ctx context.Context, cfg *config, db *sql.DB, dialect sqlstore.Dialect, used bool) error {
	// The keys come first: a database without them is taken for one that has lost them.
	if err := d.openKeeper(ctx, cfg, used); err != nil {
		return err
	}
	if err := sqlstore.Migrate(ctx, db, dialect); err != nil {
		return err
	}
	store, err := sqlstore.New(db, dialect)
	if err != nil {
		return err
	}
	d.store, d.integration = store, store.Integration
	d.key, err = engineKey(ctx, db, d.keeper)
	return notTheirs(cfg, err)
}

// closeFirst has something be closed before what is open already.
func (d *depot) closeFirst(last func() error) {
	rest := d.close
	d.close = func() { _ = last(); rest() }
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
