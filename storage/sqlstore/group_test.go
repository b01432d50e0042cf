package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// grouping is a store in a bubble, whose next transaction stops before its commit, so that whoever comes meanwhile is
// in the queue.
type grouping struct {
	t       *testing.T
	spy     *sqlspy.Spy
	db      *sql.DB
	store   *sqlstore.Store
	commits atomic.Int64
	goOn    chan bool
	all     sync.WaitGroup
}

// inBubble runs a test on a store of its own. before sees every statement.
func inBubble(t *testing.T, run func(t *testing.T, g *grouping)) {
	t.Helper()
	file := migratedFile(t)
	synctest.Test(t, func(t *testing.T) {
		g := &grouping{t: t, spy: newSpy(), goOn: make(chan bool)}
		g.db = open(t, g.spy.Name, file, 2)
		g.store = newStore(t, g.db)
		run(t, g)
		g.all.Wait()
		g.db.Close()
	})
}

// stop begins a transaction and stops it before its commit. before may fail any other statement.
func (g *grouping) stop(before func(query string) error) {
	g.t.Helper()
	g.spy.On(func(query string) error {
		if query == "COMMIT" && g.commits.Add(1) == 1 {
			<-g.goOn
		}
		if before != nil {
			return before(query)
		}
		return nil
	}, nil)
	g.begin(func() { apply(g.t, g.store, creation(newID())) })
}

// begin begins what waits in the queue when begin returns.
func (g *grouping) begin(call func()) {
	g.all.Go(call)
	synctest.Wait()
}

func (g *grouping) release() {
	close(g.goOn)
	synctest.Wait()
}

func TestCallersShareATransaction(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		callers, each int
		commits       int64
	}{
		{"nobody waits", 0, 0, 0},
		{"one waits", 1, 1, 1},
		{"as many as one transaction holds", 128, 1, 1},
		{"one more", 129, 1, 2},
		{"callers with several changes each", 50, 5, 2},
		{"more changes of one caller than one transaction of several holds", 1, 200, 1},
		{"two such", 2, 200, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, g *grouping) {
				g.stop(nil)
				var all []session.Change
				for range test.callers {
					changes := make([]session.Change, test.each)
					for i := range changes {
						changes[i] = creation(newID())
					}
					all = append(all, changes...)
					g.begin(func() { apply(t, g.store, changes...) })
				}
				g.release()
				if got := g.commits.Load() - 1; got != test.commits {
					t.Errorf("commits for %d callers with %d changes: got %d, want %d", test.callers, test.each, got, test.commits)
				}
				for _, c := range all {
					if load(t, g.store, c) == nil {
						t.Fatalf("session %s is not there", c.Session.ID)
					}
				}
			})
		})
	}
}

func TestSettlersShareATransaction(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *grouping) {
		c := creation(newID())
		for range 20 {
			d := c.Deliveries[0]
			d.ID = newID()
			c.Deliveries = append(c.Deliveries, d)
		}
		apply(t, g.store, c)
		g.stop(nil)
		for _, d := range c.Deliveries {
			d.State = session.DeliveryDone
			g.begin(func() {
				if errs := g.store.Settle(t.Context(), d); errs != nil {
					t.Errorf("Settle: got %v, want nil", errs)
				}
			})
		}
		missing := c.Deliveries[0]
		missing.ID = newID()
		g.begin(func() {
			if errs := g.store.Settle(t.Context(), missing); !errors.Is(first(errs), session.ErrNotFound) {
				t.Errorf("Settle of what is not there: got %v, want ErrNotFound", errs)
			}
		})
		g.release()
		if got := g.commits.Load() - 1; got != 1 {
			t.Errorf("commits of 22 who settle: got %d, want 1", got)
		}
		pending, err := g.store.Deliveries(t.Context(), session.DeliveryQuery{
			Tenant: c.Session.Tenant, State: session.DeliveryDue, N: 100,
		})
		if err != nil || len(pending) != 0 {
			t.Errorf("pending deliveries: got %d, %v, want 0, nil", len(pending), err)
		}
	})
}

