package sqlstore_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// several are creations that each take a permit of a key, of which there are n.
func several(count int, key string, n int64) (all []session.Change) {
	for range count {
		c := creation(newID())
		c.Permits = []session.Permit{{Key: key, At: now, Rules: []session.Rule{{N: n, Window: time.Hour}}}}
		all = append(all, c)
	}
	return all
}

// TestRoundTrips: what a call costs, in statements, however many changes or deliveries it has.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	spy, store := onPostgres().spiedStore(t, 1)
	there := several(9, "key", 100)
	apply(t, store, there...) // the log is read
	count := func(what string, want int, run func() error) {
		t.Helper()
		spy.Taken()
		if err := run(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := spy.Taken(); len(got) != want {
			t.Errorf("%s: got %d statements, want %d: %v", what, len(got), want, got)
		}
	}
	count("Apply of creations", 1, func() error { return errors.Join(store.Apply(t.Context(), several(70, "key", 100)...)...) })
	keyed := several(5, "key", 100)
	for i := range keyed {
		e := entryOf(keyed[i].Session.Tenant, "name")
		e.ExpiresAt = now.Add(time.Hour)
		keyed[i].Entries = []session.Entry{e}
	}
	count("Apply of creations with entries", 1, func() error { return errors.Join(store.Apply(t.Context(), keyed...)...) })
	count("Apply of creations of which some are refused", 1, func() error {
		errs := store.Apply(t.Context(), several(20, "key", 100)...)
		if refused := len(errs) - strings.Count(fmt.Sprint(errs), "<nil>"); refused != 4 {
			return fmt.Errorf("got %d refusals, want 4", refused)
		}
		return nil
	})
	count("Apply of creations that are all refused", 1, func() error {
		if err := first(store.Apply(t.Context(), several(3, "key", 100)...)); !errors.Is(err, session.ErrLimited) {
			return fmt.Errorf("got %v, want ErrLimited", err)
		}
		return nil
	})
	var steps []session.Change
	for _, c := range there {
		next := step(c.Session)
		next.Base = 1
		steps = append(steps, next)
	}
	count("Apply of changes: begin, heads, write, commit", 4, func() error { return errors.Join(store.Apply(t.Context(), steps...)...) })
	var claimed []session.Delivery
	count("Claim: next, first, begin, claimable, write, next, commit", 7, func() (err error) {
		claimed, _, err = store.Claim(t.Context(), now, now.Add(time.Minute), 50, nil)
		return err
	})
	count("Settle", 1, func() error { return errors.Join(store.Settle(t.Context(), claimed...)...) })
	count("Sweep: next, begin, due, write, commit, next", 6, func() error {
		_, _, err := store.Sweep(t.Context(), now, 50, silence)
		return err
	})
}

// TestAnIdThatIsTakenAmidABatch refuses its change, and none beside it.
func TestAnIdThatIsTakenAmidABatch(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		for _, test := range []struct {
			name string
			take func(c, there *session.Change)
			want error
		}{
			{"a session's", func(c, there *session.Change) { c.Session.ID = there.Session.ID }, session.ErrExists},
			{"an attempt's", func(c, there *session.Change) { c.Attempts[0].ID = there.Attempts[0].ID }, session.ErrExists},
			{"a delivery's", func(c, there *session.Change) { c.Deliveries[0].ID = there.Deliveries[0].ID }, session.ErrExists},
			{"an entry's", func(c, there *session.Change) { c.Entries[0].ID = there.Entries[0].ID }, session.ErrConflict},
			{"an entry's name", func(c, there *session.Change) { c.Entries[0].Name = there.Entries[0].Name }, session.ErrConflict},
		} {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				db := on.migrated(t, on.driver, 1)
				store, tenant := on.store(t, db), newID()
				all := several(4, "key", 100)
				for i := range all {
					all[i].Session.Tenant = tenant
					all[i].Entries = []session.Entry{entryOf(tenant, fmt.Sprint("name ", i))}
				}
				apply(t, store, all[0])
				test.take(&all[2], &all[0])
				errs := store.Apply(t.Context(), all[1:]...)
				if len(errs) != 3 || errs[0] != nil || !errors.Is(errs[1], test.want) || errs[2] != nil {
					t.Errorf("Apply: got %v, want %v for the second change only", errs, test.want)
				}
				if n := count(t, db, "SELECT count(*) FROM bonafide_sessions"); n != 3 {
					t.Errorf("sessions: got %d, want 3", n)
				}
				if n := count(t, db, "SELECT n FROM bonafide_permit_logs"); n != 3 {
					t.Errorf("permits: got %d, want 3", n)
				}
			})
		}
	})
}

