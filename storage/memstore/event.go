package memstore

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// listedEvent says where a listed event is. They are in the order of their ids, which two sessions may both have.
type listedEvent struct {
	id, session uuid.UUID
	seq         int64
}

func (e listedEvent) compare(o listedEvent) int {
	return cmp.Or(compareIDs(e.id, o.id), compareIDs(e.session, o.session))
}

// happen adds an event to the session and to its chain.
func (s *Store) happen(r *row, e session.Event) {
	r.Session.Seq++
	e.Seq = r.Session.Seq
	e.Hash = session.Chain(r.Session.Head, e)
	r.Session.Head = e.Hash
	r.Events = append(r.Events, e)
	if !e.Listed {
		return
	}
	at := shelf{r.Session.Tenant, r.Session.Sandbox}
	if _, ok := s.listed[at]; !ok {
		s.listed[at] = newIndex[session.EventKind](listedEvent.compare)
	}
	s.listed[at].add(e.Kind, listedEvent{e.ID, r.Session.ID, e.Seq})
}

// Events lists the listed events. Those of each kind are kept in order, so that it looks at no more than it gives;
// asked for one session it looks only at that session's.
func (s *Store) Events(ctx context.Context, q session.EventQuery) ([]session.Event, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out []session.Event
	for _, l := range page(s.listedFor(q), func(l listedEvent) uuid.UUID { return l.id }, q.From, 0, q.N) {
		out = append(out, s.sessions[l.session].Events[l.seq-1])
	}
	return copyEvents(out), nil
}

// listedFor lists the events that a query is for, newest first.
func (s *Store) listedFor(q session.EventQuery) iter.Seq[listedEvent] {
	at := shelf{q.Tenant, q.Sandbox}
	wanted := func(kind session.EventKind) bool { return len(q.Kinds) == 0 || slices.Contains(q.Kinds, kind) }
	if q.Session == uuid.Nil {
		return newest(s.listed[at].where(wanted), listedEvent{id: q.After}, q.After == uuid.Nil)
	}
	var found []listedEvent
	if r := s.sessions[q.Session]; r != nil && at == (shelf{r.Session.Tenant, r.Session.Sandbox}) {
		for i := range r.Events {
			e := &r.Events[i]
			if e.Listed && wanted(e.Kind) && (q.After == uuid.Nil || compareIDs(e.ID, q.After) < 0) {
				found = append(found, listedEvent{e.ID, q.Session, e.Seq})
			}
		}
	}
	slices.SortFunc(found, func(a, b listedEvent) int { return b.compare(a) })
	return slices.Values(found)
}
