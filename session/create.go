package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrReused: [Facts.QueryID] was used before in the integration.
var ErrReused = errors.New("session: the query id was used before")

// Create makes a session of the engine's integration, with its first attempt.
//
// Errors: a *[FactsError] for facts that are not acceptable; [ErrNotFound] when there is no such integration; a
// *[RateError] when its [Policy.Create] is used up, and then nothing was made; [ErrReused].
func (e *Engine) Create(ctx context.Context, facts Facts) (_ *Snapshot, err error) {
	ctx, verb := e.observe(ctx, "create")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	facts.RegistryCheck = false
	w, err := e.create(ctx, in, facts, func(*work) error { return nil })
	if err != nil {
		return nil, err
	}
	verb.of(w.snap.ID)
	return w.snap, nil
}

// create makes a session, and lets then take it further in the same write.
func (e *Engine) create(ctx context.Context, in Integration, facts Facts, then func(*work) error) (*work, error) {
	if err := facts.validate(in.Policy.Strict); err != nil {
		return nil, err
	}
	if err := e.answered(ctx); err != nil {
		return nil, err
	}
	if err := e.decidable(ctx, in, facts); err != nil {
		return nil, err
	}
	if err := e.refresh(ctx); err != nil {
		return nil, err
	}
	now := e.now()
	permit, err := e.permit(now, "create/"+in.ID.String(), in.Policy.Create)
	if err != nil {
		return nil, err
	}
	var only *Permit
	if in.Policy.Strict && facts.QueryID != "" {
		if only, err = e.permit(now, onceKey+in.ID.String()+"/"+strings.ToLower(facts.QueryID), once); err != nil {
			return nil, reused(err)
		}
	}
	w, err := e.newSession(ctx, in, facts, now)
	if err != nil {
		return nil, err
	}
	if permit != nil {
		permit.At = w.now
		w.change.Permits = []Permit{*permit}
	}
	if only != nil {
		w.change.Permits = append(w.change.Permits, *only)
	}
	if err := w.emit(EventCreated, e.actor, w.now); err != nil {
		return nil, err
	}
	if err := then(w); err != nil {
		return nil, err
	}
	err = reused(w.commit(ctx))
	if errors.Is(err, ErrConflict) && e.once != nil {
		return w, cmp.Or(e.answered(ctx), err) // somebody else made it
	}
	return w, err
}

// decidable refuses facts that name a workflow or a check that there is not.
func (e *Engine) decidable(ctx context.Context, in Integration, facts Facts) error {
	if !in.Policy.Workflows {
		return nil
	}
	if facts.Workflow != nil {
		w, err := e.Workflow(ctx, *facts.Workflow)
		if errors.Is(err, ErrNotFound) || err == nil && !w.IsActive {
			return &FactsError{"workflow", FaultUnknown}
		}
		if err != nil {
			return err
		}
	}
	for _, name := range facts.Checks {
		if !e.KnowsCheck(name) {
			return &FactsError{"checks", FaultUnknown}
		}
	}
	return nil
}

// onceKey begins the key of the permit to use a query id.
const onceKey = "query/"

// once gives one permit, in longer than anything here lives.
var once = []Rule{{1, 200 * 365 * 24 * time.Hour}}

func isOnce(key string) bool { return strings.HasPrefix(key, onceKey) }

// reused says in its own words that a query id was used before.
func reused(err error) error {
	if limited := (*RateError)(nil); errors.As(err, &limited) && isOnce(limited.Key) {
		return ErrReused
	}
	return err
}

// newSession is the work of creating a session.
func (e *Engine) newSession(ctx context.Context, in Integration, facts Facts, now time.Time) (*work, error) {
	s := Session{
		ID: e.cfg.NewID(now), Tenant: in.Tenant, Integration: in.ID, Sandbox: in.Sandbox,
		Status: StatusCreated, AttemptN: 1, AttemptID: e.cfg.NewID(now),
		CreatedAt: now, UpdatedAt: now, ExpiresAt: instant(now.Add(in.Policy.Lifetime)),
	}
	s.Ref = e.RefIndex(in, deref(facts.ExternalRef))
	facts.Links = nil
	if in.Policy.Links {
		s.LinkN = 1
		facts.Links = []Link{{N: 1, CreatedAt: now, ExpiresAt: s.ExpiresAt}}
	}
	key, ref, err := e.cfg.Keeper.Make(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	if s.Key = ref; len(ref) == 0 || len(ref) > maxRef {
		return nil, fmt.Errorf("%w: the keeper's reference has %d bytes, and must have 1 to %d", ErrKeeper, len(ref), maxRef)
	}
	first := Attempt{ID: s.AttemptID, Session: s.ID, N: 1, Status: StatusCreated, CreatedAt: now}
	snap := &Snapshot{Session: s, Facts: facts, Attempts: []Attempt{first}, key: hide(key)}
	if snap.Sealed, err = key.sealJSON(&snap.Session, part{"facts", s.ID}, &snap.Facts); err != nil {
		return nil, err
	}
	w := &work{e: e, in: in, now: now, snap: snap}
	return w.with(Change{ID: e.cfg.NewID(now), Attempts: []Attempt{first}}), nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// validate answers the first fault of the facts, as strictly as the policy has it.
func (f Facts) validate(strict bool) error {
	if err := f.Validate(); err != nil || !strict {
		return err
	}
	return f.ValidateStrictly()
}
