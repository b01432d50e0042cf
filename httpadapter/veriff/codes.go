package veriff

import "net/http"

// Codes selects with which of the vendor's own codes a refusal is answered, as its pages differ.
type Codes int

const (
	// Pages are the codes of the pages of the endpoints, such as
	// https://devdocs.veriff.com/apidocs/v1sessionsid-2: nearly everything is 1101 or 1812. The default.
	Pages Codes = iota
	// Tables are the codes of https://devdocs.veriff.com/docs/credentials-and-authorization-codes-table and
	// https://devdocs.veriff.com/docs/some-troubleshooting-codes-table, which tell more causes apart.
	Tables
)

// answer is what a refusal says on the wire.
type answer struct {
	status        int // of HTTP
	code, message string
}

// condition says where a request is refused at all.
type condition int

const (
	always     condition = iota
	strictly             // where the integration's policy is strict
	withLegacy           // where Config.LegacySignature is on
)

// row is all there is to know of one refusal.
type row struct {
	cause  string    // a sentence, for people
	on     condition // default: always
	pages  answer
	tables answer // default: pages
	label  string // the body's member "status". Default: fail
}

// with is what the row answers with the codes chosen.
func (r row) with(c Codes) answer {
	if c == Tables && r.tables != (answer{}) {
		return r.tables
	}
	return r.pages
}

const (
	keyMissingText    = "Mandatory X-AUTH-CLIENT header containing the API key is missing from the request."
	keyMalformedText  = "API key is not a valid UUID"
	keyUnknownText    = "Integration with the API key was not found"
	signatureInvalid  = "Invalid HMAC signature"
	signatureOnDelete = "Signature verification failed."
	signatureNoHash   = "Signature is not a valid SHA256 hash"
	signatureNotOfID  = "Signature does not match the HMAC-SHA256 of query ID and integration API secret"
	notAuthenticated  = "Could not authenticate request."
	validationFailed  = "Validation failed"
	parametersMissing = "Mandatory parameters are missing from the request."
	parametersInvalid = "Request includes invalid parameters."
	submittedBefore   = "Session has already been submitted"
	noTransition      = `Cannot transition to "submitted" status.`
	notFound          = "Resource not found"
	tooLarge          = "Request is too large"
	queryIDLength     = "Query ID must be between 20 and 40 symbols."
	queryIDForm       = "Query ID must be a valid UUID V4"
	noImageData       = "Image data not found."
)

