package memstore

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// apply judges a change, which is the store's own copy, and then writes it; nothing can fail after the
// first write.
func (s *Store) apply(c session.Change) error {
	ofSession := c.Session.ID != uuid.Nil
	r := s.sessions[c.Session.ID]
	if ofSession {
		if err := s.judge(r, &c); err != nil {
			return err
		}
	}
	if err := s.entries.judge(c.Entries); err != nil {
		return err
	}
	if err := s.take(c.Permits); err != nil {
		return err
	}
	if ofSession {
		s.change(r, &c)
	}
	s.entries.write(c.Entries)
	return nil
}

// change changes the session, or makes it when it is nil.
func (s *Store) change(r *row, c *session.Change) {
	if r == nil {
		r = &row{}
		s.sessions[c.Session.ID] = r
	} else {
		s.hide(r)
	}
	s.remove(r, c.Withdraw, c.Erase)
	s.removeMedia(r, c)
	s.write(r, c)
	s.show(r)
}

func (s *Store) judge(r *row, c *session.Change) error {
	switch {
	case c.Base == 0 && r != nil:
		return session.ErrExists
	case c.Base == 0:
		r = &row{}
	case r == nil || r.Session.Tenant != c.Session.Tenant:
		return session.ErrNotFound
	case r.Session.Version != c.Base:
		return session.ErrConflict
	}
	if s.taken(r, c) {
		return session.ErrExists
	}
	return nil
}

// taken reports whether the change adds a part whose id is there already.
func (s *Store) taken(r *row, c *session.Change) bool {
	for _, a := range c.Attempts {
		if owner := s.attempts[a.ID]; owner != nil && owner != r {
			return true
		}
	}
	for i, m := range c.Media {
		owner := s.media[m.ID]
		erased := owner == r && removes(c, m.ID)
		if owner != nil && !erased || slices.ContainsFunc(c.Media[:i], func(o session.Media) bool { return o.ID == m.ID }) {
			return true
		}
	}
	for i, d := range c.Deliveries {
		if s.log[d.ID] != nil || slices.ContainsFunc(c.Deliveries[:i], func(o session.Delivery) bool { return o.ID == d.ID }) {
			return true
		}
	}
	return twice(r.Decisions, c.Decisions, func(d *session.Decision) uuid.UUID { return d.ID }) ||
		twice(r.Findings, c.Findings, func(f *session.Finding) uuid.UUID { return f.ID }) ||
		twice(r.Events, c.Events, func(e *session.Event) uuid.UUID { return e.ID })
}

// twice reports whether one of the added has the id of one that is there, or of another that is added.
func twice[T any](there, added []T, id func(*T) uuid.UUID) bool {
	for i := range added {
		if has(there, id(&added[i]), id) || has(added[:i], id(&added[i]), id) {
			return true
		}
	}
	return false
}

// has looks without copying what it looks at: a session can have many events.
func has[T any](list []T, wanted uuid.UUID, id func(*T) uuid.UUID) bool {
	for i := range list {
		if id(&list[i]) == wanted {
			return true
		}
	}
	return false
}

// remove withdraws and erases what the session has.
func (s *Store) remove(r *row, withdraw bool, erase session.Erase) {
	for _, d := range r.deliveries {
		s.pending.remove(d)
		if withdraw && d.State == session.DeliveryHeld {
			d.State, d.DueAt, d.Body = session.DeliveryWithdrawn, time.Time{}, nil
		}
		if erase&session.EraseSealed != 0 && d.Personal {
			d.Body = nil
			if d.State.Pending() {
				d.State, d.DueAt = session.DeliveryErased, time.Time{}
			}
		}
		s.pending.add(d)
	}
	if erase&session.EraseSealed != 0 {
		for i := range r.Decisions {
			r.Decisions[i].Sealed = nil
		}
		for i := range r.Media {
			r.Media[i].Sealed = nil
		}
		for i := range r.Findings {
			r.Findings[i].Sealed = nil
		}
		s.entries.erase(r.Session.ID)
	}
}

