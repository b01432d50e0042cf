package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
)

// runWorkflow is one turn of a claimed session's workflow: it goes on from where the run was recorded last until
// there is a conclusion, a gate, or a check that is to be made again later, and records once how it then stands. A
// turn that is lost, with its process or to somebody who was faster, has recorded nothing, and is made again.
func (e *Engine) runWorkflow(ctx context.Context, s *Snapshot) error {
	run, err := e.runOf(ctx, s)
	if err != nil {
		return err
	}
	need, err := e.walk(ctx, s, run)
	if err != nil {
		return err
	}
	_, err = e.write(ctx, Ref{ID: s.ID}, PartAttempts|PartDecisions|PartFindings, func(w *work) error {
		if w.snap.Version != s.Version {
			return fmt.Errorf("%w: while its workflow ran", ErrConflict)
		}
		if err := w.addRun(run, ActorDecider); err != nil {
			return err
		}
		return w.ran(run, need)
	})
	return err
}

// runOf is the run of what was submitted last: as it was recorded, or a new one.
func (e *Engine) runOf(ctx context.Context, s *Snapshot) (*Run, error) {
	run := s.Run()
	if run == nil || !run.SubmittedAt.Equal(s.SubmittedAt) {
		now := e.now()
		run = &Run{Run: workflow.Run{Origin: workflow.Origin{ID: e.cfg.NewID(now).String()}, Status: RunPending}, CreatedAt: now}
	}
	if run.Status != RunPending {
		return run, nil
	}
	named := s.Facts.Workflow
	if id, err := uuid.Parse(run.WorkflowID); err == nil {
		named = &id
	}
	origin, graph, err := e.workflowOf(ctx, s, named)
	if err != nil {
		return nil, err
	}
	origin.ID = run.ID
	begun, err := workflow.NewRun(e.withRequested(graph, s.Facts.Checks).WithRequired(), origin, e.now())
	if err != nil {
		return nil, err
	}
	return &Run{Run: *begun, CreatedAt: run.CreatedAt, SubmittedAt: s.SubmittedAt}, nil
}

// workflowOf is what a session runs now: the workflow that is named, else its tenant's default, else [DefaultGraph].
func (e *Engine) workflowOf(ctx context.Context, s *Snapshot, named *uuid.UUID) (workflow.Origin, workflow.Graph, error) {
	d := &shelf{e: e, ctx: ctx, in: Integration{Tenant: s.Tenant, Sandbox: s.Sandbox}, now: e.now()}
	for _, find := range []func() (uuid.UUID, error){
		func() (uuid.UUID, error) { return orZero(named), nil },
		d.defaultID,
	} {
		id, err := find()
		if err != nil {
			return workflow.Origin{}, workflow.Graph{}, err
		}
		head, _, err := d.head(id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return workflow.Origin{}, workflow.Graph{}, err
		}
		version := head.versionFor(s.ID)
		w, err := d.version(id, version)
		if err != nil {
			return workflow.Origin{}, workflow.Graph{}, err
		}
		return workflow.Origin{WorkflowID: id.String(), Version: strconv.Itoa(version)}, w.Graph, nil
	}
	return workflow.Origin{Version: "1"}, DefaultGraph(), nil
}

func orZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// requestedPrefix begins the id of a node of a check that the session was created with.
const requestedPrefix = "requested."

// withRequested puts in the checks that the session was created with and that the graph has not by itself, right
// after the start, as [workflow.Graph.WithRequired] does: they do not change where the run goes. Those that nobody
// knows and those for which a graph has no room are left out.
func (e *Engine) withRequested(g workflow.Graph, checks []string) workflow.Graph {
	start, ok := g.Nodes[g.Entry]
	if !ok {
		return g
	}
	has := func(check string) bool {
		for id, n := range g.Nodes {
			if n.Policy == check || id == requestedPrefix+check {
				return true
			}
		}
		return false
	}
	for _, check := range slices.Backward(checks) {
		if !e.KnowsCheck(check) || len(requestedPrefix+check) > 64 || has(check) || len(g.Nodes) >= workflow.MaxNodes {
			continue
		}
		next := start.Next
		start.Next = requestedPrefix + check
		g.Nodes[start.Next] = workflow.Node{
			Type: workflow.NodePolicy, Policy: check, OnPass: next, OnFail: next, OnError: next, OnSkip: next,
		}
		g.Nodes[g.Entry] = start
	}
	return g
}

// walk takes a run as far as it comes. A need for a check says that there is no more time, or that the check is to be
// made again later.
func (e *Engine) walk(ctx context.Context, s *Snapshot, run *Run) (workflow.Need, error) {
	checking, late := ctx, func() bool { return false }
	if end, ok := ctx.Deadline(); ok {
		left := time.Until(end)
		var cancel context.CancelFunc
		checking, cancel = context.WithDeadline(ctx, end.Add(-left/4)) // what is left is for recording
		defer cancel()
		late = func() bool { return time.Until(end) < left/2 && s.runs() < maxRetries }
	}
	for made := 0; ; made++ {
		now := e.now()
		need, err := run.Next(s.conditions(run.Extracted(), now), now)
		if err != nil || need.Kind != workflow.NeedCheck || made > 0 && (late() || run.retries(need) > 0) {
			return need, err
		}
		if err := e.check(checking, s, run, need); err != nil {
			return need, err
		}
	}
}

// retries counts the tries of the check that is needed, of which none has settled it.
func (r *Run) retries(need workflow.Need) (n int) {
	for _, try := range r.Tries {
		if try.Node == need.Node {
			n++
		}
	}
	return n
}

// ran does what follows from a turn of the session's workflow.
func (w *work) ran(run *Run, need workflow.Need) error {
	switch need.Kind {
	case workflow.NeedExternal:
		return w.move(ActionPause, ActorDecider, w.now)
	case workflow.NeedFailed:
		return w.move(ActionFail, ActorEngine, w.now)
	case workflow.NeedNothing:
		v := decision.Verdict{Outcome: need.Outcome.Decision(), Record: run.Extracted()}
		v.Record.Reason = orDefault(need.Reason, v.Record.Reason)
		if err := checkVerdict(&v); err != nil {
			return err
		}
		return w.carryOut(v, ActorDecider)
	}
	s := &w.snap.Session
	s.UpdatedAt = w.now
	s.RetryAt, s.Tries = time.Time{}, 0 // what is recorded is no try in vain
	if n := run.retries(need); n > 0 {
		s.RetryAt = instant(w.now.Add(backoff(retryBase, n-1)))
	}
	return w.emit(EventRan, ActorDecider, w.now)
}
