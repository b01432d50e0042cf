package veriff

import (
	"github.com/bonafide-idv/bonafide/session"
)

// Format is the name of this dialect for [session.Endpoint] and [session.Config].
const Format = "veriff"

// Renderer writes the vendor's webhooks: those of events (https://devdocs.veriff.com/docs/event-webhook), that
// a session was started or submitted, and those of decisions
// (https://devdocs.veriff.com/docs/decision-webhook), which are what reading the decision answers. It has no
// words for other events. The zero value is ready.
type Renderer struct{}

var _ session.Renderer = Renderer{}

// event is the body of an event webhook.
type event struct {
	ID         string  `json:"id"`
	AttemptID  string  `json:"attemptId"`
	Feature    string  `json:"feature"`
	Code       int     `json:"code"`
	Action     string  `json:"action"`
	VendorData *string `json:"vendorData"`
	EndUserID  *string `json:"endUserId"`
}

// Render implements [session.Renderer].
func (Renderer) Render(e session.Event, s *session.Snapshot, _ session.Endpoint) (body []byte, personal, ok bool, err error) {
	status := words[session.Status(e.Kind)] // of a kind that is no status, nothing
	switch {
	case status.code == 0:
		return nil, false, false, nil
	case isDecision(status.code):
		var c conclusion
		if c, err = conclusionOf(s); err == nil {
			body, err = stringify(c)
		}
	default:
		body, err = stringify(event{
			ID: s.ID.String(), AttemptID: e.Attempt.String(), Feature: "selfid", Code: status.code, Action: status.word,
			VendorData: s.Facts.ExternalRef, EndUserID: s.Facts.EndUserID,
		})
	}
	return body, !s.Deleted(), err == nil, err
}
