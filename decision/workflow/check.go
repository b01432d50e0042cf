package workflow

import (
	"encoding/json"
	"slices"
	"time"
)

// MaxTries is how often a node asks for its check at most, retries included.
const MaxTries = 4

// MaxDetails is how many bytes the details of a result may have, and the metadata of a decision.
const MaxDetails = 64 << 10

// CheckStatus says what came of a check, in the words of
// https://docs.withverifa.com/core-concepts/verifications-checks.
type CheckStatus string

// The statuses of checks.
const (
	CheckPending       CheckStatus = "pending" // it was asked for; no result has it
	CheckPassed        CheckStatus = "passed"
	CheckFailed        CheckStatus = "failed"
	CheckError         CheckStatus = "error"          // it could not be made
	CheckSkipped       CheckStatus = "skipped"        // what it needs is not there
	CheckRequiresRetry CheckStatus = "requires_retry" // it could not be made now
)

// isResult reports whether a check may end so.
func (s CheckStatus) isResult() bool {
	return slices.Contains([]CheckStatus{CheckPassed, CheckFailed, CheckError, CheckSkipped, CheckRequiresRetry}, s)
}

// CheckResult answers a need of kind [NeedCheck].
type CheckResult struct {
	Node    string // as the need has it
	Attempt int    // as the need has it
	Status  CheckStatus
	// Details are whatever else is known: a JSON object of at most [MaxDetails], or nothing. Conditions can ask
	// for them. They may be personal data.
	Details json.RawMessage
}

// Ask is a try that has begun.
type Ask struct {
	Attempt int       `json:"attempt"`
	At      time.Time `json:"at"`
}

// Try is one result of a check.
type Try struct {
	Node   string `json:"node"`
	Policy string `json:"policy"`
	// Attempt is the number of the try among all of the policy in its run, from 1.
	Attempt   int             `json:"attempt"`
	Status    CheckStatus     `json:"status"`
	StartedAt time.Time       `json:"started_at"`
	Duration  time.Duration   `json:"duration"` // nanoseconds, from the asking to the answer
	Details   json.RawMessage `json:"details,omitempty"`
}

// Checked tells the result of the check that the run has asked for. With requires_retry the next [Run.Next]
// asks again, with the next attempt; of a node's fourth try it is kept as an error. Otherwise the run goes on
// where the node's route leads; an error without a route fails the run.
//
// It answers [ErrNotAsked] for another node or attempt, so that an answer that comes late or twice does no
// harm, and [ErrAnswer] for what is not acceptable.
func (r *Run) Checked(result CheckResult, at time.Time) error {
	n, err := r.here()
	if err != nil {
		return err
	}
	if r.Asked == nil || n.Type != NodePolicy || result.Node != r.Node || result.Attempt != r.Asked.Attempt {
		return ErrNotAsked
	}
	if !result.Status.isResult() || !acceptable(result.Details) {
		return ErrAnswer
	}
	at = instant(at)
	tries := 1
	for _, t := range r.Tries {
		if t.Node == r.Node {
			tries++
		}
	}
	if result.Status == CheckRequiresRetry && tries >= MaxTries {
		result.Status = CheckError
	}
	to := n.routeOf(result.Status)
	if _, ok := r.Graph.Nodes[to]; !ok && to != "" {
		return ErrRun
	}
	r.Tries = append(r.Tries, Try{
		Node: r.Node, Policy: n.Policy, Attempt: r.Asked.Attempt, Status: result.Status,
		StartedAt: r.Asked.At, Duration: max(0, at.Sub(r.Asked.At)), Details: kept(result.Details),
	})
	r.Asked = nil
	switch {
	case result.Status == CheckRequiresRetry:
		return nil
	case to == "":
		r.end(Failed, n, at)
		return nil
	}
	return r.leave(to, at)
}

// routeOf is where a check goes on; empty: nowhere.
func (n Node) routeOf(status CheckStatus) string {
	switch status {
	case CheckPassed:
		return n.OnPass
	case CheckFailed:
		return n.OnFail
	case CheckSkipped:
		if n.OnSkip == "" {
			return n.OnFail
		}
		return n.OnSkip
	case CheckError:
		return n.OnError
	}
	return ""
}

// acceptable reports whether details or metadata can be kept.
func acceptable(object json.RawMessage) bool {
	return object == nil || checkObject(object, MaxDetails) == ""
}
