package sessiontest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Start is the time at which [NewClock] stands: noon of 1 March 2026, UTC.
func Start() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// NewClock gives a clock that stands at [Start] until it is moved by Add or Set.
func NewClock() *clock.Mock {
	c := clock.NewMock()
	c.Set(Start())
	return c
}

// Format is the [session.Endpoint.Format] of [Plain].
const Format = "plain"

// Plain is a renderer that tells of every event, in plain words: a [Told] as JSON.
type Plain struct{}

var _ session.Renderer = Plain{}

// Told is what [Plain] writes.
type Told struct {
	Kind        session.EventKind `json:"kind"`
	Session     uuid.UUID         `json:"session"`
	Attempt     uuid.UUID         `json:"attempt"`
	Status      session.Status    `json:"status"`
	At          time.Time         `json:"at"`
	ExternalRef *string           `json:"external_ref"`
}

// Render writes the event. It is personal when the session has an ExternalRef.
func (Plain) Render(e session.Event, s *session.Snapshot, _ session.Endpoint) (body []byte, personal, ok bool, err error) {
	body, err = json.Marshal(Told{e.Kind, e.Session, e.Attempt, e.Status, e.At, s.Facts.ExternalRef})
	return body, s.Facts.ExternalRef != nil, true, err
}

// Receiver is a [session.Deliverer] that keeps what it is given. The zero value answers 200; it is safe for
// concurrent use.
type Receiver struct {
	mu     sync.Mutex
	status int
	got    []session.Delivery
}

var _ session.Deliverer = (*Receiver)(nil)

// Deliver keeps d.
func (r *Receiver) Deliver(_ context.Context, _ session.Endpoint, d session.Delivery) session.Try {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, d)
	if r.status == 0 {
		return session.Try{Status: 200}
	}
	return session.Try{Status: r.status, Note: "refused by the test"}
}

// Answer sets the status with which further deliveries are answered.
func (r *Receiver) Answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// Got gives everything that was delivered, in order, every try.
func (r *Receiver) Got() []session.Delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// Kinds gives the kinds of event that were delivered of one session by [Plain], in order.
func (r *Receiver) Kinds(id uuid.UUID) []session.EventKind {
	var kinds []session.EventKind
	for _, d := range r.Got() {
		var told Told
		if err := json.Unmarshal(d.Body, &told); err == nil && told.Session == id {
			kinds = append(kinds, told.Kind)
		}
	}
	return kinds
}
