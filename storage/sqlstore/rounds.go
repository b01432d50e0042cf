package sqlstore

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// set is the rows of a round, by how they are written.
type set [writings]rowset

// event names an event of a session.
type event struct{ session, id uuid.UUID }

// round is what the changes that are written together have in them.
type round struct {
	changes []accepted
	keys    map[any]bool
	alone   bool // its one change cannot be written by arrays
	adds    bool // something that a change of another session may take away
}

// rounds splits what passed into rounds, which are written one after another. Within each nobody can tell whether its
// changes were written one after another, or all that they take away first and then all that they add; and no row is
// written twice, as one statement cannot.
func rounds(passed []accepted) (out []*round) {
	var r *round
	for _, a := range passed {
		keys := a.keys()
		if r == nil || !r.takes(a, keys) {
			r = &round{keys: map[any]bool{}}
			out = append(out, r)
		}
		r.changes = append(r.changes, a)
		r.adds = r.adds || len(a.Media) > 0 || len(a.entries) > 0
		r.alone = repeats(a)
		for _, key := range keys {
			r.keys[key] = true
		}
	}
	return out
}

func (r *round) takes(a accepted, keys []any) bool {
	return !r.alone && !repeats(a) && !(r.adds && removes(a.Change)) &&
		!slices.ContainsFunc(keys, func(key any) bool { return r.keys[key] })
}

// What a round has once, beside the names of entries.
type (
	sessionKey uuid.UUID
	attemptKey uuid.UUID
	entryKey   uuid.UUID
)

// keys are what a change writes or makes room for.
func (a accepted) keys() (keys []any) {
	if a.Session.ID != uuid.Nil {
		keys = append(keys, sessionKey(a.Session.ID))
		for i := range a.Attempts {
			keys = append(keys, attemptKey(a.Attempts[i].ID))
		}
	}
	for _, s := range a.entries {
		keys = append(keys, entryKey(s.ID))
		if s.Name != "" {
			keys = append(keys, nameOf(s.Entry))
		}
		for _, id := range s.gone {
			keys = append(keys, entryKey(id))
		}
	}
	return keys
}

// removes reports whether the change removes media or entries' bodies, as it may those that others have added.
func removes(c *session.Change) bool { return c.Erase != 0 || len(c.Replaced) > 0 }

// repeats reports whether a change writes one attempt twice, as one statement cannot.
func repeats(a accepted) bool {
	for i := range a.Attempts {
		if slices.ContainsFunc(a.Attempts[:i], func(p session.Attempt) bool { return p.ID == a.Attempts[i].ID }) {
			return true
		}
	}
	return false
}

// writeSets is writeAll and writeRest by few statements. When an id or a name is taken, and there are several changes,
// it can not tell whose it was, and answers -1.
func (b *batch) writeSets(passed []accepted) (index int, err error) {
	all := rounds(passed)
	for i, r := range all {
		write := b.writeRound
		if r.alone {
			write = b.writeAlone
		}
		if err = write(r.changes, i == len(all)-1); err != nil {
			break
		}
	}
	if err == nil {
		err = b.dropExpired(passed)
	}
	if len(passed) > 1 {
		return -1, err
	}
	return passed[0].index, err
}

// writeAlone writes a round row by row.
func (b *batch) writeAlone(changes []accepted, last bool) error {
	b.set, b.events = nil, nil
	_, err := b.writeAll(changes)
	b.set = &set{}
	if err == nil && last {
		err = b.writeJoint(&joint{dialect: b.dialect}, true)
	}
	return err
}

func (b *batch) writeRound(changes []accepted, last bool) error {
	if err := b.takeAwayAll(changes); err != nil {
		return err
	}
	if err := b.removeEntries(changes...); err != nil {
		return err
	}
	if err := b.findEvents(changes); err != nil {
		return err
	}
	if err := b.collect(changes); err != nil {
		return err
	}
	return b.writeJoint(b.joint(), last)
}

// collect has the rows of the changes wait in the set.
func (b *batch) collect(changes []accepted) error {
	b.set = &set{}
	for _, a := range changes {
		if err := b.writeRows(a); err != nil {
			return err
		}
	}
	return nil
}

// takeAwayAll takes away what the changes of a round do, by one statement for all of each kind.
func (b *batch) takeAwayAll(changes []accepted) error {
	for _, r := range b.queries.removals() {
		var ids []uuid.UUID
		for _, a := range changes {
			if a.Session.ID != uuid.Nil && r.due(a.Change) {
				ids = append(ids, a.Session.ID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		if err := b.exec(ofAll(r.statement), b.dialect.arg(bytesOf(ids))); err != nil {
			return err
		}
	}
	for _, a := range changes {
		if a.Session.ID == uuid.Nil {
			continue
		}
		if err := b.removeReplaced(a.Change); err != nil {
			return err
		}
	}
	return nil
}

// findEvents looks for the older events that deliveries name.
func (b *batch) findEvents(changes []accepted) error {
	b.events = map[event]int64{}
	var asked rowset
	for _, a := range changes {
		for i := range a.Deliveries {
			if d := &a.Deliveries[i]; a.Session.ID != uuid.Nil && !a.has(d.Event) {
				asked.add(idOf(a.Session.ID), idOf(d.Event))
			}
		}
	}
	if asked.n == 0 {
		return nil
	}
	type numbered struct {
		event
		seq int64
	}
	found, err := gathered(b, func(n *numbered) []any {
		return []any{(*ident)(&n.session), (*ident)(&n.id), &n.seq}
	}, b.queries.all.eventSeqs, &asked)
	for _, n := range found {
		b.events[n.event] = n.seq
	}
	return err
}

// has reports whether an event is one of the change's own.
func (a accepted) has(id uuid.UUID) bool {
	return slices.ContainsFunc(a.events, func(e session.Event) bool { return e.ID == id })
}

// writeJoint writes the rows that wait, and with the last round the permits, by one statement, which says how many
// rows it wrote of each kind.
func (b *batch) writeJoint(j *joint, last bool) error {
	var kinds []writing
	for k := range b.set {
		rows := &b.set[k]
		if rows.n == 0 {
			continue
		}
		q := b.queries.rows[k]
		j.with(cte(writing(k)), q.statement+q.always+" RETURNING 1", rows)
		kinds = append(kinds, writing(k))
	}
	if last {
		b.joinPermits(j, "")
	}
	if j.text.Len() == 0 {
		return nil
	}
	j.add(" SELECT 0")
	for _, k := range kinds {
		j.add(", (SELECT count(*) FROM " + cte(k) + ")")
	}
	written, _, err := one(b.ctx, b.conn, func(n *[writings + 1]int) []any {
		fields := []any{&n[writings]}
		for _, k := range kinds {
			fields = append(fields, &n[k])
		}
		return fields
	}, j.query(), j.args...)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		if written[k] == b.set[k].n {
			continue
		}
		if k >= addEntry {
			return errEntryTaken
		}
		return errTaken
	}
	return nil
}

func cte(k writing) string { return "w" + strconv.Itoa(int(k)) }
