package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// maxConnections of one server: by default PostgreSQL has a hundred for all.
const maxConnections = 20

// openPostgres opens the database, and of the data folder the keys.
func openPostgres(ctx context.Context, cfg *config) (*depot, error) {
	db := stdlib.OpenDB(*cfg.postgres)
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	d := &depot{ping: db.PingContext, close: func() { _ = db.Close() }}
	err := os.MkdirAll(cfg.data, 0o700)
	if err == nil {
		err = prepare(ctx, db, cfg)
	}
	if err == nil {
		err = d.openBeside(ctx, cfg, db, sqlstore.Postgres())
	}
	if err != nil {
		d.close()
		if errors.Is(err, session.ErrKeeper) {
			err = fmt.Errorf("the keys in %s.keys are not those of the database, or the master key is not theirs: name "+
				"the -data that belongs to it: %w", cfg.beside, err)
		}
		return nil, fmt.Errorf("%s cannot be opened: %s", cfg.shownDB(), strings.Join(strings.Fields(err.Error()), " "))
	}
	return d, nil
}

// prepare refuses a database that was used before with keys which are not here: new ones would be made in their place.
func prepare(ctx context.Context, db *sql.DB, cfg *config) error {
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	if err := makeTable(ctx, db); err != nil {
		return err
	}
	_, err := findEngineKey(ctx, db)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil && !exists(cfg.beside+".keys") {
		err = fmt.Errorf("%s.keys is missing, without which nothing in the database can be read: put it back, or name the "+
			"-data where it is", cfg.beside)
	}
	return err
}
