package storetest

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

// deleted gives a session that is deleted, with a medium.
func (k *kit) deleted() (session.Session, session.Media) {
	k.Helper()
	c := k.create()
	k.addMedia(&c)
	c.Session.DeletedAt = k.now
	return k.apply(c), c.Media[0]
}

var loadTests = []test{
	{"finds a session by ID, by any of its attempts and by any of its media", func(k *kit) {
		k.created()
		c := k.create()
		k.addMedia(&c)
		k.addMedia(&c)
		c.Attempts = append(c.Attempts, session.Attempt{ID: k.id(), Session: c.Session.ID, N: 2, Status: session.StatusCreated, CreatedAt: k.now})
		s := k.apply(c)
		k.created()
		for name, ref := range map[string]session.Ref{
			"id":             {ID: s.ID},
			"first attempt":  {Attempt: c.Attempts[0].ID},
			"second attempt": {Attempt: c.Attempts[1].ID},
			"first medium":   {Media: c.Media[0].ID},
			"second medium":  {Media: c.Media[1].ID},
		} {
			ref.Tenant = k.tenant
			got, err := k.store.Load(k.ctx, ref, all)
			k.is("Load by "+name, err, nil)
			k.equal("record by "+name, got, k.load(s.ID))
			k.equal("session by "+name, got.Session, s)
		}
	}},
	{"ErrNotFound: there is none in the tenant", func(k *kit) {
		c := k.create()
		k.addMedia(&c)
		s := k.apply(c)
		o := k.other()
		for _, ref := range []session.Ref{
			{Tenant: k.tenant, ID: k.id()}, {Tenant: k.tenant, Attempt: k.id()}, {Tenant: k.tenant, Media: k.id()},
			{Tenant: k.tenant, ID: s.AttemptID}, {Tenant: k.tenant, Attempt: s.ID}, {Tenant: k.tenant, Media: s.ID},
			{Tenant: o.tenant, ID: s.ID}, {Tenant: o.tenant, Attempt: s.AttemptID}, {Tenant: o.tenant, Media: c.Media[0].ID},
			{Tenant: o.tenant, ID: s.ID, Deleted: true}, {ID: s.ID},
		} {
			got, err := k.store.Load(k.ctx, ref, all)
			k.is("Load", err, session.ErrNotFound)
			k.equal("record with the error", got, session.Record{})
		}
	}},
	{"ErrNotFound: it is deleted and ref does not ask for deleted ones", func(k *kit) {
		s, m := k.deleted()
		for _, ref := range []session.Ref{{ID: s.ID}, {Attempt: s.AttemptID}, {Media: m.ID}} {
			ref.Tenant = k.tenant
			_, err := k.store.Load(k.ctx, ref, all)
			k.is("Load of a deleted session", err, session.ErrNotFound)
			ref.Deleted = true
			got, err := k.store.Load(k.ctx, ref, all)
			k.is("Load of a deleted session that is asked for", err, nil)
			k.equal("session", got.Session, s)
		}
	}},
	{"finds also what is not deleted when ref asks for deleted ones", func(k *kit) {
		s := k.created()
		got, err := k.store.Load(k.ctx, session.Ref{Tenant: k.tenant, ID: s.ID, Deleted: true}, 0)
		k.is("Load", err, nil)
		k.equal("session", got.Session, s)
	}},
	{"and the parts that are asked for, no others", func(k *kit) {
		c := k.create()
		k.addMedia(&c)
		k.addDecision(&c, 1)
		k.addFinding(&c)
		s := k.apply(c)
		whole := k.load(s.ID)
		for parts := session.Parts(0); parts <= all; parts++ {
			want := session.Record{Session: s}
			if parts&session.PartAttempts != 0 {
				want.Attempts = whole.Attempts
			}
			if parts&session.PartDecisions != 0 {
				want.Decisions = whole.Decisions
			}
			if parts&session.PartMedia != 0 {
				want.Media = whole.Media
			}
			if parts&session.PartFindings != 0 {
				want.Findings = whole.Findings
			}
			if parts&session.PartEvents != 0 {
				want.Events = whole.Events
			}
			got, err := k.store.Load(k.ctx, session.Ref{Tenant: k.tenant, ID: s.ID}, parts)
			k.is("Load", err, nil)
			k.equal("record", got, want)
		}
	}},
}

// query demands a page of sessions, and gives their ids.
func (k *kit) query(q session.Query) []uuid.UUID {
	k.Helper()
	q.Tenant = k.tenant
	out, err := k.store.Query(k.ctx, q)
	if err != nil {
		k.Fatalf("Query(%+v): %v", q, err)
	}
	return ids(out, sessionID)
}

