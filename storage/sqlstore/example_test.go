package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// The database is the host's: it opens it, migrates it, and hands it over.
func Example() {
	dir, err := os.MkdirTemp("", "bonafide")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	ctx := context.Background()
	db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(filepath.Join(dir, "bonafide.db")))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	if _, err = sqlstore.New(db, sqlstore.SQLite()); err != nil {
		fmt.Println(err)
	}
	if err = sqlstore.Migrate(ctx, db, sqlstore.SQLite()); err != nil {
		log.Fatal(err)
	}
	store, err := sqlstore.New(db, sqlstore.SQLite())
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := store.Query(ctx, session.Query{N: 10})
	fmt.Println(len(sessions), "sessions,", err)
	// Output:
	// sqlstore: the database is not migrated: call sqlstore.Migrate before sqlstore.New
	// 0 sessions, <nil>
}

// A session and an order of the host's are written together, or not at all.
func ExampleStore_Tx() {
	db, store, cleanup := exampleStore()
	defer cleanup()
	ctx := context.Background()
	tenant, at := uuid.New(), time.Now().UTC().Truncate(time.Microsecond)

	for _, commit := range []bool{false, true} {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO orders (name) VALUES ('tulips')"); err != nil {
			log.Fatal(err)
		}
		// With an engine this is engine.With(store.Tx(tx)).Create.
		id := session.NewID(at)
		errs := store.Tx(tx).Apply(ctx, session.Change{
			ID:      session.NewID(at),
			Session: session.Session{ID: id, Tenant: tenant, Status: session.StatusCreated, CreatedAt: at},
			Events:  []session.Event{{ID: session.NewID(at), Kind: session.EventCreated, At: at}},
		})
		if errs != nil {
			log.Fatal(errs)
		}
		if commit {
			err = tx.Commit()
		} else {
			err = tx.Rollback()
		}
		if err != nil {
			log.Fatal(err)
		}
		var orders int
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM orders").Scan(&orders); err != nil {
			log.Fatal(err)
		}
		_, err = store.Load(ctx, session.Ref{Tenant: tenant, ID: id}, 0)
		fmt.Printf("committed: %v, orders: %d, session: %v\n", commit, orders, err)
	}
	// Output:
	// committed: false, orders: 0, session: sqlstore: load: session: not found
	// committed: true, orders: 1, session: <nil>
}

// An integration is found by its API key at each start, and made at the first.
func ExampleStore_Integration() {
	_, store, cleanup := exampleStore()
	defer cleanup()
	ctx, apiKey := context.Background(), uuid.MustParse("8c6ef1a2-6f0e-4d7b-9a0c-0d3f2b1e5a47")

	first, err := store.Integration(ctx, apiKey, time.Now())
	if err != nil {
		log.Fatal(err)
	}
	again, err := store.Integration(ctx, apiKey, time.Now())
	fmt.Println(first == again, err)
	// Output: true <nil>
}

func exampleStore() (*sql.DB, *sqlstore.Store, func()) {
	dir, err := os.MkdirTemp("", "bonafide")
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(filepath.Join(dir, "bonafide.db")))
	if err != nil {
		log.Fatal(err)
	}
	if err := sqlstore.Migrate(context.Background(), db, sqlstore.SQLite()); err != nil {
		log.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE orders (name TEXT)"); err != nil {
		log.Fatal(err)
	}
	store, err := sqlstore.New(db, sqlstore.SQLite())
	if err != nil {
		log.Fatal(err)
	}
	return db, store, func() {
		db.Close()
		os.RemoveAll(dir)
	}
}
