package sqlstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// expiredAtOnce is how many expired entries are removed for one that is added and will expire: more than one, so
// that they become fewer.
const expiredAtOnce = 10

// entryName is what only one entry has. Without text it is nobody's, and tells only where an entry is.
type entryName struct {
	tenant  uuid.UUID
	sandbox bool
	kind    session.EntryKind
	text    string
}

func nameOf(e *session.Entry) entryName { return entryName{e.Tenant, e.Sandbox, e.Kind, e.Name} }

// place is the name without its text.
func (n entryName) place() entryName {
	n.text = ""
	return n
}

// entryHead is what a change of an entry is judged by.
type entryHead struct {
	id      uuid.UUID
	name    entryName
	version int64
	expires time.Time
}

func entryHeadFields(h *entryHead) []any {
	return []any{
		(*ident)(&h.id), (*ident)(&h.name.tenant), (*flag)(&h.name.sandbox), &h.name.kind, (*label)(&h.name.text),
		&h.version, (*stamp)(&h.expires),
	}
}

// expired reports whether the entry is not there any more at a time.
func (h *entryHead) expired(at time.Time) bool { return !h.expires.IsZero() && !h.expires.After(at) }

// entryStep is an entry that will be written, and what is removed before.
type entryStep struct {
	*session.Entry
	gone []uuid.UUID // expired, or the same entry under another name
	add  bool        // else the row is there
}

// entryHeads are all entries that have an id or a name of the batch's.
type entryHeads struct {
	byID   map[uuid.UUID]*entryHead
	byName map[entryName]*entryHead
}

// loadEntries reads what the changes' entries are judged by, and locks it, in the order of their ids.
func (b *batch) loadEntries(changes []session.Change) error {
	asked := entriesOf(changes)
	if len(asked) == 0 {
		return nil
	}
	b.entries = entryHeads{map[uuid.UUID]*entryHead{}, map[entryName]*entryHead{}}
	find := b.findEntries
	if b.sets {
		find = b.findAllEntries
	}
	found, err := find(asked)
	for i := range found {
		b.entries.put(&found[i])
	}
	return err
}

func entriesOf(changes []session.Change) (all []*session.Entry) {
	for i := range changes {
		for j := range changes[i].Entries {
			all = append(all, &changes[i].Entries[j])
		}
	}
	return all
}

// findEntries finds them one by one.
func (b *batch) findEntries(asked []*session.Entry) (all []entryHead, err error) {
	slices.SortStableFunc(asked, func(a, b *session.Entry) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for _, e := range asked {
		query, args := b.queries.entryByID, []any{idOf(e.ID)}
		if e.Name != "" {
			query = b.queries.entryByIDOrName
			args = append(args, idOf(e.Tenant), flagOf(e.Sandbox), e.Kind, e.Name)
		}
		found, err := rows(b.ctx, b.conn, entryHeadFields, query, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (b *batch) findAllEntries(asked []*session.Entry) ([]entryHead, error) {
	ids, names := idsAndNames(asked)
	return gathered(b, entryHeadFields, b.queries.all.entries, ids, names)
}

// idsAndNames are what entries are looked for by. Nothing has the name that is NULL.
func idsAndNames(asked []*session.Entry) (ids, names *rowset) {
	ids, names = &rowset{}, &rowset{}
	for _, e := range asked {
		ids.add(idOf(e.ID))
		names.add(idOf(e.Tenant), flagOf(e.Sandbox), &e.Kind, (*label)(&e.Name))
	}
	return ids, names
}

func (k entryHeads) put(h *entryHead) {
	k.byID[h.id] = h
	if h.name.text != "" {
		k.byName[h.name] = h
	}
}

func (k entryHeads) remove(id uuid.UUID) {
	if h := k.byID[id]; h != nil {
		delete(k.byID, id)
		delete(k.byName, h.name)
	}
}

// judge says how one change's entries are written over what was there before the change, or refuses them.
func (k entryHeads) judge(entries []session.Entry) ([]entryStep, error) {
	steps := make([]entryStep, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		twice := slices.ContainsFunc(entries[:i], func(o session.Entry) bool {
			return o.ID == e.ID || e.Name != "" && nameOf(&o) == nameOf(e)
		})
		step, ok := k.step(e)
		if twice || !ok {
			return nil, session.ErrConflict
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// step says how one entry is written. What has expired by then is not there, and gives way.
func (k entryHeads) step(e *session.Entry) (step entryStep, ok bool) {
	step = entryStep{Entry: e, add: true}
	at := e.UpdatedAt
	if e.Version == 1 {
		at = e.CreatedAt
	}
	old, holder := k.byID[e.ID], k.byName[nameOf(e)]
	there := old != nil && !old.expired(at)
	switch {
	case e.Version == 1 && there:
		return step, false
	case e.Version != 1 && (!there || old.version != e.Version-1 || old.name.place() != nameOf(e).place()):
		return step, false
	case there && old.name.text == e.Name:
		step.add = false
		return step, true
	case old != nil:
		step.gone = append(step.gone, old.id)
	}
	if holder != nil && holder != old {
		step.gone = append(step.gone, holder.id)
		return step, holder.expired(at)
	}
	return step, true
}

// keep has the next changes judged as if these steps were written.
func (k entryHeads) keep(steps []entryStep) {
	for _, s := range steps {
		for _, id := range s.gone {
			k.remove(id)
		}
	}
	for _, s := range steps {
		k.put(&entryHead{s.ID, nameOf(s.Entry), s.Version, s.ExpiresAt})
	}
}

// errEntryTaken is errTaken for the id or the name of an entry.
var errEntryTaken = fmt.Errorf("%w by an entry", errTaken)

// removeEntries removes what gives way to the entries of changes.
func (b *batch) removeEntries(changes ...accepted) error {
	for _, a := range changes {
		for _, s := range a.entries {
			for _, id := range s.gone {
				if err := b.exec(b.queries.removeEntry, idOf(id)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// writeEntries writes the entries of one change, after all that gives way to them.
func (b *batch) writeEntries(a accepted) error {
	for _, s := range a.entries {
		k, fields := addEntry, append(entryFields(s.Entry), idOf(a.ID))
		if !s.add { // its name and place stay
			k, fields = stepEntry, append(fields[5:], fields[0])
		}
		if err := b.add(k, fields...); errors.Is(err, errTaken) {
			return errEntryTaken
		} else if err != nil {
			return err
		}
	}
	return nil
}

// dropExpired removes some of the entries that have expired, where entries were added that will expire too.
func (b *batch) dropExpired(passed []accepted) error {
	n, at := willExpire(passed)
	if n == 0 {
		return nil
	}
	return b.exec(b.queries.dropExpired, timeOf(at), n)
}

// willExpire says how many entries may be removed for those that are added and will expire, and at what time those have
// to have expired.
func willExpire(passed []accepted) (n int, at time.Time) {
	for _, a := range passed {
		for _, s := range a.entries {
			if s.Version != 1 || s.ExpiresAt.IsZero() {
				continue
			}
			if n += expiredAtOnce; s.CreatedAt.After(at) {
				at = s.CreatedAt
			}
		}
	}
	return n, at
}
