package session_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// TestWorkflowVersions: what would run otherwise is a new version, and no version is ever changed.
func TestWorkflowVersions(t *testing.T) {
	t.Parallel()
	b := flow(t, nil)
	w := b.addDefault(one("face_match", ""))
	if w.Version != 1 || !w.IsDefault || !w.IsActive || w.CreatedAt.IsZero() {
		t.Fatalf("added: %+v", w)
	}
	other := parse(t, one("nfc_chip_auth", ""))
	for _, c := range []struct {
		name   string
		change session.WorkflowChange
		want   int
	}{
		{"nothing", session.WorkflowChange{}, 1},
		{"a name", session.WorkflowChange{Name: new("another")}, 1},
		{"a description", session.WorkflowChange{Description: new("what it is for")}, 1},
		{"a layout", session.WorkflowChange{GraphLayout: []byte(`{"x":1}`)}, 1},
		{"a rollout", session.WorkflowChange{Rollout: new(50)}, 1},
		{"a graph", session.WorkflowChange{Graph: &other}, 2},
		{"the same graph", session.WorkflowChange{Graph: &other}, 2},
		{"requirements", session.WorkflowChange{DataRequirements: []byte(`{"selfie": true}`)}, 3},
		{"the same requirements", session.WorkflowChange{DataRequirements: []byte(`{"selfie":true}`)}, 3},
		{"settings", session.WorkflowChange{ScreeningSettings: []byte(`{"threshold":0.7}`)}, 4},
		{"steps", session.WorkflowChange{Steps: []byte(`[{"policy":"face_match"},{"type":"gate"}]`)}, 5},
		{"a graph again", session.WorkflowChange{Graph: &other}, 6},
	} {
		b.clock.Add(1e9)
		got, err := b.ChangeWorkflow(b.ctx, w.ID, c.change)
		if err != nil || got.Version != c.want || !got.UpdatedAt.Equal(b.clock.Now()) || !got.IsDefault {
			t.Fatalf("%s: version %d, want %d; %v", c.name, got.Version, c.want, err)
		}
	}
	got, err := b.Workflow(b.ctx, w.ID)
	if err != nil || got.Name != "another" || got.Description != "what it is for" || got.Rollout != 50 || got.Steps != nil ||
		string(got.GraphLayout) != `{"x":1}` || string(got.DataRequirements) != `{"selfie":true}` || !got.CreatedAt.Equal(w.CreatedAt) {
		t.Errorf("it comes back as %+v, %v", got, err)
	}
	versions, err := b.WorkflowVersions(b.ctx, w.ID, 0, 0)
	if err != nil || len(versions) != 6 {
		t.Fatalf("%d versions, %v", len(versions), err)
	}
	for i, v := range versions {
		if v.Version != 6-i {
			t.Errorf("version %d comes as number %d", v.Version, i+1)
		}
	}
	first, fifth := versions[5], versions[1]
	if first.Graph.Nodes["it"].Policy != "face_match" || first.Name != "default" || !first.CreatedAt.Equal(w.CreatedAt) {
		t.Errorf("the first version is %+v", first)
	}
	if string(fifth.Steps) != `[{"policy":"face_match"},{"type":"gate"}]` || len(fifth.Graph.Steps()) != 2 {
		t.Errorf("the fifth version is %+v", fifth)
	}
	if page, err := b.WorkflowVersions(b.ctx, w.ID, 4, 2); err != nil || len(page) != 2 || page[0].Version != 3 {
		t.Errorf("two before the fourth: %+v, %v", page, err)
	}
	if v, err := b.WorkflowVersion(b.ctx, w.ID, 3); err != nil || v.Version != 3 {
		t.Errorf("the third: %+v, %v", v, err)
	}
	if _, err := b.WorkflowVersion(b.ctx, w.ID, 7); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("the seventh: %v", err)
	}
}

