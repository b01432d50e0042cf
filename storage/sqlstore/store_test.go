package sqlstore_test

import (
	"errors"
	"reflect"
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
	everywhere(t, func(t *testing.T, on kind) {
		storetest.Durable(t, func(t *testing.T) (session.Store, func() session.Store) {
			file := on.file(t)
			db := on.open(t, on.driver, file, 4)
			return on.store(t, db), func() session.Store {
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				return on.store(t, on.open(t, on.driver, file, 4))
			}
		})
	})
}

// TestAttemptOfAnotherSession: an attempt is overwritten in its own session only.
func TestAttemptOfAnotherSession(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		store := on.store(t, on.migrated(t, on.driver, 1))
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
	})
}

// TestPermitLogsStaySmall: what no rule looks at any more is not kept.
func TestPermitLogsStaySmall(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db := on.migrated(t, on.driver, 1)
		store := on.store(t, db)
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
	})
}

// TestEntriesStayFew: those that have expired are removed as others are added, of whomever they are.
func TestEntriesStayFew(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db := on.migrated(t, on.driver, 1)
		store := on.store(t, db)
		at := now
		for range 100 {
			changes := make([]session.Change, 5)
			for i := range changes {
				at = at.Add(time.Second)
				e := entryOf(newID(), "name")
				e.CreatedAt, e.ExpiresAt = at, at.Add(time.Minute)
				changes[i] = session.Change{ID: newID(), Entries: []session.Entry{e}}
			}
			apply(t, store, changes...)
		}
		if n := count(t, db, "SELECT count(*) FROM bonafide_entries"); n != 60 {
			t.Errorf("entries that are there, of 500 that last as long as it takes to add 60: got %d, want 60", n)
		}
		last := entryOf(newID(), "one for ever")
		last.CreatedAt = at.Add(time.Hour)
		apply(t, store, session.Change{ID: newID(), Entries: []session.Entry{last}})
		if n := count(t, db, "SELECT count(*) FROM bonafide_entries"); n != 61 {
			t.Errorf("entries after one that does not expire was added: got %d, want 61", n)
		}
		last.ID, last.Name, last.ExpiresAt = newID(), "", last.CreatedAt.Add(time.Minute)
		apply(t, store, session.Change{ID: newID(), Entries: []session.Entry{last}})
		if n := count(t, db, "SELECT count(*) FROM bonafide_entries"); n != 52 {
			t.Errorf("entries after one that expires was added: got %d, want 52, as it removes 10", n)
		}
	})
}

// TestExpiredEntriesAreNotThere: when an entry is written, what has expired by then gives way, whether it was removed
// or not: by its CreatedAt when it is added, and else by its UpdatedAt.
func TestExpiredEntriesAreNotThere(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		end := now.Add(time.Minute)
		for _, test := range []struct {
			name string
			next func(expires, stays session.Entry) session.Entry
		}{
			{"its id is free", func(expires, _ session.Entry) session.Entry {
				expires.CreatedAt, expires.Name = end, "new"
				return expires
			}},
			{"its id and its name are free", func(expires, _ session.Entry) session.Entry {
				expires.CreatedAt = end
				return expires
			}},
			{"its name is free for one that is renamed", func(expires, stays session.Entry) session.Entry {
				stays.Version, stays.UpdatedAt, stays.Name = 2, end, expires.Name
				return stays
			}},
		} {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				store := on.store(t, on.migrated(t, on.driver, 1))
				expires := entryOf(newID(), "expires")
				expires.ExpiresAt = end
				stays := entryOf(expires.Tenant, "stays")
				apply(t, store, session.Change{ID: newID(), Entries: []session.Entry{expires, stays}})
				e := test.next(expires, stays)
				e.ExpiresAt = end.Add(time.Minute)
				early := e
				early.CreatedAt, early.UpdatedAt = end.Add(-time.Microsecond), end.Add(-time.Microsecond)
				errs := store.Apply(t.Context(), session.Change{ID: newID(), Entries: []session.Entry{early}})
				if !errors.Is(first(errs), session.ErrConflict) {
					t.Errorf("Apply before it expires: got %v, want ErrConflict", errs)
				}
				apply(t, store, session.Change{ID: newID(), Entries: []session.Entry{e}})
				got, err := store.Entries(t.Context(), session.EntryQuery{Tenant: e.Tenant, Kind: e.Kind, At: end, ID: e.ID, N: 9})
				if err != nil || !reflect.DeepEqual(got, []session.Entry{e}) {
					t.Errorf("Entries: got %+v, %v, want %+v", got, err, e)
				}
				expires.Version, expires.UpdatedAt = 2, e.ExpiresAt
				errs = store.Apply(t.Context(), session.Change{ID: newID(), Entries: []session.Entry{expires}})
				if !errors.Is(first(errs), session.ErrConflict) {
					t.Errorf("Apply of a change of what has expired: got %v, want ErrConflict", errs)
				}
			})
		}
	})
}

// TestDamagedRows: what is no hash, no id and no text is an error, and nobody guesses what it was.
func TestDamagedRows(t *testing.T) {
	t.Parallel()
	for _, damage := range []string{
		"UPDATE bonafide_sessions SET head = x'00'",
		"UPDATE bonafide_sessions SET head = 'thirty-two letters, but no bytes.'",
		"UPDATE bonafide_sessions SET ref = x'00'",
		"UPDATE bonafide_events SET hash = x'00'",
		"UPDATE bonafide_entries SET session = x'00'",
		"UPDATE bonafide_entries SET version = 'two'",
	} {
		t.Run(damage, func(t *testing.T) {
			t.Parallel()
			db := migrated(t, "sqlite3", 1)
			store := newStore(t, db)
			c := creation(newID())
			c.Entries = []session.Entry{entryOf(c.Session.Tenant, "name")}
			apply(t, store, c)
			exec(t, db, damage)
			tenant := c.Session.Tenant
			r, loading := store.Load(t.Context(), session.Ref{Tenant: tenant, ID: c.Session.ID}, session.PartEvents)
			entries, listing := store.Entries(t.Context(), session.EntryQuery{Tenant: tenant, Kind: session.EntryAnswer, N: 1})
			if loading == nil && listing == nil {
				t.Errorf("Load and Entries: got %+v, %+v, want an error", r, entries)
			}
		})
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
