package decision

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

// Verdict is what a decider or a reviewer concludes. As a value of a log it says its outcome and code, and nothing
// of its Record.
type Verdict struct {
	Outcome Outcome
	// Code is the reason code; 0: none. A code of which [ReasonOf] knows nothing is passed on as it is.
	Code int
	// Record is what was read and found. It is personal data.
	Record Record
}