func (s *Store) removeMedia(r *row, c *session.Change) {
	r.Media = slices.DeleteFunc(r.Media, func(m session.Media) bool {
		if !removes(c, m.ID) {
			return false
		}
		delete(s.media, m.ID)
		if s.blobs[m.Blob]--; s.blobs[m.Blob] == 0 {
			delete(s.blobs, m.Blob)
		}
		return true
	})
}

// removes reports whether the change takes a medium of its session away.
func removes(c *session.Change, id uuid.UUID) bool {
	return c.Erase&session.EraseMedia != 0 || slices.Contains(c.Replaced, id)
}

// write writes the session and adds the parts.
func (s *Store) write(r *row, c *session.Change) {
	was := r.Session
	if !c.Keep {
		r.Session = c.Session
		r.Session.Version = c.Base + 1
	}
	r.Session.ActiveAt = c.Session.ActiveAt
	if was.ActiveAt.After(c.Session.ActiveAt) {
		r.Session.ActiveAt = was.ActiveAt
	}
	r.Session.Seq, r.Session.Head = was.Seq, was.Head
	for _, e := range c.Events {
		s.happen(r, e)
	}
	for _, a := range c.Attempts {
		r.Attempts = slices.DeleteFunc(r.Attempts, func(o session.Attempt) bool { return o.ID == a.ID })
		r.Attempts = insert(r.Attempts, a, func(a, b session.Attempt) int { return cmp.Compare(a.N, b.N) })
		s.attempts[a.ID] = r
	}
	for _, d := range c.Decisions {
		r.Decisions = insert(r.Decisions, d, func(a, b session.Decision) int { return cmp.Compare(a.N, b.N) })
	}
	for _, m := range c.Media {
		r.Media = insert(r.Media, m, func(a, b session.Media) int { return compareIDs(a.ID, b.ID) })
		s.media[m.ID] = r
		s.blobs[m.Blob]++
	}
	for _, f := range c.Findings {
		r.Findings = insert(r.Findings, f, func(a, b session.Finding) int { return compareIDs(a.ID, b.ID) })
	}
	for _, d := range c.Deliveries {
		s.deliver(r, d)
	}
}

// insert puts an element behind those that are not larger. Most are the largest so far.
func insert[T any](list []T, v T, compare func(a, b T) int) []T {
	i := len(list)
	for i > 0 && compare(list[i-1], v) > 0 {
		i--
	}
	return slices.Insert(list, i, v)
}

// deliver adds a delivery of one of the session's events.
func (s *Store) deliver(r *row, d session.Delivery) {
	for _, e := range slices.Backward(r.Events) {
		if e.ID == d.Event {
			d.Seq = e.Seq
			break
		}
	}
	r.deliveries = append(r.deliveries, &d)
	s.log[d.ID] = &d
	s.pending.add(&d)
	at := shelf{d.Tenant, d.Sandbox}
	ids := s.logs[at]
	if ids == nil {
		ids = newOrdered(compareIDs)
		s.logs[at] = ids
	}
	ids.add(d.ID)
}

// hide takes a session out of the lists and alarms, before it is changed.
func (s *Store) hide(r *row) {
	if !r.Session.DueAt.IsZero() {
		s.alarms.remove(alarmAt(r.Session.DueAt, r.Session.ID))
	}
	if r.Session.DeletedAt.IsZero() {
		at := shelf{r.Session.Tenant, r.Session.Sandbox}
		s.shelves[at].remove(labelOf(r), r.Session.ID)
		s.refs.remove(refShelf{at, r.Session.Ref}, r.Session.ID)
	}
}

// show puts a session into the lists and alarms.
func (s *Store) show(r *row) {
	if !r.Session.DueAt.IsZero() {
		s.alarms.add(alarmAt(r.Session.DueAt, r.Session.ID))
	}
	if !r.Session.DeletedAt.IsZero() {
		return
	}
	at := shelf{r.Session.Tenant, r.Session.Sandbox}
	if _, ok := s.shelves[at]; !ok {
		s.shelves[at] = newIndex[label](compareIDs)
	}
	s.shelves[at].add(labelOf(r), r.Session.ID)
	if r.Session.Ref != (session.BlindIndex{}) {
		s.refs.add(refShelf{at, r.Session.Ref}, r.Session.ID)
	}
}

func labelOf(r *row) label { return label{r.Session.Integration, r.Session.Status} }
