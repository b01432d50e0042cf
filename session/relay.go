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
	// goneTime is for how long a delivery waits for an endpoint that is not configured, as while a new version
	// is rolled out, or that is disabled.
	goneTime = 24 * time.Hour
)

// claim takes up to n deliveries that are due.
func (e *Engine) claim(ctx context.Context, n int, except []uuid.UUID) (claimed []Delivery, next time.Time, err error) {
	if e.cfg.Deliverer == nil || n <= 0 {
		return nil, time.Time{}, nil
	}
	if err := e.refresh(ctx); err != nil {
		return nil, time.Time{}, err
	}
	now := e.now()
	if claimed, next, err = e.store.Claim(ctx, now, now.Add(claimTime), n, except); err == nil {
		e.cfg.outboxDue.note(next)
	}
	return claimed, next, err
}

// send makes one try of a claimed delivery, and writes what became of it.
func (e *Engine) send(ctx context.Context, d Delivery) {
	before := d.Tries
	ctx, watched := e.cfg.telemetry.delivery(ctx, d)
	var hindered error // on our side
	if panicked := survived(func() error { d, hindered = e.attempt(ctx, d); return nil }); panicked != nil {
		d, hindered = d.putOff(e.now(), "configuration panicked"), panicked
	}
	log := e.cfg.Log.With("delivery", d.ID, "session", d.Session, "endpoint", d.Endpoint, "note", d.Last.Note)
	if d.Tries > before {
		log = log.With("try", d.Tries, "http_status", d.Last.Status)
	}
	switch {
	case d.State == DeliveryDead:
		log.WarnContext(ctx, "a delivery is given up")
	case hindered != nil:
		log.ErrorContext(ctx, "a delivery could not be tried, and waits", "at", d.DueAt, "error", hindered)
	case d.State.Pending() && d.Tries == before:
		log.WarnContext(ctx, "a delivery was not tried, and waits", "at", d.DueAt)
	case d.State.Pending():
		log.WarnContext(ctx, "a delivery failed, and is tried again", "at", d.DueAt)
	default:
		log.DebugContext(ctx, "a delivery is settled", "state", d.State)
	}
	errs := e.store.Settle(ctx, d)
	watched.settled(e, d, before, errs == nil)
	if errs != nil {
		if !errors.Is(errs[0], ErrConflict) {
			log.ErrorContext(ctx, "the outcome of a delivery could not be written", "error", errs[0])
		}
		return
	}
	if err := e.count(ctx, d); err != nil {
		log.ErrorContext(ctx, "the outcome of a delivery could not be counted", "error", err)
	}
}

// attempt makes one try, unless there is nothing true to tell any more or nobody to tell it to, and says what
// is to become of the delivery. Only what was sent counts as a try. With an error it is put off.
func (e *Engine) attempt(ctx context.Context, d Delivery) (Delivery, error) {
	now := e.now()
	ep, nowhere, err := e.endpointFor(ctx, d)
	if err != nil {
		return d.putOff(now, "configuration not available"), err
	}
	if nowhere != "" {
		if d = d.putOff(now, nowhere); now.Sub(d.CreatedAt) >= goneTime {
			d.State, d.DueAt = DeliveryDead, time.Time{}
		}
		return d, nil
	}
	opened := d
	state, err := e.openDelivery(ctx, &opened)
	if err != nil {
		why := noteUnreadable
		if !errors.Is(err, ErrKeeper) && !errors.Is(err, ErrNotFound) {
			why = noteAway
		}
		return d.putOff(now, why), err
	}
	if state != d.State {
		d.State, d.DueAt = state, time.Time{}
		return d, nil
	}
	sending, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	d.Tries++
	opened.Tries = d.Tries
	begun := time.Now()
	d.Last = e.try(sending, ep, opened)
	e.cfg.telemetry.tried(ctx, time.Since(begun), ep, d.Last)
	d.Last.At = e.now()
	again := false
	if ep.Retry.Succeeded(d.Last.Status) {
		d.State, d.DueAt = DeliveryDone, time.Time{}
	} else if d.DueAt, again = ep.Retry.Next(d.Tries, d.Last.At); !again {
		d.State = DeliveryDead
	}
	return d, nil
}

