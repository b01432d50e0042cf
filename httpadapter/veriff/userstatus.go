package veriff

import "github.com/bonafide-idv/bonafide/session"

// userStatus is a status of the host's own in the list of attempts, and in the body of
// https://devdocs.veriff.com/docs/user-defined-statuses-webhook.
type userStatus struct {
	Status     string  `json:"status"`
	StatusCode string  `json:"statusCode"`
	Reason     *string `json:"reason"`
	ReasonCode *string `json:"reasonCode"` // null when the reason was written freely
	CreatedAt  *string `json:"createdAt"`
}

func userStatusOf(f session.Found, form string) userStatus {
	u := f.UserStatus
	return userStatus{u.Status, u.StatusCode, orNull(u.Reason), orNull(u.ReasonCode), instant(f.At, form)}
}

// notice is the envelope of the newer webhooks. The vendor publishes data, time, attemptId and eventType of this
// envelope; the other members are those of the full auto webhook.
type notice struct {
	Status         string  `json:"status"`
	EventType      string  `json:"eventType"`
	SessionID      string  `json:"sessionId"`
	AttemptID      string  `json:"attemptId"`
	VendorData     *string `json:"vendorData"`
	EndUserID      *string `json:"endUserId"`
	Version        string  `json:"version"`
	AcceptanceTime *string `json:"acceptanceTime"`
	Time           *string `json:"time"`
	Data           any     `json:"data"`
}

func noticeOf(eventType string, e session.Event, s *session.Snapshot, data any) notice {
	return notice{
		Status: "success", EventType: eventType, SessionID: s.ID.String(), AttemptID: e.Attempt.String(),
		VendorData: s.Facts.ExternalRef, EndUserID: s.Facts.EndUserID, Version: fullAutoVersion,
		AcceptanceTime: instant(s.CreatedAt, microseconds), Time: instant(e.At, milliseconds), Data: data,
	}
}

// userStatusNotice tells of the newest status of the host's own that the event's attempt has.
func userStatusNotice(e session.Event, s *session.Snapshot) notice {
	all := s.UserStatuses(e.Attempt)
	type verification struct {
		ID         string     `json:"id"`
		UserStatus userStatus `json:"userDefinedData"`
	}
	return noticeOf("user-status.created", e, s, struct {
		Verification verification `json:"verification"`
	}{verification{s.ID.String(), userStatusOf(all[len(all)-1], microseconds)}})
}
