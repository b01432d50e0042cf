package sqlkeeper

import (
	"net/url"

	"github.com/bonafide-idv/bonafide/storage/internal/engine"
)

// Dialect is what differs between databases, as data. [SQLite] is one; the zero value is none, and refused.
type Dialect struct {
	engine engine.Engine

	settings []string // of a connection that writes
	begin    string   // opens a transaction that writes
	share    string   // ends a look-up of a row that nobody may write until the transaction ends
	lock     string   // ends a look-up of rows that will be written
	journal  string   // reads how old pages are kept; empty: it does not matter
	logged   string   // the only good answer of journal
	scrub    string   // takes what was overwritten out of the log; answers first whether others are in the way
}

// SQLite is SQLite 3.24 or newer, with write-ahead logging. Errors are told apart by the text that SQLite
// itself gives them, so that no driver has to be imported here; github.com/mattn/go-sqlite3 is the one that is
// tested.
func SQLite() Dialect {
	return Dialect{
		engine:   engine.SQLite(),
		settings: []string{"PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON"},
		begin:    "BEGIN IMMEDIATE",
		journal:  "PRAGMA journal_mode",
		logged:   "wal",
		scrub:    "PRAGMA wal_checkpoint(TRUNCATE)",
	}
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
