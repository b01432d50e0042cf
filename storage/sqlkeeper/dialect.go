package sqlkeeper

import (
	"net/url"

	"github.com/bonafide-idv/bonafide/storage/internal/engine"
)

// Dialect is what differs between databases, as data: [SQLite] or [Postgres]. The zero value is none, and refused.
type Dialect struct {
	engine engine.Engine

	settings []string // of a connection that writes
	begin    string   // opens a transaction that writes
	share    string   // ends a look-up of a row that nobody may write until the transaction ends
	lock     string   // ends a look-up of rows that will be written
	journal  string   // reads how old pages are kept; empty: it does not matter
	logged   string   // the only good answer of journal
	scrub    string   // takes what was overwritten out of the log; answers first whether others are in the way
	traces   bool     // what was overwritten stays where nothing of ours can reach it
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

// Postgres is PostgreSQL 13 or newer, through any driver whose errors give their SQLSTATE by a method of that name;
// github.com/jackc/pgx/v5/stdlib is the one that is tested. It keeps what is overwritten for a while, so that
// [Keeper.OnlyWraps] is true; the package's comment says for how long.
func Postgres() Dialect {
	return Dialect{
		engine: engine.Postgres(),
		settings: []string{
			"SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
		},
		begin:  "BEGIN ISOLATION LEVEL READ COMMITTED",
		share:  "FOR SHARE",
		lock:   "FOR UPDATE",
		traces: true,
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
