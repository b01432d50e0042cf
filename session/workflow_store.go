package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision/workflow"
)

// WorkflowChange says what is to change of a workflow; what is nil stays. Of Graph and Steps the one that is given
// replaces both.
type WorkflowChange struct {
	Name, Description                                *string
	Graph                                            *workflow.Graph
	Steps                                            json.RawMessage
	DataRequirements, ScreeningSettings, GraphLayout json.RawMessage
	Rollout                                          *int
	IsActive                                         *bool
}

// AddWorkflow stores a workflow of the engine's integration's tenant, live or sandbox as that is. Its id, version and
// times are given to it, and it is active; the rest is as w has it, also whether it is the default from now on.
//
// Errors: a *[FactsError] and a *[workflow.GraphError] for what is not acceptable; [ErrEnough] beyond [MaxWorkflows].
func (e *Engine) AddWorkflow(ctx context.Context, w Workflow) (_ *Workflow, err error) {
	ctx, verb := e.observe(ctx, "add_workflow")
	defer verb.done(&err)
	if err := w.prepare(e.KnowsCheck); err != nil {
		return nil, err
	}
	return e.changeWorkflow(ctx, "created", func(d *shelf) (*Workflow, error) {
		all, err := d.list(EntryQuery{N: MaxWorkflows})
		if err != nil {
			return nil, err
		}
		if len(all) >= MaxWorkflows {
			return nil, ErrEnough
		}
		w.ID, w.Version, w.IsActive = e.cfg.NewID(d.now), 1, true
		w.CreatedAt, w.UpdatedAt = d.now, d.now
		if w.IsDefault {
			if err := d.putDefault(w.ID); err != nil {
				return nil, err
			}
		}
		return &w, errors.Join(d.putVersion(w), d.putHead(w, Entry{ID: w.ID, CreatedAt: d.now}))
	})
}

// ChangeWorkflow changes a workflow. What would run otherwise makes a new version; sessions whose runs have begun stay
// with the version that they have.
//
// Errors: [ErrNotFound]; those of [Engine.AddWorkflow]; [ErrDefaultWorkflow] when the default is to be inactive; [ErrEnough]
// beyond a thousand versions.
func (e *Engine) ChangeWorkflow(ctx context.Context, id uuid.UUID, c WorkflowChange) (_ *Workflow, err error) {
	ctx, verb := e.observe(ctx, "change_workflow")
	defer verb.done(&err)
	return e.changeWorkflow(ctx, "updated", func(d *shelf) (*Workflow, error) {
		w, head, err := d.head(id)
		if err != nil {
			return nil, err
		}
		before := *w
		c.apply(w)
		if w.IsDefault && !w.IsActive {
			return nil, ErrDefaultWorkflow
		}
		if err := w.prepare(e.KnowsCheck); err != nil {
			return nil, err
		}
		if !w.runsAs(before) {
			if w.Version++; w.Version > maxVersions {
				return nil, ErrEnough
			}
			if err := d.putVersion(*w); err != nil {
				return nil, err
			}
		}
		w.UpdatedAt = d.now
		return w, d.putHead(*w, head)
	})
}

func (c WorkflowChange) apply(w *Workflow) {
	w.Name, w.Description = *orElse(c.Name, &w.Name), *orElse(c.Description, &w.Description)
	w.Rollout, w.IsActive = *orElse(c.Rollout, &w.Rollout), *orElse(c.IsActive, &w.IsActive)
	if c.Graph != nil || c.Steps != nil {
		w.Graph, w.Steps = workflow.Graph{}, c.Steps
		if c.Graph != nil {
			w.Graph = *c.Graph
		}
	}
	for _, s := range []struct{ to, given *json.RawMessage }{
		{&w.DataRequirements, &c.DataRequirements}, {&w.ScreeningSettings, &c.ScreeningSettings}, {&w.GraphLayout, &c.GraphLayout},
	} {
		if *s.given != nil {
			*s.to = *s.given
		}
	}
}

func orElse[T any](given, otherwise *T) *T {
	if given == nil {
		return otherwise
	}
	return given
}

