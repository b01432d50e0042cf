package sqlstore

import (
	"context"
	"errors"
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// Apply does what [session.Store] says: all changes of one call in one transaction. Every change is
// judged first, under the lock, then what passed is written. If the database fails a statement all the
// same, each change is done again in a transaction of its own, so that none falls with another.
func (s *Store) Apply(ctx context.Context, changes ...session.Change) []error {
	if len(changes) == 0 {
		return nil
	}
	errs, err := s.applyTogether(ctx, changes)
	if s.canGoAlone(err, changes) {
		errs = s.applyAlone(ctx, changes)
	} else if err != nil {
		errs = slices.Repeat([]error{err}, len(changes))
	}
	for _, err := range errs {
		if err != nil {
			return errs
		}
	}
	return nil
}

// canGoAlone reports whether changes that failed together may yet be done one by one: when a statement of
// one of them failed, and not the database; or when others were in the way, as those are who want the same in another
// order.
func (s *Store) canGoAlone(err error, changes []session.Change) bool {
	return err != nil && len(changes) > 1 && s.tx == nil && !errors.As(err, new(*commitError)) &&
		(errors.As(err, new(*statementError)) || s.dialect.engine.Again(err))
}

// applyAlone does each change in a transaction of its own. They were begun together, so that ctx can end
// them no more.
func (s *Store) applyAlone(ctx context.Context, changes []session.Change) []error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	errs := make([]error, len(changes))
	for i := range changes {
		alone, err := s.applyTogether(ctx, changes[i:i+1])
		if errs[i] = err; err == nil {
			errs[i] = alone[0]
		}
	}
	return errs
}

// applyTogether answers a refusal for each change, or one error for all, which then have no effect.
func (s *Store) applyTogether(ctx context.Context, changes []session.Change) ([]error, error) {
	var errs []error
	write := s.write
	if len(changes) > 1 && s.tx == nil {
		write = s.writeOnce // they can go alone
	}
	err := write(ctx, func(ctx context.Context, c Conn) (err error) {
		errs, err = s.judgeAndWrite(ctx, c, changes, nil)
		return err
	})
	if lost := new(commitError); errors.As(err, &lost) {
		return s.findOut(ctx, changes, errs, lost), nil
	}
	return errs, s.wrap("apply", err)
}

// judgeAndWrite answers a refusal for each change, and errNothing when there is nothing to commit. locked are
// sessions that the transaction has read already, to write them.
//
// That a part's id is taken shows when it is written, so that those who have new ids, as all have, do not pay
// for a look. What was written is then undone, and all are judged again without the change that was refused. So
// it is with an entry that is added beside another of its name, where the dialect has no lock against that.
func (s *Store) judgeAndWrite(ctx context.Context, c Conn, changes []session.Change,
	locked []session.Session) ([]error, error) {
	taken := map[int]error{}
	for {
		b := s.newBatch(ctx, c, locked)
		if err := b.load(changes); err != nil {
			return nil, err
		}
		errs, passed := b.judgeAll(changes, taken)
		if len(passed) == 0 {
			return errs, errNothing
		}
		write := b.undoable
		alone := s.tx == nil && len(changes) == 1 // undone with its transaction
		if alone {
			write = b.writeAll
		}
		i, err := write(passed)
		switch {
		case err == nil:
			return errs, b.writeRest(passed)
		case !errors.Is(err, errTaken):
			return nil, &statementError{err}
		case alone:
			return []error{refusalOf(err)}, errNothing
		}
		taken[i] = refusalOf(err)
	}
}

// statementError is a statement of a change that failed, though the change was not refused.
type statementError struct{ error }

func (e *statementError) Unwrap() error { return e.error }

// refusalOf is the refusal of a change whose id, or whose entry's name, is taken.
func refusalOf(err error) error {
	if errors.Is(err, errEntryTaken) {
		return session.ErrConflict
	}
	return session.ErrExists
}
