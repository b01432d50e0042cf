package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

var entryTests = []test{
	{"an entry of Version 1 is added, and any other Version replaces that of the version before it", func(k *kit) {
		e := k.entry("first")
		e.ExpiresAt = k.in(time.Hour)
		k.write(e)
		k.equal("what was added", k.entries(session.EntryQuery{}), []session.Entry{e})
		e = k.next(e)
		e.Name, e.Session, e.CreatedAt, e.ExpiresAt = "second", k.id(), k.in(-time.Hour), k.in(time.Minute)
		k.write(e)
		k.equal("what replaced it", k.entries(session.EntryQuery{}), []session.Entry{e})
		k.equal("those of the session that it has now", k.entries(session.EntryQuery{Session: e.Session}), []session.Entry{e})
		e = k.next(e)
		e.Name, e.Session, e.ExpiresAt, e.Body = "", uuid.Nil, time.Time{}, nil
		k.write(e)
		k.equal("what replaced that", k.entries(session.EntryQuery{}), []session.Entry{e})
		k.equal("those of the session that it had", len(k.entries(session.EntryQuery{Session: k.id()})), 0)
	}},
	{"lists entries newest first by ID", func(k *kit) {
		a, b, c := k.entry("a"), k.entry("b"), k.entry("c")
		k.write(b, c)
		k.write(a)
		k.write(k.next(b))
		k.equal("entries", ids(k.entries(session.EntryQuery{}), entryID), []uuid.UUID{c.ID, b.ID, a.ID})
	}},
	{"Tenant, Sandbox and Kind always filter", func(k *kit) {
		o := k.other()
		mine, theirs, sandbox, kind, common := k.entry("a"), o.entry("a"), k.entry("a"), k.entry("a"), k.entry("a")
		sandbox.Sandbox, kind.Kind, common.Tenant = true, "host.kind", uuid.Nil
		k.write(mine, theirs, sandbox, kind, common)
		nobody := *k
		nobody.tenant = uuid.Nil
		for _, row := range []struct {
			name string
			got  []session.Entry
			want session.Entry
		}{
			{"mine", k.entries(session.EntryQuery{}), mine},
			{"mine by ID", k.entries(session.EntryQuery{ID: mine.ID}), mine},
			{"mine by Name", k.entries(session.EntryQuery{Name: "a"}), mine},
			{"theirs", o.entries(session.EntryQuery{Name: "a"}), theirs},
			{"sandbox", k.entries(session.EntryQuery{Name: "a", Sandbox: true}), sandbox},
			{"kind", k.entries(session.EntryQuery{Name: "a", Kind: "host.kind"}), kind},
			{"of all tenants together", nobody.entries(session.EntryQuery{}), common},
		} {
			k.equal(row.name, row.got, []session.Entry{row.want})
		}
		for _, e := range []session.Entry{theirs, sandbox, kind, common} {
			k.equal("by an ID that is elsewhere", k.entries(session.EntryQuery{ID: e.ID}), []session.Entry{})
		}
	}},
	{"ID, Name and Session filter, and zero does not", func(k *kit) {
		s := k.id()
		a, b, c := k.entry("a"), k.entry("b"), k.entry("")
		a.Session, c.Session = s, s
		k.write(a, b, c)
		for _, row := range []struct {
			name string
			q    session.EntryQuery
			want []uuid.UUID
		}{
			{"none", session.EntryQuery{}, []uuid.UUID{c.ID, b.ID, a.ID}},
			{"ID", session.EntryQuery{ID: b.ID}, []uuid.UUID{b.ID}},
			{"an ID that is not there", session.EntryQuery{ID: k.id()}, []uuid.UUID{}},
			{"Name", session.EntryQuery{Name: "a"}, []uuid.UUID{a.ID}},
			{"a Name that is not there", session.EntryQuery{Name: "A"}, []uuid.UUID{}},
			{"Session", session.EntryQuery{Session: s}, []uuid.UUID{c.ID, a.ID}},
			{"a Session without any", session.EntryQuery{Session: k.id()}, []uuid.UUID{}},
			{"Session, second page", session.EntryQuery{Session: s, After: c.ID}, []uuid.UUID{a.ID}},
			{"ID and Name of another", session.EntryQuery{ID: b.ID, Name: "a"}, []uuid.UUID{}},
			{"ID and Session of another", session.EntryQuery{ID: b.ID, Session: s}, []uuid.UUID{}},
			{"all of them", session.EntryQuery{ID: a.ID, Name: "a", Session: s, After: b.ID}, []uuid.UUID{a.ID}},
			{"ID and After the same", session.EntryQuery{ID: a.ID, After: a.ID}, []uuid.UUID{}},
		} {
			k.equal("filter: "+row.name, ids(k.entries(row.q), entryID), row.want)
		}
	}},
	{"at most N, and of N = 0 none", func(k *kit) {
		a, b := k.entry("a"), k.entry("b")
		k.write(a, b)
		k.equal("one", ids(k.entries(session.EntryQuery{N: 1}), entryID), []uuid.UUID{b.ID})
		for _, q := range []session.EntryQuery{{}, {ID: a.ID}, {Name: "a"}} {
			q.Tenant, q.Kind = k.tenant, a.Kind
			got, err := k.store.Entries(k.ctx, q)
			k.is("Entries of N = 0", err, nil)
			k.equal("none", got, []session.Entry{})
		}
	}},
	{"a walk by After gives each exactly once, also under inserts", func(k *kit) {
		var want, got []uuid.UUID
		for range 10 {
			e := k.entry("")
			k.write(e)
			want = append(want, e.ID)
		}
		slices.Reverse(want)
		for after := uuid.Nil; len(got) <= len(want); after = got[len(got)-1] {
			page := k.entries(session.EntryQuery{After: after, N: 3})
			if len(page) == 0 {
				break
			}
			got = append(got, ids(page, entryID)...)
			k.write(k.entry(""))
		}
		k.equal("entries walked", got, want)
	}},
	{"names and kinds are the same only when each byte is", func(k *kit) {
		texts := append(slices.Clone(hostileTexts), strings.Repeat("x", 254)+"y", strings.Repeat("x", 254)+"z")
		texts = slices.DeleteFunc(texts, func(text string) bool { return len(text) > 255 })
		var byName, byKind []session.Entry
		for _, text := range texts {
			named, kind := k.entry(text), k.entry("one name")
			kind.Kind = session.EntryKind(text)
			byName, byKind = append(byName, named), append(byKind, kind)
		}
		k.write(byName...)
		k.write(byKind...)
		for i, text := range texts {
			k.equal("by the name "+text, k.entries(session.EntryQuery{Name: text}), byName[i:i+1])
			k.equal("of the kind "+text, k.entries(session.EntryQuery{Kind: session.EntryKind(text)}), byKind[i:i+1])
			k.clash("with the name "+text, k.entry(text))
		}
	}},
	{"a change whose Session has the nil ID has entries, and may have permits", func(k *kit) {
		rule := session.Rule{N: 2, Window: time.Hour}
		for _, name := range []string{"a", "b"} {
			c := k.own(k.entry(name))
			c.Permits = []session.Permit{k.permit("key", k.now, rule)}
			k.outcome(k.store.Apply(k.ctx, c, k.create()))
		}
		c := k.own(k.entry("c"))
		c.Permits = []session.Permit{k.permit("key", k.now, rule)}
		k.outcome(k.store.Apply(k.ctx, c), session.ErrLimited)
		k.equal("entries", len(k.entries(session.EntryQuery{})), 2)
		k.equal("sessions", len(k.query(session.Query{N: many})), 2)
		_, err := k.store.Load(k.ctx, session.Ref{Tenant: k.tenant, Deleted: true}, all)
		k.is("Load of no session", err, session.ErrNotFound)
	}},
	{"a change of a session has entries too, that need not be of the session or its tenant", func(k *kit) {
		o := k.other()
		c := k.create()
		own, theirs := k.entry("own"), o.entry("theirs")
		own.Session = c.Session.ID
		c.Entries = []session.Entry{own, theirs}
		s := k.apply(c)
		keep := k.keep(s)
		own = k.next(own)
		keep.Entries = []session.Entry{own, k.entry("more")}
		k.apply(keep)
		k.equal("those of the session", k.entries(session.EntryQuery{Session: s.ID}), []session.Entry{own})
		k.equal("all", len(k.entries(session.EntryQuery{})), 2)
		k.equal("theirs", o.entries(session.EntryQuery{}), []session.Entry{theirs})
	}},
	{"what tick returns has entries too", func(k *kit) {
		s := k.due(k.now)
		e := k.entry("a")
		done, _, err := k.store.Sweep(k.ctx, k.now, 1, func(s session.Session) (session.Change, bool) {
			c := k.silence(s)
			c.Entries = []session.Entry{e}
			return c, true
		})
		k.is("Sweep", err, nil)
		k.equal("done", done, 1)
		k.equal("entries", k.entries(session.EntryQuery{}), []session.Entry{e})

		s = k.due(k.now)
		done, _, err = k.store.Sweep(k.ctx, k.now, 1, func(s session.Session) (session.Change, bool) {
			c := k.silence(s)
			c.Entries = []session.Entry{k.entry("a")}
			return c, true
		})
		k.is("Sweep", err, nil)
		k.equal("done when the name is taken", done, 0)
		k.equal("the session", k.load(s.ID).Session, s)
	}},
	{"EraseSealed makes nil the bodies of the session's entries, of whatever tenant, sandbox and kind, and of no others", func(k *kit) {
		o := k.other()
		s := k.created()
		mine, theirs, sandbox, kind := k.entry("mine"), o.entry("theirs"), k.entry("a"), k.entry("a")
		elsewhere, nowhere := k.entry("elsewhere"), k.entry("nowhere")
		mine.ExpiresAt = k.in(time.Hour)
		sandbox.Sandbox, kind.Kind, elsewhere.Session = true, session.EntryIdentity, k.created().ID
		for _, e := range []*session.Entry{&mine, &theirs, &sandbox, &kind} {
			e.Session = s.ID
		}
		k.write(mine, theirs, sandbox, kind, elsewhere, nowhere)
		k.apply(k.change(s))
		k.equal("mine, when nothing is erased", k.entries(session.EntryQuery{Name: "mine"}), []session.Entry{mine})

		c := k.change(k.load(s.ID).Session)
		added := k.entry("added")
		added.Session = s.ID
		c.Erase, c.Entries = session.EraseSealed, []session.Entry{added}
		k.apply(c)
		for _, e := range []*session.Entry{&mine, &theirs, &sandbox, &kind} {
			e.Body = nil
		}
		k.equal("mine, and what is added", k.entries(session.EntryQuery{}), []session.Entry{added, nowhere, elsewhere, mine})
		k.equal("theirs", o.entries(session.EntryQuery{}), []session.Entry{theirs})
		k.equal("sandbox", k.entries(session.EntryQuery{Sandbox: true}), []session.Entry{sandbox})
		k.equal("of another kind", k.entries(session.EntryQuery{Kind: kind.Kind}), []session.Entry{kind})
		k.write(k.next(mine))
		k.equal("what replaces an erased one", k.entries(session.EntryQuery{Name: "mine"}), []session.Entry{k.next(mine)})
	}},
	{"EraseMedia leaves entries as they are", func(k *kit) {
		e := k.entry("a")
		s := k.created()
		e.Session = s.ID
		k.write(e)
		c := k.change(s)
		c.Erase = session.EraseMedia
		k.apply(c)
		k.equal("entries", k.entries(session.EntryQuery{}), []session.Entry{e})
	}},
}
