package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/risk"
	"github.com/bonafide-idv/bonafide/decision/watchlist"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// ofChecks is a graph that reads the document and then makes one check.
func ofChecks(policy, config string) string {
	return strings.NewReplacer(`"next":"it"`, `"next":"ocr"`, `"nodes":{`,
		`"nodes":{"ocr":{"type":"policy","policy":"document_ocr","on_pass":"it","on_fail":"it"},`).Replace(one(policy, config))
}

// TestOwnChecks: what the engine makes of what it has.
func TestOwnChecks(t *testing.T) {
	t.Parallel()
	now := setUp(t, nil).clock.Now().UTC()
	day := func(years, days int) decision.Date {
		y, m, d := now.AddDate(years, 0, days).Date()
		return decision.Date{Year: y, Month: m, Day: d}
	}
	until := func(d decision.Date) decision.Record {
		return decision.Record{Document: &decision.Document{ValidUntil: d}}
	}
	shown := func(country, kind string) decision.Record {
		return decision.Record{Document: &decision.Document{Country: country, Type: kind}}
	}
	born := func(d decision.Date) decision.Record {
		return decision.Record{Person: &decision.Person{DateOfBirth: d}}
	}
	type row struct {
		name, policy, config string
		read                 decision.Record
		facts                session.Facts
		signals              []string
		given                string
		hits                 []decision.Hit
		want                 workflow.CheckStatus
	}
	const pass, fail, skip, bad = workflow.CheckPassed, workflow.CheckFailed, workflow.CheckSkipped, workflow.CheckError
	for _, c := range []row{
		{name: "valid today", policy: "document_expiration", read: until(day(0, 0)), want: pass},
		{name: "valid yesterday", policy: "document_expiration", read: until(day(0, -1)), want: fail},
		{name: "nothing read", policy: "document_expiration", want: skip},

		{name: "any document", policy: "id_document_filter", read: shown("EE", "PASSPORT"), want: pass},
		{name: "no document", policy: "id_document_filter", want: skip},
		{name: "country allowed", policy: "id_document_filter", config: `{"countries":["EE"]}`, read: shown("EE", ""), want: pass},
		{name: "country not allowed", policy: "id_document_filter", config: `{"countries":["LV"]}`, read: shown("EE", ""), want: fail},
		{name: "country not read", policy: "id_document_filter", config: `{"countries":["LV"]}`, read: shown("", "PASSPORT"), want: skip},
		{name: "type allowed", policy: "id_document_filter", config: `{"document_types":["national_id"]}`, read: shown("", "ID_CARD"), want: pass},
		{name: "type not allowed", policy: "id_document_filter", config: `{"document_types":["passport"]}`, read: shown("", "VISA"), want: fail},
		{name: "pair allowed", policy: "id_document_filter", config: `{"documents":{"EE":["passport"]}}`, read: shown("EE", "PASSPORT"), want: pass},
		{name: "pair not allowed", policy: "id_document_filter", config: `{"documents":{"EE":["passport"]}}`, read: shown("EE", "DRIVERS_LICENSE"), want: fail},
		{name: "none allowed", policy: "id_document_filter", config: `{"countries":[]}`, read: shown("EE", ""), want: fail},
		{name: "config of another kind", policy: "id_document_filter", config: `{"countries":"EE"}`, read: shown("EE", ""), want: bad},

		{name: "18 today", policy: "age_verification", read: born(day(-18, 0)), want: pass},
		{name: "18 tomorrow", policy: "age_verification", read: born(day(-18, 1)), want: fail},
		{name: "older than asked", policy: "age_verification", config: `{"minimum_age":21}`, read: born(day(-21, 0)), want: pass},
		{name: "younger than asked", policy: "age_verification", config: `{"minimum_age":21}`, read: born(day(-20, 0)), want: fail},
		{name: "by the host's word", policy: "age_verification", facts: session.Facts{Person: session.Person{DateOfBirth: day(-17, 0)}}, want: fail},
		{name: "by the person's word", policy: "age_verification", given: `{"date_of_birth":"1980-01-01"}`, want: pass},
		{name: "the host before the person", policy: "age_verification", facts: session.Facts{Person: session.Person{DateOfBirth: day(-17, 0)}},
			given: `{"date_of_birth":"1980-01-01"}`, want: fail},
		{name: "the document before the host", policy: "age_verification", read: born(day(-30, 0)),
			facts: session.Facts{Person: session.Person{DateOfBirth: day(-17, 0)}}, want: pass},
		{name: "no age", policy: "age_verification", given: `{"date_of_birth":"young"}`, want: skip},
		{name: "a negative age", policy: "age_verification", config: `{"minimum_age":-1}`, read: born(day(-30, 0)), want: bad},

		{name: "no signals", policy: "risk_assessment", want: pass},
		{name: "a high risk", policy: "risk_assessment", signals: []string{"webdriver_evasion_detected", "devtools_open"}, want: pass},
		{name: "a critical risk", policy: "risk_assessment", signals: []string{"bot_detected", "webdriver_evasion_detected"}, want: fail},
		{name: "blocked", policy: "risk_assessment", signals: []string{"virtual_camera"}, want: fail},

		{name: "on no list", policy: "watchlist_screening", facts: session.Facts{Person: session.Person{FullName: "Ada Specimen"}}, want: pass},
		{name: "on a list", policy: "watchlist_screening", facts: session.Facts{Person: session.Person{FullName: "Ada Specimen"}},
			hits: []decision.Hit{{Name: "Ada Specimen", Score: 0.5}}, want: fail},
		{name: "too little alike", policy: "watchlist_screening", config: `{"threshold":0.6}`,
			facts: session.Facts{Person: session.Person{FullName: "Ada Specimen"}}, hits: []decision.Hit{{Name: "Ada Specimen", Score: 0.5}}, want: pass},
		{name: "nobody to look for", policy: "watchlist_screening", want: skip},
		{name: "a threshold that is none", policy: "watchlist_screening", config: `{"threshold":2}`, want: bad},

		{name: "all passed", policy: "auto_approve", facts: session.Facts{Person: session.Person{FullName: "Ada Specimen"}}, want: pass},
		{name: "one skipped", policy: "auto_approve", want: fail},
		{name: "one skipped, which is allowed", policy: "auto_approve", config: `{"allow_skipped":true}`, want: pass},
		{name: "one failed", policy: "auto_approve", config: `{"allow_skipped":true}`, facts: session.Facts{Person: session.Person{FullName: "Ada Specimen"}},
			hits: []decision.Hit{{Name: "Ada Specimen"}}, want: fail},
		{name: "too risky", policy: "auto_approve", config: `{"allow_skipped":true,"max_level":"low"}`, signals: []string{"devtools_open"}, want: fail},
		{name: "not too risky", policy: "auto_approve", config: `{"allow_skipped":true,"max_level":"medium"}`, signals: []string{"devtools_open"}, want: pass},
		{name: "a level that is none", policy: "auto_approve", config: `{"max_level":"any"}`, want: bad},

		{name: "made by hosts alone", policy: "face_match", want: skip},
	} {
		t.Run(c.policy+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			b := flow(t, func(in *session.Integration, cfg *session.Config) {
				in.Policy.Risk = risk.Policy{Actions: map[string]risk.Action{"virtual_camera": risk.Block}}
				cfg.Screener = &lists{hits: c.hits}
				cfg.Checks = map[string]session.Check{"document_ocr": reading(c.read)}
			})
			b.addDefault(ofChecks(c.policy, c.config))
			s, err := b.Create(b.ctx, c.facts)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.signals) > 0 {
				if _, err := b.Signal(b.ctx, s.ID, c.signals); err != nil {
					t.Fatal(err)
				}
			}
			if c.given != "" {
				if _, err := b.Agree(b.ctx, s.ID, session.Agreement{Version: "1"}); err != nil {
					t.Fatal(err)
				}
				if _, err := b.Give(b.ctx, s.ID, []byte(c.given)); err != nil {
					t.Fatal(err)
				}
			}
			b.submit(s.ID)
			b.settle()
			var got workflow.CheckStatus
			for _, try := range b.run(s.ID).Checks() {
				if try.Policy == c.policy {
					got = try.Status
				}
			}
			if got != c.want {
				t.Errorf("%s with config %q is %q, want %q", c.policy, c.config, got, c.want)
			}
		})
	}
}

