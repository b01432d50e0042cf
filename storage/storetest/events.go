package storetest

import (
	"slices"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// listed adds a listed event to a change.
func (k *kit) listed(c *session.Change, kind session.EventKind) uuid.UUID {
	id := k.addEvent(c, kind)
	c.Events[len(c.Events)-1].Listed = true
	return id
}

// listedOnce gives a new session with one listed event.
func (k *kit) listedOnce() uuid.UUID {
	k.Helper()
	c := k.create()
	c.Events[0].Listed = true
	k.apply(c)
	return c.Events[0].ID
}

var eventTests = []test{
	{"lists the events of one tenant's sessions that have Listed, newest first by ID", func(k *kit) {
		c := k.create()
		first := k.listed(&c, session.EventStarted)
		early, late := k.id(), k.listedOnce()
		k.addEvent(&c, session.EventUploaded)
		k.listed(&c, session.EventSubmitted)
		c.Events[3].ID = early
		k.apply(c)
		k.other().listedOnce()
		k.equal("events", ids(k.events(session.EventQuery{}), eventID), []uuid.UUID{late, early, first})
		events := k.load(c.Session.ID).Events
		k.equal("as Load gives them", k.events(session.EventQuery{Session: c.Session.ID}), []session.Event{events[3], events[1]})
	}},
	{"Tenant and Sandbox always filter", func(k *kit) {
		live := k.listedOnce()
		c := k.create()
		c.Session.Sandbox = true
		sandbox := k.listed(&c, session.EventStarted)
		s := k.apply(c)
		for _, row := range []struct {
			name string
			q    session.EventQuery
			want []uuid.UUID
		}{
			{"live", session.EventQuery{}, []uuid.UUID{live}},
			{"sandbox", session.EventQuery{Sandbox: true}, []uuid.UUID{sandbox}},
			{"sandbox, by session", session.EventQuery{Sandbox: true, Session: s.ID}, []uuid.UUID{sandbox}},
			{"live, by a session of the sandbox", session.EventQuery{Session: s.ID}, []uuid.UUID{}},
			{"live, by a kind of the sandbox", session.EventQuery{Kinds: []session.EventKind{session.EventStarted}}, []uuid.UUID{}},
		} {
			k.equal("filter: "+row.name, ids(k.events(row.q), eventID), row.want)
			k.equal("another tenant's filter: "+row.name, ids(k.other().events(row.q), eventID), []uuid.UUID{})
		}
	}},
	{"Session and Kinds filter, and zero does not", func(k *kit) {
		c := k.create()
		a, b := k.listed(&c, session.EventStarted), k.listed(&c, session.EventUploaded)
		k.addEvent(&c, session.EventApproved)
		s := k.apply(c)
		next := k.change(s)
		d := k.listed(&next, session.EventUploaded)
		k.apply(next)
		o := k.listedOnce()
		kinds := func(kinds ...session.EventKind) []session.EventKind { return kinds }
		for _, row := range []struct {
			name string
			q    session.EventQuery
			want []uuid.UUID
		}{
			{"none", session.EventQuery{}, []uuid.UUID{o, d, b, a}},
			{"an empty list of kinds", session.EventQuery{Kinds: kinds()}, []uuid.UUID{o, d, b, a}},
			{"session", session.EventQuery{Session: s.ID}, []uuid.UUID{d, b, a}},
			{"a session that is not there", session.EventQuery{Session: k.id()}, []uuid.UUID{}},
			{"kind", session.EventQuery{Kinds: kinds(session.EventUploaded)}, []uuid.UUID{d, b}},
			{"kinds", session.EventQuery{Kinds: kinds(session.EventCreated, session.EventStarted)}, []uuid.UUID{o, a}},
			{"a kind that is there, but not listed", session.EventQuery{Kinds: kinds(session.EventApproved)}, []uuid.UUID{}},
			{"a kind that is not there", session.EventQuery{Kinds: kinds("none")}, []uuid.UUID{}},
			{"session and kind", session.EventQuery{Session: s.ID, Kinds: kinds(session.EventUploaded)}, []uuid.UUID{d, b}},
			{"session and kind of another", session.EventQuery{Session: s.ID, Kinds: kinds(session.EventCreated)}, []uuid.UUID{}},
			{"kinds, one page", session.EventQuery{Kinds: kinds(session.EventUploaded, session.EventStarted), N: 2}, []uuid.UUID{d, b}},
			{"kinds, next page", session.EventQuery{Kinds: kinds(session.EventUploaded, session.EventStarted), N: 2, After: b}, []uuid.UUID{a}},
			{"all of them", session.EventQuery{Session: s.ID, Kinds: kinds(session.EventUploaded), From: b, After: d}, []uuid.UUID{b}},
		} {
			k.equal("filter: "+row.name, ids(k.events(row.q), eventID), row.want)
		}
	}},
	{"not below From, which need not be there", func(k *kit) {
		before := k.id()
		a, gap, b := k.listedOnce(), k.id(), k.listedOnce()
		k.equal("from the first", ids(k.events(session.EventQuery{From: a}), eventID), []uuid.UUID{b, a})
		k.equal("from an id that is not there", ids(k.events(session.EventQuery{From: gap}), eventID), []uuid.UUID{b})
		k.equal("from before all", ids(k.events(session.EventQuery{From: before}), eventID), []uuid.UUID{b, a})
		k.equal("from after all", ids(k.events(session.EventQuery{From: k.id()}), eventID), []uuid.UUID{})
		k.equal("from, up to", ids(k.events(session.EventQuery{From: a, After: gap}), eventID), []uuid.UUID{a})
		k.equal("from, up to before", ids(k.events(session.EventQuery{From: b, After: gap}), eventID), []uuid.UUID{})
	}},
	{"at most N, and of N = 0 none", func(k *kit) {
		k.listedOnce()
		b := k.listedOnce()
		k.equal("one", ids(k.events(session.EventQuery{N: 1}), eventID), []uuid.UUID{b})
		got, err := k.store.Events(k.ctx, session.EventQuery{Tenant: k.tenant})
		k.is("Events of N = 0", err, nil)
		k.equal("none", got, []session.Event{})
	}},
	{"a walk by After gives each exactly once, also under inserts", func(k *kit) {
		var want, got []uuid.UUID
		for range 10 {
			want = append(want, k.listedOnce())
		}
		slices.Reverse(want)
		for after := uuid.Nil; len(got) <= len(want); after = got[len(got)-1] {
			page := k.events(session.EventQuery{After: after, N: 3})
			if len(page) == 0 {
				break
			}
			got = append(got, ids(page, eventID)...)
			k.listedOnce()
		}
		k.equal("events walked", got, want)
	}},
	{"also of deleted sessions, of Keep changes, and of what tick returns", func(k *kit) {
		c := k.create()
		first := k.listed(&c, session.EventStarted)
		s := k.apply(c)
		keep := k.keep(s)
		second := k.listed(&keep, session.EventUploaded)
		gone := k.change(k.apply(keep))
		gone.Session.DeletedAt, gone.Session.DueAt, gone.Erase = k.now, k.now, session.EraseSealed|session.EraseMedia
		third := k.listed(&gone, session.EventDeleted)
		k.apply(gone)
		var fourth uuid.UUID
		_, _, err := k.store.Sweep(k.ctx, k.now, 1, func(s session.Session) (session.Change, bool) {
			c := k.silence(s)
			fourth = k.listed(&c, session.EventErased)
			return c, true
		})
		k.is("Sweep", err, nil)
		want := []uuid.UUID{fourth, third, second, first}
		k.equal("events", ids(k.events(session.EventQuery{}), eventID), want)
		k.equal("events of the session", ids(k.events(session.EventQuery{Session: s.ID}), eventID), want)
	}},
	{"not those of refused changes", func(k *kit) {
		c := k.create()
		want := k.listed(&c, session.EventStarted)
		s := k.apply(c)
		stale, exists := k.change(s), k.create()
		stale.Base = 7
		k.listed(&stale, session.EventUploaded)
		exists.Session.ID = s.ID
		k.listed(&exists, session.EventUploaded)
		k.outcome(k.store.Apply(k.ctx, stale, exists), session.ErrConflict, session.ErrExists)
		k.equal("events", ids(k.events(session.EventQuery{}), eventID), []uuid.UUID{want})
	}},
}
