package verifa

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// auditWords are the types of audit events for what no endpoint is told of, and for what has several names there
// (https://docs.withverifa.com/api-reference/events/list-events). The vendor shows some of its own; the others are ours.
var auditWords = map[session.EventKind]string{
	session.EventUploaded:    "document.uploaded",
	session.EventSubmitted:   "session.submitted",
	session.EventAbandoned:   "session.expired",
	session.EventFailed:      "session.failed",
	session.EventCollected:   "session.device_collected",
	session.EventRescreened:  "screening.repeated",
	session.EventUnscreened:  "screening.skipped",
	session.EventUserStatus:  "session.status_given",
	session.EventResumed:     "session.resumed",
	session.EventVisited:     "session.link_visited",
	session.EventUpdated:     "session.updated",
	session.EventInvited:     "session.invited",
	session.EventConsented:   "session.consented",
	session.EventChosen:      "session.document_chosen",
	session.EventGiven:       "session.data_given",
	session.EventSignalled:   "session.signals_given",
	session.EventContinued:   "session.continued",
	session.EventReprocessed: "session.reprocessed",
	session.EventRan:         "session.workflow_step",
	session.EventCaseDecided: "case.decided",
	session.EventClaimed:     "case.claimed",
	session.EventNoted:       "case.note_added",
	session.EventRead:        "api.session.read",
	session.EventExported:    "api.session.export",
	session.EventHeld:        "session.held",
	session.EventReleased:    "session.released",
	session.EventResent:      "webhook.resent",
	session.EventUndecided:   "session.undecided",
	session.EventDeleted:     "session.deleted",
	session.EventErased:      "session.erased",
}

// auditType is the type of what the engine says was done.
func auditType(what string) string {
	kind := session.EventKind(what)
	if word, ok := auditWords[kind]; ok {
		return word
	}
	if i := slices.IndexFunc(catalogue, func(t told) bool { return t.kind == kind }); i >= 0 && what != "" {
		return catalogue[i].name
	}
	return what // it was noted in this language's own words
}

// auditKinds are what the engine says of what has the type; nil: nothing has it.
func auditKinds(name string) (what []string) {
	for kind, word := range auditWords {
		if word == name {
			what = append(what, string(kind))
		}
	}
	for _, t := range catalogue {
		if t.kind != "" && auditType(string(t.kind)) == name && !slices.Contains(what, string(t.kind)) {
			what = append(what, string(t.kind))
		}
	}
	if strings.Contains(name, ".") && len(what) == 0 {
		what = []string{name}
	}
	slices.Sort(what)
	return what
}

// resourcePrefixes are the prefixes of ids by what the audit log calls the things.
var resourcePrefixes = map[string]string{
	session.ResourceSession: prefixSession, "webhook_endpoint": prefixEndpoint, "workflow": prefixWorkflow,
	"identity": prefixIdentity, resourceKey: prefixKey,
}

// resourceID is the id of a thing as this language writes it; nil: the log names none.
func resourceID(resource, id string) *string {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return orNull(id)
	}
	return new(idText(resourcePrefixes[resource], parsed))
}

// parseResource is the id of a thing as the engine has it.
func parseResource(text string) string {
	for _, prefix := range resourcePrefixes {
		if id, ok := parseID(prefix, text); ok {
			return id.String()
		}
	}
	return text
}
