// Command hosttx opens an account and creates a verification session in one database transaction of the host:
// both are there, or neither.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func main() {
	dir, err := os.MkdirTemp("", "hosttx")
	check(err)
	defer os.RemoveAll(dir)
	check(run(context.Background(), filepath.Join(dir, "host.db")))
}

func run(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(path))
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `CREATE TABLE accounts (name TEXT NOT NULL, session TEXT NOT NULL)`); err != nil {
		return err
	}
	if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite()); err != nil {
		return err
	}
	store, err := sqlstore.New(db, sqlstore.SQLite())
	if err != nil {
		return err
	}
	// Keys and media in memory are enough to show the transaction; a server uses filekeeper and fileblobs.
	engine, err := session.New(store, session.Config{Keeper: session.NewMemoryKeeper(), Blobs: media.NewMemoryBlobs()})
	if err != nil {
		return err
	}

	for _, name := range []string{"committed", "rolled back"} {
		err := open(ctx, db, store, engine, name, name == "committed")
		if err != nil && !errors.Is(err, errChangedMind) {
			return err
		}
		var accounts int
		if err := db.QueryRowContext(ctx, `SELECT count(*) FROM accounts`).Scan(&accounts); err != nil {
			return err
		}
		sessions, err := engine.List(ctx, session.List{})
		if err != nil {
			return err
		}
		fmt.Printf("%s: %d account, %d session\n", name, accounts, len(sessions))
	}
	return nil
}

var errChangedMind = errors.New("the host changed its mind")

// open writes the host's row and the session in one transaction.
func open(ctx context.Context, db *sql.DB, store *sqlstore.Store, engine *session.Engine, name string, commit bool) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	s, err := engine.With(store.Tx(tx)).Create(ctx, session.Facts{ExternalRef: &name})
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO accounts (name, session) VALUES (?, ?)`, name, s.ID.String()); err != nil {
		return err
	}
	if !commit {
		return errChangedMind
	}
	return tx.Commit()
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
