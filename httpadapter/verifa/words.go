package verifa

import "github.com/bonafide-idv/bonafide/session"

// word is what this language says of one of the engine's statuses.
type word struct {
	status string // of the session
	result string // of its result; empty: there is none yet
}

// words say in this language where a session stands (https://docs.withverifa.com/core-concepts/sessions).
var words = map[session.Status]word{
	session.StatusCreated:               {"pending", ""},
	session.StatusStarted:               {"capturing", ""},
	session.StatusSubmitted:             {"processing", ""},
	session.StatusAwaitingExternal:      {"awaiting_external", ""},
	session.StatusReview:                {"under_review", "needs_review"},
	session.StatusApproved:              {"completed", "approved"},
	session.StatusDeclined:              {"completed", "rejected"},
	session.StatusResubmissionRequested: {"capturing", ""},
	session.StatusExpired:               {"expired", ""},
	session.StatusAbandoned:             {"expired", ""},
	session.StatusFailed:                {"failed", ""},
}

// sandboxPending is what a submitted session of a sandbox waits in.
const sandboxPending = "sandbox_pending"

// statusOf is the word for a status, of a session of a sandbox or not.
func statusOf(s session.Status, sandbox bool) string {
	if s == session.StatusSubmitted && sandbox {
		return sandboxPending
	}
	return words[s].status
}

// statusWords are the words for the statuses that there are.
func statusWords(sandbox bool) (list []string) {
	for _, s := range session.Statuses() {
		list = append(list, statusOf(s, sandbox))
	}
	return unique(list)
}

// statusesOf are the engine's statuses that a word stands for; nil: there is no such word.
func statusesOf(name string, sandbox bool) (list []session.Status) {
	for _, s := range session.Statuses() {
		if statusOf(s, sandbox) == name {
			list = append(list, s)
		}
	}
	return list
}
