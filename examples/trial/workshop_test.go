package trial_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

// everywhere runs a test on each kind of store. What it is given opens the same data each time: but for what is in
// memory, by connections of its own.
func everywhere(t *testing.T, run func(t *testing.T, open func() session.Store)) {
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		store := memstore.New()
		run(t, func() session.Store { return store })
	})
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		dsn := strings.TrimSuffix(sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "db")), "FULL") + "OFF"
		run(t, func() session.Store { return opened(t, "sqlite3", dsn, sqlstore.SQLite()) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		url := postgrestest.Schema(t, "")
		run(t, func() session.Store { return opened(t, "pgx", url, sqlstore.Postgres()) })
	})
}

func opened(t *testing.T, driver, dsn string, dialect sqlstore.Dialect) session.Store {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	ok(t, sqlstore.Migrate(t.Context(), db, dialect))
	store, err := sqlstore.New(db, dialect)
	ok(t, err)
	return store
}

// The integrations of a workshop: what is asked for by the bad one fails.
var (
	goodID = uuid.MustParse("33333333-0000-4000-8000-000000000001")
	badID  = uuid.MustParse("33333333-0000-4000-8000-000000000002")
)

// workshop is what workers share beside the store.
type workshop struct {
	t      *testing.T
	clock  *clock.Mock
	keeper session.Keeper
	blobs  media.Blobs

	decide  func(session.Case) (decision.Verdict, error) // Default: approves
	deliver func(context.Context, session.Delivery) session.Try
	policy  session.Policy

	mu    sync.Mutex
	asked map[uuid.UUID]int // deciders, by session
	told  map[uuid.UUID]int // receivers, by delivery

	searched atomic.Int64 // people that were screened
}

func newWorkshop(t *testing.T) *workshop {
	return &workshop{
		t: t, clock: sessiontest.NewClock(), keeper: &counted{Keeper: session.NewMemoryKeeper()}, blobs: media.NewMemoryBlobs(),
		policy: session.Policy{Deletion: true, Create: session.Unlimited(), Delete: session.Unlimited()},
		asked:  map[uuid.UUID]int{}, told: map[uuid.UUID]int{},
	}
}

// worker is an engine of the workshop's, acting for the good one. Adjust may be nil.
func (w *workshop) worker(store session.Store, adjust func(*session.Config)) *session.Engine {
	w.t.Helper()
	ends := func(id uuid.UUID) []session.Endpoint { return []session.Endpoint{{ID: id, Format: sessiontest.Format}} }
	cfg := session.Config{
		Integrations: session.Fixed{{ID: goodID, Policy: w.policy, Endpoints: ends(goodID)}, {ID: badID, Policy: w.policy, Endpoints: ends(badID)}},
		Clock:        w.clock, Keeper: w.keeper, Key: session.Key{1}, Blobs: w.blobs, Decider: w, Screener: w, Deliverer: w,
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	}
	if adjust != nil {
		adjust(&cfg)
	}
	e, err := session.New(store, cfg)
	ok(w.t, err)
	return e.For(goodID)
}

// Decide is asked about a session.
func (w *workshop) Decide(_ context.Context, c session.Case) (decision.Verdict, error) {
	w.mu.Lock()
	w.asked[c.ID]++
	w.mu.Unlock()
	if w.decide != nil {
		return w.decide(c)
	}
	return decision.Verdict{Outcome: decision.Approved}, nil
}

// Screen finds nobody on any list.
func (w *workshop) Screen(context.Context, decision.Subject) (decision.Screening, error) {
	w.searched.Add(1)
	return decision.Screening{}, nil
}

// Deliver is told of an event.
func (w *workshop) Deliver(ctx context.Context, _ session.Endpoint, d session.Delivery) session.Try {
	w.mu.Lock()
	w.told[d.ID]++
	w.mu.Unlock()
	if w.deliver != nil {
		return w.deliver(ctx, d)
	}
	return session.Try{Status: 200}
}

// submitted makes as many sessions, and submits them.
func (w *workshop) submitted(e *session.Engine, n int) (ids []uuid.UUID) {
	w.t.Helper()
	for _, id := range w.created(e, n) {
		_, err := e.Submit(w.t.Context(), id)
		ok(w.t, err)
		ids = append(ids, id)
	}
	return ids
}

func (w *workshop) created(e *session.Engine, n int) (ids []uuid.UUID) {
	w.t.Helper()
	for range n {
		s, err := e.Create(w.t.Context(), session.Facts{})
		ok(w.t, err)
		ids = append(ids, s.ID)
	}
	return ids
}

func (w *workshop) settle(e *session.Engine) {
	w.t.Helper()
	_, err := e.Settle(w.t.Context())
	ok(w.t, err)
}

// is fails the test unless all of these sessions have the status, and everything is told of them.
func (w *workshop) is(e *session.Engine, want session.Status, ids ...uuid.UUID) {
	w.t.Helper()
	left := map[session.Status]int{}
	for _, id := range ids {
		s, err := e.Get(w.t.Context(), id)
		ok(w.t, err)
		if s.Status != want {
			left[s.Status]++
		}
		list, err := e.Deliveries(w.t.Context(), session.DeliveryQuery{Session: id})
		ok(w.t, err)
		for _, d := range list {
			if d.State.Pending() {
				left["with something to tell"]++
			}
		}
	}
	if len(left) > 0 {
		w.t.Errorf("of %d sessions are not %s: %v", len(ids), want, left)
	}
}

// many is as many as suit how long the tests may take.
func many(n int) int {
	switch {
	case testing.Short():
		return n / 10
	case os.Getenv("BONAFIDE_TEST_LONG") == "":
		return n / 3
	}
	return n
}

// later is how far a test lets the time go on.
func (w *workshop) later(d time.Duration) { w.clock.Add(d) }
