package verifa

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// deliveryView says what became of a webhook, and not what is in it.
type deliveryView struct {
	ID         string  `json:"id"`
	EndpointID string  `json:"endpoint_id"`
	EventID    string  `json:"event_id"`
	EventType  *string `json:"event_type"` // null once what it said is erased
	SessionID  string  `json:"session_id"`
	Status     string  `json:"status"`
	Attempts   int     `json:"attempts"`
	Response   *int    `json:"response_status"` // of the last attempt; null: there was none
	Error      *string `json:"error"`           // of the last attempt
	CreatedAt  moment  `json:"created_at"`
	LastAt     *moment `json:"last_attempt_at"`
	NextAt     *moment `json:"next_attempt_at"`
}

// deliveryWords are this language's words for what is to become of a webhook.
var deliveryWords = map[session.DeliveryState]string{
	session.DeliveryDue: "pending", session.DeliveryHeld: "pending", session.DeliveryDone: "delivered",
	session.DeliveryDead: "failed", session.DeliveryErased: "erased", session.DeliveryWithdrawn: "withdrawn",
}

func deliveryOf(d session.Delivery) deliveryView {
	v := deliveryView{
		ID: idText(prefixDelivery, d.ID), EndpointID: idText(prefixEndpoint, d.Endpoint), EventID: idText(prefixAudit, d.Event),
		EventType: orNull(eventIn(d.Body)), SessionID: idText(prefixSession, d.Session), Status: deliveryWords[d.State],
		Attempts: d.Tries, Error: orNull(d.Last.Note), CreatedAt: moment(d.CreatedAt), LastAt: momentOrNull(d.Last.At),
		NextAt: momentOrNull(d.DueAt),
	}
	if d.Last.Status != 0 {
		v.Response = &d.Last.Status
	}
	return v
}

// eventIn is the name of the event that a payload tells of. In every inflection its member has the same name.
func eventIn(payload []byte) string {
	var p struct {
		Event string `json:"event"`
	}
	_ = json.Unmarshal(payload, &p) // what is erased has none
	return p.Event
}

// maxScan is how many deliveries are looked at for a page of those of one event type.
const maxScan = 5000

// listDeliveries: https://docs.withverifa.com/api-reference/webhooks/list-webhook-deliveries
func listDeliveries(x *exchange) error {
	ep, err := x.endpoint()
	if err != nil {
		return err
	}
	q := x.query()
	p := q.page(50)
	wanted := q.text("event_type")
	list := session.DeliveryQuery{Endpoint: ep.ID, After: p.after}
	if from := q.time("date_from"); !from.IsZero() {
		list.From = session.FirstID(from)
	}
	if to := q.time("date_to"); !to.IsZero() {
		if before := session.FirstID(to); list.After == uuid.Nil || slices.Compare(before[:], list.After[:]) < 0 {
			list.After = before
		}
	}
	if wanted != "" && !isEvent(wanted) {
		q.fault("event_type", eventMessage)
	}
	if err := q.err(); err != nil {
		return err
	}
	found, next, err := x.deliveries(list, wanted, p)
	if err != nil {
		return err
	}
	page := listedOf(p, uncounted, found, func(d session.Delivery) uuid.UUID { return d.ID }, deliveryOf)
	if next != uuid.Nil {
		page.Pagination.NextCursor = new(idText(prefixCursor, next))
	}
	return x.answer(http.StatusOK, page)
}

