package sqlstore

import (
	"net/url"

	"github.com/bonafide-idv/bonafide/storage/internal/engine"
)

// Dialect is what differs between databases, as data. [SQLite] and [Postgres] are two; the zero value is
// none, and refused.
type Dialect struct {
	// Array makes of a Go slice ([][]byte, []int64, []*int64, []string or []*string) what the driver takes for an
	// array, which may have no elements; what is nil in it must come out as NULL. It is asked where many rows are written by one statement, as on
	// PostgreSQL; [New] tries it out, and where it does not work rows are written one by one, which is slower.
	// Default: the slice itself, as github.com/jackc/pgx/v5/stdlib takes it.
	Array func(slice any) any

	engine engine.Engine

	read  string // opens a transaction that sees one instant
	write string // opens a transaction that nobody writes beside
	share string // the same for several callers, who do not wait for long for a lock that one of them needs
	lock  string // ends a look-up of rows that will be written
	skip  string // ends a look-up of due rows, and passes over those that are locked

	arrays bool // it has arrays, and one statement over them costs less than several
}

// SQLite is SQLite 3.24 or newer. Errors are told apart by the text that SQLite itself gives them, so
// that no driver has to be imported here; github.com/mattn/go-sqlite3 is the one that is tested.
func SQLite() Dialect {
	return Dialect{
		engine: engine.SQLite(),
		read:   "BEGIN",
		write:  "BEGIN IMMEDIATE",
		share:  "BEGIN IMMEDIATE",
	}
}

// Postgres is PostgreSQL 13 or newer, through any driver whose errors give their SQLSTATE by a method of that name;
// github.com/jackc/pgx/v5/stdlib is the one that is tested.
func Postgres() Dialect {
	return Dialect{
		engine: engine.Postgres(),
		read:   "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		write:  "BEGIN ISOLATION LEVEL READ COMMITTED",
		share:  "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '100ms'",
		lock:   "FOR UPDATE",
		skip:   "FOR UPDATE SKIP LOCKED",
		arrays: true,
	}
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
