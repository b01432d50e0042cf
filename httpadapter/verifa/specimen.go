package verifa

import (
	"slices"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// testEvent is what a test tells of when no event is asked for.
const testEvent = "webhook.test"

// specimen is the payload of a test, in the form that the event has: of a session and a person that there are not.
func (x *exchange) specimen(ep session.StoredEndpoint, name string) ([]byte, error) {
	now := x.engine.Now()
	s := &session.Snapshot{
		Session: session.Session{ID: session.NewID(now), Sandbox: ep.Sandbox, Status: session.StatusCreated},
		Facts:   session.Facts{ExternalRef: new("test")},
	}
	e := session.Event{At: now}
	if i := slices.IndexFunc(catalogue, func(t told) bool { return t.name == name && t.kind != "" }); i >= 0 {
		e.Kind, s.Status = catalogue[i].kind, catalogue[i].at
		happened(e, name, s)
	}
	if name == "" {
		name = testEvent
	}
	e.Status = s.Status
	r := Renderer{Fields: x.Fields}
	p := r.payloadOf(name, e, s)
	p.IdempotencyKey, p.Test = onceKey(session.NewID(now), ep.ID), true
	wire := ep.Wire
	wire.Filter = nil // it is asked for
	body, _, err := r.write(p, wire)
	return body, err
}

// outcomesOf are what was concluded of sessions in which an event tells of a result.
var outcomesOf = map[session.Status]decision.Outcome{
	session.StatusApproved: decision.Approved, session.StatusDeclined: decision.Declined, session.StatusReview: decision.Review,
}

// happened makes up what an event of a name is about.
func happened(e session.Event, name string, s *session.Snapshot) {
	if outcome, ok := outcomesOf[s.Status]; ok {
		v := specimenVerdict(s, outcome)
		s.Decisions = []session.Concluded{{
			Decision: session.Decision{Outcome: outcome, Code: v.Code, By: session.ActorSandbox, At: e.At}, Record: v.Record,
		}}
	}
	switch e.Kind {
	case session.EventApproved, session.EventDeclined, session.EventCaseDecided, session.EventIdentified, session.EventReidentified:
		s.Identity = session.NewID(e.At)
	case session.EventRedacted, session.EventRetired:
		s.RedactedAt = e.At
	case session.EventScreened:
		found := &session.Screened{Updated: name == monitored}
		if found.Updated {
			found.Hits = []decision.Hit{{Name: "Jane Doe"}}
		}
		s.Findings = []session.Found{{FindingFacts: session.FindingFacts{Screening: found}}}
	}
}
