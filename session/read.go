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
	return e.get(ctx, Ref{ID: id})
}

// GetByAttempt is [Engine.Get] by the id of one of the session's attempts.
func (e *Engine) GetByAttempt(ctx context.Context, attempt uuid.UUID) (*Snapshot, error) {
	return e.get(ctx, Ref{Attempt: attempt})
}

// allParts are the parts that readers see.
const allParts = PartAttempts | PartDecisions | PartMedia | PartFindings

func (e *Engine) get(ctx context.Context, ref Ref) (*Snapshot, error) {
	w, err := e.begin(ctx, ref, allParts)
	if err != nil {
		return nil, err
	}
	return w.view(), nil
}

// view is the session as it stands now, with nothing written.
func (w *work) view() *Snapshot {
	w.snap.Session = w.snap.At(w.now)
	return w.snap.atItsEnd()
}

// File is a medium whose bytes can be read.
type File struct {
	Medium
	open func(context.Context) (io.ReadCloser, error)
}

// Open reads the bytes from their start; it may be called again. The caller closes what it gives. A read
// answers an error that wraps [ErrKeeper] when the bytes were changed where they are kept; what was read until
// then is genuine.
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
	Status []Status  // any of these; empty: all
	After  uuid.UUID // the last id of the page before
	N      int       // at most so many. Default: 100; at most 1,000
}

// List gives a page of the sessions of the engine's integration's tenant, newest first, without their sealed
// parts. The next page begins after the last id of this one; the last page is shorter than N or empty.
//
// Expiries that are due are written before the page is read. When more are due than one sweep does, a page that
// asks for a status may miss sessions that have just expired; none is ever shown with a status that it no
// longer has.
func (e *Engine) List(ctx context.Context, l List) ([]Session, error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	now := e.now()
	if !e.hosted {
		if _, _, err := e.store.Sweep(ctx, now, sweepBatch, e.expireOnly(ctx, now)); err != nil {
			return nil, err
		}
	}
	n := min(orDefault(max(l.N, 0), 100), 1000)
	var page []Session
	for after := l.After; len(page) < n; {
		rows, err := e.store.Query(ctx, Query{
			Tenant: in.Tenant, Sandbox: in.Sandbox, Status: l.Status, After: after, N: max(n-len(page), 100),
		})
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			break
		}
		for _, s := range rows {
			if len(page) == n {
				break
			}
			after = s.ID
			if s = s.At(now); len(l.Status) == 0 || slices.Contains(l.Status, s.Status) {
				page = append(page, s)
			}
		}
	}
	return page, nil
}