// TestWorkflowsOfATenant: nobody else's are found, not even one's own of the sandbox.
func TestWorkflowsOfATenant(t *testing.T) {
	t.Parallel()
	others := []session.Integration{{ID: uuid.New()}, {ID: uuid.New(), Tenant: tenant, Sandbox: true}}
	b := flow(t, nil)
	own := session.Integration{ID: tenant, Policy: b.in.Policy}
	e, err := session.New(b.store, session.Config{
		Integrations: session.Fixed(append(others, own)), Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs,
	})
	if err != nil {
		t.Fatal(err)
	}
	var want []uuid.UUID
	for range 3 {
		b.clock.Add(1e9)
		want = append([]uuid.UUID{b.addDefault(one("face_match", "")).ID}, want...)
	}
	for _, other := range others {
		e := e.For(other.ID)
		theirs, err := e.AddWorkflow(b.ctx, session.Workflow{Name: "theirs", Graph: session.DefaultGraph(), IsDefault: true})
		if err != nil {
			t.Fatal(err)
		}
		id := want[0]
		_, e1 := e.Workflow(b.ctx, id)
		_, e2 := e.ChangeWorkflow(b.ctx, id, session.WorkflowChange{Name: new("mine")})
		_, e3 := e.SetDefaultWorkflow(b.ctx, id)
		_, e4 := e.DeactivateWorkflow(b.ctx, id)
		_, e5 := e.WorkflowVersion(b.ctx, id, 1)
		_, e6 := e.WorkflowVersions(b.ctx, id, 0, 0)
		_, e7 := e.Workflow(b.ctx, uuid.Nil)
		for i, err := range []error{e1, e2, e3, e4, e5, e6, e7} {
			if !errors.Is(err, session.ErrNotFound) {
				t.Errorf("verb %d on another's workflow: %v", i+1, err)
			}
		}
		if list, err := e.Workflows(b.ctx, session.WorkflowPage{}); err != nil || len(list) != 1 || list[0].ID != theirs.ID || !list[0].IsDefault {
			t.Errorf("they see %d workflows, %v", len(list), err)
		}
	}
	var got []uuid.UUID
	for page := (session.WorkflowPage{N: 2}); ; page.After = got[len(got)-1] {
		list, err := b.Workflows(b.ctx, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range list {
			got = append(got, w.ID)
		}
		if len(list) < 2 {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
}

// TestOneDefault: there is one default at most, whoever sets it at the same time, and it is not deactivated.
func TestOneDefault(t *testing.T) {
	t.Parallel()
	b := flow(t, nil)
	var ids []uuid.UUID
	for range 4 {
		w, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "one of four", Graph: session.DefaultGraph()})
		if err != nil || w.IsDefault {
			t.Fatalf("%+v, %v", w, err)
		}
		ids = append(ids, w.ID)
	}
	for range 25 {
		var all sync.WaitGroup
		for _, id := range ids {
			all.Go(func() {
				if _, err := b.SetDefaultWorkflow(b.ctx, id); err != nil {
					t.Errorf("set: %v", err)
				}
			})
		}
		all.Wait()
		defaults := 0
		list, err := b.Workflows(b.ctx, session.WorkflowPage{})
		for _, w := range list {
			if w.IsDefault {
				defaults++
			}
		}
		if err != nil || defaults != 1 {
			t.Fatalf("%d defaults, %v", defaults, err)
		}
	}
	if _, err := b.SetDefaultWorkflow(b.ctx, ids[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := b.DeactivateWorkflow(b.ctx, ids[0]); !errors.Is(err, session.ErrDefaultWorkflow) {
		t.Errorf("the default is deactivated: %v", err)
	}
	for range 2 {
		if w, err := b.DeactivateWorkflow(b.ctx, ids[1]); err != nil || w.IsActive {
			t.Errorf("another is deactivated: %+v, %v", w, err)
		}
	}
	if _, err := b.SetDefaultWorkflow(b.ctx, ids[1]); !errors.Is(err, session.ErrInactiveWorkflow) {
		t.Errorf("what is not active becomes the default: %v", err)
	}
	if w, err := b.ChangeWorkflow(b.ctx, ids[1], session.WorkflowChange{IsActive: new(true)}); err != nil || !w.IsActive {
		t.Errorf("it is activated again: %+v, %v", w, err)
	}
}

// TestDefaultOrInactive: of two at the same time, one makes a workflow the default and the other takes it out of use.
func TestDefaultOrInactive(t *testing.T) {
	t.Parallel()
	b := flow(t, nil)
	for range 50 {
		w, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "contested", Graph: session.DefaultGraph()})
		if errors.Is(err, session.ErrEnough) {
			t.Fatal("too many for this test")
		}
		var set, off error
		var all sync.WaitGroup
		all.Go(func() { _, set = b.SetDefaultWorkflow(b.ctx, w.ID) })
		all.Go(func() { _, off = b.DeactivateWorkflow(b.ctx, w.ID) })
		all.Wait()
		if (set == nil) == (off == nil) || !errors.Is(errors.Join(set, off), session.ErrDefaultWorkflow) && !errors.Is(errors.Join(set, off), session.ErrInactiveWorkflow) {
			t.Fatalf("set: %v; deactivated: %v", set, off)
		}
	}
}

// TestWorkflowIsRefused: what is not acceptable is said by its name, and nothing is stored.
func TestWorkflowIsRefused(t *testing.T) {
	t.Parallel()
	b := flow(t, func(_ *session.Integration, cfg *session.Config) { cfg.Checks = passing("own") })
	good := session.DefaultGraph()
	loop := parse(t, strings.Replace(one("face_match", ""), `"on_fail":"no"`, `"on_fail":"it"`, 1))
	foreign := parse(t, one("not_known", ""))
	big := parse(t, one("face_match", `{"a":"`+strings.Repeat("a", 20_000)+`"}`))
	for name, w := range map[string]session.Workflow{
		"name is missing":       {Graph: good},
		"name is too long":      {Name: strings.Repeat("n", 256), Graph: good},
		"name is no text":       {Name: "a\x00b", Graph: good},
		"description":           {Name: "w", Description: strings.Repeat("d", 1001), Graph: good},
		"rollout":               {Name: "w", Rollout: 101, Graph: good},
		"rollout is negative":   {Name: "w", Rollout: -1, Graph: good},
		"no graph":              {Name: "w"},
		"a loop":                {Name: "w", Graph: loop},
		"a check of nobody":     {Name: "w", Graph: foreign},
		"a config too long":     {Name: "w", Graph: big},
		"steps are no list":     {Name: "w", Steps: []byte(`{}`)},
		"steps are none":        {Name: "w", Steps: []byte(`[]`)},
		"steps are no JSON":     {Name: "w", Steps: []byte(`[`)},
		"steps lead back":       {Name: "w", Steps: []byte(`[{"policy":"face_match","on_fail":0}]`)},
		"requirements":          {Name: "w", Graph: good, DataRequirements: []byte(`{`)},
		"settings are too long": {Name: "w", Graph: good, ScreeningSettings: []byte(`"` + strings.Repeat("a", 70_000) + `"`)},
		"a layout":              {Name: "w", Graph: good, GraphLayout: []byte(`x`)},
	} {
		_, err := b.AddWorkflow(b.ctx, w)
		if wrong := (&workflow.GraphError{}); !errors.Is(err, session.ErrFacts) && !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := b.Workflows(b.ctx, session.WorkflowPage{}); err != nil || len(list) != 0 {
		t.Errorf("%d are stored, %v", len(list), err)
	}
	if _, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "w", Graph: parse(t, one("own", ""))}); err != nil {
		t.Errorf("with a check of the host's: %v", err)
	}
}

