package storetest

import (
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

var refusalTests = []test{
	{"a stale Base is ErrConflict and leaves no trace", func(k *kit) {
		s := k.created()
		k.apply(k.change(s))
		k.refused(k.heavy(s), session.ErrConflict)
	}},
	{"a Base from the future is ErrConflict and leaves no trace", func(k *kit) {
		s := k.created()
		s.Version = 2
		k.refused(k.heavy(s), session.ErrConflict)
	}},
	{"Base 0 and the id is taken is ErrExists and leaves no trace", func(k *kit) {
		s := k.created()
		s.Version = 0
		k.refused(k.heavy(s), session.ErrExists)
	}},
	{"Base 0 and the id is taken by a deleted session is ErrExists", func(k *kit) {
		c := k.create()
		c.Session.DeletedAt = k.now
		s := k.apply(c)
		s.Version = 0
		k.refused(k.heavy(s), session.ErrExists)
	}},
	{"Base 0 and the id is taken by another tenant is ErrExists", func(k *kit) {
		s := k.created()
		o := k.other()
		c := o.create()
		c.Session.ID, c.Events[0].Session, c.Attempts[0].Session = s.ID, s.ID, s.ID
		k.outcome(o.store.Apply(k.ctx, c), session.ErrExists)
		k.equal("the session that is there", k.load(s.ID).Session, s)
	}},
	{"a change whose Base is not 0 and whose session is not there is ErrNotFound and leaves no trace", func(k *kit) {
		ghost := k.create().Session
		ghost.Version = 1
		k.refused(k.heavy(ghost), session.ErrNotFound)
	}},
	{"a change of another tenant's session is ErrNotFound and leaves no trace", func(k *kit) {
		s := k.created()
		before := k.kept(s.ID)
		c := k.heavy(s)
		c.Session.Tenant = k.id()
		k.outcome(k.store.Apply(k.ctx, c), session.ErrNotFound)
		k.equal("the session", k.kept(s.ID), before)
	}},
	{"a refused permit leaves no trace", func(k *kit) {
		s := k.created()
		rule := session.Rule{N: 1, Window: time.Hour}
		k.granted(k.permit("key", k.now, rule))
		c := k.heavy(s)
		c.Permits = append(c.Permits, k.permit("key", k.now, rule))
		k.refused(c, session.ErrLimited)
		k.granted(k.permit("heavy", k.now, rule))
	}},
	{"a change that is refused takes no permit", func(k *kit) {
		s := k.created()
		stale := s
		stale.Version = 5
		k.outcome(k.store.Apply(k.ctx, k.heavy(stale), k.heavy(s)), session.ErrConflict, nil)
	}},
	{"versions are judged before permits", func(k *kit) {
		s := k.created()
		rule := session.Rule{N: 1, Window: time.Hour}
		k.granted(k.permit("heavy", k.now, rule))
		stale := s
		stale.Version = 5
		k.refused(k.heavy(stale), session.ErrConflict)
		stale.Version = 0
		k.refused(k.heavy(stale), session.ErrExists)
		k.refused(k.heavy(s), session.ErrLimited)
	}},
	{"a refused change MUST NOT change the outcome of another in this call", func(k *kit) {
		a, b, c := k.created(), k.created(), k.created()
		stale := b
		stale.Version = 9
		bad := k.heavy(stale)
		taken := k.create()
		taken.Session.ID, taken.Events[0].Session, taken.Attempts[0].Session = c.ID, c.ID, c.ID
		before := k.kept(b.ID)
		errs := k.store.Apply(k.ctx, k.heavy(a), bad, taken, k.change(c))
		k.outcome(errs, nil, session.ErrConflict, session.ErrExists, nil)
		k.equal("the session of the refused change", k.kept(b.ID), before)
		k.equal("versions of the others", []int64{k.load(a.ID).Session.Version, k.load(c.ID).Session.Version}, []int64{2, 2})
		k.equal("attempts of the session whose id was taken", len(k.load(c.ID).Attempts), 1)
	}},
	{"a part whose id is there already is refused, never overwritten, and harms no other change", func(k *kit) {
		c := k.create()
		k.addMedia(&c)
		k.addDecision(&c, 1)
		k.addDelivery(&c, session.DeliveryDue, k.now)
		s := k.apply(c)
		before := k.kept(s.ID)
		for _, double := range []struct {
			part string
			set  func(n *session.Change)
		}{
			{"decision", func(n *session.Change) { k.addDecision(n, 2); n.Decisions[0].ID = c.Decisions[0].ID }},
			{"medium", func(n *session.Change) { k.addMedia(n); n.Media[0].ID = c.Media[0].ID; n.Media[0].Size++ }},
			{"event", func(n *session.Change) { n.Events[0].ID = c.Events[0].ID }},
			{"delivery", func(n *session.Change) { k.addDelivery(n, session.DeliveryDue, k.now).ID = c.Deliveries[0].ID }},
		} {
			bad, good := k.change(s), k.create()
			double.set(&bad)
			errs := k.store.Apply(k.ctx, bad, good)
			if len(errs) != 2 || errs[0] == nil || errs[1] != nil {
				k.Fatalf("a %s whose id is there: got %v, want an error and nil", double.part, errs)
			}
			k.equal("the session after a double "+double.part, k.kept(s.ID), before)
			k.load(good.Session.ID)
		}
	}},
}

// heavy is a change with all kinds of parts, a permit of one per hour under the key "heavy", and erasure.
func (k *kit) heavy(s session.Session) session.Change {
	c := k.change(s)
	c.Attempts = []session.Attempt{{ID: k.id(), Session: s.ID, N: 2, Status: session.StatusCreated, CreatedAt: k.now}}
	k.addDecision(&c, 1)
	k.addMedia(&c)
	k.addDelivery(&c, session.DeliveryHeld, k.in(time.Minute))
	c.Permits = []session.Permit{k.permit("heavy", k.now, session.Rule{N: 1, Window: time.Hour})}
	c.Withdraw, c.Erase = true, session.EraseMedia|session.EraseSealed
	return c
}
