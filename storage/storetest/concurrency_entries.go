package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

var entryConcurrencyTests = []test{
	{"of 16 adds of one entry name exactly one is done and the others are ErrConflict", func(k *kit) {
		var changes []session.Change
		for i := range 16 {
			e := k.entry("a")
			c := k.own(e)
			if i%2 == 0 {
				c = k.create()
				c.Entries = []session.Entry{e}
			}
			changes = append(changes, c)
		}
		done, refused := k.rush(changes, session.ErrConflict)
		k.equal("done and refused", []int{done, refused}, []int{1, 15})
		k.onlyOneDone(changes)
	}},
	{"of 16 adds of one entry id exactly one is done and the others are ErrConflict", func(k *kit) {
		var changes []session.Change
		id := k.id()
		for i := range 16 {
			c := k.create()
			e := k.entry("")
			e.ID, e.Body = id, []byte{byte(i)}
			c.Entries = []session.Entry{e}
			changes = append(changes, c)
		}
		done, refused := k.rush(changes, session.ErrConflict)
		k.equal("done and refused", []int{done, refused}, []int{1, 15})
		k.onlyOneDone(changes)
	}},
	{"of 16 adds of a name whose entry has expired exactly one is done and the others are ErrConflict", func(k *kit) {
		k.write(k.passing("a", time.Minute))
		var changes []session.Change
		for range 16 {
			changes = append(changes, k.own(k.entryAt("a", time.Minute)))
		}
		done, refused := k.rush(changes, session.ErrConflict)
		k.equal("done and refused", []int{done, refused}, []int{1, 15})
		k.onlyOneDone(changes)
	}},
	{"of 16 replacements of one version exactly one is done and the others are ErrConflict", func(k *kit) {
		e := k.entry("a")
		k.write(e)
		s := k.created()
		var changes []session.Change
		for i := range 16 {
			c := k.own(k.next(e))
			if i%2 == 0 {
				c = k.keep(s)
				c.Entries = []session.Entry{k.next(e)}
			}
			c.Entries[0].Body = []byte{byte(i)}
			changes = append(changes, c)
		}
		done, refused := k.rush(changes, session.ErrConflict)
		k.equal("done and refused", []int{done, refused}, []int{1, 15})
		got := k.entries(session.EntryQuery{})
		k.equal("number of entries and version", []int64{int64(len(got)), got[0].Version}, []int64{1, 2})
		r := k.load(s.ID)
		want := changes[got[0].Body[0]]
		if want.Session.ID != uuid.Nil {
			k.equal("the media of the one that was done", r.Media, want.Media)
			return
		}
		k.equal("media when it was of no session", r.Media, []session.Media{})
	}},
	{"of 16 changes in a call, of many callers that want the same names, each name is had once", func(k *kit) {
		batches := make([][]session.Change, 6)
		for i := range batches {
			for n := range 16 {
				name := string(rune('a' + n))
				if i%2 == 1 {
					name = string(rune('a' + 15 - n))
				}
				batches[i] = append(batches[i], k.own(k.entry(name)))
			}
		}
		outcomes := make([][]error, len(batches))
		together(len(batches), func(i int) { outcomes[i] = k.store.Apply(k.ctx, batches[i]...) })
		refused := 0
		for _, errs := range outcomes {
			for _, err := range errs {
				if err != nil {
					refused++
					k.is("Apply", err, session.ErrConflict)
				}
			}
		}
		k.equal("refused, and entries", []int{refused, len(k.entries(session.EntryQuery{}))}, []int{16 * (len(batches) - 1), 16})
	}},
	{"of 3N entries that need a permit exactly N are done", func(k *kit) {
		rule := session.Rule{N: 10, Window: time.Hour}
		var changes []session.Change
		for range 30 {
			c := k.own(k.entry(""))
			c.Permits = []session.Permit{k.permit("key", k.now, rule)}
			changes = append(changes, c)
		}
		done, refused := k.rush(changes, session.ErrLimited)
		k.equal("done, refused, entries", []int{done, refused, len(k.entries(session.EntryQuery{}))}, []int{10, 20, 10})
	}},
}

// onlyOneDone demands that of changes with one entry each there is one entry, and the session of the same change, if
// it has one, and no other.
func (k *kit) onlyOneDone(changes []session.Change) {
	k.Helper()
	got := k.entries(session.EntryQuery{})
	sessions := k.query(session.Query{N: many})
	for _, c := range changes {
		if difference(c.Entries, got) != "" {
			continue
		}
		want := []uuid.UUID{c.Session.ID}
		if c.Session.ID == uuid.Nil {
			want = nil
		}
		k.equal("sessions", sessions, want)
		return
	}
	k.Fatalf("got entries %+v, want those of one of the changes", got)
}
