package sqlstore_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// host is a database that has a table of the host's beside ours.
func host(t *testing.T, on kind, pool int) (*sql.DB, *sqlstore.Store) {
	t.Helper()
	db := on.migrated(t, on.driver, pool)
	exec(t, db, "CREATE TABLE orders (id BYTEA NOT NULL PRIMARY KEY)")
	return db, on.store(t, db)
}

func order(t *testing.T, tx sqlstore.Conn, c session.Change) {
	t.Helper()
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO orders (id) VALUES ($1)", c.Session.ID[:]); err != nil {
		t.Fatalf("the host's own row: %v", err)
	}
}

func begin(t *testing.T, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func TestTxCommitsWithTheHost(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		for _, pool := range []int{1, 4} {
			t.Run(fmt.Sprintf("pool of %d", pool), func(t *testing.T) {
				t.Parallel()
				db, store := host(t, on, pool)
				tx := begin(t, db)
				c := creation(newID())
				order(t, tx, c)
				apply(t, store.Tx(tx), c)
				if r := load(t, store.Tx(tx), c); r == nil || len(r.Events) != 1 {
					t.Errorf("within the transaction: got %+v, want the session and its event", r)
				}
				if err := tx.Commit(); err != nil {
					t.Fatal(err)
				}
				if load(t, store, c) == nil || count(t, db, "SELECT count(*) FROM orders") != 1 {
					t.Error("after the commit: the session or the host's row is not there")
				}
			})
		}
	})
}

func TestTxRollsBackWithTheHost(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db, store := host(t, on, 1)
		tx := begin(t, db)
		c := creation(newID())
		c.Permits = []session.Permit{{Key: "key", Rules: []session.Rule{{N: 1, Window: time.Hour}}, At: now}}
		order(t, tx, c)
		apply(t, store.Tx(tx), c)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if load(t, store, c) != nil || count(t, db, "SELECT count(*) FROM orders") != 0 {
			t.Error("after the rollback: the session or the host's row is there")
		}
		apply(t, store, c) // the permit was given back too
	})
}

func TestTxSurvivesRefusals(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db, store := host(t, on, 1)
		there := creation(newID())
		apply(t, store, there)
		tx := begin(t, db)
		once := []session.Permit{{Key: "key", Rules: []session.Rule{{N: 1, Window: time.Hour}}, At: now}}
		first, limited, stale, gone := creation(newID()), creation(newID()), step(there.Session), step(creation(newID()).Session)
		first.Permits, limited.Permits = once, once
		stale.Base, gone.Base = 7, 1
		doubled := creation(newID())
		doubled.Deliveries[0].ID = there.Deliveries[0].ID
		named, unnamed, keyed := entryOf(first.Session.Tenant, "name"), entryOf(first.Session.Tenant, "name"), creation(newID())
		first.Entries, keyed.Entries = []session.Entry{named}, []session.Entry{unnamed}
		if errs := store.Tx(tx).Apply(t.Context(), doubled); !errors.Is(errors.Join(errs...), session.ErrExists) {
			t.Errorf("a change with a delivery that is there: got %v, want %v", errs, session.ErrExists)
		}
		got := store.Tx(tx).Apply(t.Context(), first, limited, there, stale, gone, doubled, keyed)
		for i, want := range []error{
			nil, session.ErrLimited, session.ErrExists, session.ErrConflict, session.ErrNotFound, session.ErrExists,
			session.ErrConflict,
		} {
			if !errors.Is(got[i], want) {
				t.Errorf("change %d: got %v, want %v", i, got[i], want)
			}
		}
		order(t, tx, first)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if load(t, store, first) == nil {
			t.Error("the change that was done is not there")
		}
		for _, c := range []session.Change{limited, gone, doubled, keyed} {
			if load(t, store, c) != nil {
				t.Errorf("a refused change left session %s", c.Session.ID)
			}
		}
		if r := load(t, store, there); len(r.Events) != 1 {
			t.Errorf("events of the session that changes were refused for: got %d, want 1", len(r.Events))
		}
	})
}

