package storetest

import (
	"reflect"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// scribble writes over everything that can be reached through slices, as a caller may with what is his.
func scribble(v any) { scribbleOn(reflect.ValueOf(v)) }

func scribbleOn(v reflect.Value) {
	switch {
	case v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface:
		scribbleOn(v.Elem())
	case v.Kind() == reflect.Struct && v.Type() != timeType:
		for i := range v.NumField() {
			scribbleOn(v.Field(i))
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		b := v.Bytes()
		b = b[:cap(b)]
		for i := range b {
			b[i] = 'X'
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			scribbleOn(v.Index(i))
		}
		v.Slice(0, v.Len()).Clear()
	}
}

var copyTests = []test{
	{"a Store MUST NOT keep memory that the caller can write to: Apply", func(k *kit) {
		f := k.full()
		rule := session.Rule{N: 1, Window: time.Hour}
		c := clone(f.creation())
		c.Permits = []session.Permit{k.permit("key", k.now, rule)}
		k.is("Apply", firstOf(k.store.Apply(k.ctx, c, k.create())), nil)
		scribble(&c)
		k.equal("rows", k.kept(f.Session.ID), f.kept())
		k.limited(rule, k.in(time.Hour), k.permit("key", k.now, rule))
	}},
	{"a Store MUST NOT keep memory that the caller can write to: a change of a session", func(k *kit) {
		s := k.created()
		c := k.heavy(s)
		c.Session.Key, c.Session.Sealed, c.Session.Receipt = []byte("key"), []byte("sealed"), []byte("receipt")
		mine := clone(c)
		k.apply(mine)
		want := k.kept(s.ID)
		scribble(&mine)
		k.equal("rows", k.kept(s.ID), want)
		k.equal("sealed", want.Record.Session.Sealed, c.Session.Sealed)
		k.equal("receipt", want.Record.Session.Receipt, c.Session.Receipt)
		k.equal("entries", want.Entries, c.Entries)
	}},
	{"a Store MUST NOT keep memory that the caller can write to: entries of no session", func(k *kit) {
		e := k.entry("a")
		mine := k.own(clone(e))
		k.is("Apply", firstOf(k.store.Apply(k.ctx, mine)), nil)
		scribble(&mine)
		k.equal("entries", k.entries(session.EntryQuery{}), []session.Entry{e})
		e = k.next(e)
		mine = k.own(clone(e))
		k.is("Apply", firstOf(k.store.Apply(k.ctx, mine)), nil)
		scribble(&mine)
		k.equal("entries that were replaced", k.entries(session.EntryQuery{}), []session.Entry{e})
	}},
	{"a Store MUST NOT keep memory that the caller can write to: what tick returns", func(k *kit) {
		s := k.due(k.now)
		var mine session.Change
		_, _, err := k.store.Sweep(k.ctx, k.now, many, func(s session.Session) (session.Change, bool) {
			mine = k.heavy(s)
			mine.Session.DueAt, mine.Session.Sealed = time.Time{}, []byte("sealed")
			return mine, true
		})
		k.is("Sweep", err, nil)
		want := k.kept(s.ID)
		k.equal("version", want.Record.Session.Version, int64(2))
		scribble(&mine)
		k.equal("rows", k.kept(s.ID), want)
	}},
	{"a Store MUST NOT keep memory that the caller can write to: Settle, Claim and Query", func(k *kit) {
		d := k.pending(k.now)
		s := k.load(d.Session).Session
		except := []uuid.UUID{d.Endpoint}
		k.claim(k.now, k.in(time.Hour), many, except...)
		except[0] = uuid.Nil
		got, _ := k.claim(k.now, k.in(time.Minute), many)
		got[0].State, got[0].DueAt = session.DeliveryDone, time.Time{}
		k.is("Settle", firstOf(k.store.Settle(k.ctx, got...)), nil)
		scribble(&got)
		stored := k.delivery(d.ID)
		k.equal("body and state", []any{string(stored.Body), stored.State}, []any{string(d.Body), session.DeliveryDone})
		k.equal("session", k.load(d.Session).Session, s)
	}},
	{"a Store MUST NOT hand out memory that the caller can write to: Load, Query, Deliveries, Entries and Events", func(k *kit) {
		f := k.full()
		f.Session.DeletedAt = time.Time{}
		k.roundTrip("rows", f)
		r := k.load(f.Session.ID)
		scribble(&r)
		k.equal("rows after writing to what Load gave", k.kept(f.Session.ID), f.kept())
		list, err := k.store.Query(k.ctx, session.Query{Tenant: k.tenant, Sandbox: true, N: 1})
		k.is("Query", err, nil)
		scribble(&list)
		k.equal("rows after writing to what Query gave", k.kept(f.Session.ID), f.kept())
		log := k.deliveries(session.DeliveryQuery{Sandbox: true})
		scribble(&log)
		k.equal("rows after writing to what Deliveries gave", k.kept(f.Session.ID), f.kept())
		for _, q := range []session.EntryQuery{{}, {ID: f.Entry.ID}, {Name: f.Entry.Name}, {Session: f.Session.ID}} {
			q.Sandbox = true
			entries := k.entries(q)
			scribble(&entries)
		}
		k.equal("rows after writing to what Entries gave", k.kept(f.Session.ID), f.kept())
		for _, q := range []session.EventQuery{{}, {Session: f.Session.ID}} {
			q.Sandbox = true
			events := k.events(q)
			scribble(&events)
		}
		k.equal("rows after writing to what Events gave", k.kept(f.Session.ID), f.kept())
	}},
	{"a Store MUST NOT hand out memory that the caller can write to: Claim", func(k *kit) {
		d := k.pending(k.now)
		got, _ := k.claim(k.now, k.in(time.Hour), many)
		scribble(&got)
		k.equal("body", k.delivery(d.ID).Body, d.Body)
		got, _ = k.claim(k.in(time.Hour), k.in(2*time.Hour), many)
		k.equal("body claimed again", got[0].Body, d.Body)
	}},
	{"a Store MUST NOT hand out memory that the caller can write to: Sweep", func(k *kit) {
		want := k.due(k.now)
		_, _, err := k.store.Sweep(k.ctx, k.now, many, func(s session.Session) (session.Change, bool) {
			scribble(&s)
			return session.Change{}, false
		})
		k.is("Sweep", err, nil)
		k.equal("session", k.load(want.ID).Session, want)
	}},
}

// firstOf is the first error that is not nil.
func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
