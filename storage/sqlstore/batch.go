package sqlstore

import (
	"bytes"
	"context"
	"errors"
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
	version int64 // the session's after the change
	seq     int64 // of the change's first event
	active  time.Time
	stays   bool // in its place
}

// batch is the changes of one transaction.
type batch struct {
	*Store
	ctx     context.Context
	conn    Conn
	heads   map[uuid.UUID]*head
	permits map[string]*permitLog
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
	a := accepted{Change: c, version: h.version, seq: h.seq + 1, active: c.Session.ActiveAt}
	if c.Base == 0 || !c.Keep {
		a.version++
		a.stays = h.place == placeOf(&c.Session)
		h.place = placeOf(&c.Session)
	} else if a.active.Before(h.active) {
		a.active = h.active
	}
	h.exists, h.version, h.seq, h.active = true, a.version, h.seq+int64(len(c.Events)), a.active
	return a, nil
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
	row.Version = a.version
	row.Seq = a.seq + int64(len(a.Events)) - 1
	fields := sessionFields(&row)
	switch {
	case a.Base == 0:
		return b.exec(b.queries.insertSession, fields...)
	case a.Keep:
		return b.exec(b.queries.keepSession, &row.Seq, timeOf(a.active), idOf(row.ID))
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
		if err := b.putAttempt(p); err != nil {
			return err
		}
	}
	for _, p := range a.Decisions {
		p.Session = id
		if err := b.exec(b.queries.addDecision, decisionFields(&p)...); err != nil {
			return err
		}
	}
	for _, p := range a.Media {
		p.Session = id
		if err := b.exec(b.queries.addMedia, mediaFields(&p)...); err != nil {
			return err
		}
	}
	for i, p := range a.Events {
		p.Session, p.Change, p.Seq = id, a.ID, a.seq+int64(i)
		if err := b.exec(b.queries.addEvent, eventFields(&p)...); err != nil {
			return err
		}
	}
	for _, p := range a.Deliveries {
		var err error
		if p.Seq, err = b.eventSeq(a, p); err != nil {
			return err
		}
		p.Session = id
		if err := b.exec(b.queries.addDelivery, deliveryFields(&p)...); err != nil {
			return err
		}
	}
	return nil
}

// putAttempt adds or overwrites an attempt, unless it is another session's.
func (b *batch) putAttempt(p session.Attempt) error {
	result, err := b.conn.ExecContext(b.ctx, b.queries.putAttempt, attemptFields(&p)...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return errAttempt
}

var errAttempt = errors.New("an attempt of another session has this id")

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
