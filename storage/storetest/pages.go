package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// with creates a session that is changed first.
func (k *kit) with(change func(s *session.Session)) uuid.UUID {
	k.Helper()
	c := k.create()
	change(&c.Session)
	return k.apply(c).ID
}

var pageTests = []test{
	{"Integrations filters, nil is all of the tenant, and empty is none", func(k *kit) {
		in := []uuid.UUID{k.id(), k.id(), k.id()}
		var of [3][]uuid.UUID
		var every []uuid.UUID
		for i := range 9 {
			id := k.with(func(s *session.Session) {
				if s.Integration = in[i%3]; i > 5 {
					s.Status = session.StatusReview
				}
			})
			of[i%3] = append([]uuid.UUID{id}, of[i%3]...)
			every = append([]uuid.UUID{id}, every...)
		}
		k.equal("all", k.query(session.Query{N: many}), every)
		for i := range in {
			k.equal("one", k.query(session.Query{N: many, Integrations: in[i : i+1]}), of[i])
		}
		two := []uuid.UUID{in[0], in[2]}
		want := slices.DeleteFunc(slices.Clone(every), func(id uuid.UUID) bool { return slices.Contains(of[1], id) })
		k.equal("two", k.query(session.Query{N: many, Integrations: two}), want)
		k.equal("two, second page", k.query(session.Query{N: 3, After: want[2], Integrations: two}), want[3:])
		k.equal("two, by status", k.query(session.Query{N: many, Integrations: two, Status: []session.Status{session.StatusReview}}), want[:2])
		k.equal("none", k.query(session.Query{N: many, Integrations: []uuid.UUID{}}), []uuid.UUID{})
		k.equal("one that is not there", k.query(session.Query{N: many, Integrations: []uuid.UUID{k.id()}}), []uuid.UUID{})
		o := k.other()
		k.equal("another tenant's", o.query(session.Query{N: many, Integrations: two}), []uuid.UUID{})
		k.equal("those of the sandbox", k.query(session.Query{N: many, Sandbox: true, Integrations: two}), []uuid.UUID{})
	}},
	{"Ref filters, and zero does not", func(k *kit) {
		ref, other := session.BlindIndex{1}, session.BlindIndex{15: 1}
		o := k.other()
		theirs := o.with(func(s *session.Session) { s.Ref = ref })
		a := k.with(func(s *session.Session) { s.Ref = ref })
		b := k.with(func(s *session.Session) { s.Ref = other })
		sandbox := k.with(func(s *session.Session) { s.Ref, s.Sandbox = ref, true })
		none := k.with(func(*session.Session) {})
		c := k.with(func(s *session.Session) { s.Ref, s.Status, s.Integration = ref, session.StatusReview, k.id() })
		k.with(func(s *session.Session) { s.Ref, s.DeletedAt = ref, k.now })
		review := []session.Status{session.StatusReview}
		for _, row := range []struct {
			name string
			k    *kit
			q    session.Query
			want []uuid.UUID
		}{
			{"one", k, session.Query{Ref: ref}, []uuid.UUID{c, a}},
			{"the other", k, session.Query{Ref: other}, []uuid.UUID{b}},
			{"one that none has", k, session.Query{Ref: session.BlindIndex{9}}, []uuid.UUID{}},
			{"zero", k, session.Query{}, []uuid.UUID{c, none, b, a}},
			{"sandbox", k, session.Query{Ref: ref, Sandbox: true}, []uuid.UUID{sandbox}},
			{"another tenant's", o, session.Query{Ref: ref}, []uuid.UUID{theirs}},
			{"by status", k, session.Query{Ref: ref, Status: review}, []uuid.UUID{c}},
			{"by integration", k, session.Query{Ref: ref, Integrations: []uuid.UUID{k.integration}}, []uuid.UUID{a}},
			{"by status and integration", k, session.Query{Ref: ref, Status: review, Integrations: []uuid.UUID{k.integration}}, []uuid.UUID{}},
			{"second page", k, session.Query{Ref: ref, After: c}, []uuid.UUID{a}},
			{"from", k, session.Query{Ref: ref, From: b}, []uuid.UUID{c}},
			{"skip", k, session.Query{Ref: ref, Skip: 1}, []uuid.UUID{a}},
		} {
			row.q.N = many
			k.equal("ref: "+row.name, row.k.query(row.q), row.want)
		}
	}},
	{"Ref and Integration are the stored ones of now", func(k *kit) {
		old, ref, in := session.BlindIndex{1}, session.BlindIndex{2}, k.id()
		id := k.with(func(s *session.Session) { s.Ref = old })
		c := k.change(k.load(id).Session)
		c.Session.Ref, c.Session.Integration = ref, in
		s := k.apply(c)
		k.equal("by the old ref", k.query(session.Query{N: many, Ref: old}), []uuid.UUID{})
		k.equal("by the old integration", k.query(session.Query{N: many, Integrations: []uuid.UUID{k.integration}}), []uuid.UUID{})
		k.equal("by both of now", k.query(session.Query{N: many, Ref: ref, Integrations: []uuid.UUID{in}}), []uuid.UUID{id})
		c = k.change(s)
		c.Session.Ref = session.BlindIndex{}
		k.apply(c)
		k.equal("by a ref that is gone", k.query(session.Query{N: many, Ref: ref}), []uuid.UUID{})
		k.equal("by no ref", k.query(session.Query{N: many}), []uuid.UUID{id})
	}},
	{"not below From, which need not be there", func(k *kit) {
		before := k.id()
		a, gap, b := k.created().ID, k.id(), k.created().ID
		for _, row := range []struct {
			name        string
			from, after uuid.UUID
			want        []uuid.UUID
		}{
			{"the first", a, uuid.Nil, []uuid.UUID{b, a}},
			{"before all", before, uuid.Nil, []uuid.UUID{b, a}},
			{"an id that is not there", gap, uuid.Nil, []uuid.UUID{b}},
			{"the last", b, uuid.Nil, []uuid.UUID{b}},
			{"after all", k.id(), uuid.Nil, []uuid.UUID{}},
			{"the first, after the second", a, b, []uuid.UUID{a}},
			{"the first, after the first", a, a, []uuid.UUID{}},
			{"the second, after the first", b, a, []uuid.UUID{}},
		} {
			k.equal("from "+row.name, k.query(session.Query{From: row.from, After: row.after, N: many}), row.want)
		}
		k.equal("from the first, one", k.query(session.Query{From: a, N: 1}), []uuid.UUID{b})
	}},
	{"Skip are passed over first", func(k *kit) {
		var all []uuid.UUID
		for i := range 7 {
			id := k.with(func(s *session.Session) {
				s.Status = []session.Status{session.StatusCreated, session.StatusReview}[i%2]
			})
			all = append([]uuid.UUID{id}, all...)
		}
		created := []session.Status{session.StatusCreated}
		k.equal("none", k.query(session.Query{N: 3}), all[:3])
		k.equal("two", k.query(session.Query{N: 3, Skip: 2}), all[2:5])
		k.equal("all but one", k.query(session.Query{N: 3, Skip: 6}), all[6:])
		k.equal("all", k.query(session.Query{N: 3, Skip: 7}), []uuid.UUID{})
		k.equal("more than there are", k.query(session.Query{N: 3, Skip: many}), []uuid.UUID{})
		k.equal("two after the second", k.query(session.Query{N: 3, Skip: 2, After: all[1]}), all[4:])
		k.equal("two of those not below", k.query(session.Query{N: 3, Skip: 2, From: all[3]}), all[2:4])
		k.equal("two of one status", k.query(session.Query{N: 3, Skip: 2, Status: created}), []uuid.UUID{all[4], all[6]})
		k.equal("none, of N = 0", k.query(session.Query{Skip: 2}), []uuid.UUID{})
	}},
	{"Bare fills in nothing but ID", func(k *kit) {
		f := k.full()
		f.Session.DeletedAt = time.Time{}
		k.roundTrip("full rows", f)
		for _, q := range []session.Query{{}, {Ref: f.Session.Ref}, {Integrations: []uuid.UUID{f.Session.Integration}}} {
			q.Tenant, q.Sandbox, q.N, q.Bare = k.tenant, true, many, true
			got, err := k.store.Query(k.ctx, q)
			k.is("Query", err, nil)
			k.equal("sessions", got, []session.Session{{ID: f.Session.ID}})
		}
	}},
}