// TestRiskOfASession: signals count each once, with what follows from the time that the person took.
func TestRiskOfASession(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		took  time.Duration
		actor session.Actor
		want  int
	}{
		{"hasty", 14 * time.Second, session.ActorPerson, 20},
		{"at ease", 5 * time.Minute, session.ActorPerson, 0},
		{"slow", 16 * time.Minute, session.ActorPerson, 5},
		{"a host", 14 * time.Second, session.ActorHost, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := flow(t, nil)
			id, e := b.create("Ada").ID, b.As(c.actor)
			if _, err := e.Agree(b.ctx, id, session.Agreement{Version: "1"}); err != nil {
				t.Fatal(err)
			}
			b.clock.Add(c.took)
			if _, err := e.Submit(b.ctx, id); err != nil {
				t.Fatal(err)
			}
			if got := b.get(id).Risk(); got.Score != c.want {
				t.Errorf("after %s of a %s the score is %d, want %d", c.took, c.actor, got.Score, c.want)
			}
		})
	}
}

// TestRiskOfALaterAttempt: of what is submitted again the time counts from where the person began again.
func TestRiskOfALaterAttempt(t *testing.T) {
	t.Parallel()
	b := flow(t, nil)
	id, e := b.create("Ada").ID, b.As(session.ActorPerson)
	if _, err := e.Agree(b.ctx, id, session.Agreement{Version: "1"}); err != nil {
		t.Fatal(err)
	}
	submit := func(took time.Duration) int {
		t.Helper()
		b.clock.Add(took)
		if _, err := e.Submit(b.ctx, id); err != nil {
			t.Fatal(err)
		}
		return b.get(id).Risk().Score
	}
	if got := submit(16 * time.Minute); got != 5 {
		t.Errorf("at first the score is %d, want 5", got)
	}
	if _, err := b.Decide(b.ctx, id, decision.Verdict{Outcome: decision.Resubmission}); err != nil {
		t.Fatal(err)
	}
	b.clock.Add(time.Hour)
	if _, err := e.Start(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	if got := submit(time.Minute); got != 0 {
		t.Errorf("then the score is %d, want 0", got)
	}
}

// TestCheckFails: what a check cannot say is asked again, as often as a check is, and no other limit cuts it short.
func TestCheckFails(t *testing.T) {
	t.Parallel()
	bad := map[string]func() (session.CheckResult, error){
		"an error":          func() (session.CheckResult, error) { return session.CheckResult{}, errors.New("out of order") },
		"a panic":           func() (session.CheckResult, error) { panic("the check broke") },
		"requires a retry":  func() (session.CheckResult, error) { return session.CheckResult{Status: "requires_retry"}, nil },
		"an unknown status": func() (session.CheckResult, error) { return session.CheckResult{Status: "perhaps"}, nil },
		"details of no kind": func() (session.CheckResult, error) {
			return session.CheckResult{Status: "passed", Details: []byte(`[1]`)}, nil
		},
		"no day": func() (session.CheckResult, error) {
			return session.CheckResult{Status: "passed", Record: &decision.Record{Person: &decision.Person{DateOfBirth: decision.Date{Year: 1, Month: 13, Day: 1}}}}, nil
		},
		"too much": func() (session.CheckResult, error) {
			return session.CheckResult{Status: "passed", Record: &decision.Record{Reason: strings.Repeat("A", 70_000)}}, nil
		},
	}
	for name, answer := range bad {
		for _, c := range []struct {
			name    string
			fails   int // so often; then it passes
			tries   int // Policy.DeciderTries
			onError string
			want    session.Status
		}{
			{"never", 0, 1, "", session.StatusApproved},
			{"once", 1, 1, "", session.StatusApproved},
			{"three times", 3, 1, "", session.StatusApproved},
			{"always", 9, 9, "", session.StatusFailed},
			{"always, and there is a way on", 9, 1, "desk", session.StatusReview},
		} {
			t.Run(name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				asked := 0
				b := flow(t, func(in *session.Integration, cfg *session.Config) {
					in.Policy.DeciderTries = c.tries
					cfg.Checks = map[string]session.Check{"own": session.CheckFunc(
						func(_ context.Context, k session.CheckCase) (session.CheckResult, error) {
							if asked++; k.Attempt != asked || k.Node != "it" || k.Policy != "own" {
								t.Errorf("try %d is said to be number %d of %s at %s", asked, k.Attempt, k.Policy, k.Node)
							}
							if asked <= c.fails {
								return answer()
							}
							return session.CheckResult{Status: workflow.CheckPassed}, nil
						})}
				})
				graph := one("own", "")
				if c.onError != "" {
					graph = strings.Replace(graph, `"on_pass"`, `"on_error":"`+c.onError+`","on_pass"`, 1)
				}
				b.addDefault(graph)
				id := b.submitted(session.Facts{})
				b.settle()
				want := min(c.fails+1, 4)
				for n, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute}[:want-1] {
					b.clock.Add(wait - time.Microsecond)
					if b.settle() != 0 || asked != n+1 {
						t.Fatalf("before try %d something was due, or it was asked %d times", n+2, asked)
					}
					b.clock.Add(time.Microsecond)
					b.settle()
				}
				s := b.get(id)
				if asked != want || s.Status != c.want || !s.DueAt.IsZero() || s.Tries != 0 {
					t.Errorf("asked %d times, want %d; then %s, want %s", asked, want, s.Status, c.want)
				}
				if got := s.Run(); len(got.Checks()) != 3 || got.Checks()[2].Attempt != want {
					t.Errorf("the run has %+v", got.NodeResults())
				}
			})
		}
	}
}

