package decision

import "encoding/json"

// Outcome is what was concluded about one attempt.
type Outcome string

// The outcomes.
const (
	Approved     Outcome = "approved"     // the person is who they say
	Declined     Outcome = "declined"     // final: they are not, or it could not be shown
	Resubmission Outcome = "resubmission" // the person may try again in the same session
	Review       Outcome = "review"       // a human being shall decide
)

// Valid reports whether o is one of the outcomes.
func (o Outcome) Valid() bool {
	return o == Approved || o == Declined || o == Resubmission || o == Review
}

// Verdict is what a decider or a reviewer concludes.
type Verdict struct {
	Outcome Outcome
	// Code is the reason code; 0: none. A code of which [ReasonText] knows nothing is passed on as it is.
	Code int
	// Record is what was read and found. It is personal data.
	Record Record
}

// Record is what was read from the documents and found out, as the host is told. It is personal data,
// and sealed as a whole.
type Record struct {
	// Reason is the reason in words. Default: the text of the verdict's code.
	Reason   string    `json:"reason,omitempty"`
	Person   *Person   `json:"person,omitempty"`
	Document *Document `json:"document,omitempty"`
	// Additional is a JSON object of further verified data, told as it is. Default: none.
	Additional json.RawMessage `json:"additional,omitempty"`
	// IP is the person's address, when it is known.
	IP string `json:"ip,omitempty"`
}

// Person is what was read about the person. Empty fields were not read.
type Person struct {
	FirstName    string `json:"first_name,omitempty"`
	LastName     string `json:"last_name,omitempty"`
	FullName     string `json:"full_name,omitempty"`
	IDNumber     string `json:"id_number,omitempty"`
	Gender       string `json:"gender,omitempty"` // "M" or "F"
	DateOfBirth  Date   `json:"date_of_birth,omitzero"`
	YearOfBirth  string `json:"year_of_birth,omitempty"` // Default: of DateOfBirth
	PlaceOfBirth string `json:"place_of_birth,omitempty"`
	Nationality  string `json:"nationality,omitempty"` // ISO 3166-1 alpha-2
}

// Document is what was read from the document. Empty fields were not read.
type Document struct {
	Type         string `json:"type,omitempty"` // PASSPORT, ID_CARD, RESIDENCE_PERMIT, DRIVERS_LICENSE, VISA or OTHER
	Number       string `json:"number,omitempty"`
	Country      string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	State        string `json:"state,omitempty"`
	ValidFrom    Date   `json:"valid_from,omitzero"`
	ValidUntil   Date   `json:"valid_until,omitzero"`
	FirstIssue   Date   `json:"first_issue,omitzero"`
	PlaceOfIssue string `json:"place_of_issue,omitempty"`
	IssuedBy     string `json:"issued_by,omitempty"`
}
