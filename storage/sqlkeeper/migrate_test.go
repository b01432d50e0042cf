package sqlkeeper_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func TestNewNeedsMigrate(t *testing.T) {
	t.Parallel()
	_, err := sqlkeeper.New(open(t, "sqlite3", newFile(t), 1), sqlkeeper.SQLite(), session.NewKey())
	if !errors.Is(err, sqlkeeper.ErrNotMigrated) || !contains(err, "sqlkeeper.Migrate") {
		t.Errorf("New on an empty database: got %v, want ErrNotMigrated, which names Migrate", err)
	}
}

func TestSchemaVersion(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]error{"version - 1": sqlkeeper.ErrNotMigrated, "version + 1": sqlkeeper.ErrNewerSchema} {
		db := migrated(t, "sqlite3", newFile(t), 1)
		exec(t, db, "UPDATE bonafide_keys_schema SET version = "+set)
		if _, err := sqlkeeper.New(db, sqlkeeper.SQLite(), session.NewKey()); !errors.Is(err, want) {
			t.Errorf("New on %s: got %v, want %v", set, err, want)
		}
		if err := sqlkeeper.Migrate(t.Context(), db, sqlkeeper.SQLite()); !errors.Is(err, want) {
			t.Errorf("Migrate on %s: got %v, want %v", set, err, want)
		}
	}
}

func TestTheDatabaseOfTheSessionsIsRefused(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite3", newFile(t), 1)
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()); err != nil {
		t.Fatal(err)
	}
	if err := sqlkeeper.Migrate(t.Context(), db, sqlkeeper.SQLite()); !errors.Is(err, sqlkeeper.ErrStore) {
		t.Errorf("Migrate: got %v, want %v", err, sqlkeeper.ErrStore)
	}
	if _, err := sqlkeeper.New(db, sqlkeeper.SQLite(), session.NewKey()); !errors.Is(err, sqlkeeper.ErrStore) {
		t.Errorf("New: got %v, want %v", err, sqlkeeper.ErrStore)
	}
	later := migrated(t, "sqlite3", newFile(t), 1) // the keys were there first
	if err := sqlstore.Migrate(t.Context(), later, sqlstore.SQLite()); !errors.Is(err, sqlstore.ErrKeys) {
		t.Errorf("sqlstore.Migrate of the keys' database: got %v, want %v", err, sqlstore.ErrKeys)
	}
	newKeeper(t, later, session.NewKey())                         // nothing was changed
	exec(t, later, "CREATE TABLE bonafide_sessions (id INTEGER)") // by a tool of the host's
	if _, err := sqlkeeper.New(later, sqlkeeper.SQLite(), session.NewKey()); !errors.Is(err, sqlkeeper.ErrStore) {
		t.Errorf("New after the sessions came too: got %v, want %v", err, sqlkeeper.ErrStore)
	}
}

func TestTheZeroDialectIsRefused(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite3", newFile(t), 1)
	if err := sqlkeeper.Migrate(t.Context(), db, sqlkeeper.Dialect{}); !contains(err, "dialect is empty") {
		t.Errorf("Migrate: got %v, want an error about the dialect", err)
	}
	if _, err := sqlkeeper.New(db, sqlkeeper.Dialect{}, session.NewKey()); !contains(err, "dialect is empty") {
		t.Errorf("New: got %v, want an error about the dialect", err)
	}
	if names, _ := fs.Glob(sqlkeeper.Migrations(sqlkeeper.Dialect{}), "*.sql"); len(names) != 0 {
		t.Errorf("files of the zero Dialect: got %v, want none", names)
	}
}

// Processes that start at once on a missing database agree on its master key, and make keys.
func TestManyStartAtOnce(t *testing.T) {
	t.Parallel()
	file, master := newFile(t), session.NewKey()
	var mu sync.Mutex
	var all []given
	var starting sync.WaitGroup
	for range 4 {
		db := open(t, "sqlite3", file, 2)
		starting.Go(func() {
			err := sqlkeeper.Migrate(t.Context(), db, sqlkeeper.SQLite())
			if err != nil {
				t.Errorf("Migrate: %v", err)
				return
			}
			k, err := sqlkeeper.New(db, sqlkeeper.SQLite(), master)
			if err != nil {
				t.Errorf("New: %v", err)
				return
			}
			g := makeKey(t, k)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, g)
		})
	}
	starting.Wait()
	k := newKeeper(t, open(t, "sqlite3", file, 1), master)
	for _, g := range all {
		mustOpen(t, k, g, "after all have started")
	}
	if len(all) != 4 {
		t.Errorf("%d keys, want 4", len(all))
	}
}

func TestOfTwoFirstMasterKeysOneWins(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	migrated(t, "sqlite3", file, 1)
	errs := make([]error, 4)
	var starting sync.WaitGroup
	for i := range errs {
		db := open(t, "sqlite3", file, 1)
		starting.Go(func() { _, errs[i] = sqlkeeper.New(db, sqlkeeper.SQLite(), session.NewKey()) })
	}
	starting.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, session.ErrKeeper) {
			t.Errorf("New: %v, want none or %v", err, session.ErrKeeper)
		}
	}
	if won != 1 {
		t.Errorf("%d of 4 master keys are the database's, want 1", won)
	}
}

// The files are run as a host's own tool would run them, knowing nothing of Migrate.
func TestMigrations(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite3", newFile(t), 1)
	names, err := fs.Glob(sqlkeeper.Migrations(sqlkeeper.SQLite()), "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("files of Migrations: got %v, %v", names, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(sqlkeeper.Migrations(sqlkeeper.SQLite()), name)
		if err != nil {
			t.Fatal(err)
		}
		exec(t, db, string(text))
	}
	makeKey(t, newKeeper(t, db, session.NewKey()))
}

func TestSQLiteDSNOfAnyPath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain.db", "with space.db", "what?.db", "a#b.db", "100%.db", "a&b=c.db", "ö 日.db"} {
		file := strings.TrimSuffix(newFile(t), "keys.db") + name
		makeKey(t, newKeeper(t, migrated(t, "sqlite3", file, 1), session.NewKey()))
		if _, err := os.Stat(file); err != nil {
			t.Errorf("the file is not where it should be: %v", err)
		}
	}
}
