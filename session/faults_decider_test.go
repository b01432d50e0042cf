package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// TestIntegrationChanges: what a decider says counts, whatever has become of the integration's sandbox flag
// since.
func TestIntegrationChanges(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("Approve").ID
	b.submit(id)
	flipped := b.again(func(in *session.Integration, _ *session.Config) { in.Sandbox = true })
	if _, err := flipped.Settle(b.ctx); err != nil {
		t.Fatal(err)
	}
	if got := b.get(id).Status; got != session.StatusApproved {
		t.Errorf("%s, want approved", got)
	}
}

// TestBlockedDeciders hinder no expiry and no erasure, however many wait for them; one that ends its goroutine takes no place for ever; and
// Run ends though they do not want to.
func TestBlockedDeciders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		var atOnce atomic.Int64
		engine, err := session.New(store, session.Config{
			Integrations: session.Fixed{{Policy: session.Policy{
				Deletion: true, Lifetime: time.Minute, DeciderLease: time.Hour, Create: session.Unlimited(),
			}}},
			Decider: session.DeciderFunc(func(ctx context.Context, c session.Case) (decision.Verdict, error) {
				if c.Facts.Person.FirstName == "Goexit" {
					runtime.Goexit()
				}
				atOnce.Add(1)
				defer atOnce.Add(-1)
				<-ctx.Done()
				return decision.Verdict{}, ctx.Err()
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- engine.Run(ctx) }()
		submit := func(name string) {
			s, err := engine.Create(ctx, session.Facts{Person: session.Person{FirstName: name}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := engine.Submit(ctx, s.ID); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 {
			submit("Goexit")
		}
		<-time.After(time.Second)
		for range 1000 {
			submit("blocks")
		}
		open, err := engine.Create(ctx, session.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute + time.Second)
		rec, err := store.Load(ctx, session.Ref{ID: open.ID}, 0)
		if err != nil || rec.Session.Status != session.StatusExpired {
			t.Errorf("a second after its end: %s is stored, %v; want the expiry written", rec.Session.Status, err)
		}
		if n := atOnce.Load(); n != 64 {
			t.Errorf("%d deciders are asked at once, want 64", n)
		}
		stopped := time.Now()
		stop()
		if err, took := <-done, time.Since(stopped); err != nil || took != 30*time.Second {
			t.Errorf("Run ended after %s, %v; want the deciders to have their 30s", took, err)
		}
	})
}

// TestLogIsClean: nothing that a decider says of a person goes to the log.
func TestLogIsClean(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		cfg.Decider = session.DeciderFunc(func(_ context.Context, c session.Case) (decision.Verdict, error) {
			if c.Tries == 1 {
				return decision.Verdict{}, fmt.Errorf("no such person: canary %v", c)
			}
			return decision.Verdict{Outcome: "canary"}, nil
		})
	})
	b.receiver.Answer(500)
	b.submit(b.create("canary").ID)
	for range 5 {
		b.settle()
		b.clock.Add(time.Hour)
	}
	if text := log.String(); strings.Contains(text, "canary") || strings.Contains(text, "customer-17") || !strings.Contains(text, "decider failed") {
		t.Errorf("the log says:\n%s", text)
	}
}

// TestLongLease: a lease is as long as the policy says. The decider's goroutine ends, as with its process.
func TestLongLease(t *testing.T) {
	t.Parallel()
	asked := 0
	b := setUp(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.DeciderLease = 6 * time.Hour
		cfg.Decider = session.DeciderFunc(func(context.Context, session.Case) (decision.Verdict, error) {
			if asked++; asked == 1 {
				runtime.Goexit()
			}
			return decision.Verdict{}, errors.New("not now")
		})
	})
	b.submit(b.create("any").ID)
	var first sync.WaitGroup
	first.Go(func() {
		_, err := b.Settle(b.ctx)
		t.Errorf("Settle outlived its decider, and answered %v", err)
	})
	first.Wait()
	b.clock.Add(6*time.Hour - time.Microsecond)
	b.settle()
	if asked != 1 {
		t.Errorf("asked %d times within its lease", asked)
	}
	b.clock.Add(time.Microsecond)
	b.settle()
	if asked != 2 {
		t.Errorf("asked %d times after it", asked)
	}
	b.clock.Add(2*time.Minute - time.Microsecond)
	b.settle()
	if asked != 2 {
		t.Errorf("asked %d times within two minutes after the second try has failed", asked)
	}
	b.clock.Add(time.Microsecond)
	b.settle()
	if asked != 3 {
		t.Errorf("asked %d times after them", asked)
	}
}