// TestEnoughWorkflows: there are a hundred at most.
func TestEnoughWorkflows(t *testing.T) {
	t.Parallel()
	b := flow(t, nil)
	for n := range session.MaxWorkflows + 1 {
		_, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "one of many", Graph: session.DefaultGraph()})
		if want := n == session.MaxWorkflows; errors.Is(err, session.ErrEnough) != want || err != nil && !want {
			t.Fatalf("workflow %d: %v", n+1, err)
		}
	}
}

// TestWorkflowOnce: a change that is asked for twice is made once.
func TestWorkflowOnce(t *testing.T) {
	t.Parallel()
	b := flow(t, nil)
	encode := func(result any) ([]byte, error) { return []byte(result.(*session.Workflow).ID.String()), nil }
	add := func() (*session.Workflow, error) {
		return b.Once(session.Once{Scope: "test", Key: "k", Request: []byte("r"), Encode: encode}).
			AddWorkflow(b.ctx, session.Workflow{Name: "once", Graph: session.DefaultGraph()})
	}
	w, err := add()
	if err != nil {
		t.Fatal(err)
	}
	var answered *session.AnsweredError
	if _, err := add(); !errors.As(err, &answered) || string(answered.Answer) != w.ID.String() {
		t.Errorf("asked again: %v", err)
	}
	if list, err := b.Workflows(b.ctx, session.WorkflowPage{}); err != nil || len(list) != 1 {
		t.Errorf("%d workflows, %v", len(list), err)
	}
}
