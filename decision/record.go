package decision

import "encoding/json"

// Record is what was read from the documents and found out, as the host is told. It is personal data,
// and sealed as a whole. The zero value says nothing.
type Record struct {
	// Reason is the reason in words. Default: the text of the verdict's code.
	Reason   string    `json:"reason,omitempty"`
	Person   *Person   `json:"person,omitempty"`
	Document *Document `json:"document,omitempty"`
	// Additional is what was verified beyond the document. Default: nothing.
	Additional *Additional `json:"additional,omitempty"`
	// IP is the person's address, when it is known. Default: what was collected about their device.
	IP string `json:"ip,omitempty"`

	HighRisk   *bool           `json:"high_risk,omitempty"`  // nil: not said
	RiskScore  *float64        `json:"risk_score,omitempty"` // in whatever range the decider has; nil: not said
	RiskLabels []RiskLabel     `json:"risk_labels,omitempty"`
	Biometric  *BiometricMatch `json:"biometric,omitempty"`
	Score      *float64        `json:"score,omitempty"` // how sure the decision is; nil: not said
	Insights   []Insight       `json:"insights,omitempty"`
	// Automation says of the fields of Person and Document how sure the reading is. Default: nothing.
	Automation *Automation `json:"automation,omitempty"`
}

// RiskLabel is one reason for caution, with the other sessions that have to do with it.
type RiskLabel struct {
	Label      string   `json:"label"`
	Category   string   `json:"category"`
	SessionIDs []string `json:"session_ids,omitempty"`
}

// BiometricMatch is the session in whose pictures the same person was seen before.
type BiometricMatch struct {
	SessionID   string  `json:"session_id"`
	ExternalRef *string `json:"external_ref,omitempty"` // of that session; nil: it had none
	EndUserID   string  `json:"end_user_id,omitempty"`  // of that session; empty: it had none
	// Details is JSON of whatever else is known, told as it is. Default: nothing.
	Details json.RawMessage `json:"details,omitempty"`
}

// Insight is one question that was asked of the session, and its answer.
type Insight struct {
	Label    string `json:"label"`
	Result   string `json:"result"`
	Category string `json:"category"`
}

// Automation says how sure the reading of single fields is.
type Automation struct {
	// Fields is by the name that a field has in the JSON of a [Record], such as "person.first_name" or
	// "document.valid_until".
	Fields map[string]Confidence `json:"fields,omitempty"`
}

// Confidence is how sure one field was read, and from what.
type Confidence struct {
	Category string   `json:"category"`          // in the decider's own words; Veriff has "low", "medium" and "high"
	Sources  []string `json:"sources,omitempty"` // such as "MRZ" or "VIZ"
}
