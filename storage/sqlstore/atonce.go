package sqlstore

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// errAtOnce: what was tried at once is not done, and has no effect; in a transaction it may be.
var errAtOnce = errors.New("sqlstore: not at once")

// doubtError is errAtOnce of what may yet be done by a server that has not begun with it.
type doubtError struct{ err error }

func (e *doubtError) Error() string { return "not at once: " + e.err.Error() }

// Is reports that it is an errAtOnce too.
func (e *doubtError) Is(target error) bool { return target == errAtOnce }

// applyAtOnce is applyTogether for changes that only add, by one statement without a transaction around it. They
// are judged by what is expected: that nothing of theirs is there, and that the permit logs are as they were last seen.
// The statement has no effect where that is not so; then it answers errAtOnce.
func (s *Store) applyAtOnce(ctx context.Context,
	from things[session.Change]) (changes []session.Change, errs []error, err error) {
	if s.logs == nil {
		return nil, nil, errAtOnce
	}
	var passed []accepted
	begun := false
	b := s.newBatch(ctx, nil, nil)
	err = s.atOnce(ctx, func(ctx context.Context, c Conn) error {
		changes, begun = from.take(), true
		known := false
		if b.permits, known = s.logs.copied(permitsByKey(changes)); !known || len(changes) == 0 || !onlyAdd(changes) {
			return errAtOnce
		}
		b.expectNothing(changes)
		errs, passed = b.judgeAll(changes, nil)
		statement, err := b.additions(passed, refusedOf(changes, errs))
		if err != nil {
			return err
		}
		done, _, err := one(ctx, c, func(done *bool) []any { return []any{done} }, statement.query(), statement.args...)
		if err == nil {
			s.logs.tried(changes, done)
		}
		if err == nil && !done {
			err = errAtOnce
		}
		return err
	})
	if err == nil {
		s.logs.keep(b.permits)
		return changes, errs, nil
	}
	s.logs.forget(changes)
	if !begun { // there is no connection for a transaction either
		return nil, nil, s.wrap("apply", err)
	}
	if lost := new(commitError); errors.As(err, &lost) && len(passed) > 0 {
		errs, err = s.findOutAtOnce(ctx, errs, passed, lost)
		return changes, errs, err
	}
	return nil, nil, errAtOnce
}

// atOnce runs one statement by itself. It answers a commitError when it may have been done all the same.
func (s *Store) atOnce(ctx context.Context, statement func(context.Context, Conn) error) error {
	waiting, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	conn, err := s.db.Conn(waiting)
	if err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	defer conn.Close()
	own, cancel := s.own(ctx)
	defer cancel()
	if err = statement(own, conn); err == nil || errors.Is(err, errAtOnce) || answered(err) {
		return err
	}
	return &commitError{err}
}

// answered reports whether an error of a statement that ran by itself says that it has had no effect: the server's word
// for that, or that it was never sent.
func answered(err error) bool {
	var coded interface{ SQLState() string }
	if !errors.As(err, &coded) {
		return errors.Is(err, driver.ErrBadConn)
	}
	state := coded.SQLState()
	return state != "40003" && !strings.HasPrefix(state, "08") && !strings.HasPrefix(state, "57P")
}

// findOutAtOnce looks for what one of the changes has left, as all of them were done or none.
func (s *Store) findOutAtOnce(ctx context.Context, errs []error, passed []accepted,
	lost *commitError) ([]error, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	witness := passed[0] // of sessions rather than of entries, which may have expired and be gone
	if i := slices.IndexFunc(passed, func(a accepted) bool { return a.Session.ID != uuid.Nil }); i >= 0 {
		witness = passed[i]
	}
	var done bool
	err := s.again(ctx, func() (err error) { // while the server is away
		done, err = s.wasDone(ctx, witness.Change)
		return err
	})
	switch {
	case err == nil && done:
		return errs, nil
	case err == nil && !errors.Is(lost.err, context.DeadlineExceeded):
		return nil, &doubtError{lost.err}
	}
	// The caller has waited long enough, and the server may yet come to it.
	for _, a := range passed {
		errs[a.index] = s.wrap("apply", lost)
	}
	return errs, nil
}

// applyInDoubt is applyInTransaction for changes that may yet be done, or were done since somebody looked: a refusal that
// says no more than that is none. It tries again by itself, as whoever else did would not know of the doubt.
func (s *Store) applyInDoubt(ctx context.Context, changes []session.Change) ([]error, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound) // they were begun
	defer cancel()
	doubting := func(ctx context.Context, from things[session.Change]) (errs []error, err error) {
		err = s.again(ctx, func() error {
			errs, err = s.applyInTransaction(ctx, from)
			return err
		})
		if err != nil && !errors.As(err, new(*apartError)) {
			err = s.wrap("apply", &commitError{err}) // also of a half
		}
		return s.doneBefore(ctx, from.take(), errs), err
	}
	return transaction[session.Change](doubting).orApart(ctx, fixed[session.Change](changes))
}

