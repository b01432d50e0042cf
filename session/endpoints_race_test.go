package session_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/bonafide-idv/bonafide/session"
)

// slowReader is a store whose first reading of the endpoints takes until it is let go on.
type slowReader struct {
	session.Store
	reads          atomic.Int32
	read, released chan struct{}
}

func (s *slowReader) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	list, err := s.Store.Entries(ctx, q)
	if q.Kind == session.EntryEndpoint && s.reads.Add(1) == 1 {
		close(s.read)
		<-s.released
	}
	return list, err
}

// TestEndpointWhileTheFirstAreRead: an endpoint is told of everything from then on, also when the endpoints were being
// read for the first time as it was added.
func TestEndpointWhileTheFirstAreRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, p := setUpPost(t, nil)
		slow := &slowReader{Store: b.store, read: make(chan struct{}), released: make(chan struct{})}
		b.store = slow
		b.Engine = b.again(func(in *session.Integration, cfg *session.Config) {
			in.Endpoints, cfg.Deliverer, cfg.Key = nil, p, session.NewKey()
		})
		var all sync.WaitGroup
		all.Go(func() { _, _ = b.Settle(b.ctx) })
		<-slow.read
		all.Go(func() { b.addEndpoint() })
		synctest.Wait() // it is added, or waits for who reads
		close(slow.released)
		all.Wait()
		id := b.create("any").ID
		if n := len(b.log(id)); n != 1 {
			t.Errorf("the endpoint is told of %d events, want 1", n)
		}
	})
}
