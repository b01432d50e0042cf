package session_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// bench is an engine in memory with a clock that is moved by hand, and one integration with one endpoint.
type bench struct {
	*session.Engine
	t        *testing.T
	ctx      context.Context
	clock    *clock.Mock
	keeper   *session.MemoryKeeper
	blobs    *watchedBlobs
	store    session.Store
	receiver *sessiontest.Receiver
	in       session.Integration
}

var (
	tenant   = uuid.MustParse("7c9d0a51-0000-4000-8000-000000000001")
	endpoint = uuid.MustParse("e0000000-0000-4000-8000-000000000001")
)

// setUp makes a bench; adjust may change what the integration and the engine are made of.
func setUp(t *testing.T, adjust func(*session.Integration, *session.Config)) *bench {
	t.Helper()
	b := &bench{
		t: t, ctx: t.Context(), clock: sessiontest.NewClock(), keeper: session.NewMemoryKeeper(),
		blobs: newBlobs(), store: memstore.New(), receiver: &sessiontest.Receiver{},
	}
	b.in = session.Integration{
		ID:        tenant,
		Policy:    session.Policy{Deletion: true, Review: true},
		Endpoints: []session.Endpoint{{ID: endpoint, Format: sessiontest.Format}},
	}
	cfg := session.Config{
		Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Decider: session.Sandbox{},
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}}, Deliverer: b.receiver,
	}
	if adjust != nil {
		adjust(&b.in, &cfg)
	}
	cfg.Integrations = session.Fixed{b.in}
	engine, err := session.New(b.store, cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Engine = engine.For(b.in.ID)
	return b
}

// setUpOver is setUp with an engine that works over something else than a bench's store, keeper and blobs: wrap puts it
// in their place.
func setUpOver(t *testing.T, adjust func(*session.Integration, *session.Config), wrap func(*bench, *session.Config)) *bench {
	t.Helper()
	var made session.Config
	b := setUp(t, func(in *session.Integration, cfg *session.Config) {
		if cfg.Key = session.NewKey(); adjust != nil {
			adjust(in, cfg)
		}
		made = *cfg
	})
	made.Integrations = session.Fixed{b.in}
	wrap(b, &made)
	engine, err := session.New(b.store, made)
	if err != nil {
		t.Fatal(err)
	}
	b.Engine = engine.For(b.in.ID)
	return b
}

func (b *bench) create(firstName string) *session.Snapshot {
	b.t.Helper()
	s, err := b.Create(b.ctx, session.Facts{ExternalRef: new("customer-17"), Person: session.Person{FirstName: firstName}})
	if err != nil {
		b.t.Fatalf("create: %v", err)
	}
	return s
}

func (b *bench) settle() int {
	b.t.Helper()
	n, err := b.Settle(b.ctx)
	if err != nil {
		b.t.Fatalf("settle: %v", err)
	}
	return n
}

func (b *bench) get(id uuid.UUID) *session.Snapshot {
	b.t.Helper()
	s, err := b.Get(b.ctx, id)
	if err != nil {
		b.t.Fatalf("get: %v", err)
	}
	return s
}

func (b *bench) upload(id uuid.UUID) *session.Medium {
	b.t.Helper()
	m, err := b.Upload(b.ctx, id, session.Upload{Context: media.DocumentFront, Content: bytes.NewReader(png)})
	if err != nil {
		b.t.Fatalf("upload: %v", err)
	}
	return m
}

func (b *bench) submit(id uuid.UUID) {
	b.t.Helper()
	if _, err := b.Submit(b.ctx, id); err != nil {
		b.t.Fatalf("submit: %v", err)
	}
}

// to brings a new session to a status.
func (b *bench) to(status session.Status) uuid.UUID {
	b.t.Helper()
	name := map[session.Status]string{
		session.StatusApproved: "Approve", session.StatusDeclined: "Decline",
		session.StatusResubmissionRequested: "Resubmit", session.StatusReview: "Review",
	}[status]
	id := b.create(name).ID
	switch status {
	case session.StatusStarted, session.StatusAbandoned:
		if _, err := b.Start(b.ctx, id); err != nil {
			b.t.Fatal(err)
		}
	case session.StatusCreated, session.StatusExpired:
	default:
		b.submit(id)
	}
	if status == session.StatusExpired || status == session.StatusAbandoned {
		b.clock.Add(7 * 24 * time.Hour)
	}
	b.settle()
	if got := b.get(id).Status; got != status {
		b.t.Fatalf("brought a session to %s, want %s", got, status)
	}
	return id
}

// forced brings a new session to any status, also those to which no verb leads.
func (b *bench) forced(status session.Status) uuid.UUID {
	b.t.Helper()
	if status != session.StatusAwaitingExternal && status != session.StatusFailed {
		return b.to(status)
	}
	s := b.get(b.to(session.StatusSubmitted)).Session
	base := s.Version
	s.Status, s.DueAt, s.DecideAt = status, time.Time{}, time.Time{}
	change := session.Change{ID: uuid.New(), Base: base, Session: s, Events: []session.Event{
		{ID: uuid.New(), Session: s.ID, Kind: session.EventKind(status), Status: status, At: s.UpdatedAt},
	}}
	if errs := b.store.Apply(b.ctx, change); errs != nil {
		b.t.Fatal(errs)
	}
	return s.ID
}

// png is a picture of one pixel.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82")
