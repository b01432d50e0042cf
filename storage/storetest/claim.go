package storetest

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// claim claims, and demands no error.
func (k *kit) claim(now, until time.Time, n int, except ...uuid.UUID) ([]session.Delivery, time.Time) {
	k.Helper()
	out, next, err := k.store.Claim(k.ctx, now, until, n, except)
	if err != nil {
		k.Fatalf("Claim: %v", err)
	}
	return out, next
}

// pending creates a session with one delivery, due at the time.
func (k *kit) pending(due time.Time) session.Delivery {
	k.Helper()
	c := k.create()
	id := k.addDelivery(&c, session.DeliveryDue, due).ID
	k.apply(c)
	return k.delivery(id)
}

func byDue(a, b session.Delivery) int {
	if c := a.DueAt.Compare(b.DueAt); c != 0 {
		return c
	}
	return compareIDs(a.ID, b.ID)
}

var claimTests = []test{
	{"raises Claims by one and moves DueAt to until, and nothing else", func(k *kit) {
		want := k.pending(k.now)
		got, next := k.claim(k.now, k.in(time.Minute), many)
		want.Claims, want.DueAt = 1, k.in(time.Minute)
		k.equal("claimed", got, []session.Delivery{want})
		k.equal("stored", k.delivery(want.ID), want)
		k.equal("next", next, time.Time{})
	}},
	{"no other Claim sees them before until", func(k *kit) {
		d := k.pending(k.now)
		k.claim(k.now, k.in(time.Minute), many)
		got, next := k.claim(k.in(time.Minute-time.Microsecond), k.in(time.Hour), many)
		k.equal("claimed before until", got, []session.Delivery{})
		k.equal("next", next, k.in(time.Minute))
		got, _ = k.claim(k.in(time.Minute), k.in(time.Hour), many)
		d.Claims, d.DueAt = 2, k.in(time.Hour)
		k.equal("claimed at until", got, []session.Delivery{d})
	}},
	{"pending deliveries whose DueAt is not after now", func(k *kit) {
		c := k.create()
		due := k.addDelivery(&c, session.DeliveryDue, k.now).ID
		held := k.addDelivery(&c, session.DeliveryHeld, k.now).ID
		for _, state := range []session.DeliveryState{session.DeliveryDone, session.DeliveryDead, session.DeliveryErased, session.DeliveryWithdrawn} {
			k.addDelivery(&c, state, time.Time{})
		}
		k.addDelivery(&c, session.DeliveryDue, k.in(time.Microsecond))
		k.apply(c)
		got, next := k.claim(k.now, k.in(time.Hour), many)
		k.equal("claimed", ids(got, deliveryID), []uuid.UUID{due, held})
		k.equal("states", []session.DeliveryState{got[0].State, got[1].State}, []session.DeliveryState{session.DeliveryDue, session.DeliveryHeld})
		k.equal("next", next, k.in(time.Microsecond))
	}},
	{"earliest first and, where that is equal, in the order of ID", func(k *kit) {
		r := rand.New(rand.NewPCG(1, 2))
		c := k.create()
		for range 40 {
			k.addDelivery(&c, session.DeliveryDue, k.in(-time.Duration(r.IntN(5))*time.Second))
		}
		want := clone(c.Deliveries)
		r.Shuffle(len(c.Deliveries), func(i, j int) { c.Deliveries[i], c.Deliveries[j] = c.Deliveries[j], c.Deliveries[i] })
		k.apply(c)
		slices.SortFunc(want, byDue)
		got, _ := k.claim(k.now, k.in(time.Hour), many)
		k.equal("order", ids(got, deliveryID), ids(want, deliveryID))
	}},
	{"up to n, and next is when the earliest is due that was not claimed", func(k *kit) {
		var want []uuid.UUID
		for i := range 5 {
			want = append(want, k.pending(k.in(time.Duration(i)*time.Second)).ID)
		}
		got, next := k.claim(k.in(time.Hour), k.in(2*time.Hour), 2)
		k.equal("claimed", ids(got, deliveryID), want[:2])
		k.equal("next", next, k.in(2*time.Second))
		got, next = k.claim(k.in(time.Hour), k.in(2*time.Hour), many)
		k.equal("claimed then", ids(got, deliveryID), want[2:])
		k.equal("next is when a claim of before ends", next, k.in(2*time.Hour))
	}},
	{"none for the endpoints in except, and next has no regard to except", func(k *kit) {
		a, b, c := k.pending(k.in(-3*time.Second)), k.pending(k.in(-2*time.Second)), k.pending(k.in(-time.Second))
		got, next := k.claim(k.now, k.in(time.Hour), many, b.Endpoint, k.id())
		k.equal("claimed", ids(got, deliveryID), []uuid.UUID{a.ID, c.ID})
		k.equal("next", next, b.DueAt)
		k.equal("the one that was left out", k.delivery(b.ID), b)
		got, _ = k.claim(k.now, k.in(time.Hour), many, a.Endpoint, b.Endpoint)
		k.equal("claimed then", got, []session.Delivery{})
		got, next = k.claim(k.now, k.in(time.Hour), many)
		k.equal("claimed at last", ids(got, deliveryID), []uuid.UUID{b.ID})
		k.equal("next at last", next, k.in(time.Hour))
	}},
	{"except does not use up n", func(k *kit) {
		c := k.create()
		endpoint := k.id()
		k.addLane(&c, endpoint, slices.Repeat([]time.Time{k.in(-time.Hour)}, 30)...)
		k.apply(c)
		d := k.pending(k.now)
		got, _ := k.claim(k.now, k.in(time.Hour), 1, endpoint)
		k.equal("claimed", ids(got, deliveryID), []uuid.UUID{d.ID})
	}},
	{"of every tenant", func(k *kit) {
		a, b := k.pending(k.now), k.other().pending(k.now)
		got, _ := k.claim(k.now, k.in(time.Hour), many)
		k.equal("claimed", ids(got, deliveryID), []uuid.UUID{a.ID, b.ID})
	}},
	{"of deleted sessions too", func(k *kit) {
		c := k.create()
		c.Session.DeletedAt = k.now
		id := k.addDelivery(&c, session.DeliveryDue, k.now).ID
		k.apply(c)
		got, _ := k.claim(k.now, k.in(time.Hour), many)
		k.equal("claimed", ids(got, deliveryID), []uuid.UUID{id})
	}},
	{"nothing of an empty store, and next is never", func(k *kit) {
		got, next := k.claim(k.now, k.in(time.Hour), many)
		k.equal("claimed and next", []any{len(got), next}, []any{0, time.Time{}})
	}},
}