// refusalTable is the one place of all codes.
var refusalTable = [refusals]row{
	keyMissing: {cause: "X-AUTH-CLIENT is missing or empty.",
		pages:  answer{http.StatusUnauthorized, "1101", keyMissingText},
		tables: answer{http.StatusUnauthorized, "1801", keyMissingText}},
	keyMalformed: {cause: "The API key is no UUID.",
		pages: answer{http.StatusUnauthorized, "1802", keyMalformedText}},
	keyTwice: {cause: "X-AUTH-CLIENT is there more than once.",
		pages:  answer{http.StatusUnauthorized, "1802", keyMalformedText},
		tables: answer{http.StatusUnauthorized, "1815", notAuthenticated}},
	keyUnknown: {cause: "Nobody has the API key.",
		pages: answer{http.StatusUnauthorized, "1803", keyUnknownText}},
	keyInactive: {cause: "The integration is not active.",
		pages: answer{http.StatusUnauthorized, "1804", "Integration with the API key is not active"}},
	integrationForeign: {cause: "vrf-integration-id is there twice, or names nothing that the API key may act for.",
		pages: answer{http.StatusUnauthorized, "1803", keyUnknownText}},

	signatureShape: {cause: "The signature is missing, or not 64 hexadecimal digits.",
		pages:  answer{http.StatusUnauthorized, "1812", signatureInvalid},
		tables: answer{http.StatusUnauthorized, "1812", signatureNoHash}},
	signatureShapeOnDelete: {cause: "The signature of a deletion is missing, or not 64 hexadecimal digits.",
		pages:  answer{http.StatusUnauthorized, "1812", signatureOnDelete},
		tables: answer{http.StatusUnauthorized, "1812", signatureNoHash}},
	signatureTwice: {cause: "The signature is there more than once.",
		pages:  answer{http.StatusUnauthorized, "1812", signatureInvalid},
		tables: answer{http.StatusUnauthorized, "1815", notAuthenticated}},
	signatureTwiceOnDelete: {cause: "The signature of a deletion is there more than once.",
		pages:  answer{http.StatusUnauthorized, "1812", signatureOnDelete},
		tables: answer{http.StatusUnauthorized, "1815", notAuthenticated}},
	signatureOfBody: {cause: "The signature is not that of the body (POST and PATCH).",
		pages: answer{http.StatusUnauthorized, "1812", signatureInvalid},
		tables: answer{http.StatusUnauthorized, "1819",
			"Signature does not match the HMAC-SHA256 of request body and integration API secret"}},
	signatureOfID: {cause: "The signature is not that of the id in the path (GET).",
		pages:  answer{http.StatusUnauthorized, "1812", signatureInvalid},
		tables: answer{http.StatusUnauthorized, "1818", signatureNotOfID}},
	signatureOfIDOnDelete: {cause: "The signature is not that of the id in the path (DELETE).",
		pages:  answer{http.StatusUnauthorized, "1812", signatureOnDelete},
		tables: answer{http.StatusUnauthorized, "1818", signatureNotOfID}},
	legacyOfBody: {cause: "X-SIGNATURE is not that of the body (POST and PATCH).", on: withLegacy,
		pages: answer{http.StatusUnauthorized, "1814",
			"Signature does not match the SHA256 hash of request body and integration API secret"}},
	legacyOfID: {cause: "X-SIGNATURE is not that of the id in the path (GET and DELETE).", on: withLegacy,
		pages: answer{http.StatusUnauthorized, "1813",
			"Signature does not match the SHA256 hash of query ID and integration API secret"}},

	pathUnknown: {cause: "There is no such path.",
		pages: answer{http.StatusNotFound, "1101", notFound}},
	methodUnknown: {cause: "The path does not have the method.",
		pages: answer{http.StatusMethodNotAllowed, "1101", "Method not allowed"}},
	resourceUnknown: {cause: "There is no such thing, it has been deleted, or it is another tenant's.",
		pages: answer{http.StatusNotFound, "1101", notFound}},
	idLength: {cause: "The id in the path has not 20 to 40 characters.",
		pages:  answer{http.StatusNotFound, "1101", notFound},
		tables: answer{http.StatusBadRequest, "1001", queryIDLength}},
	idForm: {cause: "The id in the path is not a UUID version 4.",
		pages:  answer{http.StatusNotFound, "1101", notFound},
		tables: answer{http.StatusBadRequest, "1002", queryIDForm}},

	bodyMalformed: {cause: "The body is not one JSON object, has a key twice, or nests too deep.",
		pages: answer{http.StatusBadRequest, "1101", validationFailed}},
	bodyTooLarge: {cause: "The body is too large.",
		pages: answer{http.StatusRequestEntityTooLarge, "1101", tooLarge}},
	memberMissing: {cause: "A mandatory member is missing or null.",
		pages: answer{http.StatusBadRequest, "1102", parametersMissing}},
	memberInvalid: {cause: "A member that is made use of is of the wrong type, or its value is not one of those that are taken.",
		pages: answer{http.StatusBadRequest, "1104", parametersInvalid}},
	memberUnknown: {cause: "The body of a creation, submission or upload has a member that no page names.", on: strictly,
		pages: answer{http.StatusBadRequest, "1104", parametersInvalid}},
	dateMalformed: {cause: "A date is not of the form YYYY-MM-DD, or is no day of the calendar.",
		pages: answer{http.StatusBadRequest, "1203", "Invalid ISO 8601 date. Date needs to be in format YYYY-MM-DD."}},
	dateOfBirthImpossible: {cause: "The date of birth is no day of the calendar.",
		pages: answer{http.StatusBadRequest, "2003", "Date of birth is not a valid date."}},
	callbackNotHTTPS: {cause: "The callback is not an https address.",
		pages: answer{http.StatusBadRequest, "1302", "Only HTTPS return URLs are allowed."}},
	vendorDataTooLong: {cause: "vendorData has more than 1,000 characters.",
		pages: answer{http.StatusBadRequest, "1500", "vendorData field cannot be more than 1000 symbols."}},
	vendorDataNotText: {cause: "vendorData is no string.",
		pages: answer{http.StatusBadRequest, "1501", "vendorData must be a string."}},

	queryLength: {cause: "verification.id has not 20 to 40 characters.", on: strictly,
		pages: answer{http.StatusBadRequest, "1001", queryIDLength}},
	queryForm: {cause: "verification.id is not a UUID version 4.", on: strictly,
		pages: answer{http.StatusBadRequest, "1002", queryIDForm}},
	queryReused: {cause: "The integration has used verification.id before.", on: strictly,
		pages: answer{http.StatusBadRequest, "1003", "Query ID must be unique, it has already been used."}},
	timestampOld: {cause: "verification.timestamp is more than one hour ago.", on: strictly,
		pages: answer{http.StatusBadRequest, "1201", "Invalid timestamp. Timestamp must not be older than one hour."}},
	timestampMalformed: {cause: "verification.timestamp is not YYYY-MM-DDTHH:MM:SS with Z or an offset.", on: strictly,
		pages: answer{http.StatusBadRequest, "1202",
			"Timestamp format is incorrect. YYYY-MM-DDTHH:MM:S+Timezone Offset|Z or UTC."}},
	featuresUnsupported: {cause: "verification.features has something else than selfid.", on: strictly,
		pages: answer{http.StatusBadRequest, "1301", "Requested features are not supported."}},
	documentNumberLength: {cause: "The document number has not 6 to 9 characters.", on: strictly,
		pages: answer{http.StatusBadRequest, "2101", "Document number has to be between 6 and 9 characters."}},
	documentNumberCharset: {cause: "The document number has other characters than A to Z and 0 to 9.", on: strictly,
		pages: answer{http.StatusBadRequest, "2102", "Document number may contain only characters and numbers A-Z, 0-9."}},
	documentType: {cause: "The document type is not one of those that are taken.", on: strictly,
		pages: answer{http.StatusBadRequest, "2103", "Document type is not supported."}},
	documentCountry: {cause: "The document country is no code of ISO 3166-1 alpha-2.", on: strictly,
		pages: answer{http.StatusBadRequest, "2104", "Document from provided country is not supported."}},

	idNumberMissing: {cause: "A registry check lacks person.idNumber.",
		pages: answer{http.StatusBadRequest, "1308", "ID number is missing."}},
	nameMissing: {cause: "A registry check lacks the person's name.",
		pages: answer{http.StatusBadRequest, "1309",
			"SSN validation requires person firstName + lastName OR fullName to be provided."}},
	birthMissing: {cause: "A registry check lacks both the date of birth and an address.",
		pages: answer{http.StatusBadRequest, "1310",
			"SSN validation requires person.dateOfBirth or address data to be provided."}},

	statusUnsupported: {cause: "A submission asks for another status than submitted.",
		pages:  answer{http.StatusBadRequest, "1101", validationFailed},
		tables: answer{http.StatusBadRequest, "1303", "Invalid status."}},
	alreadySubmitted: {cause: "The session has been submitted before.",
		pages:  answer{http.StatusBadRequest, "1101", submittedBefore},
		tables: answer{http.StatusBadRequest, "1304", noTransition}},
	sessionEnded: {cause: "The session to be submitted has expired or was abandoned.",
		pages:  answer{http.StatusBadRequest, "1101", validationFailed},
		tables: answer{http.StatusBadRequest, "1304", noTransition}},
	incomplete: {cause: "The session lacks media of a context that the integration's policy requires.",
		pages: answer{http.StatusBadRequest, "1101", validationFailed}},
	dataTooLate: {cause: "Device data come when the session takes none any more.",
		pages: answer{http.StatusBadRequest, "1101", submittedBefore}},
	enough: {cause: "Device data come for the eleventh time in an attempt, or more media than its policy allows.",
		pages: answer{http.StatusBadRequest, "1101", validationFailed}},

	imageMissing: {cause: "An upload has no medium.",
		pages: answer{http.StatusBadRequest, "1403", "Image property is missing."}},
	imageNoData: {cause: "The medium has no content.",
		pages: answer{http.StatusBadRequest, "1400", noImageData}},
	imageNotBase64: {cause: "The content is not base64.",
		pages: answer{http.StatusBadRequest, "1401", "Image is not in valid base64."}},
	imageNotFormat: {cause: "The content is of no format that its context takes.",
		pages: answer{http.StatusBadRequest, "1400", noImageData}},
	imageContext: {cause: "The context is missing, or not one of those that are taken.",
		pages: answer{http.StatusBadRequest, "1402", "Image context is not supported."}},
	imageTooLarge: {cause: "The medium is too large.",
		pages: answer{http.StatusRequestEntityTooLarge, "1101", tooLarge}},
	imageTooLate: {cause: "The medium comes when the session takes none any more.",
		pages: answer{http.StatusConflict, "1101", submittedBefore}},
	uploadTooSlow: {cause: "The body of an upload comes too slowly.",
		pages: answer{http.StatusRequestTimeout, "1101", "Request took too long"}},
	uploadsBusy: {cause: "Too many uploads are running.",
		pages: answer{http.StatusServiceUnavailable, "1101", "Too many uploads at once"}},

	deletionOff: {cause: "The integration may not delete sessions.",
		pages: answer{http.StatusForbidden, "1101", "Deletion of sessions is not enabled for this integration."}},
	notCompleted: {cause: "The session to be deleted waits for its decision.", label: "400",
		pages: answer{http.StatusBadRequest, "1305", "Session is not in a completed status."}},
	inProgress: {cause: "The person was active a moment ago in the session to be deleted.", label: "400",
		pages: answer{http.StatusBadRequest, "1306", "Session in progress."}},
	screeningOff: {cause: "The integration does not have people screened.",
		pages: answer{http.StatusPaymentRequired, "1101", "Watchlist screening is not enabled for this integration."}},
	registryOff: {cause: "The integration may not ask registries, or not wait for them.",
		pages: answer{http.StatusForbidden, "1101", "Registry checks are not enabled for this integration."}},
	tooMany: {cause: "The integration has used up its rate.",
		pages: answer{http.StatusTooManyRequests, "1004", "Too many requests."}},
	broken: {cause: "Something failed that the client did not cause.",
		pages: answer{http.StatusInternalServerError, "1101", "Something went wrong"}},
}
