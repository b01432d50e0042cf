package rows

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func listings(home *databases.Home) []measure.Row {
	row := func(where string, on engine, note string) measure.Row {
		return measure.Row{
			Name: "listing a page by cursor, 10,000,000 sessions, on " + where, Against: "the same page of 10,000",
			Aim: measure.Aim{AtMost: 1.3},
			Note: "Store.Query of 20 sessions of one tenant after a cursor, from 250 places that are spread evenly over " +
				"all, in turn. The sessions have 100 bytes of sealed facts, so that the larger database fits into memory, as " +
				"the smaller does." + note,
			Run: func(ctx context.Context, s measure.Setting) (measure.Result, error) {
				return list(ctx, s, home, on)
			},
		}
	}
	return []measure.Row{
		row("SQLite", onSQLite, ""),
		row("PostgreSQL", onPostgres, " The server's buffers are a quarter of the machine's memory, up to 4 GB, as its documentation advises."),
	}
}

func list(ctx context.Context, s measure.Setting, home *databases.Home, on engine) (r measure.Result, err error) {
	few, many := 10_000, s.Size(10_000_000, 20_000)
	if s.Quick {
		few = 1000
		r.Size = fmt.Sprintf("only %d against %d sessions", many, few)
	}
	var sides []measure.Side
	for _, n := range []int{many, few} {
		db, err := on.filled(ctx, home, databases.Filling{Sessions: n, Sealed: 100})
		if err != nil {
			return r, err
		}
		defer db.Close()
		side, err := paging(ctx, db, on, n)
		if err != nil {
			return r, err
		}
		sides = append(sides, side)
	}
	r.Rounds, err = s.Hold(ctx, measure.Contest{Ours: sides[0], Theirs: sides[1:]})
	return r, err
}

// paging reads one page after another of n sessions.
func paging(ctx context.Context, db *sql.DB, on engine, n int) (measure.Side, error) {
	store, err := sqlstore.New(db, on.dialect)
	if err != nil {
		return nil, err
	}
	const places, size = 250, 20
	turn := 0
	page := func() error {
		after := size + 1 + (n-size)/places*(turn%places)
		turn++
		got, err := store.Query(ctx, session.Query{Tenant: databases.Tenant, After: databases.SessionID(after), N: size})
		if err == nil && (len(got) != size || got[0].ID != databases.SessionID(after-1)) {
			err = fmt.Errorf("a page of %d sessions has %d, or begins elsewhere", size, len(got))
		}
		return err
	}
	for range places { // what is read for the first time comes from the disk
		if err := page(); err != nil {
			return nil, err
		}
	}
	return measure.Repeat(page), nil
}
