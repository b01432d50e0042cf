package verifa

import (
	"crypto/sha256"
	"slices"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// Format is the name of this dialect for [session.Endpoint] and [session.Config].
const Format = "verifa"

// Renderer writes the vendor's webhooks (https://docs.withverifa.com/api-details/webhooks), as the Wire of the
// endpoint wants them: only those events whose names it has, and whose payload meets the conditions of its filter; without
// the members of its blocklist; in its key inflection. The zero value is ready. It has words for these events and no
// others:
//
//   - of sessions: session.created, session.started, session.link_generated, session.awaiting_external,
//     session.requires-review, session.approved, session.declined, session.resubmission-required, session.expired,
//     session.redacted, session.retention-expired;
//   - of cases, where [session.Policy.Cases] has them: case.created, case.approved, case.rejected;
//   - of identities, where [session.Policy.Identities] has them: identity.created, identity.updated;
//   - of screenings, where [session.Policy.Screening] has them: screening.completed, screening.monitoring.new_hits.
//
// A path in the Wire is that of a member in the flat form, as result.extracted_data.first_name: names with full stops
// between them, in any casing. Its Blocklist has the paths of members that are left out, with all that is inside them,
// but for event and idempotency_key, which always stay. Its Filter is a JSON object that has at each path a value or a
// list of values, as {"status":["approved","rejected"],"is_sandbox":false}: what has at every path that value, or one of
// them, is sent. It is asked of the payload before anything is left out, and a member that is not there is as null.
//
// Nothing is told of a session that failed, for which the vendor has no name. Nothing here leads to the vendor's other
// events: those of checks without a session, of documents, of consortiums, of escalations, and of an identity's tags,
// flags and archive.
type Renderer struct {
	// Fields are those of extracted_data that are told, by their names in snake_case. Default: nil, all.
	Fields []string
	// Nested has everything told once more in the member data, for receivers that are older than the payload's
	// flat form. Default: off.
	Nested bool
}

var _ session.Renderer = Renderer{}

// payload is the body of a webhook.
type payload struct {
	Event          string   `json:"event"`
	IdempotencyKey string   `json:"idempotency_key"`
	SessionID      string   `json:"session_id"`
	ExternalRef    *string  `json:"external_ref"`
	Status         string   `json:"status"`
	IsSandbox      bool     `json:"is_sandbox"`
	IdentityID     *string  `json:"identity_id,omitempty"`
	CaseID         *string  `json:"case_id,omitempty"`
	CreatedAt      moment   `json:"created_at"` // when it happened
	Result         *outcome `json:"result,omitempty"`
	HasMatch       *bool    `json:"has_match,omitempty"`
	HitCount       *int     `json:"hit_count,omitempty"`
	Test           bool     `json:"test,omitempty"` // nothing has happened
}

// outcome is what a webhook tells of a result.
type outcome struct {
	FaceMatchPassed *bool          `json:"face_match_passed"`
	AgeCheckPassed  *bool          `json:"age_check_passed"`
	ExtractedData   map[string]any `json:"extracted_data"`
}

// Render implements [session.Renderer]. What it writes of a session that is redacted holds nothing about the person.
func (r Renderer) Render(e session.Event, s *session.Snapshot, to session.Endpoint) (body []byte, personal, ok bool, err error) {
	name := nameOf(e, s)
	if name == "" || len(to.Wire.Names) > 0 && !slices.Contains(to.Wire.Names, name) {
		return nil, false, false, nil
	}
	p := r.payloadOf(name, e, s)
	p.IdempotencyKey = onceKey(e.ID, to.ID)
	body, ok, err = r.write(p, to.Wire)
	return body, p.ExternalRef != nil || p.Result != nil || p.HasMatch != nil, ok, err
}

// payloadOf is what is told of an event.
func (r Renderer) payloadOf(name string, e session.Event, s *session.Snapshot) payload {
	p := payload{
		Event: name, SessionID: idText(prefixSession, s.ID), Status: statusOf(e.Status, s.Sandbox), IsSandbox: s.Sandbox,
		CreatedAt: moment(e.At),
	}
	if word := words[e.Status].result; word != "" {
		p.Status = word
	}
	if s.Identity != uuid.Nil {
		p.IdentityID = new(idText(prefixIdentity, s.Identity))
	}
	erased := s.Deleted() || !s.RedactedAt.IsZero()
	switch e.Kind {
	case session.EventIdentified, session.EventReidentified:
		p.Status = identityWord(e.Status, erased)
	case session.EventCaseOpened, session.EventCaseDecided:
		p.CaseID = new(idText(prefixCase, s.ID))
		if e.Kind == session.EventCaseOpened {
			p.Status = string(session.ReviewOpen)
		}
	}
	if erased {
		return p
	}
	p.ExternalRef = s.Facts.ExternalRef
	hidden := s.Hidden || !s.HideAt.IsZero() && !e.At.Before(s.HideAt)
	switch e.Kind {
	case session.EventReview, session.EventApproved, session.EventDeclined:
		p.Result = r.outcomeOf(s, hidden)
	case session.EventScreened:
		if f := s.Screening(); f != nil {
			p.HasMatch, p.HitCount = new(len(f.Screening.Hits) > 0), new(len(f.Screening.Hits))
		}
	}
	return p
}

// outcomeOf is what is told of a session's result; nil when there is none.
func (r Renderer) outcomeOf(s *session.Snapshot, hidden bool) *outcome {
	found := resultOf(s)
	if found == nil {
		return nil
	}
	o := &outcome{found.FaceMatchPassed, found.AgeCheckPassed, map[string]any{}}
	for name, value := range found.ExtractedData {
		if !hidden && (r.Fields == nil || slices.Contains(r.Fields, name)) {
			o.ExtractedData[name] = value
		}
	}
	return o
}

// onceKey tells an endpoint that two deliveries are of one event. Tries, retries and replays of it have the same.
func onceKey(event, endpoint uuid.UUID) string {
	sum := sha256.Sum256(slices.Concat([]byte("bonafide delivery"), event[:], endpoint[:]))
	return idText(prefixOnce, uuid.UUID(sum[:16]))
}

// write is a payload as an endpoint wants it; false: it does not.
func (r Renderer) write(p payload, w session.Wire) (body []byte, ok bool, err error) {
	to, err := inflectionOf(w.Inflection)
	if err != nil {
		return nil, false, err
	}
	text, err := jsontext.Stringify(p)
	if err != nil {
		return nil, false, err
	}
	if ok, err := meets(text, w.Filter); err != nil || !ok {
		return nil, false, err
	}
	text = without(text, w.Blocklist)
	if r.Nested {
		text = nestedIn(text)
	}
	if to == keycase.Snake {
		return text, true, nil
	}
	body, err = keycase.Append(nil, text, to, userKeys...)
	return body, err == nil, err
}