// TestALogThatIsNotAsItWasSeen: the Store knows a log, and it is changed behind its back.
func TestALogThatIsNotAsItWasSeen(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	for _, test := range []struct {
		name   string
		change string // of the log; empty: another Store takes two permits
		left   int    // of five permits, of which two were taken
	}{
		{"nobody changes it", "UPDATE bonafide_permit_logs SET n = n", 3},
		{"others take permits", "", 1},
		{"it is gone", "DELETE FROM bonafide_permit_logs; DELETE FROM bonafide_permit_pages", 5},
		{"it is older", "UPDATE bonafide_permit_logs SET n = 1", 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := on.file(t)
			db := on.open(t, on.driver, file, 2)
			store, another := on.store(t, db), on.store(t, on.open(t, on.driver, file, 1))
			apply(t, store, several(2, "key", 5)...)
			if test.change == "" {
				apply(t, another, several(2, "key", 5)...)
			} else {
				exec(t, db, test.change)
			}
			for range 2 {
				errs := store.Apply(t.Context(), several(test.left+3, "key", 5)...)
				done := 0
				for _, err := range errs {
					if err == nil {
						done++
					}
				}
				if done != test.left {
					t.Errorf("Apply: got %v, want %d done", errs, test.left)
				}
				test.left = 0
			}
		})
	}
}

// TestAtOnceOfUnknownOutcome: the answer to the one statement is lost. What became of it is found out, and what was not
// done is done.
func TestAtOnceOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	const insert = "INSERT INTO bonafide_sessions"
	both := func(a, b func(string) error) func(string) error {
		return func(query string) error { return errors.Join(a(query), b(query)) }
	}
	for _, test := range []struct {
		name          string
		before, after func(string) error
		want          error
	}{
		{"it was done", nil, fail(1, insert, io.ErrUnexpectedEOF), nil},
		{"it was not done", fail(1, insert, io.ErrUnexpectedEOF), nil, nil},
		{"it was not done, by the word of the server", fail(1, insert, sqlState("40001")), nil, nil},
		{"the server stops", fail(1, insert, sqlState("57P01")), nil, nil},
		{"it was done, and the server stops", nil, fail(1, insert, sqlState("57P01")), nil},
		{"it was done, and the server does not know", nil, fail(1, insert, sqlState("40003")), nil},
		{"it cannot be found out", both(fail(1, insert, io.ErrUnexpectedEOF), fail(1, "SELECT seq FROM bonafide_events", errFault)), nil, session.ErrUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			spy := on.spy()
			db := on.migrated(t, spy.Name, 1)
			store := on.store(t, db)
			apply(t, store, several(1, "key", 100)...)
			all := several(3, "key", 100)
			spy.On(test.before, test.after)
			errs := store.Apply(t.Context(), all...)
			spy.On(nil, nil)
			if (errs == nil) != (test.want == nil) || test.want != nil && !errors.Is(errs[2], test.want) {
				t.Fatalf("Apply: got %v, want %v", errs, test.want)
			}
			want := 4
			if test.want != nil {
				want = 1
			}
			sessions, permits := count(t, db, "SELECT count(*) FROM bonafide_sessions"), count(t, db, "SELECT n FROM bonafide_permit_logs")
			if sessions != want || permits != want {
				t.Errorf("got %d sessions and %d permits, want %d of each", sessions, permits, want)
			}
		})
	}
}

// TestAStatementThatIsDoneLate: its answer is lost, nothing of it is there when that is looked for, and it is done
// before the changes are done again. They are answered as done.
func TestAStatementThatIsDoneLate(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	spy, file := on.spy(), on.file(t)
	db := on.open(t, spy.Name, file, 1)
	store, late := on.store(t, db), on.store(t, on.open(t, on.driver, file, 1))
	all := several(3, "key", 100)
	all[0].Permits, all[1].Permits, all[2].Permits = nil, nil, nil
	lost := fail(1, "INSERT INTO bonafide_sessions", io.ErrUnexpectedEOF)
	again := fail(1, "SELECT tenant", errFault)
	spy.On(func(query string) error {
		if strings.HasPrefix(query, "SELECT tenant") && again(query) != nil {
			apply(t, late, all...)
		}
		return lost(query)
	}, nil)
	if errs := store.Apply(t.Context(), all...); errs != nil {
		t.Errorf("Apply: got %v, want nil", errs)
	}
	if n := count(t, db, "SELECT count(*) FROM bonafide_sessions"); n != 3 {
		t.Errorf("sessions: got %d, want 3", n)
	}
}

