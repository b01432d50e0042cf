package sqlstore_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func TestSQLiteDSNOfAnyPath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"plain.db", "with space.db", "what?.db", "a#b.db", "100%.db", "%41.db", "a&b=c.db", "ö 日.db", "+.db", "a:b.db", "'\".db", "?_txlock=deferred",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), name)
			db := open(t, "sqlite3", file, 1)
			if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("the file is not where it should be: %v", err)
			}
			var mode string
			if err := db.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
				t.Errorf("journal mode: got %q, %v, want wal", mode, err)
			}
		})
	}
}

func TestSQLiteDSNOfARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"here.db", "a:b.db", "./there.db"} {
		db := open(t, "sqlite3", name, 1)
		if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := os.Stat(name); err != nil {
			t.Errorf("the file is not where it should be: %v", err)
		}
	}
}

func TestSQLiteDSNSettings(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(newFile(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for pragma, want := range map[string]int{"synchronous": 2, "busy_timeout": 5000, "foreign_keys": 1} {
		if got := count(t, db, "PRAGMA "+pragma); got != want {
			t.Errorf("PRAGMA %s: got %d, want %d", pragma, got, want)
		}
	}
}
