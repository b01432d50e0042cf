package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
)

// GateAnswer is what the host's system says to a session that waits for it.
type GateAnswer string

// The answers at a gate (https://docs.withverifa.com/api-reference/sessions/submit-external-decision).
const (
	GateContinue GateAnswer = "continue" // go on
	GateFail     GateAnswer = "fail"     // go on where the workflow goes when the gate fails
	GateReject   GateAnswer = "reject"   // decline at once
)

// Gate is what the host's system answered at a gate. The time is given by the engine.
type Gate struct {
	Answer   GateAnswer      `json:"answer"`
	Metadata json.RawMessage `json:"metadata,omitempty"` // a JSON object of the host's own, at most 16 KiB
	At       time.Time       `json:"at"`
}

// AnswerGate answers for the host's system, for which a session waits in awaiting_external. What the answer leads to is
// done by the session's alarm, but for [GateReject], which declines the session in the same write. The answer is kept
// with the session's [Run].
//
// Errors: [ErrNotFound]; a *[FactsError] for an answer that is unknown and for metadata that are not acceptable; a
// *[TransitionError] when the session does not wait.
func (e *Engine) AnswerGate(ctx context.Context, id uuid.UUID, g Gate) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "answer_gate", id)
	defer verb.done(&err)
	switch g.Answer {
	case GateContinue, GateFail, GateReject:
	default:
		return nil, &FactsError{"decision", FaultUnknown}
	}
	if err := checkObject("metadata", g.Metadata, maxMetadata); err != nil {
		return nil, err
	}
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartDecisions|PartFindings, func(w *work) error {
		if err := w.tick(); err != nil {
			return err
		}
		if _, err := Next(w.snap.Status, ActionContinue, e.actor); err != nil {
			return err
		}
		g.At = w.now
		run := w.snap.Run()
		if run == nil {
			return &TransitionError{Status: w.snap.Status, Action: ActionContinue, Actor: e.actor}
		}
		if err := run.answer(g); errors.Is(err, workflow.ErrAnswer) {
			return &FactsError{"metadata", FaultObject}
		} else if err != nil {
			return fmt.Errorf("session: the run does not wait: %w", err)
		}
		if err := w.addFinding(FindingGate, w.snap.AttemptID, e.actor, FindingFacts{Gate: &g}); err != nil {
			return err
		}
		if g.Answer == GateReject {
			return w.carryOut(decision.Verdict{Outcome: decision.Declined, Record: run.Extracted()}, ActorDecider)
		}
		return w.moveAs(EventContinued, ActionContinue, e.actor, w.now)
	})
}

// Format writes a fixed word for every verb.
func (Gate) Format(f fmt.State, _ rune) { redact(f, "gate") }

// LogValue gives a fixed word.
func (Gate) LogValue() slog.Value { return slog.StringValue("[gate]") }
