package session

import (
	"context"

	"github.com/google/uuid"
)

// Create makes a session of the engine's integration, with its first attempt.
//
// Errors: a *[FactsError] for facts that are not acceptable; a *[RateError] when the integration's
// [Policy.Create] is used up, and then nothing was made.
func (e *Engine) Create(ctx context.Context, facts Facts) (*Snapshot, error) {
	if err := facts.Validate(); err != nil {
		return nil, err
	}
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	now := e.now()
	permit, err := e.permit(now, "create/"+in.ID.String(), in.Policy.Create)
	if err != nil {
		return nil, err
	}
	w, err := e.newSession(ctx, in, facts)
	if err != nil {
		return nil, err
	}
	if permit != nil {
		permit.At = w.now
		w.change.Permits = []Permit{*permit}
	}
	if err := w.emit(EventCreated, e.actor, w.now); err != nil {
		return nil, err
	}
	if err := w.commit(ctx); err != nil {
		return nil, err
	}
	return w.snap, nil
}

// newSession is the work of creating a session.
func (e *Engine) newSession(ctx context.Context, in Integration, facts Facts) (*work, error) {
	now := e.now()
	s := Session{
		ID: e.cfg.NewID(now), Tenant: in.Tenant, Integration: in.ID, Sandbox: in.Sandbox,
		Status: StatusCreated, Attempt: 1, AttemptID: e.cfg.NewID(now),
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(in.Policy.Lifetime),
	}
	key, ref, err := e.cfg.Keeper.Make(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	s.Key = ref
	if s.Sealed, err = key.sealJSON(&s, part{"facts", s.ID}, facts); err != nil {
		return nil, err
	}
	first := Attempt{ID: s.AttemptID, Session: s.ID, N: 1, Status: StatusCreated, CreatedAt: now}
	return &work{
		e: e, in: in, now: now,
		snap:   &Snapshot{Session: s, Facts: facts, Attempts: []Attempt{first}, key: hide(key)},
		change: Change{ID: e.cfg.NewID(now), Attempts: []Attempt{first}},
	}, nil
}

// Start says that the person has begun; after a request for resubmission, again, with the next attempt. Starting
// a started session changes nothing. As [ActorPerson] it also counts as the person's activity.
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
// Errors: [ErrNotFound]; a *[TransitionError] when the session was submitted before or is over.
func (e *Engine) Submit(ctx context.Context, id uuid.UUID) (*Snapshot, error) {
	return e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if err := w.tick(); err != nil {
			return err
		}
		w.nextAttempt()
		w.active()
		w.change.Withdraw = w.snap.Attempt > 1 // the host is not told to wait for what has come
		return w.move(ActionSubmit, e.actor, w.now)
	})
}

// active notes the person's activity.
func (w *work) active() {
	if w.e.actor == ActorPerson {
		w.snap.ActiveAt = w.now
	}
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

// Can answers what the action would be refused with if it were tried now; nil: it would be done. "upload" asks for media.
// It changes nothing.
func (e *Engine) Can(ctx context.Context, id uuid.UUID, action Action) error {
	w, err := e.begin(ctx, Ref{ID: id}, 0)
	if err != nil {
		return err
	}
	status := w.snap.At(w.now).Status
	if action == ActionUpload {
		return takesMedia(status, e.actor)
	}
	_, err = Next(status, action, e.actor)
	return err
}
