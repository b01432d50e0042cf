package sqlstore

import (
	"context"
	"errors"
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// apartError is why several things could not be written together, though some of them may be by themselves: a statement
// of one of them failed, or others were in the way who want the same in another order. Nothing was written.
type apartError struct{ error }

func (e *apartError) Unwrap() error { return e.error }

// together is what an error of a transaction means for those who share it.
func (s *Store) together(things int, err error) error {
	if err != nil && things > 1 && s.tx == nil && (errors.As(err, new(*statementError)) || s.dialect.engine.Again(err)) {
		return &apartError{err}
	}
	return err
}

// transaction writes what it takes of things once it has a connection. It answers what became of each, or one error for
// all, which then have no effect.
type transaction[T any] func(ctx context.Context, from things[T]) ([]error, error)

// things are what a transaction is to write.
type things[T any] interface {
	// take gives what one transaction holds. Whose ctx ends after that has to wait.
	take() []T
	// giveBack undoes take: nothing was begun.
	giveBack()
}

// fixed are things that were taken already.
type fixed[T any] []T

func (f fixed[T]) take() []T { return f }
func (f fixed[T]) giveBack() {}

// watched are things of which one knows which were taken.
type watched[T any] struct {
	things[T]
	taken []T
}

func (w *watched[T]) take() []T {
	w.taken = w.things.take()
	return w.taken
}

// orApart is the same transaction, but what fails together it writes apart.
func (write transaction[T]) orApart(ctx context.Context, from things[T]) ([]error, error) {
	w := &watched[T]{things: from}
	errs, err := write(ctx, w)
	if errors.As(err, new(*apartError)) {
		return write.apart(ctx, w.taken), nil
	}
	return errs, err
}

// apart writes what failed together by halves, down to the one that fails, so that none falls with another. All of it was
// begun, so that ctx can end it no more.
func (write transaction[T]) apart(ctx context.Context, things []T) []error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	return write.halves(ctx, things)
}

func (write transaction[T]) halves(ctx context.Context, things []T) (errs []error) {
	half := len(things) / 2
	for _, part := range [][]T{things[:half], things[half:]} {
		became, err := write(ctx, fixed[T](part))
		switch {
		case errors.As(err, new(*apartError)):
			became = write.halves(ctx, part)
		case err != nil:
			became = slices.Repeat([]error{err}, len(part))
		}
		errs = append(errs, became...)
	}
	return errs
}

// alone writes one caller's things, who waits for nobody.
func (write transaction[T]) alone(ctx context.Context, things []T) []error {
	errs, err := write(ctx, fixed[T](things))
	if err != nil {
		return slices.Repeat([]error{err}, len(things))
	}
	return errs
}

// insist does one caller's things in a group, and does again, until ctx ends or 10 seconds have passed, what only failed
// because others were in the way or the connection was lost. What comes after that, and was refused, is done again too,
// as it may have needed it. Who needs a lock that somebody holds waits for it by himself, and holds up no others.
func (g *group[T]) insist(ctx context.Context, s *Store, things []T, alone transaction[T]) []error {
	passing := func(err error) bool {
		return err != nil && s.dialect.engine.Again(err) && !errors.Is(err, session.ErrUnknown)
	}
	var errs []error
	first := 0
	err := s.again(ctx, func() error {
		switch {
		case errs == nil:
			errs = g.do(ctx, things)
		case s.dialect.engine.Blocked(errs[first]):
			redo(things[first:], errs[first:], func(again []T) []error { return alone.each(ctx, again) })
		default:
			redo(things[first:], errs[first:], func(again []T) []error { return g.do(ctx, again) })
		}
		if first = slices.IndexFunc(errs, passing); first >= 0 {
			return errs[first]
		}
		return nil
	})
	for i := range errs {
		if passing(errs[i]) {
			errs[i] = err
		}
	}
	return errs
}

// redo does again what has an error, unless it may be done.
func redo[T any](things []T, errs []error, do func([]T) []error) {
	var again []T
	var places []int
	for i, err := range errs {
		if err != nil && !errors.Is(err, session.ErrUnknown) {
			again, places = append(again, things[i]), append(places, i)
		}
	}
	for i, err := range do(again) {
		errs[places[i]] = err
	}
}

// each writes one thing after another, each by itself.
func (write transaction[T]) each(ctx context.Context, things []T) (errs []error) {
	for i := range things {
		errs = append(errs, write.alone(ctx, things[i:i+1])...)
	}
	return errs
}

// outcomes is what a call answers: nil when all is done.
func outcomes(errs []error) []error {
	if slices.IndexFunc(errs, func(err error) bool { return err != nil }) < 0 {
		return nil
	}
	return errs
}
