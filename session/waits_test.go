package session_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// TestTheLogOfWhatWaits for a disabled endpoint says that nothing was tried, and no status of the try before.
func TestTheLogOfWhatWaits(t *testing.T) {
	t.Parallel()
	log := &strings.Builder{}
	b, p := setUpPost(t, func(_ *session.Integration, cfg *session.Config) { cfg.Log = slog.New(slog.NewTextHandler(log, nil)) })
	ep := wanted()
	ep.Retry = session.Retry{After: []time.Duration{time.Minute}, Tries: 9}
	added, err := b.AddEndpoint(b.ctx, ep, "whsec_of_the_test")
	if err != nil {
		t.Fatal(err)
	}
	p.Answer(401)
	b.create("any")
	b.settle()
	if text := log.String(); !strings.Contains(text, "tried again") || !strings.Contains(text, "http_status=401") {
		t.Fatalf("the log of a try is %q, want its status", text)
	}
	if _, err := b.ChangeEndpoint(b.ctx, added.ID, func(ep *session.StoredEndpoint) error { ep.Enabled = false; return nil }); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	b.clock.Add(time.Hour)
	b.settle()
	if text := log.String(); !strings.Contains(text, "was not tried, and waits") || !strings.Contains(text, "endpoint is disabled") || strings.Contains(text, "status=") {
		t.Errorf("the log is %q, want that nothing was tried, and no status", text)
	}
}

// absentKeeper opens no key while it is away.
type absentKeeper struct {
	session.Keeper
	away error
}

func (k *absentKeeper) Open(ctx context.Context, id uuid.UUID, ref []byte) (session.Key, error) {
	if k.away != nil {
		return session.Key{}, k.away
	}
	return k.Keeper.Open(ctx, id, ref)
}

// TestHinderedDelivery waits without a try, and the log says why.
func TestHinderedDelivery(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, note string
		away       error
	}{
		{"something is away", "store is not available", errors.New("connection refused")},
		{"the keys are away", "body or its key cannot be opened", fmt.Errorf("%w: opening: connection refused", session.ErrKeeper)},
		{"the row is gone", "body or its key cannot be opened", session.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keeper, log := &absentKeeper{}, &strings.Builder{}
			b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
				keeper.Keeper, cfg.Log = cfg.Keeper, slog.New(slog.NewTextHandler(log, nil))
				cfg.Keeper = keeper
			})
			id := b.create("any").ID
			b.upload(id)
			keeper.away = c.away
			b.settle()
			for _, want := range []string{"could not be tried, and waits", c.note, c.away.Error()} {
				if text := log.String(); !strings.Contains(text, want) || strings.Contains(text, "status=") {
					t.Errorf("the log is %q, want %q in it and no status", text, want)
				}
			}
			if told := b.receiver.Kinds(id); slices.Contains(told, session.EventCreated) {
				t.Errorf("the receiver was told %v", told)
			}
			keeper.away = nil
			b.clock.Add(time.Hour)
			b.settle()
			if told := b.receiver.Kinds(id); !slices.Contains(told, session.EventCreated) {
				t.Errorf("when it was there again, the receiver was told %v, want of the creation, too", told)
			}
		})
	}
}

// TestDeliveriesOfOneWrite are listed newest first, though they were made in one millisecond.
func TestDeliveriesOfOneWrite(t *testing.T) {
	t.Parallel()
	for range 10 {
		b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Sandbox = true })
		id := b.create("any").ID
		b.clock.Add(time.Second)
		if _, err := b.Simulate(b.ctx, id, decision.Verdict{Outcome: decision.Approved}); err != nil {
			t.Fatal(err)
		}
		b.settle()
		list, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: id})
		if err != nil || len(list) < 3 {
			t.Fatalf("got %d deliveries and error %v, want some", len(list), err)
		}
		if !slices.IsSortedFunc(list, func(a, b session.Delivery) int { return int(b.Seq - a.Seq) }) {
			t.Fatalf("got %v, want the newest event first", list)
		}
	}
}

// TestNoSuchIntegration: whoever acts for none is told what to call.
func TestNoSuchIntegration(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	for _, nobody := range []uuid.UUID{uuid.Nil, uuid.New()} {
		_, created := b.For(nobody).Create(b.ctx, session.Facts{})
		_, verified := b.For(nobody).VerifyAudit(b.ctx)
		for _, err := range []error{created, verified} {
			if !errors.Is(err, session.ErrNotFound) || !strings.Contains(err.Error(), "no such integration: Engine.For") {
				t.Errorf("got %v, want ErrNotFound, and to call For", err)
			}
		}
	}
}
