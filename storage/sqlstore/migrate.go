package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jmoiron/sqlx"
)

// The schema that this version of the package reads and writes.
const schemaVersion = 6

var (
	// ErrNotMigrated: the database has no tables of ours, or older ones.
	ErrNotMigrated = errors.New("sqlstore: the database is not migrated: call sqlstore.Migrate before sqlstore.New")
	// ErrNewerSchema: a newer version of this package migrated the database.
	ErrNewerSchema = errors.New("sqlstore: the database was migrated by a newer version of bonafide")

	// ErrKeys: the database holds the keys of sessions, which no backup of the sessions may take along.
	ErrKeys = errors.New("sqlstore: the database is a keeper's of keys, see storage/sqlkeeper: sessions need another")

	errDialect = errors.New("sqlstore: the dialect is empty: use sqlstore.SQLite() or sqlstore.Postgres()")
)

//go:embed migrations
var migrations embed.FS

// Migrations gives the schema of a dialect as numbered SQL files in the form of
// https://pressly.github.io/goose/, for a host that migrates with a tool of its own. Such a host must not
// call [Migrate], which would not know of it. The zero Dialect has no migrations: the file system then
// answers fs.ErrNotExist.
func Migrations(d Dialect) fs.FS {
	return d.engine.Migrations(migrations)
}

// Migrate brings the schema to the version that this package needs, and does nothing when it is there
// already. It is meant to be called at every start, and by several processes at once. What was applied
// is recorded in a table of our own, bonafide_migrations. It never goes back, and answers
// [ErrNewerSchema] for a database that is ahead, and [ErrKeys], having changed nothing, for one in which
// storage/sqlkeeper has its tables.
func Migrate(ctx context.Context, db *sql.DB, d Dialect) error {
	if d.engine.Name == "" {
		return errDialect
	}
	keys, err := countTables(ctx, db, d, d.engine.Anywhere, "bonafide_keys_schema")
	if err == nil && keys > 0 {
		err = ErrKeys
	}
	if err != nil {
		return err
	}
	if err := d.engine.Migrate(ctx, db, Migrations(d), "bonafide_migrations", schemaVersion); err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	return checkSchema(ctx, db, d)
}

// checkSchema reads the version that the migrations themselves wrote, whoever ran them.
func checkSchema(ctx context.Context, db *sql.DB, d Dialect) error {
	tables, err := countTables(ctx, db, d, d.engine.Tables, "bonafide_schema")
	if err == nil && tables == 0 {
		err = ErrNotMigrated
	}
	if err != nil {
		return err
	}
	var version int
	if err := db.QueryRowContext(ctx, "SELECT version FROM bonafide_schema").Scan(&version); err != nil {
		return fmt.Errorf("sqlstore: read the schema's version: %w", err)
	}
	switch {
	case version < schemaVersion:
		return ErrNotMigrated
	case version > schemaVersion:
		return ErrNewerSchema
	}
	return nil
}

func countTables(ctx context.Context, db *sql.DB, d Dialect, query, name string) (n int, err error) {
	if err := db.QueryRowContext(ctx, sqlx.Rebind(d.engine.Bind, query), name).Scan(&n); err != nil {
		return 0, fmt.Errorf("sqlstore: look for the table %s, as %s has it: %w", name, d.engine.Name, err)
	}
	return n, nil
}