// SetDefaultWorkflow makes a workflow the one of sessions that name none, instead of the one that was.
//
// Errors: [ErrNotFound]; [ErrInactiveWorkflow].
func (e *Engine) SetDefaultWorkflow(ctx context.Context, id uuid.UUID) (_ *Workflow, err error) {
	ctx, verb := e.observe(ctx, "set_default_workflow")
	defer verb.done(&err)
	return e.changeWorkflow(ctx, "default_set", func(d *shelf) (*Workflow, error) {
		w, head, err := d.head(id)
		if err != nil {
			return nil, err
		}
		if !w.IsActive {
			return nil, ErrInactiveWorkflow
		}
		w.IsDefault, w.UpdatedAt = true, d.now
		return w, errors.Join(d.putDefault(id), d.putHead(*w, head))
	})
}

// DeactivateWorkflow takes a workflow out of use for what comes: sessions that were created for it still run it. It
// may be repeated.
//
// Errors: [ErrNotFound]; [ErrDefaultWorkflow].
func (e *Engine) DeactivateWorkflow(ctx context.Context, id uuid.UUID) (_ *Workflow, err error) {
	ctx, verb := e.observe(ctx, "deactivate_workflow")
	defer verb.done(&err)
	return e.ChangeWorkflow(ctx, id, WorkflowChange{IsActive: new(bool)})
}

// Workflow reads a workflow.
//
// Errors: [ErrNotFound], also for another tenant's.
func (e *Engine) Workflow(ctx context.Context, id uuid.UUID) (_ *Workflow, err error) {
	ctx, verb := e.observe(ctx, "workflow")
	defer verb.done(&err)
	d, err := e.openShelf(ctx)
	if err != nil {
		return nil, err
	}
	w, _, err := d.head(id)
	return w, err
}

// WorkflowPage asks for a page of workflows.
type WorkflowPage struct {
	After uuid.UUID // the last id of the page before
	N     int       // at most so many. Default, and most: 100
}

// Workflows lists the workflows of the engine's integration's tenant, live or sandbox, newest first, active or not.
func (e *Engine) Workflows(ctx context.Context, p WorkflowPage) (_ []Workflow, err error) {
	ctx, verb := e.observe(ctx, "workflows")
	defer verb.done(&err)
	d, err := e.openShelf(ctx)
	if err != nil {
		return nil, err
	}
	def, err := d.defaultID()
	if err != nil {
		return nil, err
	}
	entries, err := d.list(EntryQuery{After: p.After, N: min(orDefault(max(p.N, 0), 100), 100)})
	if err != nil {
		return nil, err
	}
	list := make([]Workflow, len(entries))
	for i, entry := range entries {
		if err := readEntry(entry, &list[i]); err != nil {
			return nil, err
		}
		list[i].IsDefault = list[i].ID == def
	}
	return list, nil
}

// WorkflowVersion reads a version of a workflow, as it was when it was made.
//
// Errors: [ErrNotFound].
func (e *Engine) WorkflowVersion(ctx context.Context, id uuid.UUID, version int) (_ *Workflow, err error) {
	ctx, verb := e.observe(ctx, "workflow_version")
	defer verb.done(&err)
	d, err := e.openShelf(ctx)
	if err != nil {
		return nil, err
	}
	return d.version(id, version)
}

// WorkflowVersions lists n versions of a workflow, newest first, of those before the given one; 0: from the newest
// on. n is at most 100, and 20 when it is not positive.
//
// Errors: [ErrNotFound].
func (e *Engine) WorkflowVersions(ctx context.Context, id uuid.UUID, before, n int) (_ []Workflow, err error) {
	ctx, verb := e.observe(ctx, "workflow_versions")
	defer verb.done(&err)
	d, err := e.openShelf(ctx)
	if err != nil {
		return nil, err
	}
	w, _, err := d.head(id)
	if err != nil {
		return nil, err
	}
	if n <= 0 {
		n = 20
	}
	if before <= 0 || before > w.Version {
		before = w.Version + 1
	}
	var list []Workflow
	for v := before - 1; v > 0 && len(list) < min(n, 100); v-- {
		version, err := d.version(id, v)
		if err != nil {
			return nil, err
		}
		list = append(list, *version)
	}
	return list, nil
}

// resourceWorkflow is what a tenant's log calls a workflow.
const resourceWorkflow = "workflow"

// shelf is where the workflows of one tenant stand, live or sandbox, and what is to be put there.
type shelf struct {
	e   *Engine
	ctx context.Context
	in  Integration
	now time.Time
	put []Entry
}

func (e *Engine) openShelf(ctx context.Context) (*shelf, error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	return &shelf{e: e, ctx: ctx, in: in, now: e.now()}, nil
}

