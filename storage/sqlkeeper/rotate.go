package sqlkeeper

import (
	"context"
	"database/sql"
	"errors"

	"github.com/bonafide-idv/bonafide/session"
)

// batchSize is how many rows are wrapped anew in one transaction.
const batchSize = 500

// Rotate makes master the database's master key: it wraps each live key anew, batch by batch, while Make, Open
// and Destroy go on, here and in other processes. When it returns nil, the master key that the database had
// before opens no row of it any more, and on SQLite nothing of its log. On PostgreSQL the log and dead rows go on
// to hold what it opens, so destroy it then. Until Rotate has returned nil the database needs both. What is
// destroyed stays destroyed.
//
// It may be interrupted at any point, by the end of ctx, an error or a crash, and nothing is lost: called
// again, in whatever process, it goes on. When master is the database's master key already there is nothing to
// do, so a host may call it at each start. A change to some other master key that was interrupted is finished
// first.
//
// Other processes go on with the new master key if it was among those given to their [New]; otherwise they open
// only what they still can, make no new keys, and say so with an error that wraps [session.ErrKeeper]. So of
// several processes start all with the new and the previous master key, and then call Rotate in one of them. One that was
// not given the database's master key answers such an error too, and changes nothing.
func (k *Keeper) Rotate(ctx context.Context, master session.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m, err := k.take(master)
	if err != nil {
		return err
	}
	select {
	case k.rotating <- struct{}{}:
		defer func() { <-k.rotating }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		if err := k.finish(ctx); err != nil {
			return wrap(ctx, "replacing the master key", err)
		}
		if done, err := k.begin(ctx, m); done || err != nil {
			return wrap(ctx, "replacing the master key", err)
		}
	}
}

// begin records that m replaces the database's master key. From here on m wraps all new keys. Done says that it
// is the database's master key already.
func (k *Keeper) begin(ctx context.Context, m masterKey) (done bool, err error) {
	err = k.alone(ctx, func(ctx context.Context, c *sql.Conn) error {
		return k.write(ctx, c, func(ctx context.Context, c conn) error {
			u, err := readInUse(ctx, c, k.queries.locked)
			if err != nil {
				return err
			}
			if done = u.previous == (masterName{}) && u.current == m.name; done || u.previous != (masterName{}) {
				return nil // in the second case another process came first
			}
			if _, err := k.given(u.current); err != nil {
				return err // who cannot finish the change must not begin it
			}
			_, err = c.ExecContext(ctx, k.queries.begin, m.name[:])
			return err
		})
	})
	return done, err
}

// finish brings a change of the master key to its end, if one was begun: by this process, by another, or before
// a crash.
func (k *Keeper) finish(ctx context.Context) error {
	u, err := k.inUse(ctx)
	if err != nil || u.previous == (masterName{}) {
		return err
	}
	now, err := k.given(u.current)
	if err != nil {
		return err
	}
	before, err := k.given(u.previous)
	if err != nil {
		return err
	}
	for last, more := int64(0), true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if last, more, err = k.wrapAnew(ctx, last, now, before); err != nil {
			return err
		}
	}
	return k.alone(ctx, func(ctx context.Context, c *sql.Conn) error {
		if err := k.scrub(ctx, c); err != nil {
			return err
		}
		return k.write(ctx, c, func(ctx context.Context, c conn) error {
			_, err := c.ExecContext(ctx, k.queries.end, now.name[:], before.name[:])
			return err
		})
	})
}

// wrapAnew wraps the keys of a batch of rows after the row last, and gives the last of them. What does not open
// stays as it is. It does nothing when another process has ended this change: it may have begun the opposite
// one.
func (k *Keeper) wrapAnew(
	ctx context.Context, last int64, now, before masterKey,
) (_ int64, more bool, err error) {
	err = k.alone(ctx, func(ctx context.Context, c *sql.Conn) error {
		return k.write(ctx, c, func(ctx context.Context, c conn) error {
			u, err := readInUse(ctx, c, k.queries.shared)
			if more = false; err != nil || u != (inUse{now.name, before.name}) {
				return err
			}
			batch, err := k.readBatch(ctx, c, last, before.name)
			more = len(batch) == batchSize
			for _, b := range batch {
				last = b.n
				if key, ok := before.unwrap(b.row); err == nil && ok {
					w := now.wrap(b.row, key)
					_, err = c.ExecContext(ctx, k.queries.replace, w.master[:], w.nonce[:], w.wrapped[:], b.n, before.name[:])
				}
			}
			return err
		})
	})
	return last, more, err
}

type numbered struct {
	n   int64
	row row
}

func (k *Keeper) readBatch(
	ctx context.Context, c conn, last int64, master masterName,
) (batch []numbered, err error) {
	rows, err := c.QueryContext(ctx, k.queries.batch, last, master[:], batchSize)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		n, r, err := scanRow(rows.Scan)
		if err != nil && !errors.Is(err, errRow) {
			return nil, err
		}
		batch = append(batch, numbered{n, r}) // one of zeros, where the row is damaged, does not open
	}
	return batch, rows.Err()
}
