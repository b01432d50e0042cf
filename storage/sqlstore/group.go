package sqlstore

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
)

const (
	// groupMost is how many things one transaction of a group holds, unless one caller brings more.
	groupMost = 128
	// groupYields lets those who were answered a moment ago bring the next thing, before the next transaction
	// begins: without it the first of them goes alone, while the others wait for its commit. It costs
	// nothing when nobody else is there.
	groupYields = 3
)

// group lets callers share a transaction: who comes while one is under way waits in a queue, and the next one serves
// as much of the queue as it holds. The first who comes leads: it runs the transaction for all. Each caller
// has outcomes of its own.
//
// A caller's ctx can end its waiting and nothing else: not a transaction that has begun, and no other caller's waiting.
type group[T any] struct {
	write transaction[T]

	mu    sync.Mutex
	queue []*call[T]
	led   bool // somebody leads
}

// newGroup makes a group of those who write alike. What fails together is done apart.
func newGroup[T any](write transaction[T]) *group[T] { return &group[T]{write: write.orApart} }

// call is one caller's part of a group.
type call[T any] struct {
	things []T
	early  bool // it waited already when the transaction was asked for
	errs   []error
	broken string        // what panicked
	done   chan struct{} // closed when there is an outcome
}

// do answers an error for each of the things.
func (g *group[T]) do(ctx context.Context, things []T) []error {
	if err := ctx.Err(); err != nil {
		return slices.Repeat([]error{err}, len(things))
	}
	c := &call[T]{things: things, done: make(chan struct{})}
	if g.enter(c) {
		g.lead(ctx)
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if g.leave(c) {
			return slices.Repeat([]error{ctx.Err()}, len(things))
		}
		<-c.done
	}
	if c.broken != "" {
		panic(c.broken)
	}
	return c.errs
}

// enter joins the queue, and says whether the caller has to lead.
func (g *group[T]) enter(c *call[T]) (leads bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = append(g.queue, c)
	leads, g.led = !g.led, true
	return leads
}

// leave leaves the queue, unless a transaction has begun that serves the caller.
func (g *group[T]) leave(c *call[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.queue, c)
	if i >= 0 {
		g.queue = slices.Delete(g.queue, i, i+1)
	}
	return i >= 0
}

// lead runs one transaction, and lets another goroutine run the next one: who leads has to go on too.
func (g *group[T]) lead(ctx context.Context) {
	defer g.handOver()
	for range groupYields {
		runtime.Gosched()
	}
	g.mu.Lock()
	for _, c := range g.queue {
		c.early = true
	}
	g.mu.Unlock()

	t := &turn[T]{group: g}
	defer func() {
		if p := recover(); p != nil {
			t.finish(ctx, nil, nil, fmt.Sprintf("%v\n\n%s", p, debug.Stack()))
		}
	}()
	errs, err := g.write(ctx, t)
	t.finish(ctx, errs, err, "")
}

// turn is one transaction of a group.
type turn[T any] struct {
	*group[T]
	calls []*call[T] // that it serves
}

// take takes from the front of the queue what one transaction holds.
func (t *turn[T]) take() (all []T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls, things := 0, 0
	for _, c := range t.queue {
		if things += len(c.things); calls > 0 && things > groupMost {
			break
		}
		calls++
	}
	t.calls = slices.Clone(t.queue[:calls])
	t.queue = slices.Delete(t.queue, 0, calls)
	all = make([]T, 0, things)
	for _, c := range t.calls {
		all = append(all, c.things...)
	}
	return all
}

func (t *turn[T]) giveBack() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = append(t.calls, t.queue...)
	t.calls = nil
}

// finish gives each caller its own outcomes: of errs, or one for all. What could not even be begun is the end of those
// who have waited as long as that, unless it was the leader's ctx that ended, who leaves by himself.
func (t *turn[T]) finish(ctx context.Context, errs []error, err error, broken string) {
	if t.calls == nil && (broken != "" || err != nil && ctx.Err() == nil) {
		t.calls = t.takeEarly()
	}
	for _, c := range t.calls {
		if c.broken = broken; broken == "" && err == nil {
			c.errs, errs = errs[:len(c.things)], errs[len(c.things):]
		} else {
			c.errs = slices.Repeat([]error{err}, len(c.things))
		}
		close(c.done)
	}
}

// takeEarly takes those who waited as long as the transaction that could not be begun.
func (g *group[T]) takeEarly() (taken []*call[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = slices.DeleteFunc(g.queue, func(c *call[T]) bool {
		if c.early {
			taken = append(taken, c)
		}
		return c.early
	})
	return taken
}

func (g *group[T]) handOver() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.led = len(g.queue) > 0; g.led {
		go g.lead(context.Background())
	}
}
