package session

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
)

// What is answered about a delivery that cannot be made again.
var (
	// ErrDeliveryPending: it is still to be made.
	ErrDeliveryPending = errors.New("session: the delivery is still to be made")
	// ErrNoDeliverer: what was asked for needs [Config.Deliverer], and there is none.
	ErrNoDeliverer = errors.New("session: Config.Deliverer is missing")
)

// TestEndpoint sends a body to a stored endpoint at once, as a delivery of no session, and says how that ended.
// It is not kept and counts for nothing; a disabled endpoint can be tested too.
//
// Errors: [ErrNotFound]; [ErrNoDeliverer].
func (e *Engine) TestEndpoint(ctx context.Context, id uuid.UUID, body []byte) (_ Try, err error) {
	ctx, verb := e.observe(ctx, "test_endpoint")
	defer verb.done(&err)
	ep, err := e.Endpoint(ctx, id)
	if err != nil {
		return Try{}, err
	}
	if e.cfg.Deliverer == nil {
		return Try{}, ErrNoDeliverer
	}
	now := e.now()
	sending, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	outcome := e.try(sending, ep.Endpoint, Delivery{
		ID: e.cfg.NewID(now), Tenant: ep.Tenant, Sandbox: ep.Sandbox, Integration: ep.Integration, Endpoint: ep.ID,
		Event: e.cfg.NewID(now), CreatedAt: now, DueAt: now, State: DeliveryDue, Tries: 1, Body: slices.Clone(body),
	})
	outcome.At = e.now()
	return outcome, nil
}

// RetryDelivery has a delivery that was made or given up made once more: with the same bytes, of the same event
// and with its number, but as another delivery, which is answered. Receivers tell by what is in the body that
// it is the same. One that failed and waits for its next try is tried at once, as itself.
//
// Errors: [ErrNotFound]; [ErrDeliveryPending] for one that is about to be made; [ErrErased] when its body is gone, or is
// shown no more; those of [Engine.Once], whose Encode gets the [Delivery].
func (e *Engine) RetryDelivery(ctx context.Context, id uuid.UUID) (_ Delivery, err error) {
	ctx, verb := e.observe(ctx, "retry_delivery")
	defer verb.done(&err)
	if err := e.answered(ctx); err != nil {
		return Delivery{}, err
	}
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return Delivery{}, err
	}
	d, err := e.delivery(ctx, in, id)
	if err != nil {
		return d, err
	}
	if d.State.Pending() {
		return e.hurry(ctx, in, d)
	}
	again, err := e.resend(ctx, d.Session, []Delivery{d})
	if err != nil {
		return Delivery{}, err
	}
	if len(again) == 0 {
		return Delivery{}, ErrErased
	}
	return again[0], nil
}

// hurry has a delivery that failed, and waits for its next try, tried at once.
func (e *Engine) hurry(ctx context.Context, in Integration, d Delivery) (Delivery, error) {
	now := e.now()
	if d.State != DeliveryDue || d.Last.At.IsZero() || !d.DueAt.After(now.Add(claimTime)) {
		return Delivery{}, ErrDeliveryPending // it is about to be made
	}
	d.DueAt = now
	kept, err := e.keep(in, now, d)
	if err != nil {
		return Delivery{}, err
	}
	// First its answer, which of two at once only one can write. If nothing came after it, the delivery would be tried
	// later, as it would have been.
	if len(kept) > 0 {
		if err := e.applyEntries(ctx, now, kept...); err != nil {
			return Delivery{}, cmp.Or(e.answered(ctx), err)
		}
	}
	errs := e.store.Settle(context.WithoutCancel(ctx), d)
	if errs != nil && !errors.Is(errs[0], ErrConflict) { // else it is being tried at this moment
		return Delivery{}, errs[0]
	}
	e.stir()
	return d, nil
}

// delivery finds a delivery by its id.
func (e *Engine) delivery(ctx context.Context, in Integration, id uuid.UUID) (Delivery, error) {
	if id == uuid.Nil {
		return Delivery{}, ErrNotFound
	}
	q := DeliveryQuery{Tenant: in.Tenant, Sandbox: in.Sandbox, From: id, After: idNext(id), N: 1}
	found, err := e.store.Deliveries(ctx, q)
	if err != nil {
		return Delivery{}, err
	}
	if len(found) == 0 || !e.sees(ctx, in, found[0].Integration) {
		return Delivery{}, ErrNotFound
	}
	return found[0], nil
}

// maxReplay is how many deliveries one call of Replay has made again.
const maxReplay = 1000