var settleTests = []test{
	{"answers nil when all were written", func(k *kit) {
		k.pending(k.now)
		k.pending(k.now)
		got, _ := k.claim(k.now, k.in(time.Minute), many)
		for i := range got {
			got[i].State, got[i].DueAt = session.DeliveryDone, time.Time{}
		}
		if errs := k.store.Settle(k.ctx, got...); errs != nil {
			k.Fatalf("Settle: got %v, want nil", errs)
		}
		if errs := k.store.Settle(k.ctx); errs != nil {
			k.Fatalf("Settle of nothing: got %v, want nil", errs)
		}
	}},
	{"writes State, DueAt, Tries and Last, and nothing else", func(k *kit) {
		k.pending(k.now)
		got, _ := k.claim(k.now, k.in(time.Minute), many)
		want := clone(got[0])
		want.State, want.DueAt, want.Tries = session.DeliveryHeld, k.in(3*time.Second), 7
		want.Last = session.Try{At: k.in(time.Second), Status: 503, Note: "status"}

		d := k.fullDelivery()
		d.ID, d.Claims = want.ID, want.Claims
		d.State, d.DueAt, d.Tries, d.Last = want.State, want.DueAt, want.Tries, want.Last
		k.settled(d, nil)
		k.equal("stored", k.delivery(want.ID), want)
	}},
	{"what is settled as done is never claimed again, and keeps its body", func(k *kit) {
		body := k.pending(k.now).Body
		got, _ := k.claim(k.now, k.in(time.Minute), many)
		d := got[0]
		d.State, d.DueAt = session.DeliveryDone, time.Time{}
		k.settled(d, nil)
		again, next := k.claim(k.in(time.Hour), k.in(2*time.Hour), many)
		k.equal("claimed and next", []any{len(again), next}, []any{0, time.Time{}})
		k.equal("body", k.delivery(d.ID).Body, body)
	}},
	{"what is settled as due is claimed when it is due again", func(k *kit) {
		k.pending(k.now)
		got, _ := k.claim(k.now, k.in(time.Hour), many)
		d := got[0]
		d.DueAt = k.in(time.Minute)
		k.settled(d, nil)
		again, next := k.claim(k.in(time.Minute-1000), k.in(2*time.Hour), many)
		k.equal("claimed and next before", []any{len(again), next}, []any{0, d.DueAt})
		again, _ = k.claim(k.in(time.Minute), k.in(2*time.Hour), many)
		k.equal("claims", again[0].Claims, 2)
	}},
	{"Claims counts claims, and Tries is what Settle writes", func(k *kit) {
		k.pending(k.now)
		for i, row := range []struct{ settled, want int }{{1, 0}, {1, 1}, {2, 1}, {5, 2}, {0, 5}, {0, 0}} {
			k.claim(k.now, k.now, many) // and never settled
			got, _ := k.claim(k.now, k.in(time.Minute), many)
			k.equal("claims and tries when it is claimed", []int{got[0].Claims, got[0].Tries}, []int{2*i + 2, row.want})
			got[0].Tries, got[0].DueAt = row.settled, k.now
			k.settled(got[0], nil)
			stored := k.delivery(got[0].ID)
			k.equal("claims and tries when it is settled", []int{stored.Claims, stored.Tries}, []int{2*i + 2, row.settled})
		}
	}},
	{"one that is not pending any more is ErrConflict and left as it is", func(k *kit) {
		for _, state := range []session.DeliveryState{session.DeliveryDone, session.DeliveryDead, session.DeliveryErased, session.DeliveryWithdrawn} {
			k.pending(k.now)
			got, _ := k.claim(k.now, k.in(time.Minute), many)
			d := got[0]
			d.State, d.DueAt = state, time.Time{}
			k.settled(d, nil)
			d.State, d.DueAt = session.DeliveryDue, k.in(time.Second)
			k.settled(d, session.ErrConflict)
		}
	}},
	{"one that was withdrawn meanwhile is ErrConflict and left as it is", func(k *kit) {
		c := k.create()
		k.addDelivery(&c, session.DeliveryHeld, k.now)
		s := k.apply(c)
		got, _ := k.claim(k.now, k.in(time.Minute), many)
		next := k.change(s)
		next.Withdraw = true
		k.apply(next)
		got[0].State, got[0].DueAt = session.DeliveryDone, time.Time{}
		k.settled(got[0], session.ErrConflict)
	}},
	{"one that was erased meanwhile is ErrConflict and left as it is", func(k *kit) {
		c := k.create()
		k.addDelivery(&c, session.DeliveryDue, k.now).Personal = true
		s := k.apply(c)
		got, _ := k.claim(k.now, k.in(time.Minute), many)
		next := k.change(s)
		next.Erase = session.EraseSealed
		k.apply(next)
		got[0].State, got[0].DueAt = session.DeliveryDone, time.Time{}
		k.settled(got[0], session.ErrConflict)
		k.equal("body", k.delivery(got[0].ID).Body, []byte(nil))
	}},
	{"one that was claimed again meanwhile (Claims differs) is ErrConflict and left as it is", func(k *kit) {
		k.pending(k.now)
		first, _ := k.claim(k.now, k.in(time.Minute), many)
		second, _ := k.claim(k.in(time.Minute), k.in(time.Hour), many)
		for _, d := range []session.Delivery{first[0], second[0]} {
			d.State, d.DueAt = session.DeliveryDone, time.Time{}
			want := error(nil)
			if d.Claims != second[0].Claims {
				want = session.ErrConflict
			}
			k.settled(d, want)
		}
	}},
	{"one that is not there is ErrNotFound", func(k *kit) {
		d := k.fullDelivery()
		errs := k.store.Settle(k.ctx, d)
		k.outcome(errs, session.ErrNotFound)
		k.equal("deliveries", k.deliveries(session.DeliveryQuery{}), []session.Delivery{})
	}},
	{"each by itself", func(k *kit) {
		for range 3 {
			k.pending(k.now)
		}
		got, _ := k.claim(k.now, k.in(time.Minute), many)
		for i := range got {
			got[i].State, got[i].DueAt = session.DeliveryDone, time.Time{}
		}
		got[1].Claims++
		errs := k.store.Settle(k.ctx, got[0], got[1], k.fullDelivery(), got[2])
		k.outcome(errs, nil, session.ErrConflict, session.ErrNotFound, nil)
		k.equal("states", []session.DeliveryState{k.delivery(got[0].ID).State, k.delivery(got[1].ID).State, k.delivery(got[2].ID).State},
			[]session.DeliveryState{session.DeliveryDone, session.DeliveryDue, session.DeliveryDone})
	}},
}

// settled settles one delivery, and demands the outcome; when it is refused, that it is as it was.
func (k *kit) settled(d session.Delivery, want error) {
	k.Helper()
	before := k.delivery(d.ID)
	errs := k.store.Settle(k.ctx, d)
	if want == nil {
		if errs != nil {
			k.Fatalf("Settle of %+v: got %v, want nil", d, errs)
		}
		return
	}
	k.outcome(errs, want)
	k.equal("a delivery whose settling was refused", k.delivery(d.ID), before)
}
