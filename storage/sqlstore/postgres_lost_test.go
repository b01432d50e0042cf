package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// sqlState is an error as PostgreSQL's drivers give it.
type sqlState string

func (s sqlState) Error() string    { return "SQLSTATE " + string(s) }
func (s sqlState) SQLState() string { return string(s) }

// permitted is a creation that takes a permit, of which there are as many as it takes.
func permitted() session.Change {
	c := creation(newID())
	c.Permits = []session.Permit{{Key: "key", Rules: []session.Rule{{N: 9, Window: time.Hour}}, At: now}}
	return c
}

// doneOnce demands that all of a change is there once, and the only permit.
func doneOnce(t *testing.T, db *sql.DB, store *sqlstore.Store, c session.Change) {
	t.Helper()
	r := load(t, store, c)
	if r == nil {
		t.Fatal("the session is not there")
	}
	deliveries := count(t, db, "SELECT count(*) FROM bonafide_deliveries")
	permits := count(t, db, "SELECT n FROM bonafide_permit_logs")
	if r.Session.Version != 1 || len(r.Events) != 1 || deliveries != 1 || permits != 1 {
		t.Errorf("got version %d, %d events, %d deliveries, %d permits, want one of each",
			r.Session.Version, len(r.Events), deliveries, permits)
	}
}

// The server ends the connection while the change is being written.
func TestBackendThatIsEnded(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	for _, start := range []string{"BEGIN", "SELECT n, at", "INSERT INTO bonafide_sessions", "INSERT INTO bonafide_permit_pages"} {
		t.Run("before "+start, func(t *testing.T) {
			t.Parallel()
			file, spy, name := on.file(t), on.spy(), newID().String()
			db, watch := on.open(t, spy.Name, file+"&application_name="+name, 1), on.open(t, on.driver, file, 1)
			store := on.store(t, db)
			now := fail(1, start, errFault)
			spy.On(func(query string) error {
				if now(query) != nil {
					exec(t, watch, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1", name)
				}
				return nil
			}, nil)
			c := inTransaction(permitted())
			apply(t, store, c)
			doneOnce(t, watch, store, c)
		})
	}
}

func TestCommitWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	spy := on.spy()
	db := on.migrated(t, spy.Name, 1)
	store := on.store(t, db)
	spy.On(nil, fail(1, "COMMIT", io.ErrUnexpectedEOF))
	c := inTransaction(permitted())
	apply(t, store, c)
	doneOnce(t, db, store, c)
}

// The connection breaks while the server is at the commit, and goes on with it.
func TestCommitThatGoesOnWithoutUs(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	there := creation(newID())
	there.Entries = []session.Entry{entryOf(there.Session.Tenant, "name")}
	kept, changed, entered := step(there.Session), step(there.Session), there.Entries[0]
	kept.Base, kept.Keep, changed.Base, entered.Version = 1, true, 1, 2
	for _, test := range []struct {
		name   string
		change session.Change
		kind   string // of the rows that it writes
	}{
		{"a new session", permitted(), "sessions"},
		{"a change", changed, "sessions"},
		{"a change that keeps the session", kept, "sessions"},
		{"a new entry", session.Change{ID: newID(), Entries: []session.Entry{entryOf(newID(), "")}}, "entries"},
		{"a changed entry", session.Change{ID: newID(), Entries: []session.Entry{entered}}, "entries"},
	} {
		t.Run(test.name, func(t *testing.T) { // one after another: they share the lock
			file := on.file(t)
			watch := on.open(t, on.driver, file, 2)
			apply(t, on.store(t, watch), there)
			slow(t, watch, "bonafide_"+test.kind)
			gate, err := watch.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer gate.Close()
			hold(t, gate, "SELECT pg_advisory_lock(1)")
			cut, db := cutOff(t, file)
			outcome := make(chan error)
			go func() { outcome <- first(on.store(t, db).Apply(t.Context(), test.change)) }()
			waits(t, watch, "advisory") // it is at the commit
			cut()
			waits(t, watch, "transactionid") // it looks what became of it
			hold(t, gate, "SELECT pg_advisory_unlock(1)")
			if err := <-outcome; err != nil {
				t.Errorf("Apply: got %v, want nil: it was done", err)
			}
		})
	}
}

// slow lets each commit of a table's rows wait for a lock.
func slow(t *testing.T, db *sql.DB, table string) {
	t.Helper()
	exec(t, db, "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "+
		"'BEGIN PERFORM set_config(''lock_timeout'', ''0'', true); PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END'")
	exec(t, db, "CREATE CONSTRAINT TRIGGER slow AFTER INSERT OR UPDATE ON "+table+
		" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()")
}

func hold(t *testing.T, conn *sql.Conn, query string) {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

// waits waits until somebody in the test's schema waits for such a lock.
func waits(t *testing.T, db *sql.DB, event string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
	defer cancel()
	for count(t, db, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = '"+event+
		"' AND application_name = current_schema()") == 0 {
		if ctx.Err() != nil {
			t.Fatalf("nobody waits for %s", event)
		}
	}
}

// uncancelled is a connection by which nobody asks the server to break off what another one began, as the driver does.
type uncancelled struct{ net.Conn }

func (c uncancelled) Write(b []byte) (int, error) {
	if bytes.Equal(b[:min(8, len(b))], []byte{0, 0, 0, 16, 4, 210, 22, 46}) {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

// cutOff opens a database whose connections can be cut.
func cutOff(t *testing.T, file string) (cut func(), db *sql.DB) {
	t.Helper()
	config, err := pgx.ParseConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	config.RuntimeParams["application_name"] = config.RuntimeParams["search_path"]
	var mu sync.Mutex
	var open []net.Conn
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		mu.Lock()
		defer mu.Unlock()
		open = append(open, c)
		return uncancelled{c}, err
	}
	db = stdlib.OpenDB(*config)
	t.Cleanup(func() { db.Close() })
	return func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			_ = c.Close()
		}
	}, db
}

