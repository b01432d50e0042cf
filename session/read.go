package session

import (
	"context"
	"io"
	"slices"

	"github.com/google/uuid"
)

// Get reads a session with all its parts, as it stands now.
//
// Errors: [ErrNotFound] for a session that is not there, is of another tenant, or is deleted, alike.
func (e *Engine) Get(ctx context.Context, id uuid.UUID) (*Snapshot, error) {
	w, err := e.begin(ctx, Ref{ID: id}, PartAttempts|PartDecisions|PartMedia)
	if err != nil {
		return nil, err
	}
	return w.view(), nil
}

// view is the session as it stands now, with nothing written.
func (w *work) view() *Snapshot {
	w.snap.Session = w.snap.At(w.now)
	return w.snap.settled()
}

// Derive makes 32 bytes for one purpose that only this session has, for instance to sign its link. They
// are gone when the session's key is, after a deletion or redaction: then it answers the zero Key.
func (s *Snapshot) Derive(purpose string) Key {
	key := s.key()
	if key == (Key{}) {
		return key
	}
	return key.derive("host " + purpose)
}

// File is a medium whose bytes can be read.
type File struct {
	Medium
	open func(context.Context) (io.ReadCloser, error)
}

// Open reads the bytes from their start; it may be called again. The caller closes what it gives. A read answers an error that wraps
// [ErrKeeper] when the bytes were changed where they are kept; what was read until then is genuine.
func (f *File) Open(ctx context.Context) (io.ReadCloser, error) { return f.open(ctx) }

// File finds a medium by its id.
//
// Errors: [ErrNotFound] when there is none, or its session is of another tenant or deleted.
func (e *Engine) File(ctx context.Context, id uuid.UUID) (*File, error) {
	w, err := e.begin(ctx, Ref{Media: id}, PartMedia)
	if err != nil {
		return nil, err
	}
	return e.file(w.snap, id)
}

func (e *Engine) file(s *Snapshot, id uuid.UUID) (*File, error) {
	i := slices.IndexFunc(s.Media, func(m Medium) bool { return m.ID == id })
	if i < 0 {
		return nil, ErrNotFound
	}
	m := s.Media[i]
	key, bound := s.mediaKey(id)
	return &File{Medium: m, open: func(ctx context.Context) (io.ReadCloser, error) {
		sealed, err := e.cfg.Blobs.Open(ctx, m.Blob)
		if err != nil {
			return nil, err
		}
		return newSealReader(sealed, key, bound), nil
	}}, nil
}

// List asks for a page of sessions.
type List struct {
	Status []Status  // any of these; nil: all
	After  uuid.UUID // the last id of the page before
	N      int       // at most so many. Default: 100; at most 1,000
}

// List gives a page of the sessions of the engine's integration's tenant, newest first, without their sealed parts. The next
// page begins after the last id of this one; the last page is shorter than N or empty.
//
// Expiries that are due are written before the page is read. When more are due than one sweep does, a page that asks for a status may miss
// sessions that have just expired; none is ever shown with a status that it no longer has.
func (e *Engine) List(ctx context.Context, l List) ([]Session, error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	if !e.hosted {
		if _, _, err := e.store.Sweep(ctx, e.now(), sweepBatch, e.expireOnly(ctx)); err != nil {
			return nil, err
		}
	}
	n := min(orDefault(max(l.N, 0), 100), 1000)
	now := e.now()
	var page []Session
	for after := l.After; len(page) < n; {
		rows, err := e.store.Query(ctx, Query{
			Tenant: in.Tenant, Sandbox: in.Sandbox, Status: l.Status, After: after, N: n - len(page),
		})
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		after = rows[len(rows)-1].ID
		for _, s := range rows {
			if s = s.At(now); l.Status == nil || slices.Contains(l.Status, s.Status) {
				page = append(page, s)
			}
		}
	}
	return page, nil
}

// Deliveries lists what was and is to be told, newest first, with the bodies in clear as far as they can still
// be opened.
func (e *Engine) Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	q.Tenant = in.Tenant
	q.N = min(orDefault(max(q.N, 0), 100), 1000)
	list, err := e.store.Deliveries(ctx, q)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := e.openDelivery(ctx, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}