// changeWorkflow makes one write of what do puts on the shelf; again when somebody else was faster.
func (e *Engine) changeWorkflow(ctx context.Context, what string, do func(*shelf) (*Workflow, error)) (w *Workflow, err error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	err = e.logged(ctx, in, func(now time.Time) (note AuditEntry, put []Entry, err error) {
		d := &shelf{e: e, ctx: ctx, in: in, now: now}
		if w, err = do(d); err != nil {
			return note, nil, err
		}
		answer, err := e.keep(in, now, w)
		note = AuditEntry{What: resourceWorkflow + "." + what, Resource: resourceWorkflow, ResourceID: w.ID.String()}
		return note, append(d.put, answer...), err
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (d *shelf) list(q EntryQuery) ([]Entry, error) {
	q.Tenant, q.Sandbox, q.At = d.in.Tenant, d.in.Sandbox, d.now
	if q.Kind == "" {
		q.Kind = EntryWorkflow
	}
	return d.e.store.Entries(d.ctx, q)
}

// one finds an entry.
func (d *shelf) one(q EntryQuery) (Entry, error) {
	q.N = 1
	found, err := d.list(q)
	if err != nil {
		return Entry{}, err
	}
	if len(found) == 0 {
		return Entry{}, ErrNotFound
	}
	return found[0], nil
}

// head finds a workflow as it is now.
func (d *shelf) head(id uuid.UUID) (*Workflow, Entry, error) {
	entry, err := d.one(EntryQuery{ID: id})
	if id == uuid.Nil {
		err = ErrNotFound // a query without an id finds any
	}
	if err != nil {
		return nil, Entry{}, err
	}
	var w Workflow
	if err := readEntry(entry, &w); err != nil {
		return nil, Entry{}, err
	}
	def, err := d.defaultID()
	w.IsDefault = def == id
	return &w, entry, err
}

func (d *shelf) version(id uuid.UUID, version int) (*Workflow, error) {
	entry, err := d.one(EntryQuery{Kind: EntryWorkflowVersion, Name: versionName(id, version)})
	if err != nil {
		return nil, err
	}
	var w Workflow
	return &w, readEntry(entry, &w)
}

func versionName(id uuid.UUID, version int) string { return id.String() + "/" + strconv.Itoa(version) }

// defaultName is the name of the one entry that says which workflow is the default.
const defaultName = "default"

// defaultID is the default workflow's; nil: there is none.
func (d *shelf) defaultID() (id uuid.UUID, err error) {
	entry, err := d.one(EntryQuery{Kind: EntryWorkflowDefault, Name: defaultName})
	if errors.Is(err, ErrNotFound) {
		return id, nil
	}
	if err == nil {
		err = readEntry(entry, &id)
	}
	return id, err
}

func (d *shelf) putHead(w Workflow, before Entry) error {
	before.Kind, before.Name = EntryWorkflow, w.ID.String()
	return d.add(before, w)
}

func (d *shelf) putVersion(w Workflow) error {
	w.CreatedAt, w.UpdatedAt, w.Rollout = d.now, d.now, 0
	entry := Entry{Kind: EntryWorkflowVersion, ID: d.e.cfg.NewID(d.now), Name: versionName(w.ID, w.Version), CreatedAt: d.now}
	return d.add(entry, w)
}

func (d *shelf) putDefault(id uuid.UUID) error {
	entry, err := d.one(EntryQuery{Kind: EntryWorkflowDefault, Name: defaultName})
	if errors.Is(err, ErrNotFound) {
		entry, err = Entry{Kind: EntryWorkflowDefault, ID: d.e.cfg.NewID(d.now), Name: defaultName, CreatedAt: d.now}, nil
	}
	if err != nil {
		return err
	}
	return d.add(entry, id)
}

// add puts the next version of an entry on the shelf.
func (d *shelf) add(entry Entry, body any) (err error) {
	entry.Tenant, entry.Sandbox, entry.UpdatedAt = d.in.Tenant, d.in.Sandbox, d.now
	entry.Version++
	if d.now.Before(entry.CreatedAt) {
		entry.UpdatedAt = entry.CreatedAt // the clock went back
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return fmt.Errorf("session: a workflow: %w", err)
	}
	entry.Body = b.Bytes()
	d.put = append(d.put, entry)
	return nil
}

func readEntry(entry Entry, into any) error {
	if err := json.Unmarshal(entry.Body, into); err != nil {
		return fmt.Errorf("session: entry %s cannot be read: %w", entry.ID, err)
	}
	return nil
}
