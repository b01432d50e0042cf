package sqlstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// A lock that somebody holds for long, as a host does in its transaction, holds up those who need it, and nobody else.
func TestHeldLockAndStrangers(t *testing.T) {
	t.Parallel()
	permit := func(key string) []session.Permit {
		return []session.Permit{{Key: key, Rules: []session.Rule{{N: 100, Window: time.Hour}}, At: now}}
	}
	there := creation(newID())
	for _, test := range []struct {
		name          string
		held, blocked session.Change
	}{
		{"a permit log", with(permit("held")), with(permit("held"))},
		{"a session", step(version(there, 1)), step(version(there, 1))},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db, store := host(t, onPostgres(), 8)
			apply(t, store, there, with(permit("held")), with(permit("free")))
			tx := begin(t, db)
			if errs := store.Tx(tx).Apply(t.Context(), test.held); errs != nil {
				t.Fatalf("Apply in the host's transaction: got %v, want nil", errs)
			}
			blocked := make(chan []error)
			ctx, cancel := context.WithCancel(t.Context())
			go func() { blocked <- store.Apply(ctx, test.blocked) }()
			var strangers sync.WaitGroup
			for range 20 {
				strangers.Go(func() { apply(t, store, with(permit("free"))) })
			}
			strangers.Wait()
			select {
			case errs := <-blocked:
				t.Errorf("Apply of who needs the lock: got %v, want it to wait", errs)
			default:
			}
			cancel()
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
			if errs := <-blocked; errs != nil && !errors.Is(errs[0], context.Canceled) {
				t.Errorf("Apply of who needs the lock: got %v, want nil or %v", errs, context.Canceled)
			}
		})
	}
}

// with is a creation that asks for permits.
func with(permits []session.Permit) session.Change {
	c := creation(newID())
	c.Permits = permits
	return c
}

// version is a change's session as it is at a version.
func version(c session.Change, n int64) session.Session {
	c.Session.Version = n
	return c.Session
}

// What cannot even be judged, as text that the database does not take, is refused alone.
func TestSenselessChangeAndStrangers(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		_, store := on.spiedStore(t, 1)
		good, bad, other := creation(newID()), creation(newID()), creation(newID())
		bad.Entries = []session.Entry{entryOf(bad.Session.Tenant, "a\xff")}
		errs := store.Apply(t.Context(), good, bad, other)
		if errs != nil && (errs[0] != nil || errs[2] != nil) {
			t.Errorf("Apply: got %v, want an error for the second change at most", errs)
		}
		if load(t, store, good) == nil || load(t, store, other) == nil {
			t.Error("the first or the third session is not there")
		}
	})
}
