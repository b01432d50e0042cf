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
	tenant      uuid.UUID
	sandbox     bool
	integration uuid.UUID
	ref         session.BlindIndex
	deleted     time.Time
}

func placeOf(s *session.Session) place {
	return place{s.Tenant, s.Sandbox, s.Integration, s.Ref, s.DeletedAt}
}

// head is what a change is judged by.
type head struct {
	place
	exists       bool
	version, seq int64
	hash         [32]byte // of the newest event
	active       time.Time
}

func headFields(h *head) []any {
	return []any{
		(*ident)(&h.tenant), (*flag)(&h.sandbox), (*ident)(&h.integration), (*perhaps)(&h.ref), (*stamp)(&h.deleted),
		&h.version, &h.seq, (*digest)(&h.hash), (*stamp)(&h.active),
	}
}

// accepted is a change that will be written, and what the store adds to it.
type accepted struct {
	*session.Change
	index   int             // of the change in its call
	after   head            // the session's after the change
	stays   bool            // in its place
	events  []session.Event // as they will be
	entries []entryStep
}

// batch is the changes of one transaction.
type batch struct {
	*Store
	ctx     context.Context
	conn    Conn
	heads   map[uuid.UUID]*head
	entries entryHeads
	permits map[string]*permitLog
}

// newBatch begins with sessions that are read and locked already.
func (s *Store) newBatch(ctx context.Context, c Conn, locked []session.Session) *batch {
	b := &batch{Store: s, ctx: ctx, conn: c, heads: map[uuid.UUID]*head{}}
	for i := range locked {
		row := &locked[i]
		b.heads[row.ID] = &head{placeOf(row), true, row.Version, row.Seq, row.Head, row.ActiveAt}
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
		if id := changes[i].Session.ID; id != uuid.Nil && b.heads[id] == nil {
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
	return b.loadEntries(changes)
}

// judgeAll answers a refusal for each change, and which of them passed. Those in taken are refused as it says.
func (b *batch) judgeAll(changes []session.Change, taken map[int]error) (errs []error, passed []accepted) {
	errs, passed = make([]error, len(changes)), make([]accepted, 0, len(changes))
	for i := range changes {
		if taken[i] != nil {
			errs[i] = taken[i]
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
	a := accepted{Change: c, entries: entries}
	if h != nil {
		a.stays = h.place == placeOf(&c.Session)
		a.events = h.change(c)
		a.after = *h
	}
	return a, nil
}

func (h *head) refuse(c *session.Change) error {
	switch {
	case c.Base == 0 && h.exists:
		return session.ErrExists
	case c.Base != 0 && (!h.exists || h.tenant != c.Session.Tenant):
		return session.ErrNotFound
	case c.Base != h.version: // which is zero when it is not there
		return session.ErrConflict
	}
	return nil
}

// change makes the head what it is after a change, and gives the change's events: of the session and the change,
// numbered and chained.
func (h *head) change(c *session.Change) []session.Event {
	if c.Session.ActiveAt.After(h.active) {
		h.active = c.Session.ActiveAt
	}
	if c.Base == 0 || !c.Keep {
		h.place = placeOf(&c.Session)
		h.version++
	}
	h.exists = true
	events := slices.Clone(c.Events)
	for i := range events {
		e := &events[i]
		h.seq++
		e.Session, e.Change, e.Seq = c.Session.ID, c.ID, h.seq
		e.Hash = session.Chain(h.hash, *e)
		h.hash = e.Hash
	}
	return events
}

// writeAll writes what passed. When an id or a name is taken, it answers errTaken and the index of the change.
func (b *batch) writeAll(passed []accepted) (index int, err error) {
	for _, a := range passed {
		if err := b.write(a); err != nil {
			return a.index, err
		}
	}
	return 0, nil
}

// writeRest writes what no change is refused for.
func (b *batch) writeRest(passed []accepted) error {
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
		if err := b.writeSession(a); err != nil {
			return err
		}
		if err := b.writeParts(a); err != nil {
			return err
		}
	}
	return b.writeEntries(a)
}

func (b *batch) takeAway(c *session.Change) error {
	sealed := c.Erase&session.EraseSealed != 0
	steps := []struct {
		due       bool
		statement string
	}{
		{c.Withdraw, b.queries.withdraw},
		{sealed, b.queries.eraseDecisions},
		{sealed, b.queries.eraseMedia},
		{sealed, b.queries.eraseFindings},
		{sealed, b.queries.eraseDeliveries},
		{sealed, b.queries.eraseEntries},
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
	switch {
	case a.Base == 0:
		return b.add(b.queries.insertSession, fields...)
	case a.Keep:
		return b.exec(b.queries.keepSession, &row.Seq, (*digest)(&row.Head), timeOf(row.ActiveAt), idOf(row.ID))
	case a.stays: // after the id and the columns of its place
		return b.exec(b.queries.stepSession, append(fields[6:], fields[0])...)
	}
	return b.exec(b.queries.updateSession, append(fields[1:], fields[0])...)
}

// writeParts adds the parts. They belong to the session, whatever stands in them.
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
	for i := range a.events {
		p := &a.events[i]
		var list []byte
		if p.Listed {
			list = listOf(a.after.tenant, a.after.sandbox)
		}
		if err := b.add(b.queries.addEvent, append(eventFields(p), list)...); err != nil {
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
	for i := range a.events {
		if a.events[i].ID == d.Event {
			return a.events[i].Seq, nil
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
