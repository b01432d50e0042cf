package session

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/google/uuid"
)

// Get reads a session with all its parts, as it stands now.
//
// Where [Policy.Audit] is on and the engine was made by [Engine.Via], this and [Engine.File] write [EventRead]
// before they give anything; no endpoint is told of it.
//
// Errors: [ErrNotFound] for a session that is not there, is of another tenant, or is deleted, alike.
func (e *Engine) Get(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "get", id)
	defer verb.done(&err)
	return e.get(ctx, Ref{ID: id})
}

// GetByAttempt is [Engine.Get] by the id of one of the session's attempts.
func (e *Engine) GetByAttempt(ctx context.Context, attempt uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observe(ctx, "get_by_attempt")
	defer verb.done(&err)
	return e.get(ctx, Ref{Attempt: attempt})
}

// allParts are the parts that readers see.
const allParts = PartAttempts | PartDecisions | PartMedia | PartFindings

func (e *Engine) get(ctx context.Context, ref Ref) (*Snapshot, error) {
	w, err := e.read(ctx, ref, allParts)
	if err != nil {
		return nil, err
	}
	return w.view(), nil
}

// read is begin for a reader, of whom it is written down first. When somebody changes the session meanwhile it
// is read anew.
func (e *Engine) read(ctx context.Context, ref Ref, parts Parts) (*work, error) {
	for try := 1; ; try++ {
		w, err := e.begin(ctx, ref, parts)
		if err != nil || e.about == nil || !w.in.Policy.Audit {
			return w, err
		}
		w.change.Keep = true
		w.jot(EventRead)
		w.complete()
		errs := e.store.Apply(ctx, w.changes...)
		if errs == nil {
			e.cfg.telemetry.counted(ctx, w)
			w.snap.Seq++
			return w, nil
		}
		if !errors.Is(errs[0], ErrConflict) || try == writeTries || e.hosted {
			return nil, errs[0]
		}
	}
}

// jot appends an event of which no endpoint is told.
func (w *work) jot(kind EventKind) {
	s := &w.snap.Session
	ev := Event{
		ID: w.e.cfg.NewID(w.now), Session: s.ID, Change: w.change.ID, Kind: kind, Status: s.Status,
		Attempt: s.AttemptID, By: w.e.actor, At: w.now,
	}
	w.audit(&ev)
	w.change.Events = append(w.change.Events, ev)
}

// view is the session as it stands now, with nothing written.
func (w *work) view() *Snapshot {
	w.snap.Session = w.snap.At(w.now)
	return w.seen()
}

// seen is what a reader sees of the session at its end, and when its data are shown no more.
func (w *work) seen() *Snapshot {
	if s := w.snap; !w.e.exporting && !s.HideAt.IsZero() && !w.now.Before(s.HideAt) {
		s.hide()
	}
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
// Errors: [ErrNotFound] when there is none, or its session is of another tenant or deleted;
// [ErrHidden].
func (e *Engine) File(ctx context.Context, id uuid.UUID) (_ *File, err error) {
	ctx, verb := e.observe(ctx, "file")
	defer verb.done(&err)
	w, err := e.read(ctx, Ref{Media: id}, PartMedia)
	if err != nil {
		return nil, err
	}
	if !e.exporting && !w.snap.HideAt.IsZero() && !w.now.Before(w.snap.HideAt) {
		return nil, ErrHidden
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
