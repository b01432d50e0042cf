package session

import (
	"encoding/json"
	"errors"
	"hash/fnv"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// Workflow says how the sessions of a tenant, live or sandbox, are decided where [Policy.Workflows] is on
// (https://docs.withverifa.com/core-concepts/workflows). What its checks are and where they lead is one of its
// versions, which are never changed.
type Workflow struct {
	ID      uuid.UUID `json:"id"`
	Version int       `json:"version"` // the newest, from 1
	// Name has 1 to 255 characters, Description at most 1,000.
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Graph is what runs. Where it is left out, it is made of Steps.
	Graph workflow.Graph `json:"graph"`
	// Steps are the older form of a graph, as they were given; nil: it was given as a graph.
	Steps json.RawMessage `json:"steps,omitempty"`
	// DataRequirements and ScreeningSettings are JSON of the host's own, for the page that captures and for those who
	// make the checks; with the graph they make a version. GraphLayout is for who draws it. Each has at most 64 KiB.
	DataRequirements  json.RawMessage `json:"data_requirements,omitempty"`
	ScreeningSettings json.RawMessage `json:"screening_settings,omitempty"`
	GraphLayout       json.RawMessage `json:"graph_layout,omitempty"`
	// Rollout is how many of a hundred sessions run the newest version; the others run the one before it. Which does
	// is settled by a session's id. Default: 0, which is all.
	Rollout int `json:"rollout,omitempty"`
	// IsDefault: it is for sessions that name no workflow. At most one of a tenant, live or sandbox, is.
	IsDefault bool `json:"-"`
	// IsActive: sessions may be triggered with it, and it may be the default.
	IsActive  bool      `json:"is_active"`
	CreatedAt time.Time `json:"created_at"` // of a version: when that was made
	UpdatedAt time.Time `json:"updated_at"`
}

// What the verbs of workflows answer.
var (
	// ErrDefaultWorkflow: the default workflow is not deactivated; another is to be the default first.
	ErrDefaultWorkflow = errors.New("session: it is the default workflow")
	// ErrInactiveWorkflow: the workflow was deactivated.
	ErrInactiveWorkflow = errors.New("session: the workflow is not active")
)

const (
	// MaxWorkflows is how many workflows a tenant may have, live or sandbox, active or not.
	MaxWorkflows = 100
	// maxVersions is how many versions a workflow may have.
	maxVersions = 1000
	// maxDescription is how many characters a description may have.
	maxDescription = 1000
	// maxSettings is how many bytes each JSON of a workflow may have that is not its graph.
	maxSettings = 64 << 10
)

// DefaultGraph is what runs where a session names no workflow and its tenant has no default: who is blocked, or at a
// critical risk, is rejected, and a human being decides about all others.
func DefaultGraph() workflow.Graph {
	return workflow.Graph{Entry: "start", Nodes: map[string]workflow.Node{
		"start": {Type: workflow.NodeStart, Next: "risk"},
		"risk": {
			Type: workflow.NodePolicy, Policy: "risk_assessment",
			OnPass: "review", OnFail: "rejected", OnError: "review", OnSkip: "review",
		},
		"review":   {Type: workflow.NodeTerminal, Outcome: workflow.NeedsReview},
		"rejected": {Type: workflow.NodeTerminal, Outcome: workflow.Rejected, ReasonCode: "high_risk", Reason: "High risk"},
	}}
}

// prepare makes the graph of steps, where there is none, and refuses what cannot be stored.
func (w *Workflow) prepare(known func(string) bool) error {
	if w.Name == "" {
		return &FactsError{"name", FaultMissing}
	}
	for _, f := range []struct {
		name, text string
		most       int
	}{{"name", w.Name, maxName}, {"description", w.Description, maxDescription}} {
		if !clean(f.text) {
			return &FactsError{f.name, FaultText}
		}
		if utf8.RuneCountInString(f.text) > f.most {
			return &FactsError{f.name, FaultTooLong}
		}
	}
	if w.Rollout < 0 || w.Rollout > 100 {
		return &FactsError{"rollout", FaultRange}
	}
	for _, s := range []struct {
		name string
		text json.RawMessage
		most int
	}{
		{"steps", w.Steps, workflow.MaxBytes}, {"data_requirements", w.DataRequirements, maxSettings},
		{"screening_settings", w.ScreeningSettings, maxSettings}, {"graph_layout", w.GraphLayout, maxSettings},
	} {
		if len(s.text) > s.most {
			return &FactsError{s.name, FaultTooLong}
		}
		if len(s.text) > 0 && keycase.Valid(s.text) != nil {
			return &FactsError{s.name, FaultJSON}
		}
	}
	return w.prepareGraph(known)
}

func (w *Workflow) prepareGraph(known func(string) bool) error {
	if w.Graph.Nodes == nil && len(w.Steps) == 0 {
		return &FactsError{"graph", FaultMissing}
	}
	if w.Graph.Nodes == nil {
		steps, err := workflow.ParseSteps(w.Steps)
		if err != nil {
			return err
		}
		if w.Graph, err = workflow.FromSteps(steps); err != nil {
			return err
		}
	}
	if err := w.Graph.Validate(known); err != nil {
		return err
	}
	if text, err := json.Marshal(w.Graph); err != nil || len(text) > workflow.MaxBytes {
		return &FactsError{"graph", FaultTooLong}
	}
	return nil
}

// runsAs reports whether two states of a workflow are the same version.
func (w Workflow) runsAs(other Workflow) bool {
	essence := func(w Workflow) []byte {
		text, _ := json.Marshal(Workflow{ // it was read from JSON, or looked at before
			Graph: w.Graph, Steps: w.Steps, DataRequirements: w.DataRequirements, ScreeningSettings: w.ScreeningSettings,
		})
		return text
	}
	return slices.Equal(essence(w), essence(other))
}

// versionFor is the version that a session runs.
func (w Workflow) versionFor(session uuid.UUID) int {
	if w.Rollout == 0 || w.Version == 1 {
		return w.Version
	}
	hash := fnv.New32a()
	_, _ = hash.Write(session[:])
	if int(hash.Sum32()%100) < w.Rollout {
		return w.Version
	}
	return w.Version - 1
}
