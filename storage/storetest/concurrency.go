package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// together runs n goroutines that begin at once, and waits for all of them.
func together(n int, run func(i int)) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-gate
			run(i)
		})
	}
	close(gate)
	wg.Wait()
}

// rush applies changes at once, each in a call of its own, and counts the outcomes; any other is an error.
func (k *kit) rush(changes []session.Change, refusal error) (done, refused int) {
	k.Helper()
	errs := make([]error, len(changes))
	together(len(changes), func(i int) { errs[i] = firstOf(k.store.Apply(k.ctx, changes[i])) })
	for _, err := range errs {
		switch {
		case err == nil:
			done++
		case refusal != nil && errors.Is(err, refusal):
			refused++
		default:
			k.Errorf("Apply: got %v, want nil or %v", err, refusal)
		}
	}
	return done, refused
}

// gapless demands that the events of a session are numbered from 1 without gaps and chained, and that its Seq and
// Head are those of the last.
func (k *kit) gapless(id uuid.UUID, events int) session.Session {
	k.Helper()
	r := k.load(id)
	k.equal("number of events", len(r.Events), events)
	for i, e := range r.Events {
		k.equal("Seq of an event", e.Seq, int64(i+1))
	}
	k.equal("the session's Seq", r.Session.Seq, int64(events))
	k.unbroken(r)
	return r.Session
}

