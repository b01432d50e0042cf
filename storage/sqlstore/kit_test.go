package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// now is when everything happens in these tests.
var now = time.Date(2031, 2, 28, 23, 59, 58, 123456000, time.UTC)

// open opens a database file with a pool of so many connections. Benchmarks pay for syncing to the disk,
// tests do not.
func open(t testing.TB, driver, file string, pool int) *sql.DB {
	t.Helper()
	dsn := sqlstore.SQLiteDSN(file)
	if _, bench := t.(*testing.B); !bench {
		dsn = strings.TrimSuffix(dsn, "FULL") + "OFF"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(pool)
	db.SetMaxIdleConns(pool)
	return db
}

// migrated opens a new database file that has the schema.
func migrated(t testing.TB, driver string, pool int) *sql.DB {
	t.Helper()
	return open(t, driver, migratedFile(t), pool)
}

// migratedFile makes a new database file that has the schema: a copy of the one that was migrated first.
func migratedFile(t testing.TB) string {
	t.Helper()
	schema, err := template()
	file := newFile(t)
	if err == nil {
		err = os.WriteFile(file, schema, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "bonafide")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "template.db")
	db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(file))
	if err != nil {
		return nil, err
	}
	if err := sqlstore.Migrate(context.Background(), db, sqlstore.SQLite()); err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // which writes all that is in the write-ahead log to the file
		return nil, err
	}
	return os.ReadFile(file)
})

func newFile(t testing.TB) string { return filepath.Join(t.TempDir(), "bonafide.db") }

func newStore(t testing.TB, db *sql.DB) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.New(db, sqlstore.SQLite())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func newID() uuid.UUID { return session.NewID(now) }

// creation is the change that makes a new session of the tenant, due at once, with an event and a delivery.
func creation(tenant uuid.UUID) session.Change {
	s := session.Session{
		ID: newID(), Tenant: tenant, Integration: newID(), Status: session.StatusCreated, AttemptID: newID(), AttemptN: 1,
		CreatedAt: now, UpdatedAt: now, ActiveAt: now, ExpiresAt: now, DueAt: now,
		Key: []byte("a reference"), Sealed: []byte("sealed facts"),
	}
	c := session.Change{ID: newID(), Session: s}
	c.Attempts = []session.Attempt{{ID: s.AttemptID, N: 1, Status: s.Status, CreatedAt: now}}
	c.Events = []session.Event{{ID: newID(), Kind: session.EventCreated, Status: s.Status, At: now}}
	c.Deliveries = []session.Delivery{{
		ID: newID(), Tenant: tenant, Session: s.ID, Endpoint: newID(), Event: c.Events[0].ID, CreatedAt: now, DueAt: now,
		State: session.DeliveryDue, Body: []byte("{}"),
	}}
	return c
}

// inTransaction makes a change one that nowhere is done by a single statement.
func inTransaction(c session.Change) session.Change {
	c.Withdraw = true // of which there is nothing
	return c
}

// step is a change of a session as it was read.
func step(s session.Session) session.Change {
	s.Status = session.StatusStarted
	return session.Change{ID: newID(), Base: s.Version, Session: s, Events: []session.Event{{
		ID: newID(), Kind: session.EventStarted, Status: s.Status, At: now,
	}}}
}

// entryOf is a new entry of the tenant.
func entryOf(tenant uuid.UUID, name string) session.Entry {
	return session.Entry{
		Kind: session.EntryAnswer, ID: newID(), Tenant: tenant, Name: name, Version: 1, CreatedAt: now, UpdatedAt: now,
		Body: []byte("an answer"),
	}
}

// apply demands that the changes are done.
func apply(t testing.TB, store *sqlstore.Store, changes ...session.Change) {
	t.Helper()
	if errs := store.Apply(t.Context(), changes...); errs != nil {
		t.Fatalf("Apply: got %v, want nil", errs)
	}
}

// load gives the session of a change, with attempts and events; nil when there is none.
func load(t testing.TB, store *sqlstore.Store, c session.Change) *session.Record {
	t.Helper()
	r, err := store.Load(t.Context(), session.Ref{Tenant: c.Session.Tenant, ID: c.Session.ID}, session.PartAttempts|session.PartEvents)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return &r
}

func isNotFound(err error) bool { return errors.Is(err, session.ErrNotFound) }
