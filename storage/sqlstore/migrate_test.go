package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func TestNewNeedsMigrate(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db := on.open(t, on.driver, on.newFile(t), 1)
		_, err := sqlstore.New(db, on.dialect)
		if !errors.Is(err, sqlstore.ErrNotMigrated) || !strings.Contains(err.Error(), "sqlstore.Migrate") {
			t.Errorf("New on an empty database: got %v, want ErrNotMigrated, which names Migrate", err)
		}
	})
}

// afterMigrate opens a database that Migrate made the schema of, and not whoever is quicker.
func afterMigrate(t *testing.T, on kind) *sql.DB {
	t.Helper()
	db := on.open(t, on.driver, on.newFile(t), 2)
	if err := sqlstore.Migrate(t.Context(), db, on.dialect); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestSchemaVersion(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		for _, test := range []struct {
			name  string
			set   string
			apart error
		}{
			{"an older schema is not migrated", "UPDATE bonafide_schema SET version = version - 1", sqlstore.ErrNotMigrated},
			{"a newer schema is refused", "UPDATE bonafide_schema SET version = version + 1", sqlstore.ErrNewerSchema},
		} {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				db := afterMigrate(t, on)
				exec(t, db, test.set)
				if _, err := sqlstore.New(db, on.dialect); !errors.Is(err, test.apart) {
					t.Errorf("New: got %v, want %v", err, test.apart)
				}
				if err := sqlstore.Migrate(t.Context(), db, on.dialect); !errors.Is(err, test.apart) {
					t.Errorf("Migrate: got %v, want %v", err, test.apart)
				}
			})
		}
	})
}

func TestMigrateAgainKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db := afterMigrate(t, on)
		c := creation(newID())
		apply(t, on.store(t, db), c)
		if err := sqlstore.Migrate(t.Context(), db, on.dialect); err != nil {
			t.Fatalf("the second Migrate: %v", err)
		}
		if load(t, on.store(t, db), c) == nil {
			t.Error("the session is gone after the second Migrate")
		}
		if n := count(t, db, on.tables+"'%goose%'"); n != 0 {
			t.Errorf("tables and indexes with goose's own names: got %d, want 0", n)
		}
	})
}

func TestMigrateFromManyProcessesAtOnce(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		file := on.newFile(t)
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			db := on.open(t, on.driver, file, 2)
			wg.Go(func() { errs[i] = sqlstore.Migrate(t.Context(), db, on.dialect) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatalf("Migrate from 4 at once: %v", err)
		}
		db := on.open(t, on.driver, file, 1)
		if n := count(t, db, "SELECT count(*) FROM bonafide_schema"); n != 1 {
			t.Errorf("rows in bonafide_schema: got %d, want 1", n)
		}
		apply(t, on.store(t, db), creation(newID()))
	})
}

// The first try fails as when another process makes the tables first.
func TestMigrateTriesAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		spy := on.spy()
		db := on.open(t, spy.Name, on.newFile(t), 1)
		spy.On(fail(1, "CREATE TABLE bonafide_sessions", errFault), nil)
		if err := sqlstore.Migrate(t.Context(), db, on.dialect); err != nil {
			t.Errorf("Migrate whose first try fails: got %v, want nil", err)
		}
		apply(t, on.store(t, db), creation(newID()))
	})
}

func TestMigrateEndsWithItsContext(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		spy := on.spy()
		db := on.open(t, spy.Name, on.newFile(t), 1)
		ctx, cancel := context.WithCancel(t.Context())
		spy.On(func(query string) error {
			if strings.HasPrefix(query, "CREATE TABLE bonafide_sessions") {
				cancel()
				return errFault
			}
			return nil
		}, nil)
		if err := sqlstore.Migrate(ctx, db, on.dialect); !errors.Is(err, errFault) && !errors.Is(err, context.Canceled) {
			t.Errorf("Migrate whose ctx ends: got %v, want %v", err, context.Canceled)
		}
		if _, err := sqlstore.New(db, on.dialect); !errors.Is(err, sqlstore.ErrNotMigrated) {
			t.Errorf("New after a migration that was broken off: got %v, want ErrNotMigrated", err)
		}
	})
}

// The files are run as a host's own tool would run them, knowing nothing of Migrate.
func TestMigrations(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db := on.open(t, on.driver, on.newFile(t), 1)
		names, err := fs.Glob(sqlstore.Migrations(on.dialect), "*.sql")
		if err != nil || len(names) == 0 {
			t.Fatalf("files of Migrations: got %v, %v", names, err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(sqlstore.Migrations(on.dialect), name)
			if err != nil {
				t.Fatal(err)
			}
			exec(t, db, string(text))
		}
		apply(t, on.store(t, db), creation(newID()))
	})
}

func TestMigrationsOfNoDialect(t *testing.T) {
	t.Parallel()
	if names, _ := fs.Glob(sqlstore.Migrations(sqlstore.Dialect{}), "*.sql"); len(names) != 0 {
		t.Errorf("files of the zero Dialect: got %v, want none", names)
	}
}

func exec(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func count(t testing.TB, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// A dialect that is not the database's is named in the error.
func TestMigrateByTheOtherDialect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		on    kind
		given sqlstore.Dialect
		want  string
	}{
		{onSQLite(), sqlstore.Postgres(), "as postgres has it"},
		{onPostgres(), sqlstore.SQLite(), "as sqlite has it"},
	} {
		t.Run(c.on.name, func(t *testing.T) {
			t.Parallel()
			db := c.on.open(t, c.on.driver, c.on.file(t), 1)
			if err := sqlstore.Migrate(t.Context(), db, c.given); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}
