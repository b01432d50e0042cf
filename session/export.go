package session

import (
	"context"

	"github.com/google/uuid"
)

// Export reads everything that there is about the person, also what [Policy.Sensitive] hides from others, and notes that
// it was read. The webhooks that told of it are listed by [Engine.Deliveries].
//
// Errors: [ErrNotFound]; [ErrErased] once redacted.
func (e *Engine) Export(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "export", id)
	defer verb.done(&err)
	s, err := e.Exporting().write(ctx, Ref{ID: id}, allParts, func(w *work) error {
		if !w.snap.RedactedAt.IsZero() {
			return ErrErased
		}
		w.change.Keep = true
		return w.emit(EventExported, e.actor, w.now)
	})
	if err != nil {
		return nil, err
	}
	s.Session = s.At(e.now())
	return s.atItsEnd(), nil
}

// Exporting is the same engine, which shows what [Policy.Sensitive] hides, for as long as it is there.
func (e *Engine) Exporting() *Engine {
	v := *e
	v.exporting = true
	return &v
}