func TestTxHasAllVerbs(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db, store := host(t, on, 1)
		tenant := newID()
		c := creation(tenant)
		c.Events[0].Listed = true
		tx := begin(t, db)
		in := store.Tx(tx)
		apply(t, in, c)
		done, _, err := in.Sweep(t.Context(), now, 10, func(s session.Session) (session.Change, bool) {
			change := step(s)
			change.Session.DueAt = time.Time{}
			return change, true
		})
		if done != 1 || err != nil {
			t.Errorf("Sweep: got %d, %v, want 1, nil", done, err)
		}
		claimed, _, err := in.Claim(t.Context(), now, now.Add(time.Minute), 10, nil)
		if len(claimed) != 1 || err != nil {
			t.Fatalf("Claim: got %d, %v, want 1, nil", len(claimed), err)
		}
		claimed[0].State, claimed[0].DueAt = session.DeliveryDone, time.Time{}
		if errs := in.Settle(t.Context(), claimed...); errs != nil {
			t.Errorf("Settle: got %v, want nil", errs)
		}
		if list, err := in.Query(t.Context(), session.Query{Tenant: tenant, N: 10}); len(list) != 1 || err != nil {
			t.Errorf("Query: got %d, %v, want 1, nil", len(list), err)
		}
		log, err := in.Deliveries(t.Context(), session.DeliveryQuery{Tenant: tenant, State: session.DeliveryDone, N: 10})
		if len(log) != 1 || err != nil {
			t.Errorf("Deliveries: got %d, %v, want 1, nil", len(log), err)
		}
		apply(t, in, session.Change{ID: newID(), Entries: []session.Entry{entryOf(tenant, "name")}})
		entries, err := in.Entries(t.Context(), session.EntryQuery{Tenant: tenant, Kind: session.EntryAnswer, N: 10})
		if len(entries) != 1 || err != nil {
			t.Errorf("Entries: got %d, %v, want 1, nil", len(entries), err)
		}
		if events, err := in.Events(t.Context(), session.EventQuery{Tenant: tenant, N: 10}); len(events) != 1 || err != nil {
			t.Errorf("Events: got %d, %v, want 1, nil", len(events), err)
		}
		if _, err := in.Integration(t.Context(), tenant, now); err != nil {
			t.Errorf("Integration: %v", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if load(t, store, c) != nil || count(t, db, "SELECT count(*) FROM bonafide_entries") != 0 {
			t.Error("the session or the entry is there after the rollback")
		}
	})
}

// A transaction reads before somebody else writes, and SQLite does not let it write any more.
func TestTxThatMustBeRunAgain(t *testing.T) {
	t.Parallel()
	db, store := host(t, onSQLite(), 4)
	there := creation(newID())
	apply(t, store, there)

	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "BEGIN DEFERRED"); err != nil {
		t.Fatal(err)
	}
	in := store.Tx(conn)
	if load(t, in, there) == nil {
		t.Fatal("the session is not there")
	}
	apply(t, store, creation(newID()))
	late := creation(newID())
	for i, err := range in.Apply(t.Context(), late, creation(newID())) {
		if !errors.Is(err, session.ErrRetry) {
			t.Errorf("change %d of a transaction that is too late: got %v, want ErrRetry", i, err)
		}
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if load(t, store, late) != nil {
		t.Error("the change is there")
	}
}

func TestTxOfSqlx(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db, store := host(t, on, 1)
		tx := sqlx.NewDb(db, on.driver).MustBegin()
		c := creation(newID())
		apply(t, store.Tx(tx), c)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if load(t, store, c) == nil {
			t.Error("the session is not there")
		}
	})
}

func TestTxThatIsOver(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db, store := host(t, on, 1)
		tx := begin(t, db)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if errs := store.Tx(tx).Apply(t.Context(), creation(newID())); !errors.Is(errors.Join(errs...), sql.ErrTxDone) {
			t.Errorf("Apply in a transaction that is over: got %v, want %v", errs, sql.ErrTxDone)
		}
	})
}
