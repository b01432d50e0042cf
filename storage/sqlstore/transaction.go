package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/internal/engine"
)

// commitError is a COMMIT that failed: what was written may be there or not.
type commitError struct{ err error }

func (e *commitError) Error() string { return "commit: " + e.err.Error() }

// errNothing, answered by the work of a transaction, ends it without a commit and without an error.
var errNothing = errors.New("sqlstore: nothing to write")

// write runs work in a transaction that nobody writes beside: in the host's, which it leaves open, or in
// one of its own. Until that is begun ctx can end it; from then on the caller waits for its outcome. While others are in
// the way, or the connection is lost before the commit, it is run again, each time as if for the first.
func (s *Store) write(ctx context.Context, work func(context.Context, Conn) error) error {
	if s.tx != nil {
		return s.join(ctx, work)
	}
	return s.again(ctx, func() error { return s.writeOnce(ctx, work) })
}

// again runs a transaction until it is done, or fails for another reason than that others were in the way or that the
// connection was lost, or ctx ends.
func (s *Store) again(ctx context.Context, once func() error) error {
	waiting, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(2*wait, maxWait) {
		err := once()
		if err == nil || !s.dialect.engine.Again(err) || errors.As(err, new(*commitError)) {
			return err
		}
		if !engine.Pause(waiting, jittered(wait)) {
			return errors.Join(ctx.Err(), err)
		}
	}
}

// maxWait is how long a transaction waits at most until it is run again.
const maxWait = 100 * time.Millisecond

// jittered is a wait that is not the same for all who wait.
func jittered(wait time.Duration) time.Duration { return wait/2 + rand.N(wait) }

// writeOnce is write that does not run work again.
func (s *Store) writeOnce(ctx context.Context, work func(context.Context, Conn) error) error {
	if s.tx != nil {
		return s.join(ctx, work)
	}
	if s.turn != nil {
		select {
		case s.turn <- struct{}{}:
			defer func() { <-s.turn }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	conn, err := s.begin(ctx, s.dialect.write)
	if err != nil {
		return err
	}
	own, cancel := s.own(ctx)
	defer cancel()
	open := true
	defer func() { s.end(own, conn, open) }() // also when work panics
	if err := work(own, conn); err != nil {
		if errors.Is(err, errNothing) {
			return nil
		}
		return err
	}
	err = s.commit(own, conn)
	switch {
	case err == nil:
		open = false
		return nil
	case s.dialect.engine.Busy(err) && !s.dialect.engine.Recommits:
		return err // the database has rolled it back
	}
	return &commitError{err}
}

// join runs work in the host's transaction.
func (s *Store) join(ctx context.Context, work func(context.Context, Conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own, cancel := s.own(ctx)
	defer cancel()
	if err := work(own, s.tx); !errors.Is(err, errNothing) {
		return err
	}
	return nil
}

// errTaken is the answer of add for an id that is there.
var errTaken = errors.New("sqlstore: an id is taken")

// add adds a row, by a statement that does nothing where one of its ids is taken.
func add(ctx context.Context, c Conn, statement string, fields ...any) error {
	result, err := c.ExecContext(ctx, statement, fields...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return errTaken
}

// undoable runs work, and when that answers errTaken, undoes what it wrote: the transaction goes on. After any
// other error the transaction must be rolled back.
func undoable(ctx context.Context, c Conn, work func() error) error {
	if _, err := c.ExecContext(ctx, "SAVEPOINT bonafide"); err != nil {
		return err
	}
	taken := work()
	if errors.Is(taken, errTaken) {
		if _, err := c.ExecContext(ctx, "ROLLBACK TO SAVEPOINT bonafide"); err != nil {
			return err
		}
	} else if taken != nil {
		return taken
	}
	_, err := c.ExecContext(ctx, "RELEASE SAVEPOINT bonafide")
	return cmp.Or(err, taken)
}

// own is the context of what was begun, which a caller can not end.
func (s *Store) own(ctx context.Context) (context.Context, context.CancelFunc) {
	// A context that never ends saves the driver a goroutine for each statement: a third of the time.
	return s.bounded(context.WithoutCancel(ctx))
}

// bounded is ctx where statements always end, and elsewhere one that ends in any case.
func (s *Store) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.dialect.engine.Remote {
		return context.WithTimeout(ctx, bound)
	}
	return ctx, func() {}
}

// read runs work in a transaction that sees one instant.
func (s *Store) read(ctx context.Context, work func(context.Context, Conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.tx != nil {
		return s.join(ctx, work)
	}
	return s.again(ctx, func() error { return s.readOnce(ctx, work) })
}

func (s *Store) readOnce(ctx context.Context, work func(context.Context, Conn) error) error {
	conn, err := s.begin(ctx, s.dialect.read)
	if err != nil {
		return err
	}
	ending, cancel := s.own(ctx)
	defer cancel()
	defer s.end(ending, conn, true)
	ctx, cancel = s.bounded(ctx)
	defer cancel()
	return work(ctx, conn)
}

// glance runs work, which is a single statement that reads, and runs it again as a transaction is.
func (s *Store) glance(ctx context.Context, work func(context.Context, Conn) error) error {
	once := func() error {
		ctx, cancel := s.bounded(ctx)
		defer cancel()
		return work(ctx, s.conn())
	}
	if s.tx != nil {
		return once()
	}
	return s.again(ctx, once)
}

// conn is what a single statement that reads is run on.
func (s *Store) conn() Conn {
	if s.tx != nil {
		return s.tx
	}
	return s.db
}

// begin takes a connection and opens a transaction on it, and tries again while others are in the way.
func (s *Store) begin(ctx context.Context, how string) (*sql.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	conn, err := s.db.Conn(waiting)
	if err != nil {
		return nil, cmp.Or(ctx.Err(), err)
	}
	for {
		_, err := conn.ExecContext(waiting, how)
		if err == nil {
			return conn, nil
		}
		if !s.dialect.engine.Busy(err) || !engine.Pause(waiting, time.Millisecond) {
			s.end(context.WithoutCancel(ctx), conn, true) // it may have been opened as ctx ended
			return nil, cmp.Or(ctx.Err(), err)
		}
	}
}

// commit tries again while a reader is in the way, as it can be without write-ahead logging.
func (s *Store) commit(ctx context.Context, conn *sql.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	for {
		_, err := conn.ExecContext(ctx, "COMMIT")
		if err == nil || !s.dialect.engine.Recommits || !s.dialect.engine.Busy(err) ||
			!engine.Pause(waiting, time.Millisecond) {
			return err
		}
	}
}

// end gives the connection back, and throws it away when its transaction can not be ended.
func (s *Store) end(ctx context.Context, conn *sql.Conn, open bool) {
	if open {
		if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil && !s.dialect.engine.Idle(err) {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
	}
	_ = conn.Close()
}

// wrap says what was tried, and what of an error the caller has to know.
func (s *Store) wrap(what string, err error) error {
	lost := new(commitError)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lost):
		err = fmt.Errorf("%w: %w", session.ErrUnknown, lost.err)
	case s.tx != nil && s.dialect.engine.Busy(err):
		err = fmt.Errorf("%w: %w", session.ErrRetry, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", what, err)
}
