package sqlstore

import (
	"cmp"
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// findOut looks for what changes whose commit failed have left. Those that left nothing have no effect.
func (s *Store) findOut(ctx context.Context, changes []session.Change, errs []error, lost *commitError) []error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	for i := range changes {
		if errs[i] != nil {
			continue
		}
		var done bool
		err := s.again(ctx, func() (err error) { // while the server is away
			done, err = s.wasDone(ctx, &changes[i])
			return err
		})
		switch {
		case err != nil:
			errs[i] = s.wrap("apply", lost)
		case !done:
			errs[i] = s.wrap("apply", lost.err)
		}
	}
	return errs
}

// errNoTrace: what the change would have left is not there to be looked for.
var errNoTrace = errors.New("sqlstore: the change leaves nothing to know it by")

// wasDone finds out whether the change was done. A server that did not answer may yet be at the commit, and
// hold the locks of the change until then: who is given them sees what became of it.
func (s *Store) wasDone(ctx context.Context, c *session.Change) (done bool, err error) {
	done, err = s.look(ctx, s.conn(), c)
	if done || err != nil || s.dialect.lock == "" {
		return done, err
	}
	err = s.write(ctx, func(ctx context.Context, conn Conn) error {
		free, err := s.await(ctx, conn, c)
		if err == nil && !free {
			done, err = s.look(ctx, conn, c)
		}
		return cmp.Or(err, errNothing)
	})
	return done, err
}

// await waits for who has the change's session, or its first entry, and reports whether it could be added and so is
// not there. The caller undoes what it writes.
func (s *Store) await(ctx context.Context, conn Conn, c *session.Change) (free bool, err error) {
	switch {
	case c.Session.ID != uuid.Nil && c.Base != 0:
		_, _, err = one(ctx, conn, headFields, s.queries.head, idOf(c.Session.ID))
		return false, err
	case c.Session.ID != uuid.Nil:
		err = add(ctx, conn, s.queries.row[addSession], sessionFields(&c.Session)...)
	case c.Entries[0].Version > 1:
		_, _, err = one(ctx, conn, entryHeadFields, s.queries.entryByID, idOf(c.Entries[0].ID))
		return false, err
	default:
		err = add(ctx, conn, s.queries.row[addEntry], append(entryFields(&c.Entries[0]), idOf(c.ID))...)
	}
	if errors.Is(err, errTaken) {
		return false, nil
	}
	return err == nil, err
}

// look finds out by the id of the change, which its events have, and its entries until they are changed again.
func (s *Store) look(ctx context.Context, conn Conn, c *session.Change) (bool, error) {
	if c.Session.ID != uuid.Nil && len(c.Events) > 0 {
		seqs, err := rows(ctx, conn, intFields, s.queries.hasChange, idOf(c.Session.ID), idOf(c.ID))
		return len(seqs) > 0, err
	}
	for i := range c.Entries {
		e := &c.Entries[i]
		by, there, err := one(ctx, conn, writerFields, s.queries.entryWriter, idOf(e.ID))
		switch {
		case err != nil:
			return false, err
		case !there || by.version < e.Version:
			return false, nil
		case by.version == e.Version:
			return by.change == c.ID, nil
		case e.Version == 1: // it is added once
			return true, nil
		}
	}
	return false, errNoTrace
}

// writer is which change wrote an entry's version.
type writer struct {
	version int64
	change  uuid.UUID
}

func writerFields(w *writer) []any { return []any{&w.version, (*ident)(&w.change)} }

func intFields(n *int64) []any { return []any{n} }
