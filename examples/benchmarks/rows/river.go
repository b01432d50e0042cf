package rows

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
)

// noOp is a job with a body as large as a delivery's, of which nothing is done.
type noOp struct {
	Body string `json:"body"`
}

// Kind implements [river.JobArgs].
func (noOp) Kind() string { return "no_op" }

// riverOnPostgres works off n jobs in each turn, in a new database.
func riverOnPostgres(home *databases.Home, n int) measure.Side {
	return func(ctx context.Context, _ time.Duration) (t measure.Turn, err error) {
		at, drop, err := home.Postgres(ctx)
		if err != nil {
			return t, err
		}
		defer drop()
		config, err := pgxpool.ParseConfig(at)
		if err != nil {
			return t, err
		}
		config.MaxConns = 16
		pool, err := pgxpool.NewWithConfig(ctx, config)
		if err != nil {
			return t, err
		}
		defer pool.Close()
		return workOff(ctx, riverpgxv5.New(pool), n)
	}
}

// riverOnSQLite works off n jobs in each turn, in a new file.
func riverOnSQLite(home *databases.Home, n int) measure.Side {
	return func(ctx context.Context, _ time.Duration) (t measure.Turn, err error) {
		db, _, err := home.SQLite(false, 1)
		if err != nil {
			return t, err
		}
		defer db.Close()
		return workOff(ctx, riversqlite.New(db), n)
	}
}

// workOff has n jobs waiting, and then takes the time until river has written that all are completed.
func workOff[Tx any](ctx context.Context, driver riverdriver.Driver[Tx], n int) (t measure.Turn, err error) {
	quiet := slog.New(slog.DiscardHandler)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return t, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return t, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[noOp]) error { return nil }))
	client, err := river.NewClient(driver, &river.Config{
		Queues:        map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1000}},
		FetchCooldown: time.Millisecond, FetchPollInterval: time.Millisecond, Logger: quiet, Workers: workers,
	})
	if err != nil {
		return t, err
	}
	if err := insertJobs(ctx, driver, n); err != nil {
		return t, err
	}
	completed, cancel := client.SubscribeConfig(&river.SubscribeConfig{
		ChanSize: n, Kinds: []river.EventKind{river.EventKindJobCompleted, river.EventKindJobFailed},
	})
	defer cancel()
	begun := time.Now()
	if err := client.Start(ctx); err != nil {
		return t, err
	}
	err = awaitCompleted(ctx, completed, n)
	t = measure.Turn{Done: n, Took: time.Since(begun)}
	return t, errors.Join(err, client.Stop(context.WithoutCancel(ctx)))
}

// insertJobs has a client of its own, as one that is to work cannot insert before it has started.
func insertJobs[Tx any](ctx context.Context, driver riverdriver.Driver[Tx], n int) error {
	client, err := river.NewClient(driver, &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	args := noOp{Body: strings.Repeat("x", len(body))}
	for left := n; left > 0; {
		jobs := make([]river.InsertManyParams, min(left, 500))
		for i := range jobs {
			jobs[i].Args = args
		}
		added, err := client.InsertManyFast(ctx, jobs)
		if err != nil {
			return err
		}
		left -= added
	}
	return nil
}

// awaitCompleted reads the events that river tells once a completion is written.
func awaitCompleted(ctx context.Context, completed <-chan *river.Event, n int) error {
	for range n {
		select {
		case event := <-completed:
			if event.Kind != river.EventKindJobCompleted {
				return fmt.Errorf("a job is %s", event.Job.State)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