var concurrencyTests = []test{
	{"of 16 changes with the same Base exactly one is done and the others are ErrConflict", func(k *kit) {
		s := k.created()
		var changes []session.Change
		for range 16 {
			c := k.change(s)
			k.addMedia(&c)
			changes = append(changes, c)
		}
		done, refused := k.rush(changes, session.ErrConflict)
		k.equal("done and refused", []int{done, refused}, []int{1, 15})
		k.equal("version", k.gapless(s.ID, 2).Version, int64(2))
		k.equal("media", len(k.load(s.ID).Media), 1)
	}},
	{"of 16 creations of one id exactly one is done and the others are ErrExists", func(k *kit) {
		first := k.create()
		changes := []session.Change{first}
		for range 15 {
			c := k.create()
			c.Session.ID, c.Events[0].Session, c.Attempts[0].Session = first.Session.ID, first.Session.ID, first.Session.ID
			changes = append(changes, c)
		}
		done, refused := k.rush(changes, session.ErrExists)
		k.equal("done and refused", []int{done, refused}, []int{1, 15})
		k.gapless(first.Session.ID, 1)
		k.equal("attempts", len(k.load(first.Session.ID).Attempts), 1)
	}},
	{"32 Keep changes never conflict, their seqs have no gaps, and they make one chain", func(k *kit) {
		s := k.created()
		var changes []session.Change
		for i := range 32 {
			c := k.keep(s)
			c.Session.ActiveAt = k.in(time.Duration(i) * time.Second)
			k.addDelivery(&c, session.DeliveryDue, k.now)
			changes = append(changes, c)
		}
		k.rush(changes, nil)
		got := k.gapless(s.ID, 33)
		k.equal("version", got.Version, int64(1))
		k.equal("ActiveAt", got.ActiveAt, k.in(31*time.Second))
		r := k.kept(s.ID)
		k.equal("media", len(r.Record.Media), 32)
		bySeq := map[int64]uuid.UUID{}
		for _, e := range r.Record.Events {
			bySeq[e.Seq] = e.ID
		}
		for _, d := range r.Deliveries {
			k.equal("the event whose Seq a delivery has", bySeq[d.Seq], d.Event)
		}
	}},
	{"a raising change among Keep changes: those after it are ErrConflict", func(k *kit) {
		s := k.created()
		changes := []session.Change{k.change(s)}
		for range 20 {
			changes = append(changes, k.keep(s))
		}
		done, refused := k.rush(changes, session.ErrConflict)
		k.equal("outcomes", done+refused, 21)
		k.equal("version", k.gapless(s.ID, 1+done).Version, int64(2))
		r := k.load(s.ID)
		k.equal("media", len(r.Media), done-1)
		k.equal("the change of the last event", r.Events[done].Change, changes[0].ID)
	}},
	{"changes of many sessions, in batches of many callers, do not disturb one another", func(k *kit) {
		const callers, each = 12, 8
		batches := make([][]session.Change, callers)
		for i := range batches {
			for range each {
				batches[i] = append(batches[i], k.create())
			}
			stale := k.change(session.Session{ID: k.id(), Tenant: k.tenant, Version: 3})
			batches[i] = append(batches[i], stale)
		}
		outcomes := make([][]error, callers)
		together(callers, func(i int) { outcomes[i] = k.store.Apply(k.ctx, batches[i]...) })
		for i, errs := range outcomes {
			want := make([]error, each+1)
			want[each] = session.ErrNotFound
			k.outcome(errs, want...)
			for _, c := range batches[i][:each] {
				k.gapless(c.Session.ID, 1)
			}
		}
	}},
	{"of 3N changes that need a permit exactly N are done", func(k *kit) {
		const n = 20
		rule := session.Rule{N: n, Window: time.Hour}
		var changes []session.Change
		for i := range 3 * n {
			c := k.create()
			c.Permits = []session.Permit{k.permit("key", k.in(time.Duration(i%7)*time.Second), rule)}
			changes = append(changes, c)
		}
		done, refused := k.rush(changes, session.ErrLimited)
		k.equal("done and refused", []int{done, refused}, []int{n, 2 * n})
		k.equal("sessions there", len(k.query(session.Query{N: many})), n)
	}},
	{"of two rules at once the narrower one grants", func(k *kit) {
		wide, narrow := session.Rule{N: 9, Window: time.Hour}, session.Rule{N: 5, Window: time.Minute}
		var changes []session.Change
		for range 30 {
			c := k.create()
			c.Permits = []session.Permit{k.permit("key", k.now, wide, narrow), k.permit("other", k.now, wide)}
			changes = append(changes, c)
		}
		done, _ := k.rush(changes, session.ErrLimited)
		k.equal("done", done, 5)
		k.equal("done a minute later", k.grants(30, k.in(time.Minute), wide, narrow), 4)
	}},
	{"permits of two keys in either order: nobody waits for ever, and no permit is lost", func(k *kit) {
		rule := session.Rule{N: 10, Window: time.Hour}
		var changes []session.Change
		for i := range 30 {
			c := k.create()
			c.Permits = []session.Permit{k.permit("a", k.now, rule), k.permit("b", k.now, rule)}
			if i%2 == 1 {
				c.Permits[0], c.Permits[1] = c.Permits[1], c.Permits[0]
			}
			changes = append(changes, c)
		}
		done, _ := k.rush(changes, session.ErrLimited)
		k.equal("done", done, 10)
	}},
	{"two Applies of the same sessions in either order: nobody waits for ever", func(k *kit) {
		a, b := k.created(), k.created()
		together(16, func(i int) {
			changes := []session.Change{k.keep(a), k.keep(b)}
			if i%2 == 1 {
				changes[0], changes[1] = changes[1], changes[0]
			}
			if errs := k.store.Apply(k.ctx, changes...); errs != nil {
				k.Errorf("Apply of two Keep changes: got %v, want nil", errs)
			}
		})
		k.gapless(a.ID, 17)
		k.gapless(b.ID, 17)
	}},
	{"every session that is due is ticked and applied by exactly one Sweep", func(k *kit) {
		var due []session.Session
		for i := range 60 {
			due = append(due, k.due(k.in(-time.Duration(i)*time.Second)))
		}
		var swept atomic.Int64
		together(6, func(int) {
			for round := 0; ; round++ {
				done, next, err := k.store.Sweep(k.ctx, k.now, 7, func(s session.Session) (session.Change, bool) { return k.silence(s), true })
				swept.Add(int64(done))
				if err != nil || round > 10_000 {
					k.Errorf("Sweep, round %d: %v", round, err)
					return
				}
				if next.IsZero() {
					return
				}
			}
		})
		k.equal("sessions swept", swept.Load(), int64(len(due)))
		for _, s := range due {
			k.equal("version", k.gapless(s.ID, 2).Version, int64(2))
		}
	}},
	{"a Sweep and a change of the same session: one of them wins", func(k *kit) {
		for range 10 {
			s := k.due(k.now)
			c := k.silence(s)
			var err error
			var done int
			together(2, func(i int) {
				if i == 0 {
					err = firstOf(k.store.Apply(k.ctx, c))
					return
				}
				var failed error
				done, _, failed = k.store.Sweep(k.ctx, k.now, 1, func(s session.Session) (session.Change, bool) { return k.silence(s), true })
				if failed != nil {
					k.Errorf("Sweep: %v", failed)
				}
			})
			if (err == nil) == (done == 1) || err != nil && !errors.Is(err, session.ErrConflict) {
				k.Fatalf("Apply answered %v and Sweep did %d, want exactly one of them to win", err, done)
			}
			k.equal("version", k.gapless(s.ID, 2).Version, int64(2))
		}
	}},
	{"every delivery is claimed by exactly one Claim", func(k *kit) {
		const n = 80
		c := k.create()
		for i := range n {
			k.addDelivery(&c, session.DeliveryDue, k.in(-time.Duration(i)*time.Second))
		}
		k.apply(c)
		var mu sync.Mutex
		claimed := map[uuid.UUID]int{}
		together(6, func(int) {
			for round := 0; ; round++ {
				got, next, err := k.store.Claim(k.ctx, k.now, k.in(time.Hour), 7, nil)
				if err != nil || round > 10_000 {
					k.Errorf("Claim, round %d: %v", round, err)
					return
				}
				mu.Lock()
				for _, d := range got {
					claimed[d.ID] += d.Claims
				}
				mu.Unlock()
				if next.After(k.now) {
					return
				}
			}
		})
		k.equal("deliveries claimed", len(claimed), n)
		for id, claims := range claimed {
			if claims != 1 {
				k.Fatalf("delivery %s: claimed %d times, want once", id, claims)
			}
		}
	}},
	{"first tries leave in the order of Seq, of many sessions and endpoints claimed and settled by many", func(k *kit) {
		const sessions, each = 6, 8
		var due []time.Time
		for i := range each {
			due = append(due, k.in(-time.Duration(i)*time.Second))
		}
		want := map[[2]uuid.UUID][]int64{}
		for range sessions {
			c := k.create()
			k.addLane(&c, k.id(), due...)
			k.addLane(&c, k.id(), due...)
			k.apply(c)
			for _, d := range k.deliveries(session.DeliveryQuery{Session: c.Session.ID}) {
				to := [2]uuid.UUID{d.Session, d.Endpoint}
				want[to] = append(want[to], d.Seq)
			}
		}
		got := k.firstTries(8)
		k.equal("sessions and endpoints", len(got), 2*sessions)
		for to, seqs := range want {
			slices.Sort(seqs)
			k.equal("the Seqs of a session and endpoint, as they were first tried", got[to], seqs)
		}
	}},
	{"of two that settle one delivery as done one is ErrConflict", func(k *kit) {
		k.pending(k.now)
		got, _ := k.claim(k.now, k.in(time.Hour), 1)
		got[0].State, got[0].DueAt = session.DeliveryDone, time.Time{}
		errs := make([]error, 8)
		together(8, func(i int) { errs[i] = firstOf(k.store.Settle(k.ctx, clone(got[0]))) })
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				k.is("Settle", err, session.ErrConflict)
			}
		}
		k.equal("settled", won, 1)
	}},
	{"what a returned Apply did MUST be seen by every call that starts later", func(k *kit) {
		together(6, func(int) {
			for range 5 {
				c := k.create()
				k.addDelivery(&c, session.DeliveryDue, k.now)
				if err := firstOf(k.store.Apply(k.ctx, c)); err != nil {
					k.Errorf("Apply: %v", err)
					return
				}
				_, err := k.store.Load(k.ctx, session.Ref{Tenant: k.tenant, ID: c.Session.ID}, all)
				list, err2 := k.store.Query(k.ctx, session.Query{Tenant: k.tenant, N: many})
				log, err3 := k.store.Deliveries(k.ctx, session.DeliveryQuery{Tenant: k.tenant, Session: c.Session.ID, N: many})
				listed := slices.Contains(ids(list, sessionID), c.Session.ID)
				if err := errors.Join(err, err2, err3); err != nil || !listed || len(log) != 1 {
					k.Errorf("after Apply: got error %v, listed %t and %d deliveries, want nil, true and 1", err, listed, len(log))
				}
			}
		})
	}},
	{"Apply MUST NOT let one caller's ctx end another's change, and MUST wait for the outcome", func(k *kit) {
		const n = 40
		var changes []session.Change
		for range n {
			changes = append(changes, k.create())
		}
		errs := make([]error, n)
		together(n, func(i int) {
			ctx, cancel := context.WithCancel(k.ctx)
			defer cancel()
			if i%2 == 1 {
				go cancel()
			}
			errs[i] = firstOf(k.store.Apply(ctx, changes[i]))
		})
		for i, err := range errs {
			if i%2 == 0 || err != nil && !errors.Is(err, context.Canceled) {
				k.is("Apply of one who did not go away", err, nil)
			}
			events := len(k.kept(changes[i].Session.ID).Record.Events)
			k.equal("number of events when Apply answered "+fmt.Sprint(err), events, map[bool]int{true: 1, false: 0}[err == nil])
		}
	}},
	{"Load is of one instant", func(k *kit) {
		s := k.created()
		together(4, func(i int) {
			for range 25 {
				if i == 0 {
					if err := firstOf(k.store.Apply(k.ctx, k.keep(s))); err != nil {
						k.Errorf("Apply: %v", err)
					}
					continue
				}
				r, err := k.store.Load(k.ctx, session.Ref{Tenant: k.tenant, ID: s.ID}, all)
				if err != nil || int(r.Session.Seq) != len(r.Events) || len(r.Media) != len(r.Events)-1 {
					k.Errorf("Load: got seq %d with %d events and %d media (error %v), want as many events, and media one less", r.Session.Seq, len(r.Events), len(r.Media), err)
					return
				}
			}
		})
	}},
}

// grants counts how many of n permits of the key "key" are given one after another.
func (k *kit) grants(n int, at time.Time, rules ...session.Rule) (given int) {
	k.Helper()
	for range n {
		if k.take(k.permit("key", at, rules...)) == nil {
			given++
		}
	}
	return given
}
