package memstore

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Claim hands out what is pending and due, and has no earlier one before it. An endpoint in except costs one step,
// however much waits for it.
func (s *Store) Claim(ctx context.Context, now, until time.Time, n int, except []uuid.UUID) (claimed []session.Delivery, next time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, err
	}
	var taken, blocked []*session.Delivery
	for len(taken) < n {
		first, ok := s.pending.first(except)
		if !ok || first.time().After(now) {
			break
		}
		d := s.log[first.id]
		s.pending.remove(d)
		if s.isBlocked(d, now) {
			blocked = append(blocked, d)
		} else {
			taken = append(taken, d)
		}
	}
	for _, d := range blocked {
		s.pending.add(d)
	}
	if first, ok := s.pending.first(nil); ok {
		next = first.time()
	}
	for _, d := range taken {
		d.Claims++
		d.DueAt = until
		s.pending.add(d)
		claimed = append(claimed, copyDelivery(*d))
	}
	return claimed, next, nil
}

// Backlog counts what is pending, up to most.
func (s *Store) Backlog(ctx context.Context, most int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return min(s.pending.len(most), most), nil
}

// isBlocked reports whether an earlier delivery of the same session to the same endpoint goes first.
func (s *Store) isBlocked(d *session.Delivery, now time.Time) bool {
	return slices.ContainsFunc(s.sessions[d.Session].deliveries, func(e *session.Delivery) bool {
		return e.Endpoint == d.Endpoint && e.Seq < d.Seq && e.State.Pending() && (e.Last.At.IsZero() || !e.DueAt.After(now))
	})
}

// Settle writes how claimed deliveries ended.
func (s *Store) Settle(ctx context.Context, done ...session.Delivery) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return each(len(done), func(int) error { return err })
	}
	return each(len(done), func(i int) error {
		d := s.log[done[i].ID]
		switch {
		case d == nil:
			return session.ErrNotFound
		case !d.State.Pending() || d.Claims != done[i].Claims:
			return session.ErrConflict
		}
		s.pending.remove(d)
		d.State, d.DueAt, d.Tries, d.Last = done[i].State, done[i].DueAt, done[i].Tries, done[i].Last
		s.pending.add(d)
		return nil
	})
}

// Deliveries lists the log. Asked for one session it looks only at that session's deliveries.
func (s *Store) Deliveries(ctx context.Context, q session.DeliveryQuery) ([]session.Delivery, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	wanted := only(s.candidates(q), func(d *session.Delivery) bool {
		return d.Tenant == q.Tenant && d.Sandbox == q.Sandbox && (q.Session == uuid.Nil || d.Session == q.Session) &&
			(q.Endpoint == uuid.Nil || d.Endpoint == q.Endpoint) && (q.State == "" || d.State == q.State) &&
			(q.After == uuid.Nil || compareIDs(d.ID, q.After) < 0)
	})
	var out []session.Delivery
	for _, d := range page(wanted, func(d *session.Delivery) uuid.UUID { return d.ID }, q.From, q.Skip, q.N) {
		out = append(out, copyDelivery(*d))
	}
	return out, nil
}

// candidates lists what a query looks at, newest first.
func (s *Store) candidates(q session.DeliveryQuery) iter.Seq[*session.Delivery] {
	if r := s.sessions[q.Session]; r != nil {
		return slices.Values(slices.SortedFunc(slices.Values(r.deliveries), func(a, b *session.Delivery) int { return compareIDs(b.ID, a.ID) }))
	}
	return func(yield func(*session.Delivery) bool) {
		ids := s.logs[shelf{q.Tenant, q.Sandbox}]
		if ids == nil || q.Session != uuid.Nil {
			return
		}
		for id := range ids.descend(q.After, q.After == uuid.Nil) {
			if !yield(s.log[id]) {
				return
			}
		}
	}
}
