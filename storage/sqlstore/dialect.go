package sqlstore

import (
	"net/url"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3/database"
)

// Dialect is what differs between databases, as data. [SQLite] is one; the zero value is none, and
// refused.
type Dialect struct {
	name  string
	goose database.Dialect
	bind  int // sqlx's bind type

	read     string // opens a transaction that sees one instant
	write    string // opens a transaction that nobody writes beside
	lock     string // ends a look-up of rows that will be written
	skip     string // ends a look-up of due rows, and passes over those that are locked
	migrated string // counts the tables that have the name of the schema's own

	remote    bool             // statements can hang on a network, and must have a bound
	oneWriter bool             // writers of this process wait in a line, instead of at the database
	busy      func(error) bool // others were in the way, and the transaction can be run again
	idle      func(error) bool // there was no transaction to roll back
}

// SQLite is SQLite 3.24 or newer. Errors are told apart by the text that SQLite itself gives them, so
// that no driver has to be imported here; github.com/mattn/go-sqlite3 is the one that is tested.
func SQLite() Dialect {
	return Dialect{
		name:      "sqlite",
		goose:     database.DialectSQLite3,
		bind:      sqlx.QUESTION,
		read:      "BEGIN",
		write:     "BEGIN IMMEDIATE",
		migrated:  "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'bonafide_schema'",
		oneWriter: true,
		busy:      sqliteBusy,
		idle:      func(err error) bool { return strings.Contains(err.Error(), "no transaction is active") },
	}
}

// sqliteBusy knows SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT and SQLITE_LOCKED.
func sqliteBusy(err error) bool {
	text := err.Error()
	return strings.Contains(text, "database is locked") || strings.Contains(text, "database table is locked") ||
		strings.Contains(text, "database schema is locked")
}

// SQLiteDSN is the recommended data source name of a database file for github.com/mattn/go-sqlite3. The
// path may hold any character but NUL. The settings are
//
//   - write-ahead logging, so that readers and the writer do not wait for each other;
//   - 5 seconds of waiting for another process's lock;
//   - transactions of the host that take the write lock when they begin: one that first reads and then
//     writes otherwise fails whenever somebody wrote in between;
//   - foreign keys, and 64 prepared statements for each connection;
//   - synchronous FULL: what was answered survives a power failure. It is the last of them, so that a
//     host may cut FULL off and append NORMAL, which is faster: the database can then lose its last
//     commits, though it is never torn.
func SQLiteDSN(path string) string {
	escaped := (&url.URL{Path: path}).EscapedPath()
	return "file:" + escaped + "?_journal_mode=WAL&_busy_timeout=5000&_txlock=immediate&_foreign_keys=1" +
		"&_stmt_cache_size=64&_synchronous=FULL"
}
