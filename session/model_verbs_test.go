package session_test

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/risk"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// verb is one of the engine's; what it answers may be nil.
type verb func(*rapid.T, *session.Engine, uuid.UUID) (*session.Snapshot, error)

// allVerbs are those that do something to one session.
func (w *walk) allVerbs() map[string]verb {
	return map[string]verb{
		"upload":        w.upload,
		"collect":       w.collect,
		"visit by link": w.visit,
		"get": func(_ *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			_, err := e.Get(w.ctx, id)
			return nil, err
		},
		"wait": func(_ *rapid.T, _ *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			w.settle()
			_, err := w.Get(w.ctx, id)
			return nil, err
		},
		"export": func(_ *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			_, err := e.Export(w.ctx, id)
			return nil, err
		},
		"start":     simply(w, (*session.Engine).Start),
		"submit":    simply(w, (*session.Engine).Submit),
		"expire":    simply(w, (*session.Engine).Expire),
		"resume":    simply(w, (*session.Engine).Resume),
		"invite":    simply(w, (*session.Engine).Invite),
		"reprocess": simply(w, (*session.Engine).Reprocess),
		"unclaim":   simply(w, (*session.Engine).Unclaim),
		"hold":      simply(w, (*session.Engine).Hold),
		"release":   simply(w, (*session.Engine).Release),
		"link": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.NewLink(w.ctx, id, rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(r, "life"))
		},
		"update": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			u := session.Update{Metadata: json.RawMessage(`{"more":"` + canary + `","note":null}`)}
			if rapid.Bool().Draw(r, "another reference") {
				u.ExternalRef = new(new(canary + rapid.SampledFrom([]string{"1", "4"}).Draw(r, "who")))
			}
			return e.Update(w.ctx, id, u)
		},
		"tag": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Tag(w.ctx, id, canary+rapid.SampledFrom([]string{"", "1"}).Draw(r, "tag"))
		},
		"untag": func(_ *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Untag(w.ctx, id, canary)
		},
		"agree": func(_ *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Agree(w.ctx, id, session.Agreement{Version: canary, IP: "192.0.2.9"})
		},
		"choose": func(_ *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Choose(w.ctx, id, session.Choice{Type: "passport", Country: "EE"})
		},
		"give": func(_ *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Give(w.ctx, id, json.RawMessage(`{"name":"`+canary+`"}`))
		},
		"signal": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Signal(w.ctx, id, []string{rapid.SampledFrom(risk.Signals()).Draw(r, "signal").Name})
		},
		"user status": func(_ *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.SetUserStatus(w.ctx, id, uuid.Nil, session.UserStatus{Status: canary})
		},
		"external": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			answer := rapid.SampledFrom([]session.GateAnswer{"continue", "fail", "reject"}).Draw(r, "answer")
			return e.AnswerGate(w.ctx, id, session.Gate{Answer: answer, Metadata: json.RawMessage(`{"k":"` + canary + `"}`)})
		},
		"run from": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.RunFrom(w.ctx, id, session.RunPoint{Step: rapid.IntRange(0, 2).Draw(r, "step")})
		},
		"trigger": func(_ *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Trigger(w.ctx, id, w.workflow)
		},
		"claim": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Claim(w.ctx, id, rapid.SampledFrom(reviewers).Draw(r, "reviewer"))
		},
		"annotate": func(_ *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Annotate(w.ctx, id, reviewers[0], canary)
		},
		"decide": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Decide(w.ctx, id, drawVerdict(r, outcomes...))
		},
		"decide review": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.DecideReview(w.ctx, id, rapid.SampledFrom(reviewers).Draw(r, "reviewer"), drawVerdict(r, outcomes...))
		},
		"revise": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Revise(w.ctx, id, drawVerdict(r, "approved", "declined"))
		},
		"simulate": func(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
			return e.Simulate(w.ctx, id, drawVerdict(r, outcomes...))
		},
	}
}

var reviewers = []string{canary + "-ada", canary + "-bob"}

// simply is a verb that needs nothing but the session.
func simply(w *walk, do func(*session.Engine, context.Context, uuid.UUID) (*session.Snapshot, error)) verb {
	return func(_ *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) { return do(e, w.ctx, id) }
}

var outcomes = []decision.Outcome{"approved", "declined", "resubmission", "review"}

// drawVerdict is any verdict of these outcomes, about a person.
func drawVerdict(r *rapid.T, of ...decision.Outcome) decision.Verdict {
	o := rapid.SampledFrom(of).Draw(r, "outcome")
	return decision.Verdict{Outcome: o, Record: decision.Record{Person: &decision.Person{FirstName: "Any", LastName: canary}}}
}

// byName is a check that the person's first name settles, as with [session.Sandbox].
var byName = session.CheckFunc(func(_ context.Context, c session.CheckCase) (session.CheckResult, error) {
	read := decision.Record{Person: &decision.Person{FirstName: c.Facts.Person.FirstName, LastName: canary}}
	status := map[string]workflow.CheckStatus{
		"Approve": workflow.CheckPassed, "Decline": workflow.CheckFailed, "Resubmit": workflow.CheckRequiresRetry,
	}[c.Facts.Person.FirstName]
	if status == "" {
		status = workflow.CheckSkipped
	}
	return session.CheckResult{Status: status, Record: &read, Details: json.RawMessage(`{"seen":"` + canary + `"}`)}, nil
})

// keepsOf is a store that notes which changes are to raise no version.
type keepsOf struct {
	session.Store
	keeps map[uuid.UUID]bool
}

func (s keepsOf) Apply(ctx context.Context, changes ...session.Change) []error {
	for _, c := range changes {
		if c.Keep {
			s.keeps[c.ID] = true
		}
	}
	return s.Store.Apply(ctx, changes...)
}