// Others are in the way a few times: the change is done, whatever statement they were in the way of.
func TestSerializationFailuresAreTriedAgain(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	for _, state := range []sqlState{"40001", "40P01"} {
		for _, start := range []string{"BEGIN", "SELECT n, at", "INSERT INTO bonafide_sessions", "COMMIT"} {
			t.Run(fmt.Sprintf("%s at %s", string(state), start), func(t *testing.T) {
				t.Parallel()
				spy := on.spy()
				db := on.migrated(t, spy.Name, 1)
				store := on.store(t, db)
				spy.On(fail(3, start, state), nil)
				c := inTransaction(permitted())
				apply(t, store, c)
				doneOnce(t, db, store, c)
			})
		}
	}
}

// Changes of one call that others are in the way of are done one by one.
func TestSerializationFailureOfABatch(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	for _, start := range []string{"INSERT INTO bonafide_sessions", "COMMIT"} {
		t.Run(start, func(t *testing.T) {
			t.Parallel()
			spy, store := on.spiedStore(t, 1)
			spy.On(fail(2, start, sqlState("40P01")), nil)
			a, b := inTransaction(creation(newID())), creation(newID())
			apply(t, store, a, b)
			if load(t, store, a) == nil || load(t, store, b) == nil {
				t.Error("a session is not there")
			}
		})
	}
}

// Others are in the way for good: the caller's ctx ends that.
func TestTryingAgainEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	for _, start := range []string{"BEGIN", "INSERT INTO bonafide_sessions", "COMMIT"} {
		t.Run(start, func(t *testing.T) {
			t.Parallel()
			spy, store := on.spiedStore(t, 1)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			tries := 0
			spy.On(func(query string) error {
				if !begins(query, start) {
					return nil
				}
				if tries++; tries == 3 {
					cancel()
				}
				return sqlState("40001")
			}, nil)
			c := inTransaction(creation(newID()))
			if err := first(store.Apply(ctx, c)); !errors.Is(err, context.Canceled) || tries != 3 {
				t.Errorf("Apply: got %v after %d tries, want %v after 3", err, tries, context.Canceled)
			}
			spy.On(nil, nil)
			if load(t, store, c) != nil {
				t.Error("the session is there")
			}
		})
	}
}

func TestNothingIsBegunWhenTheCallerIsGone(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		spy, store := on.spiedStore(t, 1)
		spy.Taken()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := first(store.Apply(ctx, creation(newID()))); !errors.Is(err, context.Canceled) {
			t.Errorf("Apply: got %v, want %v", err, context.Canceled)
		}
		if seen := spy.Taken(); len(seen) != 0 {
			t.Errorf("Apply ran %q, want nothing", seen[0].Query)
		}
	})
}

// A server that hangs holds nobody for ever, though the caller does not end.
func TestStatementsAreBounded(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	spy, store := on.spiedStore(t, 1)
	keyring := keyringOf(t, store)
	spy.Taken()
	for _, run := range boundedVerbs(store, keyring) {
		if err := run(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
	for _, s := range spy.Taken() {
		if s.Ends.IsZero() || time.Until(s.Ends) > 10*time.Second {
			t.Errorf("%s: ends at %v, want within 10 seconds", s.Query, s.Ends)
		}
	}
}

func boundedVerbs(store *sqlstore.Store, keyring *sqlstore.Keyring) []func(context.Context) error {
	c, keys := creation(newID()), someKeys(1)
	tenant := c.Session.Tenant
	return []func(context.Context) error{
		func(ctx context.Context) error { return first(store.Apply(ctx, c, permitted())) },
		func(ctx context.Context) error { _, _, err := store.Sweep(ctx, now, 9, silence); return err },
		func(ctx context.Context) error { _, _, err := store.Claim(ctx, now, now, 9, nil); return err },
		func(ctx context.Context) error { _ = store.Settle(ctx, session.Delivery{ID: newID()}); return nil },
		func(ctx context.Context) error {
			_, err := store.Load(ctx, session.Ref{Tenant: tenant, ID: c.Session.ID}, 0)
			return err
		},
		func(ctx context.Context) error {
			_, err := store.Load(ctx, session.Ref{Tenant: tenant, ID: c.Session.ID}, 0xff)
			return err
		},
		func(ctx context.Context) error {
			_, err := store.Query(ctx, session.Query{Tenant: tenant, N: 9})
			return err
		},
		func(ctx context.Context) error {
			_, err := store.Deliveries(ctx, session.DeliveryQuery{Tenant: tenant, N: 9})
			return err
		},
		func(ctx context.Context) error {
			_, err := store.Entries(ctx, session.EntryQuery{Tenant: tenant, N: 9})
			return err
		},
		func(ctx context.Context) error {
			_, err := store.Events(ctx, session.EventQuery{Tenant: tenant, N: 9})
			return err
		},
		func(ctx context.Context) error { _, err := store.Integration(ctx, tenant, now); return err },
		func(ctx context.Context) error { return keyring.Add(ctx, keys) },
		func(ctx context.Context) error { _, err := keyring.ByKey(ctx, keys.APIKey); return err },
		func(ctx context.Context) error { return keyring.SetActive(ctx, keys.Integration, false) },
	}
}