// Each caller of a shared transaction has an outcome of his own.
func TestOutcomesOfAGroup(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *grouping) {
		there := creation(newID())
		full := []session.Permit{{Key: "full", Rules: []session.Rule{{N: 1, Window: time.Hour}}, At: now}}
		named := entryOf(there.Session.Tenant, "a name")
		there.Permits, there.Entries = full, []session.Entry{named}
		apply(t, g.store, there)
		there.Session.Version = 1

		good := func() session.Change { return creation(newID()) }
		with := func(change func(c *session.Change)) session.Change {
			c := good()
			change(&c)
			return c
		}
		stale := step(there.Session)
		stale.Base = 7
		first, second := step(there.Session), step(there.Session)
		tests := []struct {
			name   string
			change session.Change
			want   error
		}{
			{"a new session", good(), nil},
			{"a session's id that is taken", with(func(c *session.Change) { c.Session.ID = there.Session.ID }), session.ErrExists},
			{"a delivery's id that is taken", with(func(c *session.Change) { c.Deliveries[0].ID = there.Deliveries[0].ID }),
				session.ErrExists},
			{"a version that never was", stale, session.ErrConflict},
			{"the first of two for one version", first, nil},
			{"the second", second, session.ErrConflict},
			{"a rate that is used up", with(func(c *session.Change) { c.Permits = full }), session.ErrLimited},
			{"a name that is taken", with(func(c *session.Change) {
				c.Entries = []session.Entry{entryOf(there.Session.Tenant, named.Name)}
			}), session.ErrConflict},
			{"a statement that fails", with(func(c *session.Change) { c.Media = []session.Media{{ID: newID()}} }), errFault},
			{"another new session", good(), nil},
		}
		g.stop(fail(100, "INSERT INTO bonafide_media", errFault))
		for _, test := range tests {
			g.begin(func() {
				errs := g.store.Apply(t.Context(), test.change)
				if got := errors.Join(errs...); (got == nil) != (test.want == nil) || !errors.Is(got, test.want) {
					t.Errorf("%s: got %v, want %v", test.name, got, test.want)
				}
			})
		}
		g.release()
		for _, test := range tests {
			if done := hasEvent(t, g.store, test.change); done != (test.want == nil) {
				t.Errorf("%s: its event is there: got %v, want %v", test.name, done, test.want == nil)
			}
		}
	})
}

// hasEvent says whether the change's first event is there.
func hasEvent(t *testing.T, store *sqlstore.Store, c session.Change) bool {
	t.Helper()
	r := load(t, store, c)
	if r == nil {
		return false
	}
	for _, e := range r.Events {
		if e.ID == c.Events[0].ID {
			return true
		}
	}
	return false
}

// Who waits in the queue may leave it.
func TestLeavingTheQueue(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *grouping) {
		g.stop(nil)
		ctx, cancel := context.WithCancel(t.Context())
		before, left, after := creation(newID()), creation(newID()), creation(newID())
		g.begin(func() { apply(t, g.store, before) })
		g.begin(func() {
			if errs := g.store.Apply(ctx, left); !errors.Is(errors.Join(errs...), context.Canceled) {
				t.Errorf("Apply of who left: got %v, want %v", errs, context.Canceled)
			}
		})
		g.begin(func() { apply(t, g.store, after) })
		cancel()
		synctest.Wait()
		g.release()
		if load(t, g.store, left) != nil || load(t, g.store, before) == nil || load(t, g.store, after) == nil {
			t.Error("not exactly the sessions of those who stayed are there")
		}
	})
}

// The leader's ctx ends before there is a connection for him: those who waited with him are served all the same.
func TestLeaderWhoCannotBegin(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *grouping) {
		g.db.SetMaxOpenConns(1)
		tx := begin(t, g.db)
		ctx, cancel := context.WithCancel(t.Context())
		left, stayed := creation(newID()), creation(newID())
		g.begin(func() {
			if errs := g.store.Apply(ctx, left); !errors.Is(errors.Join(errs...), context.Canceled) {
				t.Errorf("Apply beside the host's transaction: got %v, want %v", errs, context.Canceled)
			}
		})
		g.begin(func() { apply(t, g.store, stayed) })
		cancel()
		synctest.Wait()
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if load(t, g.store, left) != nil || load(t, g.store, stayed) == nil {
			t.Error("not exactly the session of who stayed is there")
		}
	})
}

// What waits as long as a transaction that cannot begin gets its error, and who comes later does not.
func TestBeginningThatFails(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *grouping) {
		var begun atomic.Int64
		g.stop(func(query string) error {
			if query == "BEGIN IMMEDIATE" && begun.Add(1) == 2 {
				return errFault
			}
			return nil
		})
		early, late := creation(newID()), creation(newID())
		g.begin(func() {
			if errs := g.store.Apply(t.Context(), early); !errors.Is(errors.Join(errs...), errFault) {
				t.Errorf("Apply whose transaction cannot begin: got %v, want %v", errs, errFault)
			}
		})
		g.release()
		apply(t, g.store, late)
		if load(t, g.store, early) != nil || load(t, g.store, late) == nil {
			t.Error("not exactly the session of who came late is there")
		}
	})
}

// A driver that panics ends the calls that it was for, each in its own goroutine, and no others.
func TestPanicOfAGroup(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *grouping) {
		g.stop(func(query string) error {
			if strings.HasPrefix(query, "INSERT INTO bonafide_media") {
				panic("the driver")
			}
			return nil
		})
		bad := creation(newID())
		bad.Media = []session.Media{{ID: newID()}}
		panicked := make(chan bool, 1)
		g.begin(func() {
			defer func() { panicked <- recover() != nil }()
			g.store.Apply(t.Context(), bad)
		})
		g.release()
		if !<-panicked {
			t.Error("Apply returned, want the driver's panic")
		}
		g.spy.On(nil, nil)
		apply(t, g.store, creation(newID()))
		if load(t, g.store, bad) != nil {
			t.Error("the session is there")
		}
	})
}
