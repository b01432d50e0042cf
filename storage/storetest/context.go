package storetest

import (
	"context"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// contextTests: "A ctx that has ended before a method began MUST yield its error and no effect."
var contextTests = []test{
	{"a ctx that was cancelled MUST yield its error and no effect", func(k *kit) {
		ctx, cancel := context.WithCancel(k.ctx)
		cancel()
		k.endedContext(ctx, context.Canceled)
	}},
	{"a ctx whose deadline has passed MUST yield its error and no effect", func(k *kit) {
		ctx, cancel := context.WithDeadline(k.ctx, time.Unix(0, 0))
		defer cancel()
		k.endedContext(ctx, context.DeadlineExceeded)
	}},
	{"a ctx that ends after a method has returned changes nothing", func(k *kit) {
		ctx, cancel := context.WithCancel(k.ctx)
		c := k.create()
		k.is("Apply", firstOf(k.store.Apply(ctx, c)), nil)
		cancel()
		k.equal("version", k.load(c.Session.ID).Session.Version, int64(1))
	}},
}

// endedContext calls every method with a ctx that has ended.
func (k *kit) endedContext(ctx context.Context, want error) {
	c := k.create()
	c.Session.DueAt = k.now
	k.addMedia(&c)
	k.addDelivery(&c, session.DeliveryDue, k.now)
	s := k.apply(c)
	before := k.kept(s.ID)
	rule := session.Rule{N: 1, Window: time.Hour}

	change, creation := k.heavy(s), k.create()
	creation.Entries = []session.Entry{k.entry("a")}
	creation.Permits = []session.Permit{k.permit("key", k.now, rule)}
	k.outcome(k.store.Apply(ctx, change, creation, k.own(k.entry("a"))), want, want, want)
	_, err := k.store.Load(k.ctx, session.Ref{Tenant: k.tenant, ID: creation.Session.ID}, 0)
	k.is("Load of what was not created", err, session.ErrNotFound)

	done, _, err := k.store.Sweep(ctx, k.now, many, func(s session.Session) (session.Change, bool) { return k.silence(s), true })
	k.is("Sweep", err, want)
	k.equal("sessions swept", done, 0)
	_, err = k.store.Load(ctx, session.Ref{Tenant: k.tenant, ID: s.ID}, all)
	k.is("Load", err, want)
	_, err = k.store.Query(ctx, session.Query{Tenant: k.tenant, N: many})
	k.is("Query", err, want)
	claimed, _, err := k.store.Claim(ctx, k.now, k.in(time.Hour), many, nil)
	k.is("Claim", err, want)
	k.equal("deliveries claimed", len(claimed), 0)
	d := clone(before.Deliveries[0])
	d.State, d.DueAt = session.DeliveryDone, time.Time{}
	k.outcome(k.store.Settle(ctx, d), want)
	_, err = k.store.Deliveries(ctx, session.DeliveryQuery{Tenant: k.tenant, N: many})
	k.is("Deliveries", err, want)
	_, err = k.store.Entries(ctx, session.EntryQuery{Tenant: k.tenant, Kind: session.EntryAnswer, N: many})
	k.is("Entries", err, want)
	_, err = k.store.Events(ctx, session.EventQuery{Tenant: k.tenant, N: many})
	k.is("Events", err, want)
	_, err = k.store.Blobs(ctx, []string{c.Media[0].Blob})
	k.is("Blobs", err, want)

	k.equal("all that is there", k.kept(s.ID), before)
	k.equal("entries", k.entries(session.EntryQuery{}), []session.Entry{})
	k.granted(k.permit("key", k.now, rule), k.permit("heavy", k.now, rule))
}
