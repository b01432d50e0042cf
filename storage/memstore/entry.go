package memstore

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// expiredAtOnce is how many expired entries are removed when one is added that will expire: more than one, so that
// they become fewer.
const expiredAtOnce = 10

// entries is what tenants have beside their sessions.
type entries struct {
	byID     map[uuid.UUID]*session.Entry
	byName   map[entryName]*session.Entry
	kinds    index[entryShelf, uuid.UUID]
	sessions index[uuid.UUID, uuid.UUID] // by the session whose they are
	alarms   *ordered[alarm]             // when they expire
}

// entryShelf is what a list of entries shows at most.
type entryShelf struct {
	shelf
	kind session.EntryKind
}

type entryName struct {
	entryShelf
	name string
}

func newEntries() entries {
	return entries{
		byID:     map[uuid.UUID]*session.Entry{},
		byName:   map[entryName]*session.Entry{},
		kinds:    newIndex[entryShelf](compareIDs),
		sessions: newIndex[uuid.UUID](compareIDs),
		alarms:   newOrdered(alarm.compare),
	}
}

func shelfOf(e *session.Entry) entryShelf { return entryShelf{shelf{e.Tenant, e.Sandbox}, e.Kind} }

func nameOf(e *session.Entry) entryName { return entryName{shelfOf(e), e.Name} }

// expired reports whether the entry is not there at a time.
func expired(e *session.Entry, at time.Time) bool {
	return !e.ExpiresAt.IsZero() && !e.ExpiresAt.After(at)
}

// judge refuses entries of one change that cannot all be written over what was there before it.
func (es *entries) judge(added []session.Entry) error {
	for i := range added {
		e := &added[i]
		twice := slices.ContainsFunc(added[:i], func(o session.Entry) bool {
			return o.ID == e.ID || e.Name != "" && nameOf(&o) == nameOf(e)
		})
		if twice || es.clashes(e) {
			return session.ErrConflict
		}
	}
	return nil
}

// clashes reports whether an entry is not the next version of what is there, or its name is another's.
func (es *entries) clashes(e *session.Entry) bool {
	at := e.UpdatedAt
	if e.Version == 1 {
		at = e.CreatedAt
	}
	there := es.byID[e.ID]
	if there != nil && expired(there, at) {
		there = nil
	}
	if e.Version == 1 && there != nil ||
		e.Version != 1 && (there == nil || there.Version != e.Version-1 || shelfOf(there) != shelfOf(e)) {
		return true
	}
	named := es.byName[nameOf(e)]
	return named != nil && named.ID != e.ID && !expired(named, at)
}

// write adds and replaces entries that were judged. What expired under a name that is wanted gives way.
func (es *entries) write(added []session.Entry) {
	for i := range added {
		e := &added[i]
		es.remove(es.byID[e.ID])
		es.byID[e.ID] = e
		if e.Name != "" {
			es.remove(es.byName[nameOf(e)])
			es.byName[nameOf(e)] = e
		}
		es.kinds.add(shelfOf(e), e.ID)
		if e.Session != uuid.Nil {
			es.sessions.add(e.Session, e.ID)
		}
		if !e.ExpiresAt.IsZero() {
			es.alarms.add(alarmAt(e.ExpiresAt, e.ID))
		}
	}
	for i := range added {
		if e := &added[i]; e.Version == 1 && !e.ExpiresAt.IsZero() {
			es.expire(e.CreatedAt)
		}
	}
}

// expire removes some of those that have expired.
func (es *entries) expire(at time.Time) {
	for range expiredAtOnce {
		first, ok := es.alarms.first()
		if !ok || first.time().After(at) {
			return
		}
		es.remove(es.byID[first.id])
	}
}

// remove removes an entry; nil is none.
func (es *entries) remove(e *session.Entry) {
	if e == nil {
		return
	}
	delete(es.byID, e.ID)
	if es.byName[nameOf(e)] == e {
		delete(es.byName, nameOf(e))
	}
	es.kinds.remove(shelfOf(e), e.ID)
	es.sessions.remove(e.Session, e.ID)
	if !e.ExpiresAt.IsZero() {
		es.alarms.remove(alarmAt(e.ExpiresAt, e.ID))
	}
}

// erase takes the bodies of a session's entries.
func (es *entries) erase(sessionID uuid.UUID) {
	for id := range es.sessions.of(sessionID).ascend() {
		es.byID[id].Body = nil
	}
}

// Entries lists entries. Asked for an ID or a Name it looks only at that one, and asked for a session only at its.
func (s *Store) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	wanted := only(s.entries.candidates(q), func(e *session.Entry) bool {
		return shelfOf(e) == (entryShelf{shelf{q.Tenant, q.Sandbox}, q.Kind}) && !expired(e, q.At) &&
			(q.Name == "" || e.Name == q.Name) && (q.Session == uuid.Nil || e.Session == q.Session) &&
			(q.After == uuid.Nil || compareIDs(e.ID, q.After) < 0)
	})
	var out []session.Entry
	for _, e := range page(wanted, func(e *session.Entry) uuid.UUID { return e.ID }, uuid.Nil, 0, q.N) {
		out = append(out, copyEntry(*e))
	}
	return out, nil
}

// candidates lists what a query looks at, newest first.
func (es *entries) candidates(q session.EntryQuery) iter.Seq[*session.Entry] {
	at := entryShelf{shelf{q.Tenant, q.Sandbox}, q.Kind}
	set := es.kinds.of(at)
	switch {
	case q.ID != uuid.Nil:
		return ifThere(es.byID[q.ID])
	case q.Name != "":
		return ifThere(es.byName[entryName{at, q.Name}])
	case q.Session != uuid.Nil:
		set = es.sessions.of(q.Session)
	}
	return func(yield func(*session.Entry) bool) {
		for id := range set.descend(q.After, q.After == uuid.Nil) {
			if !yield(es.byID[id]) {
				return
			}
		}
	}
}

// ifThere lists one entry; nil is none.
func ifThere(e *session.Entry) iter.Seq[*session.Entry] {
	return func(yield func(*session.Entry) bool) {
		if e != nil {
			yield(e)
		}
	}
}
