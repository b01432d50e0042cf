package verifa

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

var workflowRoutes = slices.Concat(runRoutes, storedRoutes)

var runRoutes = []route{
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/reprocess", handle: reprocess, scopes: writeSessions,
		does: "has it decided again, by the workflow as it is now",
		page: "api-reference/sessions/reprocess-session"},
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/external-decision", handle: decideExternally, scopes: writeSessions,
		does:    "answers at the gate where it waits for the customer's system",
		page:    "api-reference/workflows/submit-external-decision",
		differs: "the path is our own"},
	{method: http.MethodGet, path: "/api/v1/sessions/{id}/workflow-run", handle: readRun, scopes: readSessions,
		does:    "the run of its workflow, node by node",
		page:    "api-reference/workflows/get-session-workflow-run",
		differs: "the path is our own"},
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/workflow-run/resume", handle: resumeRun, scopes: writeSessions,
		does:    "lets the run go on from a step",
		page:    "api-reference/workflows/resume-workflow-from-step",
		differs: "the path is our own; only steps that the run came by"},
}

// reprocess: https://docs.withverifa.com/api-reference/sessions/reprocess-session
func reprocess(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	return change(x, nil, func(e *session.Engine) (*session.Snapshot, error) {
		s, err := e.Reprocess(x.r.Context(), id)
		return s, orBadState(err)
	}, func(s *session.Snapshot) (int, any, error) {
		return http.StatusAccepted, struct {
			SessionID string `json:"session_id"`
			Status    string `json:"status"`
		}{idText(prefixSession, s.ID), statusOf(s.Status, s.Sandbox)}, nil
	})
}

// orBadState says that an action is not possible with 409, as for all that is asked of a workflow.
func orBadState(err error) error {
	var transition *session.TransitionError
	if errors.As(err, &transition) {
		return conflict(impossible(transition).detail)
	}
	return err
}

// decideExternally: https://docs.withverifa.com/api-reference/workflows/submit-external-decision
func decideExternally(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	g := session.Gate{Answer: session.GateAnswer(o.text("decision")), Metadata: o.raw("metadata")}
	switch g.Answer {
	case session.GateContinue, session.GateFail, session.GateReject:
	default:
		o.fault("decision", "must be continue, fail or reject")
	}
	o.refuseOthers("decision", "metadata")
	if err := o.err(); err != nil {
		return err
	}
	request, err := jsontext.Stringify(g)
	if err != nil {
		return err
	}
	return change(x, request, func(e *session.Engine) (*session.Snapshot, error) {
		s, err := e.AnswerGate(x.r.Context(), id, g)
		return s, orBadState(err)
	}, func(s *session.Snapshot) (int, any, error) {
		return http.StatusOK, struct {
			SessionID string `json:"session_id"`
			Decision  string `json:"decision"`
			Status    string `json:"status"`
			Message   string `json:"message"`
		}{idText(prefixSession, s.ID), string(g.Answer), statusOf(s.Status, s.Sandbox), "External decision recorded."}, nil
	})
}

// run is a workflow's run (https://docs.withverifa.com/api-reference/workflows/get-session-workflow-run).
type run struct {
	ID          string                         `json:"id"`
	SessionID   string                         `json:"session_id"`
	WorkflowID  *string                        `json:"workflow_id"`
	Version     int                            `json:"workflow_version"`
	Status      string                         `json:"status"`
	CreatedAt   moment                         `json:"created_at"`
	FinalStatus *string                        `json:"final_status"`
	Graph       workflow.Graph                 `json:"graph_snapshot"`
	PausedAt    *string                        `json:"paused_at_node,omitempty"`
	Current     *string                        `json:"current_node"`
	NodeResults map[string]workflow.NodeResult `json:"node_results"`
	Decisions   []gateDecision                 `json:"external_decisions"`
	StartedAt   moment                         `json:"started_at"`
	CompletedAt *moment                        `json:"completed_at"`
	Duration    int64                          `json:"duration_ms"`
}

// gateDecision is what the customer's system has said at a gate.
type gateDecision struct {
	Node      string          `json:"node"`
	Decision  string          `json:"decision"`
	Metadata  json.RawMessage `json:"metadata"`
	DecidedAt moment          `json:"decided_at"`
}

// gatesOf are those of a run, in their order.
func gatesOf(r *session.Run) []gateDecision {
	list := []gateDecision{}
	for _, g := range r.Gates {
		d := gateDecision{Node: g.Node, Decision: string(g.Decision), Metadata: g.Metadata, DecidedAt: moment(g.At)}
		if len(d.Metadata) == 0 {
			d.Metadata = json.RawMessage("null")
		}
		list = append(list, d)
	}
	return list
}

// readRun: https://docs.withverifa.com/api-reference/workflows/get-session-workflow-run
func readRun(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	s, err := x.engine.Get(x.r.Context(), id)
	if err != nil {
		return err
	}
	r := s.Run()
	if r == nil {
		if !s.RedactedAt.IsZero() {
			return session.ErrErased
		}
		return notFound("No workflow run yet.")
	}
	v := run{
		ID: idText(prefixRun, runID(r)), SessionID: idText(prefixSession, s.ID), WorkflowID: workflowOf(r), Version: versionOf(r),
		Status: string(r.Status), CreatedAt: moment(r.CreatedAt), FinalStatus: orNull(string(r.Outcome)), Graph: r.Graph,
		PausedAt: orNull(r.PausedAt()), NodeResults: r.NodeResults(), Decisions: gatesOf(r), StartedAt: moment(r.StartedAt),
		CompletedAt: momentOrNull(r.CompletedAt), Duration: r.Duration(x.engine.Now()).Milliseconds(),
	}
	if !r.Status.Ended() {
		v.Current = orNull(r.Node)
	}
	return x.answer(http.StatusOK, v)
}

// runID is the id of a run, which is a UUID as the engine makes them.
func runID(r *session.Run) uuid.UUID {
	id, _ := uuid.Parse(r.ID)
	return id
}

// versionOf is the version that runs.
func versionOf(r *session.Run) int {
	n, _ := strconv.Atoi(r.Version) // which the engine has written
	return n
}

// workflowOf is the id of a run's workflow; nil: the engine's own.
func workflowOf(r *session.Run) *string {
	id, err := uuid.Parse(r.WorkflowID)
	if err != nil {
		return nil
	}
	return new(idText(prefixWorkflow, id))
}

// resumeRun: https://docs.withverifa.com/api-reference/workflows/resume-workflow-from-step
func resumeRun(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	step := o.integer("step_index")
	at := session.RunPoint{Policy: o.text("policy")}
	o.refuseOthers("step_index", "policy")
	if (step == nil) == (at.Policy == "") {
		o.fault("step_index", "give this or policy, and not both")
	}
	if step != nil {
		at.Step = *step
	}
	if err := o.err(); err != nil {
		return err
	}
	request, err := json.Marshal(at)
	if err != nil {
		return err
	}
	return change(x, request, func(e *session.Engine) (*session.Snapshot, error) {
		s, err := e.RunFrom(x.r.Context(), id, at)
		return s, orBadState(err)
	}, func(s *session.Snapshot) (int, any, error) {
		return http.StatusAccepted, struct {
			Status    string  `json:"status"`
			SessionID string  `json:"session_id"`
			Step      *int    `json:"step_index"`
			Policy    *string `json:"policy"`
		}{statusOf(s.Status, s.Sandbox), idText(prefixSession, s.ID), step, orNull(at.Policy)}, nil
	})
}
