package verifa

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/risk"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

var resultRoutes = []route{
	{method: http.MethodGet, path: "/api/v1/sessions/{id}/result", handle: readResult, scopes: readResults,
		does: "what was concluded",
		page: "api-reference/sessions/get-session-result"},
	{method: http.MethodGet, path: "/api/v1/results/{id}", handle: readNestedResult, scopes: readResults,
		does: "the same, in another shape",
		page: "api-reference/results/get-result"},
	{method: http.MethodGet, path: "/api/v1/results", handle: listResults, scopes: readResults,
		does:    "lists what was concluded, without personal data",
		page:    "api-reference/results/list-results",
		differs: "`created_after` and `created_before` are of the session's creation"},
	{method: http.MethodGet, path: "/api/v1/sessions/{id}/verifications", handle: listVerifications, scopes: readResults,
		does:    "lists the checks, of each the newest try",
		page:    "core-concepts/verifications-checks",
		differs: "the path and the form of an item are our own"},
	{method: http.MethodGet, path: "/api/v1/sessions/{id}/risk", handle: readRisk, scopes: readResults,
		does:    "how suspicious it is, and why",
		page:    "best-practices/fraud-signals",
		differs: "the path, the form and the weights that are not published are our own"},
}

// errNoResult is what whoever asks too early is answered.
var errNoResult = notFound("No result yet")

// result is what was concluded of a session (https://docs.withverifa.com/api-reference/sessions/get-session-result).
type result struct {
	SessionID       string         `json:"session_id"`
	Status          string         `json:"status"`
	IsSandbox       bool           `json:"is_sandbox"`
	CreatedAt       moment         `json:"created_at"`
	FaceMatchPassed *bool          `json:"face_match_passed"`
	FaceMatchScore  *float64       `json:"face_match_score"`
	AgeCheckPassed  *bool          `json:"age_check_passed"`
	ExtractedAge    *int           `json:"extracted_age"`
	ExtractedData   map[string]any `json:"extracted_data"`
	Reason          *string        `json:"rejection_reason"`
	ReasonCode      *string        `json:"rejection_reason_code"`
	Mode            string         `json:"processing_mode"`
	Country         *string        `json:"country_used"`
	Expired         bool           `json:"sensitive_data_expired"`
	Checks          map[string]any `json:"check_results"`
}

// resultOf is the conclusion of a session that stands; nil when there is none. Until a session that is decided again is
// decided, that is the last one.
func resultOf(s *session.Snapshot) *result {
	d, run := s.Standing()
	if d == nil {
		return nil
	}
	hidden := s.Hidden || !s.RedactedAt.IsZero()
	r := &result{
		SessionID: idText(prefixSession, s.ID), Status: outcomeWords[d.Outcome], IsSandbox: s.Sandbox, CreatedAt: moment(d.At),
		ExtractedData: map[string]any{}, Mode: modeOf(s, d, run), Country: orNull(s.Facts.Country), Expired: hidden, Checks: map[string]any{},
	}
	if d.Outcome == decision.Declined {
		r.Reason, r.ReasonCode = orNull(d.Record.Reason), orNull(rejectionCode(d, run))
	}
	r.checks(triesOf(s, d, run), hidden)
	if hidden {
		return r
	}
	if r.Country == nil && d.Record.Document != nil {
		r.Country = orNull(d.Record.Document.Country)
	}
	r.ExtractedData = session.Extracted(d.Record, d.At)
	if age, ok := r.ExtractedData["age"].(int); ok {
		r.ExtractedAge = &age
		delete(r.ExtractedData, "age")
	}
	return r
}

// outcomeWords are this language's words for conclusions.
var outcomeWords = map[decision.Outcome]string{
	decision.Approved: "approved", decision.Declined: "rejected", decision.Review: "needs_review",
}

// modeOf says who has concluded.
func modeOf(s *session.Snapshot, d *session.Concluded, run *session.Run) string {
	switch {
	case d.By == session.ActorReviewer:
		return "manual"
	case simulates(s, d, run):
		return "simulated"
	case run != nil:
		return "workflow"
	}
	return "automatic"
}

