package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// runBacklog holds a store that is [session.Backlogged], which none need be.
func runBacklog(t *testing.T, open func(t *testing.T) session.Store) {
	for _, c := range backlogTests {
		t.Run(c.name, func(t *testing.T) {
			k := newKit(t, open(t))
			if _, ok := k.store.(session.Backlogged); !ok {
				t.Skip("the store is not session.Backlogged, and need not be")
			}
			c.run(k)
		})
	}
}

// backlog counts what is pending.
func (k *kit) backlog(most int) int {
	k.Helper()
	n, err := k.store.(session.Backlogged).Backlog(k.ctx, most)
	if err != nil {
		k.Fatalf("Backlog: %v", err)
	}
	return n
}

var backlogTests = []test{
	{"counts the pending deliveries of all tenants, live and sandbox", func(k *kit) {
		k.equal("of an empty store", k.backlog(many), 0)
		k.pending(k.now)
		k.other().pending(k.in(time.Hour))
		c := k.create()
		c.Session.Sandbox = true
		k.addDelivery(&c, session.DeliveryDue, k.now).Sandbox = true
		k.apply(c)
		k.equal("of three", k.backlog(many), 3)
	}},
	{"of every state that is pending, and of no other", func(k *kit) {
		c := k.create()
		k.addDelivery(&c, session.DeliveryDue, k.now)
		k.addDelivery(&c, session.DeliveryHeld, k.in(time.Hour))
		k.apply(c)
		k.equal("of a due and a held one", k.backlog(many), 2)
		claimed, _ := k.claim(k.now, k.in(time.Hour), many)
		k.equal("with one that is claimed", k.backlog(many), 2)
		d := claimed[0]
		d.State, d.DueAt = session.DeliveryDone, time.Time{}
		k.settled(d, nil)
		k.equal("with one that is done", k.backlog(many), 1)
	}},
	{"up to most", func(k *kit) {
		for range 5 {
			c := k.create()
			k.addDelivery(&c, session.DeliveryDue, k.now).Endpoint = k.id()
			k.apply(c)
		}
		for most, want := range []int{0, 1, 2, 3, 4, 5, 5} {
			k.equal("up to so many", k.backlog(most), want)
		}
	}},
	{"yields the error of a ctx that has ended", func(k *kit) {
		ctx, cancel := context.WithCancel(k.ctx)
		cancel()
		_, err := k.store.(session.Backlogged).Backlog(ctx, many)
		k.is("Backlog", err, context.Canceled)
	}},
}
