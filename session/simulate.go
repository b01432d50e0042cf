package session

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// ErrNotSandbox: only sessions of a sandbox are simulated.
var ErrNotSandbox = errors.New("session: not a session of a sandbox")

// Simulate takes a session of a sandbox to an outcome, by the shortest way that the state machine has, in one write
// with every step's events: from created it is started, submitted and decided. Nothing that is required need have been
// uploaded.
//
// Errors: [ErrNotFound]; [ErrNotSandbox]; [ErrVerdict]; a *[TransitionError] when the session has ended.
func (e *Engine) Simulate(ctx context.Context, id uuid.UUID, v decision.Verdict) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "simulate", id)
	defer verb.done(&err)
	if err := checkVerdict(&v); err != nil {
		return nil, err
	}
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartDecisions|PartFindings, func(w *work) error {
		if !w.snap.Sandbox {
			return ErrNotSandbox
		}
		if !w.snap.RedactedAt.IsZero() {
			return ErrErased
		}
		if err := w.tick(); err != nil {
			return err
		}
		if w.snap.Status.TakesMedia() {
			w.nextAttempt()
			if w.snap.Status != StatusStarted {
				if err := w.move(ActionStart, ActorHost, w.now); err != nil {
					return err
				}
			}
			if err := w.move(ActionSubmit, ActorHost, w.now); err != nil {
				return err
			}
		}
		if v.Outcome == decision.Review {
			return w.simulateReview(v)
		}
		return w.carryOut(v, ActorSandbox)
	})
}

// simulateReview leaves a session to a human being, in the decider's place.
func (w *work) simulateReview(v decision.Verdict) error {
	if _, err := Next(w.snap.Status, ActionReview, ActorDecider); err != nil {
		return err
	}
	return w.carryOut(v, ActorDecider)
}

// Specimen is a person who does not exist, with a document, as a sandbox reads them: what the host gave, and the rest
// made up.
func Specimen(f Facts) decision.Record { return specimen(f) }