// checks fills in what is known of the checks.
func (r *result) checks(tries []workflow.Try, hidden bool) {
	for _, try := range tries {
		r.Checks[try.Policy] = checkOf(try, hidden)
		passed := try.Status == workflow.CheckPassed
		if !passed && try.Status != workflow.CheckFailed {
			continue
		}
		switch try.Policy {
		case "face_match":
			r.FaceMatchPassed = &passed
			r.FaceMatchScore = scoreIn(try.Details)
		case "age_verification":
			r.AgeCheckPassed = &passed
		}
	}
}

// checked is one check of a session.
type checked struct {
	Policy    string          `json:"policy"`
	Category  string          `json:"category"`
	Status    string          `json:"status"`
	Passed    *bool           `json:"passed"`
	Attempt   int             `json:"attempt"`
	StartedAt moment          `json:"started_at"`
	Duration  int64           `json:"duration_ms"`
	Details   json.RawMessage `json:"details,omitempty"`
}

func checkOf(t workflow.Try, hidden bool) checked {
	c := checked{
		Policy: t.Policy, Status: string(t.Status), Attempt: t.Attempt, StartedAt: moment(t.StartedAt),
		Duration: t.Duration.Milliseconds(),
	}
	if t.Status == workflow.CheckPassed || t.Status == workflow.CheckFailed {
		c.Passed = new(t.Status == workflow.CheckPassed)
	}
	for _, p := range workflow.Policies() {
		if p.Name == t.Policy {
			c.Category = string(p.Category)
		}
	}
	if !hidden {
		c.Details = t.Details
	}
	return c
}

// scoreIn is the number that a check's details call its score; nil: they have none.
func scoreIn(details json.RawMessage) *float64 {
	var d struct {
		Score *float64 `json:"score"`
	}
	_ = json.Unmarshal(details, &d) // details that are something else have none
	return d.Score
}

// rejectionCode is the machine's word for why a session was declined: what its workflow says, else one made of the
// engine's reason code.
func rejectionCode(d *session.Concluded, run *session.Run) string {
	if run != nil && run.ReasonCode != "" && d.By == session.ActorDecider {
		return run.ReasonCode
	}
	switch d.Code {
	case 0:
		return "other"
	case decision.CodePoorImageQuality:
		return "document_unreadable"
	}
	return "reason_" + strconv.Itoa(d.Code)
}

// shownFields leaves of what was read what the configuration shows.
func (x *exchange) shownFields(data map[string]any) map[string]any {
	if x.Fields == nil {
		return data
	}
	shown := map[string]any{}
	for _, name := range x.Fields {
		if v, ok := data[name]; ok {
			shown[name] = v
		}
	}
	return shown
}

// concludedSession is the session of the path, and what was concluded of it.
func (x *exchange) concludedSession() (*session.Snapshot, *result, error) {
	id, err := x.sessionID()
	if err != nil {
		return nil, nil, err
	}
	s, err := x.engine.Get(x.r.Context(), id)
	if err != nil {
		return nil, nil, err
	}
	r := resultOf(s)
	if r == nil {
		return nil, nil, errNoResult
	}
	r.ExtractedData = x.shownFields(r.ExtractedData)
	return s, r, nil
}

// readResult: https://docs.withverifa.com/api-reference/sessions/get-session-result
func readResult(x *exchange) error {
	_, r, err := x.concludedSession()
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, r)
}

// nested is a result as the other endpoint tells it.
type nested struct {
	SessionID   string  `json:"session_id"`
	Status      string  `json:"status"`
	CreatedAt   moment  `json:"created_at"`
	ExternalRef *string `json:"external_ref"`
	Result      struct {
		FaceMatchPassed *bool          `json:"face_match_passed"`
		FaceMatchScore  *float64       `json:"face_match_score"`
		AgeCheckPassed  *bool          `json:"age_check_passed"`
		ExtractedAge    *int           `json:"extracted_age"`
		ExtractedData   map[string]any `json:"extracted_data"`
	} `json:"result"`
	Reason     *string `json:"rejection_reason"`
	ReasonCode *string `json:"rejection_reason_code"`
	Mode       string  `json:"processing_mode"`
	Expired    bool    `json:"sensitive_data_expired,omitempty"`
}

