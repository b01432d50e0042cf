package storetest

import (
	"errors"
	"time"

	"github.com/google/uuid"

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
	{"a change with any other part whose ID is there is ErrExists, leaves no trace and harms no other change", func(k *kit) {
		mine, theirs := k.withParts(), k.withParts()
		k.apply(mine, theirs)
		s := k.load(mine.Session.ID).Session
		for _, row := range []struct {
			part string
			set  func(c *session.Change)
		}{
			{"a decision of the session", func(c *session.Change) { c.Decisions[0].ID = mine.Decisions[0].ID }},
			{"a finding of the session", func(c *session.Change) { c.Findings[0].ID = mine.Findings[0].ID }},
			{"an event of the session", func(c *session.Change) { c.Events[0].ID = mine.Events[0].ID }},
			{"a medium of the session", func(c *session.Change) { c.Media[0].ID = mine.Media[0].ID }},
			{"a delivery of the session", func(c *session.Change) { c.Deliveries[0].ID = mine.Deliveries[0].ID }},
			{"an attempt of another", func(c *session.Change) { c.Attempts[0].ID = theirs.Attempts[0].ID }},
			{"a medium of another", func(c *session.Change) { c.Media[0].ID = theirs.Media[0].ID }},
			{"a delivery of another", func(c *session.Change) { c.Deliveries[0].ID = theirs.Deliveries[0].ID }},
		} {
			k.doubled(row.part, s, row.set, theirs.Session.ID)
		}
	}},
	{"a change with a part whose ID is there in another tenant's session is ErrExists", func(k *kit) {
		o := k.other()
		theirs := o.withParts()
		o.apply(theirs)
		s := k.created()
		k.doubled("an attempt", s, func(c *session.Change) { c.Attempts[0].ID = theirs.Attempts[0].ID })
		k.doubled("a medium", s, func(c *session.Change) { c.Media[0].ID = theirs.Media[0].ID })
		k.doubled("a delivery", s, func(c *session.Change) { c.Deliveries[0].ID = theirs.Deliveries[0].ID })
	}},
	{"a change that adds a part twice is ErrExists", func(k *kit) {
		s := k.created()
		k.doubled("a decision", s, func(c *session.Change) { k.addDecision(c, 8); c.Decisions[1].ID = c.Decisions[0].ID })
		k.doubled("a finding", s, func(c *session.Change) { k.addFinding(c); c.Findings[1].ID = c.Findings[0].ID })
		k.doubled("an event", s, func(c *session.Change) { k.addEvent(c, session.EventUploaded); c.Events[1].ID = c.Events[0].ID })
		k.doubled("a medium", s, func(c *session.Change) { k.addMedia(c); c.Media[1].ID = c.Media[0].ID })
		k.doubled("a delivery", s, func(c *session.Change) {
			k.addDelivery(c, session.DeliveryDue, k.now).ID = c.Deliveries[0].ID
		})
	}},
	{"decisions, findings and events may have an ID that is there in another session", func(k *kit) {
		theirs := k.withParts()
		k.apply(theirs)
		c := k.change(k.created())
		k.addDecision(&c, 1)
		k.addFinding(&c)
		c.Decisions[0].ID, c.Findings[0].ID, c.Events[0].ID = theirs.Decisions[0].ID, theirs.Findings[0].ID, theirs.Events[0].ID
		before := k.kept(theirs.Session.ID)
		k.apply(c)
		k.equal("parts", k.kept(c.Session.ID).count(), []int{1, 1, 0, 1, 2, 0})
		k.equal("the other session", k.kept(theirs.Session.ID), before)
	}},
	{"a part of a change that is refused is not there for the next, and takes no permit", func(k *kit) {
		theirs := k.withParts()
		k.apply(theirs)
		bad, next, last := k.withParts(), k.withParts(), k.withParts()
		bad.Deliveries[0].ID = theirs.Deliveries[0].ID
		next.Media[0].ID, next.Attempts[0].ID = bad.Media[0].ID, bad.Attempts[0].ID
		last.Media[0].ID = next.Media[0].ID
		once := []session.Permit{k.permit("key", k.now, session.Rule{N: 1, Window: time.Hour})}
		bad.Permits, next.Permits = once, once
		k.outcome(k.store.Apply(k.ctx, bad, next, last), session.ErrExists, nil, session.ErrExists)
		k.load(next.Session.ID)
		for _, c := range []session.Change{bad, last} {
			k.equal("what a refused creation left", k.kept(c.Session.ID), kept{})
		}
	}},
}

// withParts creates a session with a part of every kind.
func (k *kit) withParts() session.Change {
	c := k.create()
	k.addDecision(&c, 1)
	k.addMedia(&c)
	k.addFinding(&c)
	k.addDelivery(&c, session.DeliveryHeld, k.in(time.Minute))
	return c
}

// doubled gives a change of s with a part whose id set makes one that is there, between two that are good,
// and demands that only this one is refused, and that s and the others are as they were.
func (k *kit) doubled(part string, s session.Session, set func(c *session.Change), others ...uuid.UUID) {
	k.Helper()
	var before []kept
	for _, id := range append(others, s.ID) {
		before = append(before, k.kept(id))
	}
	once := k.permit("with "+part, k.now, session.Rule{N: 1, Window: time.Hour})
	first, bad, last := k.create(), k.heavy(s), k.create()
	bad.Erase, bad.Permits = session.EraseSealed, []session.Permit{once}
	set(&bad)
	if errs := k.store.Apply(k.ctx, bad); len(errs) != 1 || !errors.Is(errs[0], session.ErrExists) {
		k.Fatalf("%s whose id is there: got %v, want %v", part, errs, session.ErrExists)
	}
	errs := k.store.Apply(k.ctx, first, bad, last)
	if len(errs) != 3 || errs[0] != nil || !errors.Is(errs[1], session.ErrExists) || errs[2] != nil {
		k.Fatalf("%s whose id is there: got %v, want %v for the second change alone", part, errs, session.ErrExists)
	}
	for i, id := range append(others, s.ID) {
		k.equal("a session after "+part+" whose id is there", k.kept(id), before[i])
	}
	k.load(first.Session.ID)
	k.load(last.Session.ID)
	k.granted(once)
}

// heavy is a change with all kinds of parts, an entry of the session, a permit of one per hour under the key "heavy", and erasure.
func (k *kit) heavy(s session.Session) session.Change {
	c := k.change(s)
	c.Attempts = []session.Attempt{{ID: k.id(), Session: s.ID, N: 2, Status: session.StatusCreated, CreatedAt: k.now}}
	k.addDecision(&c, 1)
	k.addMedia(&c)
	k.addFinding(&c)
	k.addDelivery(&c, session.DeliveryHeld, k.in(time.Minute))
	e := k.entry(c.ID.String())
	e.Session = s.ID
	c.Entries = []session.Entry{e}
	c.Permits = []session.Permit{k.permit("heavy", k.now, session.Rule{N: 1, Window: time.Hour})}
	c.Withdraw, c.Erase = true, session.EraseMedia|session.EraseSealed
	return c
}
