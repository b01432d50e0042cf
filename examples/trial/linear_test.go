package trial_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

// verifiedID is the integration of histories.
var verifiedID = uuid.MustParse("44444444-0000-4000-8000-000000000001")

// course is how a history is made.
type course struct {
	clients, slots, calls int
	callers               []caller
	impatient             bool // some do not wait for the answer
}

// run makes a history: clients call verbs of the sessions of few slots, at the same time.
func (c course) run(t *testing.T) []porcupine.Operation {
	t.Helper()
	h := &history{name: uuid.NewString(), began: time.Now()}
	var all sync.WaitGroup
	for n := range c.clients {
		all.Go(func() {
			ids, gone := map[int]uuid.UUID{}, make([]int, c.slots)
			for range c.calls {
				slot := rand.IntN(c.slots)
				a := asked{Run: h.name, Slot: slot + c.slots*gone[slot], Verb: verbs[rand.IntN(len(verbs))]}
				if a.ID = ids[a.Slot]; a.ID == uuid.Nil {
					a.Verb = "create"
				}
				ctx, stop := context.WithCancel(t.Context())
				if c.impatient && rand.IntN(20) == 0 {
					go stop()
				}
				g := h.call(ctx, n, c.callers[rand.IntN(len(c.callers))], a)
				stop()
				switch {
				case a.Verb == "create" && g.Outcome == done:
					ids[a.Slot] = g.ID
				case g.Outcome == erased, g.Outcome == missing:
					gone[slot]++ // the next one takes its place
				}
			}
		})
	}
	all.Wait()
	return h.operations
}

// history is what was asked and answered, and when.
type history struct {
	name       string
	began      time.Time
	mu         sync.Mutex
	operations []porcupine.Operation
}

func (h *history) call(ctx context.Context, client int, by caller, a asked) given {
	o := porcupine.Operation{ClientId: client, Input: a, Call: int64(time.Since(h.began))}
	g := by.call(ctx, a)
	o.Output, o.Return = g, int64(time.Since(h.began))
	reads := a.Verb == "get" || a.Verb == "list"
	switch {
	case g.Outcome == failed, g.Outcome == unknown && reads:
		return g // which says nothing
	case g.Outcome == unknown:
		o.Return = never
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, o)
	return g
}

// judge fails the test unless the calls of a history can have been made one after another, each at a moment between its
// question and its answer.
func judge(t *testing.T, history []porcupine.Operation) {
	t.Helper()
	outcomes := map[string]int{}
	for _, o := range history {
		outcomes[o.Input.(asked).Verb+fmt.Sprint(" ", o.Output.(given).Outcome)]++
	}
	parts, unknown := bySlot(history), 0
	for _, part := range parts {
		result, info := porcupine.CheckOperationsVerbose(onlyOne(), part, 20*time.Second)
		if result == porcupine.Unknown {
			t.Logf("a history of %d calls takes too long to judge", len(part))
			unknown++
		}
		if result != porcupine.Illegal {
			continue
		}
		t.Errorf("a history of %d calls cannot be; it begins as if it had been", len(part))
		longest := slices.MaxFunc(info.PartialLinearizationsOperations()[0], func(a, b []porcupine.Operation) int { return len(a) - len(b) })
		for _, o := range longest {
			t.Logf("%s", describe(o))
		}
		t.Log("and then cannot go on with one of")
		for _, o := range part {
			if !slices.ContainsFunc(longest, func(l porcupine.Operation) bool { return l.Call == o.Call && l.ClientId == o.ClientId }) {
				t.Logf("%s", describe(o))
			}
		}
	}
	if 4*unknown > len(parts) {
		t.Errorf("%d of %d histories could not be judged", unknown, len(parts))
	}
	t.Logf("%d calls: %v", len(history), outcomes)
}

func describe(o porcupine.Operation) string {
	g := o.Output.(given)
	what := fmt.Sprintf("%d: %8d–%8d %s %s: %d %s, attempt %d, %d media, redacted %t", o.ClientId, o.Call/1000, o.Return/1000, o.Input.(asked).Verb,
		o.Input.(asked).ID, g.Outcome, g.Status, g.Attempts, g.Media, g.Redacted)
	return what + fmt.Sprint(g.List) + g.Why
}

