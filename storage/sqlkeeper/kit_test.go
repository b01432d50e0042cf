package sqlkeeper_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

func newFile(t testing.TB) string { return filepath.Join(t.TempDir(), "keys.db") }

// open opens a database file with a pool of so many connections.
func open(t testing.TB, driver, file string, pool int) *sql.DB {
	t.Helper()
	dsn := sqlkeeper.SQLiteDSN(file)
	if driver == quick() {
		dsn = strings.TrimSuffix(dsn, "FULL") + "OFF"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(pool)
	db.SetMaxIdleConns(pool)
	return db
}

// quick is a driver that never waits for the disk. That it is waited for is for TestTheKeeperSetsWhatItNeeds to see.
var quick = sync.OnceValue(func() string {
	return sqlspy.NewSkipping(&sqlite3.SQLiteDriver{}, func(query string) bool {
		return strings.HasPrefix(query, "PRAGMA synchronous")
	}).Name
})

// migrated opens a database file that has the schema.
func migrated(t testing.TB, driver, file string, pool int) *sql.DB {
	t.Helper()
	return migrate(t, open(t, driver, file, pool), sqlkeeper.SQLite())
}

func migrate(t testing.TB, db *sql.DB, d sqlkeeper.Dialect) *sql.DB {
	t.Helper()
	if err := sqlkeeper.Migrate(t.Context(), db, d); err != nil {
		t.Fatal(err)
	}
	return db
}

func newKeeper(t testing.TB, db *sql.DB, masters ...session.Key) *sqlkeeper.Keeper {
	t.Helper()
	return keeperOf(t, db, sqlkeeper.SQLite(), masters...)
}

func keeperOf(t testing.TB, db *sql.DB, d sqlkeeper.Dialect, masters ...session.Key) *sqlkeeper.Keeper {
	t.Helper()
	k, err := sqlkeeper.New(db, d, masters[0], masters[1:]...)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return k
}

// given is what a caller of Make has.
type given struct {
	id  uuid.UUID
	key session.Key
	ref []byte
}

func makeKey(t testing.TB, k session.Keeper) given {
	t.Helper()
	id := uuid.New()
	key, ref, err := k.Make(t.Context(), id)
	if err != nil {
		t.Fatalf("Make: %v", err)
	}
	return given{id, key, ref}
}

func mustOpen(t testing.TB, k session.Keeper, g given, when string) {
	t.Helper()
	if key, err := k.Open(t.Context(), g.id, g.ref); err != nil || key != g.key {
		t.Errorf("Open %s: the key that was made: %v, error %v", when, key == g.key, err)
	}
}

func mustRefuse(t testing.TB, k session.Keeper, g given, want error, when string) {
	t.Helper()
	if key, err := k.Open(t.Context(), g.id, g.ref); !errors.Is(err, want) || key != (session.Key{}) {
		t.Errorf("Open %s: a key: %v, error %v, want %v", when, key != session.Key{}, err, want)
	}
}

func mustDestroy(t testing.TB, k session.Keeper, g given) {
	t.Helper()
	if err := k.Destroy(t.Context(), g.id, g.ref); err != nil {
		t.Fatalf("Destroy: %v", err)
	}
}
