package session_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// TestRetries: hourly for 7 days, 168 tries, always the same id and bytes, and then it is given up.
func TestRetries(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	b.receiver.Answer(204) // only 200 counts
	id := b.create("any").ID
	for range 168 {
		b.settle()
		b.clock.Add(time.Hour - time.Microsecond)
		if n := len(b.receiver.Got()); b.settle() != 0 && len(b.receiver.Got()) != n {
			t.Fatal("tried again within the hour")
		}
		b.clock.Add(time.Microsecond)
	}
	var tries []session.Delivery
	for _, d := range b.receiver.Got() {
		if bytes.Contains(d.Body, []byte(`"kind":"created"`)) {
			tries = append(tries, d)
		}
	}
	if len(tries) != 168 {
		t.Fatalf("%d tries, want 168", len(tries))
	}
	for i, d := range tries {
		if d.ID != tries[0].ID || !bytes.Equal(d.Body, tries[0].Body) || d.Tries != i+1 {
			t.Fatalf("try %d has id %s, count %d and body %s", i+1, d.ID, d.Tries, d.Body)
		}
	}
	list, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: id, State: session.DeliveryDead})
	if err != nil || len(list) != 1 || list[0].Tries != 168 || list[0].Last.Status != 204 {
		t.Errorf("given up: %+v, %v", list, err)
	}
}

// TestOneDeliveryPerTransition and endpoint, in the order of events, each with its sequence number.
func TestOneDeliveryPerTransition(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) {
		in.Endpoints = append(in.Endpoints, session.Endpoint{
			ID: uuid.MustParse("e0000000-0000-4000-8000-000000000002"), Format: sessiontest.Format,
			Kinds: []session.EventKind{session.EventApproved},
		})
	})
	id := b.to(session.StatusApproved)
	var seqs []int64
	second := 0
	for _, d := range b.receiver.Got() {
		if d.Endpoint != b.in.Endpoints[0].ID {
			second++
			continue
		}
		seqs = append(seqs, d.Seq)
	}
	if want := []int64{1, 2, 3, 4}; !slices.Equal(seqs, want) || second != 1 {
		t.Errorf("told of %v, want %v; the second endpoint of %d events, want 1", seqs, want, second)
	}
	if got := b.get(id).Seq; got != 4 {
		t.Errorf("the session's seq is %d", got)
	}
}

// TestPanickingDeliverer: the panic is a failed try.
func TestPanickingDeliverer(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) { cfg.Deliverer = panicking{} })
	id := b.create("any").ID
	b.settle()
	list, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: id})
	if err != nil || len(list) != 1 || list[0].State != session.DeliveryDue || list[0].Last.Note != "the deliverer panicked" {
		t.Errorf("%v, %v", list, err)
	}
}

type panicking struct{}

func (panicking) Deliver(context.Context, session.Endpoint, session.Delivery) session.Try {
	panic("out of order")
}

// TestEndpointGone: what was to go there waits for a day, as while a new version is rolled out, and is then
// given up.
func TestEndpointGone(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	without := b.in
	without.Endpoints = nil
	engine, err := session.New(b.store, session.Config{
		Integrations: session.Fixed{without}, Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Deliverer: b.receiver,
	})
	if err != nil {
		t.Fatal(err)
	}
	state := func() session.Delivery {
		t.Helper()
		if _, err := engine.Settle(b.ctx); err != nil {
			t.Fatal(err)
		}
		list, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: id})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0]
	}
	if d := state(); d.State != session.DeliveryDue || d.Last.Note != "endpoint is gone" || d.Tries != 0 {
		t.Errorf("at first: %s after %d tries, %+v; want it to wait", d.State, d.Tries, d.Last)
	}
	b.clock.Add(24 * time.Hour)
	if d := state(); d.State != session.DeliveryDead || d.Tries != 0 {
		t.Errorf("after a day: %s after %d tries, want it given up", d.State, d.Tries)
	}
}

