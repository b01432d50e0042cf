// Package engine is what the packages that keep something in a SQL database know of the database's engine, whatever
// they keep: how its statements are written and its errors are told apart, and how a schema is migrated.
package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3/database"
)

// Engine is what differs between databases, as data. The zero value is none.
type Engine struct {
	Name  string // of the folder with its migrations; empty: this is the zero value
	Goose database.Dialect
	Bind  int // sqlx's bind type
	// Tables counts the tables of a name, which it is given as its one argument, written as ?.
	Tables string
	// Anywhere does so in all of the database, which backups take along as one.
	Anywhere string

	Remote    bool             // statements can hang on a network, and must have a bound
	OneWriter bool             // writers of this process wait in a line, instead of at the database
	Recommits bool             // a transaction stays open whose COMMIT others were in the way of
	Busy      func(error) bool // others were in the way, and the statement or transaction can be run again
	Lost      func(error) bool // the connection is lost, or the server is not there or has no room; nil: it has none
	Idle      func(error) bool // there was no transaction to roll back
}

// Again reports whether a transaction that was not committed may well succeed when it is run again.
func (e Engine) Again(err error) bool { return e.Busy(err) || e.Lost != nil && e.Lost(err) }

// SQLite is SQLite 3.24 or newer. Errors are told apart by the text that SQLite itself gives them, so that no driver has
// to be imported here; github.com/mattn/go-sqlite3 is the one that is tested.
func SQLite() Engine {
	return Engine{
		Name:      "sqlite",
		Goose:     database.DialectSQLite3,
		Bind:      sqlx.QUESTION,
		Tables:    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?",
		Anywhere:  "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?",
		OneWriter: true,
		Recommits: true,
		Busy:      sqliteBusy,
		Idle:      func(err error) bool { return strings.Contains(err.Error(), "no transaction is active") },
	}
}

// sqliteBusy knows SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT and SQLITE_LOCKED.
func sqliteBusy(err error) bool {
	text := err.Error()
	return strings.Contains(text, "database is locked") || strings.Contains(text, "database table is locked") ||
		strings.Contains(text, "database schema is locked")
}

// Postgres is PostgreSQL 13 or newer, and what speaks its protocol. Errors are told apart by their SQLSTATE, which
// github.com/jackc/pgx and github.com/lib/pq both give by a method, so that no driver has to be imported here; the
// former is the one that is tested.
func Postgres() Engine {
	return Engine{
		Name:     "postgres",
		Goose:    database.DialectPostgres,
		Bind:     sqlx.DOLLAR,
		Tables:   "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?",
		Anywhere: "SELECT count(*) FROM pg_tables WHERE tablename = ?",
		Remote:   true,
		Busy:     postgresBusy,
		Lost:     postgresLost,
		Idle:     func(error) bool { return false }, // it only warns
	}
}

// postgresBusy knows serialization failures, deadlocks and locks that were waited for long enough.
func postgresBusy(err error) bool {
	state := sqlState(err)
	return state == "40001" || state == "40P01" || state == lockNotAvailable
}

const lockNotAvailable = "55P03"

// Blocked reports whether somebody held a lock for longer than the transaction was to wait for it.
func (e Engine) Blocked(err error) bool { return e.Remote && sqlState(err) == lockNotAvailable }

// tooManyConnections is what a server says to who comes while all of its connections are in use.
const tooManyConnections = "53300"

// postgresLost knows what drivers say of a connection that broke, and servers that start, stop, fail over or have no room.
func postgresLost(err error) bool {
	state := sqlState(err)
	var broken net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.As(err, &broken) && !broken.Timeout() || strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P") ||
		state == tooManyConnections
}

// sqlState is the error's SQLSTATE; empty: it has none.
func sqlState(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}

// Pause waits for d, and reports whether ctx is still alive.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
