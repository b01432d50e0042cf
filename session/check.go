package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
)

// Check makes one kind of check for workflows (see [workflow.Policies] for the usual ones). It is asked on the
// session's alarm, with no transaction open, at least once per try; two processes may ask for the same try, whose
// idempotency key is the run's ID, Node and Attempt together. An error, a panic and a result that is not acceptable
// are [workflow.CheckRequiresRetry]: the check is asked for again, later each time, and what fails the fourth time
// could not be made. ctx ends before the session's lease does ([Policy.DeciderLease]). A Check MUST be safe for
// concurrent use.
type Check interface {
	Check(ctx context.Context, c CheckCase) (CheckResult, error)
}

// CheckFunc is a function as a Check.
type CheckFunc func(ctx context.Context, c CheckCase) (CheckResult, error)

// Check calls the function.
func (f CheckFunc) Check(ctx context.Context, c CheckCase) (CheckResult, error) { return f(ctx, c) }

// CheckCase is what a check is shown: the session as a [Decider] sees it, and what the workflow has come to.
type CheckCase struct {
	Case
	Policy  string          // the check's name
	Config  json.RawMessage // what the workflow says to this check: a JSON object; nil: nothing
	Node    string          // where in the run the check stands
	Attempt int             // which try it is of this check in its run, from 1
	// Extracted is what earlier checks of the run have read.
	Extracted decision.Record
	// Results are the newest results of the run's checks until now, one a policy.
	Results []workflow.Try
	At      time.Time // of the try, by the engine's clock
}

// CheckResult is what came of a check. It is personal data.
type CheckResult struct {
	Status workflow.CheckStatus
	// Details are whatever else is known: a JSON object of at most [workflow.MaxDetails], which conditions can ask
	// for under "checks". Default: nothing.
	Details json.RawMessage
	// Record is what was read from what was shown, at most 64 KiB as JSON: conditions see it under "extracted", later
	// checks in their case, and the verdict has it. Of a check that has an error or is to be made again it does not
	// count. Default: nothing.
	Record *decision.Record
}

// Format writes a fixed word for every verb.
func (CheckResult) Format(f fmt.State, _ rune) { redact(f, "check result") }

// LogValue gives a fixed word.
func (CheckResult) LogValue() slog.Value { return slog.StringValue("[check result]") }

// KnowsCheck reports whether workflows of the engine may have a check of that name: one of [workflow.Policies], or of
// [Config.Checks].
func (e *Engine) KnowsCheck(name string) bool {
	return e.cfg.Checks[name] != nil || workflow.KnownPolicy(name)
}

// CheckInfo is a check that workflows may have.
type CheckInfo struct {
	workflow.Policy
	// Made: this engine makes it, or [Config.Checks] does. A check that nobody makes is [workflow.CheckSkipped].
	Made bool `json:"is_made"`
}

// Checks are those that workflows may have: [workflow.Policies], and then the others of [Config.Checks], by name.
func (e *Engine) Checks() []CheckInfo {
	var list []CheckInfo
	for _, p := range workflow.Policies() {
		list = append(list, CheckInfo{p, e.cfg.Checks[p.Name] != nil || e.builtIn(p.Name) != nil})
	}
	for _, name := range slices.Sorted(maps.Keys(e.cfg.Checks)) {
		if !workflow.KnownPolicy(name) {
			list = append(list, CheckInfo{workflow.Policy{Name: name, Category: workflow.Own}, true})
		}
	}
	return list
}

// errNoCheck: a check that this process has not, and another one may have.
var errNoCheck = errors.New("session: Config.Checks does not have it")

// checkOf is who makes a check: the host, else the engine, where it can from what it has. What only a host can make is
// skipped.
func (e *Engine) checkOf(policy string) Check {
	if own := e.cfg.Checks[policy]; own != nil {
		return own
	}
	builtIn := e.builtIn(policy)
	switch {
	case builtIn != nil:
	case workflow.KnownPolicy(policy):
		builtIn = func(context.Context, CheckCase) (CheckResult, error) { return skipped(unmade) }
	default:
		builtIn = func(context.Context, CheckCase) (CheckResult, error) { return CheckResult{}, errNoCheck }
	}
	return builtIn
}

// unmade is why a check is skipped that nobody makes.
const unmade = "no check of this name is configured"

// builtIn is who makes a check that a host has not; nil: nobody.
func (e *Engine) builtIn(policy string) CheckFunc {
	screening := e.checkWatchlists
	if e.cfg.Screener == nil {
		screening = nil
	}
	return map[string]CheckFunc{
		"document_expiration": checkExpiration,
		"id_document_filter":  checkDocumentFilter,
		"age_verification":    checkAge,
		"risk_assessment":     checkRisk,
		"watchlist_screening": screening,
		"auto_approve":        checkAutoApprove,
	}[policy]
}

// maxRead is how many bytes of JSON [CheckResult.Record] may have.
const maxRead = 64 << 10

// errCheck: what a check said cannot be kept.
var errCheck = errors.New("session: the check's result is not acceptable")

// check has one check made, and tells the run of it.
func (e *Engine) check(ctx context.Context, s *Snapshot, run *Run, need workflow.Need) error {
	c := CheckCase{
		Case: Case{Snapshot: s, Open: e.opener(s)}, Policy: need.Policy, Config: need.Config, Node: need.Node,
		Attempt: need.Attempt, Extracted: run.Extracted(), Results: run.Checks(), At: e.now(),
	}
	var result CheckResult
	err := e.outside(ctx, "check", "check "+need.Policy, func(ctx context.Context) (err error) {
		result, err = e.checkOf(need.Policy).Check(ctx, c)
		return err
	})
	if err == nil {
		err = result.validate()
	}
	if err == nil {
		if err = e.tell(s, run, need, result); !errors.Is(err, workflow.ErrAnswer) {
			return err
		}
		err = errCheck
	}
	e.cfg.Log.WarnContext(ctx, "a check could not be made",
		"session", s.ID, "check", need.Policy, "try", need.Attempt, "error", err)
	return e.tell(s, run, need, CheckResult{Status: workflow.CheckRequiresRetry})
}

// tell gives a result to the run.
func (e *Engine) tell(s *Snapshot, run *Run, need workflow.Need, r CheckResult) error {
	if r.Status == workflow.CheckRequiresRetry && s.runs() >= maxRetries {
		r.Status = workflow.CheckError
	}
	if len(r.Details) == 0 {
		r.Details = nil
	}
	err := run.Checked(workflow.CheckResult{
		Node: need.Node, Attempt: need.Attempt, Status: r.Status, Details: r.Details,
	}, e.now())
	if err == nil && r.Record != nil && r.Status != workflow.CheckError && r.Status != workflow.CheckRequiresRetry {
		if run.Read == nil {
			run.Read = map[string]decision.Record{}
		}
		run.Read[need.Node] = *r.Record
	}
	return err
}

// validate refuses a record that could not be kept.
func (r CheckResult) validate() error {
	if r.Record == nil {
		return nil
	}
	if text, err := json.Marshal(r.Record); err != nil || len(text) > maxRead {
		return errCheck
	}
	return checkVerdict(&decision.Verdict{Outcome: decision.Review, Record: *r.Record})
}
