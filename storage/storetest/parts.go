package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

var partTests = []test{
	{"an attempt that is there already is overwritten", func(k *kit) {
		c := k.create()
		s := k.apply(c)
		next := k.change(s)
		a := c.Attempts[0]
		a.Status, a.Submitter, a.EndedAt = session.StatusDeclined, session.ActorPerson, k.in(time.Hour)
		b := session.Attempt{ID: k.id(), Session: s.ID, N: 2, Status: session.StatusCreated, CreatedAt: k.in(time.Hour)}
		next.Attempts = []session.Attempt{b, a}
		k.apply(next)
		k.equal("attempts", k.load(s.ID).Attempts, []session.Attempt{a, b})
	}},
	{"a change of one session leaves another's parts alone", func(k *kit) {
		c := k.create()
		k.addMedia(&c)
		k.addDecision(&c, 1)
		k.addFinding(&c)
		k.addDelivery(&c, session.DeliveryHeld, k.now).Personal = true
		s := k.apply(c)
		before := k.kept(s.ID)
		next := k.heavy(k.created())
		k.apply(next)
		k.equal("the other session", k.kept(s.ID), before)
	}},
	{"attempts and decisions come in the order of N, events in the order of Seq, media and findings in the order of ID", func(k *kit) {
		c := k.create()
		media, findings := []uuid.UUID{k.id(), k.id(), k.id()}, []uuid.UUID{k.id(), k.id(), k.id()}
		for _, i := range []int{2, 0, 1} {
			k.addMedia(&c)
			c.Media[len(c.Media)-1].ID = media[i]
			k.addFinding(&c)
			c.Findings[len(c.Findings)-1].ID = findings[i]
			k.addDecision(&c, i+1)
			k.addEvent(&c, session.EventUploaded)
			if i > 0 {
				c.Attempts = append(c.Attempts, session.Attempt{ID: k.id(), Session: c.Session.ID, N: i + 1, Status: session.StatusCreated, CreatedAt: k.now})
			}
		}
		k.apply(c)
		r := k.load(c.Session.ID)
		for i := range 3 {
			k.equal("N of attempt, N of decision", []int{r.Attempts[i].N, r.Decisions[i].N}, []int{i + 1, i + 1})
			k.equal("ID of medium, ID of finding", []uuid.UUID{r.Media[i].ID, r.Findings[i].ID}, []uuid.UUID{media[i], findings[i]})
		}
		for i, e := range r.Events {
			k.equal("Seq and ID of event", []any{e.Seq, e.ID}, []any{int64(i + 1), c.Events[i].ID})
		}
	}},
	{"findings are appended, and those of an earlier change stay as they were", func(k *kit) {
		c := k.create()
		k.addFinding(&c)
		between := k.id()
		k.addFinding(&c)
		s := k.apply(c)
		next := k.change(s)
		k.addFinding(&next)
		k.addFinding(&next)
		next.Findings[0].ID, next.Findings[0].Kind = between, session.FindingUserStatus
		k.apply(next)
		want := []session.Finding{c.Findings[0], next.Findings[0], c.Findings[1], next.Findings[1]}
		k.equal("findings", k.load(s.ID).Findings, want)
	}},
	{"N orders as a number", func(k *kit) {
		c := k.create()
		for n := 12; n > 0; n-- {
			k.addDecision(&c, n)
		}
		k.apply(c)
		for i, d := range k.load(c.Session.ID).Decisions {
			k.equal("N", d.N, i+1)
		}
	}},
}

