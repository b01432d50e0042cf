package session

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// endpointsAge is how old the stored endpoints may be by which it is judged who is told.
const endpointsAge = 5 * time.Second

// endpointCache has all stored endpoints in memory, because who is told of an event is decided where the store
// cannot be asked: in a tick of its own transaction.
type endpointCache struct {
	set  atomic.Pointer[endpointSet]
	turn chan struct{} // who reads them has it
}

func newEndpointCache() *endpointCache { return &endpointCache{turn: make(chan struct{}, 1)} }

// fork is a cache for a host's transaction, which begins with what is known outside of it, and of which nothing
// comes back: what is read there may be rolled back.
func (c *endpointCache) fork() *endpointCache {
	out := newEndpointCache()
	out.set.Store(c.set.Load())
	return out
}

// endpointSet is all stored endpoints as of one moment. It does not change.
type endpointSet struct {
	at   time.Time // by the system's clock, which is not moved by hand
	byID map[uuid.UUID]keptEndpoint
	of   map[endpointOwner][]Endpoint // that are enabled
}

// endpointOwner is whose an endpoint is.
type endpointOwner struct {
	tenant, integration uuid.UUID
	sandbox             bool
}

func ownerOf(in Integration) endpointOwner { return endpointOwner{in.Tenant, in.ID, in.Sandbox} }

func (ep *StoredEndpoint) owner() endpointOwner {
	return endpointOwner{ep.Tenant, ep.Integration, ep.Sandbox}
}

func newEndpointSet(at time.Time, byID map[uuid.UUID]keptEndpoint) *endpointSet {
	s := &endpointSet{at: at, byID: byID, of: map[endpointOwner][]Endpoint{}}
	for _, ep := range slices.Backward(s.where(func(ep *StoredEndpoint) bool { return ep.Enabled })) {
		s.of[ep.owner()] = append(s.of[ep.owner()], ep.Endpoint)
	}
	return s
}

// where lists the endpoints that are wanted, newest first.
func (s *endpointSet) where(wanted func(*StoredEndpoint) bool) (list []StoredEndpoint) {
	for _, ep := range s.byID {
		if wanted(&ep.StoredEndpoint) {
			list = append(list, ep.StoredEndpoint)
		}
	}
	slices.SortFunc(list, func(a, b StoredEndpoint) int { return compareIDs(b.ID, a.ID) })
	return list
}

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

// refresh reads the stored endpoints when they were read too long ago. It asks the store, and so must not be
// called in a tick. While somebody else reads them, it makes do with what was known.
func (e *Engine) refresh(ctx context.Context) error {
	c := e.told
	known := c.set.Load()
	if e.cfg.key() == (Key{}) || known.fresh() {
		return nil // without a key there are none
	}
	select {
	case c.turn <- struct{}{}:
	default:
		if known != nil {
			return nil
		}
		select {
		case c.turn <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-c.turn }()
	if known = c.set.Load(); known.fresh() {
		return nil
	}
	set, err := e.loadEndpoints(ctx)
	if err != nil {
		return err
	}
	c.set.CompareAndSwap(known, set) // else one was written meanwhile: they are read again next time
	return nil
}

func (s *endpointSet) fresh() bool { return s != nil && time.Since(s.at) < endpointsAge }

// put makes known at once what was written here, so that who reads the endpoints meanwhile does not replace it by what
// was there before. Something must be known already.
func (c *endpointCache) put(ep keptEndpoint) {
	for {
		known := c.set.Load()
		if known == nil || known.byID[ep.ID].version > ep.version {
			return
		}
		byID := maps.Clone(known.byID)
		if byID[ep.ID] = ep; ep.gone {
			delete(byID, ep.ID)
		}
		if c.set.CompareAndSwap(known, newEndpointSet(known.at, byID)) {
			return
		}
	}
}

// loadEndpoints reads all stored endpoints.
func (e *Engine) loadEndpoints(ctx context.Context) (*endpointSet, error) {
	begun, byID := time.Now(), map[uuid.UUID]keptEndpoint{}
	for q := (EntryQuery{Kind: EntryEndpoint, At: e.now(), N: 1000}); ; {
		page, err := e.store.Entries(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, kept := range page {
			if byID[kept.ID], err = readEndpoint(kept); err != nil {
				return nil, err
			}
		}
		if len(page) < q.N {
			return newEndpointSet(begun, byID), nil
		}
		q.After = page[len(page)-1].ID
	}
}

// endpointsOf are the endpoints that are told of an integration's sessions: those of the host, and those that
// are stored.
func (e *Engine) endpointsOf(in Integration) []Endpoint {
	known := e.told.set.Load()
	if known == nil {
		return in.Endpoints
	}
	stored := known.of[ownerOf(in)]
	if len(stored) == 0 {
		return in.Endpoints
	}
	return slices.Concat(in.Endpoints, stored)
}

// knownEndpoint finds the stored endpoint that a delivery goes to.
func (e *Engine) knownEndpoint(d Delivery) (ep StoredEndpoint, found bool) {
	if known := e.told.set.Load(); known != nil {
		ep = known.byID[d.Endpoint].StoredEndpoint
	}
	return ep, ep.ID != uuid.Nil && ep.owner() == endpointOwner{d.Tenant, d.Integration, d.Sandbox}
}
