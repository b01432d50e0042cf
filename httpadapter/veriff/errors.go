package veriff

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// refusal names one way in which a request is refused. It is an error, so that a handler returns it like any
// other.
type refusal int

const (
	keyMissing refusal = iota
	keyMalformed
	keyUnknown
	keyInactive
	signatureShape // missing or not 64 hex digits
	signatureShapeOnDelete
	signatureOfBody // well-formed, and not that of the body
	signatureOfID   // well-formed, and not that of the id in the path
	signatureOfIDOnDelete

	pathUnknown
	methodUnknown
	resourceUnknown
	bodyMalformed
	bodyTooLarge
	memberMissing
	memberInvalid
	dateMalformed
	dateOfBirthImpossible
	callbackNotHTTPS
	vendorDataTooLong
	vendorDataNotText

	statusUnsupported
	alreadySubmitted
	sessionEnded

	imageMissing
	imageNoData
	imageNotBase64
	imageNotFormat
	imageContext
	imageTooLarge
	imageTooLate

	deletionOff
	notCompleted
	inProgress
	tooMany
	broken

	refusals // how many there are
)

// answer is what a refusal says on the wire.
type answer struct {
	status  int // of HTTP
	code    string
	message string
	label   string // the body's member "status". Default: fail
}

// codes is what every refusal says. There may be several such tables, because the vendor's own pages differ.
type codes [refusals]answer

const (
	signatureInvalid  = "Invalid HMAC signature"
	signatureOnDelete = "Signature verification failed."
	validationFailed  = "Validation failed"
	submittedBefore   = "Session has already been submitted"
	notFound          = "Resource not found"
	tooLarge          = "Request is too large"
)

// endpointPages are the codes of the pages of the endpoints, such as
// https://devdocs.veriff.com/apidocs/v1sessionsid-2; where those say nothing, of
// https://devdocs.veriff.com/docs/some-troubleshooting-codes-table.
var endpointPages = codes{
	keyMissing: {http.StatusUnauthorized, "1101",
		"Mandatory X-AUTH-CLIENT header containing the API key is missing from the request.", ""},
	keyMalformed:           {http.StatusUnauthorized, "1802", "API key is not a valid UUID", ""},
	keyUnknown:             {http.StatusUnauthorized, "1803", "Integration with the API key was not found", ""},
	keyInactive:            {http.StatusUnauthorized, "1804", "Integration with the API key is not active", ""},
	signatureShape:         {http.StatusUnauthorized, "1812", signatureInvalid, ""},
	signatureShapeOnDelete: {http.StatusUnauthorized, "1812", signatureOnDelete, ""},
	signatureOfBody:        {http.StatusUnauthorized, "1812", signatureInvalid, ""},
	signatureOfID:          {http.StatusUnauthorized, "1812", signatureInvalid, ""},
	signatureOfIDOnDelete:  {http.StatusUnauthorized, "1812", signatureOnDelete, ""},

	pathUnknown:           {http.StatusNotFound, "1101", notFound, ""},
	methodUnknown:         {http.StatusMethodNotAllowed, "1101", "Method not allowed", ""},
	resourceUnknown:       {http.StatusNotFound, "1101", notFound, ""},
	bodyMalformed:         {http.StatusBadRequest, "1101", validationFailed, ""},
	bodyTooLarge:          {http.StatusRequestEntityTooLarge, "1101", tooLarge, ""},
	memberMissing:         {http.StatusBadRequest, "1102", "Mandatory parameters are missing from the request.", ""},
	memberInvalid:         {http.StatusBadRequest, "1104", "Request includes invalid parameters.", ""},
	dateMalformed:         {http.StatusBadRequest, "1203", "Invalid ISO 8601 date. Date needs to be in format YYYY-MM-DD.", ""},
	dateOfBirthImpossible: {http.StatusBadRequest, "2003", "Date of birth is not a valid date.", ""},
	callbackNotHTTPS:      {http.StatusBadRequest, "1302", "Only HTTPS return URLs are allowed.", ""},
	vendorDataTooLong:     {http.StatusBadRequest, "1500", "vendorData field cannot be more than 1000 symbols.", ""},
	vendorDataNotText:     {http.StatusBadRequest, "1501", "vendorData must be a string.", ""},

	statusUnsupported: {http.StatusBadRequest, "1101", validationFailed, ""},
	alreadySubmitted:  {http.StatusBadRequest, "1101", submittedBefore, ""},
	sessionEnded:      {http.StatusBadRequest, "1101", validationFailed, ""},

	imageMissing:   {http.StatusBadRequest, "1403", "Image property is missing.", ""},
	imageNoData:    {http.StatusBadRequest, "1400", "Image data not found.", ""},
	imageNotBase64: {http.StatusBadRequest, "1401", "Image is not in valid base64.", ""},
	imageNotFormat: {http.StatusBadRequest, "1400", "Image data not found.", ""},
	imageContext:   {http.StatusBadRequest, "1402", "Image context is not supported.", ""},
	imageTooLarge:  {http.StatusRequestEntityTooLarge, "1101", tooLarge, ""},
	imageTooLate:   {http.StatusConflict, "1101", submittedBefore, ""},

	deletionOff:  {http.StatusForbidden, "1101", "Deletion of sessions is not enabled for this integration.", ""},
	notCompleted: {http.StatusBadRequest, "1305", "Session is not in a completed status.", "400"},
	inProgress:   {http.StatusBadRequest, "1306", "Session in progress.", "400"},
	tooMany:      {http.StatusTooManyRequests, "1004", "Too many requests.", ""},
	broken:       {http.StatusInternalServerError, "1101", "Something went wrong", ""},
}

