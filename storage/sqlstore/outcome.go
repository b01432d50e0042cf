package sqlstore

import (
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
		switch done, err := s.wasDone(ctx, &changes[i]); {
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

// wasDone finds out by the id of the change, which its events have, and its entries until they are changed again.
func (s *Store) wasDone(ctx context.Context, c *session.Change) (bool, error) {
	if c.Session.ID != uuid.Nil && len(c.Events) > 0 {
		seqs, err := rows(ctx, s.conn(), intFields, s.queries.hasChange, idOf(c.Session.ID), idOf(c.ID))
		return len(seqs) > 0, err
	}
	for i := range c.Entries {
		e := &c.Entries[i]
		by, there, err := one(ctx, s.conn(), writerFields, s.queries.entryWriter, idOf(e.ID))
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
