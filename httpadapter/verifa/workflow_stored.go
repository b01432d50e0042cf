package verifa

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

var (
	readWorkflows  = []string{"workflows:write", "sessions:read"}
	writeWorkflows = []string{"workflows:write"}
)

var storedRoutes = []route{
	{method: http.MethodGet, path: "/api/v1/workflows", handle: listWorkflows, scopes: readWorkflows,
		does: "lists workflows, newest first", page: "api-reference/workflows/list-workflows"},
	{method: http.MethodPost, path: "/api/v1/workflows", handle: createWorkflow, scopes: writeWorkflows,
		does: "stores a workflow", page: "api-reference/workflows/create-workflow",
		differs: "`graph` may be given instead of `steps`; the form of nodes and steps is our own"},
	{method: http.MethodGet, path: "/api/v1/workflows/{id}", handle: readWorkflow, scopes: readWorkflows,
		does: "a workflow as it is now", page: "api-reference/workflows/get-workflow"},
	{method: http.MethodPatch, path: "/api/v1/workflows/{id}", handle: updateWorkflow, scopes: writeWorkflows,
		does: "changes it, with a new version for what runs otherwise", page: "api-reference/workflows/update-workflow",
		differs: "`rollout_percentage` is the name of what is not published"},
	{method: http.MethodGet, path: "/api/v1/workflows/{id}/versions", handle: listVersions, scopes: readWorkflows,
		does: "lists its versions, newest first", page: "core-concepts/workflows",
		differs: "the path is our own; at most a hundred"},
	{method: http.MethodPost, path: "/api/v1/workflows/{id}/set-default", handle: setDefault, scopes: writeWorkflows,
		does: "makes it the one of sessions that name none", page: "core-concepts/workflows", differs: "the path is our own"},
	{method: http.MethodPost, path: "/api/v1/workflows/{id}/deactivate", handle: deactivate, scopes: writeWorkflows,
		does: "takes it out of use", page: "core-concepts/workflows", differs: "the path is our own"},
	{method: http.MethodPost, path: "/api/v1/workflows/{id}/trigger", handle: trigger, scopes: writeWorkflows,
		does: "has a session decided again by it", page: "api-reference/workflows/trigger-workflow"},
	{method: http.MethodGet, path: "/api/v1/verification-policies", handle: listPolicies, scopes: readWorkflows,
		does: "lists the checks that workflows may have"},
}

// stored is a workflow (https://docs.withverifa.com/core-concepts/workflows).
type stored struct {
	ID           string          `json:"id"`
	Name         string          `json:"name"`
	Version      int             `json:"version"`
	Description  *string         `json:"description"`
	Steps        json.RawMessage `json:"steps"`
	StepCount    int             `json:"step_count"`
	Format       string          `json:"format"`
	Graph        workflow.Graph  `json:"graph"`
	Requirements json.RawMessage `json:"data_requirements"`
	Screening    json.RawMessage `json:"screening_settings"`
	Layout       json.RawMessage `json:"graph_layout"`
	Rollout      int             `json:"rollout_percentage"`
	IsDefault    bool            `json:"is_default"`
	IsActive     bool            `json:"is_active"`
	CreatedAt    moment          `json:"created_at"`
	UpdatedAt    moment          `json:"updated_at"`
}

func storedOf(w *session.Workflow) stored {
	v := stored{
		ID: idText(prefixWorkflow, w.ID), Name: w.Name, Version: w.Version, Description: orNull(w.Description), Steps: w.Steps,
		StepCount: len(w.Graph.Steps()), Format: "steps", Graph: w.Graph, Requirements: w.DataRequirements,
		Screening: w.ScreeningSettings, Layout: w.GraphLayout, Rollout: w.Rollout, IsDefault: w.IsDefault, IsActive: w.IsActive,
		CreatedAt: moment(w.CreatedAt), UpdatedAt: moment(w.UpdatedAt),
	}
	if len(w.Steps) == 0 {
		v.Format, v.Steps = "graph", json.RawMessage("[]")
	}
	if v.Rollout == 0 {
		v.Rollout = 100
	}
	for _, raw := range []*json.RawMessage{&v.Requirements, &v.Screening, &v.Layout} {
		if len(*raw) == 0 {
			*raw = json.RawMessage("null")
		}
	}
	return v
}

