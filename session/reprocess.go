package session

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// Reprocess has a decided session, or one that failed, decided again, from what was shown and by what decides today.
// Until there is a new decision the last one stands for readers. Where [Policy.Workflows] is on, the session's
// workflow begins anew, in the version of today.
//
// Errors: [ErrNotFound]; [ErrOff] where [Policy.Reprocess] is; [ErrErased] once redacted; a *[TransitionError];
// [ErrEnough] where workflows have run too often.
func (e *Engine) Reprocess(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "reprocess", id)
	defer verb.done(&err)
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartDecisions|PartFindings, func(w *work) error {
		if err := w.reprocessable(); err != nil {
			return err
		}
		return w.runAnew("", e.actor)
	})
}

// Trigger is [Engine.Reprocess] with a workflow of the engine's integration's tenant instead of the session's own,
// this once (https://docs.withverifa.com/api-reference/workflows/trigger-workflow).
//
// Errors: those of Reprocess; [ErrNotFound] also where there is no such workflow; [ErrInactiveWorkflow]; [ErrOff] also where
// [Policy.Workflows] is.
func (e *Engine) Trigger(ctx context.Context, id, workflow uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "trigger", id)
	defer verb.done(&err)
	asked, err := e.Workflow(ctx, workflow)
	if err != nil {
		return nil, err
	}
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartDecisions|PartFindings, func(w *work) error {
		if !w.in.Policy.Workflows {
			return ErrOff
		}
		if err := w.reprocessable(); err != nil {
			return err
		}
		if !asked.IsActive {
			return ErrInactiveWorkflow
		}
		return w.runAnew(workflow.String(), e.actor)
	})
}

// maxDecisions is how many decisions a session may have when it is decided again.
const maxDecisions = 200

// reprocessable refuses what may not be decided again, and brings the session up to date.
func (w *work) reprocessable() error {
	switch {
	case !w.in.Policy.Reprocess:
		return ErrOff
	case !w.snap.RedactedAt.IsZero():
		return ErrErased
	}
	if err := w.tick(); err != nil {
		return err
	}
	if _, err := Next(w.snap.Status, ActionReprocess, w.e.actor); err != nil {
		return err
	}
	if len(w.snap.Decisions) >= maxDecisions {
		return ErrEnough
	}
	if w.snap.runs() >= maxRuns {
		return ErrEnough
	}
	return nil
}

// runAnew takes the session to the decider again, with a run of a workflow to come; empty: of the session's own.
func (w *work) runAnew(workflowID string, by Actor) error {
	if w.in.Policy.Workflows && !w.in.Policy.AwaitOutcome && !w.snap.Facts.RegistryCheck {
		run := &Run{CreatedAt: w.now, SubmittedAt: w.now}
		run.ID, run.WorkflowID, run.Status = w.e.cfg.NewID(w.now).String(), workflowID, RunPending
		if err := w.addRun(run, by); err != nil {
			return err
		}
	}
	return w.moveAs(EventReprocessed, ActionReprocess, by, w.now)
}

// RunPoint is a place in a run.
type RunPoint struct {
	// Step is the index of a check or gate among those of the run's graph: see [workflow.Graph.Steps].
	Step int
	// Policy is the name of a check, instead of Step. Default: empty, Step counts.
	Policy string
}

// RunFrom has a session's run go on from a step that it has come by, in the version that it has: what came of that
// step and of those after it is forgotten (https://docs.withverifa.com/api-reference/workflows/resume-workflow-from-step).
// It is for a session that waits for the host's system, and for one that failed or was decided, as [Engine.Reprocess].
//
// Errors: [ErrNotFound]; [ErrOff] where [Policy.Workflows] is, and for a session that has ended where
// [Policy.Reprocess] is; [ErrErased] once redacted; a *[TransitionError]; a *[FactsError] for a step to which the run
// has not come, or where there is none; [ErrEnough].
func (e *Engine) RunFrom(ctx context.Context, id uuid.UUID, at RunPoint) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "run_from", id)
	defer verb.done(&err)
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartDecisions|PartFindings, func(w *work) error {
		if !w.in.Policy.Workflows {
			return ErrOff
		}
		as, action := EventContinued, ActionContinue
		if w.snap.Status != StatusAwaitingExternal {
			as, action = EventReprocessed, ActionReprocess
			if err := w.reprocessable(); err != nil {
				return err
			}
		} else if w.snap.runs() >= maxRuns {
			return ErrEnough
		}
		run := w.snap.Run()
		if err := run.from(at, w.now); err != nil {
			return err
		}
		if action == ActionReprocess {
			run.SubmittedAt = w.now
		}
		if err := w.addRun(run, e.actor); err != nil {
			return err
		}
		return w.moveAs(as, action, e.actor, w.now)
	})
}

// from takes the run back to a step.
func (r *Run) from(at RunPoint, now time.Time) error {
	name, node := "step_index", ""
	if at.Policy != "" {
		name = "policy"
	}
	if r != nil && at.Policy != "" {
		node, _ = r.NodeOf(at.Policy)
	} else if r != nil {
		if steps := r.Graph.Steps(); at.Step >= 0 && at.Step < len(steps) {
			node = steps[at.Step]
		}
	}
	if node == "" || r.From(node, now) != nil {
		return &FactsError{name, FaultUnknown}
	}
	r.forget()
	return nil
}

// Revise turns a decision round, as [ActorReviewer]: a new decision, and a new event. It is for hosts, and no wire
// language has it.
//
// Errors: [ErrNotFound]; [ErrOff] where [Policy.Revise] is; [ErrErased] once redacted; [ErrVerdict], also for a verdict
// that is neither approved nor declined; a *[TransitionError] when that is what was decided, or nothing was.
func (e *Engine) Revise(ctx context.Context, id uuid.UUID, v decision.Verdict) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "revise", id)
	defer verb.done(&err)
	if v.Outcome != decision.Approved && v.Outcome != decision.Declined {
		return nil, ErrVerdict
	}
	if err := checkVerdict(&v); err != nil {
		return nil, err
	}
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartDecisions|PartFindings, func(w *work) error {
		switch {
		case !w.in.Policy.Revise:
			return ErrOff
		case !w.snap.RedactedAt.IsZero():
			return ErrErased
		}
		to, err := Next(w.snap.Status, ActionRevise, ActorReviewer)
		if err != nil {
			return err
		}
		if string(to) != string(v.Outcome) {
			return &TransitionError{Status: w.snap.Status, Action: ActionRevise, Actor: ActorReviewer}
		}
		if err := w.appendDecision(v, ActorReviewer); err != nil {
			return err
		}
		if err := w.move(ActionRevise, ActorReviewer, w.now); err != nil {
			return err
		}
		w.screenNext()
		return nil
	})
}
