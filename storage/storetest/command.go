package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
)

// compare demands that each store has of a session what the model has.
func (p *player) compare(id uuid.UUID) {
	want := kept{}
	tenant := p.tenants[0]
	if r := p.model.sessions[id]; r != nil {
		want, tenant = clone(*r), r.Record.Session.Tenant
	}
	want.Entries = p.model.entriesOf(session.EntryQuery{
		Tenant: tenant, Sandbox: want.Record.Session.Sandbox, Kind: session.EntryAnswer, Session: id, At: p.kit.now, N: many,
	})
	p.on(p.T, func(k *kit) {
		of := *k
		of.tenant = tenant
		k.equal("all that is there of a session", of.kept(id), want)
	})
}

// pass lets some time go by.
func (p *player) pass(rt *rapid.T) {
	by := time.Duration(rapid.IntRange(0, 3).Draw(rt, "seconds that pass")) * time.Second
	for _, k := range p.kits {
		k.now = k.now.Add(by)
	}
}

// sameOutcome demands one outcome. Of several permits it leaves open which of two equal refusals is told.
func (k *kit) sameOutcome(got, want error, permits int) {
	k.Helper()
	var refused *session.RateError
	if !errors.As(want, &refused) {
		if !errors.Is(got, want) {
			k.Fatalf("outcome: got %v, want %v", got, want)
		}
		return
	}
	told := *k.rateError(got)
	if permits > 1 {
		told.Key, told.Rule = refused.Key, refused.Rule
	}
	k.equal("the refusal", told, *refused)
}

func (p *player) apply(rt *rapid.T) {
	p.T = rt
	p.pass(rt)
	var changes []session.Change
	var want []error
	failed := false
	for range rapid.IntRange(1, 4).Draw(rt, "changes") {
		c := p.change(rt)
		err := p.model.apply(c)
		changes, want = append(changes, c), append(want, err)
		failed = failed || err != nil
	}
	p.on(rt, func(k *kit) {
		errs := k.store.Apply(k.ctx, clone(changes)...)
		if !failed {
			k.is("Apply", firstOf(errs), nil)
			k.equal("number of outcomes when all were done", len(errs), 0)
			return
		}
		k.equal("number of outcomes", len(errs), len(want))
		for i := range want {
			k.sameOutcome(errs[i], want[i], len(changes[i].Permits))
		}
	})
	for _, c := range changes {
		if c.Session.ID != uuid.Nil {
			p.compare(c.Session.ID)
		}
		p.compareEntries(c.Entries)
	}
}

func (p *player) sweep(rt *rapid.T) {
	p.T = rt
	p.pass(rt)
	n := rapid.IntRange(1, 5).Draw(rt, "n")
	type answer struct {
		handed session.Session
		change session.Change
		ok     bool
	}
	var handed []uuid.UUID
	answers := map[uuid.UUID]answer{}
	done, next := p.model.sweep(p.kit.now, n, func(s session.Session) (session.Change, bool) {
		a := answer{handed: clone(s), change: p.kit.silence(s), ok: !odds(rt, 5, "left alone")}
		if odds(rt, 3, "next alarm") {
			a.change.Session.DueAt = p.moment(rt, "due")
		}
		p.addParts(rt, &a.change)
		p.addPermits(rt, &a.change)
		answers[s.ID] = a
		handed = append(handed, s.ID)
		return clone(a.change), a.ok
	})
	p.on(rt, func(k *kit) {
		var got []uuid.UUID
		gotDone, gotNext, err := k.store.Sweep(k.ctx, k.now, n, func(s session.Session) (session.Change, bool) {
			a, expected := answers[s.ID]
			if !expected || difference(s, a.handed) != "" {
				k.Errorf("handed to tick: got %+v, want %+v", s, a.handed)
				return session.Change{}, false
			}
			if !slices.Contains(got, s.ID) {
				got = append(got, s.ID)
			}
			return clone(a.change), a.ok
		})
		k.is("Sweep", err, nil)
		k.equal("sessions handed", got, handed)
		k.equal("done and next", []any{gotDone, gotNext}, []any{done, next})
	})
	for _, id := range handed {
		p.compare(id)
		p.compareEntries(answers[id].change.Entries)
	}
}

func (p *player) load(rt *rapid.T) {
	p.T = rt
	ref := session.Ref{Tenant: draw(rt, p.tenants, "tenant"), Deleted: rapid.Bool().Draw(rt, "deleted")}
	switch rapid.IntRange(0, 2).Draw(rt, "by") {
	case 0:
		ref.ID = p.pick(rt).ID
	case 1:
		ref.Attempt = draw(rt, append(p.attempts, p.kit.id()), "attempt")
	case 2:
		ref.Media = draw(rt, append(p.media, p.kit.id()), "medium")
	}
	parts := session.Parts(rapid.IntRange(0, int(all)).Draw(rt, "parts"))
	want, wantErr := p.model.load(ref, parts)
	p.on(rt, func(k *kit) {
		got, err := k.store.Load(k.ctx, ref, parts)
		k.is("Load", err, wantErr)
		k.equal("record", got, want)
	})
}

