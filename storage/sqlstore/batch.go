package sqlstore

import (
	"bytes"
	"context"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// accepted is a change that will be written, and what the store adds to it.
type accepted struct {
	*session.Change
	index   int             // of the change in its transaction
	after   head            // the session's after the change
	stays   bool            // in its place
	same    bool            // what is sealed in it
	events  []session.Event // as they will be
	entries []entryStep
	made    *creation // ahead, with its rows; nil: nothing was
}

// batch is the changes of one transaction.
type batch struct {
	*Store
	ctx     context.Context
	conn    Conn
	heads   map[uuid.UUID]*head
	entries entryHeads
	permits map[string]*permitLog
	trusts  bool        // that nobody has the id of a new session, until its row is added
	made    []*creation // for each change what was made ahead; nil: nothing was
	making  *creation   // rows are made for it; nil: they are written

	set    *set            // rows wait in it to be written together; nil: each is written at once
	events map[event]int64 // the numbers of older events; nil: they are looked for one by one
}

// newBatch begins with sessions that are read and locked already.
func (s *Store) newBatch(ctx context.Context, c Conn, locked []session.Session) *batch {
	b := &batch{Store: s, ctx: ctx, conn: c, heads: map[uuid.UUID]*head{}}
	for i := range locked {
		row := &locked[i]
		b.heads[row.ID] = &head{placeOf(row), true, row.Version, row.Seq, row.Head, row.ActiveAt, &row.Sealed}
	}
	return b
}

// load reads all that the changes are judged by, and locks it where the dialect has such locks: always in
// the same order, so that no two transactions wait for each other.
func (b *batch) load(changes []session.Change) error {
	if err := b.loadPermits(changes); err != nil {
		return err
	}
	var ids, fresh []uuid.UUID
	for i := range changes {
		switch id := changes[i].Session.ID; {
		case id == uuid.Nil || b.heads[id] != nil:
		case b.trusts && changes[i].Base == 0:
			fresh = append(fresh, id)
		default:
			ids = append(ids, id)
		}
	}
	find := b.findHeads
	if b.sets && len(ids) > 0 {
		find = b.findAllHeads
	}
	if err := find(ids); err != nil {
		return err
	}
	for _, id := range fresh {
		if b.heads[id] == nil {
			b.heads[id] = &head{}
		}
	}
	return b.loadEntries(changes)
}

// judgeAll answers a refusal for each change, and which of them passed. Those in taken are refused as it says.
func (b *batch) judgeAll(changes []session.Change, taken map[int]error) (errs []error, passed []accepted) {
	errs, passed = make([]error, len(changes)), make([]accepted, 0, len(changes))
	for i := range changes {
		if taken[i] != nil {
			errs[i] = taken[i]
		} else if a, err := b.judge(&changes[i], i); err != nil {
			errs[i] = err
		} else {
			passed = append(passed, a)
		}
	}
	return errs, passed
}

// judge accepts a change, and from then on the next ones are judged as if it were written.
func (b *batch) judge(c *session.Change, index int) (accepted, error) {
	h := b.heads[c.Session.ID] // nil when it is of no session
	if h != nil {
		if err := h.refuse(c); err != nil {
			return accepted{}, err
		}
	}
	entries, err := b.entries.judge(c.Entries)
	if err != nil {
		return accepted{}, err
	}
	if err := b.takeAll(c.Permits); err != nil {
		return accepted{}, err
	}
	b.entries.keep(entries)
	a := accepted{Change: c, index: index, entries: entries}
	if b.made != nil {
		a.made = b.made[index]
	}
	switch {
	case a.made != nil:
		*h, a.events, a.after = a.made.after, a.made.events, a.made.after
	case h != nil:
		a.stays = h.place == placeOf(&c.Session)
		a.same = h.sealed != nil && equal(*h.sealed, c.Session.Sealed)
		a.events = h.change(c)
		a.after = *h
	}
	return a, nil
}

// equal reports whether bytes are the same, and so is whether there are any.
func equal(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }

// writeAll writes what passed. When an id or a name is taken, it answers errTaken and the index of the change.
func (b *batch) writeAll(passed []accepted) (index int, err error) {
	if b.set != nil {
		return b.writeSets(passed)
	}
	for _, a := range passed {
		if err := b.write(a); err != nil {
			return a.index, err
		}
	}
	return 0, nil
}

// writeRest writes what no change is refused for.
func (b *batch) writeRest(passed []accepted) error {
	if b.set != nil {
		return nil // it was written with the last of them
	}
	if err := b.writePermits(); err != nil {
		return err
	}
	return b.dropExpired(passed)
}

// undoable is writeAll, but when an id is taken, what it wrote is undone.
func (b *batch) undoable(passed []accepted) (index int, err error) {
	err = undoable(b.ctx, b.conn, func() (err error) {
		index, err = b.writeAll(passed)
		return err
	})
	return index, err
}

// write writes one change, what it takes away first.
func (b *batch) write(a accepted) error {
	if a.Session.ID != uuid.Nil {
		if err := b.takeAway(a.Change); err != nil {
			return err
		}
	}
	if err := b.removeEntries(a); err != nil {
		return err
	}
	return b.writeRows(a)
}

// writeRows writes the rows of a change, after all that gives way to them.
func (b *batch) writeRows(a accepted) error {
	switch {
	case a.made != nil:
		if err := b.writeMade(a.made); err != nil {
			return err
		}
	case a.Session.ID != uuid.Nil:
		if err := b.writeSession(a); err != nil {
			return err
		}
		if err := b.writeParts(a); err != nil {
			return err
		}
	}
	return b.writeEntries(a)
}

// removal is a statement that takes away from a session, for those changes that ask for it.
type removal struct {
	statement string
	due       func(*session.Change) bool
}

func (q *changeQueries) removals() []removal {
	withdraws := func(c *session.Change) bool { return c.Withdraw }
	seals := func(c *session.Change) bool { return c.Erase&session.EraseSealed != 0 }
	media := func(c *session.Change) bool { return c.Erase&session.EraseMedia != 0 }
	return []removal{
		{q.withdraw, withdraws}, {q.eraseDecisions, seals}, {q.eraseMedia, seals}, {q.eraseFindings, seals},
		{q.eraseDeliveries, seals}, {q.eraseEntries, seals}, {q.removeMedia, media},
	}
}

func (b *batch) takeAway(c *session.Change) error {
	for _, r := range b.queries.removals() {
		if !r.due(c) {
			continue
		}
		if err := b.exec(r.statement, idOf(c.Session.ID)); err != nil {
			return err
		}
	}
	return b.removeReplaced(c)
}

func (b *batch) removeReplaced(c *session.Change) error {
	for _, id := range c.Replaced {
		if err := b.exec(b.queries.replaceMedium, idOf(c.Session.ID), idOf(id)); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeSession(a accepted) error {
	row := a.Session
	row.Version, row.Seq, row.Head, row.ActiveAt = a.after.version, a.after.seq, a.after.hash, a.after.active
	fields := sessionFields(&row)
	last := len(fields) - 1
	switch {
	case a.Base == 0:
		return b.add(addSession, fields...)
	case a.Keep:
		return b.change(keepSession, &row.Seq, (*digest)(&row.Head), timeOf(row.ActiveAt), idOf(row.ID))
	case a.stays && a.same: // after the id and the columns of its place
		return b.change(stepSealedAside, append(fields[6:last:last], fields[0])...)
	case a.stays:
		return b.change(stepSession, append(fields[6:], fields[0])...)
	}
	return b.change(moveSession, append(fields[1:], fields[0])...)
}

// writeParts adds the parts. They belong to the session, whatever stands in them.
func (b *batch) writeParts(a accepted) error {
	id := a.Session.ID
	for _, p := range a.Attempts {
		p.Session = id
		if err := b.add(putAttempt, attemptFields(&p)...); err != nil {
			return err
		}
	}
	for _, p := range a.Decisions {
		p.Session = id
		if err := b.add(addDecision, decisionFields(&p)...); err != nil {
			return err
		}
	}
	for _, p := range a.Media {
		p.Session = id
		if err := b.add(addMedia, mediaFields(&p)...); err != nil {
			return err
		}
	}
	for _, p := range a.Findings {
		p.Session = id
		if err := b.add(addFinding, findingFields(&p)...); err != nil {
			return err
		}
	}
	for i := range a.events {
		p := &a.events[i]
		var list []byte
		if p.Listed {
			list = listOf(a.after.tenant, a.after.sandbox)
		}
		if err := b.add(addEvent, append(eventFields(p), list)...); err != nil {
			return err
		}
	}
	for _, p := range a.Deliveries {
		var err error
		if p.Seq, err = b.eventSeq(a, p); err != nil {
			return err
		}
		p.Session = id
		if err := b.add(addDelivery, deliveryFields(&p)...); err != nil {
			return err
		}
	}
	return nil
}

// add adds a row, or answers errTaken.
func (b *batch) add(k writing, fields ...any) error {
	if b.set != nil {
		b.set[k].add(fields...)
		return nil
	}
	if b.making != nil {
		b.making.rows = append(b.making.rows, row{k, plain(fields)})
		return nil
	}
	return add(b.ctx, b.conn, b.queries.row[k], plain(fields)...)
}

// change changes a row that is there.
func (b *batch) change(k writing, fields ...any) error {
	if b.set != nil {
		b.set[k].add(fields...)
		return nil
	}
	return b.exec(b.queries.row[k], plain(fields)...)
}

// eventSeq is the number of the event that a delivery names: as a rule one of its own change, else an older
// one.
func (b *batch) eventSeq(a accepted, d session.Delivery) (int64, error) {
	for i := range a.events {
		if a.events[i].ID == d.Event {
			return a.events[i].Seq, nil
		}
	}
	if b.events != nil {
		if seq, ok := b.events[event{a.Session.ID, d.Event}]; ok {
			return seq, nil
		}
		return d.Seq, nil
	}
	seq, ok, err := one(b.ctx, b.conn, intFields, b.queries.eventSeq, idOf(a.Session.ID), idOf(d.Event))
	if err != nil || !ok {
		return d.Seq, err
	}
	return seq, nil
}

func (b *batch) exec(statement string, args ...any) error {
	_, err := b.conn.ExecContext(b.ctx, statement, args...)
	return err
}
