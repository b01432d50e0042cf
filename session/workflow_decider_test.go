package session_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/risk"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// TestDefaultGraph: without a workflow a human being decides, but about who is blocked or at a critical risk.
func TestDefaultGraph(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		signals []string
		want    session.Status
	}{
		{"nothing", nil, session.StatusReview},
		{"a high risk", []string{"webdriver_evasion_detected", "devtools_open"}, session.StatusReview},
		{"a critical risk", []string{"bot_detected", "webdriver_evasion_detected"}, session.StatusDeclined},
		{"blocked", []string{"virtual_camera"}, session.StatusDeclined},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := flow(t, func(in *session.Integration, _ *session.Config) {
				in.Policy.Risk = risk.Policy{Actions: map[string]risk.Action{"virtual_camera": risk.Block}}
			})
			id := b.create("any").ID
			if c.signals != nil {
				if _, err := b.Signal(b.ctx, id, c.signals); err != nil {
					t.Fatal(err)
				}
			}
			b.submit(id)
			b.settle()
			s := b.get(id)
			if run := s.Run(); s.Status != c.want || run.WorkflowID != "" || run.Version != "1" || run.Status != workflow.Completed {
				t.Errorf("%s by version %q of %q", s.Status, run.Version, run.WorkflowID)
			}
			if reason := s.Latest(s.AttemptID).Record.Reason; (reason == "High risk") != (c.want == session.StatusDeclined) {
				t.Errorf("%s because of %q", s.Status, reason)
			}
		})
	}
}

// TestNothingReviews: where nobody reviews, a session that needs it waits, and its run is completed.
func TestNothingReviews(t *testing.T) {
	t.Parallel()
	b := flow(t, func(in *session.Integration, _ *session.Config) { in.Policy.Review = false })
	id := b.submitted(session.Facts{})
	b.settle()
	s := b.get(id)
	if s.Status != session.StatusSubmitted || !s.DueAt.IsZero() || s.Run().Outcome != workflow.NeedsReview {
		t.Errorf("%s, due at %s, with a run that says %q", s.Status, s.DueAt, s.Run().Outcome)
	}
}

// TestRunOfASession: what a run says of itself, and what of it the decision has.
func TestRunOfASession(t *testing.T) {
	t.Parallel()
	b := flow(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Checks = map[string]session.Check{
			"document_ocr": reading(decision.Record{
				Person:   &decision.Person{FirstName: "Ada", LastName: "Specimen", DateOfBirth: decision.Date{Year: 1990, Month: 1, Day: 1}},
				Document: &decision.Document{Type: "PASSPORT", Country: "EE"},
			}),
			"own": session.CheckFunc(func(_ context.Context, c session.CheckCase) (session.CheckResult, error) {
				if c.Extracted.Person == nil || c.Extracted.Person.FirstName != "Ada" || string(c.Config) != `{"x":1}` || len(c.Results) != 4 {
					t.Errorf("the check is shown %d results and the config %s", len(c.Results), c.Config)
				}
				return session.CheckResult{Status: workflow.CheckFailed, Record: &decision.Record{
					Person: &decision.Person{LastName: "Example"}, Score: new(0.5),
				}}, nil
			}),
		}
	})
	w := b.addDefault(ofChecks("own", `{"x":1}`))
	id := b.submitted(session.Facts{})
	begun := b.clock.Now()
	b.settle()
	s := b.get(id)
	run := s.Run()
	if run.WorkflowID != w.ID.String() || run.Version != "1" || run.Status != workflow.Completed || run.Node != "no" || run.PausedAt() != "" ||
		!run.StartedAt.Equal(begun) || !run.CreatedAt.Equal(begun) || !run.CompletedAt.Equal(begun) || uuid.Validate(run.ID) != nil {
		t.Errorf("the run is %s of %s at %q, created at %s", run.Status, run.WorkflowID, run.Node, run.CreatedAt)
	}
	d := s.Latest(s.AttemptID)
	if d.Outcome != decision.Declined || d.By != session.ActorDecider || d.Record.Reason != "not so" || run.ReasonCode != "not_so" {
		t.Errorf("decided %s by %s because of %q", d.Outcome, d.By, d.Record.Reason)
	}
	p := d.Record.Person
	if p == nil || p.FirstName != "Ada" || p.LastName != "Example" || p.DateOfBirth.Year != 1990 || d.Record.Document.Country != "EE" || *d.Record.Score != 0.5 {
		t.Errorf("of what was read the decision has %t", p != nil)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", run, *run, *run, session.CheckResult{}); strings.Contains(text, "Ada") {
		t.Error("printed, a run tells of the person")
	}
}

