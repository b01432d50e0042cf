package session

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// ErrHeld: a legal hold keeps the session's data. See [Engine.Hold].
var ErrHeld = errors.New("session: a legal hold keeps it")

// Redact takes everything about the person from a session for good; its status, its reason codes and its events
// stay, and it is still found. A session that has not ended is ended first. In one write nobody can read the data any
// more, their ciphertext goes from the store, remembered answers lose what they said, and what was not yet delivered
// becomes erased if it held personal data; then the session's key is destroyed in the [Keeper], so that backups of the
// store cannot be read either, and its blobs are removed. The receipt says what was destroyed, and is signed. A redaction
// that is interrupted is completed by [Engine.Run]; of a session that is redacted the first receipt is answered
// again, so that it needs no [Engine.Once].
//
// Errors: [ErrNotFound]; [ErrHeld]; an error of the keeper or of the blobs, when the rest of it is still to come.
func (e *Engine) Redact(ctx context.Context, id uuid.UUID) (_ Receipt, err error) {
	ctx, verb := e.observeOf(ctx, "redact", id)
	defer verb.done(&err)
	return e.redact(ctx, id, EventRedacted)
}

func (e *Engine) redact(ctx context.Context, id uuid.UUID, as EventKind) (Receipt, error) {
	on := *e
	on.once = nil // an answer would go with the session's key
	s, err := on.writeErased(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if !w.snap.RedactedAt.IsZero() {
			return nil
		}
		if !w.snap.HeldAt.IsZero() {
			return ErrHeld
		}
		if err := w.redact(as, e.actor); err != nil {
			return err
		}
		w.snap.RetryAt = instant(w.now.Add(leaseTime)) // what follows is done here first
		return nil
	})
	if err != nil {
		return Receipt{}, err
	}
	if s.Receipt == nil && !e.hosted {
		if err := on.erase(ctx, s.Session); err != nil {
			return Receipt{}, err
		}
		again, err := e.store.Load(ctx, Ref{Tenant: s.Tenant, ID: id, Deleted: true}, 0)
		if err != nil {
			return Receipt{}, err
		}
		s.Session = again.Session
	}
	return receiptOf(s.Session)
}

// redact takes everything about the person out of the session before anything is told of it.
func (w *work) redact(as EventKind, by Actor) error {
	s := &w.snap.Session
	s.RedactedAt, s.EraseAt = w.now, w.now
	s.HideAt, s.RedactAt, s.LinkN = time.Time{}, time.Time{}, 0
	w.snap.forget()
	w.change.Erase = EraseSealed
	w.change.Withdraw = true
	if !s.Status.Terminal() {
		at, expirer := w.now, ActorEngine
		if w.snap.overdue(w.now) {
			at, expirer = s.ExpiresAt, ActorTimer
		}
		if err := w.move(ActionExpire, expirer, at); err != nil {
			return err
		}
	}
	s.UpdatedAt = w.now
	s.ScreenAt, s.RetryAt, s.Tries = time.Time{}, time.Time{}, 0
	return w.emit(as, by, w.now)
}

// Hold keeps a session from being redacted and deleted, by whomever, until [Engine.Release]; it may be repeated.
//
// Errors: [ErrNotFound]; [ErrErased] when it is redacted already.
func (e *Engine) Hold(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "hold", id)
	defer verb.done(&err)
	return e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if !w.snap.RedactedAt.IsZero() {
			return ErrErased
		}
		if err := w.tick(); err != nil || !w.snap.HeldAt.IsZero() {
			return err
		}
		w.snap.HeldAt, w.snap.UpdatedAt = w.now, w.now
		return w.emit(EventHeld, e.actor, w.now)
	})
}

// Release ends a hold; where there is none it does nothing.
//
// Errors: [ErrNotFound].
func (e *Engine) Release(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "release", id)
	defer verb.done(&err)
	return e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if err := w.tick(); err != nil || w.snap.HeldAt.IsZero() {
			return err
		}
		w.snap.HeldAt, w.snap.UpdatedAt = time.Time{}, w.now
		return w.emit(EventReleased, e.actor, w.now)
	})
}
