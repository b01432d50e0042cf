package session_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// away is a store that is not there for a while.
type away struct {
	*memstore.Store
	gone atomic.Bool
}

func (a *away) Sweep(ctx context.Context, now time.Time, n int, tick func(session.Session) (session.Change, bool)) (int, time.Time, error) {
	if a.gone.Load() {
		return 0, time.Time{}, errors.New("there is no store")
	}
	return a.Store.Sweep(ctx, now, n, tick)
}

func (a *away) Claim(ctx context.Context, now, until time.Time, n int, except []uuid.UUID) ([]session.Delivery, time.Time, error) {
	if a.gone.Load() {
		return nil, time.Time{}, errors.New("there is no store")
	}
	return a.Store.Claim(ctx, now, until, n, except)
}

// nobody is told of anything.
type nobody struct{}

func (nobody) Deliver(context.Context, session.Endpoint, session.Delivery) session.Try {
	return session.Try{}
}

// TestOutageIsToldOnceAMinute: a store that is away, and one that comes and goes, fill no log; what is due is done when it is back.
func TestOutageIsToldOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		store := &away{Store: memstore.New()}
		engine, err := session.New(store, session.Config{
			Integrations: session.Fixed{{Policy: session.Policy{Lifetime: time.Minute}}},
			Deliverer:    nobody{},
			Log:          slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- engine.Run(ctx) }()
		s, err := engine.Create(ctx, session.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		count := func(after string, want map[string]int) {
			t.Helper()
			synctest.Wait()
			for message, n := range want {
				if got := strings.Count(log.String(), message); got != n {
					t.Errorf("after %s: %q is told %d times, want %d:\n%s", after, message, got, n, log.String())
				}
			}
		}
		store.gone.Store(true)
		<-time.After(150*time.Second + time.Millisecond)
		count("150 seconds without a store", map[string]int{
			"the sweep failed": 3, "the relay failed": 3, "there is no store": 6, "again": 0,
		})
		store.gone.Store(false)
		<-time.After(time.Second)
		count("its return", map[string]int{"the sweep works again": 1, "the relay works again": 1, "failed": 6})
		if told := log.String(); len(regexp.MustCompile(`works again" times=3\d\d\n`).FindAllString(told, -1)) != 2 {
			t.Errorf("want it to have failed some 300 times in 150 seconds:\n%s", told)
		}
		rec, err := store.Load(ctx, session.Ref{ID: s.ID}, 0)
		if err != nil || rec.Session.Status != session.StatusExpired {
			t.Errorf("after the outage: %s, %v; want expired", rec.Session.Status, err)
		}
		store.gone.Store(true)
		<-time.After(25 * time.Second) // within a minute of what was told last
		store.gone.Store(false)
		<-time.After(time.Second)
		count("a short one soon after", map[string]int{"failed": 6, "the sweep works again": 2, "the relay works again": 2})
		for range 30 { // a minute in which it comes and goes
			store.gone.Store(true)
			<-time.After(time.Second)
			store.gone.Store(false)
			<-time.After(time.Second)
		}
		count("a minute of coming and going", map[string]int{"the sweep failed": 4, "the relay failed": 4, "works again": 6})
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
