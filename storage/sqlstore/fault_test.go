package sqlstore_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

var errFault = errors.New("the disk is on fire")

// begins reports whether a statement, or one of those that it is made of, begins so.
func begins(query, start string) bool {
	return strings.HasPrefix(query, start) || strings.HasPrefix(query, "WITH ") && strings.Contains(query, "("+start)
}

// fail gives a hook that fails the first n statements that begin so.
func fail(n int64, start string, err error) func(string) error {
	var seen atomic.Int64
	return func(query string) error {
		if begins(query, start) && seen.Add(1) <= n {
			return err
		}
		return nil
	}
}

func spied(t *testing.T, pool int) (*sqlspy.Spy, *sqlstore.Store) {
	t.Helper()
	spy := newSpy()
	return spy, newStore(t, migrated(t, spy.Name, pool))
}

// The Store finds out by Change.ID, and only if it cannot answers ErrUnknown.
func TestCommitOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		both := func(a, b func(string) error) func(string) error {
			return func(query string) error { return errors.Join(a(query), b(query)) }
		}
		for _, test := range []struct {
			name          string
			before, after func(string) error
			want          []error // what the error is
			not           error   // what it is not
			there         bool
		}{
			{"it was done", nil, fail(1, "COMMIT", errFault), nil, nil, true},
			{"it was not done", fail(1, "COMMIT", errFault), nil, []error{errFault}, session.ErrUnknown, false},
			{"it cannot be found out", both(fail(1, "COMMIT", errFault), fail(1, "SELECT seq FROM bonafide_events", errFault)), nil,
				[]error{errFault, session.ErrUnknown}, nil, false},
		} {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				spy, store := on.spiedStore(t, 1)
				c, refused := creation(newID()), step(creation(newID()).Session)
				refused.Base = 1
				spy.On(test.before, test.after)
				errs := store.Apply(t.Context(), c, refused)
				spy.On(nil, nil)
				if len(errs) != 2 || !errors.Is(errs[1], session.ErrNotFound) {
					t.Fatalf("Apply: got %v, want two outcomes, of which the second is ErrNotFound", errs)
				}
				if (errs[0] == nil) != (test.want == nil) {
					t.Errorf("Apply: got %v, want %v", errs[0], test.want)
				}
				for _, want := range test.want {
					if !errors.Is(errs[0], want) {
						t.Errorf("Apply: got %v, want %v", errs[0], want)
					}
				}
				if test.not != nil && errors.Is(errs[0], test.not) {
					t.Errorf("Apply: got %v, want it not to be %v", errs[0], test.not)
				}
				if there := load(t, store, c) != nil; there != test.there {
					t.Errorf("the session is there: got %v, want %v", there, test.there)
				}
			})
		}
	})
}

func TestSweepFindsOutToo(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		spy, store := on.spiedStore(t, 1)
		c := creation(newID())
		apply(t, store, c)
		spy.On(nil, fail(1, "COMMIT", errFault))
		done, _, err := store.Sweep(t.Context(), now, 10, silence)
		if done != 1 || err != nil {
			t.Errorf("Sweep whose commit was done: got %d, %v, want 1, nil", done, err)
		}
	})
}

// silence is a tick that takes the alarm away.
func silence(s session.Session) (session.Change, bool) {
	c := step(s)
	c.Session.DueAt = time.Time{}
	return c, true
}

func TestOtherVerbsWithACommitOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		spy, store := on.spiedStore(t, 1)
		apply(t, store, creation(newID()))
		spy.On(nil, fail(1, "COMMIT", errFault))
		if _, _, err := store.Claim(t.Context(), now, now.Add(time.Minute), 1, nil); !errors.Is(err, session.ErrUnknown) {
			t.Errorf("Claim: got %v, want ErrUnknown", err)
		}
	})
}