// workflowBody is what a workflow is made or changed with, in its one form.
type workflowBody struct {
	Name         *string         `json:"name,omitempty"`
	Description  *string         `json:"description,omitempty"`
	Steps        json.RawMessage `json:"steps,omitempty"`
	Graph        json.RawMessage `json:"graph,omitempty"`
	Requirements json.RawMessage `json:"data_requirements,omitempty"`
	Screening    json.RawMessage `json:"screening_settings,omitempty"`
	Layout       json.RawMessage `json:"graph_layout,omitempty"`
	Rollout      *int            `json:"rollout_percentage,omitempty"`
	IsDefault    *bool           `json:"is_default,omitempty"`
	IsActive     *bool           `json:"is_active,omitempty"`
	graph        *workflow.Graph
}

func (x *exchange) workflowBody() (*workflowBody, error) {
	o, err := x.object(nil)
	if err != nil {
		return nil, err
	}
	b := &workflowBody{
		Name: o.optional("name"), Description: o.optional("description"), Requirements: o.raw("data_requirements"),
		Screening: o.raw("screening_settings"), Layout: o.raw("graph_layout"), Rollout: o.integer("rollout_percentage"),
		IsDefault: o.optionalBool("is_default"), IsActive: o.optionalBool("is_active"),
	}
	if v := o.value("steps", jsontext.Array); v != nil {
		if b.Steps, err = keycase.Append(nil, v, keycase.Snake, "config"); err != nil {
			o.fault("steps", "has a step with a member that is there twice")
		}
	}
	if v := o.value("graph", jsontext.Object); v != nil {
		if b.Graph, err = graphText(v); err != nil {
			o.fault("graph", "has a member that is there twice")
		} else if g, err := workflow.Parse(b.Graph); err != nil {
			o.graphFaults("graph.", err)
		} else {
			b.graph = &g
		}
	}
	if b.Rollout != nil && (*b.Rollout < 1 || *b.Rollout > 100) {
		o.fault("rollout_percentage", "must be a number from 1 to 100")
	}
	if b.Steps != nil && b.Graph != nil {
		o.fault("graph", "give this or steps, and not both")
	}
	o.refuseOthers("name", "description", "steps", "graph", "data_requirements", "screening_settings", "graph_layout",
		"rollout_percentage", "is_default", "is_active")
	return b, o.err()
}

// orWorkflow says of what there is not that it is a workflow.
func orWorkflow(err error) error {
	switch {
	case errors.Is(err, session.ErrNotFound):
		return errNoWorkflow
	case errors.Is(err, session.ErrDefaultWorkflow):
		return conflict("It is the default workflow: make another one the default first.")
	case errors.Is(err, session.ErrInactiveWorkflow):
		return conflict("The workflow is not active.")
	}
	return err
}

var errNoWorkflow = notFound("Workflow not found.")

// at is where the faults of what was given as steps or as a graph are.
func (b *workflowBody) at() string {
	if b.Graph != nil {
		return "graph."
	}
	return ""
}

// createWorkflow: https://docs.withverifa.com/api-reference/workflows/create-workflow
func createWorkflow(x *exchange) error {
	b, err := x.workflowBody()
	if err != nil {
		return err
	}
	w := session.Workflow{
		Steps: b.Steps, DataRequirements: b.Requirements, ScreeningSettings: b.Screening, GraphLayout: b.Layout, IsDefault: b.IsDefault != nil && *b.IsDefault,
	}
	if b.Name != nil {
		w.Name = *b.Name
	}
	if b.Description != nil {
		w.Description = *b.Description
	}
	if b.Rollout != nil {
		w.Rollout = *b.Rollout
	}
	if b.graph != nil {
		w.Graph = *b.graph
	}
	return x.changeWorkflow(b, http.StatusCreated, func(e *session.Engine) (*session.Workflow, error) {
		return e.AddWorkflow(x.r.Context(), w)
	})
}

// changeWorkflow answers a change of a workflow.
func (x *exchange) changeWorkflow(b *workflowBody, status int, verb func(*session.Engine) (*session.Workflow, error)) error {
	request, err := jsontext.Stringify(b)
	if err != nil {
		return err
	}
	return change(x, request, func(e *session.Engine) (*session.Workflow, error) {
		w, err := verb(e)
		return w, orGraphFaults(b.at(), err)
	}, func(w *session.Workflow) (int, any, error) { return status, storedOf(w), nil })
}

// workflowID is the workflow that the path names.
func (x *exchange) workflowID() (uuid.UUID, error) {
	id, ok := parseID(prefixWorkflow, x.r.PathValue("id"))
	if !ok {
		return id, errNoWorkflow
	}
	return id, nil
}

