package session

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Why a session is not deleted.
var (
	// ErrDeletionOff: the integration's policy does not allow it.
	ErrDeletionOff = errors.New("session: deletion is not enabled")
	// ErrNotCompleted: it was submitted and is not decided yet.
	ErrNotCompleted = errors.New("session: not completed")
	// ErrInProgress: the person is at it right now.
	ErrInProgress = errors.New("session: in progress")
)

// Delete removes a session for every reader, at once. One that is still open is expired or abandoned first, and
// the host is told so without anything about the person. In the same write the sealed data go from the store,
// and what was not yet delivered becomes erased if it held personal data; the key and the media are destroyed
// by the session's alarm, within [Policy.ErasureDelay].
//
// Errors: [ErrNotFound], also for what is deleted already; [ErrDeletionOff]; [ErrHeld]; [ErrNotCompleted];
// [ErrInProgress]; a *[RateError] when [Policy.Delete] is used up. Only a deletion that is done takes a permit.
func (e *Engine) Delete(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "delete", id)
	defer verb.done(&err)
	return e.writeErased(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if !w.in.Policy.Deletion {
			return ErrDeletionOff
		}
		if !w.snap.HeldAt.IsZero() {
			return ErrHeld
		}
		if err := deletable(w.snap.At(w.now), w.now, w.in.Policy); err != nil {
			return err
		}
		permit, err := e.permit(w.now, "delete/"+w.in.ID.String(), w.in.Policy.Delete)
		if err != nil {
			return err
		}
		if permit != nil {
			w.change.Permits = []Permit{*permit}
		}
		return w.delete()
	})
}

// deletable is the rule of which sessions may be deleted.
func deletable(s Session, now time.Time, p Policy) error {
	switch {
	case s.Status.Terminal(), s.Status == StatusCreated, s.Status == StatusResubmissionRequested:
		return nil
	case s.Status == StatusStarted:
		if !s.ActiveAt.IsZero() && now.Sub(s.ActiveAt) < p.InProgress {
			return ErrInProgress
		}
		return nil
	}
	return ErrNotCompleted
}

// delete takes everything about the person out of the session before anything is told of it.
func (w *work) delete() error {
	s := &w.snap.Session
	s.DeletedAt = w.now
	s.EraseAt = instant(w.now.Add(w.in.Policy.ErasureDelay))
	w.snap.forget()
	w.change.Erase = EraseSealed
	if !s.Status.Terminal() {
		at, by := w.now, ActorEngine
		if !w.now.Before(s.ExpiresAt) { // it had ended by itself, and only nobody has written it yet
			at, by = s.ExpiresAt, ActorTimer
		}
		if err := w.move(ActionExpire, by, at); err != nil {
			return err
		}
	}
	s.UpdatedAt = w.now
	s.RetryAt, s.Tries = time.Time{}, 0
	return w.emit(EventDeleted, w.e.actor, w.now)
}
