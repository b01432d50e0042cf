package session

import (
	"context"
	"errors"

	"github.com/bonafide-idv/bonafide/decision"
)

// ErrRegistryOff: the integration's policy does not allow registry checks, or not to wait for their results.
var ErrRegistryOff = errors.New("session: registry checks are not enabled")

// askingAtOnce bounds how many callers of one engine wait for a registry.
const askingAtOnce = 32

// RegistryValidator compares what the host says about a person with what a registry has on file. It is asked on
// the session's alarm, or by [Engine.AskRegistry], with no transaction open, at least once per session; two
// processes may ask at the same time. An error, a panic and a verdict that is not acceptable are tried again, later
// each time, and after [Policy.DeciderTries] tries the session fails. ctx ends as a [Decider]'s does. It MUST be
// safe for concurrent use. How each part of the person's data was found goes into the verdict's
// Record.Additional.
type RegistryValidator interface {
	ValidateRegistry(ctx context.Context, f Facts) (decision.Verdict, error)
}

// CheckRegistry makes a session that is submitted from its beginning, and has a registry asked about the person
// instead of a decider about photographs, by the session's alarm.
//
// Errors: those of [Engine.Create]; a *[FactsError] when the facts are not enough, see
// [Facts.ValidateForRegistry]; [ErrRegistryOff].
func (e *Engine) CheckRegistry(ctx context.Context, facts Facts) (_ *Snapshot, err error) {
	ctx, verb := e.observe(ctx, "check_registry")
	defer verb.done(&err)
	w, err := e.checkRegistry(ctx, facts, func(*work) error { return nil })
	if err != nil {
		return nil, err
	}
	verb.of(w.snap.ID)
	return w.snap, nil
}

// AskRegistry is CheckRegistry, but asks at once and gives the session as it then stands: still submitted, if
// the answer took longer than [Policy.DeciderLease] or was an error, or if 32 others wait already; the session's
// alarm then asks.
//
// Errors: also [ErrRegistryOff] where [Policy.RegistrySync] is off, and [ErrHosted] on a host's transaction.
func (e *Engine) AskRegistry(ctx context.Context, facts Facts) (_ *Snapshot, err error) {
	ctx, verb := e.observe(ctx, "ask_registry")
	defer verb.done(&err)
	if e.hosted {
		return nil, ErrHosted
	}
	room := false
	select {
	case e.cfg.asking <- struct{}{}:
		room = true
		defer func() { <-e.cfg.asking }()
	default:
	}
	w, err := e.checkRegistry(ctx, facts, func(w *work) error {
		if !w.in.Policy.RegistrySync {
			return ErrRegistryOff
		}
		if !room {
			return nil
		}
		return w.lease(EventDeciding, w.in.Policy.DeciderLease)
	})
	if err != nil {
		return nil, err
	}
	verb.of(w.snap.ID)
	if !room {
		return w.snap, nil
	}
	e.do(ctx, job{session: w.snap.Session, kind: EventDeciding, lease: w.in.Policy.DeciderLease})
	return e.Get(context.WithoutCancel(ctx), w.snap.ID)
}

// checkRegistry makes a submitted session, and lets then take it further in the same write.
func (e *Engine) checkRegistry(ctx context.Context, facts Facts, then func(*work) error) (*work, error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	if !in.Policy.Registry || e.cfg.Registry == nil {
		return nil, ErrRegistryOff
	}
	if err := facts.ValidateForRegistry(); err != nil {
		return nil, err
	}
	facts.RegistryCheck = true
	return e.create(ctx, in, facts, func(w *work) error {
		if err := w.move(ActionSubmit, e.actor, w.now); err != nil {
			return err
		}
		return then(w)
	})
}
