package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// The caller's ctx is cancelled while its change is being written.
func TestOnceBegun(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		for _, start := range []string{"SELECT", "INSERT INTO bonafide_sessions", "COMMIT"} {
			t.Run("cancelled at "+start, func(t *testing.T) {
				t.Parallel()
				spy, store := on.spiedStore(t, 1)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				spy.On(func(query string) error {
					if begins(query, start) {
						cancel()
					}
					return nil
				}, nil)
				c := inTransaction(creation(newID()))
				c.Entries = []session.Entry{entryOf(c.Session.Tenant, "looked for")}
				if errs := store.Apply(ctx, c); errs != nil {
					t.Errorf("Apply: got %v, want nil: it was begun before ctx ended", errs)
				}
				if ctx.Err() == nil {
					t.Fatal("ctx was not cancelled")
				}
				if load(t, store, c) == nil {
					t.Error("the session is not there")
				}
			})
		}
	})
}

// The ctx ends of a caller whose turn has not come.
func TestWaitingCanBeCancelled(t *testing.T) {
	t.Parallel()
	spy, store := spied(t, 4)
	writing, goOn := make(chan bool), make(chan bool)
	spy.On(func(query string) error {
		if query == "COMMIT" {
			writing <- true
			<-goOn
		}
		return nil
	}, nil)
	one, other := creation(newID()), creation(newID())
	outcome := make(chan []error)
	go func() { outcome <- store.Apply(t.Context(), one) }()
	<-writing

	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan []error)
	go func() { left <- store.Apply(ctx, other) }()
	cancel()
	if errs := <-left; !errors.Is(errors.Join(errs...), context.Canceled) {
		t.Errorf("Apply that waits for its turn: got %v, want %v", errs, context.Canceled)
	}
	goOn <- true
	if errs := <-outcome; errs != nil {
		t.Errorf("Apply that others waited for: got %v, want nil", errs)
	}
	if load(t, store, one) == nil || load(t, store, other) != nil {
		t.Error("not exactly the first session is there")
	}
}

// The store waits for a connection that the host's transaction has.
func TestPoolThatIsTaken(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db, store := host(t, on, 1)
		tx := begin(t, db)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		if errs := store.Apply(ctx, creation(newID())); !errors.Is(errors.Join(errs...), context.DeadlineExceeded) {
			t.Errorf("Apply beside the host's transaction: got %v, want %v", errs, context.DeadlineExceeded)
		}
		if _, err := store.Load(ctx, session.Ref{}, session.PartEvents); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Load beside the host's transaction: got %v, want %v", err, context.DeadlineExceeded)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		apply(t, store, creation(newID()))
	})
}

// The store waits for the write lock that the host's transaction has. SQLite itself does not wait here.
func TestLockThatIsTaken(t *testing.T) {
	t.Parallel()
	dsn := strings.Replace(sqlstore.SQLiteDSN(newFile(t)), "_busy_timeout=5000", "_busy_timeout=0", 1)
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()); err != nil {
		t.Fatal(err)
	}
	store := newStore(t, db)
	tx := begin(t, db)
	c := creation(newID())
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if errs := store.Apply(ctx, c); !errors.Is(errors.Join(errs...), context.DeadlineExceeded) {
		t.Errorf("Apply beside the host's transaction: got %v, want %v", errs, context.DeadlineExceeded)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if load(t, store, c) != nil {
		t.Error("the session is there, though ctx ended before its turn")
	}
	apply(t, store, c)
}
