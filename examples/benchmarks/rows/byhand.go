package rows

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/bonafide-idv/bonafide/session"
)

// The tables of one who does by hand, and plainly, what a creation guarantees.
const tablesByHand = `
CREATE TABLE logs (key TEXT PRIMARY KEY, n BIGINT NOT NULL, last BIGINT NOT NULL);
CREATE TABLE permits (key TEXT NOT NULL, n BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (key, n));
CREATE TABLE sessions (
  id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, status TEXT NOT NULL, version BIGINT NOT NULL,
  created_at BIGINT NOT NULL, due_at BIGINT, key BYTEA, sealed BYTEA);
CREATE INDEX sessions_due ON sessions (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX sessions_list ON sessions (tenant, id);
CREATE TABLE attempts (id BYTEA PRIMARY KEY, session BYTEA NOT NULL, n BIGINT NOT NULL, status TEXT NOT NULL);
CREATE TABLE events (
  session BYTEA NOT NULL, seq BIGINT NOT NULL, id BYTEA NOT NULL, kind TEXT NOT NULL, at BIGINT NOT NULL, hash BYTEA,
  PRIMARY KEY (session, seq));
INSERT INTO logs VALUES ('create', 0, 0)`

// peerTransacts does each creation in a transaction of its own.
func peerTransacts(ctx context.Context, db *sqlx.DB, size int) (
	func(context.Context, int) error, func(int) error, error) {
	if _, err := db.ExecContext(ctx, tablesByHand); err != nil {
		return nil, nil, err
	}
	sealed := make([]byte, max(size-400, 0)) // the rest is in the other columns and rows
	write := func(ctx context.Context, _ int) error { return createByHand(ctx, db, sealed) }
	left := func(written int) error {
		var n int
		err := db.GetContext(ctx, &n, "SELECT n FROM logs")
		if err == nil && n != written {
			err = errors.New("the log has another number of permits than there were creations")
		}
		return errors.Join(err, counted(ctx, db.DB, "sessions", written), counted(ctx, db.DB, "events", written))
	}
	return write, left, nil
}

func createByHand(ctx context.Context, db *sqlx.DB, sealed []byte) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var log struct{ N, Last int64 }
	if err := tx.GetContext(ctx, &log, "SELECT n, last FROM logs WHERE key = 'create' FOR UPDATE"); err != nil {
		return err
	}
	at := max(time.Now().UnixMicro(), log.Last)
	var before int64
	err = tx.GetContext(ctx, &before, "SELECT at FROM permits WHERE key = 'create' AND n = $1", log.N-most)
	if err == nil && at-before < window.Microseconds() {
		return errRefused
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	id, attempt, event := session.NewID(time.Now()), session.NewID(time.Now()), session.NewID(time.Now())
	for _, s := range []struct {
		text string
		args []any
	}{
		{`WITH taken AS (INSERT INTO permits VALUES ('create', $1, $2))
			UPDATE logs SET n = $1 + 1, last = $2 WHERE key = 'create'`, []any{log.N, at}},
		{"INSERT INTO sessions VALUES ($1, $2, 'created', 1, $3, $4, $5, $6)",
			[]any{id[:], integration[:], at, at + 1e12, event[:], sealed}},
		{"INSERT INTO attempts VALUES ($1, $2, 1, 'created')", []any{attempt[:], id[:]}},
		{"INSERT INTO events VALUES ($1, 1, $2, 'created', $3, $4)", []any{id[:], event[:], at, make([]byte, 32)}},
	} {
		if _, err := tx.ExecContext(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
