package session

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
)

// RunPending is the status of a run that was asked for and has not begun.
const RunPending workflow.Status = "pending"

// Run is a run of a workflow over what was submitted, with the graph as it was when the run began
// (https://docs.withverifa.com/api-reference/workflows/get-session-workflow-run). Its ID is a UUID; its WorkflowID is
// that of a [Workflow], or empty for [DefaultGraph]; its Version is a number from 1. It is recorded anew after every
// turn: what a reader sees is what was recorded last.
type Run struct {
	workflow.Run
	// CreatedAt is when the run was asked for, and SubmittedAt is the [Session.SubmittedAt] of what it runs over.
	CreatedAt   time.Time `json:"created_at"`
	SubmittedAt time.Time `json:"submitted_at"`
	// Read is what checks have read from what was shown, by node.
	Read map[string]decision.Record `json:"read,omitempty"`
}

// Run is the session's newest run of a workflow, with what was answered at its gates; nil when there is none. What is
// older counts no more. A run that had no conclusion when the session was concluded otherwise has failed. The run is
// the caller's own, but not what it points to.
func (s *Snapshot) Run() *Run {
	var run *Run
	s.eachRun(func(r *Run) { run = r })
	if run != nil && !run.Status.Ended() && s.Status != StatusSubmitted && s.Status != StatusAwaitingExternal {
		run.Status, run.Asked, run.CompletedAt = workflow.Failed, nil, orDefault(s.EndedAt, s.UpdatedAt)
	}
	return run
}

// eachRun goes through the states of the session's runs, oldest first. Each is the caller's own.
func (s *Snapshot) eachRun(do func(*Run)) {
	var run *Run
	for _, f := range s.Findings {
		switch {
		case f.Run != nil:
			next := f.Run.clone()
			if run != nil && run.ID == next.ID && next.Graph.Nodes == nil {
				next.Graph = run.Graph
			}
			run = next
		case f.Gate != nil && run != nil:
			run = run.clone()
			_ = run.answer(*f.Gate) // it was accepted when it was given
		default:
			continue
		}
		do(run)
	}
}

// Standing is the conclusion that readers go by, and the run of a workflow that came to it, nil when none did: the
// newest decision but for requests for resubmission. While a session is decided again that is the last one. It is nil
// while there is none, and when the session has ended without one.
func (s *Snapshot) Standing() (*Concluded, *Run) {
	var d *Concluded
	for i := range s.Decisions {
		if s.Decisions[i].Outcome != decision.Resubmission {
			d = &s.Decisions[i]
		}
	}
	if d == nil {
		return nil, nil
	}
	final := d.Outcome == decision.Approved || d.Outcome == decision.Declined
	switch s.Status {
	case StatusReview, StatusApproved, StatusDeclined:
	case StatusSubmitted, StatusAwaitingExternal:
		if !final {
			return nil, nil
		}
	default:
		return nil, nil
	}
	var run *Run
	s.eachRun(func(r *Run) {
		if r.Status.Ended() && !r.CreatedAt.After(d.At) {
			run = r
		}
	})
	return d, run
}

// Processings is how often it was begun to decide about the session.
func (s *Snapshot) Processings() int {
	runs := map[string]bool{}
	s.eachRun(func(r *Run) { runs[r.ID] = true })
	submitted := 0
	for _, a := range s.Attempts {
		if a.Submitter != "" {
			submitted++
		}
	}
	return max(submitted, len(runs))
}

// PausedAt is the gate at which the run waits for the host; empty: it does not.
func (r *Run) PausedAt() string {
	if r.Status != workflow.Paused {
		return ""
	}
	return r.Node
}

// Extracted is all that the checks have read; what came later counts.
func (r *Run) Extracted() (all decision.Record) {
	for _, visit := range r.Trace {
		if read, ok := r.Read[visit.Node]; ok {
			all = overlay(all, read)
		}
	}
	return all
}

// answer is what the host's system says at the run's gate.
func (r *Run) answer(g Gate) error {
	return r.Decided(workflow.Decision(g.Answer), g.Metadata, g.At)
}

// clone shares with r nothing that a run changes.
func (r *Run) clone() *Run {
	c := *r
	c.Trace, c.Tries, c.Gates = slices.Clone(r.Trace), slices.Clone(r.Tries), slices.Clone(r.Gates)
	c.Read = maps.Clone(r.Read)
	if r.Asked != nil {
		asked := *r.Asked
		c.Asked = &asked
	}
	return &c
}

// hidden is the run without what was found out about the person.
func (r *Run) hidden() *Run {
	if r == nil {
		return nil
	}
	h := r.clone()
	h.Read = nil
	for i := range h.Tries {
		h.Tries[i].Details = nil
	}
	return h
}

// forget drops what was read at nodes of which nothing came since the run went back.
func (r *Run) forget() {
	came := map[string]bool{}
	for _, try := range r.Tries {
		came[try.Node] = true
	}
	maps.DeleteFunc(r.Read, func(node string, _ decision.Record) bool { return !came[node] })
}

const (
	// maxRuns is how many records of runs a session may have before no more is decided again.
	maxRuns = 40
	// maxRetries is how many it may have before a check that could not be made now could not be made at all.
	maxRetries = 60
)

// runs counts the records of runs, when findings were loaded.
func (s *Snapshot) runs() (n int) {
	for _, f := range s.Findings {
		if f.Kind == FindingRun {
			n++
		}
	}
	return n
}

// addRun records a run as it stands. Its graph is recorded once.
func (w *work) addRun(run *Run, by Actor) error {
	kept := run.clone()
	for _, f := range w.snap.Findings {
		if f.Run != nil && f.Run.ID == run.ID && f.Run.Graph.Nodes != nil {
			kept.Graph = workflow.Graph{}
		}
	}
	return w.addFinding(FindingRun, w.snap.AttemptID, by, FindingFacts{Run: kept})
}

// overlay puts what was read later over what was read before, member by member.
func overlay(before, later decision.Record) decision.Record {
	var merged decision.Record
	text, err := json.Marshal(layered(plainOf(before), plainOf(later)))
	if err != nil || json.Unmarshal(text, &merged) != nil {
		return later // neither happens to what was kept
	}
	return merged
}

func plainOf(r decision.Record) (members map[string]any) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	_ = d.Decode(&members) // what was just written
	return members
}

func layered(before, later map[string]any) map[string]any {
	if before == nil {
		return later
	}
	for name, value := range later {
		under, isObject := before[name].(map[string]any)
		over, areObjects := value.(map[string]any)
		if isObject && areObjects {
			value = layered(under, over)
		}
		before[name] = value
	}
	return before
}
