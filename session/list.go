package session

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// List asks for a page of sessions.
type List struct {
	Status []Status   // any of these; empty: all
	Ref    BlindIndex // those of one external reference, see [Engine.RefIndex]; zero: all
	Since  time.Time  // those that were created at that time or later; zero: from the first on
	Before time.Time  // those that were created before; zero: to the last
	After  uuid.UUID  // the last id of the page before
	Skip   int        // so many are passed over first; at most 10,000
	N      int        // at most so many. Default: 100; at most 1,000
}

// MaxSkip is how far into a list one may skip; beyond that, a page begins after the last id of the one before.
const MaxSkip = 10_000

// List gives a page of the sessions of the engine's integration's tenant, newest first, without their sealed
// parts. The next page begins after the last id of this one; the last page is shorter than N or empty.
//
// Expiries that are due are written before the page is read. When more are due than one sweep does, a page that
// asks for a status may miss sessions that have just expired; none is ever shown with a status that it no
// longer has.
func (e *Engine) List(ctx context.Context, l List) (_ []Session, err error) {
	ctx, verb := e.observe(ctx, "list")
	defer verb.done(&err)
	in, now, err := e.settled(ctx)
	if err != nil {
		return nil, err
	}
	n := min(orDefault(max(l.N, 0), 100), 1000)
	var page []Session
	for q := l.query(in); len(page) < n; q.Skip = 0 {
		q.N = max(n-len(page), 100)
		rows, err := e.store.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		for _, s := range rows {
			if len(page) == n {
				break
			}
			q.After = s.ID
			if s = s.At(now); (len(l.Status) == 0 || slices.Contains(l.Status, s.Status)) && e.sees(ctx, in, s.Integration) {
				page = append(page, s)
			}
		}
	}
	return page, nil
}

// Count says how many sessions a list has, up to most; After, Skip and N of it do not count. Like a list that asks for
// a status it may miss what has just expired.
func (e *Engine) Count(ctx context.Context, l List, most int) (_ int, err error) {
	ctx, verb := e.observe(ctx, "count")
	defer verb.done(&err)
	in, _, err := e.settled(ctx)
	if err != nil {
		return 0, err
	}
	l.After, l.Skip = uuid.Nil, 0
	q := l.query(in)
	q.N, q.Bare = most, true
	rows, err := e.store.Query(ctx, q)
	return len(rows), err
}

// query is the list as the store has it.
func (l List) query(in Integration) Query {
	q := Query{Tenant: in.Tenant, Sandbox: in.Sandbox, Status: l.Status, Ref: l.Ref, After: l.After, Skip: min(max(l.Skip, 0), MaxSkip)}
	if in.Dialect != "" {
		q.Integrations = []uuid.UUID{in.ID}
	}
	if !l.Since.IsZero() {
		q.From = FirstID(l.Since)
	}
	if before := FirstID(l.Before); !l.Before.IsZero() && (q.After == uuid.Nil || string(q.After[:]) > string(before[:])) {
		q.After = before
	}
	return q
}

// settled writes a batch of the expiries that are due, before anything is counted.
func (e *Engine) settled(ctx context.Context) (Integration, time.Time, error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return in, time.Time{}, err
	}
	if err := e.refresh(ctx); err != nil {
		return in, time.Time{}, err
	}
	now := e.now()
	if !e.hosted {
		ticked, done := e.newTicked(), 0
		done, _, err = e.store.Sweep(ctx, now, sweepBatch, e.expireOnly(ctx, now, ticked))
		e.countSwept(ctx, ticked, done, err)
	}
	return in, now, err
}
