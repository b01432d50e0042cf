package session

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Settle does all that is due now, again until nothing is, and says how much it did: expiries, the decider's turns, erasures and
// deliveries, each delivery in the order of events. With a clock that is moved by hand it is all that a test needs; a server uses
// [Engine.Run].
func (e *Engine) Settle(ctx context.Context) (int, error) {
	for total := 0; ; {
		swept, jobs, _, err := e.sweep(ctx, sweepBatch)
		if err != nil {
			return total, err
		}
		for _, j := range jobs {
			e.run(ctx, j)
		}
		queues, _, err := e.claim(ctx, sweepBatch, nil)
		if err != nil {
			return total, err
		}
		sent := 0
		for _, q := range queues {
			e.send(ctx, q)
			sent += len(q)
		}
		if total += swept + sent; swept+sent == 0 {
			return total, ctx.Err()
		}
	}
}

const (
	// pollEvery is how long Run sleeps at most, because other processes write to the same store.
	pollEvery = 500 * time.Millisecond
	// jobsAtOnce bounds deciders and erasures, sendsAtOnce deliveries, in one Run.
	jobsAtOnce  = 64
	sendsAtOnce = 32
	// sendsPerEndpoint keeps one slow receiver from taking all of them.
	sendsPerEndpoint = 8
)

// Run does what falls due, within a second, until ctx ends; then it finishes what it has begun, and returns nil. Any
// number of processes may run at once on one store. What fails is logged to [Config.Log] and tried again.
func (e *Engine) Run(ctx context.Context) error {
	r := &runner{e: e, free: make(chan struct{}, 1), sending: map[uuid.UUID]int{}}
	// What was begun is finished, also when ctx has ended.
	work := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		next := r.sweep(ctx, work)
		if due := r.relay(ctx, work); !due.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
		r.sleep(ctx, next)
	}
	r.all.Wait()
	return nil
}

// runner is the state of one Run.
type runner struct {
	e    *Engine
	all  sync.WaitGroup
	free chan struct{} // something ended

	mu      sync.Mutex
	jobs    int
	sends   int
	sending map[uuid.UUID]int // by endpoint
}

// sweep begins what is due, as far as there is room, and says when to come again.
func (r *runner) sweep(ctx, work context.Context) time.Time {
	r.mu.Lock()
	room := jobsAtOnce - r.jobs
	r.mu.Unlock()
	if room <= 0 {
		return time.Time{}
	}
	done, jobs, next, err := r.e.sweep(ctx, min(room, sweepBatch))
	if err != nil {
		r.failed(ctx, "sweep", err)
		return time.Time{}
	}
	for _, j := range jobs {
		r.begin(func() { r.e.run(work, j) }, func(n int) { r.jobs += n })
	}
	if done > 0 {
		return r.e.now()
	}
	return r.notNow(next)
}

// relay begins the deliveries that are due, as far as there is room, and says when to come again.
func (r *runner) relay(ctx, work context.Context) time.Time {
	r.mu.Lock()
	room := sendsAtOnce - r.sends
	var busy []uuid.UUID
	for ep, n := range r.sending {
		if n >= sendsPerEndpoint {
			busy = append(busy, ep)
		}
	}
	r.mu.Unlock()
	if room <= 0 {
		return time.Time{}
	}
	queues, next, err := r.e.claim(ctx, min(room, sendsPerEndpoint), busy)
	if err != nil {
		r.failed(ctx, "relay", err)
		return time.Time{}
	}
	for _, q := range queues {
		r.begin(func() { r.e.send(work, q) }, func(n int) {
			r.sends += n * len(q)
			if r.sending[q[0].Endpoint] += n * len(q); r.sending[q[0].Endpoint] == 0 {
				delete(r.sending, q[0].Endpoint)
			}
		})
	}
	if len(queues) > 0 {
		return r.e.now()
	}
	if len(busy) > 0 {
		return time.Time{} // what is due may be theirs; the end of a sending wakes us
	}
	return r.notNow(next)
}

// notNow keeps Run from spinning over what is due and held by another process.
func (r *runner) notNow(next time.Time) time.Time {
	if soon := r.e.now().Add(20 * time.Millisecond); !next.IsZero() && next.Before(soon) {
		return soon
	}
	return next
}

// begin runs f, counted by count.
func (r *runner) begin(f func(), count func(n int)) {
	r.mu.Lock()
	count(1)
	r.mu.Unlock()
	r.all.Go(func() {
		f()
		r.mu.Lock()
		count(-1)
		r.mu.Unlock()
		select {
		case r.free <- struct{}{}:
		default:
		}
	})
}

// sleep waits until next, but not for long, or until something happens.
func (r *runner) sleep(ctx context.Context, next time.Time) {
	wait := pollEvery
	if !next.IsZero() {
		wait = min(max(next.Sub(r.e.now()), 0), pollEvery)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-r.free:
	case <-r.e.cfg.wake:
	}
}

func (r *runner) failed(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		r.e.cfg.Log.ErrorContext(ctx, "the "+what+" failed", "error", err)
	}
}
