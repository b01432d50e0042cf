package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// Start says that the person has begun; after a request for resubmission, again, with the next attempt. The
// start that changes the status counts, as [ActorPerson], as the person's activity; starting a started session
// changes nothing.
//
// Errors: [ErrNotFound]; a *[TransitionError] when the session cannot be started any more.
func (e *Engine) Start(ctx context.Context, id uuid.UUID) (*Snapshot, error) {
	return e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if err := w.tick(); err != nil {
			return err
		}
		if w.snap.Status == StatusStarted {
			_, err := Next(StatusStarted, ActionStart, e.actor)
			return err
		}
		w.nextAttempt()
		w.active()
		return w.move(ActionStart, e.actor, w.now)
	})
}

// Submit says that everything is given and a decision is wanted. The decider is asked by [Engine.Run].
//
// Errors: [ErrNotFound]; a *[TransitionError] when the session was submitted before or is over; [ErrIncomplete]
// when something is missing that [Policy.Required] names.
func (e *Engine) Submit(ctx context.Context, id uuid.UUID) (*Snapshot, error) {
	return e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if err := w.tick(); err != nil {
			return err
		}
		if _, err := Next(w.snap.Status, ActionSubmit, e.actor); err != nil {
			return err
		}
		w.nextAttempt()
		if err := w.complies(ctx); err != nil {
			return err
		}
		w.active()
		return w.move(ActionSubmit, e.actor, w.now)
	})
}

// ErrIncomplete: the current attempt has no media of a context that [Policy.Required] names.
var ErrIncomplete = errors.New("session: something that is required was not uploaded")

// complies looks for what the policy requires. What is uploaded meanwhile only adds to it.
func (w *work) complies(ctx context.Context) error {
	if len(w.in.Policy.Required) == 0 {
		return nil
	}
	rec, err := w.e.store.Load(ctx, Ref{Tenant: w.snap.Tenant, ID: w.snap.ID}, PartMedia)
	if err != nil {
		return err
	}
	for _, c := range w.in.Policy.Required {
		shows := func(m Media) bool { return m.Context == c && m.Attempt == w.snap.AttemptID }
		if !slices.ContainsFunc(rec.Media, shows) {
			return fmt.Errorf("%w: %s", ErrIncomplete, c)
		}
	}
	return nil
}

// Expire ends a session before its time: one that was not begun becomes expired, any other abandoned.
//
// Errors: [ErrNotFound]; a *[TransitionError] when the session has ended already.
func (e *Engine) Expire(ctx context.Context, id uuid.UUID) (*Snapshot, error) {
	return e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if err := w.tick(); err != nil {
			return err
		}
		return w.move(ActionExpire, e.actor, w.now)
	})
}

// Can asks the state machine, and no policy, whether the engine's actor may do the action now; [ActionUpload]
// and [ActionCollect] ask for media and data. It changes nothing.
//
// Errors: [ErrNotFound]; the *[TransitionError] with which the action would be refused.
func (e *Engine) Can(ctx context.Context, id uuid.UUID, action Action) error {
	w, err := e.begin(ctx, Ref{ID: id}, PartAttempts)
	if err != nil {
		return err
	}
	status := w.snap.At(w.now).Status
	switch action {
	case ActionUpload:
		return takes(status, action, e.actor)
	case ActionCollect:
		return w.collects()
	}
	_, err = Next(status, action, e.actor)
	return err
}
