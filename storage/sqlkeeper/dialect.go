package sqlkeeper

import (
	"net/url"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3/database"
)

// Dialect is what differs between databases, as data. [SQLite] is one; the zero value is none, and refused.
type Dialect struct {
	name  string
	goose database.Dialect
	bind  int // sqlx's bind type

	settings []string // of a connection that writes
	begin    string   // opens a transaction that writes
	share    string   // ends a look-up of a row that nobody may write until the transaction ends
	lock     string   // ends a look-up of rows that will be written
	tables   string   // counts the tables of a name
	journal  string   // reads how old pages are kept; empty: it does not matter
	logged   string   // the only good answer of journal
	scrub    string   // takes what was overwritten out of the log; answers first whether others are in the way

	remote    bool             // statements can hang on a network, and must have a bound
	oneWriter bool             // writers of this process wait in a line, instead of at the database
	busy      func(error) bool // others were in the way, and the statement can be run again
	idle      func(error) bool // there was no transaction to roll back
}

// SQLite is SQLite 3.24 or newer, with write-ahead logging. Errors are told apart by the text that SQLite
// itself gives them, so that no driver has to be imported here; github.com/mattn/go-sqlite3 is the one that is
// tested.
func SQLite() Dialect {
	return Dialect{
		name:      "sqlite",
		goose:     database.DialectSQLite3,
		bind:      sqlx.QUESTION,
		settings:  []string{"PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON"},
		begin:     "BEGIN IMMEDIATE",
		tables:    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?",
		journal:   "PRAGMA journal_mode",
		logged:    "wal",
		scrub:     "PRAGMA wal_checkpoint(TRUNCATE)",
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

// SQLiteDSN is the recommended data source name of a database file for github.com/mattn/go-sqlite3. The path
// may hold any character but NUL; it must not be that of the store's database. The settings are write-ahead
// logging, which a [Keeper] asks for, and 5 seconds of waiting for another process's lock. How far a write is
// synced, and that what is overwritten is overwritten, the Keeper itself sets on the connections that it writes
// with.
func SQLiteDSN(path string) string {
	escaped := (&url.URL{Path: path}).EscapedPath()
	return "file:" + escaped + "?_journal_mode=WAL&_busy_timeout=5000&_txlock=immediate&_secure_delete=1" +
		"&_synchronous=FULL"
}
