package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

var entryRefusalTests = []test{
	{"ErrConflict when its ID is there in any tenant", func(k *kit) {
		e := k.entry("a")
		k.write(e)
		for name, change := range map[string]func(e *session.Entry){
			"the same":        func(*session.Entry) {},
			"another name":    func(e *session.Entry) { e.Name = "b" },
			"no name":         func(e *session.Entry) { e.Name = "" },
			"another tenant":  func(e *session.Entry) { e.Tenant = k.id() },
			"sandbox":         func(e *session.Entry) { e.Sandbox = true },
			"another kind":    func(e *session.Entry) { e.Kind = session.EntryIdentity },
			"nobody's tenant": func(e *session.Entry) { e.Tenant = uuid.Nil },
		} {
			twin := clone(e)
			change(&twin)
			k.clash("whose ID is there: "+name, twin)
		}
		k.equal("the entry that is there", k.entries(session.EntryQuery{}), []session.Entry{e})
	}},
	{"ErrConflict when its Name (unless empty) is that of another of its tenant, sandbox and kind", func(k *kit) {
		e := k.entry("a")
		k.write(e, k.entry(""), k.entry(""))
		k.clash("whose name is there", k.entry("a"))
		forever := k.entry("a")
		forever.CreatedAt, forever.UpdatedAt = lastInstant, lastInstant
		k.clash("whose name is another's that never expires", forever)
		tenant, sandbox, kind := k.other().entry("a"), k.entry("a"), k.entry("a")
		sandbox.Sandbox, kind.Kind = true, session.EntryIdentity
		k.write(tenant, sandbox, kind)
		k.equal("entries of one shelf", len(k.entries(session.EntryQuery{})), 3)
	}},
	{"any other Version replaces that of the version before it, with the same ID, tenant, sandbox and kind; else ErrConflict", func(k *kit) {
		e := k.entry("a")
		k.write(e)
		e = k.next(e)
		k.write(e)
		for name, change := range map[string]func(e *session.Entry){
			"of the same version":          func(e *session.Entry) { e.Version = 2 },
			"of a version after the next":  func(e *session.Entry) { e.Version = 4 },
			"of version 0":                 func(e *session.Entry) { e.Version = 0 },
			"of version 1":                 func(e *session.Entry) { e.Version = 1 },
			"of version -1":                func(e *session.Entry) { e.Version = -1 },
			"that is not there":            func(e *session.Entry) { e.ID = k.id() },
			"that is not there, version 0": func(e *session.Entry) { e.ID, e.Version = k.id(), 0 },
			"of another tenant":            func(e *session.Entry) { e.Tenant = k.id() },
			"of nobody's tenant":           func(e *session.Entry) { e.Tenant = uuid.Nil },
			"of the sandbox":               func(e *session.Entry) { e.Sandbox = true },
			"of another kind":              func(e *session.Entry) { e.Kind = session.EntryIdentity },
		} {
			bad := k.next(e)
			change(&bad)
			k.clash(name, bad)
			k.equal("the entry that is there, after one "+name, k.entries(session.EntryQuery{}), []session.Entry{e})
		}
		k.write(k.next(e))
	}},
	{"ErrConflict also where it would take the Name of another", func(k *kit) {
		a, b := k.entry("a"), k.entry("b")
		k.write(a, b)
		bad := k.next(b)
		bad.Name = "a"
		k.clash("that would take a name", bad)
		moved := k.next(a)
		moved.Name = "c"
		k.write(moved)
		k.write(bad)
		k.clash("whose name is there since", k.entry("c"))
		k.write(k.entry("b"))
		k.equal("names", k.names(), []string{"b", "a", "c"})
	}},
	{"ErrConflict when one change has an ID or a Name twice", func(k *kit) {
		a, b := k.entry("a"), k.entry("b")
		k.write(a)
		b.ID = k.id()
		twin := clone(b)
		twin.Name = "c"
		k.clash("with an ID that is there twice", b, twin)
		k.clash("with its next version", b, k.next(b))
		k.clash("with two next versions", k.next(a), k.next(a))
		k.clash("with a name that is there twice", k.entry("c"), k.entry("d"), k.entry("c"))
		k.equal("names", k.names(), []string{"a"})
		k.write(k.entry(""), k.entry(""))
	}},
	{"within one call an entry sees those of the changes before it, and not of refused ones", func(k *kit) {
		a, b := k.entry("a"), k.entry("b")
		stale := k.change(session.Session{ID: k.id(), Tenant: k.tenant, Version: 3})
		stale.Entries = []session.Entry{b}
		moved := k.next(a)
		moved.Name = "b"
		errs := k.store.Apply(k.ctx, k.own(a), k.own(k.entry("a")), stale, k.own(moved), k.own(k.next(a)), k.own(k.entry("a")), k.own(b))
		k.outcome(errs, nil, session.ErrConflict, session.ErrNotFound, nil, session.ErrConflict, nil, session.ErrConflict)
		k.equal("names", k.names(), []string{"a", "b"})
		k.equal("the entry that was replaced", k.entries(session.EntryQuery{ID: a.ID}), []session.Entry{moved})
	}},
	{"within one call EraseSealed takes the bodies of entries of the changes before it", func(k *kit) {
		s := k.created()
		e := k.entry("a")
		e.Session = s.ID
		c := k.change(s)
		c.Erase = session.EraseSealed
		k.apply(c, k.own(k.entry("b")))
		s = k.load(s.ID).Session
		c = k.change(s)
		c.Erase = session.EraseSealed
		k.outcome(k.store.Apply(k.ctx, k.own(e), c))
		k.equal("body", k.entries(session.EntryQuery{ID: e.ID})[0].Body, []byte(nil))
	}},
	{"a change whose entry is refused leaves no trace, of its session or of another entry", func(k *kit) {
		s := k.created()
		k.write(k.entry("a"))
		c := k.heavy(s)
		c.Permits = nil
		c.Entries = append(c.Entries, k.entry("b"), k.entry("a"))
		k.refused(c, session.ErrConflict)
		k.equal("names", k.names(), []string{"a"})
		creation := k.create()
		creation.Entries = []session.Entry{k.entry("a")}
		k.refused(creation, session.ErrConflict)
		k.equal("what a refused creation left", k.kept(creation.Session.ID), kept{})
	}},
	{"a refused change leaves no entry, and erases none", func(k *kit) {
		s := k.created()
		e := k.entry("a")
		e.Session = s.ID
		k.write(e)
		rule := session.Rule{N: 1, Window: time.Hour}
		k.granted(k.permit("key", k.now, rule))
		stale, limited, ghost, part := k.heavy(s), k.heavy(s), k.heavy(s), k.heavy(s)
		stale.Base = 8
		limited.Permits = []session.Permit{k.permit("key", k.now, rule)}
		ghost.Session.Tenant = k.id()
		part.Events[0].ID = k.load(s.ID).Events[0].ID
		before := k.kept(s.ID)
		k.outcome(k.store.Apply(k.ctx, stale, limited, ghost, part), session.ErrConflict, session.ErrLimited, session.ErrNotFound, session.ErrExists)
		k.equal("all that is there of the session", k.kept(s.ID), before)
		k.equal("entries", k.entries(session.EntryQuery{}), []session.Entry{e})
	}},
	{"permits are judged after entries, and a change whose entry is refused takes none", func(k *kit) {
		k.write(k.entry("a"))
		once := k.permit("key", k.now, session.Rule{N: 1, Window: time.Hour})
		bad := k.own(k.entry("a"))
		bad.Permits = []session.Permit{once}
		good := k.own(k.entry("b"))
		good.Permits = []session.Permit{once}
		k.outcome(k.store.Apply(k.ctx, bad, good, bad), session.ErrConflict, nil, session.ErrConflict)
		bad.Entries[0].ID = k.id()
		k.outcome(k.store.Apply(k.ctx, bad), session.ErrConflict)
	}},
}

// names are those of the tenant's entries, of the newest first.
func (k *kit) names() (out []string) {
	k.Helper()
	for _, e := range k.entries(session.EntryQuery{}) {
		if e.Name != "" {
			out = append(out, e.Name)
		}
	}
	return out
}