var withdrawTests = []test{
	{"makes every held delivery of the session withdrawn, before Deliveries are added", func(k *kit) {
		c := k.create()
		held := k.addDelivery(&c, session.DeliveryHeld, k.in(time.Hour)).ID
		personal := k.addDelivery(&c, session.DeliveryHeld, k.in(time.Hour))
		personal.Personal = true
		for _, state := range []session.DeliveryState{session.DeliveryDue, session.DeliveryDone, session.DeliveryDead, session.DeliveryErased, session.DeliveryWithdrawn} {
			d := k.addDelivery(&c, state, time.Time{})
			if state.Pending() {
				d.DueAt = k.in(time.Hour)
			}
		}
		s := k.apply(c)
		before := k.deliveries(session.DeliveryQuery{})

		next := k.change(s)
		next.Withdraw = true
		added := clone(*k.addDelivery(&next, session.DeliveryHeld, k.in(time.Minute)))
		added.Seq = 2
		k.apply(next)

		want := []session.Delivery{added}
		for _, d := range before {
			if d.ID == held || d.ID == personal.ID {
				d.State, d.DueAt, d.Body = session.DeliveryWithdrawn, time.Time{}, nil
			}
			want = append(want, d)
		}
		k.equal("deliveries", k.deliveries(session.DeliveryQuery{}), want)
	}},
	{"comes before Erase: what was held and personal is withdrawn, not erased", func(k *kit) {
		c := k.create()
		d := k.addDelivery(&c, session.DeliveryHeld, k.in(time.Hour))
		d.Personal = true
		next := k.change(k.apply(c))
		next.Withdraw, next.Erase = true, session.EraseSealed
		k.apply(next)
		k.equal("state", k.delivery(d.ID).State, session.DeliveryWithdrawn)
	}},
	{"what is withdrawn is never claimed, and is no alarm", func(k *kit) {
		c := k.create()
		k.addDelivery(&c, session.DeliveryHeld, k.now)
		next := k.change(k.apply(c))
		next.Withdraw = true
		k.apply(next)
		got, at := k.claim(k.in(time.Hour), k.in(2*time.Hour), many)
		k.equal("claimed", got, []session.Delivery{})
		k.equal("next", at, time.Time{})
	}},
}

