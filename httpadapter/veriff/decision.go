package veriff

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

// The bodies of https://devdocs.veriff.com/apidocs/v1sessionsiddecision-1 and of the decision webhook, which
// are the same. What is not known is null; what the vendor tells of few integrations or documents is left out
// then.
type (
	conclusion struct {
		Status       string         `json:"status"`
		Verification *concluded     `json:"verification"`
		Technical    *technicalData `json:"technicalData,omitempty"`
	}
	concluded struct {
		ID             string          `json:"id"`
		AttemptID      string          `json:"attemptId"`
		Code           int             `json:"code"`
		Status         string          `json:"status"`
		Reason         *string         `json:"reason"`
		ReasonCode     *int            `json:"reasonCode"`
		VendorData     *string         `json:"vendorData"`
		EndUserID      *string         `json:"endUserId"`
		AcceptanceTime *string         `json:"acceptanceTime"`
		SubmissionTime *string         `json:"submissionTime"`
		DecisionTime   *string         `json:"decisionTime"`
		Person         person          `json:"person"`
		Document       document        `json:"document"`
		Comments       []struct{}      `json:"comments"` // given up by the vendor
		Additional     json.RawMessage `json:"additionalVerifiedData"`
		HighRisk       *bool           `json:"highRisk,omitempty"`
		RiskScore      *riskScore      `json:"riskScore,omitempty"`
		RiskLabels     []riskLabel     `json:"riskLabels,omitempty"`
		Biometric      *biometric      `json:"biometricAuthentication,omitempty"`
		DecisionScore  *float64        `json:"decisionScore,omitempty"`
		Insights       []insight       `json:"insights,omitempty"`
	}
	riskScore struct {
		Score float64 `json:"score"`
	}
	riskLabel struct {
		Label      string   `json:"label"`
		Category   string   `json:"category"`
		SessionIDs []string `json:"sessionIds"`
	}
	biometric struct {
		SessionID  string          `json:"matchedSessionId"`
		VendorData *string         `json:"matchedSessionVendorData"`
		EndUserID  string          `json:"matchedSessionEndUserId,omitempty"`
		Details    json.RawMessage `json:"details,omitempty"`
	}
	insight struct {
		Label    string `json:"label"`
		Result   string `json:"result"`
		Category string `json:"category"`
	}
	technicalData struct {
		IP *string `json:"ip"`
	}
)

// readDecision answers null as long as nothing is concluded.
func readDecision(x *exchange) error {
	s, err := x.signedSession()
	if err != nil {
		return err
	}
	c, err := conclusionOf(s)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, c)
}

// conclusionOf is what is told of a session's conclusion. Of a session that is being deleted nothing about the
// person is told.
func conclusionOf(s *session.Snapshot) (conclusion, error) {
	status := words[s.Status]
	if !isDecision(status.code) {
		return conclusion{Status: "success"}, nil
	}
	c := &concluded{
		ID: s.ID.String(), Code: status.code, Status: status.word,
		VendorData: s.Facts.ExternalRef, EndUserID: s.Facts.EndUserID,
		AcceptanceTime: instant(s.CreatedAt, microseconds), SubmissionTime: instant(s.SubmittedAt, microseconds),
		Comments: []struct{}{}, Additional: json.RawMessage("{}"),
	}
	attempt, at, record := s.AttemptID, s.EndedAt, decision.Record{}
	if d := newest(s); d != nil {
		attempt, at, record = d.Attempt, d.At, d.Record
		if d.Code != 0 {
			c.ReasonCode = &d.Code
		}
	}
	c.AttemptID, c.DecisionTime = attempt.String(), instant(at, microseconds)
	if err := c.tell(record); err != nil {
		return conclusion{}, err
	}
	ip := record.IP
	if ip == "" && !s.Deleted() {
		ip = addressOf(s.Device(attempt))
	}
	return conclusion{"success", c, &technicalData{orNull(ip)}}, nil
}

// newest is the decision that the status rests on; nil for one that rests on none, as an expiry does.
func newest(s *session.Snapshot) *session.Concluded {
	switch s.Status {
	case session.StatusExpired, session.StatusAbandoned:
		return nil
	}
	if s.Deleted() || len(s.Decisions) == 0 {
		return nil
	}
	return &s.Decisions[len(s.Decisions)-1]
}

// addressOf is the address of a device; nothing when there is none.
func addressOf(d *session.Device) string {
	if d == nil {
		return ""
	}
	return cmp.Or(d.IPv4, d.IPv6)
}

// tell adds what a record says.
func (c *concluded) tell(r decision.Record) (err error) {
	c.Reason = orNull(r.Reason)
	if r.Person != nil {
		c.Person = personOf(*r.Person)
	}
	if r.Document != nil {
		c.Document = documentOf(*r.Document)
	}
	if r.Additional != nil {
		if c.Additional, err = r.Additional.MarshalJSON(); err == nil {
			c.Additional, err = jsontext.Normal(c.Additional)
		}
		if err != nil {
			return err
		}
	}
	c.HighRisk, c.DecisionScore, c.Insights = r.HighRisk, r.Score, insightsOf(r.Insights)
	if r.RiskScore != nil {
		c.RiskScore = &riskScore{*r.RiskScore}
	}
	for _, l := range r.RiskLabels {
		c.RiskLabels = append(c.RiskLabels, riskLabel{l.Label, l.Category, append([]string{}, l.SessionIDs...)})
	}
	if b := r.Biometric; b != nil {
		c.Biometric = &biometric{SessionID: b.SessionID, VendorData: b.ExternalRef, EndUserID: b.EndUserID}
		if len(b.Details) > 0 {
			c.Biometric.Details, err = jsontext.Normal(b.Details)
		}
	}
	return err
}

func insightsOf(insights []decision.Insight) (told []insight) {
	for _, i := range insights {
		told = append(told, insight(i))
	}
	return told
}
