package workflow

import "github.com/bonafide-idv/bonafide/decision"

// Outcome is what a workflow concludes.
type Outcome string

// The outcomes.
const (
	Approved    Outcome = "approved"
	Rejected    Outcome = "rejected"
	NeedsReview Outcome = "needs_review"
)

// Valid reports whether o is one of the outcomes.
func (o Outcome) Valid() bool { return o == Approved || o == Rejected || o == NeedsReview }

// Decision is the outcome in the words of package decision; nothing for one that is not valid.
func (o Outcome) Decision() decision.Outcome {
	switch o {
	case Approved:
		return decision.Approved
	case Rejected:
		return decision.Declined
	case NeedsReview:
		return decision.Review
	}
	return ""
}
