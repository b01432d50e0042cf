package rows

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func createRelaxed(home *databases.Home) []measure.Row {
	return []measure.Row{{
		Name: "create on SQLite, NORMAL, 1 writer", Against: "the same statements without the engine",
		Aim: measure.Aim{AtLeast: 0.85},
		Note: "The statements of 64 creations are recorded as the driver gets them, and run again with new ids, prepared, on " +
			"one connection that is held, in a transaction for each creation.",
		Run: func(ctx context.Context, s measure.Setting) (measure.Result, error) {
			return createAgainstReplay(ctx, s, home)
		},
	}}
}

func createAgainstReplay(ctx context.Context, s measure.Setting, home *databases.Home) (r measure.Result, err error) {
	recorded, err := recordCreations(ctx, home, true, 64)
	if err != nil {
		return r, err
	}
	db, _, err := home.Migrated(ctx, true, 4)
	if err != nil {
		return r, err
	}
	h, err := newHouse(home, db, sqlstore.SQLite())
	if err != nil {
		return r, err
	}
	defer h.close()
	theirs, _, err := home.Migrated(ctx, true, 1)
	if err != nil {
		return r, err
	}
	defer theirs.Close()
	again, err := newReplay(ctx, theirs, recorded)
	if err != nil {
		return r, err
	}
	defer again.close()
	ours, peer := measure.Crowd(1, h.create), measure.Crowd(1, again.create)
	return creations(ctx, s, ours, peer, func(created, replayed int) error {
		again.close() // of a pool of one
		return errors.Join(
			counted(ctx, db, "bonafide_sessions", created), counted(ctx, db, "bonafide_events", created),
			counted(ctx, theirs, "bonafide_sessions", replayed), counted(ctx, theirs, "bonafide_events", replayed),
		)
	})
}

// recordCreations gives the statements of so many creations, each with its transaction around it. A few go before them,
// so that what is done once is done.
func recordCreations(ctx context.Context, home *databases.Home, relaxed bool, n int) (
	out [][]databases.Statement, err error) {
	db, dsn, err := home.Migrated(ctx, relaxed, 1)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	db, recorder := databases.Recorded(dsn)
	h, err := newHouse(home, db, sqlstore.SQLite())
	if err != nil {
		return nil, err
	}
	defer h.close()
	for i := range 8 + n {
		recorder.Take()
		if err := h.create(ctx, 0); err != nil {
			return nil, err
		}
		statements := recorder.Take()
		if len(statements) < 4 || !strings.HasPrefix(statements[len(statements)-1].Text, "COMMIT") {
			return nil, fmt.Errorf("a creation was recorded as %d statements, of which the last is no commit", len(statements))
		}
		if i >= 8 {
			out = append(out, statements)
		}
	}
	return out, nil
}

// replay runs recorded creations, one after another and then from the beginning, each with ids of its own.
type replay struct {
	conn     *sql.Conn
	recorded [][]databases.Statement
	prepared map[string]*sql.Stmt
	next     int
}

func newReplay(ctx context.Context, db *sql.DB, recorded [][]databases.Statement) (*replay, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	r := &replay{conn: conn, recorded: recorded, prepared: map[string]*sql.Stmt{}}
	for _, creation := range recorded {
		for _, statement := range creation {
			if r.prepared[statement.Text] != nil {
				continue
			}
			if r.prepared[statement.Text], err = conn.PrepareContext(ctx, statement.Text); err != nil {
				return nil, errors.Join(err, conn.Close())
			}
		}
	}
	return r, nil
}

func (r *replay) close() { _ = r.conn.Close() }

func (r *replay) create(ctx context.Context, _ int) error {
	ids := map[string][]byte{string(integration[:]): integration[:], string(uuid.Nil[:]): uuid.Nil[:]}
	now := time.Now()
	for _, statement := range r.recorded[r.next%len(r.recorded)] {
		args := make([]any, len(statement.Args))
		for i, arg := range statement.Args {
			args[i] = renewed(arg, ids, now)
		}
		if err := r.run(ctx, statement, args); err != nil {
			return fmt.Errorf("%.60s: %w", statement.Text, err)
		}
	}
	r.next++
	return nil
}

// renewed gives for an id another one, for the same id within a creation the same.
func renewed(arg any, ids map[string][]byte, now time.Time) any {
	old, ok := arg.([]byte)
	if !ok || len(old) != len(uuid.UUID{}) {
		return arg
	}
	id, known := ids[string(old)]
	if !known {
		fresh := session.NewID(now)
		id = fresh[:]
		ids[string(old)] = id
	}
	return id
}

func (r *replay) run(ctx context.Context, statement databases.Statement, args []any) error {
	prepared := r.prepared[statement.Text]
	if !statement.Query {
		_, err := prepared.ExecContext(ctx, args...)
		return err
	}
	rows, err := prepared.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return drain(rows)
}

// drain reads all rows and all of their columns.
func drain(rows *sql.Rows) error {
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	fields, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range fields {
		into[i] = &fields[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return rows.Err()
}
