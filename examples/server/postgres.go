package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// openPostgres opens the database, and the keys, which are not in it.
func openPostgres(ctx context.Context, cfg *config) (*depot, error) {
	db := openPool(cfg.postgres, cfg.maxConnections)
	d := &depot{ping: db.PingContext, close: func() { _ = db.Close() }}
	err := os.MkdirAll(cfg.data, 0o700)
	used := false
	if err == nil {
		used, err = prepare(ctx, db)
	}
	if err == nil {
		err = d.openBeside(ctx, cfg, db, sqlstore.Postgres(), used)
	}
	if err != nil {
		d.close()
		return nil, fmt.Errorf("%s cannot be opened: %s", cfg.shownDB(), strings.Join(strings.Fields(err.Error()), " "))
	}
	return d, nil
}

func openPool(at *pgx.ConnConfig, connections int) *sql.DB {
	db := stdlib.OpenDB(*at)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

// prepare reports whether the database was used before. A new one gets its tables at once: by them a keeper knows where
// no keys belong.
func prepare(ctx context.Context, db *sql.DB) (used bool, err error) {
	if err := db.PingContext(ctx); err != nil {
		return false, err
	}
	if keys, err := hasKeys(ctx, db); err != nil || keys {
		return false, cmp.Or(err, errors.New("it is a database of keys: -db names that of the sessions, and -keys that of the keys"))
	}
	if err := makeTable(ctx, db); err != nil {
		return false, err
	}
	if _, err = findEngineKey(ctx, db); errors.Is(err, sql.ErrNoRows) {
		return false, sqlstore.Migrate(ctx, db, sqlstore.Postgres())
	}
	return true, err
}