func (p *player) query(rt *rapid.T) {
	p.T = rt
	q := session.Query{Tenant: draw(rt, p.tenants, "tenant"), Sandbox: odds(rt, 4, "sandbox"), N: rapid.IntRange(0, 6).Draw(rt, "N")}
	q.Status = rapid.SliceOfNDistinct(rapid.SampledFrom(session.Statuses()), 0, 4, rapid.ID).Draw(rt, "status")
	if odds(rt, 3, "integrations") {
		q.Integrations = rapid.SliceOfNDistinct(rapid.SampledFrom(append(p.integrations, uuid.Nil)), 1, 2, rapid.ID).Draw(rt, "of")
	}
	if odds(rt, 3, "ref") {
		q.Ref = draw(rt, refs, "of")
	}
	if rapid.Bool().Draw(rt, "page") {
		q.After = p.pick(rt).ID
	}
	if odds(rt, 3, "from") {
		q.From = p.pick(rt).ID
	}
	q.Skip, q.Bare = rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(rt, "skip"), odds(rt, 4, "bare")
	want := p.model.query(q)
	p.on(rt, func(k *kit) {
		got, err := k.store.Query(k.ctx, q)
		k.is("Query", err, nil)
		k.equal("sessions", got, want)
	})
}

func (p *player) claim(rt *rapid.T) {
	p.T = rt
	p.pass(rt)
	now, n := p.kit.now, rapid.IntRange(1, 8).Draw(rt, "n")
	until := p.kit.in(time.Duration(rapid.IntRange(1, 9).Draw(rt, "until")) * time.Second)
	except := rapid.SliceOfNDistinct(rapid.SampledFrom(p.endpoints), 0, 2, rapid.ID).Draw(rt, "except")
	want, wantNext := p.model.claim(now, until, n, except)
	p.on(rt, func(k *kit) {
		got, next := k.claim(now, until, n, slices.Clone(except)...)
		k.equal("claimed", got, want)
		k.equal("next", next, wantNext)
	})
	p.claimed = append(p.claimed, want...)
}

func (p *player) settle(rt *rapid.T) {
	p.T = rt
	if len(p.claimed) == 0 {
		rt.Skip("nothing was claimed")
	}
	states := []session.DeliveryState{session.DeliveryDue, session.DeliveryHeld, session.DeliveryDone, session.DeliveryDead}
	var done []session.Delivery
	var want []error
	for range rapid.IntRange(1, 3).Draw(rt, "deliveries") {
		d := clone(draw(rt, p.claimed, "delivery"))
		if slices.ContainsFunc(done, func(o session.Delivery) bool { return o.ID == d.ID }) {
			continue
		}
		if odds(rt, 20, "one that is not there") {
			d.ID = p.kit.id()
		}
		d.State, d.DueAt = rapid.SampledFrom(states).Draw(rt, "state"), time.Time{}
		if d.State.Pending() {
			d.DueAt = p.kit.in(time.Duration(rapid.IntRange(-2, 9).Draw(rt, "due")) * time.Second)
		}
		if d.Last.Note = "put off"; !odds(rt, 4, "put off") {
			d.Tries++
			d.Last = session.Try{At: p.kit.now, Status: rapid.SampledFrom([]int{0, 200, 503}).Draw(rt, "status"), Note: "status"}
		}
		done, want = append(done, d), append(want, p.model.settle(d))
	}
	p.on(rt, func(k *kit) {
		errs := k.store.Settle(k.ctx, clone(done)...)
		if firstOf(want) == nil {
			k.equal("number of outcomes when all were written", len(errs), 0)
			return
		}
		k.outcome(errs, want...)
	})
}

func (p *player) deliveries(rt *rapid.T) {
	p.T = rt
	q := session.DeliveryQuery{Tenant: draw(rt, p.tenants, "tenant"), Sandbox: odds(rt, 4, "sandbox"), N: rapid.IntRange(0, 9).Draw(rt, "N")}
	if odds(rt, 3, "session") {
		q.Session = p.pick(rt).ID
	}
	if odds(rt, 3, "endpoint") {
		q.Endpoint = draw(rt, p.endpoints, "endpoint")
	}
	if odds(rt, 3, "state") {
		q.State = rapid.SampledFrom([]session.DeliveryState{session.DeliveryDue, session.DeliveryHeld, session.DeliveryDone, session.DeliveryErased, session.DeliveryWithdrawn}).Draw(rt, "state")
	}
	if log := p.model.log(); len(log) > 0 && rapid.Bool().Draw(rt, "page") {
		q.After = draw(rt, log, "after").ID
	}
	if log := p.model.log(); len(log) > 0 && odds(rt, 3, "from") {
		q.From = draw(rt, log, "from").ID
	}
	q.Skip = rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(rt, "skip")
	want := p.model.deliveries(q)
	p.on(rt, func(k *kit) {
		got, err := k.store.Deliveries(k.ctx, q)
		k.is("Deliveries", err, nil)
		k.equal("deliveries", got, want)
	})
}
