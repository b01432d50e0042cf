package trial_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

var crashes = flag.Int("crashes", 0, "how many servers are killed on each database; 0: as many as suit the machine")

// kills is how many servers a test kills: three times as many where there is time for it.
func kills(usual int) int {
	switch {
	case *crashes > 0:
		return *crashes
	case testing.Short():
		return 5
	case os.Getenv("BONAFIDE_TEST_LONG") != "":
		return 3 * usual
	}
	return usual
}

// TestServersKilled: servers are killed under load, at any moment, one after another at one place. Nothing that was
// acknowledged is lost, nothing is there by halves, and everything is told.
func TestServersKilled(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		newSiege(t, place{Dir: t.TempDir()}).run(kills(50), nil)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		server := postgrestest.New(t)
		s := newSiege(t, place{Dir: t.TempDir(), Postgres: server.URL()})
		s.run(kills(25), func(round int) func() {
			if round%(kills(25)/3+1) != 1 {
				return nil
			}
			return func() { server.Kill(); server.Start() }
		})
	})
}

// TestPlaceIsDurable: SQLite has the disk reached before it acknowledges, on every connection of a place.
func TestPlaceIsDurable(t *testing.T) {
	t.Parallel()
	h, err := place{Dir: t.TempDir()}.open(t.Context())
	ok(t, err)
	defer h.close()
	for n := range 3 {
		conn, err := h.db.Conn(t.Context())
		ok(t, err)
		defer conn.Close()
		synchronous := -1
		ok(t, conn.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&synchronous))
		if synchronous != 2 {
			t.Errorf("connection %d: PRAGMA synchronous is %d, want 2, which is FULL", n, synchronous)
		}
	}
}

// siege is a place whose servers are killed, and those who use them meanwhile.
type siege struct {
	t        *testing.T
	place    place
	receiver *receiver
	clients  []*client
	left     atomic.Int64 // requests until it falls what they are to
	now      chan struct{}
}

func newSiege(t *testing.T, p place) *siege {
	t.Helper()
	s := &siege{t: t, receiver: newReceiver(t)}
	p.Hooks = s.receiver.url
	s.place = p
	h, err := p.open(t.Context())
	ok(t, err)
	defer h.close()
	ok(t, h.hook(t.Context(), p.Hooks))
	for range 8 {
		s.clients = append(s.clients, &client{t: t, sends: s.sends})
	}
	return s
}

// run kills servers, and in some rounds, before the server, what it stands on.
func (s *siege) run(rounds int, ground func(round int) func()) {
	began := time.Now()
	for round := range rounds {
		c := s.place.start(s.t)
		if ground != nil {
			if fell := ground(round); fell != nil {
				s.load(c, fell)
				s.check()
			}
		}
		s.load(c, c.kill)
		if round%5 == 4 {
			s.check()
		}
		if s.t.Failed() {
			s.t.Fatalf("in round %d", round)
		}
	}
	s.check()
	s.t.Logf("%d servers were killed in %s", rounds, time.Since(began).Round(time.Millisecond))
	s.end()
}

// load has the clients work, and what they work on fall, at any moment.
func (s *siege) load(c *child, fell func()) {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	transport := &http.Transport{MaxIdleConnsPerHost: len(s.clients)}
	defer transport.CloseIdleConnections()
	s.now = make(chan struct{})
	s.left.Store(1 + rand.Int64N(40))
	var all sync.WaitGroup
	for _, client := range s.clients {
		all.Go(func() { client.work(ctx, &http.Client{Transport: transport, Timeout: 20 * time.Second}, c.url) })
	}
	select {
	case <-s.now:
	case <-time.After(2 * time.Second): // they wait for permits
	}
	<-time.After(rand.N(10 * time.Millisecond)) // anywhere within a request
	fell()
	stop()
	all.Wait()
}

// sends counts a request.
func (s *siege) sends() {
	if s.left.Add(-1) == 0 {
		close(s.now)
	}
}

// known is what all clients know.
func (s *siege) known() (all []*known) {
	for _, c := range s.clients {
		all = append(all, c.known...)
	}
	return all
}

// check looks at what was touched since the last time.
func (s *siege) check() {
	s.t.Helper()
	h, err := s.place.open(s.t.Context())
	ok(s.t, err)
	defer h.close()
	for _, k := range s.known() {
		if !k.touched {
			continue
		}
		k.touched = false
		for _, fault := range k.check(s.t.Context(), h) {
			s.t.Error(fault)
		}
	}
}

// end lets time go by, and looks at everything.
func (s *siege) end() {
	s.t.Helper()
	s.finish()
	s.receiver.relent()
	ok(s.t, s.place.settled(s.t.Context(), 49*time.Hour))
	h, err := s.place.open(s.t.Context())
	ok(s.t, err)
	defer h.close()
	all := s.known()
	done := map[string]int{}
	for _, k := range all {
		for _, fault := range k.check(s.t.Context(), h) {
			s.t.Error(fault)
		}
		for _, step := range k.done {
			done[step]++
		}
	}
	h.whole(s.t)
	h.audited(s.t)
	h.permitted(s.t, all)
	h.once(s.t, all)
	s.receiver.toldOf(s.t, h)
	s.place.everyBlobHasItsRow(s.t, h)
	s.t.Logf("of %d sessions were acknowledged: %v", len(all), done)
}

// finish has everything answered that was not, by a server that nobody kills.
func (s *siege) finish() {
	s.t.Helper()
	c := s.place.start(s.t)
	defer c.kill()
	for _, client := range s.clients {
		for _, k := range client.known {
			for try := 0; k.pending != nil && try < 100; try++ {
				step := k.pending
				status, answer, _, err := step.send(s.t.Context(), http.DefaultClient, c.url)
				ok(s.t, err)
				client.answered(k, step, status, answer, true)
			}
		}
	}
}
