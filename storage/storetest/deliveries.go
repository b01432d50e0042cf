package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

var deliveryTests = []test{
	{"lists the log of one tenant, newest first by ID", func(k *kit) {
		c := k.create()
		for range 3 {
			k.addDelivery(&c, session.DeliveryDue, k.now)
		}
		want := clone(c.Deliveries)
		for i := range want {
			want[i].Seq = 1
		}
		slices.Reverse(want)
		slices.Reverse(c.Deliveries[:2])
		k.apply(c)
		k.other().pending(k.now)
		k.equal("deliveries", k.deliveries(session.DeliveryQuery{}), want)
	}},
	{"Tenant and Sandbox always filter", func(k *kit) {
		live := k.pending(k.now).ID
		c := k.create()
		c.Session.Sandbox = true
		first, second := k.addDelivery(&c, session.DeliveryDue, k.now).ID, k.addDelivery(&c, session.DeliveryDone, time.Time{}).ID
		s := k.apply(c)
		for _, row := range []struct {
			name string
			q    session.DeliveryQuery
			want []uuid.UUID
		}{
			{"live", session.DeliveryQuery{}, []uuid.UUID{live}},
			{"sandbox", session.DeliveryQuery{Sandbox: true}, []uuid.UUID{second, first}},
			{"sandbox, after the first", session.DeliveryQuery{Sandbox: true, After: second}, []uuid.UUID{first}},
			{"sandbox, by state", session.DeliveryQuery{Sandbox: true, State: session.DeliveryDue}, []uuid.UUID{first}},
			{"sandbox, by session", session.DeliveryQuery{Sandbox: true, Session: s.ID}, []uuid.UUID{second, first}},
			{"live, by a session of the sandbox", session.DeliveryQuery{Session: s.ID}, []uuid.UUID{}},
			{"live, by an endpoint of the sandbox", session.DeliveryQuery{Endpoint: c.Deliveries[0].Endpoint}, []uuid.UUID{}},
		} {
			k.equal("filter: "+row.name, ids(k.deliveries(row.q), deliveryID), row.want)
			k.equal("another tenant's filter: "+row.name, ids(k.other().deliveries(row.q), deliveryID), []uuid.UUID{})
		}
		got, _ := k.claim(k.now, k.in(time.Hour), many)
		k.equal("claimed of both", ids(got, deliveryID), []uuid.UUID{live, first})
	}},
	{"Session, Endpoint and State filter, and zero does not", func(k *kit) {
		c := k.create()
		for _, state := range []session.DeliveryState{session.DeliveryDue, session.DeliveryDone} {
			k.addDelivery(&c, state, time.Time{}).DueAt = map[bool]time.Time{true: k.now}[state.Pending()]
		}
		s := k.apply(c)
		a, b := c.Deliveries[0], c.Deliveries[1]
		o := k.pending(k.now)
		k.equal("another tenant's by session", k.other().deliveries(session.DeliveryQuery{Session: s.ID}), []session.Delivery{})
		for _, row := range []struct {
			name string
			q    session.DeliveryQuery
			want []uuid.UUID
		}{
			{"none", session.DeliveryQuery{}, []uuid.UUID{o.ID, b.ID, a.ID}},
			{"session", session.DeliveryQuery{Session: s.ID}, []uuid.UUID{b.ID, a.ID}},
			{"endpoint", session.DeliveryQuery{Endpoint: b.Endpoint}, []uuid.UUID{b.ID}},
			{"state", session.DeliveryQuery{State: session.DeliveryDue}, []uuid.UUID{o.ID, a.ID}},
			{"session and state", session.DeliveryQuery{Session: s.ID, State: session.DeliveryDue}, []uuid.UUID{a.ID}},
			{"session and endpoint of another", session.DeliveryQuery{Session: s.ID, Endpoint: o.Endpoint}, []uuid.UUID{}},
			{"all of them", session.DeliveryQuery{Session: s.ID, Endpoint: a.Endpoint, State: session.DeliveryDue, After: b.ID}, []uuid.UUID{a.ID}},
			{"a session that is not there", session.DeliveryQuery{Session: k.id()}, []uuid.UUID{}},
		} {
			k.equal("filter: "+row.name, ids(k.deliveries(row.q), deliveryID), row.want)
		}
	}},
	{"a walk by After gives each exactly once, also under inserts", func(k *kit) {
		var want, got []uuid.UUID
		for range 10 {
			want = append(want, k.pending(k.now).ID)
		}
		slices.Reverse(want)
		for after := uuid.Nil; len(got) <= len(want); after = got[len(got)-1] {
			page := k.deliveries(session.DeliveryQuery{After: after, N: 3})
			if len(page) == 0 {
				break
			}
			got = append(got, ids(page, deliveryID)...)
			k.pending(k.now)
		}
		k.equal("deliveries walked", got, want)
	}},
	{"at most N, and of N = 0 none", func(k *kit) {
		k.pending(k.now)
		d := k.pending(k.now)
		k.equal("one", ids(k.deliveries(session.DeliveryQuery{N: 1}), deliveryID), []uuid.UUID{d.ID})
		got, err := k.store.Deliveries(k.ctx, session.DeliveryQuery{Tenant: k.tenant})
		k.is("Deliveries of N = 0", err, nil)
		k.equal("none", got, []session.Delivery{})
	}},
	{"not below From, and Skip are passed over first", func(k *kit) {
		c := k.create()
		for range 6 {
			k.addDelivery(&c, session.DeliveryDone, time.Time{})
		}
		c.Deliveries[2].State = session.DeliveryDead
		gap := c.Deliveries[1].ID
		c.Deliveries = slices.Delete(c.Deliveries, 1, 2)
		s := k.apply(c)
		all := ids(c.Deliveries, deliveryID)
		slices.Reverse(all)
		for _, row := range []struct {
			name string
			q    session.DeliveryQuery
			want []uuid.UUID
		}{
			{"from the oldest", session.DeliveryQuery{From: all[4]}, all},
			{"from one", session.DeliveryQuery{From: all[2]}, all[:3]},
			{"from one that is not there", session.DeliveryQuery{From: gap}, all[:4]},
			{"from one that is not there, of the session", session.DeliveryQuery{From: gap, Session: s.ID}, all[:4]},
			{"from one, after another", session.DeliveryQuery{From: gap, After: all[1]}, all[2:4]},
			{"from the newest on", session.DeliveryQuery{From: k.id()}, []uuid.UUID{}},
			{"skip two", session.DeliveryQuery{Skip: 2, N: 2}, all[2:4]},
			{"skip two of the session", session.DeliveryQuery{Skip: 2, N: 2, Session: s.ID}, all[2:4]},
			{"skip all", session.DeliveryQuery{Skip: 5}, []uuid.UUID{}},
			{"skip three of one state", session.DeliveryQuery{Skip: 3, State: session.DeliveryDone}, all[4:]},
			{"skip one, from, after", session.DeliveryQuery{Skip: 1, From: gap, After: all[0]}, all[2:4]},
		} {
			k.equal(row.name, ids(k.deliveries(row.q), deliveryID), row.want)
		}
	}},
	{"of deleted sessions too", func(k *kit) {
		c := k.create()
		c.Session.DeletedAt = k.now
		id := k.addDelivery(&c, session.DeliveryDue, k.now).ID
		k.apply(c)
		k.equal("deliveries", ids(k.deliveries(session.DeliveryQuery{}), deliveryID), []uuid.UUID{id})
	}},
}
