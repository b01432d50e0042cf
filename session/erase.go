package session

import (
	"context"
	"errors"
	"time"
)

// erase destroys the key of a deleted or redacted session, then its blobs, then says so; of a redacted one it
// writes the receipt. It may be repeated at any point.
func (e *Engine) erase(ctx context.Context, claimed Session) error {
	for try := 1; ; try++ {
		err := e.eraseOnce(ctx, claimed)
		if !errors.Is(err, ErrConflict) || try == writeTries {
			return err
		}
	}
}

// eraseOnce is one try of it: the person's identity may be changed by somebody else at the same time.
func (e *Engine) eraseOnce(ctx context.Context, claimed Session) error {
	const parts = PartDecisions | PartMedia | PartFindings
	rec, err := e.store.Load(ctx, Ref{Tenant: claimed.Tenant, ID: claimed.ID, Deleted: true}, parts)
	if err != nil {
		return err
	}
	if rec.Session.Version != claimed.Version {
		return nil // somebody else has it
	}
	var destroyed error
	if len(rec.Session.Key) > 0 {
		destroyed = e.cfg.Keeper.Destroy(ctx, rec.Session.ID, rec.Session.Key)
	}
	names := make([]string, len(rec.Media))
	for i, m := range rec.Media {
		names[i] = m.Blob
	}
	// The one goes also when the other cannot.
	if err := errors.Join(destroyed, e.cfg.Blobs.Remove(ctx, names...)); err != nil {
		return err
	}
	w, err := e.workOnErased(ctx, rec)
	if err != nil {
		return err
	}
	s := &w.snap.Session
	if !s.RedactedAt.IsZero() && s.DeletedAt.IsZero() {
		if s.Receipt, err = e.receipt(ctx, rec, w.now); err != nil {
			return err
		}
	}
	if err := w.forgetIdentity(ctx, s.Ref); err != nil {
		return err
	}
	s.Ref = BlindIndex{}
	s.Key, s.UpdatedAt = nil, w.now
	s.EraseAt, s.RetryAt, s.Tries = time.Time{}, time.Time{}, 0
	w.change.Erase = EraseSealed | EraseMedia
	if err := w.emit(EventErased, ActorEngine, w.now); err != nil {
		return err
	}
	return w.commit(ctx)
}
