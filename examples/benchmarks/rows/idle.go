package rows

import (
	"context"
	"errors"
	"time"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func idleSweeps(home *databases.Home) []measure.Row {
	row := func(where string, on engine) measure.Row {
		return measure.Row{
			Name: "idle sweep of 1,000,000 sessions, on " + where, Against: "one index probe",
			Aim:  measure.Aim{AtMost: 2},
			Note: "The probe is a prepared look-up of the earliest alarm.",
			Run: func(ctx context.Context, s measure.Setting) (measure.Result, error) {
				return sweepNothing(ctx, s, home, on)
			},
		}
	}
	return []measure.Row{row("SQLite", onSQLite), row("PostgreSQL", onPostgres)}
}

func sweepNothing(ctx context.Context, s measure.Setting, home *databases.Home, on engine) (r measure.Result, err error) {
	f := filled(s)
	r.Size = sizeOf(s, f)
	db, err := on.filled(ctx, home, f)
	if err != nil {
		return r, err
	}
	defer db.Close()
	store, err := sqlstore.New(db, on.dialect)
	if err != nil {
		return r, err
	}
	probe, err := db.PrepareContext(ctx, "SELECT due_at FROM bonafide_sessions WHERE due_at IS NOT NULL "+
		"ORDER BY due_at LIMIT 1")
	if err != nil {
		return r, err
	}
	defer probe.Close()
	before := databases.Filled.Add(-time.Hour)
	none := func(session.Session) (session.Change, bool) { return session.Change{}, false }
	r.Rounds, err = s.Hold(ctx, measure.Contest{
		Ours: measure.Repeat(func() error {
			done, next, err := store.Sweep(ctx, before, 250, none)
			if err == nil && (done != 0 || !next.Equal(databases.Filled)) {
				err = errors.New("an idle sweep did something, or did not find the next alarm")
			}
			return err
		}),
		Theirs: []measure.Side{measure.Repeat(func() error {
			var at int64
			err := probe.QueryRowContext(ctx).Scan(&at)
			if err == nil && at != databases.Filled.UnixMicro() {
				err = errors.New("the probe found another alarm")
			}
			return err
		})},
	})
	return r, err
}