// deliveries are those of a page and one more, of an event type if one is given. next is where to go on when so many
// were looked at that the page had to end.
func (x *exchange) deliveries(q session.DeliveryQuery, wanted string, p page) (
	found []session.Delivery, next uuid.UUID, err error) {
	skip := p.offset
	if wanted == "" {
		q.Skip, skip = skip, 0
	}
	for looked := 0; looked < maxScan; q.Skip = 0 {
		q.N = p.limit + 1
		list, err := x.engine.Deliveries(x.r.Context(), q)
		if err != nil {
			return nil, next, err
		}
		for _, d := range list {
			q.After = d.ID
			if wanted != "" && eventIn(d.Body) != wanted {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			if found = append(found, d); len(found) > p.limit {
				return found, uuid.Nil, nil
			}
		}
		if len(list) < q.N {
			return found, uuid.Nil, nil
		}
		looked += len(list)
	}
	return found, q.After, nil
}

// errNoDelivery is what whoever names a delivery that there is not is answered.
var errNoDelivery = notFound("Webhook delivery not found.")

// retryDelivery: https://docs.withverifa.com/api-reference/webhooks/retry-webhook-delivery
func retryDelivery(x *exchange) error {
	id, ok := parseID(prefixDelivery, x.r.PathValue("id"))
	if !ok {
		return errNoDelivery
	}
	if err := x.nothing(); err != nil {
		return err
	}
	err := change(x, nil, func(e *session.Engine) (session.Delivery, error) {
		return e.RetryDelivery(x.r.Context(), id)
	}, func(d session.Delivery) (int, any, error) { return http.StatusAccepted, deliveryOf(d), nil })
	switch {
	case errors.Is(err, session.ErrNotFound):
		return errNoDelivery
	case errors.Is(err, session.ErrErased):
		return gone("What the webhook said is erased.")
	}
	return err
}

// replayEndpoint has an endpoint told again. The vendor has no such endpoint.
func replayEndpoint(x *exchange) error {
	ep, err := x.endpoint()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	text := o.text("from")
	from, ok := replayFrom(text)
	if !ok {
		o.fault("from", "must be the id of a delivery or of an event")
	}
	o.refuseOthers("from")
	if err := o.err(); err != nil {
		return err
	}
	err = x.changes(from[:], func() (int, any, error) {
		made, next, err := x.engine.Replay(x.r.Context(), ep.ID, from, 0)
		if err != nil {
			return 0, nil, err
		}
		answer := struct {
			EndpointID string  `json:"endpoint_id"`
			Replayed   int     `json:"replayed"`
			Next       *string `json:"next"`
		}{EndpointID: idText(prefixEndpoint, ep.ID), Replayed: made}
		if next != uuid.Nil {
			answer.Next = new(idText(prefixAudit, next))
		}
		return http.StatusAccepted, answer, nil
	})
	if errors.Is(err, session.ErrNotFound) {
		return errNoDelivery
	}
	return err
}

// replayFrom reads from where on: a delivery, also as its header names it, or an event.
func replayFrom(text string) (uuid.UUID, bool) {
	for _, prefix := range []string{prefixDelivery, prefixAudit} {
		if id, ok := parseID(prefix, text); ok {
			return id, true
		}
	}
	id, err := uuid.Parse(text)
	return id, err == nil && id.String() == text
}

// testEndpoint: https://docs.withverifa.com/api-reference/webhooks/test-webhook-endpoint
func testEndpoint(x *exchange) error {
	ep, err := x.endpoint()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	name := o.text("event_type")
	if name != "" && !isEvent(name) {
		o.fault("event_type", eventMessage)
	}
	o.refuseOthers("event_type")
	if err := o.err(); err != nil {
		return err
	}
	return x.changes([]byte(name), func() (int, any, error) {
		body, err := x.specimen(ep, name)
		if err != nil {
			return 0, nil, err
		}
		try, err := x.engine.TestEndpoint(x.r.Context(), ep.ID, body)
		if err != nil {
			return 0, nil, err
		}
		answer := struct {
			EndpointID string  `json:"endpoint_id"`
			EventType  string  `json:"event_type"`
			Delivered  bool    `json:"delivered"`
			Response   *int    `json:"response_status"`
			Error      *string `json:"error"`
			SentAt     moment  `json:"sent_at"`
		}{idText(prefixEndpoint, ep.ID), eventIn(body), ep.Retry.Succeeded(try.Status), nil, orNull(try.Note), moment(try.At)}
		if try.Status != 0 {
			answer.Response = &try.Status
		}
		return http.StatusOK, answer, nil
	})
}
