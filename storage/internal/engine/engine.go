// Package engine is what the packages that keep something in a SQL database know of the database's engine, whatever
// they keep: how its statements are written and its errors are told apart, and how a schema is migrated.
package engine

import (
	"context"
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

	Remote    bool             // statements can hang on a network, and must have a bound
	OneWriter bool             // writers of this process wait in a line, instead of at the database
	Busy      func(error) bool // others were in the way, and the statement or transaction can be run again
	Idle      func(error) bool // there was no transaction to roll back
}

// SQLite is SQLite 3.24 or newer. Errors are told apart by the text that SQLite itself gives them, so that no driver has
// to be imported here; github.com/mattn/go-sqlite3 is the one that is tested.
func SQLite() Engine {
	return Engine{
		Name:      "sqlite",
		Goose:     database.DialectSQLite3,
		Bind:      sqlx.QUESTION,
		Tables:    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?",
		OneWriter: true,
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
