package sqlstore

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// place is where lists have a session.
type place struct {
	tenant  uuid.UUID
	sandbox bool
	deleted time.Time
}

func placeOf(s *session.Session) place { return place{s.Tenant, s.Sandbox, s.DeletedAt} }

// head is what a change is judged by.
type head struct {
	place
	exists       bool
	version, seq int64
	active       time.Time
}

func headFields(h *head) []any {
	return []any{
		(*ident)(&h.tenant), (*flag)(&h.sandbox), (*stamp)(&h.deleted), &h.version, &h.seq, (*stamp)(&h.active),
	}
}

// accepted is a change that will be written, and what the store adds to it.
type accepted struct {
	*session.Change
	index   int       // of the change in its call
	version int64     // the session's after the change
	seq     int64     // of the change's first event
	active  time.Time // the session's after the change
	stays   bool      // in its place
}

// batch is the changes of one transaction.
type batch struct {
	*Store
	ctx     context.Context
	conn    Conn
	heads   map[uuid.UUID]*head
	permits map[string]*permitLog
}

// newBatch begins with sessions that are read and locked already.
func (s *Store) newBatch(ctx context.Context, c Conn, locked []session.Session) *batch {
	b := &batch{Store: s, ctx: ctx, conn: c, heads: map[uuid.UUID]*head{}}
	for i := range locked {
		row := &locked[i]
		b.heads[row.ID] = &head{placeOf(row), true, row.Version, row.Seq, row.ActiveAt}
	}
	return b
}

// load reads all that the changes are judged by, and locks it where the dialect has such locks: always in
// the same order, so that no two transactions wait for each other.
func (b *batch) load(changes []session.Change) error {
	if err := b.loadPermits(changes); err != nil {
		return err
	}
	var ids []uuid.UUID
	for i := range changes {
		if id := changes[i].Session.ID; b.heads[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range slices.Compact(ids) {
		h, ok, err := one(b.ctx, b.conn, headFields, b.queries.head, idOf(id))
		if err != nil {
			return err
		}
		h.exists = ok
		b.heads[id] = &h
	}
	return nil
}

// judgeAll answers a refusal for each change, and which of them passed. Of those in taken a part's id is
// taken.
func (b *batch) judgeAll(changes []session.Change, taken map[int]bool) (errs []error, passed []accepted) {
	errs = make([]error, len(changes))
	for i := range changes {
		if taken[i] {
			errs[i] = session.ErrExists
		} else if a, err := b.judge(&changes[i]); err != nil {
			errs[i] = err
		} else {
			a.index = i
			passed = append(passed, a)
		}
	}
	return errs, passed
}

// judge accepts a change, and from then on the next ones are judged as if it were written.
func (b *batch) judge(c *session.Change) (accepted, error) {
	h := b.heads[c.Session.ID]
	switch {
	case c.Base == 0 && h.exists:
		return accepted{}, session.ErrExists
	case c.Base != 0 && (!h.exists || h.tenant != c.Session.Tenant):
		return accepted{}, session.ErrNotFound
	case c.Base != h.version: // which is zero when it is not there
		return accepted{}, session.ErrConflict
	}
	if err := b.takeAll(c.Permits); err != nil {
		return accepted{}, err
	}
	a := accepted{Change: c, version: h.version, seq: h.seq + 1, active: h.active}
	if c.Session.ActiveAt.After(a.active) {
		a.active = c.Session.ActiveAt
	}
	if c.Base == 0 || !c.Keep {
		a.version++
		a.stays = h.place == placeOf(&c.Session)
		h.place = placeOf(&c.Session)
	}
	h.exists, h.version, h.seq, h.active = true, a.version, h.seq+int64(len(c.Events)), a.active
	return a, nil
}

// writeAll writes what passed. When an id is taken, it answers errTaken and the index of the change.
func (b *batch) writeAll(passed []accepted) (index int, err error) {
	for _, a := range passed {
		if err := b.write(a); err != nil {
			return a.index, err
		}
	}
	return 0, nil
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
	if err := b.takeAway(a.Change); err != nil {
		return err
	}
	if err := b.writeSession(a); err != nil {
		return err
	}
	return b.writeParts(a)
}

func (b *batch) takeAway(c *session.Change) error {
	steps := []struct {
		due       bool
		statement string
	}{
		{c.Withdraw, b.queries.withdraw},
		{c.Erase&session.EraseSealed != 0, b.queries.eraseDecisions},
		{c.Erase&session.EraseSealed != 0, b.queries.eraseMedia},
		{c.Erase&session.EraseSealed != 0, b.queries.eraseFindings},
		{c.Erase&session.EraseSealed != 0, b.queries.eraseDeliveries},
		{c.Erase&session.EraseMedia != 0, b.queries.removeMedia},
	}
	for _, step := range steps {
		if !step.due {
			continue
		}
		if err := b.exec(step.statement, idOf(c.Session.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) writeSession(a accepted) error {
	row := a.Session
	row.Version, row.ActiveAt = a.version, a.active
	row.Seq = a.seq + int64(len(a.Events)) - 1
	fields := sessionFields(&row)
	switch {
	case a.Base == 0:
		return b.add(b.queries.insertSession, fields...)
	case a.Keep:
		return b.exec(b.queries.keepSession, &row.Seq, timeOf(row.ActiveAt), idOf(row.ID))
	case a.stays: // after the id and the columns of its place
		return b.exec(b.queries.stepSession, append(fields[4:], fields[0])...)
	}
	return b.exec(b.queries.updateSession, append(fields[1:], fields[0])...)
}

// writeParts adds the parts. They belong to the session, and the events to the change, whatever stands in
// them.
func (b *batch) writeParts(a accepted) error {
	id := a.Session.ID
	for _, p := range a.Attempts {
		p.Session = id
		if err := b.add(b.queries.putAttempt, attemptFields(&p)...); err != nil {
			return err
		}
	}
	for _, p := range a.Decisions {
		p.Session = id
		if err := b.add(b.queries.addDecision, decisionFields(&p)...); err != nil {
			return err
		}
	}
	for _, p := range a.Media {
		p.Session = id
		if err := b.add(b.queries.addMedia, mediaFields(&p)...); err != nil {
			return err
		}
	}
	for _, p := range a.Findings {
		p.Session = id
		if err := b.add(b.queries.addFinding, findingFields(&p)...); err != nil {
			return err
		}
	}
	for i, p := range a.Events {
		p.Session, p.Change, p.Seq = id, a.ID, a.seq+int64(i)
		if err := b.add(b.queries.addEvent, eventFields(&p)...); err != nil {
			return err
		}
	}
	for _, p := range a.Deliveries {
		var err error
		if p.Seq, err = b.eventSeq(a, p); err != nil {
			return err
		}
		p.Session = id
		if err := b.add(b.queries.addDelivery, deliveryFields(&p)...); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) add(statement string, fields ...any) error {
	return add(b.ctx, b.conn, statement, fields...)
}

// eventSeq is the number of the event that a delivery names: as a rule one of its own change, else an older
// one.
func (b *batch) eventSeq(a accepted, d session.Delivery) (int64, error) {
	for i := range a.Events {
		if a.Events[i].ID == d.Event {
			return a.seq + int64(i), nil
		}
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