// TestRun does what falls due within a second of real time, finishes what it has begun when it is stopped, and
// leaves nothing running.
func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &slowReceiver{}
		in := session.Integration{ID: tenant, Policy: session.Policy{Deletion: true, Lifetime: time.Hour}, Endpoints: []session.Endpoint{
			{ID: uuid.MustParse("e0000000-0000-4000-8000-000000000001"), Format: sessiontest.Format},
		}}
		engine, err := session.New(memstore.New(), session.Config{
			Integrations: session.Fixed{in}, Decider: session.Sandbox{}, Deliverer: slow,
			Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		e := engine.For(tenant)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()

		s, err := e.Create(ctx, session.Facts{Person: session.Person{FirstName: "Approve"}})
		if err != nil {
			t.Fatal(err)
		}
		left, err := e.Create(ctx, session.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Submit(ctx, s.ID); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Second) // of the bubble's own time
		if got, err := e.Get(ctx, s.ID); err != nil || got.Status != session.StatusApproved {
			t.Errorf("after a second: %v, %v", got.Status, err)
		}
		<-time.After(time.Hour)
		if rows, err := e.List(ctx, session.List{Status: []session.Status{session.StatusExpired}}); err != nil || len(rows) != 1 || rows[0].ID != left.ID {
			t.Errorf("after an hour: %v, %v", rows, err)
		}
		<-time.After(time.Minute)
		if _, err := e.Create(ctx, session.Facts{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stop() // while the receiver takes its time over what was just created
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if slow.begun != slow.ended || slow.ended == 0 {
			t.Errorf("%d deliveries were begun and %d ended", slow.begun, slow.ended)
		}
	})
}

// slowReceiver takes two seconds for each delivery.
type slowReceiver struct {
	mu           sync.Mutex
	begun, ended int
}

func (r *slowReceiver) Deliver(context.Context, session.Endpoint, session.Delivery) session.Try {
	r.mu.Lock()
	r.begun++
	r.mu.Unlock()
	<-time.After(2 * time.Second)
	r.mu.Lock()
	r.ended++
	r.mu.Unlock()
	return session.Try{Status: 200}
}

// TestTwoRuns: two on one store ask for every decision once and tell everything once.
func TestTwoRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, keeper := memstore.New(), session.NewMemoryKeeper()
		var mu sync.Mutex
		asked := map[uuid.UUID]int{}
		receiver := &sessiontest.Receiver{}
		blobs := newBlobs()
		newEngine := func() *session.Engine {
			engine, err := session.New(store, session.Config{
				Keeper: keeper, Blobs: blobs, Deliverer: receiver,
				Integrations: session.Fixed{{Endpoints: []session.Endpoint{{ID: endpoint, Format: sessiontest.Format}}}},
				Renderers:    map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
				Decider: session.DeciderFunc(func(_ context.Context, c session.Case) (v decision.Verdict, err error) {
					mu.Lock()
					defer mu.Unlock()
					asked[c.ID]++
					v.Outcome = "approved"
					return v, nil
				}),
			})
			if err != nil {
				t.Fatal(err)
			}
			return engine
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		one, two := newEngine(), newEngine()
		for _, e := range []*session.Engine{one, two} {
			running.Go(func() { _ = e.Run(ctx) })
		}
		for range 100 {
			s, err := one.Create(ctx, session.Facts{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := two.Submit(ctx, s.ID); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(2 * time.Second)
		stop()
		running.Wait()
		for id, n := range asked {
			if n != 1 {
				t.Errorf("%s was asked about %d times", id, n)
			}
		}
		if len(asked) != 100 {
			t.Errorf("asked about %d sessions", len(asked))
		}
		told := map[uuid.UUID]int{}
		for _, d := range receiver.Got() {
			told[d.ID]++
		}
		list, err := one.Deliveries(t.Context(), session.DeliveryQuery{N: 1000})
		if err != nil || len(list) != 400 || len(told) != 400 {
			t.Fatalf("%d deliveries are recorded and %d were made, %v; want 400", len(list), len(told), err)
		}
		for _, d := range list {
			if told[d.ID] != 1 || d.State != session.DeliveryDone {
				t.Errorf("%s was made %d times", d, told[d.ID])
			}
		}
	})
}
