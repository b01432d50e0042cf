package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// ErrVerdict refuses a verdict whose outcome is unknown, whose Record.Additional is not acceptable (see
// [decision.Additional]), or whose dates are no days of the calendar.
var ErrVerdict = errors.New("session: verdict is not acceptable")

// Decide concludes a submitted session by hand, as [ActorReviewer]. A request for resubmission beyond
// [Policy.Resubmissions] becomes a decline with reason code 539.
//
// Errors: [ErrNotFound]; [ErrVerdict]; a *[TransitionError] when there is nothing to decide.
func (e *Engine) Decide(ctx context.Context, id uuid.UUID, v decision.Verdict) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "decide", id)
	defer verb.done(&err)
	return e.conclude(ctx, id, ActorReviewer, v, 0)
}

// conclude carries out a verdict; of a decider only at the version at which it was asked.
func (e *Engine) conclude(ctx context.Context, id uuid.UUID, by Actor, v decision.Verdict, version int64) (*Snapshot, error) {
	if err := checkVerdict(&v); err != nil {
		return nil, err
	}
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartDecisions|PartFindings, func(w *work) error {
		if version != 0 && w.snap.Version != version {
			return fmt.Errorf("%w: while it was decided", ErrConflict)
		}
		if err := w.tick(); err != nil {
			return err
		}
		return w.carryOut(v, by)
	})
}

// actionOf is what a verdict's outcome does to a session.
var actionOf = map[decision.Outcome]Action{
	decision.Approved:     ActionApprove,
	decision.Declined:     ActionDecline,
	decision.Resubmission: ActionRequestResubmission,
	decision.Review:       ActionReview,
}

// carryOut makes of a verdict what the policy allows.
func (w *work) carryOut(v decision.Verdict, by Actor) error {
	action := actionOf[v.Outcome]
	if _, err := Next(w.snap.Status, action, by); err != nil {
		return err
	}
	if action == ActionRequestResubmission && w.snap.AttemptN > w.in.Policy.Resubmissions {
		v.Outcome, v.Code, action = decision.Declined, decision.CodeResubmissionLimit, ActionDecline
		v.Record.Reason = decision.ReasonText(v.Code)
	}
	if err := w.appendDecision(v, by); err != nil {
		return err
	}
	if action == ActionReview && !w.in.Policy.Review {
		return w.undecided(by)
	}
	if err := w.move(action, by, w.now); err != nil {
		return err
	}
	w.screenNext()
	return nil
}

// undecided takes the decider's turn away: something else will decide.
func (w *work) undecided(by Actor) error {
	s := &w.snap.Session
	s.UpdatedAt = w.now
	s.DecideAt, s.RetryAt, s.Tries = time.Time{}, time.Time{}, 0
	return w.emit(EventUndecided, by, w.now)
}

// checkVerdict answers ErrVerdict with what is wrong, and completes the reason.
func checkVerdict(v *decision.Verdict) error {
	if !v.Outcome.Valid() {
		return fmt.Errorf("%w: there is no such outcome", ErrVerdict)
	}
	if v.Record.Reason == "" {
		v.Record.Reason = decision.ReasonText(v.Code)
	}
	if a := v.Record.Additional; a != nil {
		if err := a.Validate(); err != nil {
			return fmt.Errorf("%w: %w", ErrVerdict, err)
		}
	}
	// What could not be read again must not be written: a day that there is not, a number that is none, or a
	// nesting without end.
	text, err := json.Marshal(v.Record)
	if err == nil {
		err = json.Unmarshal(text, new(decision.Record))
	}
	if err != nil {
		return fmt.Errorf("%w: the record does not come back from JSON", ErrVerdict)
	}
	return nil
}
