package session

import (
	"context"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// SetUserStatus gives an attempt of a session a status of the host's own, beside the session's, as
// [ActorReviewer]; a nil attempt is the current one. It changes nothing else, is possible at any time, and may
// be repeated: up to a hundred of an attempt are kept (https://devdocs.veriff.com/docs/user-defined-statuses-webhook).
//
// Errors: a *[FactsError] for a status that is empty or too long; [ErrNotFound], also for an attempt that the
// session does not have; [ErrErased] once redacted; [ErrEnough].
func (e *Engine) SetUserStatus(ctx context.Context, id, attempt uuid.UUID, status UserStatus) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "set_user_status", id)
	defer verb.done(&err)
	if status.StatusCode == "" {
		status.StatusCode = codeOf(status.Status)
	}
	if err := status.Validate(); err != nil {
		return nil, err
	}
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartFindings, func(w *work) error {
		if !w.snap.RedactedAt.IsZero() {
			return ErrErased
		}
		if err := w.tick(); err != nil {
			return err
		}
		about := attempt
		if about == uuid.Nil {
			about = w.snap.AttemptID
		}
		if !w.snap.hasAttempt(about) {
			return ErrNotFound
		}
		if w.has(FindingUserStatus, about) >= maxUserStatuses {
			return ErrEnough
		}
		w.change.Keep = len(w.change.Events) == 0 // unless the tick has changed the session
		if err := w.addFinding(FindingUserStatus, about, ActorReviewer, FindingFacts{UserStatus: &status}); err != nil {
			return err
		}
		return w.emitAbout(about, EventUserStatus, ActorReviewer, w.now)
	})
}

// Validate answers the first fault as a *[FactsError].
func (s UserStatus) Validate() error {
	if s.Status == "" {
		return &FactsError{"status", FaultMissing}
	}
	if s.StatusCode == "" {
		return &FactsError{"status_code", FaultMissing} // Status has no letter of which to make one
	}
	return faultOf([]field{
		{"status", s.Status, maxText}, {"status_code", s.StatusCode, maxText},
		{"reason", s.Reason, maxText}, {"reason_code", s.ReasonCode, maxText},
	})
}

// codeOf makes a code of words: small letters, and an underscore for whatever stands between them.
func codeOf(words string) string {
	fields := strings.FieldsFunc(strings.ToLower(words), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return strings.Join(fields, "_")
}
