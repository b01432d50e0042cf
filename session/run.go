package session

import (
	"cmp"
	"context"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Settle does all that is due now, again until nothing is, and says how much it did: expiries, the decider's
// turns, screenings, erasures and deliveries, each delivery in the order of events. With a clock that is moved by hand it
// is all that a test needs; a server uses [Engine.Run]. What fails is tried again later, and hinders nothing
// else; the first error of the store is answered in the end. On a host's transaction it answers [ErrHosted].
func (e *Engine) Settle(ctx context.Context) (int, error) {
	if e.hosted {
		return 0, ErrHosted
	}
	var failed error
	// What needs nobody else is written in batches. Then jobs are claimed one by one, so that none waits for longer
	// than it is leased, and somebody else takes it, or counts a try that nobody has made.
	look, jobs := sweepBatch, room{}
	for total := 0; ; {
		swept, err := e.sweep(ctx, look, jobs)
		for _, j := range swept.jobs {
			e.do(ctx, j)
		}
		failed = cmp.Or(failed, err)
		if swept.done == 0 && look > 1 {
			look, jobs = 1, room{EventDeciding: 1, EventScreening: 1, EventErasing: 1}
			continue
		}
		// So few that none waits for longer than it is claimed.
		claimed, _, err := e.claim(ctx, int(claimTime/sendTime), nil)
		for _, d := range claimed {
			e.send(ctx, d)
		}
		failed = cmp.Or(failed, err)
		if total += swept.done + len(claimed); swept.done+len(claimed) == 0 {
			return total, cmp.Or(failed, ctx.Err())
		}
	}
}

const (
	// pollEvery is how long Run sleeps at most, because other processes write to the same store.
	pollEvery = 500 * time.Millisecond
	// sendsAtOnce bounds what one Run sends at a time.
	sendsAtOnce = 32
	// sendsPerEndpoint keeps one slow receiver from taking all of them.
	sendsPerEndpoint = 8
	// grace is how long what was begun may go on when Run is to end.
	grace = 30 * time.Second
)

// jobsAtOnce bounds what one Run does at a time.
var jobsAtOnce = room{EventDeciding: 64, EventScreening: 32, EventErasing: 16}

// Run does what falls due, within a second, until ctx ends; then it finishes what it has begun, for which
// deciders, screeners and receivers have 30 seconds until their ctx ends, and returns nil. What waits because so many
// deciders, screenings or erasures are at work hinders nothing behind it, unless 4,000 sessions and more wait so: then
// what fell due after those is written when they are fewer, though every reader sees an expiry at once. Any number of
// processes may run at once on one store. What fails is logged to [Config.Log] and tried again; so is what panics in
// any part of the [Config]. A sweep, and likewise a claim of deliveries, that goes on failing, as while the store is away,
// is logged once a minute, and once that it works again. On a host's transaction it answers [ErrHosted].
func (e *Engine) Run(ctx context.Context) error {
	if e.hosted {
		return ErrHosted
	}
	defer e.watch()()
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r := &runner{e: e, free: make(chan struct{}, 1), jobs: maps.Clone(jobsAtOnce), sending: map[uuid.UUID]int{}}
	for ctx.Err() == nil {
		r.checkpoints(work)
		r.orphans(ctx)
		next := r.sweep(ctx, work)
		if due := r.relay(ctx, work); !due.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
		r.sleep(ctx, next)
	}
	defer time.AfterFunc(grace, cancel).Stop()
	r.all.Wait()
	return nil
}

// runner is the state of one Run.
type runner struct {
	e    *Engine
	all  sync.WaitGroup
	free chan struct{} // something ended

	checked time.Time // when checkpoints were last begun
	swept   time.Time // when a sweep of orphans was last begun
	full    bool      // the last sweep had no room for some of what is due
	far     time.Time // when a sweep last looked behind those, and found none that needs no room

	unswept, unclaimed outage // of sweeps and of claims

	mu      sync.Mutex
	checks  int
	sweeps  int
	jobs    room // for which there is room
	sends   int
	sending map[uuid.UUID]int // by endpoint
}

// checkpoints begins those of the audit log when it is time and none are being made.
func (r *runner) checkpoints(work context.Context) {
	r.mu.Lock()
	busy := r.checks > 0
	r.mu.Unlock()
	if busy || time.Since(r.checked) < checkpointEvery {
		return
	}
	r.checked = time.Now()
	r.begin(func() { r.e.checkpoints(work) }, func(n int) { r.checks += n })
}

// orphans begins to sweep them when it is time and nobody does yet. It may end anywhere, and so ends with Run.
func (r *runner) orphans(ctx context.Context) {
	r.mu.Lock()
	busy := r.sweeps > 0
	r.mu.Unlock()
	if busy || !r.swept.IsZero() && time.Since(r.swept) < orphansEvery {
		return
	}
	r.swept = time.Now()
	r.begin(func() { r.e.sweepOrphans(ctx) }, func(n int) { r.sweeps += n })
}

// sweep begins what is due, as far as there is room, and says when to come again.
func (r *runner) sweep(ctx, work context.Context) time.Time {
	r.mu.Lock()
	left := maps.Clone(r.jobs)
	r.mu.Unlock()
	look := sweepBatch
	if r.full && time.Since(r.far) >= pollEvery { // what has no room hinders nothing behind it
		look = farLook
	}
	swept, err := r.e.sweep(ctx, look, left)
	if err != nil && ctx.Err() == nil && r.unswept.fails() {
		r.e.cfg.Log.ErrorContext(ctx, "the sweep failed", "error", err)
	}
	if err == nil {
		if times, tell := r.unswept.works(); tell {
			r.e.cfg.Log.InfoContext(ctx, "the sweep works again", "times", times)
		}
	}
	if r.full = swept.full; look == farLook && swept.done == len(swept.jobs) {
		r.far = time.Now()
	}
	for _, j := range swept.jobs {
		r.begin(func() { r.e.do(work, j) }, func(n int) { r.jobs[j.kind] -= n })
	}
	if err != nil {
		return time.Time{}
	}
	if swept.done > 0 {
		return r.e.now()
	}
	return r.notNow(swept.next)
}

// relay begins the deliveries that are due, as far as there is room, and says when to come again.
func (r *runner) relay(ctx, work context.Context) time.Time {
	r.mu.Lock()
	left := sendsAtOnce - r.sends
	var busy []uuid.UUID
	for ep, n := range r.sending {
		if n >= sendsPerEndpoint {
			busy = append(busy, ep)
		}
	}
	r.mu.Unlock()
	if left <= 0 {
		return time.Time{}
	}
	claimed, next, err := r.e.claim(ctx, min(left, sendsPerEndpoint), busy)
	if err != nil {
		if ctx.Err() == nil && r.unclaimed.fails() {
			r.e.cfg.Log.ErrorContext(ctx, "the relay failed", "error", err)
		}
		return time.Time{}
	}
	if times, tell := r.unclaimed.works(); tell {
		r.e.cfg.Log.InfoContext(ctx, "the relay works again", "times", times)
	}
	for _, d := range claimed {
		r.begin(func() { r.e.send(work, d) }, func(n int) {
			r.sends += n
			if r.sending[d.Endpoint] += n; r.sending[d.Endpoint] == 0 {
				delete(r.sending, d.Endpoint)
			}
		})
	}
	if len(claimed) > 0 {
		return r.e.now()
	}
	if len(busy) > 0 {
		return time.Time{} // what is due may be theirs; the end of a sending wakes us
	}
	return r.notNow(next)
}

// notNow keeps Run from spinning over what is due and cannot be had: another process has it, or it waits for something
// before it.
func (r *runner) notNow(next time.Time) time.Time {
	if soon := r.e.now().Add(100 * time.Millisecond); !next.IsZero() && next.Before(soon) {
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
		defer func() { // also when a decider ends its goroutine
			r.mu.Lock()
			count(-1)
			r.mu.Unlock()
			select {
			case r.free <- struct{}{}:
			default:
			}
		}()
		f()
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
