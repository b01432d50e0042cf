package trial_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// TestNothingTwice: several workers on one store, each with connections of its own, ask for each decision once and tell
// everything once.
func TestNothingTwice(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, open func() session.Store) {
		w := newWorkshop(t)
		var workers []*session.Engine
		for range 3 {
			workers = append(workers, w.worker(open(), nil))
		}
		ids := w.submitted(workers[0], many(90))
		var all sync.WaitGroup
		for _, e := range workers {
			all.Go(func() { _, _ = e.Settle(t.Context()) })
		}
		all.Wait()
		w.settle(workers[1]) // the last thing may have been claimed by who had nothing to follow it
		w.is(workers[2], session.StatusApproved, ids...)
		for _, id := range ids {
			if n := w.asked[id]; n != 1 {
				t.Errorf("the decider was asked %d times about %s", n, id)
			}
		}
		if len(w.told) != 4*len(ids) {
			t.Errorf("%d deliveries were made of %d sessions, want 4 of each", len(w.told), len(ids))
		}
		for id, n := range w.told {
			if n != 1 {
				t.Errorf("delivery %s was made %d times", id, n)
			}
		}
	})
}

// TestNobodyStarves: who fails always, as a decider, by an error or a panic, and as a receiver, keeps no other waiting
// for longer than one settling.
func TestNobodyStarves(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, open func() session.Store) {
		w := newWorkshop(t)
		w.policy.DeciderTries = 1000
		w.decide = func(c session.Case) (v decision.Verdict, err error) {
			switch {
			case c.Integration == goodID:
				return decision.Verdict{Outcome: decision.Approved}, nil
			case c.ID[15]%2 == 0:
				panic("the decider broke")
			}
			return v, errors.New("the decider is away")
		}
		w.deliver = func(_ context.Context, d session.Delivery) session.Try {
			if d.Integration == badID {
				return session.Try{Status: 500}
			}
			return session.Try{Status: 200}
		}
		e := w.worker(open(), nil)
		w.submitted(e.For(badID), many(60))
		for range 5 {
			ids := w.submitted(e, 2)
			w.settle(e)
			w.is(e, session.StatusApproved, ids...)
			w.later(2 * time.Hour) // all that failed is due again
		}
	})
}

