package verifa

import (
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// told is what endpoints may be told of (https://docs.withverifa.com/api-details/webhooks).
type told struct {
	name string
	kind session.EventKind // empty: nothing here leads to it
	does string
	at   session.Status // where the session stands when it is told
}

// catalogue are the names of events, spelt as the vendor has them. An endpoint may ask for each of them; those without
// a kind never come.
var catalogue = []told{
	{"session.created", session.EventCreated, "A session was created.", session.StatusCreated},
	{"session.started", session.EventStarted, "The person has begun.", session.StatusStarted},
	{"session.link_generated", session.EventLinked, "A one-time link was made.", session.StatusCreated},
	{"session.awaiting_external", session.EventAwaitingExternal, "The workflow waits at a gate for your answer.", session.StatusAwaitingExternal},
	{"session.requires-review", session.EventReview, "A human being has to decide.", session.StatusReview},
	{"session.approved", session.EventApproved, "The session was approved.", session.StatusApproved},
	{"session.declined", session.EventDeclined, "The session was rejected.", session.StatusDeclined},
	{"session.resubmission-required", session.EventResubmissionRequested, "The person has to try again.", session.StatusResubmissionRequested},
	{"session.expired", session.EventExpired, "The session expired before it was complete.", session.StatusExpired},
	{"session.redacted", session.EventRedacted, "Personal data and documents were erased.", session.StatusApproved},
	{"session.retention-expired", session.EventRetired, "They were erased because their time was over.", session.StatusApproved},
	{"screening.completed", session.EventScreened, "Watchlists were searched for the person.", session.StatusApproved},
	{monitored, session.EventScreened, "A later search found somebody, and not as the one before.", session.StatusApproved},
	{"identity.created", session.EventIdentified, "The first session of an external reference was decided.", session.StatusApproved},
	{"identity.updated", session.EventReidentified, "Another session of it was, or the identity was redacted.", session.StatusApproved},
	{"case.created", session.EventCaseOpened, "A case was opened for reviewers.", session.StatusReview},
	{"case.approved", session.EventCaseDecided, "A reviewer has approved it.", session.StatusApproved},
	{"case.rejected", session.EventCaseDecided, "A reviewer has rejected it.", session.StatusDeclined},

	{"check.completed", "", "", ""},
	{"check.monitoring.new_hits", "", "", ""},
	{"identity.archived", "", "", ""},
	{"identity.restored", "", "", ""},
	{"identity.tag-added", "", "", ""},
	{"identity.tag-removed", "", "", ""},
	{"identity.flagged", "", "", ""},
	{"consortium.match_found", "", "", ""},
	{"case.escalated", "", "", ""},
	{"document.verified", "", "", ""},
	{"document.extracted", "", "", ""},
}

const monitored = "screening.monitoring.new_hits"

// isEvent reports whether there is an event of the name, if only in the vendor's pages.
func isEvent(name string) bool {
	return slices.ContainsFunc(catalogue, func(t told) bool { return t.name == name })
}

// nameOf is what an event is called; empty: nobody is told of it. Of kinds that have two names the session says which.
func nameOf(e session.Event, s *session.Snapshot) string {
	switch e.Kind {
	case session.EventAbandoned:
		return "session.expired"
	case session.EventScreened:
		if f := s.Screening(); f != nil && f.Screening.Updated && len(f.Screening.Hits) > 0 {
			return monitored
		}
	case session.EventCaseDecided:
		if e.Status == session.StatusDeclined {
			return "case.rejected"
		}
	}
	i := slices.IndexFunc(catalogue, func(t told) bool { return t.kind == e.Kind && e.Kind != "" })
	if i < 0 {
		return ""
	}
	return catalogue[i].name
}