// doneBefore are the refusals of changes, but for those of changes that are done.
func (s *Store) doneBefore(ctx context.Context, changes []session.Change, errs []error) []error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	for i, refused := range errs {
		if !errors.Is(refused, session.ErrExists) && !errors.Is(refused, session.ErrConflict) {
			continue
		}
		if done, err := s.look(ctx, s.conn(), &changes[i]); err == nil && done {
			errs[i] = nil
		}
	}
	return errs
}

func refusedOf(changes []session.Change, errs []error) (refused []session.Change) {
	for i, err := range errs {
		if err != nil {
			refused = append(refused, changes[i])
		}
	}
	return refused
}

// onlyAdd reports whether changes add sessions and entries and do nothing else, and can be found again.
func onlyAdd(changes []session.Change) bool {
	for i := range changes {
		c := &changes[i]
		if c.Session.ID == uuid.Nil {
			if len(c.Entries) == 0 {
				return false
			}
		} else if c.Base != 0 || len(c.Events) == 0 || c.Withdraw || removes(c) || !ownEvents(c) {
			return false
		}
		if slices.ContainsFunc(c.Entries, func(e session.Entry) bool { return e.Version != 1 }) {
			return false
		}
	}
	return true
}

// ownEvents reports whether the change's deliveries tell of no older events than its own.
func ownEvents(c *session.Change) bool {
	for i := range c.Deliveries {
		of := c.Deliveries[i].Event
		if !slices.ContainsFunc(c.Events, func(e session.Event) bool { return e.ID == of }) {
			return false
		}
	}
	return true
}

// expectNothing has changes judged as if nothing of theirs were there.
func (b *batch) expectNothing(changes []session.Change) {
	for i := range changes {
		if id := changes[i].Session.ID; id != uuid.Nil {
			b.heads[id] = &head{}
		}
	}
	b.entries = entryHeads{map[uuid.UUID]*entryHead{}, map[entryName]*entryHead{}}
	b.events = map[event]int64{}
}

// expiresBy reports whether an entry of the change has expired at a time.
func (a accepted) expiresBy(at time.Time) bool {
	return slices.ContainsFunc(a.Entries, func(e session.Entry) bool {
		return !e.ExpiresAt.IsZero() && !e.ExpiresAt.After(at)
	})
}

// additions is the statement that adds what passed, and says whether it has: it adds nothing where a permit log has changed
// or a change that was refused is there already. An id or a name that is taken fails it.
func (b *batch) additions(passed []accepted, refused []session.Change) (*joint, error) {
	if err := b.collect(passed); err != nil {
		return nil, err
	}
	j := b.joint()
	cond := b.joinExpectation(j, refused)
	b.joinPermits(j, cond)
	for k := range b.set {
		if rows := &b.set[k]; rows.n > 0 {
			j.with(cte(writing(k)), b.queries.rows[k].statement+where(cond), rows)
		}
	}
	if n, at := willExpire(passed); n > 0 {
		if slices.ContainsFunc(passed, func(a accepted) bool { return a.expiresBy(at) }) {
			return nil, errAtOnce // it would have to be removed again
		}
		j.with("expired", b.queries.all.dropExpired+and(cond), timeOf(at), n)
	}
	j.add(" SELECT " + cmp.Or(cond, "TRUE"))
	return j, nil
}

func where(cond string) string {
	if cond == "" {
		return ""
	}
	return " WHERE " + cond
}

func and(cond string) string {
	if cond == "" {
		return ""
	}
	return " AND " + cond
}

// joinExpectation adds to a statement what looks whether all is as expected: the permit logs as they were, which it
// locks first, in order, and the sessions and entries of changes that were refused not there. It gives the condition;
// empty: nothing was expected.
func (b *batch) joinExpectation(j *joint, refused []session.Change) (cond string) {
	var conds []string
	var args []any
	if len(b.permits) > 0 {
		keys := slices.Sorted(maps.Keys(b.permits))
		was := &rowset{}
		for _, key := range keys {
			w := b.permits[key].was
			was.add(key, w.n, w.last, w.most)
		}
		j.with("locked", b.queries.all.freeLogs, keys) // one that somebody else has is not as expected
		conds, args = append(conds, b.queries.all.sameLogs), append(args, was, len(keys))
	}
	var ids []uuid.UUID
	for i := range refused {
		ids = append(ids, refused[i].Session.ID)
	}
	if len(ids) > 0 {
		j.with("sessions", b.queries.all.heads, bytesOf(ids))
		conds = append(conds, "NOT EXISTS (SELECT 1 FROM sessions)")
	}
	if asked := entriesOf(refused); len(asked) > 0 {
		ids, names := idsAndNames(asked)
		j.with("entries", b.queries.all.entries, ids, names)
		conds = append(conds, "NOT EXISTS (SELECT 1 FROM entries)")
	}
	if len(conds) == 0 {
		return ""
	}
	j.with("expected", "SELECT "+strings.Join(conds, " AND ")+" AS yes", args...)
	return "(SELECT yes FROM expected)"
}
