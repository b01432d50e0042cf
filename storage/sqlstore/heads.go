package sqlstore

import (
	"bytes"
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
	sealed       *[]byte // what is sealed in the row; nil: not known
}

func headFields(h *head) []any {
	return []any{
		(*ident)(&h.tenant), (*flag)(&h.sandbox), (*ident)(&h.integration), (*perhaps)(&h.ref), (*stamp)(&h.deleted),
		&h.version, &h.seq, (*digest)(&h.hash), (*stamp)(&h.active),
	}
}

// findHeads finds them one by one, in the order of their ids.
func (b *batch) findHeads(ids []uuid.UUID) error {
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

// headOf is a head that says whose it is.
type headOf struct {
	head
	id uuid.UUID
}

func headOfFields(h *headOf) []any { return append(headFields(&h.head), (*ident)(&h.id)) }

func (b *batch) findAllHeads(ids []uuid.UUID) error {
	for _, id := range ids {
		b.heads[id] = &head{}
	}
	found, err := gathered(b, headOfFields, b.queries.all.heads, bytesOf(ids))
	for i := range found {
		h := &found[i]
		h.exists = true
		b.heads[h.id] = &h.head
	}
	return err
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
		h.place, h.sealed = placeOf(&c.Session), &c.Session.Sealed
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
