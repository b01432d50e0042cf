package rows

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func deliveries(home *databases.Home) []measure.Row {
	row := func(where string, on engine, workers int, aim float64,
		river func(*databases.Home, int) measure.Side, note string) measure.Row {
		return measure.Row{
			Name: "deliveries claimed and settled, on " + where, Against: "riverqueue/river no-op jobs",
			Aim:  measure.Aim{AtLeast: aim},
			Note: "Store.Claim of up to 1,000 deliveries of 600 bytes and Store.Settle of them all, until none is left. " + note,
			Run: func(ctx context.Context, s measure.Setting) (r measure.Result, err error) {
				n := s.Size(100_000, 500)
				f := databases.Filling{Sessions: n, Sealed: 100, Body: 600}
				r.Rounds, err = s.Hold(ctx, measure.Contest{
					Ours: on.onCopies(home, f, func(ctx context.Context, db *sql.DB) (measure.Turn, error) {
						return deliverAll(ctx, db, on, n, workers)
					}),
					Theirs: []measure.Side{river(home, s.Size(20_000, 200))},
					Cold:   true, Most: 5,
				})
				return r, err
			},
		}
	}
	return []measure.Row{
		row("PostgreSQL, two workers", onPostgres, 2, 2.5, riverOnPostgres,
			"River by its pgx driver, with 1,000 workers, a cooldown of a millisecond, and a pool of 16 connections."),
		row("SQLite", onSQLite, 1, 8, riverOnSQLite,
			"River by its SQLite driver, with the same settings of the file as ours and a pool of one connection, as its "+
				"documentation has it, and with 1,000 workers."),
	}
}

// deliverAll claims and settles until nothing is due.
func deliverAll(ctx context.Context, db *sql.DB, on engine, n, workers int) (t measure.Turn, err error) {
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
			for done.Load() < int64(n) {
				count, err := deliverSome(ctx, store)
				if err != nil || ctx.Err() != nil {
					failed[worker] = errors.Join(err, ctx.Err())
					return
				}
				done.Add(int64(count))
			}
		})
	}
	all.Wait()
	t = measure.Turn{Done: int(done.Load()), Took: time.Since(begun)}
	if err := errors.Join(failed...); err != nil {
		return t, err
	}
	return t, counted(ctx, db, "bonafide_deliveries WHERE state = 'done'", n)
}

func deliverSome(ctx context.Context, store *sqlstore.Store) (int, error) {
	at := databases.Filled
	claimed, _, err := store.Claim(ctx, at, at.Add(30*time.Second), 1000, nil)
	if err != nil || len(claimed) == 0 {
		return 0, err
	}
	for i := range claimed {
		d := &claimed[i]
		d.Tries++
		d.State, d.DueAt, d.Last = session.DeliveryDone, time.Time{}, session.Try{At: at, Status: 200}
	}
	if errs := store.Settle(ctx, claimed...); errs != nil {
		return 0, errors.Join(errs...)
	}
	return len(claimed), nil
}
