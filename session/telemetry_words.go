package session

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
)

// The keys of what is measured and traced.
const (
	keyVerb    = "bonafide.verb"
	keyError   = attribute.Key("error.type")
	keyFrom    = "bonafide.session.from"
	keyTo      = "bonafide.session.to"
	keyStatus  = "bonafide.session.status"
	keyActor   = "bonafide.actor"
	keyEvent   = "bonafide.event"
	keyHosted  = "bonafide.hosted"
	keyLimit   = "bonafide.limit"
	keyOutcome = "bonafide.outcome"
	keyPart    = "bonafide.part"
	keyAlarm   = "bonafide.alarm"

	// Of spans alone: there is no end of them.
	keySession  = "bonafide.session.id"
	keyDelivery = "bonafide.delivery.id"
	keyTries    = "bonafide.delivery.tries"
	keySwept    = "bonafide.sweep.sessions"
	keyAnswer   = "http.response.status_code"
)

// wordPanic is what is said of a part of the host's that panicked.
const wordPanic = "panic"

// words say in a word of their own each why something was not done. What is a refusal is told from what has failed.
var words = []struct {
	err    error
	word   string
	failed bool
}{
	{ErrUnknown, "unknown_outcome", true}, // first, as it may wrap what the connection said
	{context.Canceled, "cancelled", false},
	{context.DeadlineExceeded, "timeout", true},
	{ErrKeeper, "keeper", true},
	{ErrNoKey, "no_key", true},
	{ErrNoDeliverer, "no_deliverer", true},
	{errNoRegistry, "no_registry", true},
	{errNoScreener, "no_screener", true},
	{ErrRetry, "retry", false},

	{ErrNotFound, "not_found", false},
	{ErrConflict, "conflict", false},
	{ErrExists, "exists", false},
	{ErrLimited, "rate_limited", false},
	{ErrTransition, "transition", false},
	{ErrFacts, "facts", false},
	{ErrIncomplete, "incomplete", false},
	{ErrConsent, "consent", false},
	{ErrLink, "dead_link", false},
	{ErrUnvisited, "unvisited_link", false},
	{ErrEnough, "enough", false},
	{ErrOff, "off", false},
	{ErrVerdict, "verdict", false},
	{ErrReused, "query_reused", false},
	{ErrMismatch, "key_reused", false},
	{ErrRunning, "running", false},
	{ErrErased, "erased", false},
	{ErrHidden, "hidden", false},
	{ErrHeld, "held", false},
	{ErrHosted, "hosted", false},
	{ErrDeletionOff, "off", false},
	{ErrRegistryOff, "off", false},
	{ErrScreeningOff, "off", false},
	{ErrNotCompleted, "not_completed", false},
	{ErrInProgress, "in_progress", false},
	{ErrScreening, "screening", false},
	{ErrReceipt, "receipt", false},
	{ErrDeliveryPending, "delivery_pending", false},
	{ErrClaimed, "claimed", false},
	{ErrNotSandbox, "not_sandbox", false},
	{ErrDefaultWorkflow, "default_workflow", false},
	{ErrInactiveWorkflow, "inactive_workflow", false},
	{ErrWait, "wait", false},
	{decision.ErrSubject, "subject", false},
	{media.ErrTooLarge, "too_large", false},
	{media.ErrFormat, "format", false},
	{media.ErrContext, "context", false},
	{media.ErrChipMissing, "chip", false},
	{media.ErrChipEncoding, "chip", false},
}

// wordOf says why something was not done; empty: it was done.
func wordOf(err error) (word string, failed bool) {
	if err == nil {
		return "", false
	}
	if answered := (*AnsweredError)(nil); errors.As(err, &answered) {
		return "answered", false
	}
	for _, w := range words {
		if errors.Is(err, w.err) {
			return w.word, w.failed
		}
	}
	return "_OTHER", true // as OpenTelemetry's conventions have it
}

// isMove reports whether an event of the kind is told of a row of [Transitions].
func (k EventKind) isMove() bool {
	switch k {
	case EventResumed, EventReprocessed, EventContinued:
		return true
	}
	return statusIndex(Status(k)) >= 0
}
