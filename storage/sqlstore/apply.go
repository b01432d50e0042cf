package sqlstore

import (
	"context"
	"errors"

	"github.com/bonafide-idv/bonafide/session"
)

// Apply does what [session.Store] says. Changes of one call, and of callers at the same time, share a transaction: every
// change is judged first, under the lock, then what passed is written. Who is alone does not wait, and nobody waits
// for more than the transaction that is under way when he comes and his own, unless those before him fill one. If the
// database fails a statement all the same, the changes are done in smaller transactions, so that none falls with another.
func (s *Store) Apply(ctx context.Context, changes ...session.Change) []error {
	if len(changes) == 0 {
		return nil
	}
	if s.tx == nil {
		return outcomes(insist(ctx, s, s.changes, changes))
	}
	return outcomes(transaction[session.Change](s.applyTogether).alone(ctx, changes))
}

// applyTogether takes changes once its transaction is open, and answers a refusal for each, or one error for all, which
// then have no effect.
func (s *Store) applyTogether(ctx context.Context, take func() []session.Change) ([]error, error) {
	var changes []session.Change
	var errs []error
	err := s.writeOnce(ctx, func(ctx context.Context, c Conn) (err error) {
		changes = take()
		errs, err = s.judgeAndWrite(ctx, c, changes, nil)
		return err
	})
	if lost := new(commitError); errors.As(err, &lost) {
		return s.findOut(ctx, changes, errs, lost), nil
	}
	return errs, s.wrap("apply", s.together(len(changes), err))
}

// judgeAndWrite answers a refusal for each change, and errNothing when there is nothing to commit. locked are
// sessions that the transaction has read already, to write them.
//
// That a part's id is taken shows when it is written, so that those who have new ids, as all have, do not pay
// for a look. One change is then refused, and several are done apart; in a host's transaction what was written is undone,
// and all are judged again without the change that was refused. So it is with an entry that is added beside another
// of its name, where the dialect has no lock against that.
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
		write := b.writeAll
		if s.tx != nil {
			write = b.undoable
		}
		i, err := write(passed)
		switch {
		case err == nil:
			return errs, b.writeRest(passed)
		case s.tx == nil && errors.Is(err, errTaken) && len(changes) == 1:
			return []error{refusalOf(err)}, errNothing // undone with its transaction
		case s.tx == nil || !errors.Is(err, errTaken):
			return nil, &statementError{err}
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
