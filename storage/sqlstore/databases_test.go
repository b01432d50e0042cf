package sqlstore_test

import (
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

// kind is a kind of database that a test runs on. Each has a file, as SQLite calls it: where the tables are.
type kind struct {
	name    string
	driver  string // of who does not spy
	spied   driver.Driver
	dialect sqlstore.Dialect
	tables  string                  // begins to count tables and indexes by their names
	newFile func(testing.TB) string // that has no schema
	file    func(testing.TB) string // that has it
	open    func(t testing.TB, driver, file string, pool int) *sql.DB
}

func onSQLite() kind {
	return kind{"SQLite", "sqlite3", &sqlite3.SQLiteDriver{}, sqlstore.SQLite(), "SELECT count(*) FROM sqlite_master WHERE name LIKE ", newFile, migratedFile, open}
}

func onPostgres() kind {
	return kind{"PostgreSQL", "pgx", stdlib.GetDefaultDriver(), sqlstore.Postgres(),
		"SELECT count(*) FROM pg_class WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relname LIKE ", newPostgresFile, postgresFile, openPostgres}
}

func newPostgresFile(t testing.TB) string { return postgrestest.Schema(t, "") }

// everywhere runs a test on each database.
func everywhere(t *testing.T, run func(t *testing.T, on kind)) {
	t.Helper()
	for _, on := range []kind{onSQLite(), onPostgres()} {
		t.Run(on.name, func(t *testing.T) {
			t.Parallel()
			run(t, on)
		})
	}
}

// migrated opens a new database that has the schema.
func (d kind) migrated(t testing.TB, driver string, pool int) *sql.DB {
	t.Helper()
	return d.open(t, driver, d.file(t), pool)
}

func (d kind) spy() *sqlspy.Spy { return sqlspy.New(d.spied) }

func (d kind) store(t testing.TB, db *sql.DB) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.New(db, d.dialect)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// spiedStore is a new Store, and the spy below it.
func (d kind) spiedStore(t testing.TB, pool int) (*sqlspy.Spy, *sqlstore.Store) {
	t.Helper()
	spy := d.spy()
	return spy, d.store(t, d.migrated(t, spy.Name, pool))
}

func (d kind) keyring(t testing.TB, db *sql.DB) *sqlstore.Keyring {
	t.Helper()
	return keyringOf(t, d.store(t, db))
}