// TestLostTurns: what a turn does not record is made again, as often as a decider is asked.
func TestLostTurns(t *testing.T) {
	t.Parallel()
	asked := 0
	var b *bench
	b = flow(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.DeciderTries = 2
		cfg.Checks = map[string]session.Check{"own": session.CheckFunc(func(ctx context.Context, c session.CheckCase) (session.CheckResult, error) {
			asked++
			_, err := b.Tag(ctx, c.ID, strings.Repeat("x", asked)) // somebody is faster
			return session.CheckResult{Status: workflow.CheckPassed}, err
		})}
	})
	b.addDefault(one("own", ""))
	id := b.submitted(session.Facts{})
	for range 5 {
		b.settle()
		b.clock.Add(time.Hour)
	}
	if s := b.get(id); s.Status != session.StatusFailed || asked != 2 || s.Run() != nil {
		t.Errorf("asked %d times, then %s", asked, s.Status)
	}
}

// TestUnknownCheck: a check that this process has not may be another's; it is never passed over.
func TestUnknownCheck(t *testing.T) {
	t.Parallel()
	b := flow(t, func(_ *session.Integration, cfg *session.Config) { cfg.Checks = passing("own") })
	b.addDefault(one("own", ""))
	other, err := session.New(b.store, session.Config{
		Integrations: session.Fixed{{ID: tenant, Policy: b.in.Policy}}, Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs,
	})
	if err != nil {
		t.Fatal(err)
	}
	id := b.submitted(session.Facts{})
	if _, err := other.Settle(b.ctx); err != nil {
		t.Fatal(err)
	}
	if s := b.get(id); s.Status != session.StatusSubmitted || s.Run().Tries[2].Status != workflow.CheckRequiresRetry {
		t.Fatalf("where the check is not there the session is %s", s.Status)
	}
	b.clock.Add(time.Minute)
	b.settle()
	if got := b.get(id).Status; got != session.StatusApproved {
		t.Errorf("where it is there the session is %s", got)
	}
}