// The server ends the connection before the one statement.
func TestBackendThatIsEndedBeforeAtOnce(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	file, name := on.file(t), newID().String()
	db, watch := on.open(t, on.driver, file+"&application_name="+name, 1), on.open(t, on.driver, file, 1)
	store := on.store(t, db)
	apply(t, store, several(1, "key", 100)...)
	exec(t, watch, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1", name)
	apply(t, store, several(3, "key", 100)...)
	if n := count(t, watch, "SELECT n FROM bonafide_permit_logs"); n != 4 {
		t.Errorf("permits: got %d, want 4", n)
	}
}

// TestSettleWhoseAnswerIsLost settles once, and says so.
func TestSettleWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	file, name := on.file(t), newID().String()
	db, watch := on.open(t, on.driver, file+"&application_name="+name, 1), on.open(t, on.driver, file, 1)
	store := on.store(t, db)
	apply(t, store, several(3, "key", 100)...)
	claimed, _, err := store.Claim(t.Context(), now, now.Add(time.Minute), 3, nil)
	if err != nil || len(claimed) != 3 {
		t.Fatalf("Claim: got %d, %v, want 3, nil", len(claimed), err)
	}
	for i := range claimed {
		claimed[i].State, claimed[i].DueAt, claimed[i].Last.At = session.DeliveryDone, time.Time{}, now
	}
	claimed[2].ID = newID()
	if errs := store.Settle(t.Context(), claimed[0]); errs != nil {
		t.Errorf("Settle: got %v, want nil", errs)
	}
	exec(t, watch, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1", name)
	errs := store.Settle(t.Context(), claimed...)
	// Whether the first was settled just now or before cannot be told apart, and makes no difference.
	if len(errs) != 3 || errs[1] != nil || !errors.Is(errs[2], session.ErrNotFound) {
		t.Errorf("Settle: got %v, want nil for the second and ErrNotFound for the third", errs)
	}
}

// Three processes with four callers each bring batches that take permits of two keys, in either order.
func TestPermitsOfSeveralKeys(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	file := on.file(t)
	const processes, callers, calls, batch, n = 3, 4, 6, 3, 90
	var wg sync.WaitGroup
	for range processes {
		store := on.store(t, on.open(t, on.driver, file, callers))
		for caller := range callers {
			wg.Go(func() {
				for range calls {
					changes := several(batch, "a", n)
					for i := range changes {
						p := changes[i].Permits[0]
						if p.Key = "b"; (caller+i)%2 == 0 {
							p.Rules[0].N = n / 2
							changes[i].Permits = append(changes[i].Permits, p)
						}
					}
					for _, err := range store.Apply(t.Context(), changes...) {
						if err != nil && !errors.Is(err, session.ErrLimited) {
							t.Errorf("Apply: got %v", err)
						}
					}
				}
			})
		}
	}
	wg.Wait()
	db := on.open(t, on.driver, file, 1)
	sessions := count(t, db, "SELECT count(*) FROM bonafide_sessions")
	a, b := count(t, db, "SELECT n FROM bonafide_permit_logs WHERE key = 'a'"), count(t, db, "SELECT n FROM bonafide_permit_logs WHERE key = 'b'")
	if sessions != n || a != n || b > n/2 || b == 0 {
		t.Errorf("got %d sessions, %d permits of a, %d of b, want %d, %d, and 1 to %d", sessions, a, b, n, n, n/2)
	}
	times := count(t, db, "SELECT sum(length(times)) / 8 FROM bonafide_permit_pages")
	if times != a+b {
		t.Errorf("times in the pages: got %d, want %d", times, a+b)
	}
}

// TestArrayHook: arrays go through it, and where they do not arrive as they were, rows are written one by one.
func TestArrayHook(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		hook func(any) any
		sets bool
	}{
		{"as it is", func(v any) any { return v }, true},
		{"no array", func(any) any { return 7 }, false},
		{"no NULL", func(v any) any {
			if all, ok := v.([][]byte); ok {
				for i := range all {
					all[i] = append([]byte{}, all[i]...)
				}
			}
			return v
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			on := onPostgres()
			var calls sync.Map
			on.dialect.Array = func(v any) any {
				calls.Store(fmt.Sprintf("%T", v), true)
				return test.hook(v)
			}
			spy, store := on.spiedStore(t, 1)
			spy.Taken()
			c := creation(newID())
			apply(t, store, c)
			if n := len(spy.Taken()); (n == 1) != test.sets {
				t.Errorf("Apply: got %d statements, want one: %v", n, test.sets)
			}
			if load(t, store, c) == nil {
				t.Error("the session is not there")
			}
			if _, asked := calls.Load("[][]uint8"); !asked {
				t.Error("the hook was not asked for arrays of bytes")
			}
		})
	}
}

// Of changes that may yet be done since their statement was lost, one that then fails by itself may be done too: its caller
// is told that, and not that it failed.
func TestDoubtOfOneThatFailsApart(t *testing.T) {
	t.Parallel()
	spy, store := onPostgres().spiedStore(t, 1)
	apply(t, store, several(1, "key", 100)...)
	all := several(3, "key", 100)
	all[2].Media = []session.Media{{ID: newID()}}
	lost, bad := fail(1, "INSERT INTO bonafide_sessions", io.ErrUnexpectedEOF), fail(100, "INSERT INTO bonafide_media", errFault)
	spy.On(func(query string) error { return errors.Join(lost(query), bad(query)) }, nil)
	errs := store.Apply(t.Context(), all...)
	spy.On(nil, nil)
	if len(errs) != 3 || errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], session.ErrUnknown) || !errors.Is(errs[2], errFault) {
		t.Errorf("Apply: got %v, want the third to be unknown, by the fault", errs)
	}
}
