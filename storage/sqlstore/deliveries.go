package sqlstore

import (
	"context"
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
	next, err = s.next(ctx, s.conn(), s.queries.nextDelivery)
	if err != nil || next.IsZero() || next.After(now) || n <= 0 {
		return nil, next, s.wrap("claim", err)
	}
	first, err := s.claimable(ctx, s.conn(), next, now, 1, except)
	if err != nil || len(first) == 0 {
		return nil, next, s.wrap("claim", err)
	}
	err = s.write(ctx, func(ctx context.Context, c Conn) (err error) {
		if claimed, err = s.claimable(ctx, c, first[0].DueAt, now, n, except); err != nil {
			return err
		}
		for i := range claimed {
			d := &claimed[i]
			d.Claims, d.DueAt = d.Claims+1, until
			if _, err := c.ExecContext(ctx, s.queries.claim, &d.Claims, timeOf(until), idOf(d.ID)); err != nil {
				return err
			}
		}
		if next, err = s.nextUnclaimed(ctx, c, claimed); err == nil && len(claimed) == 0 {
			return errNothing
		}
		return err
	})
	if err != nil {
		return nil, time.Time{}, s.wrap("claim", err)
	}
	return claimed, next, nil
}

// claimable finds what is due, from a time on, goes first, and is for none of the endpoints in except.
func (s *Store) claimable(ctx context.Context, c Conn, from, now time.Time, n int, except []uuid.UUID) ([]session.Delivery, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	query, args := s.queries.due, []any{timeOf(from), timeOf(now)}
	if len(except) > 0 {
		query, args = query+s.queries.exceptFor, append(args, bytesOf(except))
	}
	query, args, err := sqlx.In(query+s.queries.earliestFirst, append(args, timeOf(now), n)...)
	if err != nil {
		return nil, err
	}
	return rows(ctx, c, deliveryFields, sqlx.Rebind(s.dialect.engine.Bind, query), args...)
}

// waiting is a pending delivery, as the index has it.
type waiting struct {
	id uuid.UUID
	at time.Time
}

func waitingFields(w *waiting) []any { return []any{(*ident)(&w.id), (*stamp)(&w.at)} }

// nextUnclaimed is when the earliest delivery is due that is not among the claimed, which wait now too.
func (s *Store) nextUnclaimed(ctx context.Context, c Conn, claimed []session.Delivery) (time.Time, error) {
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
// transaction, as changes do.
func (s *Store) Settle(ctx context.Context, done ...session.Delivery) []error {
	if len(done) == 0 {
		return nil
	}
	if s.tx == nil {
		return outcomes(insist(ctx, s, s.settled, done))
	}
	return outcomes(transaction[session.Delivery](s.settleTogether).alone(ctx, done))
}

// settleTogether takes deliveries once its transaction is open, and answers a refusal for each, or one error for all.
func (s *Store) settleTogether(ctx context.Context, take func() []session.Delivery) ([]error, error) {
	var errs []error
	err := s.writeOnce(ctx, func(ctx context.Context, c Conn) (err error) {
		done := take()
		errs = make([]error, len(done))
		for i := range done {
			if errs[i], err = s.settle(ctx, c, done[i]); err != nil {
				return s.together(len(done), &statementError{err})
			}
		}
		if len(done) == 0 {
			return errNothing
		}
		return nil
	})
	return errs, s.wrap("settle", err)
}

// settle answers a refusal, or an error that ends the transaction.
func (s *Store) settle(ctx context.Context, c Conn, d session.Delivery) (refused, err error) {
	result, err := c.ExecContext(ctx, s.queries.settle, &d.State, timeOf(d.DueAt), d.Tries,
		timeOf(d.Last.At), d.Last.Status, d.Last.Note, idOf(d.ID), d.Claims)
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
