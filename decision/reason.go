package decision

import "slices"

// The reason codes that this module gives of its own accord, on behalf of the host or in a sandbox. A decider may
// give any: see [Reasons].
const (
	// CodeDocumentTampering: the document seems to have been tampered with.
	CodeDocumentTampering = 102
	// CodeRegistryChecks: a registry does not confirm what the person has said.
	CodeRegistryChecks = 123
	// CodePoorImageQuality: the pictures are too poor to conclude anything.
	CodePoorImageQuality = 204
	// CodeResubmissionLimit: the person was asked to try again too often.
	CodeResubmissionLimit = 539
)

// Reason is one of the reasons that a decision may be given.
type Reason struct {
	Code int
	Text string
	Kind ReasonKind
	// Granular: the vendor gives it only where an integration is configured for it.
	Granular bool
}

// ReasonKind says which outcome a reason is for.
type ReasonKind string

// The kinds of reason.
const (
	ReasonDeclined     ReasonKind = "declined"
	ReasonResubmission ReasonKind = "resubmission"
)

// Reasons are all known reasons, by code: Veriff's standard codes
// (https://devdocs.veriff.com/docs/verification-session-decision-codes-table) and its granular ones
// (https://devdocs.veriff.com/docs/granular-reason-codes). The slice is the caller's own. A decider is not
// bound to them: a code that is not known is told as it is.
func Reasons() []Reason { return slices.Clone(reasons) }

// ReasonOf is the reason with the given code, and whether it is known.
func ReasonOf(code int) (Reason, bool) {
	i, ok := slices.BinarySearchFunc(reasons, code, func(r Reason, code int) int { return r.Code - code })
	if !ok {
		return Reason{}, false
	}
	return reasons[i], true
}

// ReasonText is the text of a reason code; nothing for a code that is not known.
func ReasonText(code int) string {
	r, _ := ReasonOf(code)
	return r.Text
}

// reasons is never changed. It is in the order of the codes. The ages are in words of our own; codes whose
// words are not known, as 210 and 540, are left out.
var reasons = []Reason{
	{101, "Physical document not used", ReasonDeclined, false},
	{CodeDocumentTampering, "Suspected document tampering", ReasonDeclined, false},
	{103, "Person showing the document does not appear to match document photo", ReasonDeclined, false},
	{104, "Name entered does not match name on document", ReasonDeclined, false},
	{105, "Suspicious behaviour", ReasonDeclined, false},
	{106, "Known fraud", ReasonDeclined, false},
	{107, "Velocity/abuse", ReasonDeclined, true},
	{108, "Velocity/abuse duplicated end-user", ReasonDeclined, false},
	{109, "Velocity/abuse duplicated device", ReasonDeclined, false},
	{110, "Velocity/abuse duplicated ID", ReasonDeclined, false},
	{111, "Session fraudulently accessed", ReasonDeclined, false},
	{112, "Restricted IP location", ReasonDeclined, false},
	{113, "Suspicious behaviour - Identity Farming", ReasonDeclined, false},
	{120, "Person on the portrait does not appear to match reference photo", ReasonDeclined, false},
	{121, "User ID missing", ReasonDeclined, false},
	{122, "No reference found", ReasonDeclined, false},
	{CodeRegistryChecks, "Unable to pass registry checks", ReasonDeclined, false},
	{124, "Face already exists in the face collection", ReasonDeclined, false},
	{126, "Potential PEP match", ReasonDeclined, true},
	{127, "Face match with blocklist", ReasonDeclined, false},
	{128, "End User ID mismatch", ReasonDeclined, false},
	{129, "Invalid workflow", ReasonDeclined, false},

	{201, "Video and/or photos missing", ReasonResubmission, false},
	{202, "Face not clearly visible", ReasonResubmission, false},
	{203, "Full document not visible", ReasonResubmission, false},
	{CodePoorImageQuality, "Poor image quality", ReasonResubmission, false},
	{205, "Document damaged", ReasonResubmission, false},
	{206, "Document type not supported", ReasonResubmission, false},
	{207, "Document expired", ReasonResubmission, false},
	{208, "Selfie missing", ReasonResubmission, false},
	{209, "Document photo missing", ReasonResubmission, false},

	{501, "High probability of fraudulent attempt", ReasonDeclined, true},
	{502, "Multiple parties present in session", ReasonDeclined, true},
	{503, "Attempted deceit", ReasonDeclined, true},
	{504, "Attempted deceit, device screen used", ReasonDeclined, true},
	{505, "Attempted deceit, printout used", ReasonDeclined, true},
	{506, "Presented document tampered", ReasonDeclined, true},
	{507, "Presented document tampered, data cross reference", ReasonDeclined, true},
	{508, "Presented document tampered, document similarity to specimen", ReasonDeclined, true},
	{509, "Person showing the document does not match document photo", ReasonDeclined, true},
	{510, "Presented document type not supported", ReasonDeclined, true},
	{511, "Presented document expired", ReasonDeclined, true},
	{515, "Attempted deceit, device screen used for face image", ReasonDeclined, true},
	{526, "Attempted deceit, photos streamed", ReasonDeclined, true},
	{527, "Unable to collect proof of address data", ReasonDeclined, true},
	{528, "Proof of address issue date too old", ReasonDeclined, true},
	{530, "Under 13 years old", ReasonDeclined, true},
	{531, "Under 14 years old", ReasonDeclined, true},
	{532, "Under 16 years old", ReasonDeclined, true},
	{533, "Under 18 years old", ReasonDeclined, true},
	{534, "Under 20 years old", ReasonDeclined, true},
	{535, "Under 21 years old", ReasonDeclined, true},
	{536, "Under 25 years old", ReasonDeclined, true},
	{537, "Unable to perform document media portrait cropping", ReasonDeclined, true},
	{CodeResubmissionLimit, "Resubmission limit exceeded", ReasonDeclined, true},

	{602, "Presented document type not supported", ReasonResubmission, true},
	{603, "Video missing", ReasonResubmission, true},
	{605, "Face image missing", ReasonResubmission, true},
	{606, "Face is not clearly visible", ReasonResubmission, true},
	{608, "Document front missing", ReasonResubmission, true},
	{609, "Document back missing", ReasonResubmission, true},
	{614, "Document front not fully in frame", ReasonResubmission, true},
	{615, "Document back not fully in frame", ReasonResubmission, true},
	{619, "Document data not visible", ReasonResubmission, true},
	{620, "Presented document expired", ReasonResubmission, true},
	{621, "Document annulled or damaged", ReasonResubmission, true},
	{625, "Unable to collect surname", ReasonResubmission, true},
	{626, "Unable to collect first names", ReasonResubmission, true},
	{627, "Unable to collect date of birth", ReasonResubmission, true},
	{628, "Unable to collect issue date", ReasonResubmission, true},
	{629, "Unable to collect expiry date", ReasonResubmission, true},
	{630, "Unable to collect gender", ReasonResubmission, true},
	{631, "Unable to collect document number", ReasonResubmission, true},
	{632, "Unable to collect personal number", ReasonResubmission, true},
	{633, "Unable to collect nationality", ReasonResubmission, true},
	{634, "Unable to collect home address", ReasonResubmission, true},
	{635, "Document and face image missing", ReasonResubmission, true},
	{641, "Multiple Faces Detected", ReasonResubmission, true},
	{642, "Multiple Documents Uploaded", ReasonResubmission, true},
}