// TestConditionsSee: the facts that conditions can ask for.
func TestConditionsSee(t *testing.T) {
	t.Parallel()
	for _, condition := range []string{
		`{"field":"fields.first_name","op":"==","value":"Ada"`,
		`{"field":"fields.address.city","op":"==","value":"Exampleville"`,
		`{"field":"fields.date_of_birth","op":"<","value":"1995-01-01"`,
		`{"field":"fields.nickname","op":"==","value":"A."`,
		`{"field":"extracted.age","op":">=","value":30`,
		`{"field":"extracted.document_type","op":"in","value":["passport"]`,
		`{"field":"extracted.document_expiration_date","op":">","value":"2098-01-01"`,
		`{"field":"extracted.address.zip","op":"exists","value":false`,
		`{"field":"risk.level","op":"==","value":"medium"`,
		`{"field":"risk.score","op":"==","value":30`,
		`{"field":"risk.signals","op":"contains","value":"devtools_open"`,
		`{"field":"risk.blocked","op":"==","value":false`,
		`{"field":"metadata.plan.seats","op":"==","value":12345678901234567`,
		`{"field":"session.country","op":"==","value":"EE"`,
		`{"field":"session.tags","op":"contains","value":"vip"`,
		`{"field":"session.document_type","op":"==","value":"passport"`,
		`{"field":"checks.document_ocr.passed","op":"==","value":true`,
	} {
		t.Run(condition, func(t *testing.T) {
			t.Parallel()
			b := flow(t, func(_ *session.Integration, cfg *session.Config) {
				cfg.Checks = map[string]session.Check{"document_ocr": reading(decision.Record{
					Person:   &decision.Person{DateOfBirth: decision.Date{Year: 1950, Month: 1, Day: 1}},
					Document: &decision.Document{Type: "PASSPORT", ValidUntil: decision.Date{Year: 2099, Month: 1, Day: 1}},
				})}
			})
			b.addDefault(`{"entry":"start","nodes":{"start":{"type":"start","next":"ocr"},
				"ocr":{"type":"policy","policy":"document_ocr","on_pass":"if","on_fail":"no"},
				"if":{"type":"conditional","conditions":[` + condition + `,"next":"yes"}],"default":"no"},
				"yes":{"type":"terminal","outcome":"approved"},"no":{"type":"terminal","outcome":"rejected"}}}`)
			s, err := b.Create(b.ctx, session.Facts{
				Person:    session.Person{FirstName: "Ada", DateOfBirth: decision.Date{Year: 1990, Month: 5, Day: 1}},
				Residence: session.Residence{City: "Exampleville"}, Country: "EE", Tags: []string{"vip"},
				Metadata: []byte(`{"plan":{"seats":12345678901234567}}`),
			})
			if err != nil {
				t.Fatal(err)
			}
			_, e1 := b.Agree(b.ctx, s.ID, session.Agreement{Version: "1"})
			_, e2 := b.Choose(b.ctx, s.ID, session.Choice{Type: "passport"})
			_, e3 := b.Give(b.ctx, s.ID, []byte(`{"nickname":"A.","first_name":"Eve"}`))
			_, e4 := b.Signal(b.ctx, s.ID, []string{"devtools_open"})
			if err := errors.Join(e1, e2, e3, e4); err != nil {
				t.Fatal(err)
			}
			b.submit(s.ID)
			b.settle()
			if got := b.get(s.ID).Status; got != session.StatusApproved {
				t.Errorf("the session is %s: the condition does not hold", got)
			}
		})
	}
}

// TestNamedWorkflow: the session's own comes before the default, also when it is no longer used.
func TestNamedWorkflow(t *testing.T) {
	t.Parallel()
	b := flow(t, nil)
	b.addDefault(one("face_match", ""))
	named, err := b.AddWorkflow(b.ctx, session.Workflow{Name: "named", Steps: []byte(`[{"type":"gate"}]`)})
	if err != nil {
		t.Fatal(err)
	}
	own := b.submitted(session.Facts{Workflow: &named.ID})
	if _, err := b.DeactivateWorkflow(b.ctx, named.ID); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if got := b.get(own).Status; got != session.StatusAwaitingExternal {
		t.Errorf("by its own workflow the session is %s", got)
	}
	for name, facts := range map[string]session.Facts{
		"one that is no longer used": {Workflow: &named.ID}, "one that is not there": {Workflow: new(uuid.New())},
		"a check that is not there": {Checks: []string{"face_match", "nobody_knows_it"}},
	} {
		if _, err := b.Create(b.ctx, facts); !errors.Is(err, session.ErrFacts) {
			t.Errorf("created with %s: got %v, want it refused", name, err)
		}
	}
}

