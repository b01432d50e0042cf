package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// Sweep ticks due sessions in one transaction. When nothing is due, it looks into one index and takes no
// lock. A change of tick's that is refused is not counted, and no error.
func (s *Store) Sweep(ctx context.Context, now time.Time, n int,
	tick func(session.Session) (session.Change, bool)) (done int, next time.Time, err error) {
	if err := ctx.Err(); err != nil {
		return 0, time.Time{}, s.wrap("sweep", err)
	}
	next, err = s.glanceNext(ctx, s.queries.nextSession)
	if err != nil || next.IsZero() || next.After(now) || n <= 0 {
		return 0, next, s.wrap("sweep", err)
	}
	if done, err = s.sweep(ctx, now, n, tick); err != nil {
		return done, time.Time{}, err
	}
	next, err = s.glanceNext(context.WithoutCancel(ctx), s.queries.nextSession)
	return done, next, s.wrap("sweep", err)
}

func (s *Store) sweep(ctx context.Context, now time.Time, n int,
	tick func(session.Session) (session.Change, bool)) (done int, err error) {
	var changes []session.Change
	var errs []error
	err = s.write(ctx, func(ctx context.Context, c Conn) error {
		changes = nil
		due, err := rows(ctx, c, sessionFields, s.queries.dueSessions, timeOf(now), n)
		if err != nil {
			return err
		}
		for _, row := range due {
			if change, ok := tick(row); ok {
				changes = append(changes, change)
			}
		}
		errs, _, err = s.judgeAndWrite(ctx, c, changes, nil, false, due)
		return s.together(len(changes), err)
	})
	switch lost := new(commitError); {
	case errors.As(err, &lost):
		errs, err = s.findOut(ctx, changes, errs, lost), nil
	case errors.As(err, new(*apartError)):
		// Or one bad change would hold up the others for ever.
		errs, err = s.applyBegun(ctx, changes), nil
	case err != nil:
		return 0, s.wrap("sweep", err)
	}
	for _, failed := range errs {
		if failed == nil {
			done++
		} else if err == nil && !refused(failed) {
			err = failed
		}
	}
	return done, err
}

// applyBegun does changes that were begun, so that ctx can end them no more.
func (s *Store) applyBegun(ctx context.Context, changes []session.Change) []error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	return s.changes.insist(ctx, s, s.prepare(changes), s.applyQueued)
}

// refused reports whether the error is about the change, not about the database.
func refused(err error) bool {
	return errors.Is(err, session.ErrConflict) || errors.Is(err, session.ErrExists) ||
		errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrLimited)
}

// next asks for the earliest alarm; zero when there is none.
func (s *Store) glanceNext(ctx context.Context, query string) (at time.Time, err error) {
	err = s.glance(ctx, func(ctx context.Context, c Conn) (err error) {
		at, err = s.next(ctx, c, query)
		return err
	})
	return at, err
}

func (s *Store) next(ctx context.Context, c Conn, query string) (time.Time, error) {
	at, _, err := one(ctx, c, timeFields, query)
	return at, err
}

func timeFields(t *time.Time) []any { return []any{(*stamp)(t)} }
