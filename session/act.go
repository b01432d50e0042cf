package session

import (
	"context"

	"github.com/google/uuid"
)

// Start says that the person has begun; after a request for resubmission, again, with the next attempt. The
// start that changes the status counts, as [ActorPerson], as the person's activity; starting a started session
// changes nothing.
//
// Errors: [ErrNotFound]; a *[TransitionError] when the session cannot be started any more.
func (e *Engine) Start(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "start", id)
	defer verb.done(&err)
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
// Errors: [ErrNotFound]; a *[TransitionError] when the session was submitted before or is over; an *[IncompleteError]
// when something is missing that [Engine.Required] names; with an engine that [Engine.ByLink] gave, [ErrConsent] and a
// *[LinkError] too; a *[RateError] when [Policy.Submit] is used up.
func (e *Engine) Submit(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "submit", id)
	defer verb.done(&err)
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartFindings, func(w *work) error {
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
		permit, err := e.permit(w.now, "submit/"+w.in.ID.String(), w.in.Policy.Submit)
		if err != nil {
			return err
		}
		if permit != nil {
			w.change.Permits = []Permit{*permit}
		}
		w.active()
		return w.move(ActionSubmit, e.actor, w.now)
	})
}

// Expire ends a session before its time: one that was not begun becomes expired, any other abandoned.
//
// Errors: [ErrNotFound]; a *[TransitionError] when the session has ended already.
func (e *Engine) Expire(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "expire", id)
	defer verb.done(&err)
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
func (e *Engine) Can(ctx context.Context, id uuid.UUID, action Action) (err error) {
	ctx, verb := e.observeOf(ctx, "can", id)
	defer verb.done(&err)
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