// putOff leaves a delivery for later that could not be sent for a reason on our side: a minute, and longer each
// time.
func (d Delivery) putOff(now time.Time, why string) Delivery {
	d.DueAt = now.Add(backoff(retryBase, d.Claims-1))
	d.Last = Try{At: d.Last.At, Status: d.Last.Status, Note: why}
	return d
}

// try calls the deliverer, whose panics are failed tries.
func (e *Engine) try(ctx context.Context, to Endpoint, d Delivery) (t Try) {
	defer func() {
		if recover() != nil {
			t = Try{Note: "the deliverer panicked"}
		}
	}()
	return e.cfg.Deliverer.Deliver(ctx, to, d)
}

// Why a delivery goes nowhere, for now or for good.
const (
	noteGone       = "endpoint is gone"
	noteDisabled   = "endpoint is disabled"
	noteUnreadable = "body or its key cannot be opened"
	noteAway       = "store is not available"
)

// endpointFor finds where a delivery goes today, or says why nowhere.
func (e *Engine) endpointFor(ctx context.Context, d Delivery) (to Endpoint, nowhere string, err error) {
	in, err := e.policyOf(ctx, d.Integration)
	if errors.Is(err, ErrNotFound) {
		return to, noteGone, nil
	}
	if err != nil {
		return to, "", err
	}
	if i := slices.IndexFunc(in.Endpoints, func(ep Endpoint) bool { return ep.ID == d.Endpoint }); i >= 0 {
		return in.Endpoints[i], "", nil
	}
	stored, found := e.knownEndpoint(d)
	switch {
	case !found:
		return to, noteGone, nil
	case !stored.Enabled:
		return to, noteDisabled, nil
	}
	return stored.Endpoint, "", nil
}

// Deliveries lists what was and is to be told to the engine's integration's tenant, newest first, with the
// bodies in clear as far as they can be opened: one that cannot be now is nil, and the note of its last try
// says so. Of the query, Tenant and Sandbox are the integration's; N is 100 by default and at most 1,000.
func (e *Engine) Deliveries(ctx context.Context, q DeliveryQuery) (_ []Delivery, err error) {
	ctx, verb := e.observe(ctx, "deliveries")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	q.Tenant, q.Sandbox = in.Tenant, in.Sandbox
	q.N = min(orDefault(max(q.N, 0), 100), 1000)
	list, err := e.store.Deliveries(ctx, q)
	if err != nil {
		return nil, err
	}
	for i := range list {
		d := &list[i]
		if _, err := e.openDelivery(ctx, d); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			d.Body, d.Last.Note = nil, noteUnreadable
		}
	}
	return list, nil
}

// openDelivery makes the body of a delivery readable, and says in which state the delivery is by what has
// become of its session meanwhile: what is personal is erased with the session, and then has no body; a request
// for resubmission that was held is withdrawn when the person has submitted, or never can.
func (e *Engine) openDelivery(ctx context.Context, d *Delivery) (DeliveryState, error) {
	if !d.Personal && d.State != DeliveryHeld || len(d.Body) == 0 {
		return d.State, nil
	}
	rec, err := e.store.Load(ctx, Ref{Tenant: d.Tenant, ID: d.Session, Deleted: true}, 0)
	if err != nil {
		return d.State, err
	}
	s := rec.Session
	if d.State == DeliveryHeld && s.Status != StatusResubmissionRequested && s.Status != StatusStarted {
		d.Body = nil
		return DeliveryWithdrawn, nil
	}
	if !d.Personal {
		return d.State, nil
	}
	key := Key{}
	if len(s.Key) > 0 && s.DeletedAt.IsZero() && s.RedactedAt.IsZero() {
		key, err = e.cfg.Keeper.Open(ctx, s.ID, s.Key)
	}
	if errors.Is(err, ErrErased) || err == nil && key == (Key{}) {
		d.Body = nil
		return DeliveryErased, nil
	}
	if err == nil {
		d.Body, err = key.open(&s, part{"delivery", d.ID}, d.Body)
	}
	return d.State, err
}
