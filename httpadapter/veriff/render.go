package veriff

import (
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

// Format is the name of this dialect for [session.Endpoint] and [session.Config].
const Format = "veriff"

// Renderer writes the vendor's webhooks but for one, which has a [FullAutoRenderer]. The zero value is ready. It
// has words for these events and no others:
//
//   - that a session was started or submitted (https://devdocs.veriff.com/docs/event-webhook);
//   - decisions, expiries and abandonments: what reading the decision answers
//     (https://devdocs.veriff.com/docs/decision-webhook);
//   - what a screening found that was not known before (https://devdocs.veriff.com/docs/watchlist-screening-webhook);
//   - statuses of the host's own (https://devdocs.veriff.com/docs/user-defined-statuses-webhook).
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
	told, err := toldOf(e, s)
	if told == nil || err != nil {
		return nil, false, false, err
	}
	body, err = jsontext.Stringify(told)
	return body, !s.Deleted(), err == nil, err
}

// toldOf is what is told of an event; nil: nothing.
func toldOf(e session.Event, s *session.Snapshot) (any, error) {
	switch e.Kind {
	case session.EventScreened:
		return screeningOf(s), nil
	case session.EventUserStatus:
		return userStatusNotice(e, s), nil
	}
	status := words[session.Status(e.Kind)] // of a kind that is no status, nothing
	switch {
	case status.code == 0:
		return nil, nil
	case isDecision(status.code):
		return conclusionOf(s)
	}
	return event{
		ID: s.ID.String(), AttemptID: e.Attempt.String(), Feature: "selfid", Code: status.code, Action: status.word,
		VendorData: s.Facts.ExternalRef, EndUserID: s.Facts.EndUserID,
	}, nil
}

// FormatFullAuto is the name of the full auto webhook's renderer for [session.Endpoint] and [session.Config].
const FormatFullAuto = "veriff-fullauto"

// FullAutoRenderer writes the full auto webhook (https://devdocs.veriff.com/docs/full-auto-webhook): of every
// decision whose record has an Automation, beside the decision webhook. The zero value is ready.
type FullAutoRenderer struct{}

var _ session.Renderer = FullAutoRenderer{}

// Render implements [session.Renderer].
func (FullAutoRenderer) Render(e session.Event, s *session.Snapshot, _ session.Endpoint) (body []byte, personal, ok bool, err error) {
	d := newest(s)
	if !isDecision(words[session.Status(e.Kind)].code) || d == nil || d.Record.Automation == nil {
		return nil, false, false, nil
	}
	body, err = jsontext.Stringify(noticeOf("fullauto", e, s, struct {
		Verification *fullAuto `json:"verification"`
	}{fullAutoOf(s)}))
	return body, true, err == nil, err
}