func TestBusyIsTriedAgain(t *testing.T) {
	t.Parallel()
	busy := sqlite3.Error{Code: sqlite3.ErrBusy}
	for _, start := range []string{"BEGIN", "COMMIT"} {
		t.Run(start, func(t *testing.T) {
			t.Parallel()
			spy, store := spied(t, 1)
			spy.On(fail(3, start, busy), nil)
			c := creation(newID())
			apply(t, store, c)
			if load(t, store, c) == nil {
				t.Error("the session is not there")
			}
		})
	}
}

// What failed for no fault of the others does not fall on them.
func TestOneFailingStatement(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		spy, store := on.spiedStore(t, 1)
		good, bad, other := creation(newID()), creation(newID()), creation(newID())
		bad.Media = []session.Media{{ID: newID()}}
		spy.On(fail(9, "INSERT INTO bonafide_media", errFault), nil)
		errs := store.Apply(t.Context(), good, bad, other)
		if len(errs) != 3 || errs[0] != nil || !errors.Is(errs[1], errFault) || errs[2] != nil {
			t.Fatalf("Apply: got %v, want the fault for the second change only", errs)
		}
		if load(t, store, good) == nil || load(t, store, bad) != nil || load(t, store, other) == nil {
			t.Error("not exactly the first and the third session are there")
		}
	})
}

func TestOneFailingStatementOfASweep(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		spy, store := on.spiedStore(t, 1)
		good, bad := creation(newID()), creation(newID())
		apply(t, store, good, bad)
		spy.On(fail(3, "INSERT INTO bonafide_media", errFault), nil)
		done, _, err := store.Sweep(t.Context(), now, 10, func(s session.Session) (session.Change, bool) {
			c, _ := silence(s)
			if s.ID == bad.Session.ID {
				c.Media = []session.Media{{ID: newID()}}
			}
			return c, true
		})
		if done != 1 || !errors.Is(err, errFault) {
			t.Errorf("Sweep: got %d, %v, want 1 and the fault", done, err)
		}
		if r := load(t, store, good); len(r.Events) != 2 {
			t.Errorf("events of the good session: got %d, want 2", len(r.Events))
		}
	})
}

