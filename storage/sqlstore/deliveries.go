package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/bonafide-idv/bonafide/session"
)

// Claim hands out due deliveries. It looks for the first of them without a lock, so that it takes none when
// there is none, and holds it no longer for what is due before that one and cannot be claimed.
func (s *Store) Claim(ctx context.Context, now, until time.Time, n int,
	except []uuid.UUID) (claimed []session.Delivery, next time.Time, err error) {
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, s.wrap("claim", err)
	}
	next, err = s.glanceNext(ctx, s.queries.nextDelivery)
	if err != nil || next.IsZero() || next.After(now) || n <= 0 {
		return nil, next, s.wrap("claim", err)
	}
	var first []session.Delivery
	err = s.glance(ctx, func(ctx context.Context, c Conn) (err error) {
		first, err = s.claimable(ctx, c, next, now, 1, except)
		return err
	})
	if err != nil || len(first) == 0 {
		return nil, next, s.wrap("claim", err)
	}
	err = s.write(ctx, func(ctx context.Context, c Conn) (err error) {
		if claimed, err = s.claimable(ctx, c, first[0].DueAt, now, n, except); err != nil {
			return err
		}
		if s.dialect.engine.OneWriter {
			err = s.claimDue(ctx, c, claimed, first[0].DueAt, now, until, except)
		} else {
			err = s.claimAll(ctx, c, claimed, until)
		}
		if err != nil {
			return err
		}
		if next, err = s.nextUnclaimed(ctx, c, claimed, until); err == nil && len(claimed) == 0 {
			return errNothing
		}
		return err
	})
	if err != nil {
		return nil, time.Time{}, s.wrap("claim", err)
	}
	return claimed, next, nil
}

// claimAll raises the claims of deliveries that are locked.
func (s *Store) claimAll(ctx context.Context, c Conn, claimed []session.Delivery, until time.Time) error {
	var ids [][]byte
	for i := range claimed {
		d := &claimed[i]
		d.Claims, d.DueAt = d.Claims+1, until
		ids = append(ids, d.ID[:])
		if s.sets {
			continue
		}
		if _, err := c.ExecContext(ctx, s.queries.claim, &d.Claims, timeOf(until), idOf(d.ID)); err != nil {
			return err
		}
	}
	if !s.sets || len(ids) == 0 {
		return nil
	}
	j := joint{dialect: s.dialect}
	j.add(s.queries.all.claim, timeOf(until), ids)
	_, err := c.ExecContext(ctx, j.query(), j.args...)
	return err
}

// claimDue raises the claims of what was found from a time on, which it finds again, as nobody writes beside.
func (s *Store) claimDue(ctx context.Context, c Conn, claimed []session.Delivery, from, now, until time.Time,
	except []uuid.UUID) error {
	if len(claimed) == 0 {
		return nil
	}
	for i := range claimed {
		claimed[i].Claims, claimed[i].DueAt = claimed[i].Claims+1, until
	}
	query, args, err := s.due(s.queries.dueRows, from, now, len(claimed), except)
	if err != nil {
		return err
	}
	result, err := c.ExecContext(ctx, s.queries.claimRows+"("+query+")", append([]any{timeOf(until)}, args...)...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != int64(len(claimed)) {
		return fmt.Errorf("%d of %d deliveries that are due were found again: %w", n, len(claimed), cmp.Or(err, errChanged))
	}
	return nil
}

// errChanged: somebody wrote beside a transaction that nobody writes beside.
var errChanged = errors.New("the rows have changed meanwhile")

// Backlog counts what is pending, up to most. It looks at an index alone.
func (s *Store) Backlog(ctx context.Context, most int) (int, error) {
	var n int
	err := s.glance(ctx, func(ctx context.Context, c Conn) (err error) {
		n, _, err = one(ctx, c, func(n *int) []any { return []any{n} }, s.queries.backlog, max(most, 0))
		return err
	})
	return n, s.wrap("backlog", err)
}

// claimable finds what is due, from a time on, goes first, and is for none of the endpoints in except.
func (s *Store) claimable(ctx context.Context, c Conn, from, now time.Time, n int, except []uuid.UUID) ([]session.Delivery, error) {
	query, args, err := s.due(s.queries.due, from, now, n, except)
	if err != nil {
		return nil, err
	}
	return rows(ctx, c, deliveryFields, query, args...)
}

// due ends a query for what is claimable.
func (s *Store) due(query string, from, now time.Time, n int, except []uuid.UUID) (string, []any, error) {
	args := []any{timeOf(from), timeOf(now)}
	if len(except) > 0 {
		query, args = query+s.queries.exceptFor, append(args, bytesOf(except))
	}
	query, args, err := sqlx.In(query+s.queries.earliestFirst, append(args, timeOf(now), n)...)
	return sqlx.Rebind(s.dialect.engine.Bind, query), args, err
}

// waiting is a pending delivery, as the index has it.
type waiting struct {
	id uuid.UUID
	at time.Time
}

func waitingFields(w *waiting) []any { return []any{(*ident)(&w.id), (*stamp)(&w.at)} }

// nextUnclaimed is when the earliest delivery is due that is not among the claimed, which wait now too, all until one time.
func (s *Store) nextUnclaimed(ctx context.Context, c Conn, claimed []session.Delivery, until time.Time) (time.Time, error) {
	if next, err := s.next(ctx, c, s.queries.nextDelivery); err != nil || next.UnixMicro() != until.UnixMicro() {
		return next, err
	}
	ours := make(map[uuid.UUID]bool, len(claimed))
	for i := range claimed {
		ours[claimed[i].ID] = true
	}
	earliest, err := rows(ctx, c, waitingFields, s.queries.waiting, len(claimed)+1)
	for _, w := range earliest {
		if !ours[w.id] {
			return w.at, err
		}
	}
	return time.Time{}, err
}

// Settle writes what became of claimed deliveries. Those of one call, and of callers at the same time, share a
// transaction, as changes do, or, where there are arrays, a statement.
func (s *Store) Settle(ctx context.Context, done ...session.Delivery) []error {
	if len(done) == 0 {
		return nil
	}
	if s.tx == nil {
		return outcomes(s.settled.insist(ctx, s, done, s.settleTogether))
	}
	return outcomes(transaction[session.Delivery](s.settleTogether).alone(ctx, done))
}

// settleTogether answers a refusal for each delivery, or one error for all.
func (s *Store) settleTogether(ctx context.Context, from things[session.Delivery]) ([]error, error) {
	done, errs, err := s.settleAtOnce(ctx, from)
	switch {
	case !errors.Is(err, errAtOnce):
		return errs, s.wrap("settle", err)
	case errors.As(err, new(*doubtError)):
		return s.settleInDoubt(ctx, done)
	}
	from.giveBack()
	err = s.writeOnce(ctx, func(ctx context.Context, c Conn) (err error) {
		done = from.take()
		if errs, err = s.settleEach(ctx, c, done, false); err == nil && len(done) == 0 {
			return errNothing
		}
		return err
	})
	if err != nil && !errors.As(err, new(*commitError)) {
		err = s.together(len(done), &statementError{err})
	}
	return errs, s.wrap("settle", err)
}

// settleInDoubt settles deliveries that may yet be settled, or were since somebody looked.
func (s *Store) settleInDoubt(ctx context.Context, done []session.Delivery) (errs []error, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound) // they were begun
	defer cancel()
	err = s.write(ctx, func(ctx context.Context, c Conn) (err error) {
		errs, err = s.settleEach(ctx, c, done, true)
		return err
	})
	if err != nil {
		err = &commitError{err} // whoever tried again would not know of the doubt
	}
	return errs, s.wrap("settle", err)
}

