package storetest

import (
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

var durableTests = []struct {
	name string
	run  func(k *kit, reopen func() session.Store)
}{
	{"when Apply returns nil for a change, it is durable", func(k *kit, reopen func() session.Store) {
		f := k.full()
		k.roundTrip("full rows", f)
		s := k.created()
		k.apply(k.keep(s))
		k.apply(k.change(s))
		want := k.kept(s.ID)
		e := k.passing("a", time.Minute)
		k.write(e)
		k.write(k.next(e))
		k.store = reopen()
		k.equal("full rows after reopening", k.kept(f.Session.ID), f.kept())
		k.equal("events after reopening", k.events(session.EventQuery{Sandbox: true}), f.kept().Record.Events)
		k.equal("an entry after reopening", k.entries(session.EntryQuery{}), []session.Entry{k.next(e)})
		k.clash("whose name is there", k.entry("a"))
		k.write(k.entryAt("a", time.Minute))
		k.equal("a changed session after reopening", k.kept(s.ID), want)
		k.refused(k.change(s), session.ErrConflict)
		k.apply(k.change(want.Record.Session))
		k.unbroken(k.load(s.ID))
	}},
	{"permits are durable", func(k *kit, reopen func() session.Store) {
		rule := session.Rule{N: 70, Window: time.Hour}
		k.equal("granted", k.grants(71, k.now, rule), 70)
		k.store = reopen()
		k.limited(rule, k.in(time.Hour), k.permit("key", k.in(time.Minute), rule))
		k.granted(k.permit("key", k.in(time.Hour), rule))
	}},
	{"alarms, claims and what was settled are durable", func(k *kit, reopen func() session.Store) {
		s := k.due(k.now)
		k.pending(k.now)
		k.pending(k.now)
		claimed, _ := k.claim(k.now, k.in(time.Minute), many)
		claimed[0].State, claimed[0].DueAt = session.DeliveryDone, time.Time{}
		k.settled(claimed[0], nil)
		k.store = reopen()
		handed, _, _ := k.sweep(k.now, many)
		k.equal("swept after reopening", handed, []session.Session{s})
		k.store = reopen()
		handed, _, next := k.sweep(k.now, many)
		k.equal("swept again and next", []any{len(handed), next}, []any{0, time.Time{}})
		got, next := k.claim(k.now, k.in(time.Hour), many)
		k.equal("claimed before until, and next", []any{len(got), next}, []any{0, k.in(time.Minute)})
		claimed[1].State, claimed[1].DueAt = session.DeliveryDead, time.Time{}
		k.settled(claimed[1], nil)
	}},
}