// updateWorkflow: https://docs.withverifa.com/api-reference/workflows/update-workflow
func updateWorkflow(x *exchange) error {
	id, err := x.workflowID()
	if err != nil {
		return err
	}
	b, err := x.workflowBody()
	if err != nil {
		return err
	}
	if b.IsDefault != nil {
		w, err := x.engine.Workflow(x.r.Context(), id)
		if err != nil {
			return orWorkflow(err)
		}
		if w.IsDefault != *b.IsDefault {
			return invalidField("is_default", "is changed by set-default, of the workflow that is to be the default")
		}
	}
	c := session.WorkflowChange{
		Name: b.Name, Description: b.Description, Graph: b.graph, Steps: b.Steps, DataRequirements: b.Requirements,
		ScreeningSettings: b.Screening, GraphLayout: b.Layout, Rollout: b.Rollout, IsActive: b.IsActive,
	}
	return x.changeWorkflow(b, http.StatusOK, func(e *session.Engine) (*session.Workflow, error) {
		return e.ChangeWorkflow(x.r.Context(), id, c)
	})
}

func setDefault(x *exchange) error {
	id, err := x.workflowID()
	if err != nil {
		return err
	}
	return x.changeWorkflow(&workflowBody{}, http.StatusOK, func(e *session.Engine) (*session.Workflow, error) {
		return e.SetDefaultWorkflow(x.r.Context(), id)
	})
}

func deactivate(x *exchange) error {
	id, err := x.workflowID()
	if err != nil {
		return err
	}
	return x.changeWorkflow(&workflowBody{}, http.StatusOK, func(e *session.Engine) (*session.Workflow, error) {
		return e.DeactivateWorkflow(x.r.Context(), id)
	})
}

// readWorkflow: https://docs.withverifa.com/api-reference/workflows/get-workflow
func readWorkflow(x *exchange) error {
	id, err := x.workflowID()
	if err != nil {
		return err
	}
	w, err := x.engine.Workflow(x.r.Context(), id)
	if err != nil {
		return orWorkflow(err)
	}
	return x.answer(http.StatusOK, storedOf(w))
}

// listWorkflows: https://docs.withverifa.com/api-reference/workflows/list-workflows
func listWorkflows(x *exchange) error {
	q := x.query()
	p := q.page(25)
	if err := q.err(); err != nil {
		return err
	}
	all, err := x.engine.Workflows(x.r.Context(), session.WorkflowPage{}) // there are no more than that
	if err != nil {
		return err
	}
	rest := all[min(p.offset, len(all)):]
	if p.after != uuid.Nil {
		rest = slices.DeleteFunc(slices.Clone(all), func(w session.Workflow) bool { return bytes.Compare(w.ID[:], p.after[:]) >= 0 })
	}
	return x.answer(http.StatusOK, listedOf(p, len(all), rest,
		func(w session.Workflow) uuid.UUID { return w.ID }, func(w session.Workflow) stored { return storedOf(&w) }))
}

func listVersions(x *exchange) error {
	id, err := x.workflowID()
	if err != nil {
		return err
	}
	versions, err := x.engine.WorkflowVersions(x.r.Context(), id, 0, 100)
	if err != nil {
		return orWorkflow(err)
	}
	list := []stored{}
	for i := range versions {
		list = append(list, storedOf(&versions[i]))
	}
	return x.answer(http.StatusOK, struct {
		Data []stored `json:"data"`
	}{list})
}

// trigger: https://docs.withverifa.com/api-reference/workflows/trigger-workflow
func trigger(x *exchange) error {
	id, err := x.workflowID()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	named := o.text("session_id")
	of, ok := parseID(prefixSession, named)
	if named == "" {
		o.fault("session_id", "is missing")
	}
	o.refuseOthers("session_id")
	if err := o.err(); err != nil {
		return err
	}
	if !ok {
		return notFound("Session not found.")
	}
	if _, err := x.engine.Workflow(x.r.Context(), id); err != nil {
		return orWorkflow(err)
	}
	return change(x, []byte(named), func(e *session.Engine) (*session.Snapshot, error) {
		s, err := e.Trigger(x.r.Context(), of, id)
		if errors.Is(err, session.ErrInactiveWorkflow) {
			return s, orWorkflow(err)
		}
		return s, orBadState(err)
	}, func(s *session.Snapshot) (int, any, error) {
		return http.StatusAccepted, struct {
			SessionID  string `json:"session_id"`
			WorkflowID string `json:"workflow_id"`
			Status     string `json:"status"`
		}{idText(prefixSession, s.ID), idText(prefixWorkflow, id), statusOf(s.Status, s.Sandbox)}, nil
	})
}

// listPolicies lists the checks that workflows may have.
func listPolicies(x *exchange) error {
	return x.answer(http.StatusOK, struct {
		Data []session.CheckInfo `json:"data"`
	}{x.engine.Checks()})
}
