package memstore

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Claim hands out what is pending and due. An endpoint in except costs one step, however much waits for it.
func (s *Store) Claim(ctx context.Context, now, until time.Time, n int, except []uuid.UUID) (claimed []session.Delivery, next time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, err
	}
	var taken []*session.Delivery
	for len(taken) < n {
		first, ok := s.pending.first(except)
		if !ok || first.time().After(now) {
			break
		}
		d := s.log[first.id]
		s.pending.remove(d)
		taken = append(taken, d)
	}
	if first, ok := s.pending.first(nil); ok {
		next = first.time()
	}
	for _, d := range taken {
		d.Tries++
		d.DueAt = until
		s.pending.add(d)
	}
	for _, d := range inSeqOrder(taken) {
		claimed = append(claimed, copyDelivery(*d))
	}
	return claimed, next, nil
}

// inSeqOrder lets the deliveries of one session to one endpoint change places among themselves, so that
// they come in the order of Seq. A retry may be due after the delivery of a later event.
func inSeqOrder(list []*session.Delivery) []*session.Delivery {
	places := map[[2]uuid.UUID][]int{}
	for i, d := range list {
		to := [2]uuid.UUID{d.Session, d.Endpoint}
		places[to] = append(places[to], i)
	}
	out := slices.Clone(list)
	for places := range maps.Values(places) {
		sorted := slices.Clone(places)
		slices.SortStableFunc(sorted, func(i, j int) int { return cmp.Compare(list[i].Seq, list[j].Seq) })
		for i, place := range places {
			out[place] = list[sorted[i]]
		}
	}
	return out
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
		case !d.State.Pending() || d.Tries != done[i].Tries:
			return session.ErrConflict
		}
		s.pending.remove(d)
		d.State, d.DueAt, d.Last = done[i].State, done[i].DueAt, done[i].Last
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
	var out []session.Delivery
	for d := range s.candidates(q) {
		if len(out) >= q.N {
			break
		}
		if d.Tenant == q.Tenant && (q.Session == uuid.Nil || d.Session == q.Session) &&
			(q.Endpoint == uuid.Nil || d.Endpoint == q.Endpoint) && (q.State == "" || d.State == q.State) &&
			(q.After == uuid.Nil || compareIDs(d.ID, q.After) < 0) {
			out = append(out, copyDelivery(*d))
		}
	}
	return out, nil
}

// candidates lists what a query looks at, newest first.
func (s *Store) candidates(q session.DeliveryQuery) iter.Seq[*session.Delivery] {
	if r := s.sessions[q.Session]; r != nil {
		return slices.Values(slices.SortedFunc(slices.Values(r.deliveries), func(a, b *session.Delivery) int { return compareIDs(b.ID, a.ID) }))
	}
	return func(yield func(*session.Delivery) bool) {
		ids := s.byTenant[q.Tenant]
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