// settleEach settles one by one. In doubt, those that are settled already were settled by the caller.
func (s *Store) settleEach(ctx context.Context, c Conn, done []session.Delivery, doubt bool) (errs []error, err error) {
	errs = make([]error, len(done))
	for i := range done {
		if errs[i], err = s.settle(ctx, c, done[i]); err != nil {
			return nil, err
		}
		if doubt && errs[i] != nil {
			_, was, err := one(ctx, c, idFields, s.queries.wasSettled, settleFields(&done[i])...)
			if err != nil {
				return nil, err
			}
			if was {
				errs[i] = nil
			}
		}
	}
	return errs, nil
}

// unsettled is a delivery that was not settled, and whether it is there.
type unsettled struct {
	id    uuid.UUID
	there bool
}

func unsettledFields(u *unsettled) []any { return []any{(*ident)(&u.id), &u.there} }

// settleAtOnce is settleEach by one statement, without a transaction around it. It answers errAtOnce where that has to
// be tried.
func (s *Store) settleAtOnce(ctx context.Context,
	from things[session.Delivery]) (done []session.Delivery, errs []error, err error) {
	if !s.sets || s.tx != nil {
		return nil, nil, errAtOnce
	}
	var left []unsettled
	place := map[uuid.UUID]int{}
	begun := false
	err = s.atOnce(ctx, func(ctx context.Context, c Conn) (err error) {
		done, begun = from.take(), true
		var set, ids rowset
		for i := range done {
			d := &done[i]
			set.add(settleFields(d)...)
			ids.add(idOf(d.ID))
			place[d.ID] = i
		}
		if len(place) < len(done) || len(done) == 0 { // one of them twice
			return errAtOnce
		}
		j := &joint{dialect: s.dialect}
		j.with("settled", s.queries.all.settle, &set)
		j.add(s.queries.all.unsettled, &ids)
		left, err = rows(ctx, c, unsettledFields, j.query(), j.args...)
		return err
	})
	switch lost := new(commitError); {
	case err == nil:
	case !begun: // there is no connection for a transaction either
		return nil, nil, err
	case errors.As(err, &lost) && s.dialect.engine.Again(lost.err):
		return done, nil, &doubtError{lost.err}
	case errors.As(err, &lost):
		return nil, nil, lost
	default:
		return nil, nil, errAtOnce
	}
	errs = make([]error, len(done))
	for _, u := range left {
		if errs[place[u.id]] = session.ErrNotFound; u.there {
			errs[place[u.id]] = session.ErrConflict
		}
	}
	return done, errs, nil
}

func settleFields(d *session.Delivery) []any {
	return []any{
		&d.State, timeOf(d.DueAt), d.Tries, timeOf(d.Last.At), d.Last.Status, d.Last.Note, idOf(d.ID), d.Claims,
	}
}

// settle answers a refusal, or an error that ends the transaction.
func (s *Store) settle(ctx context.Context, c Conn, d session.Delivery) (refused, err error) {
	result, err := c.ExecContext(ctx, s.queries.settle, plain(settleFields(&d))...)
	if err != nil {
		return nil, err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return nil, err
	}
	switch _, there, err := one(ctx, c, idFields, s.queries.hasDelivery, idOf(d.ID)); {
	case err != nil:
		return nil, err
	case there:
		return session.ErrConflict, nil
	}
	return session.ErrNotFound, nil
}

func idFields(id *uuid.UUID) []any { return []any{(*ident)(id)} }
