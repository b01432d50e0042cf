package storetest

import (
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// lane creates a session with deliveries to one endpoint, each of an event of its own and due at its time, and
// gives them in the order of Seq. Their IDs are in the opposite order, which must not matter.
func (k *kit) lane(due ...time.Time) []session.Delivery {
	k.Helper()
	c := k.create()
	k.addLane(&c, k.id(), due...)
	k.apply(c)
	return k.stored(c.Deliveries)
}

// addLane adds deliveries to one endpoint, each of a further event. They are in the change in the order of Seq,
// and by ID in the opposite order.
func (k *kit) addLane(c *session.Change, endpoint uuid.UUID, due ...time.Time) {
	var free []uuid.UUID
	for range due {
		free = append(free, k.id())
	}
	for i, at := range due {
		k.addEvent(c, session.EventUploaded)
		d := k.addDelivery(c, session.DeliveryDue, at)
		d.Endpoint, d.ID = endpoint, free[len(free)-1-i]
	}
}

// stored gives deliveries as the store has them.
func (k *kit) stored(list []session.Delivery) (out []session.Delivery) {
	k.Helper()
	for _, d := range list {
		out = append(out, k.delivery(d.ID))
	}
	return out
}

// tryLater claims a delivery, which has to be the only one that is to be had, and settles it as tried and due again.
func (k *kit) tryLater(id uuid.UUID, due time.Time) {
	k.Helper()
	got, _ := k.claim(k.now, k.in(time.Minute), many)
	k.equal("claimed to be tried", ids(got, deliveryID), []uuid.UUID{id})
	got[0].DueAt, got[0].Tries, got[0].Last = due, got[0].Tries+1, session.Try{At: k.now, Status: 503, Note: "status"}
	k.settled(got[0], nil)
}

// handsOut demands which deliveries a Claim at the time hands out.
func (k *kit) handsOut(what string, at time.Time, want ...uuid.UUID) {
	k.Helper()
	got, _ := k.claim(at, at.Add(time.Minute), many)
	k.equal("claimed "+what, ids(got, deliveryID), append([]uuid.UUID{}, want...))
}

// firstTries claims and settles until nothing more is to be had, by many at once, and gives the Seqs of each session
// and endpoint as they were first tried. Of three first tries one fails and is made again at once, and one later.
func (k *kit) firstTries(callers int) map[[2]uuid.UUID][]int64 {
	var mu sync.Mutex
	tried := map[[2]uuid.UUID][]int64{}
	together(callers, func(int) {
		for round := 0; ; round++ {
			got, _, err := k.store.Claim(k.ctx, k.now, k.in(time.Hour), 2, nil)
			if err != nil || round > 10_000 {
				k.Errorf("Claim, round %d: %v", round, err)
				return
			}
			if len(got) == 0 { // who holds the others comes again, when they are settled
				return
			}
			mu.Lock()
			for i := range got {
				d := &got[i]
				if to := [2]uuid.UUID{d.Session, d.Endpoint}; d.Tries == 0 {
					tried[to] = append(tried[to], d.Seq)
				}
				d.Tries, d.Last = d.Tries+1, session.Try{At: k.now, Status: 200}
				switch {
				case d.Tries == 1 && d.Seq%3 == 0:
					d.DueAt, d.Last.Status = k.now, 503
				case d.Tries == 1 && d.Seq%3 == 1:
					d.DueAt, d.Last.Status = k.in(time.Minute), 503
				default:
					d.State, d.DueAt = session.DeliveryDone, time.Time{}
				}
			}
			mu.Unlock()
			if errs := k.store.Settle(k.ctx, got...); errs != nil {
				k.Errorf("Settle: %v", errs)
			}
		}
	})
	return tried
}

var orderTests = []test{
	{"not handed out while an earlier one was never tried, though that is not due yet", func(k *kit) {
		d := k.lane(k.in(time.Microsecond), k.now, k.in(-time.Hour))
		k.handsOut("while the first is not due", k.now)
		k.handsOut("when the first is due", k.in(time.Microsecond), d[0].ID)
		k.equal("those that wait", k.stored(d[1:]), d[1:])
	}},
	{"not handed out while an earlier one was never tried, though that is held and not due yet", func(k *kit) {
		c := k.create()
		k.addLane(&c, k.id(), k.in(time.Hour), k.now)
		c.Deliveries[0].State = session.DeliveryHeld
		k.apply(c)
		k.handsOut("while the first is held", k.now)
		k.handsOut("when the first is due", k.in(time.Hour), c.Deliveries[0].ID)
	}},
	{"not handed out while an earlier one was never tried, though another has claimed that", func(k *kit) {
		d := k.lane(k.now, k.now)
		k.handsOut("first", k.now, d[0].ID)
		k.handsOut("while the first is claimed", k.now)
		k.handsOut("just before that claim ends", k.in(time.Minute-time.Microsecond))
		k.handsOut("when that claim ends", k.in(time.Minute), d[0].ID)
	}},
	{"not handed out while an earlier one was never tried (Last.At is zero), though that was claimed and put off", func(k *kit) {
		d := k.lane(k.now, k.now)
		got, _ := k.claim(k.now, k.in(time.Minute), many)
		got[0].DueAt, got[0].Last = k.in(time.Hour), session.Try{Note: "put off"}
		k.settled(got[0], nil)
		k.handsOut("while the first is put off", k.in(time.Hour-time.Microsecond))
		k.handsOut("then", k.in(time.Hour), d[0].ID)
	}},
	{"not handed out while an earlier one is pending that is due too, though that was tried and is due later", func(k *kit) {
		d := k.lane(k.now, k.in(-time.Hour))
		k.tryLater(d[0].ID, k.in(time.Second))
		k.handsOut("when both are due", k.in(time.Second), d[0].ID)
	}},
	{"handed out while an earlier one that was tried waits for its retry: retries may be overtaken", func(k *kit) {
		d := k.lane(k.now, k.now)
		k.tryLater(d[0].ID, k.in(time.Second))
		k.handsOut("just before the retry", k.in(time.Second-time.Microsecond), d[1].ID)
	}},
	{"handed out while an earlier one that was tried is claimed by another", func(k *kit) {
		d := k.lane(k.now, k.now)
		k.tryLater(d[0].ID, k.in(time.Second))
		k.handsOut("when both are due", k.in(time.Second), d[0].ID)
		k.handsOut("while the retry is claimed", k.in(time.Second), d[1].ID)
	}},
	{"the first of three is tried and waits, the second was never tried: the third is not handed out", func(k *kit) {
		d := k.lane(k.now, k.in(time.Minute), k.now)
		k.tryLater(d[0].ID, k.in(time.Hour))
		k.handsOut("while the second is not due", k.now)
		k.handsOut("when the second is due", k.in(time.Minute), d[1].ID)
	}},
	{"handed out after earlier ones that are not pending any more", func(k *kit) {
		for _, state := range []session.DeliveryState{session.DeliveryDone, session.DeliveryDead, session.DeliveryErased, session.DeliveryWithdrawn} {
			c := k.create()
			k.addLane(&c, k.id(), time.Time{}, k.now)
			c.Deliveries[0].State = state
			k.apply(c)
			k.handsOut("after one that is "+string(state), k.now, c.Deliveries[1].ID)
		}
	}},
	{"handed out when the earlier one is erased or withdrawn", func(k *kit) {
		for _, set := range []func(d *session.Delivery, c *session.Change){
			func(d *session.Delivery, c *session.Change) { d.Personal, c.Erase = true, session.EraseSealed },
			func(d *session.Delivery, c *session.Change) { d.State, c.Withdraw = session.DeliveryHeld, true },
		} {
			c, ends := k.create(), session.Change{}
			k.addLane(&c, k.id(), k.in(time.Hour), k.now)
			set(&c.Deliveries[0], &ends)
			next := k.change(k.apply(c))
			k.handsOut("before", k.now)
			next.Erase, next.Withdraw = ends.Erase, ends.Withdraw
			k.apply(next)
			k.handsOut("after", k.now, c.Deliveries[1].ID)
		}
	}},
	{"handed out while an earlier one of another endpoint or another session, or a later one, was never tried", func(k *kit) {
		c, endpoint := k.create(), k.id()
		k.addLane(&c, k.id(), k.in(time.Hour))
		k.addLane(&c, endpoint, k.now, k.in(-time.Hour))
		want := c.Deliveries[1].ID
		o := k.create()
		k.addLane(&o, endpoint, k.in(time.Hour))
		k.apply(o, c)
		k.handsOut("of all", k.now, want)
	}},
	{"after Settle of the first the second is handed out, and so on in the order of Seq", func(k *kit) {
		var due []time.Time
		for i := range 6 {
			due = append(due, k.in(-time.Duration(i)*time.Second))
		}
		for i, want := range k.lane(due...) {
			got, _ := k.claim(k.now, k.in(time.Minute), many)
			k.equal("claimed", ids(got, deliveryID), []uuid.UUID{want.ID})
			d := got[0]
			d.Tries, d.Last = 1, session.Try{At: k.now, Status: 200}
			d.State, d.DueAt = session.DeliveryDone, time.Time{}
			if i%2 == 1 {
				d.State, d.DueAt = session.DeliveryDue, k.in(time.Hour)
			}
			k.settled(d, nil)
		}
	}},
	{"at most one of a session and endpoint is in one Claim", func(k *kit) {
		var want []uuid.UUID
		for range 3 {
			c := k.create()
			for range 2 {
				first := len(c.Deliveries)
				k.addLane(&c, k.id(), k.now, k.in(-time.Second), k.now)
				want = append(want, c.Deliveries[first].ID)
			}
			k.apply(c)
		}
		slices.SortFunc(want, compareIDs)
		k.handsOut("of all", k.now, want...)
	}},
	{"those that are not handed out do not use up n", func(k *kit) {
		k.lane(append([]time.Time{k.in(time.Hour)}, slices.Repeat([]time.Time{k.in(-time.Hour)}, 30)...)...)
		want := k.pending(k.now).ID
		got, _ := k.claim(k.now, k.in(time.Minute), 1)
		k.equal("claimed", ids(got, deliveryID), []uuid.UUID{want})
	}},
	{"next has no regard to order or to who holds it", func(k *kit) {
		d := k.lane(k.now, k.in(-time.Second))
		got, next := k.claim(k.now, k.in(time.Minute), many)
		k.equal("claimed", ids(got, deliveryID), []uuid.UUID{d[0].ID})
		k.equal("next", next, d[1].DueAt)
		got, next = k.claim(k.now, k.in(time.Minute), many)
		k.equal("claimed then", got, []session.Delivery{})
		k.equal("next then", next, d[1].DueAt)
	}},
	{"an earlier one has the lower Seq, though it was added later", func(k *kit) {
		c := k.create()
		k.addLane(&c, k.id(), k.now)
		late := k.change(k.apply(c))
		d := k.addDelivery(&late, session.DeliveryDue, k.now)
		d.Endpoint, d.Event = c.Deliveries[0].Endpoint, c.Events[0].ID
		k.apply(late)
		k.handsOut("of both", k.now, d.ID)
	}},
}