var queryTests = []test{
	{"lists whole sessions, newest first by id", func(k *kit) {
		a, b, c := k.create(), k.create(), k.create()
		var want []session.Session
		for _, change := range []session.Change{b, c, a} {
			k.apply(change)
		}
		for _, change := range []session.Change{c, b, a} {
			want = append(want, k.load(change.Session.ID).Session)
		}
		got, err := k.store.Query(k.ctx, session.Query{Tenant: k.tenant, N: many})
		k.is("Query", err, nil)
		k.equal("sessions", got, want)
	}},
	{"not those that are deleted", func(k *kit) {
		s := k.created()
		k.deleted()
		gone := k.change(k.created())
		gone.Session.DeletedAt = k.now
		k.apply(gone)
		k.equal("sessions", k.query(session.Query{N: many}), []uuid.UUID{s.ID})
		back := k.change(k.load(gone.Session.ID).Session)
		back.Session.DeletedAt = time.Time{}
		k.apply(back)
		k.equal("sessions when one is deleted no more", k.query(session.Query{N: many}), []uuid.UUID{back.Session.ID, s.ID})
	}},
	{"of one tenant", func(k *kit) {
		o := k.other()
		s, t := k.created(), o.created()
		k.equal("one tenant's", k.query(session.Query{N: many}), []uuid.UUID{s.ID})
		k.equal("the other's", o.query(session.Query{N: many}), []uuid.UUID{t.ID})
		k.equal("nobody's", k.other().query(session.Query{N: many}), []uuid.UUID{})
	}},
	{"live and sandbox sessions never see one another", func(k *kit) {
		live := k.created()
		c := k.create()
		c.Session.Sandbox = true
		sandbox := k.apply(c)
		k.equal("live", k.query(session.Query{N: many}), []uuid.UUID{live.ID})
		k.equal("sandbox", k.query(session.Query{N: many, Sandbox: true}), []uuid.UUID{sandbox.ID})
	}},
	{"Status filters, and zero does not", func(k *kit) {
		byStatus := map[session.Status]uuid.UUID{}
		var newest []uuid.UUID
		for _, status := range session.Statuses() {
			c := k.create()
			c.Session.Status = status
			byStatus[status] = k.apply(c).ID
			newest = append([]uuid.UUID{c.Session.ID}, newest...)
		}
		k.equal("all", k.query(session.Query{N: many}), newest)
		k.equal("of an empty list", k.query(session.Query{N: many, Status: []session.Status{}}), newest)
		for status, id := range byStatus {
			k.equal("those "+string(status), k.query(session.Query{N: many, Status: []session.Status{status}}), []uuid.UUID{id})
		}
		k.equal("all statuses", k.query(session.Query{N: many, Status: session.Statuses()}), newest)
		k.equal("two statuses, one page", k.query(session.Query{N: 1, Status: []session.Status{session.StatusCreated, session.StatusFailed}}), []uuid.UUID{byStatus[session.StatusFailed]})
		k.equal("two statuses, second page", k.query(session.Query{N: 1, After: byStatus[session.StatusFailed], Status: []session.Status{session.StatusCreated, session.StatusFailed}}), []uuid.UUID{byStatus[session.StatusCreated]})
		k.equal("a status that none has", k.query(session.Query{N: many, Status: []session.Status{"none"}}), []uuid.UUID{})
	}},
	{"Status is the stored one of now", func(k *kit) {
		s := k.created()
		k.apply(k.change(s))
		k.equal("created", k.query(session.Query{N: many, Status: []session.Status{session.StatusCreated}}), []uuid.UUID{})
		k.equal("started", k.query(session.Query{N: many, Status: []session.Status{session.StatusStarted}}), []uuid.UUID{s.ID})
	}},
	{"at most N, and of N = 0 none", func(k *kit) {
		k.created()
		b, c := k.created(), k.created()
		k.equal("two", k.query(session.Query{N: 2}), []uuid.UUID{c.ID, b.ID})
		k.equal("none", k.query(session.Query{}), []uuid.UUID{})
	}},
	{"a walk by After gives each exactly once, also under inserts", func(k *kit) {
		var want []uuid.UUID
		for range 20 {
			want = append(want, k.created().ID)
		}
		slices.Reverse(want)
		var got []uuid.UUID
		for after := uuid.Nil; ; after = got[len(got)-1] {
			page := k.query(session.Query{After: after, N: 3})
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			k.created()
			if len(got) > len(want) {
				break
			}
		}
		k.equal("sessions walked", got, want)
	}},
	{"After need not be there any more", func(k *kit) {
		a := k.created()
		gap := k.id()
		b := k.created()
		k.equal("after an id that is not there", k.query(session.Query{After: gap, N: many}), []uuid.UUID{a.ID})
		k.equal("after the oldest", k.query(session.Query{After: a.ID, N: many}), []uuid.UUID{})
		k.equal("after the newest", k.query(session.Query{After: b.ID, N: many}), []uuid.UUID{a.ID})
	}},
}
