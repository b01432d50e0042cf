package workflow

import (
	"encoding/json"
	"time"
)

// Decision is what the host says at a gate
// (https://docs.withverifa.com/core-concepts/workflows).
type Decision string

// The decisions.
const (
	Continue Decision = "continue" // go on at the gate's Next
	Fail     Decision = "fail"     // go on at the gate's OnFail
	Reject   Decision = "reject"   // end the run with [Rejected]
)

// Decided tells what the host decided at the gate at which the run stands. metadata is a JSON object of at most
// [MaxDetails], or nothing; it is kept with the decision, and conditions do not see it.
//
// It answers [ErrNotPaused] where the run does not stand at a gate, and [ErrAnswer] for what is not acceptable.
func (r *Run) Decided(decision Decision, metadata json.RawMessage, at time.Time) error {
	n, err := r.here()
	if err != nil {
		return err
	}
	if r.Status != Paused || n.Type != NodeWait {
		return ErrNotPaused
	}
	if !acceptable(metadata) {
		return ErrAnswer
	}
	to, outcome := n.Next, Outcome("")
	switch decision {
	case Continue:
	case Fail:
		to = n.OnFail
		outcome, _ = r.Graph.failOutcome(n)
	case Reject:
		outcome = Rejected
	default:
		return ErrAnswer
	}
	at = instant(at)
	gate := Gate{Node: r.Node, Decision: decision, Metadata: kept(metadata), At: at}
	if outcome != "" {
		r.end(Completed, Node{Type: NodeWait, Outcome: outcome}, at)
	} else if err := r.leave(to, at); err != nil {
		return err
	}
	r.Gates = append(r.Gates, gate)
	return nil
}
