package rows

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func createOnPostgres(home *databases.Home) []measure.Row {
	row := func(writers int, aim float64, against string, kind peerOnPostgres, note string) measure.Row {
		return measure.Row{
			Name: fmt.Sprintf("create on PostgreSQL, %d writers", writers), Against: against,
			Aim: measure.Aim{AtLeast: aim}, Note: note,
			Run: func(ctx context.Context, s measure.Setting) (measure.Result, error) {
				return createOnServer(ctx, s, home, writers, kind)
			},
		}
	}
	const (
		insert      = "sqlx+pgx single-row inserts of the same bytes"
		transaction = "one transaction each with the same guarantees"
	)
	const note = "As on SQLite, in two databases of one server. Pools have a connection for each writer; pgx prepares."
	const byHand = "By hand with sqlx and pgx: a lock on the log of permits, a look at the permit that decides, then " +
		"permit, session, attempt and event as rows, and a commit; eight round trips."
	return []measure.Row{
		row(16, 1.2, insert, peerInserts, note), row(64, 2.2, insert, peerInserts, note),
		row(16, 10, transaction, peerTransacts, byHand), row(64, 10, transaction, peerTransacts, byHand),
	}
}

// peerOnPostgres makes a peer that writes on a database, and says what must be there after so many writes.
type peerOnPostgres func(ctx context.Context, db *sqlx.DB, size int) (
	write func(context.Context, int) error, left func(written int) error, err error)

func createOnServer(ctx context.Context, s measure.Setting, home *databases.Home, writers int, kind peerOnPostgres) (
	r measure.Result, err error) {
	size, err := bytesOfCreation(ctx, home)
	if err != nil {
		return r, err
	}
	db, drop, err := home.MigratedPostgres(ctx, writers)
	if err != nil {
		return r, err
	}
	defer drop()
	h, err := newHouse(home, db, sqlstore.Postgres())
	if err != nil {
		return r, err
	}
	defer h.close()
	at, dropTheirs, err := home.Postgres(ctx)
	if err != nil {
		return r, err
	}
	defer dropTheirs()
	theirs, err := databases.OpenPostgres(at, writers)
	if err != nil {
		return r, err
	}
	defer theirs.Close()
	write, left, err := kind(ctx, sqlx.NewDb(theirs, "pgx"), size)
	if err != nil {
		return r, err
	}
	ours, peer := measure.Crowd(writers, h.create), measure.Crowd(writers, write)
	return creations(ctx, s, ours, peer, func(created, written int) error {
		return errors.Join(
			counted(ctx, db, "bonafide_sessions", created), counted(ctx, db, "bonafide_events", created), left(written),
		)
	})
}

// peerInserts inserts rows.
func peerInserts(ctx context.Context, db *sqlx.DB, size int) (
	func(context.Context, int) error, func(int) error, error) {
	b, err := newBare(db, "BYTEA", size)
	if err != nil {
		return nil, nil, err
	}
	return b.add, func(written int) error { return counted(ctx, db.DB, "bare", written) }, nil
}
