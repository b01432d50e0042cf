package databases

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"

	_ "github.com/mattn/go-sqlite3" // the driver

	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// DSN is the recommended one of a file, which syncs every commit; relaxed, it syncs now and then.
func DSN(file string, relaxed bool) string {
	dsn := sqlstore.SQLiteDSN(file)
	if relaxed {
		dsn = strings.TrimSuffix(dsn, "FULL") + "NORMAL"
	}
	return dsn
}

// SQLite is a new file, open with a pool of so many connections.
func (h *Home) SQLite(relaxed bool, pool int) (*sql.DB, string, error) {
	dir, err := h.Dir()
	if err != nil {
		return nil, "", err
	}
	dsn := DSN(filepath.Join(dir, "db"), relaxed)
	db, err := openPool("sqlite3", dsn, pool)
	return db, dsn, err
}

// Migrated is SQLite with the schema of sqlstore in it.
func (h *Home) Migrated(ctx context.Context, relaxed bool, pool int) (*sql.DB, string, error) {
	db, dsn, err := h.SQLite(relaxed, pool)
	if err == nil {
		err = sqlstore.Migrate(ctx, db, sqlstore.SQLite())
	}
	return db, dsn, err
}

func openPool(driver, dsn string, pool int) (*sql.DB, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(pool)
	db.SetMaxIdleConns(pool)
	return db, nil
}

// OpenSQLite opens a file with a pool of so many connections.
func OpenSQLite(file string, relaxed bool, pool int) (*sql.DB, error) {
	return openPool("sqlite3", DSN(file, relaxed), pool)
}
