package session

import (
	"context"
	"errors"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
)

// ErrRegistryOff: the integration's policy does not allow registry checks, or not to wait for their results.
var ErrRegistryOff = errors.New("session: registry checks are not enabled")

// RegistryValidator compares what the host says about a person with what a registry has on file. It is to
// registry checks what a [Decider] is to other sessions, and keeps the same contract. What each part of the
// person's data was found to be goes into the verdict's Record.Additional.
type RegistryValidator interface {
	ValidateRegistry(ctx context.Context, f Facts) (decision.Verdict, error)
}

// CheckRegistry makes a session that is submitted from its beginning, and has a registry asked about the person
// instead of a decider about photographs. With wait it asks at once, and gives the session as it then stands:
// still submitted, if the answer took longer than [Policy.DeciderLease] or failed; the session's alarm then
// asks again.
//
// Errors: those of [Engine.Create]; a *[FactsError] when the facts are not enough, see
// [Facts.ValidateRegistry]; [ErrRegistryOff]. On a host's transaction nobody can wait: [ErrHosted].
func (e *Engine) CheckRegistry(ctx context.Context, facts Facts, wait bool) (*Snapshot, error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	switch {
	case !in.Policy.Registry, e.cfg.Registry == nil, wait && !in.Policy.RegistrySync:
		return nil, ErrRegistryOff
	case wait && e.hosted:
		return nil, ErrHosted
	}
	if err := facts.ValidateRegistry(); err != nil {
		return nil, err
	}
	facts.RegistryCheck = true
	w, err := e.create(ctx, in, facts, func(w *work) error {
		if err := w.move(ActionSubmit, e.actor, w.now); err != nil || !wait {
			return err
		}
		return w.lease(EventDeciding, in.Policy.DeciderLease)
	})
	if err != nil {
		return nil, err
	}
	if !wait {
		return w.snap, nil
	}
	claimed := w.snap.Session
	e.do(ctx, job{session: claimed, kind: EventDeciding, lease: max(claimed.RetryAt.Sub(w.now), time.Second)})
	return e.Get(context.WithoutCancel(ctx), claimed.ID)
}
