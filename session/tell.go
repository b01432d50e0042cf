package session

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// emit appends an event, and a delivery for every endpoint that wants it. A deletion is not held up by an
// endpoint to which it cannot be told.
func (w *work) emit(kind EventKind, by Actor, at time.Time) error {
	return w.emitAbout(w.snap.AttemptID, kind, by, at)
}

// emitAbout is emit for an event about another attempt than the current one.
func (w *work) emitAbout(attempt uuid.UUID, kind EventKind, by Actor, at time.Time) error {
	s := &w.snap.Session
	ev := Event{
		ID: w.e.cfg.NewID(w.now), Session: s.ID, Change: w.change.ID, Kind: kind, Status: s.Status,
		Attempt: attempt, By: by, At: at,
	}
	if n := len(w.change.Events); n > 0 && compareIDs(ev.ID, w.change.Events[n-1].ID) <= 0 {
		ev.ID = idNext(w.change.Events[n-1].ID) // of one moment, and yet in order
	}
	w.audit(&ev)
	w.change.Events = append(w.change.Events, ev)
	for _, ep := range w.e.endpointsOf(w.in) {
		err := w.addDelivery(ev, ep)
		if err != nil && !w.snap.Deleted() {
			return err
		}
		if err != nil {
			w.e.cfg.Log.Error("an endpoint cannot be told", "session", s.ID, "event", kind, "endpoint", ep.ID, "error", err)
		}
	}
	return nil
}

// addDelivery renders an event for an endpoint.
func (w *work) addDelivery(ev Event, ep Endpoint) error {
	if !ep.Wants(ev.Kind) {
		return nil
	}
	body, personal, ok, err := w.render(ev, ep)
	if err != nil {
		return fmt.Errorf("session: %s for endpoint %s: %w", ev.Kind, ep.ID, err)
	}
	if !ok {
		return nil
	}
	s := &w.snap.Session
	d := Delivery{
		ID: w.deliveryID(), Tenant: s.Tenant, Sandbox: s.Sandbox, Session: s.ID, Integration: s.Integration,
		Endpoint: ep.ID, Event: ev.ID, CreatedAt: w.now, DueAt: w.now, State: DeliveryDue, Body: body,
	}
	if d.Personal = personal && w.snap.key() != (Key{}) && !w.snap.Deleted() && s.RedactedAt.IsZero(); d.Personal {
		d.Body = w.snap.key().seal(s, part{"delivery", d.ID}, body)
	}
	if w.held(ev) {
		d.State, d.DueAt = DeliveryHeld, instant(w.now.Add(w.in.Policy.ResubmissionHold))
	}
	w.change.Deliveries = append(w.change.Deliveries, d)
	return nil
}

// deliveryID is for the next delivery of the change: what is told first is the older, also within a millisecond.
func (w *work) deliveryID() uuid.UUID {
	id := w.e.cfg.NewID(w.now)
	if n := len(w.change.Deliveries); n > 0 && compareIDs(id, w.change.Deliveries[n-1].ID) <= 0 {
		return idNext(w.change.Deliveries[n-1].ID)
	}
	return id
}

// render calls the endpoint's renderer, of whose errors and panics nothing goes on but what they are.
func (w *work) render(ev Event, ep Endpoint) (body []byte, personal, ok bool, err error) {
	renderer := w.e.cfg.Renderers[ep.Format]
	if renderer == nil {
		return nil, false, false, fmt.Errorf("there is no renderer for %q", ep.Format)
	}
	err = guarded("renderer", func() (err error) {
		body, personal, ok, err = renderer.Render(ev, w.snap, ep)
		return err
	})
	return body, personal, ok, err
}

// held reports whether the person, who submitted in the page, may still try again before the host is told.
func (w *work) held(ev Event) bool {
	a := w.snap.attempt()
	return ev.Kind == EventResubmissionRequested && w.in.Policy.ResubmissionHold > 0 && a != nil && a.Submitter == ActorPerson
}

// tellCase tells of the case that is opened by a review, or decided at its end.
func (w *work) tellCase(from Status, by Actor, at time.Time) error {
	to := w.snap.Status
	switch {
	case !w.in.Policy.Cases:
		return nil
	case to == StatusReview:
		return w.emit(EventCaseOpened, by, at)
	case from == StatusReview && (to == StatusApproved || to == StatusDeclined):
		return w.emit(EventCaseDecided, by, at)
	}
	return nil
}
