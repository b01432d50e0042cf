package sqlstore

import (
	"context"
	"errors"

	"github.com/google/uuid"

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
		return outcomes(s.changes.insist(ctx, s, s.prepare(changes), s.applyQueued))
	}
	return outcomes(transaction[queued](s.applyTogether).alone(ctx, s.prepare(changes)))
}

// applyTogether answers a refusal for each change, or one error for all, which then have no effect.
func (s *Store) applyTogether(ctx context.Context, from things[queued]) ([]error, error) {
	changes, errs, err := s.applyAtOnce(ctx, bare{from})
	switch {
	case !errors.Is(err, errAtOnce):
		return errs, err
	case errors.As(err, new(*doubtError)):
		return s.applyInDoubt(ctx, changes)
	}
	from.giveBack()
	return s.applyQueued(ctx, from)
}

// applyInTransaction is applyQueued of changes that nothing was made for.
func (s *Store) applyInTransaction(ctx context.Context, from things[session.Change]) ([]error, error) {
	return s.applyQueued(ctx, unmade{from})
}

// applyQueued is applyTogether in a transaction, by what is there.
func (s *Store) applyQueued(ctx context.Context, from things[queued]) ([]error, error) {
	if s.sets {
		return s.applyBy(ctx, from, false)
	}
	w := &watched[queued]{things: from}
	errs, err := s.applyBy(ctx, w, true)
	if errors.Is(err, errTrusted) {
		return s.applyBy(ctx, fixed[queued](w.taken), false)
	}
	return errs, err
}

// applyBy is applyQueued that looks for new sessions first, or trusts that they are new.
func (s *Store) applyBy(ctx context.Context, from things[queued], trusts bool) ([]error, error) {
	var changes []session.Change
	var errs []error
	var logs map[string]*permitLog
	err := s.writeOnce(ctx, func(ctx context.Context, c Conn) (err error) {
		var made []*creation
		changes, made = split(from.take())
		errs, logs, err = s.judgeAndWrite(ctx, c, changes, made, trusts, nil)
		return err
	})
	if err != nil {
		s.logs.forget(changes)
	} else {
		s.logs.keep(logs)
	}
	if lost := new(commitError); errors.As(err, &lost) {
		return s.findOut(ctx, changes, errs, lost), nil
	}
	if errors.Is(err, errTrusted) {
		return nil, err
	}
	return errs, s.wrap("apply", s.together(len(changes), err))
}

// judgeAndWrite answers a refusal for each change, and errNothing when there is nothing to commit. locked are
// sessions that the transaction has read already, to write them. The logs are as they will be with the commit.
//
// That a part's id is taken shows when it is written, so that those who have new ids, as all have, do not pay
// for a look. One change is then refused, and several are done apart; in a host's transaction what was written is undone,
// and all are judged again without the change that was refused. So it is with an entry that is added beside another
// of its name, where the dialect has no lock against that.
//
// Who trusts does not look for new sessions, as the id of each is new as a rule, and a look is a statement more. When one
// of them is refused for anything, or an id is taken, all are judged again after a look for all.
func (s *Store) judgeAndWrite(ctx context.Context, c Conn, changes []session.Change, made []*creation, trusts bool,
	locked []session.Session) ([]error, map[string]*permitLog, error) {
	taken, sets := map[int]error{}, s.sets
	for {
		b := s.newBatch(ctx, c, locked)
		b.made, b.trusts = made, trusts
		if sets {
			b.set = &set{}
		}
		if err := b.load(changes); err != nil {
			return nil, nil, &statementError{err}
		}
		errs, passed := b.judgeAll(changes, taken)
		if trusts && refusesNew(changes, errs, taken) {
			trusts = false
			continue
		}
		if len(passed) == 0 {
			return errs, b.permits, errNothing
		}
		write := b.writeAll
		if s.tx != nil {
			write = b.undoable
		}
		i, err := write(passed)
		switch {
		case err == nil:
			return errs, b.permits, b.writeRest(passed)
		case s.tx == nil && errors.Is(err, errTaken) && len(changes) == 1:
			return []error{refusalOf(err)}, nil, errNothing // undone with its transaction
		case s.tx == nil && errors.Is(err, errTaken) && trusts:
			return nil, nil, errTrusted
		case s.tx == nil || !errors.Is(err, errTaken):
			return nil, nil, &statementError{err}
		case trusts:
			trusts = false // what was written is undone
		case i < 0:
			sets = false // to see whose it was
		default:
			taken[i] = refusalOf(err)
		}
	}
}

// refusesNew reports whether a new session was refused, which first of all must be because its id is taken.
func refusesNew(changes []session.Change, errs []error, taken map[int]error) bool {
	for i := range changes {
		if errs[i] != nil && changes[i].Base == 0 && changes[i].Session.ID != uuid.Nil && taken[i] == nil {
			return true
		}
	}
	return false
}

// errTrusted: an id was taken among changes of which nobody was to have looked for new sessions. Nothing was written.
var errTrusted = errors.New("sqlstore: a new session's id, or a part's, is taken")

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
