package verifa

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

// redactScopes are those of which a key needs one to erase personal data.
var redactScopes = []string{"redact:write", "sessions:write"}

var privacyRoutes = []route{
	{method: http.MethodDelete, path: "/api/v1/sessions/{id}/data", handle: redactSession, scopes: redactScopes,
		does:    "erases everything about the person, for good",
		page:    "api-details/data-retention",
		differs: "the answer has a signed `receipt` beside the vendor's members; a session that has not ended is ended first"},
	{method: http.MethodPost, path: "/api/v1/sessions/bulk-redact", handle: redactSessions, scopes: redactScopes,
		does:    "the same of up to a hundred sessions",
		page:    "api-details/data-retention",
		differs: "`status` is `deleted` or `already_redacted`, each with the first `receipt`, and of what cannot be redacted `not_found`, also for what is no id, `held` or `error`; the others are redacted all the same"},
	{method: http.MethodGet, path: "/api/v1/sessions/{id}/export", handle: exportSession, scopes: readSessions,
		does:    "everything that is known about the person, as Article 15 of the GDPR gives a right to",
		page:    "api-details/data-access",
		differs: "the prefilled `fields`, `invite`, `consent`, `capture_data` and all `decisions` stand beside the vendor's members; the whitelist of fields does not apply"},
}

// redacted is what a redaction answers.
type redacted struct {
	Status    string           `json:"status"`
	SessionID string           `json:"session_id"`
	Removed   int              `json:"documents_removed"`
	Message   string           `json:"message,omitempty"`
	Receipt   *session.Receipt `json:"receipt,omitempty"`
}

// redactSession: https://docs.withverifa.com/api-details/data-retention
func redactSession(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	return x.changes(nil, func() (int, any, error) {
		receipt, err := x.engine.Redact(x.r.Context(), id)
		if err != nil {
			return 0, nil, err
		}
		return http.StatusOK, redacted{
			Status: "deleted", SessionID: idText(prefixSession, id), Removed: receipt.Documents,
			Message: "Session data permanently redacted.", Receipt: &receipt,
		}, nil
	})
}

// maxBulk is how many sessions may be redacted at once.
const maxBulk = 100

// redactSessions: https://docs.withverifa.com/api-details/data-retention
func redactSessions(x *exchange) error {
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	names := o.texts("session_ids")
	switch {
	case len(names) == 0:
		o.fault("session_ids", "must have 1 to 100 ids of sessions")
	case len(names) > maxBulk:
		o.fault("session_ids", fmt.Sprintf("has %d ids, and may have %d", len(names), maxBulk))
	}
	o.refuseOthers("session_ids")
	if err := o.err(); err != nil {
		return err
	}
	request, err := jsontext.Stringify(names)
	if err != nil {
		return err
	}
	return x.changes(request, func() (int, any, error) {
		results := make([]redacted, len(names))
		var broken error
		for i, name := range names {
			if results[i], err = x.redactOne(name); err != nil {
				return 0, nil, err
			}
			if results[i].Status == "error" {
				broken = errHalfDone
			}
		}
		return http.StatusOK, struct {
			Total   int        `json:"total"`
			Results []redacted `json:"results"`
		}{len(results), results}, broken
	})
}

// redactOne redacts one of several sessions: what keeps one from it does not keep the others. What is no id is that of
// no session.
func (x *exchange) redactOne(name string) (redacted, error) {
	id, ok := parseID(prefixSession, name)
	if !ok {
		return redacted{SessionID: shorten(name), Status: "not_found"}, nil
	}
	r := redacted{SessionID: idText(prefixSession, id), Status: "deleted"}
	before, err := x.silent().Get(x.r.Context(), id)
	if err == nil && !before.RedactedAt.IsZero() {
		r.Status = "already_redacted"
	}
	receipt, err := x.engine.Redact(x.r.Context(), id)
	switch {
	case errors.Is(err, session.ErrNotFound):
		r.Status = "not_found"
	case errors.Is(err, session.ErrHeld):
		r.Status = "held"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return r, err
	case err != nil:
		x.Log.ErrorContext(x.r.Context(), "a session could not be redacted", "session", id, "error", err)
		r.Status = "error"
	case r.Status == "deleted":
		r.Removed, r.Receipt = receipt.Documents, &receipt
	default:
		r.Receipt = &receipt
	}
	return r, nil
}
