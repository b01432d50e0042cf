package measure

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Repeat is the side of one goroutine that does one thing over and over.
func Repeat(work func() error) Side {
	return Loop(func(n int) error {
		for range n {
			if err := work(); err != nil {
				return err
			}
		}
		return nil
	})
}

// Loop is Repeat for work of so few nanoseconds that it has to have its own loop: it does n pieces of work each time. The
// clock is looked at so seldom that the looking costs nothing.
func Loop(work func(n int) error) Side {
	batch := 1
	return func(ctx context.Context, length time.Duration) (t Turn, err error) {
		begun := time.Now()
		for t.Took < length {
			before := t.Took
			if err := work(batch); err != nil {
				return t, err
			}
			t.Done += batch
			if t.Took = time.Since(begun); t.Took-before < length/200 {
				batch *= 2
			}
			if err := ctx.Err(); err != nil {
				return t, err
			}
		}
		return t, nil
	}
}

// Crowd is the side of n goroutines, each of which does the work of its number over and over.
func Crowd(n int, work func(ctx context.Context, who int) error) Side {
	return func(ctx context.Context, length time.Duration) (Turn, error) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		var done atomic.Int64
		var all sync.WaitGroup
		begun := time.Now()
		for who := range n {
			all.Go(func() {
				count := 0
				for time.Since(begun) < length && ctx.Err() == nil {
					if err := work(ctx, who); err != nil {
						cancel(err)
						return
					}
					count++
				}
				done.Add(int64(count))
			})
		}
		all.Wait()
		return Turn{int(done.Load()), time.Since(begun)}, context.Cause(ctx)
	}
}

// Counted is the side that does one thing once and says how many pieces of work that was.
func Counted(work func(ctx context.Context) (int, error)) Side {
	return func(ctx context.Context, _ time.Duration) (Turn, error) {
		begun := time.Now()
		done, err := work(ctx)
		return Turn{done, time.Since(begun)}, err
	}
}

// Prepared is a side that is made ready before its clock starts.
func Prepared(prepare func(context.Context) error, side Side) Side {
	return func(ctx context.Context, length time.Duration) (Turn, error) {
		if err := prepare(ctx); err != nil {
			return Turn{}, err
		}
		return side(ctx, length)
	}
}

// Tally is how much a side did, in all its turns. Count makes it; it is for one goroutine.
type Tally struct{ Done int }

// Count has a tally of a side kept.
func (t *Tally) Count(side Side) Side {
	return func(ctx context.Context, length time.Duration) (Turn, error) {
		turn, err := side(ctx, length)
		t.Done += turn.Done
		return turn, err
	}
}
