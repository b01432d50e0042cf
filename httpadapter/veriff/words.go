package veriff

import (
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// words is how the dialect names the statuses, and with which code it tells of them: 7xxx as events, 9xxx as
// decisions, 0 not at all. See https://devdocs.veriff.com/docs/verification-session-status-codes-table.
var words = map[session.Status]struct {
	word string
	code int
}{
	session.StatusCreated:               {"created", 0},
	session.StatusStarted:               {"started", 7001},
	session.StatusSubmitted:             {"submitted", 7002},
	session.StatusAwaitingExternal:      {"submitted", 0},
	session.StatusReview:                {"review", 9121},
	session.StatusApproved:              {"approved", 9001},
	session.StatusDeclined:              {"declined", 9102},
	session.StatusResubmissionRequested: {"resubmission_requested", 9103},
	session.StatusExpired:               {"expired", 9104},
	session.StatusAbandoned:             {"abandoned", 9104},
	session.StatusFailed:                {"submitted", 0}, // it has no decision
}

// isDecision reports whether a code is one of a decision.
func isDecision(code int) bool { return code >= 9000 }

// The forms of time, always in UTC.
const (
	microseconds = "2006-01-02T15:04:05.000000Z"
	milliseconds = "2006-01-02T15:04:05.000Z"
)

// instant writes a time; null when there is none.
func instant(t time.Time, form string) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(form)
	return &text
}

// orNull is a text; null when it is empty.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