// TestHangingReceiver: of one who never answers others notice nothing, though hundreds of deliveries wait for it.
func TestHangingReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorkshop(t)
		w.deliver = func(ctx context.Context, d session.Delivery) session.Try {
			if d.Integration == badID {
				<-ctx.Done()
				return session.Try{Note: "timeout"}
			}
			return session.Try{Status: 200}
		}
		e := w.worker(memstore.New(), func(cfg *session.Config) { cfg.Clock = nil })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- e.Run(ctx) }()
		w.created(e.For(badID), 500)
		for range 10 {
			ids := w.submitted(e, 20)
			<-time.After(2 * time.Second) // of the bubble's own time
			w.is(e, session.StatusApproved, ids...)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestDeadWorker: what a worker had begun that is no more comes back to the others.
func TestDeadWorker(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		within time.Duration
		begin  func(w *workshop, e *session.Engine) uuid.UUID
		dies   func(*session.Config)
		done   func(w *workshop, e *session.Engine, id uuid.UUID) bool
	}{
		{"a delivery", 30 * time.Second, func(w *workshop, e *session.Engine) uuid.UUID { return w.created(e, 1)[0] },
			func(cfg *session.Config) { cfg.Deliverer = dying{} },
			func(w *workshop, _ *session.Engine, _ uuid.UUID) bool { return len(w.told) > 0 }},
		{"a decision", 30 * time.Second, func(w *workshop, e *session.Engine) uuid.UUID { return w.submitted(e, 1)[0] },
			func(cfg *session.Config) { cfg.Decider, cfg.Deliverer = dying{}, nil },
			func(w *workshop, e *session.Engine, id uuid.UUID) bool { return w.asked[id] > 0 }},
		{"an erasure", 30 * time.Second, func(w *workshop, e *session.Engine) uuid.UUID {
			id := w.created(e, 1)[0]
			_, err := e.Delete(w.t.Context(), id)
			ok(w.t, err)
			return id
		}, func(cfg *session.Config) { cfg.Keeper, cfg.Deliverer = dying{cfg.Keeper.(*counted).Keeper}, nil },
			func(w *workshop, _ *session.Engine, _ uuid.UUID) bool {
				return w.keeper.(*counted).destroyed.Load() > 0
			}},
		{"a screening", 30 * time.Second, func(w *workshop, e *session.Engine) uuid.UUID {
			s, err := e.Create(w.t.Context(), session.Facts{Person: session.Person{FirstName: "Ada", LastName: "Specimen"}})
			ok(w.t, err)
			_, err = e.Submit(w.t.Context(), s.ID)
			ok(w.t, err)
			_, err = e.Decide(w.t.Context(), s.ID, decision.Verdict{Outcome: decision.Approved})
			ok(w.t, err)
			return s.ID
		}, func(cfg *session.Config) { cfg.Screener, cfg.Deliverer = dying{}, nil },
			func(w *workshop, _ *session.Engine, _ uuid.UUID) bool { return w.searched.Load() > 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, open func() session.Store) {
				w := newWorkshop(t)
				w.policy.Screening = true // of those who are somebody
				living := w.worker(open(), nil)
				id := c.begin(w, living)
				dead := w.worker(open(), c.dies)
				over := make(chan struct{})
				go func() {
					defer close(over)
					_, err := dead.Settle(t.Context())
					t.Errorf("who is to die settles: %v", err)
				}()
				<-over
				w.later(c.within - time.Second)
				w.settle(living)
				if c.name != "a delivery" && c.done(w, living, id) {
					t.Error("it is done by two at once")
				}
				w.later(time.Second)
				w.settle(living)
				if !c.done(w, living, id) {
					t.Errorf("it is not done %s after its worker died", c.within)
				}
			})
		})
	}
}

// dying is a part of the configuration with which the goroutine ends that calls it: nothing follows.
type dying struct{ session.Keeper }

func (dying) Deliver(context.Context, session.Endpoint, session.Delivery) session.Try {
	runtime.Goexit()
	return session.Try{}
}

func (dying) Decide(context.Context, session.Case) (v decision.Verdict, err error) {
	runtime.Goexit()
	return v, err
}

func (dying) Screen(context.Context, decision.Subject) (s decision.Screening, err error) {
	runtime.Goexit()
	return s, err
}

func (dying) Destroy(context.Context, uuid.UUID, []byte) error {
	runtime.Goexit()
	return nil
}

// counted is a keeper that counts what it destroys.
type counted struct {
	session.Keeper
	destroyed atomic.Int64
}

func (k *counted) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	k.destroyed.Add(1)
	return k.Keeper.Destroy(ctx, id, ref)
}

// TestAnHourOfSilence: what nobody did for an hour is all done by one settling, and told in order.
func TestAnHourOfSilence(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, open func() session.Store) {
		w := newWorkshop(t)
		w.policy.Lifetime = 30 * time.Minute
		last := map[uuid.UUID]int64{}
		w.deliver = func(_ context.Context, d session.Delivery) session.Try {
			w.mu.Lock()
			defer w.mu.Unlock()
			if d.Seq <= last[d.Session] {
				t.Errorf("session %s was told of event %d after %d", d.Session, d.Seq, last[d.Session])
			}
			last[d.Session] = d.Seq
			return session.Try{Status: 200}
		}
		e := w.worker(open(), nil)
		n := 270 // more than a sweep has in one transaction
		if strings.HasSuffix(t.Name(), "memory") {
			n = 1000
		}
		expired, decided := w.created(e, n), w.submitted(e, many(n/2))
		w.later(time.Hour)
		w.settle(e)
		w.is(e, session.StatusExpired, expired...)
		w.is(e, session.StatusApproved, decided...)
	})
}
