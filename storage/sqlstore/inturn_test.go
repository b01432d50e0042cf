package sqlstore_test

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// inTurn gives each call to the next of two stores.
type inTurn struct {
	stores [2]session.Store
	calls  atomic.Uint64
}

func (s *inTurn) next() session.Store { return s.stores[s.calls.Add(1)%2] }

func (s *inTurn) Apply(ctx context.Context, changes ...session.Change) []error {
	return s.next().Apply(ctx, changes...)
}

func (s *inTurn) Sweep(ctx context.Context, now time.Time, n int,
	tick func(session.Session) (session.Change, bool)) (int, time.Time, error) {
	return s.next().Sweep(ctx, now, n, tick)
}

func (s *inTurn) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	return s.next().Load(ctx, ref, parts)
}

func (s *inTurn) Query(ctx context.Context, q session.Query) ([]session.Session, error) {
	return s.next().Query(ctx, q)
}

func (s *inTurn) Claim(ctx context.Context, now, until time.Time, n int,
	except []uuid.UUID) ([]session.Delivery, time.Time, error) {
	return s.next().Claim(ctx, now, until, n, except)
}

func (s *inTurn) Settle(ctx context.Context, done ...session.Delivery) []error {
	return s.next().Settle(ctx, done...)
}

func (s *inTurn) Deliveries(ctx context.Context, q session.DeliveryQuery) ([]session.Delivery, error) {
	return s.next().Deliveries(ctx, q)
}

func (s *inTurn) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	return s.next().Entries(ctx, q)
}

func (s *inTurn) Events(ctx context.Context, q session.EventQuery) ([]session.Event, error) {
	return s.next().Events(ctx, q)
}

func (s *inTurn) Blobs(ctx context.Context, names []string) ([]string, error) {
	return s.next().Blobs(ctx, names)
}

func (s *inTurn) Backlog(ctx context.Context, most int) (int, error) {
	return s.next().(session.Backlogged).Backlog(ctx, most)
}