// hands are engines over one store, some ahead of time, as many as there are stores.
func hands(t *testing.T, stores ...session.Store) (callers []caller) {
	w := newWorkshop(t)
	w.policy.Resume, w.policy.Resubmissions, w.policy.InProgress = true, 1000, -1
	for i, store := range stores {
		e := w.worker(store, func(cfg *session.Config) {
			cfg.Integrations = session.Fixed{{ID: verifiedID, Policy: w.policy}}
			cfg.Clock, cfg.Decider = skewed(time.Duration(i)*time.Second), nil
		})
		callers = append(callers, hand{e})
	}
	return callers
}

// TestLinear: what many clients are answered about few sessions, by engines of their own, can have been answered to one
// after another; also while Run begins and ends, and some do not wait.
func TestLinear(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, open func() session.Store) {
		callers := hands(t, open(), open(), open())
		for _, c := range []course{
			{clients: 8, slots: 2, calls: 40},
			{clients: 64, slots: 16, calls: 8},
			{clients: 16, slots: 3, calls: 25, impatient: true},
		} {
			if testing.Short() {
				c.calls /= 5
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- callers[0].(hand).engine.Run(ctx) }()
			time.AfterFunc(100*time.Millisecond, stop) // in the middle, or nearly so
			c.callers = callers
			judge(t, c.run(t))
			stop()
			ok(t, <-ended)
		}
	})
}

// TestLinearOverProcesses: three processes on one database, whose clocks differ, and of which one is killed.
func TestLinearOverProcesses(t *testing.T) {
	t.Parallel()
	for on, at := range map[string]func(t *testing.T) place{
		"SQLite":     func(t *testing.T) place { return place{Dir: t.TempDir()} },
		"PostgreSQL": func(t *testing.T) place { return place{Dir: t.TempDir(), Postgres: postgrestest.Schema(t, "")} },
	} {
		t.Run(on, func(t *testing.T) {
			t.Parallel()
			p := at(t)
			transport := &http.Transport{MaxIdleConnsPerHost: 16}
			defer transport.CloseIdleConnections()
			c := course{clients: 12, slots: 3, calls: 30, impatient: true}
			var children []*child
			for _, ahead := range []time.Duration{0, 5 * time.Second, -5 * time.Second} {
				node := p
				node.Skew = ahead
				children = append(children, node.start(t))
				c.callers = append(c.callers, wire{&http.Client{Transport: transport}, children[len(children)-1].url})
			}
			ended := make(chan error, 1)
			end := func() { ended <- children[2].end() }
			killed := time.AfterFunc(300*time.Millisecond, end)
			judge(t, c.run(t))
			if killed.Stop() {
				end()
			}
			ok(t, <-ended)
			children[0].kill()
			children[1].kill()
		})
	}
}

// TestTheJudgeIsAwake: a store that loses the look at the version is found out.
func TestTheJudgeIsAwake(t *testing.T) {
	t.Parallel()
	store := blind{memstore.New()}
	for range 200 {
		c := course{clients: 8, slots: 1, calls: 20, callers: hands(t, store)}
		if porcupine.CheckOperationsTimeout(onlyOne(), c.run(t), time.Minute) == porcupine.Illegal {
			return
		}
	}
	t.Error("of 200 histories none shows that changes are lost")
}

// blind is a store for which every change comes in time.
type blind struct{ session.Store }

func (s blind) EndsWithProcess() bool { return true }

func (s blind) Apply(ctx context.Context, changes ...session.Change) []error {
	for i := range changes {
		if c := &changes[i]; c.Base != 0 {
			ref := session.Ref{Tenant: c.Session.Tenant, ID: c.Session.ID, Deleted: true}
			if rec, err := s.Load(ctx, ref, 0); err == nil {
				c.Base = rec.Session.Version
			}
		}
	}
	return s.Store.Apply(ctx, changes...)
}
