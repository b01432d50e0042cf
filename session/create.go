package session

import (
	"context"
	"fmt"
	"time"
)

// Create makes a session of the engine's integration, with its first attempt.
//
// Errors: a *[FactsError] for facts that are not acceptable; [ErrNotFound] when there is no such integration; a
// *[RateError] when its [Policy.Create] is used up, and then nothing was made.
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
	w, err := e.newSession(ctx, in, facts, now)
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
func (e *Engine) newSession(ctx context.Context, in Integration, facts Facts, now time.Time) (*work, error) {
	s := Session{
		ID: e.cfg.NewID(now), Tenant: in.Tenant, Integration: in.ID, Sandbox: in.Sandbox,
		Status: StatusCreated, AttemptN: 1, AttemptID: e.cfg.NewID(now),
		CreatedAt: now, UpdatedAt: now, ExpiresAt: instant(now.Add(in.Policy.Lifetime)),
	}
	key, ref, err := e.cfg.Keeper.Make(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	if s.Key = ref; len(ref) == 0 || len(ref) > maxRef {
		return nil, fmt.Errorf("%w: the keeper's reference has %d bytes, and must have 1 to %d", ErrKeeper, len(ref), maxRef)
	}
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
