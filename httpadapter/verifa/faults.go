package verifa

import (
	"strings"

	"github.com/bonafide-idv/bonafide/session"
)

// fieldNames are the members of a body for the facts whose names differ.
var fieldNames = map[string]string{
	"workflow": "workflow_id",
	"callback": "redirect_url", "person.first_name": "fields.first_name", "person.middle_name": "fields.middle_name",
	"person.last_name": "fields.last_name", "person.email": "fields.email", "person.phone_number": "fields.phone",
	"person.id_number": "fields.ssn", "person.date_of_birth": "fields.date_of_birth", "life": "expires_in_minutes",
	"residence.line1": "fields.address.line1", "residence.line2": "fields.address.line2", "residence.city": "fields.address.city",
	"residence.state": "fields.address.state", "residence.zip": "fields.address.zip",
	"invite.name": "applicant_name", "invite.email": "applicant_email", "invite.display": "display_name",
	"names": "enabled_events", "blocklist": "attribute_blocklist", "filter": "event_filter_conditions",
	"inflection": "key_inflection", "version": "api_version",
	"invite.support_url": "support_url", "proof.type": "poa_document_type", "proof.date": "poa_document_date",
}

func fieldName(fact string) string {
	if name, ok := fieldNames[fact]; ok {
		return name
	}
	return fact
}

// unknownMessages say of a fact that is none of those that there are which these are.
var unknownMessages = map[string]string{
	"country":    "must be the two letters of a country in ISO 3166-1, as EE",
	"checks":     checkMessage,
	"workflow":   "is not the id of an active workflow",
	"step_index": "is not the index of a step that the run came by",
	"policy":     "is not a check that the run came by",
}

// What several handlers say of a member that is none of those that there are.
const (
	checkMessage    = "must be the name of a check: GET /api/v1/verification-policies lists them"
	eventMessage    = "must be the name of an event: GET /api/v1/webhooks/endpoints/event-types lists them"
	documentMessage = "must be id_front, id_back, selfie or proof_of_address"
)

// faultOf says what is wrong with one of the facts, in this language's names.
func faultOf(e *session.FactsError) fieldFault {
	message := string(e.Fault)
	if known, ok := unknownMessages[e.Field]; ok && e.Fault == session.FaultUnknown {
		message = known
	}
	if e.Field == "graph" && e.Fault == session.FaultMissing {
		message = "is missing: give graph or steps"
	}
	return fieldFault{fieldName(e.Field), message}
}

// oneOf is a list of words in a sentence, each once.
func oneOf(words ...string) string {
	words = unique(words)
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
