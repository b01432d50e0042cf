package storetest

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// passing is an entry that expires d from now.
func (k *kit) passing(name string, d time.Duration) session.Entry {
	e := k.entry(name)
	e.ExpiresAt = k.in(d)
	return e
}

// entryAt is an entry that is made d from now.
func (k *kit) entryAt(name string, d time.Duration) session.Entry {
	e := k.entry(name)
	e.CreatedAt, e.UpdatedAt = k.in(d), k.in(d)
	return e
}

var expiryTests = []test{
	{"without those that have expired at q.At: from ExpiresAt on it is not there", func(k *kit) {
		s := k.id()
		e, forever := k.passing("a", time.Minute), k.entry("b")
		e.Session, forever.Session = s, s
		k.write(e, forever)
		for _, row := range []struct {
			at   time.Time
			want []uuid.UUID
		}{
			{time.Time{}, []uuid.UUID{forever.ID, e.ID}},
			{k.in(-time.Hour), []uuid.UUID{forever.ID, e.ID}},
			{k.in(time.Minute - time.Microsecond), []uuid.UUID{forever.ID, e.ID}},
			{k.in(time.Minute), []uuid.UUID{forever.ID}},
			{lastInstant, []uuid.UUID{forever.ID}},
		} {
			k.equal(fmt.Sprintf("entries at %v", row.at), ids(k.entries(session.EntryQuery{At: row.at}), entryID), row.want)
			k.equal(fmt.Sprintf("entries of the session at %v", row.at), ids(k.entries(session.EntryQuery{At: row.at, Session: s}), entryID), row.want)
			k.equal(fmt.Sprintf("by ID at %v", row.at), len(k.entries(session.EntryQuery{At: row.at, ID: e.ID})), len(row.want)-1)
			k.equal(fmt.Sprintf("by Name at %v", row.at), len(k.entries(session.EntryQuery{At: row.at, Name: "a"})), len(row.want)-1)
			k.equal(fmt.Sprintf("page of one, at %v", row.at), len(k.entries(session.EntryQuery{At: row.at, After: forever.ID, N: 1})), len(row.want)-1)
		}
	}},
	{"those that have expired are not counted in N", func(k *kit) {
		a := k.entry("a")
		k.write(a)
		for range 5 {
			k.write(k.passing("", time.Minute))
		}
		k.equal("a page of one", ids(k.entries(session.EntryQuery{At: k.in(time.Minute), N: 1}), entryID), []uuid.UUID{a.ID})
	}},
	{"one that has expired by its CreatedAt gives way", func(k *kit) {
		s := k.id()
		e := k.passing("a", time.Minute)
		e.Session = s
		k.write(e)
		k.clash("a microsecond before that whose name it has expires", k.entryAt("a", time.Minute-time.Microsecond))
		older := k.entryAt("a", time.Minute-time.Microsecond)
		older.UpdatedAt = k.in(time.Hour)
		k.clash("made before and changed after that whose name it has expires", older)
		heir := k.entryAt("a", time.Minute)
		k.write(heir)
		k.equal("entries", k.entries(session.EntryQuery{}), []session.Entry{heir})
		k.equal("by Name", k.entries(session.EntryQuery{Name: "a"}), []session.Entry{heir})
		k.equal("by ID, which gave way", k.entries(session.EntryQuery{ID: e.ID}), []session.Entry{})
		k.equal("by Session", k.entries(session.EntryQuery{Session: s}), []session.Entry{})
		k.clash("of an entry that gave way", k.next(e))
		k.clash("whose name is there", k.entryAt("a", time.Hour))
	}},
	{"within one call too, and a refused change lets nobody give way", func(k *kit) {
		e := k.passing("a", time.Minute)
		k.write(e)
		bad := k.own(k.entryAt("a", time.Minute), k.entryAt("b", time.Minute), k.entryAt("b", time.Minute))
		k.outcome(k.store.Apply(k.ctx, bad), session.ErrConflict)
		k.equal("entries", k.entries(session.EntryQuery{}), []session.Entry{e})

		heir, last := k.entryAt("a", time.Minute), k.entryAt("a", time.Hour)
		heir.ExpiresAt = k.in(time.Hour)
		k.outcome(k.store.Apply(k.ctx, k.own(heir), k.own(k.entryAt("a", time.Minute)), k.own(last)), nil, session.ErrConflict, nil)
		k.equal("entries then", k.entries(session.EntryQuery{}), []session.Entry{last})
	}},
	{"what replaces an entry says anew when it expires", func(k *kit) {
		longer, shorter, never := k.passing("a", time.Minute), k.passing("b", time.Hour), k.passing("c", time.Minute)
		k.write(longer, shorter, never)
		longer, shorter, never = k.next(longer), k.next(shorter), k.next(never)
		longer.ExpiresAt, shorter.ExpiresAt, never.ExpiresAt = k.in(time.Hour), k.in(time.Minute), time.Time{}
		k.write(longer, shorter, never)
		left := k.entries(session.EntryQuery{At: k.in(time.Minute)})
		k.equal("entries when those would have expired", ids(left, entryID), []uuid.UUID{never.ID, longer.ID})
		k.clash("whose name's owner lives longer", k.entryAt("a", time.Minute))
		k.clash("whose name's owner lives for ever", k.entryAt("c", 2*time.Hour))
		k.write(k.entryAt("b", time.Minute))
	}},
	{"what is erased expires as before", func(k *kit) {
		s := k.created()
		e := k.passing("a", time.Minute)
		e.Session = s.ID
		k.write(e)
		c := k.change(s)
		c.Erase = session.EraseSealed
		k.apply(c)
		e.Body = nil
		k.equal("before", k.entries(session.EntryQuery{At: k.in(time.Minute - time.Microsecond)}), []session.Entry{e})
		k.equal("then", k.entries(session.EntryQuery{At: k.in(time.Minute)}), []session.Entry{})
	}},
	{"MUST, over time, remove as many as are added", func(k *kit) {
		const n = 40
		o := k.other()
		forever := k.entry("for ever")
		k.write(forever)
		for i := range n {
			e := k.passing(fmt.Sprint(i), time.Duration(i+1)*time.Second)
			if e.Sandbox = i%3 == 0; i%5 == 0 {
				e.Kind, e.Session = session.EntryIdentity, k.id()
			}
			k.write(e)
		}
		k.now = k.in(n * time.Second)
		o.now = k.now
		for range n {
			o.write(o.passing("", time.Hour))
		}
		var left []session.Entry // also those that have expired, if they are there
		for _, kind := range []session.EntryKind{session.EntryAnswer, session.EntryIdentity} {
			left = append(left, k.entries(session.EntryQuery{Kind: kind})...)
			left = append(left, k.entries(session.EntryQuery{Kind: kind, Sandbox: true})...)
		}
		k.equal("entries that are left", left, []session.Entry{forever})
		k.equal("entries that were added since", len(o.entries(session.EntryQuery{})), n)
	}},
}