// Replay has an endpoint told again, in their order, of the events that it was to be told of, from one on,
// which is named by its own id or that of a delivery of it: at most n, and at most 1,000. Each is made once,
// however often it was made before; those that are still to be made, and those whose bodies are gone or are shown no more, are left
// out. It answers how many deliveries there will be, and from where to go on; nil: that was all. It looks at
// everything from there on, and writes as many changes as there are sessions: what was begun when ctx ends or
// an error comes stays begun, and is counted.
//
// Errors: [ErrNotFound] for a delivery of another endpoint.
func (e *Engine) Replay(ctx context.Context, endpoint, from uuid.UUID, n int) (made int, next uuid.UUID, err error) {
	ctx, verb := e.observe(ctx, "replay")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return 0, uuid.Nil, err
	}
	switch d, err := e.delivery(ctx, in, from); {
	case err == nil && d.Endpoint != endpoint:
		return 0, uuid.Nil, ErrNotFound
	case err == nil:
		from = d.Event
	case !errors.Is(err, ErrNotFound):
		return 0, uuid.Nil, err
	}
	n = min(orDefault(max(n, 0), maxReplay), maxReplay)
	list, err := e.toldFrom(ctx, in, endpoint, from, n+1)
	if err != nil {
		return 0, uuid.Nil, err
	}
	if len(list) > n {
		next, list = list[n].Event, list[:n]
	}
	list = slices.DeleteFunc(list, func(d Delivery) bool { return d.State.Pending() })
	for i, now := 0, e.now(); i < len(list); i++ {
		list[i].DueAt = now.Add(time.Duration(i-len(list)) * time.Microsecond) // what is due first leaves first
	}
	for len(list) > 0 {
		of := list[0].Session
		var mine, others []Delivery
		for _, d := range list {
			if d.Session == of {
				mine = append(mine, d)
			} else {
				others = append(others, d)
			}
		}
		again, err := e.resend(ctx, of, mine)
		if err != nil {
			return made, mine[0].Event, err
		}
		made, list = made+len(again), others
	}
	return made, next, nil
}

// toldFrom lists deliveries to an endpoint, one for each event from one on, oldest first, at most n. Of those
// of one event it is one that is pending, if there is, else the oldest.
func (e *Engine) toldFrom(ctx context.Context, in Integration, endpoint, from uuid.UUID, n int) (
	list []Delivery, err error) {
	// A delivery's id was made after its event's, but perhaps in the same millisecond.
	q := DeliveryQuery{Tenant: in.Tenant, Sandbox: in.Sandbox, Endpoint: endpoint, From: FirstID(timeOf(from)), N: 1000}
	byEvent := map[uuid.UUID]Delivery{}
	for {
		page, err := e.store.Deliveries(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, d := range page {
			if known, there := byEvent[d.Event]; compareIDs(d.Event, from) >= 0 && (!there || !known.State.Pending()) {
				byEvent[d.Event] = d
			}
		}
		list = list[:0]
		for _, d := range byEvent {
			list = append(list, d)
		}
		slices.SortFunc(list, func(a, b Delivery) int { return compareIDs(a.Event, b.Event) })
		for len(list) > n {
			delete(byEvent, list[len(list)-1].Event)
			list = list[:len(list)-1]
		}
		if len(page) < q.N {
			return list, nil
		}
		q.After = page[len(page)-1].ID
	}
}

// resend adds to a session further deliveries like some that it had, but for those whose bodies are gone.
func (e *Engine) resend(ctx context.Context, id uuid.UUID, list []Delivery) ([]Delivery, error) {
	for try := 1; ; try++ {
		rec, err := e.load(ctx, Ref{ID: id, Deleted: true}, 0)
		if err != nil {
			return nil, err
		}
		w, err := e.workOnErased(ctx, rec)
		if err != nil {
			return nil, err
		}
		again, err := w.again(list)
		if err != nil || len(again) == 0 {
			return nil, err
		}
		err = w.commit(ctx)
		if !errors.Is(err, ErrConflict) || try == writeTries || e.hosted {
			return again, err
		}
		if err := e.answered(ctx); err != nil {
			return nil, err
		}
	}
}

// again adds the deliveries to the change, and gives them with their bodies in clear.
func (w *work) again(list []Delivery) (open []Delivery, err error) {
	key := w.snap.key()
	hidden := !w.snap.HideAt.IsZero() && !w.now.Before(w.snap.HideAt)
	for _, d := range list {
		if len(d.Body) == 0 || d.Personal && (key == (Key{}) || hidden) {
			continue
		}
		body := d.Body
		if d.Personal {
			if body, err = key.open(&w.snap.Session, part{"delivery", d.ID}, body); err != nil {
				return nil, err
			}
		}
		if d.DueAt.IsZero() {
			d.DueAt = w.now
		}
		d.ID, d.CreatedAt, d.State = w.deliveryID(), w.now, DeliveryDue
		d.Claims, d.Tries, d.Last, d.Body = 0, 0, Try{}, body
		open = append(open, d)
		if d.Personal {
			d.Body = key.seal(&w.snap.Session, part{"delivery", d.ID}, body)
		}
		w.change.Deliveries = append(w.change.Deliveries, d)
	}
	if len(open) > 0 {
		w.change.Keep = true
		w.jot(EventResent)
		w.result = open[0]
	}
	return open, nil
}
