package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
)

// refs are the external references that sessions have; the first is none.
var refs = []session.BlindIndex{{}, {1}, {15: 0xff}}

var entryKinds = []session.EntryKind{session.EntryAnswer, "host.kind"}

// owners are those who may have entries.
func (p *player) owners() []uuid.UUID { return append([]uuid.UUID{uuid.Nil}, p.tenants...) }

// addEntries adds entries to the change, mostly such that can be written.
func (p *player) addEntries(rt *rapid.T, c *session.Change) {
	for range rapid.IntRange(1, 3).Draw(rt, "number of entries") {
		e := p.newEntry(rt, c)
		if there := p.there(); len(there) > 0 && rapid.Bool().Draw(rt, "an entry that is there") {
			e = p.oldEntry(rt, draw(rt, there, "entry"))
		}
		e.ExpiresAt = time.Time{}
		if rapid.Bool().Draw(rt, "expires") {
			e.ExpiresAt = p.kit.in(time.Duration(rapid.IntRange(1, 6).Draw(rt, "seconds")) * time.Second)
		}
		e.Body = []byte{byte(p.kit.ids.Load())}
		if p.isClear(e, c.Entries) {
			c.Entries = append(c.Entries, e)
		}
	}
}

// there lists the entries that have not expired.
func (p *player) there() []session.Entry {
	return slices.DeleteFunc(clone(p.model.entries), func(e session.Entry) bool { return !living(e, p.kit.now) })
}

func (p *player) newEntry(rt *rapid.T, c *session.Change) session.Entry {
	e := p.kit.entry(rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "name"))
	e.Tenant = draw(rt, p.owners(), "owner")
	e.Sandbox = odds(rt, 4, "sandbox")
	e.Kind = rapid.SampledFrom(entryKinds).Draw(rt, "kind")
	switch rapid.IntRange(0, 2).Draw(rt, "of a session") {
	case 1:
		e.Session = c.Session.ID
	case 2:
		e.Session = p.pick(rt).ID
	}
	return e
}

// oldEntry is the next version of one that is there, or something that is refused.
func (p *player) oldEntry(rt *rapid.T, e session.Entry) session.Entry {
	e.Version++
	e.UpdatedAt = p.kit.now
	if odds(rt, 3, "renamed") {
		e.Name = rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "name")
	}
	if !odds(rt, 5, "refused") {
		return e
	}
	switch rapid.IntRange(0, 4).Draw(rt, "because of") {
	case 0:
		e.Version = 1
	case 1:
		e.Version += rapid.SampledFrom([]int64{-1, 1}).Draw(rt, "by")
	case 2:
		e.Tenant = p.kit.id()
	case 3:
		e.Sandbox = !e.Sandbox
	case 4:
		e.Kind = session.EntryIdentity
	}
	return e
}

// isClear reports whether it is promised what becomes of the entry, beside others of its change. It is not, when it
// takes a name that another gives up, and when it is old and takes the name of one that has expired.
func (p *player) isClear(e session.Entry, others []session.Entry) bool {
	return !slices.ContainsFunc(p.model.entries, func(o session.Entry) bool {
		if o.ID == e.ID || !namesakes(o, e) {
			return false
		}
		moved := slices.ContainsFunc(others, func(c session.Entry) bool { return c.ID == o.ID })
		return moved || e.Version != 1 && !living(o, p.kit.now)
	})
}

// compareEntries demands that each store lists what the model does, of the kinds of these entries.
func (p *player) compareEntries(entries []session.Entry) {
	seen := map[session.EntryQuery]bool{}
	for _, e := range entries {
		q := session.EntryQuery{Tenant: e.Tenant, Sandbox: e.Sandbox, Kind: e.Kind, At: p.kit.now, N: many}
		if !seen[q] {
			p.sameEntries(p.T, q)
		}
		seen[q] = true
	}
}

func (p *player) sameEntries(rt *rapid.T, q session.EntryQuery) {
	want := p.model.entriesOf(q)
	p.on(rt, func(k *kit) {
		got, err := k.store.Entries(k.ctx, q)
		k.is("Entries", err, nil)
		k.equal("entries", got, want)
	})
}

func (p *player) entries(rt *rapid.T) {
	p.T = rt
	p.pass(rt)
	q := session.EntryQuery{
		Tenant: draw(rt, p.owners(), "tenant"), Sandbox: odds(rt, 4, "sandbox"), Kind: rapid.SampledFrom(entryKinds).Draw(rt, "kind"),
		At: p.kit.in(time.Duration(rapid.IntRange(0, 4).Draw(rt, "at")) * time.Second), N: rapid.IntRange(0, 6).Draw(rt, "N"),
	}
	if len(p.model.entries) > 0 {
		e := draw(rt, p.model.entries, "like")
		if rapid.Bool().Draw(rt, "where that is") {
			q.Tenant, q.Sandbox, q.Kind = e.Tenant, e.Sandbox, e.Kind
		}
		if odds(rt, 4, "by ID") {
			q.ID = e.ID
		}
		if odds(rt, 4, "by name") {
			q.Name = e.Name
		}
		if odds(rt, 3, "by session") {
			q.Session = e.Session
		}
		if odds(rt, 3, "page") {
			q.After = draw(rt, p.model.entries, "after").ID
		}
	}
	p.sameEntries(rt, q)
}

func (p *player) events(rt *rapid.T) {
	p.T = rt
	q := session.EventQuery{Tenant: draw(rt, p.tenants, "tenant"), Sandbox: odds(rt, 4, "sandbox"), N: rapid.IntRange(0, 9).Draw(rt, "N")}
	kinds := []session.EventKind{session.EventCreated, session.EventStarted, session.EventUploaded}
	q.Kinds = rapid.SliceOfNDistinct(rapid.SampledFrom(kinds), 0, 2, rapid.ID).Draw(rt, "kinds")
	if s := p.pick(rt); odds(rt, 3, "session") {
		q.Session = s.ID
	}
	if log := p.model.events(session.EventQuery{Tenant: q.Tenant, Sandbox: q.Sandbox, N: many}); len(log) > 0 {
		if rapid.Bool().Draw(rt, "page") {
			q.After = draw(rt, log, "after").ID
		}
		if odds(rt, 3, "from") {
			q.From = draw(rt, log, "from").ID
		}
	}
	want := p.model.events(q)
	p.on(rt, func(k *kit) {
		got, err := k.store.Events(k.ctx, q)
		k.is("Events", err, nil)
		k.equal("events", got, want)
	})
}
