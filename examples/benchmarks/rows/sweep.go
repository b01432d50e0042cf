package rows

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func sweeps(home *databases.Home) []measure.Row {
	row := func(where string, on engine, workers int, aim float64) measure.Row {
		return measure.Row{
			Name:    "sweep, 1,000,000 sessions of 1.3 KB of which 250,000 due, on " + where,
			Against: "one UPDATE statement over the same rows", Aim: measure.Aim{AtLeast: aim},
			Note: "Store.Sweep in batches of 250, each a transaction, with a tick that expires a session as the engine's does: " +
				"with an event and a delivery of 600 bytes. The UPDATE writes the same columns of the sessions in one transaction, " +
				"and neither events nor deliveries. Each turn has a copy of the database of its own, with all indexes.",
			Run: func(ctx context.Context, s measure.Setting) (measure.Result, error) {
				return sweep(ctx, s, home, on, workers)
			},
		}
	}
	return []measure.Row{
		row("SQLite", onSQLite, 1, 0.6),
		row("PostgreSQL, one worker", onPostgres, 1, 0.55), row("PostgreSQL, two workers", onPostgres, 2, 0.8),
	}
}

// filled is the filling of a sweep.
func filled(s measure.Setting) databases.Filling {
	return databases.Filling{Sessions: s.Size(1_000_000, 4000), Sealed: 1300, Due: s.Size(250_000, 1000)}
}

// sizeOf says how many sessions there are, where they are fewer than the row's name says.
func sizeOf(s measure.Setting, f databases.Filling) string {
	if !s.Quick {
		return ""
	}
	return "only " + strconv.Itoa(f.Sessions) + " sessions"
}

func sweep(ctx context.Context, s measure.Setting, home *databases.Home, on engine, workers int) (
	r measure.Result, err error) {
	f := filled(s)
	r.Size = sizeOf(s, f)
	r.Rounds, err = s.Hold(ctx, measure.Contest{
		Ours: on.onCopies(home, f, func(ctx context.Context, db *sql.DB) (measure.Turn, error) {
			return sweepAll(ctx, db, on, f, workers)
		}),
		Theirs: []measure.Side{on.onCopies(home, f, func(ctx context.Context, db *sql.DB) (measure.Turn, error) {
			return updateAll(ctx, db, f)
		})},
		Cold: true, Most: 3,
	})
	return r, err
}

// sweepAll sweeps until nothing is due.
func sweepAll(ctx context.Context, db *sql.DB, on engine, f databases.Filling, workers int) (t measure.Turn, err error) {
	store, err := sqlstore.New(db, on.dialect)
	if err != nil {
		return t, err
	}
	var done atomic.Int64
	var all sync.WaitGroup
	failed := make([]error, workers)
	begun := time.Now()
	for worker := range workers {
		all.Go(func() {
			for n, next := 1, (time.Time{}); n > 0 || !next.IsZero() && !next.After(databases.Filled); {
				if n, next, failed[worker] = store.Sweep(ctx, databases.Filled, 250, expire); failed[worker] != nil {
					return
				}
				done.Add(int64(n))
			}
		})
	}
	all.Wait()
	t = measure.Turn{Done: int(done.Load()), Took: time.Since(begun)}
	if err := errors.Join(failed...); err != nil {
		return t, err
	}
	return t, errors.Join(
		counted(ctx, db, "bonafide_sessions WHERE status = 'expired' AND due_at IS NULL", f.Due),
		counted(ctx, db, "bonafide_events", f.Sessions+f.Due),
		counted(ctx, db, "bonafide_deliveries", f.Due),
	)
}

// body is a delivery's.
var body = make([]byte, 600)

// expire is a tick: what the engine does when the time of a session is over.
func expire(s session.Session) (session.Change, bool) {
	at, now := databases.Filled, time.Now() // ids are made by the clock, in the order of time
	c := session.Change{ID: session.NewID(now), Base: s.Version, Session: s}
	c.Session.Status, c.Session.UpdatedAt, c.Session.EndedAt, c.Session.DueAt = session.StatusExpired, at, at, time.Time{}
	c.Events = []session.Event{{
		ID: session.NewID(now), Session: s.ID, Change: c.ID, Kind: session.EventExpired, Status: session.StatusExpired,
		Attempt: s.AttemptID, By: session.ActorTimer, At: at,
	}}
	c.Deliveries = []session.Delivery{{
		ID: session.NewID(now), Tenant: s.Tenant, Session: s.ID, Integration: s.Integration, Endpoint: integration,
		Event: c.Events[0].ID, CreatedAt: at, DueAt: at, State: session.DeliveryDue, Personal: true, Body: body,
	}}
	return c, true
}

// updateAll is the peer of a sweep.
func updateAll(ctx context.Context, db *sql.DB, f databases.Filling) (t measure.Turn, err error) {
	at := databases.Filled.UnixMicro()
	text := fmt.Sprintf("UPDATE bonafide_sessions SET status = 'expired', version = version + 1, seq = seq + 1, "+
		"updated_at = %[1]d, ended_at = %[1]d, due_at = NULL, head = key WHERE due_at <= %[1]d", at)
	begun := time.Now()
	result, err := db.ExecContext(ctx, text)
	if err != nil {
		return t, err
	}
	t.Took = time.Since(begun)
	n, err := result.RowsAffected()
	t.Done = int(n)
	if err == nil && t.Done != f.Due {
		err = fmt.Errorf("the statement changed %d rows, and %d were due", n, f.Due)
	}
	return t, err
}
