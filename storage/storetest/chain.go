package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// chained gives events what a store gives them when they follow the session's newest.
func chained(s session.Session, events []session.Event) []session.Event {
	events = clone(events)
	for i := range events {
		s.Seq++
		events[i].Seq = s.Seq
		s.Head = session.Chain(s.Head, events[i])
		events[i].Hash = s.Head
	}
	return events
}

// headAfter is the session's Head after events.
func headAfter(s session.Session, events []session.Event) [32]byte {
	if len(events) == 0 {
		return s.Head
	}
	return chained(s, events)[len(events)-1].Hash
}

// unbroken demands that a session's events are chained as they are there, and that its Head is the last Hash.
func (k *kit) unbroken(r session.Record) {
	k.Helper()
	k.equal("events, chained", r.Events, chained(session.Session{}, r.Events))
	k.equal("the session's Head", r.Session.Head, headAfter(session.Session{}, r.Events))
}

var chainTests = []test{
	{"events get Hash = Chain of the session's Head and themselves, whatever stands in the change", func(k *kit) {
		c := k.create()
		k.addEvent(&c, session.EventStarted)
		c.Session.Head, c.Events[0].Hash, c.Events[1].Hash = [32]byte{1}, [32]byte{2}, [32]byte{3}
		s := k.apply(c)
		next := k.change(s)
		k.addEvent(&next, session.EventSubmitted)
		next.Session.Head, next.Events[1].Hash = [32]byte{4}, [32]byte{5}
		k.apply(next)

		c.Events[0].Seq, c.Events[1].Seq = 1, 2
		first := session.Chain([32]byte{}, c.Events[0])
		second := session.Chain(first, c.Events[1])
		k.equal("the session's Head after two events", s.Head, second)
		r := k.load(s.ID)
		k.equal("hashes of the first two", [][32]byte{r.Events[0].Hash, r.Events[1].Hash}, [][32]byte{first, second})
		k.unbroken(r)
	}},
	{"the session's Head becomes that of the last of them, as Load, Query and Sweep give it", func(k *kit) {
		c := k.create()
		c.Session.DueAt = k.now
		k.addEvent(&c, session.EventStarted)
		want := headAfter(session.Session{}, c.Events)
		k.equal("Head by Load", k.apply(c).Head, want)
		list, err := k.store.Query(k.ctx, session.Query{Tenant: k.tenant, N: 1})
		k.is("Query", err, nil)
		k.equal("Head by Query", list[0].Head, want)
		handed, _, _ := k.sweep(k.now, 1)
		k.equal("Head by Sweep", handed[0].Head, want)
		k.unbroken(k.load(c.Session.ID))
	}},
	{"events of Keep changes are chained too, and a change that does not know of them follows them", func(k *kit) {
		s := k.created()
		first, second := k.keep(s), k.keep(s)
		second.Session.Head = [32]byte{1}
		k.apply(first)
		k.apply(second)
		k.apply(k.change(s))
		r := k.load(s.ID)
		k.equal("number of events", len(r.Events), 4)
		k.unbroken(r)
	}},
	{"within one call the second change of a session follows the first", func(k *kit) {
		c := k.create()
		s := c.Session
		s.Version = 1
		k.apply(c, k.keep(s), k.change(s))
		k.unbroken(k.load(s.ID))
		var changes []session.Change
		other := k.created()
		s = k.load(s.ID).Session
		for range 5 {
			changes = append(changes, k.keep(s), k.keep(other))
		}
		k.apply(changes...)
		k.unbroken(k.load(s.ID))
		k.unbroken(k.load(other.ID))
	}},
	{"a refused change is not in the chain", func(k *kit) {
		s := k.created()
		stale := s
		stale.Version = 9
		first, bad, last := k.keep(s), k.keep(stale), k.keep(s)
		k.outcome(k.store.Apply(k.ctx, first, bad, last), nil, session.ErrConflict, nil)
		r := k.load(s.ID)
		k.equal("changes", []uuid.UUID{r.Events[1].Change, r.Events[2].Change}, []uuid.UUID{first.ID, last.ID})
		k.unbroken(r)
	}},
	{"the chain outlives Erase, and deletion", func(k *kit) {
		s := k.apply(k.erasable())
		c := k.heavy(s)
		c.Session.Key, c.Session.Sealed, c.Session.DeletedAt = nil, nil, k.now
		k.apply(c)
		r := k.load(s.ID)
		k.equal("what an event is about", string(r.Events[0].About), "about")
		k.unbroken(r)
	}},
	{"what tick returns follows what was there when it is applied", func(k *kit) {
		s := k.due(k.now)
		_, _, err := k.store.Sweep(k.ctx, k.now, 1, func(s session.Session) (session.Change, bool) {
			c := k.silence(s)
			k.addEvent(&c, session.EventPutOff)
			c.Session.Head, c.Events[1].Hash = [32]byte{1}, [32]byte{2}
			c.Events[1].At = time.Time{}
			return c, true
		})
		k.is("Sweep", err, nil)
		r := k.load(s.ID)
		k.equal("number of events", len(r.Events), 3)
		k.unbroken(r)
	}},
}