// Each statement of each verb fails in turn. The verb has to answer the fault, and nothing
// of it is there, and that the pool's one connection is free for the next call.
func TestFaultsLeaveNothing(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		for _, verb := range []struct {
			name string
			run  func(ctx context.Context, store *sqlstore.Store, c session.Change) error
		}{
			{"Apply", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				next := step(c.Session)
				next.Base, next.Withdraw, next.Erase = 1, true, session.EraseSealed|session.EraseMedia
				next.Permits = []session.Permit{{Key: "key", Rules: []session.Rule{{N: 9, Window: time.Hour}}, At: now}}
				next.Attempts = []session.Attempt{{ID: newID(), N: 2}}
				next.Decisions, next.Media = []session.Decision{{ID: newID()}}, []session.Media{{ID: newID()}}
				next.Findings = []session.Finding{{ID: newID()}}
				next.Deliveries = creation(c.Session.Tenant).Deliveries
				return first(store.Apply(ctx, next))
			}},
			{"Apply of entries", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				added, changed, renamed := entryOf(c.Session.Tenant, c.Entries[2].Name), c.Entries[0], c.Entries[1]
				added.CreatedAt = c.Entries[2].ExpiresAt
				added.ExpiresAt = added.CreatedAt.Add(time.Hour)
				changed.Version, renamed.Version, renamed.Name = 2, 2, "another"
				permits := []session.Permit{{Key: "key", Rules: []session.Rule{{N: 9, Window: time.Hour}}, At: now}}
				return first(store.Apply(ctx, session.Change{
					ID: newID(), Entries: []session.Entry{added, changed, renamed}, Permits: permits,
				}))
			}},
			{"Sweep", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				_, _, err := store.Sweep(ctx, now, 10, silence)
				return err
			}},
			{"Claim", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				_, _, err := store.Claim(ctx, now, now.Add(time.Minute), 10, []uuid.UUID{newID()})
				return err
			}},
			{"Settle", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				d := c.Deliveries[0]
				d.State = session.DeliveryDone
				return first(store.Settle(ctx, d))
			}},
			{"Settle of what is not there", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				d := c.Deliveries[0]
				d.ID = newID()
				return first(store.Settle(ctx, d))
			}},
			{"Load", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				_, err := store.Load(ctx, session.Ref{Tenant: c.Session.Tenant, ID: c.Session.ID}, 0xff)
				return err
			}},
			{"Query", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				_, err := store.Query(ctx, session.Query{Tenant: c.Session.Tenant, N: 10})
				return err
			}},
			{"Deliveries", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				_, err := store.Deliveries(ctx, session.DeliveryQuery{Tenant: c.Session.Tenant, N: 10})
				return err
			}},
			{"Entries", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				_, err := store.Entries(ctx, session.EntryQuery{Tenant: c.Session.Tenant, N: 10})
				return err
			}},
			{"Events", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				_, err := store.Events(ctx, session.EventQuery{Tenant: c.Session.Tenant, N: 10})
				return err
			}},
			{"Integration", func(ctx context.Context, store *sqlstore.Store, c session.Change) error {
				_, err := store.Integration(ctx, c.Session.ID, now)
				return err
			}},
		} {
			t.Run(verb.name, func(t *testing.T) {
				t.Parallel()
				spy, store := on.spiedStore(t, 1)
				c := creation(newID())
				c.Events[0].Listed = true
				for _, name := range []string{"changed", "renamed", "expired"} {
					e := entryOf(c.Session.Tenant, name)
					e.Session = c.Session.ID
					c.Entries = append(c.Entries, e)
				}
				c.Entries[2].ExpiresAt = now.Add(time.Minute)
				apply(t, store, c)
				before := everything(t, store, c)
				failed := 0
				for nth := int64(1); ; nth++ {
					var seen atomic.Int64
					spy.On(func(query string) error {
						if query != "ROLLBACK" && seen.Add(1) == nth {
							return errFault
						}
						return nil
					}, nil)
					err := verb.run(t.Context(), store, c)
					spy.On(nil, nil)
					if seen.Load() < nth {
						break // it has fewer statements, and was done
					}
					// The last look of Sweep, for the next alarm, comes after its commit.
					if last := verb.name == "Sweep" && seen.Load() == nth && !same(everything(t, store, c), before); last {
						break
					}
					failed++
					if !errors.Is(err, errFault) {
						t.Errorf("fault in statement %d: got %v, want the fault", nth, err)
					}
					if got := everything(t, store, c); !same(got, before) {
						t.Fatalf("fault in statement %d: got %+v, want what was there before: %+v", nth, got, before)
					}
				}
				if failed == 0 {
					t.Error("no statement was failed")
				}
			})
		}
	})
}

// everything is all that there is of a session and its tenant.
func everything(t *testing.T, store *sqlstore.Store, c session.Change) []any {
	t.Helper()
	r, err := store.Load(t.Context(), session.Ref{Tenant: c.Session.Tenant, ID: c.Session.ID}, 0xff)
	if err != nil {
		t.Fatal(err)
	}
	d, err := store.Deliveries(t.Context(), session.DeliveryQuery{Tenant: c.Session.Tenant, N: 100})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := store.Entries(t.Context(), session.EntryQuery{Tenant: c.Session.Tenant, Kind: session.EntryAnswer, N: 100})
	if err != nil {
		t.Fatal(err)
	}
	events, err := store.Events(t.Context(), session.EventQuery{Tenant: c.Session.Tenant, N: 100})
	if err != nil {
		t.Fatal(err)
	}
	return []any{r, d, entries, events}
}

func same(a, b []any) bool { return reflect.DeepEqual(a, b) }

func TestTickThatPanics(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		_, store := on.spiedStore(t, 1)
		c := creation(newID())
		apply(t, store, c)
		func() {
			defer func() { _ = recover() }()
			_, _, _ = store.Sweep(t.Context(), now, 10, func(session.Session) (session.Change, bool) { panic("tick") })
			t.Error("Sweep returned, want the panic of tick")
		}()
		apply(t, store, creation(newID())) // the lock and the connection are free
	})
}
