package verifa

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

var (
	readSessions  = []string{"sessions:read"}
	writeSessions = []string{"sessions:write"}
	decideCases   = []string{"cases:decide"}
	readResults   = []string{"verifications:read"}
)

var sessionRoutes = []route{
	{method: http.MethodPost, path: "/api/v1/sessions", handle: createSession, public: true, quota: true,
		scopes: []string{"sessions:create", "sessions:write"},
		does:   "creates a session",
		page:   "api-reference/sessions/create-session"},
	{method: http.MethodGet, path: "/api/v1/sessions", handle: listSessions, scopes: readSessions,
		does:    "lists sessions, newest first",
		page:    "api-reference/sessions/list-sessions",
		differs: "`q` and `external_ref` are exact; `cursor` goes on where `next_cursor` says; `total` counts to 10,001"},
	{method: http.MethodGet, path: "/api/v1/sessions/{id}", handle: readSession, scopes: readSessions,
		does: "where it stands, with its metadata, its tags and its review case",
		page: "api-reference/sessions/get-session"},
	{method: http.MethodPatch, path: "/api/v1/sessions/{id}", handle: updateSession, scopes: writeSessions,
		does: "changes its reference, or merges its metadata",
		page: "api-reference/sessions/update-session"},
}

// created is what a creation answers.
type created struct {
	ID          string   `json:"id"`
	Status      string   `json:"status"`
	CaptureURL  *string  `json:"capture_url"`
	IsSandbox   bool     `json:"is_sandbox"`
	CreatedAt   moment   `json:"created_at"`
	ExpiresAt   moment   `json:"expires_at"`
	ExternalRef *string  `json:"external_ref"`
	QRCode      *string  `json:"qr_code_data_url"`
	Tags        []string `json:"tags"`
}

func (x *exchange) createdOf(s *session.Snapshot) (*created, error) {
	capture := x.captureURL(s)
	code, err := qrCode(capture)
	return &created{
		ID: idText(prefixSession, s.ID), Status: statusOf(s.Status, s.Sandbox), CaptureURL: capture, IsSandbox: s.Sandbox,
		CreatedAt: moment(s.CreatedAt), ExpiresAt: moment(s.ExpiresAt), ExternalRef: s.Facts.ExternalRef, QRCode: code,
		Tags: orNone(s.Facts.Tags),
	}, err
}

// whole is a session (https://docs.withverifa.com/api-reference/sessions/get-session).
type whole struct {
	ID                 string          `json:"id"`
	Status             string          `json:"status"`
	IsSandbox          bool            `json:"is_sandbox"`
	Environment        string          `json:"environment"`
	CreatedAt          moment          `json:"created_at"`
	UpdatedAt          moment          `json:"updated_at"`
	ExternalRef        *string         `json:"external_ref"`
	Metadata           json.RawMessage `json:"metadata"`
	Country            *string         `json:"country"`
	Checks             []string        `json:"checks"`
	WorkflowID         *string         `json:"workflow_id"`
	DocumentType       *string         `json:"document_type"`
	RetentionStatus    string          `json:"retention_status"`
	ProcessingAttempts int             `json:"processing_attempts"`
	ConsentIP          *string         `json:"consent_ip"`
	CaptureURL         *string         `json:"capture_url"`
	TokenExpiresAt     *moment         `json:"token_expires_at"`
	CaseID             *string         `json:"case_id"`
	CaseStatus         *string         `json:"case_status"`
	Tags               []string        `json:"tags"`
}

func (x *exchange) wholeOf(s *session.Snapshot) *whole {
	v := &whole{
		ID: idText(prefixSession, s.ID), Status: statusOf(s.Status, s.Sandbox), IsSandbox: s.Sandbox,
		Environment: environmentOf(s.Sandbox), CreatedAt: moment(s.CreatedAt), UpdatedAt: moment(s.UpdatedAt),
		ExternalRef: s.Facts.ExternalRef, Metadata: s.Facts.Metadata, Country: orNull(s.Facts.Country), Checks: s.Facts.Checks,
		ProcessingAttempts: s.Processings(), RetentionStatus: x.retentionOf(s), CaptureURL: x.captureURL(s), Tags: orNone(s.Facts.Tags),
	}
	if len(v.Metadata) == 0 {
		v.Metadata = json.RawMessage("{}")
	}
	if s.Facts.Workflow != nil {
		v.WorkflowID = new(idText(prefixWorkflow, *s.Facts.Workflow))
	}
	if run := s.Run(); run != nil {
		v.WorkflowID = workflowOf(run)
	}
	if c := s.Choice(); c != nil {
		v.DocumentType = &c.Type
	}
	if c := s.Consent(); c != nil {
		v.ConsentIP = orNull(c.IP)
	}
	if v.CaptureURL != nil {
		v.TokenExpiresAt = new(moment(s.ExpiresAt))
	}
	x.caseInto(v, s)
	return v
}

// environmentOf is the vendor's word for where a session is.
func environmentOf(sandbox bool) string {
	if sandbox {
		return "sandbox"
	}
	return "live"
}

// retentionOf says what of the person is still shown.
func (x *exchange) retentionOf(s *session.Snapshot) string {
	switch {
	case !s.RedactedAt.IsZero():
		return "redacted"
	case !s.HideAt.IsZero() && !x.engine.Now().Before(s.HideAt):
		return "sensitive_redacted"
	}
	return "active"
}

// readSession: https://docs.withverifa.com/api-reference/sessions/get-session
func readSession(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	s, err := x.engine.Get(x.r.Context(), id)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, x.wholeOf(s))
}

// updateSession: https://docs.withverifa.com/api-reference/sessions/update-session
func updateSession(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	o, err := x.object(aliases{"external_ref": createAliases["external_ref"], "metadata": createAliases["metadata"]})
	if err != nil {
		return err
	}
	u := session.Update{Metadata: o.raw("metadata")}
	if o.has("external_ref") {
		u.ExternalRef = new(o.optional("external_ref"))
	}
	o.refuseOthers("external_ref", "metadata")
	if err := o.err(); err != nil {
		return err
	}
	request, err := jsontext.Stringify(u)
	if err != nil {
		return err
	}
	return change(x, request, func(e *session.Engine) (*session.Snapshot, error) {
		return e.Update(x.r.Context(), id, u)
	}, func(s *session.Snapshot) (int, any, error) { return http.StatusOK, x.wholeOf(s), nil })
}

// moment is a time as this language writes it, in whole seconds of UTC.
type moment time.Time

// MarshalJSON writes the time, as "2026-02-01T12:00:00Z".
func (m moment) MarshalJSON() ([]byte, error) {
	return []byte(`"` + time.Time(m).UTC().Format("2006-01-02T15:04:05Z") + `"`), nil
}

// momentOrNull is a time; nil of none.
func momentOrNull(t time.Time) *moment {
	if t.IsZero() {
		return nil
	}
	return new(moment(t))
}

// orNull is a text; nil of the empty one.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// orNone is a list that is written as one, also when it has nothing in it.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