var eraseTests = []test{
	{"nothing that is not asked for", func(k *kit) {
		c := k.erasable()
		s := k.apply(c)
		before := k.kept(s.ID)
		k.apply(k.change(s))
		after := k.kept(s.ID)
		k.equal("decisions", after.Record.Decisions, before.Record.Decisions)
		k.equal("media", after.Record.Media, before.Record.Media)
		k.equal("findings", after.Record.Findings, before.Record.Findings)
		k.equal("deliveries", after.Deliveries, before.Deliveries)
	}},
	{"EraseSealed makes nil the sealed bytes of decisions, media and findings, and the bodies of personal deliveries, those pending become erased", func(k *kit) {
		c := k.erasable()
		s := k.apply(c)
		want := k.kept(s.ID)
		next := k.change(s)
		next.Erase = session.EraseSealed
		k.apply(next)

		for i := range want.Record.Decisions {
			want.Record.Decisions[i].Sealed = nil
		}
		for i := range want.Record.Media {
			want.Record.Media[i].Sealed = nil
		}
		for i := range want.Record.Findings {
			want.Record.Findings[i].Sealed = nil
		}
		for i := range want.Deliveries {
			d := &want.Deliveries[i]
			if !d.Personal {
				continue
			}
			d.Body = nil
			if d.State.Pending() {
				d.State, d.DueAt = session.DeliveryErased, time.Time{}
			}
		}
		got := k.kept(s.ID)
		k.equal("decisions", got.Record.Decisions, want.Record.Decisions)
		k.equal("media", got.Record.Media, want.Record.Media)
		k.equal("findings", got.Record.Findings, want.Record.Findings)
		k.equal("deliveries", got.Deliveries, want.Deliveries)
		k.equal("attempts", got.Record.Attempts, want.Record.Attempts)
		k.equal("the session's own Sealed and Key are as Change.Session says", [][]byte{got.Record.Session.Sealed, got.Record.Session.Key}, [][]byte{s.Sealed, s.Key})
	}},
	{"EraseMedia removes the media rows", func(k *kit) {
		c := k.erasable()
		s := k.apply(c)
		want := k.kept(s.ID)
		next := k.change(s)
		next.Erase = session.EraseMedia
		k.apply(next)
		got := k.kept(s.ID)
		k.equal("media", got.Record.Media, []session.Media{})
		k.equal("findings", got.Record.Findings, want.Record.Findings)
		k.equal("decisions", got.Record.Decisions, want.Record.Decisions)
		k.equal("deliveries", got.Deliveries, want.Deliveries)
		_, err := k.store.Load(k.ctx, session.Ref{Tenant: k.tenant, Media: c.Media[0].ID, Deleted: true}, 0)
		k.is("Load by a medium that is erased", err, session.ErrNotFound)
	}},
	{"removes what is there already, before parts are added", func(k *kit) {
		s := k.apply(k.erasable())
		next := k.change(s)
		next.Erase = session.EraseSealed | session.EraseMedia
		k.addMedia(&next)
		k.addDecision(&next, 9)
		k.addFinding(&next)
		d := k.addDelivery(&next, session.DeliveryDue, k.now)
		d.Personal = true
		k.apply(next)
		r := k.load(s.ID)
		k.equal("media", r.Media, next.Media)
		k.equal("the decision that is added", r.Decisions[len(r.Decisions)-1], next.Decisions[0])
		k.equal("the finding that is added", r.Findings[len(r.Findings)-1], next.Findings[0])
		k.equal("the body that is added", k.delivery(d.ID).Body, d.Body)
	}},
	{"EraseMedia frees the ids of media for this change", func(k *kit) {
		c := k.withParts()
		next := k.change(k.apply(c))
		next.Erase = session.EraseMedia
		k.addMedia(&next)
		next.Media[0].ID, next.Media[0].Size = c.Media[0].ID, 1
		k.apply(next)
		k.equal("media", k.load(c.Session.ID).Media, next.Media)
	}},
	{"Replaced removes these media, and frees their ids", func(k *kit) {
		c := k.withParts()
		k.addMedia(&c)
		other := k.withParts()
		s := k.apply(c)
		k.apply(other)
		want := k.kept(s.ID)
		next := k.keep(s)
		next.Replaced = []uuid.UUID{k.id(), other.Media[0].ID, c.Media[0].ID}
		next.Media[0].ID = c.Media[0].ID
		k.apply(next)
		got := k.kept(s.ID)
		k.equal("media", got.Record.Media, slices.Concat(next.Media, want.Record.Media[1:]))
		k.equal("media of another session", k.load(other.Session.ID).Media, other.Media)
		k.equal("findings", got.Record.Findings, want.Record.Findings)

		gone := k.change(got.Record.Session)
		gone.Replaced = []uuid.UUID{c.Media[0].ID}
		k.apply(gone)
		k.equal("media then", k.load(s.ID).Media, want.Record.Media[1:])
		_, err := k.store.Load(k.ctx, session.Ref{Tenant: k.tenant, Media: c.Media[0].ID, Deleted: true}, 0)
		k.is("Load by a medium that was replaced", err, session.ErrNotFound)
	}},
	{"a refused change replaces nothing", func(k *kit) {
		c := k.withParts()
		s := k.apply(c)
		k.apply(k.change(s))
		late := k.keep(s)
		late.Replaced = []uuid.UUID{c.Media[0].ID}
		k.refused(late, session.ErrConflict)
		k.equal("media", k.load(s.ID).Media, c.Media)
	}},
	{"with Keep erases too", func(k *kit) {
		s := k.apply(k.erasable())
		next := k.change(s)
		next.Keep, next.Erase = true, session.EraseMedia|session.EraseSealed
		k.apply(next)
		r := k.load(s.ID)
		k.equal("media", len(r.Media), 0)
		k.equal("sealed bytes of a decision and a finding", [][]byte{r.Decisions[0].Sealed, r.Findings[0].Sealed}, [][]byte{nil, nil})
	}},
	{"what is erased is never claimed, and is no alarm", func(k *kit) {
		c := k.create()
		k.addDelivery(&c, session.DeliveryDue, k.now).Personal = true
		next := k.change(k.apply(c))
		next.Erase = session.EraseSealed
		k.apply(next)
		got, at := k.claim(k.in(time.Hour), k.in(2*time.Hour), many)
		k.equal("claimed", got, []session.Delivery{})
		k.equal("next", at, time.Time{})
	}},
}

// erasable creates a session with two media, two decisions, two findings, and a delivery of each state, personal and not.
func (k *kit) erasable() session.Change {
	c := k.create()
	k.addMedia(&c)
	k.addMedia(&c)
	k.addDecision(&c, 1)
	k.addDecision(&c, 2)
	k.addFinding(&c)
	k.addFinding(&c)
	for _, personal := range []bool{true, false} {
		for _, state := range []session.DeliveryState{session.DeliveryDue, session.DeliveryHeld, session.DeliveryDone, session.DeliveryDead} {
			d := k.addDelivery(&c, state, time.Time{})
			d.Personal = personal
			d.Claims, d.Tries, d.Last = 4, 3, session.Try{At: k.now, Status: 500, Note: "status"}
			if state.Pending() {
				d.DueAt = k.in(time.Hour)
			}
		}
	}
	return c
}