// TestOwnCheckIsReplaced: a host's check takes the place of the engine's.
func TestOwnCheckIsReplaced(t *testing.T) {
	t.Parallel()
	b := flow(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Checks = map[string]session.Check{"risk_assessment": answering(workflow.CheckFailed)}
	})
	id := b.submitted(session.Facts{})
	b.settle()
	if got := b.get(id).Status; got != session.StatusDeclined {
		t.Errorf("with a risk assessment that fails the session is %s", got)
	}
	_, err := session.New(b.store, session.Config{Keeper: b.keeper, Blobs: b.blobs, Checks: map[string]session.Check{"own": nil}})
	if err == nil || !strings.Contains(err.Error(), `"own"`) {
		t.Errorf("a check that is nil: %v", err)
	}
}

// TestChecksThatThereAre: those that have a name, and the host's own; each says whether somebody makes it.
func TestChecksThatThereAre(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	made := func(e *session.Engine) (list []string) {
		all := e.Checks()
		for _, c := range all {
			if c.Made {
				list = append(list, c.Name)
			}
			if !e.KnowsCheck(c.Name) {
				t.Errorf("workflows may not have %s", c.Name)
			}
		}
		if n := len(workflow.Policies()); len(all) < n {
			t.Errorf("%d are listed, and %d have a name", len(all), n)
		}
		return list
	}
	builtIn := []string{"document_expiration", "id_document_filter", "age_verification", "risk_assessment", "auto_approve"}
	if got := made(b.Engine); !slices.Equal(got, builtIn) {
		t.Errorf("made: %q, want %q", got, builtIn)
	}
	e := b.again(func(_ *session.Integration, cfg *session.Config) {
		cfg.Checks, cfg.Screener = passing("own", "face_match"), watchlist.Sandbox()
	})
	want := slices.Concat([]string{"face_match"}, builtIn[:3], []string{"watchlist_screening"}, builtIn[3:], []string{"own"})
	if got := made(e); !slices.Equal(got, want) {
		t.Errorf("with those of the host's: %q, want %q", got, want)
	}
	if last := e.Checks()[len(e.Checks())-1]; last.Category != workflow.Own {
		t.Errorf("%+v is not the host's own", last)
	}
}
