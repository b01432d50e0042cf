package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
)

const (
	// claimTime is for how long a claimed delivery belongs to who claimed it.
	claimTime = 30 * time.Second
	// sendTime is how long one try may take, within claimTime.
	sendTime = 15 * time.Second
)

// claim takes deliveries that are due, and sorts them into queues that must be sent in order: one for
// each session and endpoint.
func (e *Engine) claim(ctx context.Context, n int, except []uuid.UUID) (queues [][]Delivery, next time.Time, err error) {
	if e.cfg.Deliverer == nil || n <= 0 {
		return nil, time.Time{}, nil
	}
	now := e.now()
	claimed, next, err := e.store.Claim(ctx, now, now.Add(claimTime), n, except)
	at := map[[2]uuid.UUID]int{}
	for _, d := range claimed {
		k := [2]uuid.UUID{d.Session, d.Endpoint}
		i, ok := at[k]
		if !ok {
			i, at[k] = len(queues), len(queues)
			queues = append(queues, nil)
		}
		queues[i] = append(queues[i], d)
	}
	return queues, next, err
}

// send sends a queue of deliveries, each once, and writes what became of them. Those whose claim would end
// before they are through are left to be claimed again.
func (e *Engine) send(ctx context.Context, queue []Delivery) {
	for _, d := range queue {
		if e.now().Add(sendTime).After(d.DueAt) {
			return
		}
		d = e.deliverOnce(ctx, d)
		if errs := e.store.Settle(ctx, d); errs != nil && !errors.Is(errs[0], ErrConflict) {
			e.cfg.Log.ErrorContext(ctx, "the outcome of a delivery could not be written", "delivery", d.ID, "error", errs[0])
		}
		if d.State == DeliveryDead {
			e.cfg.Log.WarnContext(ctx, "a delivery is given up", "delivery", d.ID, "session", d.Session, "endpoint", d.Endpoint,
				"tries", d.Tries, "status", d.Last.Status, "note", d.Last.Note)
		}
	}
}

// deliverOnce makes one try, and says what is to become of the delivery.
func (e *Engine) deliverOnce(ctx context.Context, d Delivery) Delivery {
	ep, ok, err := e.endpoint(ctx, d)
	opened := d
	switch {
	case err != nil:
		opened.Last = Outcome{Note: "configuration not available"}
	case !ok:
		d.State, d.DueAt, d.Last = DeliveryDead, time.Time{}, Outcome{At: e.now(), Note: "endpoint is gone"}
		return d
	default:
		err = e.openDelivery(ctx, &opened)
		switch {
		case err == nil && opened.Body == nil:
			d.State, d.DueAt, d.Body = DeliveryErased, time.Time{}, nil
			return d
		case err != nil:
			opened.Last = Outcome{Note: "body cannot be opened"}
		default:
			sending, cancel := context.WithTimeout(ctx, sendTime)
			opened.Last = e.cfg.Deliverer.Deliver(sending, ep, opened)
			cancel()
		}
	}
	d.Last = opened.Last
	d.Last.At = e.now()
	if ep.Retry.Succeeded(d.Last.Status) {
		d.State, d.DueAt = DeliveryDone, time.Time{}
		return d
	}
	if d.DueAt, ok = ep.Retry.Next(d.Tries, d.Last.At); !ok {
		d.State = DeliveryDead
	}
	return d
}

// endpoint finds where a delivery goes today; false: nowhere any more.
func (e *Engine) endpoint(ctx context.Context, d Delivery) (Endpoint, bool, error) {
	in, err := e.policyOf(ctx, d.Integration)
	if errors.Is(err, ErrNotFound) {
		return Endpoint{}, false, nil
	}
	i := slices.IndexFunc(in.Endpoints, func(ep Endpoint) bool { return ep.ID == d.Endpoint })
	if err != nil || i < 0 {
		return Endpoint{}, false, err
	}
	return in.Endpoints[i], true, nil
}

// openDelivery makes the body of a delivery readable; of one that was erased it is nil.
func (e *Engine) openDelivery(ctx context.Context, d *Delivery) error {
	if !d.Personal || len(d.Body) == 0 {
		return nil
	}
	rec, err := e.store.Load(ctx, Ref{Tenant: d.Tenant, ID: d.Session, Deleted: true}, 0)
	if err != nil {
		return err
	}
	if len(rec.Session.Key) == 0 {
		d.Body = nil
		return nil
	}
	key, err := e.cfg.Keeper.Open(ctx, rec.Session.ID, rec.Session.Key)
	if errors.Is(err, ErrErased) {
		d.Body = nil
		return nil
	}
	if err != nil {
		return err
	}
	d.Body, err = key.open(&rec.Session, part{"delivery", d.ID}, d.Body)
	return err
}
