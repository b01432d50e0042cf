package sqlstore_test

import (
	"cmp"
	"database/sql"
	"flag"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/bonafide-idv/bonafide/auth/keyringtest"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
	"github.com/bonafide-idv/bonafide/storage/storetest"
	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

// A walk of a model is a thousand statements of a server's, and so there are fewer, unless there is time for more.
func TestMain(m *testing.M) {
	if os.Getenv("BONAFIDE_TEST_LONG") == "" {
		_ = flag.Set("rapid.checks", "40")
	}
	goleak.VerifyTestMain(postgrestest.Tests{M: m})
}

// postgresFile makes a migrated schema, as migratedFile does a file, and gives its address.
func postgresFile(t testing.TB) string {
	t.Helper()
	schema, err := postgresSchema()
	if err != nil {
		t.Fatal(err)
	}
	return postgrestest.Schema(t, schema)
}

func openPostgres(t testing.TB, driver, at string, pool int) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(pool)
	db.SetMaxIdleConns(pool)
	return db
}

// emptied removes all rows of ours but the schema's version, which is quicker than to make another schema.
func emptied(t testing.TB, db *sql.DB) {
	t.Helper()
	exec(t, db, "DELETE FROM bonafide_"+strings.Join([]string{
		"sessions", "attempts", "decisions", "media", "findings", "events", "deliveries", "entries", "permit_logs",
		"permit_pages", "integrations", "credentials", "credential_integrations", "secrets",
	}, "; DELETE FROM bonafide_"))
}

// postgresSchema is the text of all migrations: to run them one by one takes longer than most tests.
var postgresSchema = sync.OnceValues(func() (text string, err error) {
	files, err := fs.Glob(sqlstore.Migrations(sqlstore.Postgres()), "*.sql")
	for _, file := range files {
		one, failed := fs.ReadFile(sqlstore.Migrations(sqlstore.Postgres()), file)
		text, err = text+string(one), cmp.Or(err, failed)
	}
	return text, err
})

// Two Stores on one schema, each with a pool of its own, take every call in turn, as two processes do. The cases come
// one after another.
func TestPostgres(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	file := on.file(t)
	first, second := on.open(t, on.driver, file, 8), on.open(t, on.driver, file, 8)
	storetest.Run(t, func(t *testing.T) session.Store {
		emptied(t, first)
		return &inTurn{stores: [2]session.Store{on.store(t, first), on.store(t, second)}}
	})
}

// The cases come one after another.
func TestKeyringOfTwoProcessesOnPostgres(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	file := on.file(t)
	first, second := on.open(t, on.driver, file, 4), on.open(t, on.driver, file, 4)
	keyringtest.RunAdmin(t, func(t testing.TB) keyringtest.Admin {
		emptied(t, first)
		return &twoProcesses{Keyring: on.keyring(t, first), other: on.keyring(t, second)}
	})
}