// Error is for the log; the client reads the table.
func (r refusal) Error() string { return fmt.Sprintf("veriff: refused: %s", endpointPages[r].message) }

// causes says which refusal an error of the engine is.
var causes = []struct {
	err error
	is  refusal
}{
	{session.ErrNotFound, resourceUnknown},
	{session.ErrErased, resourceUnknown}, // it is being deleted
	{session.ErrLimited, tooMany},
	{session.ErrDeletionOff, deletionOff},
	{session.ErrNotCompleted, notCompleted},
	{session.ErrInProgress, inProgress},
	{media.ErrContext, imageContext},
	{media.ErrFormat, imageNotFormat},
	{media.ErrTooLarge, imageTooLarge},
}

// faults says which refusal a fault of the facts is; what is not here is memberInvalid.
var faults = map[session.FactsError]refusal{
	{Field: "external_ref", Fault: session.FaultTooLong}: vendorDataTooLong,
	{Field: "callback", Fault: session.FaultNotHTTPS}:    callbackNotHTTPS,
}

// refusalOf is the refusal that err means; broken when it means none.
func refusalOf(err error) refusal {
	var named refusal
	var transition *session.TransitionError
	var facts *session.FactsError
	switch {
	case errors.As(err, &named):
		return named
	case errors.As(err, &transition):
		return refusalOfTransition(transition)
	case errors.As(err, &facts):
		if r, ok := faults[*facts]; ok {
			return r
		}
		return memberInvalid
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			return c.is
		}
	}
	return broken
}

func refusalOfTransition(e *session.TransitionError) refusal {
	switch {
	case e.Action == session.ActionUpload:
		return imageTooLate
	case e.Status == session.StatusExpired, e.Status == session.StatusAbandoned:
		return sessionEnded
	}
	return alreadySubmitted
}

// refuse answers an error. What the client did not cause goes to the log.
func (x *exchange) refuse(err error) {
	r := refusalOf(err)
	if r == broken && !errors.Is(err, context.Canceled) {
		x.log.ErrorContext(x.r.Context(), "a request failed", "method", x.r.Method, "route", x.r.Pattern, "error", err)
	}
	if x.sent {
		panic(http.ErrAbortHandler) // the client must not take what it has for the whole
	}
	var limited *session.RateError
	if errors.As(err, &limited) {
		x.w.Header().Set("Retry-After", retryAfter(limited.Retry.Sub(limited.At)))
	}
	a := x.codes[r]
	if a.label == "" {
		a.label = "fail"
	}
	_ = x.answer(a.status, failure{a.label, a.code, a.message}) // three texts can always be written
}

// retryAfter is whole seconds, rounded up: a client that comes then is not refused again for the same reason.
func retryAfter(wait time.Duration) string {
	return strconv.Itoa(max(int(math.Ceil(wait.Seconds())), 1))
}

type failure struct {
	Status  string `json:"status"`
	Code    string `json:"code"`
	Message string `json:"message"`
}
