package sqlkeeper_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

// The keys have a database of their own, which no backup of the sessions takes along.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	db, err := sql.Open("sqlite3", sqlkeeper.SQLiteDSN(filepath.Join(dir, "keys.db")))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := sqlkeeper.Migrate(ctx, db, sqlkeeper.SQLite()); err != nil {
		log.Fatal(err)
	}
	master := session.NewKey() // in earnest from a file or a vault, in a place of its own
	keeper, err := sqlkeeper.New(db, sqlkeeper.SQLite(), master)
	if err != nil {
		log.Fatal(err)
	}

	id := uuid.New()
	key, ref, err := keeper.Make(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	found, err := keeper.Open(ctx, id, ref)
	fmt.Println(found, found == key, err)

	err = keeper.Destroy(ctx, id, ref)
	_, gone := keeper.Open(ctx, id, ref)
	fmt.Println(err, gone)
	// Output:
	// [key] true <nil>
	// <nil> session: personal data are erased
}

// The master key is replaced while the keeper serves: it starts with both, and later with the new one alone.
func ExampleKeeper_Rotate() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := sql.Open("sqlite3", sqlkeeper.SQLiteDSN(filepath.Join(dir, "keys.db")))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	old, fresh := session.NewKey(), session.NewKey()
	if err := sqlkeeper.Migrate(ctx, db, sqlkeeper.SQLite()); err != nil {
		log.Fatal(err)
	}
	if _, err := sqlkeeper.New(db, sqlkeeper.SQLite(), old); err != nil {
		log.Fatal(err)
	}

	keeper, err := sqlkeeper.New(db, sqlkeeper.SQLite(), fresh, old)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(keeper.Rotate(ctx, fresh))

	_, err = sqlkeeper.New(db, sqlkeeper.SQLite(), old)
	fmt.Println(errors.Is(err, session.ErrKeeper))
	// Output:
	// <nil>
	// true
}
