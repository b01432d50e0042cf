package sqlstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
	"github.com/bonafide-idv/bonafide/storage/storetest"
)

func TestStoreWithAPool(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) session.Store { return newStore(t, migrated(t, "sqlite3", 8)) })
}

func TestStoreWithAPoolOfOne(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) session.Store { return newStore(t, migrated(t, "sqlite3", 1)) })
}

// Two Stores on one file, each with a pool of its own, take every call in turn.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) session.Store {
		file := migratedFile(t)
		first, second := open(t, "sqlite3", file, 4), open(t, "sqlite3", file, 4)
		return &inTurn{stores: [2]session.Store{newStore(t, first), newStore(t, second)}}
	})
}

func TestDurable(t *testing.T) {
	t.Parallel()
	storetest.Durable(t, func(t *testing.T) (session.Store, func() session.Store) {
		file := migratedFile(t)
		db := open(t, "sqlite3", file, 4)
		return newStore(t, db), func() session.Store {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			return newStore(t, open(t, "sqlite3", file, 4))
		}
	})
}

// TestAttemptOfAnotherSession: an attempt is overwritten in its own session only.
func TestAttemptOfAnotherSession(t *testing.T) {
	t.Parallel()
	store := newStore(t, migrated(t, "sqlite3", 1))
	one, other := creation(newID()), creation(newID())
	apply(t, store, one)
	other.Attempts[0].ID = one.Attempts[0].ID
	fine := creation(newID())
	errs := store.Apply(t.Context(), other, fine)
	if len(errs) != 2 || errs[0] == nil || errs[1] != nil {
		t.Errorf("Apply with another session's attempt: got %v, want an error, and nil for the change beside it", errs)
	}
	if load(t, store, other) != nil || len(load(t, store, one).Attempts) != 1 {
		t.Error("the session was made, or the other one has lost its attempt")
	}
}

// TestPermitLogsStaySmall: what no rule looks at any more is not kept.
func TestPermitLogsStaySmall(t *testing.T) {
	t.Parallel()
	db := migrated(t, "sqlite3", 1)
	store := newStore(t, db)
	at := now
	for range 40 {
		changes := make([]session.Change, 40)
		for i := range changes {
			at = at.Add(time.Second)
			changes[i] = creation(newID())
			changes[i].Permits = []session.Permit{{Key: "key", Rules: []session.Rule{{N: 100, Window: time.Minute}}, At: at}}
		}
		apply(t, store, changes...)
	}
	if n := count(t, db, "SELECT n FROM bonafide_permit_logs"); n != 1600 {
		t.Errorf("permits ever given: got %d, want 1600", n)
	}
	if n := count(t, db, "SELECT count(*) FROM bonafide_permit_pages"); n < 2 || n > 5 {
		t.Errorf("pages of 64 that a rule of 100 keeps: got %d, want 2 to 5", n)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	db := migrated(t, "sqlite3", 1)
	if _, err := sqlstore.New(db, sqlstore.Dialect{}); err == nil {
		t.Error("New with the zero Dialect: got nil, want an error")
	}
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.Dialect{}); err == nil {
		t.Error("Migrate with the zero Dialect: got nil, want an error")
	}
	db.Close()
	if _, err := sqlstore.New(db, sqlstore.SQLite()); err == nil || errors.Is(err, sqlstore.ErrNotMigrated) {
		t.Errorf("New on a closed database: got %v, want the database's error", err)
	}
}