// readNestedResult: https://docs.withverifa.com/api-reference/results/get-result
func readNestedResult(x *exchange) error {
	s, r, err := x.concludedSession()
	if err != nil {
		return err
	}
	n := nested{
		SessionID: r.SessionID, Status: r.Status, CreatedAt: r.CreatedAt, ExternalRef: s.Facts.ExternalRef, Reason: r.Reason,
		ReasonCode: r.ReasonCode, Mode: r.Mode, Expired: r.Expired,
	}
	n.Result.FaceMatchPassed, n.Result.FaceMatchScore = r.FaceMatchPassed, r.FaceMatchScore
	n.Result.AgeCheckPassed, n.Result.ExtractedAge, n.Result.ExtractedData = r.AgeCheckPassed, r.ExtractedAge, r.ExtractedData
	return x.answer(http.StatusOK, n)
}

// brief is a result in a list, without personal data.
type brief struct {
	SessionID       string   `json:"session_id"`
	Status          string   `json:"status"`
	CreatedAt       moment   `json:"created_at"`
	FaceMatchPassed *bool    `json:"face_match_passed"`
	FaceMatchScore  *float64 `json:"face_match_score"`
	AgeCheckPassed  *bool    `json:"age_check_passed"`
	Reason          *string  `json:"rejection_reason"`
	ReasonCode      *string  `json:"rejection_reason_code"`
}

// listResults: https://docs.withverifa.com/api-reference/results/list-results
func listResults(x *exchange) error {
	q := x.query()
	p := q.page(50)
	list := session.List{After: p.after, Skip: p.offset, N: p.limit + 1, Since: q.time("created_after"), Before: q.time("created_before")}
	list.Status = []session.Status{session.StatusApproved, session.StatusDeclined, session.StatusReview}
	if name := q.text("status"); name != "" {
		list.Status = slices.DeleteFunc(list.Status, func(s session.Status) bool { return words[s].result != name })
		if len(list.Status) == 0 {
			q.fault("status", "must be approved, rejected or needs_review")
		}
	}
	if err := q.err(); err != nil {
		return err
	}
	found, total, err := x.search(list)
	if err != nil {
		return err
	}
	shown, err := x.opened(found)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, listedOf(p, total, shown, func(s *session.Snapshot) uuid.UUID { return s.ID }, func(s *session.Snapshot) brief {
		r := resultOf(s)
		if r == nil {
			return brief{SessionID: idText(prefixSession, s.ID), Status: words[s.Status].result, CreatedAt: moment(s.CreatedAt)}
		}
		return brief{r.SessionID, r.Status, r.CreatedAt, r.FaceMatchPassed, r.FaceMatchScore, r.AgeCheckPassed, r.Reason, r.ReasonCode}
	}))
}

// listVerifications: https://docs.withverifa.com/core-concepts/verifications-checks
func listVerifications(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	s, err := x.engine.Get(x.r.Context(), id)
	if err != nil {
		return err
	}
	list := []checked{}
	d, _ := s.Standing()
	for _, try := range triesOf(s, d, s.Run()) {
		list = append(list, checkOf(try, s.Hidden || !s.RedactedAt.IsZero()))
	}
	return x.answer(http.StatusOK, struct {
		Data []checked `json:"data"`
	}{list})
}

// assessed is the risk of a session.
type assessed struct {
	SessionID string           `json:"session_id"`
	Score     int              `json:"risk_score"`
	Level     risk.Level       `json:"risk_level"`
	Signals   []risk.Triggered `json:"signals"`
	Blocked   bool             `json:"blocked"`
	BlockedBy []string         `json:"blocked_by"`
}

func (x *exchange) riskOf(s *session.Snapshot) assessed {
	a := s.Risk()
	return assessed{idText(prefixSession, s.ID), a.Score, a.Level, orNone(a.Signals), a.Blocked, orNone(a.BlockedBy)}
}

// readRisk: https://docs.withverifa.com/best-practices/fraud-signals
func readRisk(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	s, err := x.engine.Get(x.r.Context(), id)
	if err != nil {
		return err
	}
	if !s.RedactedAt.IsZero() {
		return session.ErrErased
	}
	return x.answer(http.StatusOK, x.riskOf(s))
}