// TestRollout: as many sessions as is said run the newest version, each always the same one.
func TestRollout(t *testing.T) {
	t.Parallel()
	b := flow(t, func(in *session.Integration, _ *session.Config) {
		in.Policy.Create, in.Endpoints = session.Unlimited(), nil
	})
	w := b.addDefault(one("face_match", ""))
	always := parse(t, `{"entry":"start","nodes":{"start":{"type":"start","next":"no"},"no":{"type":"terminal","outcome":"rejected"}}}`)
	if _, err := b.ChangeWorkflow(b.ctx, w.ID, session.WorkflowChange{Graph: &always, Rollout: new(25)}); err != nil {
		t.Fatal(err)
	}
	const all = 500
	var ids []uuid.UUID
	for range all {
		ids = append(ids, b.submitted(session.Facts{}))
	}
	b.settle()
	newest := 0
	for i, id := range ids {
		s := b.get(id)
		if s.Run().Version == "2" {
			newest++
		}
		if i > 20 || s.Status != session.StatusDeclined {
			continue
		}
		if _, err := b.Reprocess(b.ctx, id); err != nil {
			t.Fatal(err)
		}
		b.settle()
		if again := b.run(id).Version; again != s.Run().Version {
			t.Errorf("a session ran version %s and then %s", s.Run().Version, again)
		}
	}
	if newest < all*12/100 || newest > all*38/100 {
		t.Errorf("%d of %d ran the newest version, want about a quarter", newest, all)
	}
}

// TestRequestedChecks: what a session was created with is checked too, and leads nowhere else.
func TestRequestedChecks(t *testing.T) {
	t.Parallel()
	b := flow(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Checks = map[string]session.Check{"own": answering(workflow.CheckFailed), "face_match": answering(workflow.CheckPassed)}
	})
	b.addDefault(one("face_match", ""))
	id := b.submitted(session.Facts{Checks: []string{"own", "face_match", "risk_assessment", "own"}})
	b.settle()
	s := b.get(id)
	var made []string
	for _, try := range s.Run().Checks() {
		made = append(made, try.Policy+" "+string(try.Status))
	}
	if got, want := strings.Join(made, ", "), "watchlist_screening skipped, risk_assessment passed, own failed, face_match passed"; got != want || s.Status != session.StatusApproved {
		t.Errorf("%s after %q, want %q", s.Status, got, want)
	}
}

// TestRunGoes: with the person's data the run goes too.
func TestRunGoes(t *testing.T) {
	t.Parallel()
	b := flow(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Sensitive = time.Hour
		cfg.Checks = map[string]session.Check{"own": session.CheckFunc(func(context.Context, session.CheckCase) (session.CheckResult, error) {
			return session.CheckResult{Status: workflow.CheckPassed, Details: []byte(`{"name":"Ada"}`),
				Record: &decision.Record{Person: &decision.Person{FirstName: "Ada"}}}, nil
		})}
	})
	b.addDefault(one("own", ""))
	id := b.submitted(session.Facts{})
	b.settle()
	if run := b.run(id); run.Extracted().Person == nil || run.Checks()[2].Details == nil {
		t.Error("what was found out is not there")
	}
	b.clock.Add(2 * time.Hour)
	if run := b.run(id); run.Extracted().Person != nil || run.Checks()[2].Details != nil || run.Outcome != workflow.Approved {
		t.Error("what was found out is shown for too long")
	}
	if _, err := b.Redact(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	if b.get(id).Run() != nil {
		t.Error("a redacted session has a run")
	}
	if _, err := b.RunFrom(b.ctx, id, session.RunPoint{}); !errors.Is(err, session.ErrErased) {
		t.Errorf("it goes on: %v", err)
	}
}

// TestTimeOfATurn: a check that hangs is ended while its result can still be recorded, and a turn that has taken long
// is ended between checks.
func TestTimeOfATurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := map[string]int{}
		b := flow(t, func(_ *session.Integration, cfg *session.Config) {
			cfg.Checks = map[string]session.Check{
				"hangs": session.CheckFunc(func(ctx context.Context, c session.CheckCase) (session.CheckResult, error) {
					asked[c.Policy]++
					<-ctx.Done()
					return session.CheckResult{}, ctx.Err()
				}),
				"slow": session.CheckFunc(func(_ context.Context, c session.CheckCase) (session.CheckResult, error) {
					asked[c.Node]++
					time.Sleep(20 * time.Second)
					return session.CheckResult{Status: workflow.CheckPassed}, nil
				}),
			}
		})
		nodes := `"yes":{"type":"terminal","outcome":"approved"},"no":{"type":"terminal","outcome":"rejected"}`
		next := "hanging"
		for i := range 9 {
			name := "slow" + strconv.Itoa(i)
			nodes += `,"` + name + `":{"type":"policy","policy":"slow","on_pass":"` + next + `","on_fail":"no"}`
			next = name
		}
		b.addDefault(`{"entry":"start","nodes":{"start":{"type":"start","next":"` + next + `"},` + nodes + `,
			"hanging":{"type":"policy","policy":"hangs","on_pass":"yes","on_fail":"no","on_error":"no"}}}`)
		id := b.submitted(session.Facts{})
		for range 4 {
			b.settle()
			b.clock.Add(4 * time.Minute)
		}
		if s := b.get(id); s.Status != session.StatusDeclined || asked["hangs"] != 4 || len(asked) != 10 || asked["slow0"] != 1 {
			t.Errorf("%s after %v", s.Status, asked)
		}
	})
}
