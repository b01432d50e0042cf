package session

import "context"

// Renderer writes what an endpoint is told of an event, in one wire language. It is called inside the verb,
// before the write, and MUST be a pure function of its arguments and safe for concurrent use. An error or a
// panic makes the verb fail; but a deletion goes on without the delivery.
type Renderer interface {
	// Render gives the bytes that are sent, on every try the same. ok is false when the language has no words
	// for the event. personal says whether the bytes hold anything about the person; such a delivery is sealed
	// under the session's key and goes with it. When s.Deleted() the bytes outlive the session: then they MUST
	// hold nothing of the person.
	Render(e Event, s *Snapshot, to Endpoint) (body []byte, personal, ok bool, err error)
}

// Deliverer sends one delivery once, its Body being the clear bytes. It MUST return soon after ctx has ended,
// which it does after 15 seconds, and MUST NOT try again by itself. A panic is a failed try. It answers a Try
// whose At is set by the engine. It MUST be safe for concurrent use.
type Deliverer interface {
	Deliver(ctx context.Context, to Endpoint, d Delivery) Try
}
