package sqlkeeper

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jmoiron/sqlx"
)

// The schema that this version of the package reads and writes.
const schemaVersion = 1

var (
	// ErrNotMigrated: the database has no tables of ours, or older ones.
	ErrNotMigrated = errors.New("sqlkeeper: the database is not migrated: call sqlkeeper.Migrate first")
	// ErrNewerSchema: a newer version of this package migrated the database.
	ErrNewerSchema = errors.New("sqlkeeper: the database was migrated by a newer version of bonafide")
	// ErrStore: the database is the one of the sessions, in whichever of its schemas. With the keys in it, each
	// backup of it would open what was erased.
	ErrStore = errors.New("sqlkeeper: this is the database of the sessions: keys belong into another")

	errDialect = errors.New("sqlkeeper: the dialect is empty: use sqlkeeper.SQLite() or sqlkeeper.Postgres()")
)

//go:embed migrations
var migrations embed.FS

// Migrations gives the schema of a dialect as numbered SQL files in the form of
// https://pressly.github.io/goose/, for a host that migrates with a tool of its own. Such a host must not call
// [Migrate], which would not know of it. The zero Dialect has no migrations: the file system then answers
// fs.ErrNotExist.
func Migrations(d Dialect) fs.FS {
	return d.engine.Migrations(migrations)
}

// Migrate brings the schema to the version that this package needs, and does nothing when it is there already.
// It is meant to be called at every start, and by several processes at once. What was applied is recorded in a
// table of our own, bonafide_keys_migrations. It never goes back, and answers [ErrNewerSchema] for a database
// that is ahead, and [ErrStore] for the one of the sessions.
func Migrate(ctx context.Context, db *sql.DB, d Dialect) error {
	if d.engine.Name == "" {
		return errDialect
	}
	if err := checkApart(ctx, db, d); err != nil {
		return err
	}
	if err := d.engine.Migrate(ctx, db, Migrations(d), "bonafide_keys_migrations", schemaVersion); err != nil {
		return fmt.Errorf("sqlkeeper: migrate: %w", err)
	}
	return checkSchema(ctx, db, d)
}

// checkApart refuses the database of the sessions.
func checkApart(ctx context.Context, db *sql.DB, d Dialect) error {
	for _, table := range []string{"bonafide_schema", "bonafide_sessions"} {
		if n, err := countTables(ctx, db, d, d.engine.Anywhere, table); err != nil || n > 0 {
			return cmp.Or(err, ErrStore)
		}
	}
	return nil
}

// checkSchema reads the version that the migrations themselves wrote, whoever ran them.
func checkSchema(ctx context.Context, db *sql.DB, d Dialect) error {
	n, err := countTables(ctx, db, d, d.engine.Tables, "bonafide_keys_schema")
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNotMigrated
	}
	var version int
	if err := ask(ctx, db, d, &version, "SELECT version FROM bonafide_keys_schema"); err != nil {
		return fmt.Errorf("sqlkeeper: read the schema's version: %w", err)
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
	if err := ask(ctx, db, d, &n, query, name); err != nil {
		return 0, fmt.Errorf("sqlkeeper: look for the table %s: %w", name, err)
	}
	return n, nil
}

// ask runs a query that has one answer.
func ask(ctx context.Context, db *sql.DB, d Dialect, answer any, query string, args ...any) error {
	return anew(ctx, d, func() error {
		return db.QueryRowContext(ctx, sqlx.Rebind(d.engine.Bind, query), args...).Scan(answer)
	})
}
