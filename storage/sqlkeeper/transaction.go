package sqlkeeper

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/bonafide-idv/bonafide/storage/internal/engine"
)

// bound is how long a transaction may take, and how long one waits for its turn.
const bound = 10 * time.Second

// alone runs work on a connection that has the settings of one that writes, while no other of this Keeper
// writes. Until work begins ctx can end it; from then on the caller waits for its outcome.
func (k *Keeper) alone(ctx context.Context, work func(context.Context, *sql.Conn) error) error {
	if k.turn != nil {
		select {
		case k.turn <- struct{}{}:
			defer func() { <-k.turn }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	waiting, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	c, err := k.db.Conn(waiting)
	if err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	defer func() { _ = c.Close() }()
	for _, setting := range k.dialect.settings {
		if _, err := c.ExecContext(waiting, setting); err != nil {
			return cmp.Or(ctx.Err(), err)
		}
	}
	return work(ctx, c)
}

// write runs work in a transaction of the connection.
func (k *Keeper) write(ctx context.Context, c *sql.Conn, work func(context.Context, conn) error) error {
	err := patiently(ctx, k.dialect, func() error {
		_, err := c.ExecContext(ctx, k.dialect.begin)
		return err
	})
	own, cancel := k.own(ctx)
	defer cancel()
	open := true
	defer func() { // also when work panics, or ctx ended while the transaction was begun
		if open {
			k.undo(own, c)
		}
	}()
	if err != nil {
		return err
	}
	if err := work(own, c); err != nil {
		return err
	}
	err = patiently(own, k.dialect, func() error {
		_, err := c.ExecContext(own, "COMMIT")
		return err
	})
	open = err != nil
	return err
}

// undo ends a transaction, and throws the connection away when that cannot be done.
func (k *Keeper) undo(ctx context.Context, c *sql.Conn) {
	if _, err := c.ExecContext(ctx, "ROLLBACK"); err != nil && !k.dialect.engine.Idle(err) {
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// own is the context of what was begun, which a caller cannot end.
func (k *Keeper) own(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = context.WithoutCancel(ctx)
	if k.dialect.engine.Remote {
		return context.WithTimeout(ctx, bound)
	}
	return ctx, func() {}
}

// errReaders: a reader, as a backup is one, still needs what is to be taken out of the log.
var errReaders = errors.New("a reader of the database is in the way: call again")

// scrub takes what was overwritten out of the database's log, where the dialect can.
func (k *Keeper) scrub(ctx context.Context, c *sql.Conn) error {
	if k.dialect.scrub == "" {
		return nil
	}
	return patiently(ctx, k.dialect, func() error {
		var busy, pages, done int
		err := c.QueryRowContext(ctx, k.dialect.scrub).Scan(&busy, &pages, &done)
		if err == nil && busy != 0 {
			err = errReaders
		}
		return err
	})
}

// patiently tries again while others are in the way.
func patiently(ctx context.Context, d Dialect, try func() error) error {
	return whilePassing(ctx, time.Millisecond, func(err error) bool { return d.engine.Busy(err) || errors.Is(err, errReaders) }, try)
}

// anew tries again also while the database is away: what is done on whatever connection, and does no harm when it is done
// twice.
func anew(ctx context.Context, d Dialect, try func() error) error {
	return whilePassing(ctx, 20*time.Millisecond, d.engine.Again, try)
}

// whilePassing tries again after a while, as long as what is wrong passes by itself.
func whilePassing(ctx context.Context, wait time.Duration, passes func(error) bool, try func() error) error {
	waiting, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		if !passes(err) || !engine.Pause(waiting, wait) {
			return cmp.Or(ctx.Err(), err)
		}
	}
}
