package engine_test

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/storage/internal/engine"
	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
)

func open(t *testing.T, driver string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, "file:"+filepath.Join(t.TempDir(), "any.db")+"?_busy_timeout=0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, c interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, query string) {
	t.Helper()
	if _, err := c.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// TestSQLiteErrors: what SQLite says of who is in the way, and of a transaction that is not there, is understood.
func TestSQLiteErrors(t *testing.T) {
	t.Parallel()
	e, db := engine.SQLite(), open(t, "sqlite3")
	writer, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writer.Close() }()
	exec(t, writer, "BEGIN IMMEDIATE")
	_, busy := db.ExecContext(t.Context(), "CREATE TABLE a (b)")
	exec(t, writer, "ROLLBACK")
	_, idle := writer.ExecContext(t.Context(), "ROLLBACK")
	_, other := db.ExecContext(t.Context(), "SELECT c FROM d")
	if busy == nil || idle == nil || other == nil {
		t.Fatalf("got %v, %v, %v, want three errors", busy, idle, other)
	}
	for _, err := range []error{busy, idle, other, errors.New("database table is locked: a"), errors.New("database schema is locked: main")} {
		wantBusy := err != idle && err != other
		if e.Busy(err) != wantBusy || e.Idle(err) != (err == idle) {
			t.Errorf("%v: got busy %t, idle %t, want %t, %t", err, e.Busy(err), e.Idle(err), wantBusy, err == idle)
		}
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite3")
	exec(t, db, "CREATE TABLE a (b)")
	exec(t, db, "CREATE INDEX c ON a (b)")
	for name, want := range map[string]int{"a": 1, "b": 0, "c": 0, "": 0} {
		var got int
		if err := db.QueryRowContext(t.Context(), engine.SQLite().Tables, name).Scan(&got); err != nil || got != want {
			t.Errorf("%s: got %d tables (%v), want %d", name, got, err, want)
		}
	}
}

// schema is two migrations.
var schema = fstest.MapFS{
	"00001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (x);\n")},
	"00002_b.sql": {Data: []byte("-- +goose Up\nCREATE TABLE b (x);\nINSERT INTO b VALUES (1);\n")},
}

// TestMigrate applies all, once, and records it where it is told to.
func TestMigrate(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite3")
	for range 2 {
		if err := engine.SQLite().Migrate(t.Context(), db, schema, "our_record", 2); err != nil {
			t.Fatal(err)
		}
	}
	var rows, records int
	if err := db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM b), (SELECT count(*) FROM our_record)").Scan(&rows, &records); err != nil {
		t.Fatal(err)
	}
	if rows != 1 || records != 3 {
		t.Errorf("got %d rows and %d records, want 1 and 3: the record's own, and one for each migration", rows, records)
	}
}

// TestMigrateTries again for each migration and the record, and while others are in the way without end.
func TestMigrateTries(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		fault  error
		faults int // how many tries fail
		want   error
	}{
		{"a fault to the last try", errFault, 4, nil},
		{"a fault for good", errFault, 5, errFault},
		{"others in the way", errors.New("database is locked"), 9, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			spy, failed := sqlspy.New(&sqlite3.SQLiteDriver{}), 0
			db := open(t, spy.Name)
			spy.On(func(query string) error {
				if query == "CREATE TABLE a (x);" && failed < row.faults {
					failed++
					return row.fault
				}
				return nil
			}, nil)
			if err := engine.SQLite().Migrate(t.Context(), db, schema, "our_record", 2); !errors.Is(err, row.want) || failed != row.faults {
				t.Errorf("got %v after %d faults, want %v after %d", err, failed, row.want, row.faults)
			}
		})
	}
}

var errFault = errors.New("the disk is on fire")

func TestMigrateNothing(t *testing.T) {
	t.Parallel()
	if err := engine.SQLite().Migrate(t.Context(), open(t, "sqlite3"), fstest.MapFS{}, "our_record", 0); err == nil {
		t.Error("no migrations: got no error, want one")
	}
}

func TestMigrationsOfTheZeroEngine(t *testing.T) {
	t.Parallel()
	if _, err := fs.ReadFile(engine.Engine{}.Migrations(embed.FS{}), "00001_a.sql"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want %v", err, fs.ErrNotExist)
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	ended, end := context.WithCancel(t.Context())
	end()
	if !engine.Pause(t.Context(), time.Nanosecond) || engine.Pause(ended, time.Hour) {
		t.Error("a pause does not say whether its context is alive")
	}
}
