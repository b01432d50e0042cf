package session_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

// TestEndpointOnce: done once for one key, of many at once too, with its answer for all; another request is refused.
func TestEndpointOnce(t *testing.T) {
	t.Parallel()
	b, _ := setUpPost(t, nil)
	once := session.Once{Scope: "add", Key: "k-1", Request: []byte("r"), Encode: func(v any) ([]byte, error) {
		return []byte(v.(session.StoredEndpoint).ID.String()), nil
	}}
	var adding sync.WaitGroup
	answers := make([]string, 30)
	for i := range answers {
		adding.Go(func() {
			ep, err := b.Once(once).AddEndpoint(b.ctx, wanted(), fmt.Sprint("whsec_", i))
			var before *session.AnsweredError
			switch {
			case err == nil:
				answers[i] = ep.ID.String()
			case errors.As(err, &before):
				answers[i] = string(before.Answer)
			default:
				t.Errorf("add: %v", err)
			}
		})
	}
	adding.Wait()
	list, err := b.Endpoints(b.ctx, session.EndpointList{})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d endpoints, %v, want one", len(list), err)
	}
	for _, got := range answers {
		if got != list[0].ID.String() {
			t.Errorf("answered %q, want %q", got, list[0].ID)
		}
	}
	once.Request = []byte("another")
	if _, err := b.Once(once).AddEndpoint(b.ctx, wanted(), "whsec_x"); !errors.Is(err, session.ErrMismatch) {
		t.Errorf("another request: %v, want ErrMismatch", err)
	}
}

// TestEndpointOfAnotherProcess is told within five seconds.
func TestEndpointOfAnotherProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := setUpPost(t, func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
		other := b.again(func(in *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
		told := func() int {
			t.Helper()
			s, err := other.Create(b.ctx, session.Facts{})
			if err != nil {
				t.Fatal(err)
			}
			list, err := other.Deliveries(b.ctx, session.DeliveryQuery{Session: s.ID})
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		if told() != 0 {
			t.Fatal("told before there was an endpoint")
		}
		ep := b.addEndpoint()
		<-time.After(5 * time.Second)
		if told() != 1 {
			t.Error("not told after five seconds")
		}
		if err := b.RemoveEndpoint(b.ctx, ep.ID); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Second)
		if told() != 0 {
			t.Error("told five seconds after it was removed")
		}
	})
}

// TestEndpointInHostTransaction: what a host's transaction reads and writes does not leak out of it, and is told by it.
func TestEndpointInHostTransaction(t *testing.T) {
	t.Parallel()
	b, db, store, _ := onDisk(t)
	engine, err := session.New(store, session.Config{
		Clock: b.clock, Keeper: session.NewMemoryKeeper(), Blobs: newBlobs(), Key: session.Key{7}, Deliverer: b.receiver,
		Renderers:    map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
		Integrations: session.Fixed{{ID: tenant}},
	})
	if err != nil {
		t.Fatal(err)
	}
	e := engine.For(tenant)
	told := func(e *session.Engine) int {
		t.Helper()
		s, err := e.Create(b.ctx, session.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		list, err := e.Deliveries(b.ctx, session.DeliveryQuery{Session: s.ID})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if told(e) != 0 {
		t.Fatal("told before there was an endpoint")
	}
	tx, err := db.BeginTx(b.ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	hosted := e.With(store.Tx(tx))
	if _, err := hosted.AddEndpoint(b.ctx, wanted(), "whsec_x"); err != nil {
		t.Fatal(err)
	}
	if told(hosted) != 1 {
		t.Error("not told in the transaction in which it was added")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if told(e) != 0 {
		t.Error("told though the transaction was rolled back")
	}
}

// TestStoredEndpointOfAnAlarm: a process that has just begun tells stored endpoints of what falls due.
func TestStoredEndpointOfAnAlarm(t *testing.T) {
	t.Parallel()
	b, p := setUpPost(t, func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
	ep := b.addEndpoint()
	for name, due := range map[string]func(*session.Engine) error{
		"settled": func(e *session.Engine) error { _, err := e.Settle(b.ctx); return err },
		"listed":  func(e *session.Engine) error { _, err := e.List(b.ctx, session.List{}); return err },
	} {
		id := b.create("any").ID
		b.settle()
		before := p.count(ep.ID)
		b.clock.Add(week)
		fresh := b.again(func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
		if err := due(fresh); err != nil {
			t.Fatal(err)
		}
		b.settle()
		kinds := append(p.Kinds(id), b.receiver.Kinds(id)...)
		if len(kinds) != 2 || kinds[1] != session.EventExpired {
			t.Errorf("%s: told %v, %d by the first process", name, kinds, p.count(ep.ID)-before)
		}
	}
}
