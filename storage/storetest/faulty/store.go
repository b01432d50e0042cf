package faulty

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Store hangs a store on the line. Each of its methods is one operation, also where it is about many changes or
// deliveries: these then meet the fault together, but for those that the store refused by itself. What the tick of a
// Sweep asks for, as of a keeper, is counted beside. The store is a [session.Ephemeral] that ends with the process if
// the one behind it is.
func (l *Line) Store(behind session.Store) session.Store { return store{behind, l} }

type store struct {
	session.Store
	line *Line
}

var _ session.Ephemeral = store{}

func (s store) EndsWithProcess() bool {
	e, ok := s.Store.(session.Ephemeral)
	return ok && e.EndsWithProcess()
}

func (s store) Apply(ctx context.Context, changes ...session.Change) []error {
	return s.many("Store.Apply", len(changes), func() []error { return s.Store.Apply(ctx, changes...) })
}

func (s store) Settle(ctx context.Context, done ...session.Delivery) []error {
	return s.many("Store.Settle", len(done), func() []error { return s.Store.Settle(ctx, done...) })
}

// many does an operation that has an outcome for each of n.
func (s store) many(operation string, n int, do func() []error) (errs []error) {
	fault := s.line.meets(operation)
	if fault.Before != nil {
		if err := fault.Before(); err != nil {
			return each(nil, n, err)
		}
	}
	errs = do()
	if fault.After != nil {
		if err := fault.After(); err != nil {
			return each(errs, n, err)
		}
	}
	return errs
}

// each is err for each of n that has no error of its own.
func each(own []error, n int, err error) []error {
	errs := make([]error, n)
	copy(errs, own)
	for i := range errs {
		if errs[i] == nil {
			errs[i] = err
		}
	}
	return errs
}

func (s store) Sweep(ctx context.Context, now time.Time, n int, tick func(session.Session) (session.Change, bool)) (int, time.Time, error) {
	type swept struct {
		done int
		next time.Time
	}
	out, err := answer(s.line, "Store.Sweep", func() (out swept, err error) {
		out.done, out.next, err = s.Store.Sweep(ctx, now, n, tick)
		return out, err
	})
	return out.done, out.next, err
}

func (s store) Claim(ctx context.Context, now, until time.Time, n int, except []uuid.UUID) ([]session.Delivery, time.Time, error) {
	type claimed struct {
		list []session.Delivery
		next time.Time
	}
	out, err := answer(s.line, "Store.Claim", func() (out claimed, err error) {
		out.list, out.next, err = s.Store.Claim(ctx, now, until, n, except)
		return out, err
	})
	return out.list, out.next, err
}

func (s store) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	return answer(s.line, "Store.Load", func() (session.Record, error) { return s.Store.Load(ctx, ref, parts) })
}

func (s store) Query(ctx context.Context, q session.Query) ([]session.Session, error) {
	return answer(s.line, "Store.Query", func() ([]session.Session, error) { return s.Store.Query(ctx, q) })
}

func (s store) Deliveries(ctx context.Context, q session.DeliveryQuery) ([]session.Delivery, error) {
	return answer(s.line, "Store.Deliveries", func() ([]session.Delivery, error) { return s.Store.Deliveries(ctx, q) })
}

func (s store) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	return answer(s.line, "Store.Entries", func() ([]session.Entry, error) { return s.Store.Entries(ctx, q) })
}

func (s store) Events(ctx context.Context, q session.EventQuery) ([]session.Event, error) {
	return answer(s.line, "Store.Events", func() ([]session.Event, error) { return s.Store.Events(ctx, q) })
}

// answer does an operation that answers a value. Where the fault stands in the place of the answer, the value is lost
// too; what an operation answers beside an error of its own stays.
func answer[T any](l *Line, operation string, do func() (T, error)) (T, error) {
	var value T
	var own error
	err := l.do(operation, func() error { value, own = do(); return own })
	if err != nil && own == nil {
		var none T
		return none, err
	}
	return value, err
}

func (s store) Blobs(ctx context.Context, names []string) ([]string, error) {
	return answer(s.line, "Store.Blobs", func() ([]string, error) { return s.Store.Blobs(ctx, names) })
}
