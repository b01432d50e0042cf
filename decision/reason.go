package decision

// CodeResubmissionLimit is the reason code of a session that is declined because the person was asked
// to try again too often (https://devdocs.veriff.com/docs/granular-reason-codes).
const CodeResubmissionLimit = 539

// reasons are Veriff's standard codes
// (https://devdocs.veriff.com/docs/verification-session-decision-codes-table), and the one that the engine
// gives itself.
var reasons = map[int]string{
	101: "Physical document not used",
	102: "Suspected document tampering",
	103: "Person showing the document does not appear to match document photo",
	104: "Name entered does not match name on document",
	105: "Suspicious behaviour",
	106: "Known fraud",
	108: "Velocity/abuse duplicated end-user",
	109: "Velocity/abuse duplicated device",
	110: "Velocity/abuse duplicated ID",
	111: "Session fraudulently accessed",
	112: "Restricted IP location",
	113: "Suspicious behaviour - Identity Farming",
	120: "Person on the portrait does not appear to match reference photo",
	121: "User ID missing",
	122: "No reference found",
	123: "Unable to pass registry checks",
	124: "Face already exists in the face collection",
	127: "Face match with blocklist",
	128: "End User ID mismatch",
	129: "Invalid workflow",

	201: "Video and/or photos missing",
	202: "Face not clearly visible",
	203: "Full document not visible",
	204: "Poor image quality",
	205: "Document damaged",
	206: "Document type not supported",
	207: "Document expired",
	208: "Selfie missing",
	209: "Document photo missing",

	CodeResubmissionLimit: "Resubmission limit exceeded",
}

// ReasonText is the text of a reason code; nothing for a code that is not known.
func ReasonText(code int) string { return reasons[code] }
