package verifa

import (
	"errors"
	"net/http"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

var sandboxRoutes = []route{
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/simulate", handle: simulateSession, scopes: writeSessions,
		does: "takes a sandbox session to an outcome, with all events on the way",
		page: "api-reference/sessions/simulate-session"},
}

// The words for outcomes, each of which counts on its own endpoint alone: simulate has the first of a pair, and
// sandbox-outcome the second (https://docs.withverifa.com/best-practices/testing).
var (
	simulations = map[string]decision.Outcome{
		"approve": decision.Approved, "decline": decision.Declined, "require-review": decision.Review,
	}
	sandboxOutcomes = map[string]decision.Outcome{
		"approve": decision.Approved, "reject": decision.Declined, "needs_review": decision.Review,
	}
)

// simulateExpire is what simulate has besides.
const simulateExpire = "expire"

// simulated is what a simulation answers (https://docs.withverifa.com/api-reference/sessions/simulate-session).
type simulated struct {
	ID        string `json:"id"`
	Action    string `json:"action"`
	Status    string `json:"status"`
	Simulated bool   `json:"simulated"`
}

// simulateSession: https://docs.withverifa.com/api-reference/sessions/simulate-session
func simulateSession(x *exchange) error {
	if !x.key.Sandbox {
		return session.ErrNotSandbox
	}
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	action := o.text("action")
	if _, ok := simulations[action]; !ok && action != simulateExpire {
		o.fault("action", "must be approve, decline, require-review or expire")
	}
	o.refuseOthers("action")
	if err := o.err(); err != nil {
		return err
	}
	before, err := x.silent().Get(x.r.Context(), id)
	if err != nil {
		return err
	}
	err = change(x, []byte(action), func(e *session.Engine) (*session.Snapshot, error) {
		if action == simulateExpire {
			return e.Expire(x.r.Context(), id)
		}
		return e.Simulate(x.r.Context(), id, specimenVerdict(before, simulations[action]))
	}, func(s *session.Snapshot) (int, any, error) {
		return http.StatusOK, &simulated{idText(prefixSession, s.ID), action, statusOf(s.Status, s.Sandbox), true}, nil
	})
	return orEnded(err)
}

// specimenVerdict is an outcome about a person who does not exist.
func specimenVerdict(s *session.Snapshot, outcome decision.Outcome) decision.Verdict {
	v := decision.Verdict{Outcome: outcome, Record: session.Specimen(specimenFacts(s))}
	if outcome == decision.Declined {
		v.Code = decision.CodeDocumentTampering
	}
	return v
}

// specimenFacts is what is known of a session's person, and for the rest the vendor's sample
// (https://docs.withverifa.com/best-practices/testing).
func specimenFacts(s *session.Snapshot) session.Facts {
	f := s.Facts
	if f.Person.FirstName == "" {
		f.Person.FirstName = "Jane"
	}
	if f.Person.LastName == "" {
		f.Person.LastName = "Doe"
	}
	if f.Person.DateOfBirth.IsZero() {
		f.Person.DateOfBirth = decision.Date{Year: 1997, Month: 6, Day: 15}
	}
	f.Document.Type = "DRIVERS_LICENSE"
	if c := s.Choice(); c != nil {
		f.Document.Type = specimenTypes[c.Type]
	}
	if f.Document.Country = f.Country; f.Document.Country == "" {
		f.Document.Country = "US"
	}
	return f
}

// specimenTypes are the types of documents, as they are read, by those that a person chooses from.
var specimenTypes = map[string]string{
	"passport": "PASSPORT", "drivers_license": "DRIVERS_LICENSE", "national_id": "ID_CARD",
	"residence_permit": "RESIDENCE_PERMIT",
}

// orEnded says in this language that a session's outcome is settled.
func orEnded(err error) error {
	var transition *session.TransitionError
	switch {
	case errors.As(err, &transition):
		return impossible(transition)
	case errors.Is(err, session.ErrErased):
		return invalidRequest("Not possible once the session is redacted.")
	}
	return err
}
