package veriff

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// refusal names one way in which a request is refused: a row of refusalTable. It is an error, so that a handler
// returns it like any other.
type refusal int

const (
	keyMissing refusal = iota
	keyMalformed
	keyTwice
	keyUnknown
	keyInactive
	integrationForeign

	signatureShape // missing or not 64 hex digits
	signatureShapeOnDelete
	signatureTwice
	signatureTwiceOnDelete
	signatureOfBody // well-formed, and not that of the body
	signatureOfID   // well-formed, and not that of the id in the path
	signatureOfIDOnDelete
	legacyOfBody
	legacyOfID

	pathUnknown
	methodUnknown
	resourceUnknown
	idLength
	idForm

	bodyMalformed
	bodyTooLarge
	memberMissing
	memberInvalid
	memberUnknown
	dateMalformed
	dateOfBirthImpossible
	callbackNotHTTPS
	vendorDataTooLong
	vendorDataNotText

	queryLength // of the id that the client gives its creation
	queryForm
	queryReused
	timestampOld
	timestampMalformed
	featuresUnsupported
	documentNumberLength
	documentNumberCharset
	documentType
	documentCountry

	idNumberMissing
	nameMissing
	birthMissing

	statusUnsupported
	alreadySubmitted
	sessionEnded
	incomplete
	dataTooLate
	enough

	imageMissing
	imageNoData
	imageNotBase64
	imageNotFormat
	imageContext
	imageTooLarge
	imageTooLate
	uploadTooSlow
	uploadsBusy

	deletionOff
	notCompleted
	inProgress
	screeningOff
	registryOff
	tooMany
	broken

	refusals // how many there are
)

// Error is for the log; the client reads the table.
func (r refusal) Error() string { return fmt.Sprintf("veriff: refused: %s", refusalTable[r].cause) }

// causes says which refusal an error of the engine is.
var causes = []struct {
	err error
	is  refusal
}{
	{session.ErrNotFound, resourceUnknown},
	{session.ErrErased, resourceUnknown}, // it is being deleted
	{session.ErrLimited, tooMany},
	{session.ErrEnough, enough},
	{session.ErrReused, queryReused},
	{session.ErrIncomplete, incomplete},
	{session.ErrDeletionOff, deletionOff},
	{session.ErrNotCompleted, notCompleted},
	{session.ErrInProgress, inProgress},
	{session.ErrScreeningOff, screeningOff},
	{session.ErrRegistryOff, registryOff},
	{intake.ErrBusy, uploadsBusy},
	{intake.ErrTooSlow, uploadTooSlow},
	{intake.ErrTooLarge, bodyTooLarge},
	{intake.ErrBrokenOff, bodyMalformed},
	{media.ErrContext, imageContext},
	{media.ErrFormat, imageNotFormat},
	{media.ErrTooLarge, imageTooLarge},
	{media.ErrChipMissing, memberMissing},
	{media.ErrChipEncoding, imageNotBase64},
}

// faults says which refusal a fault of the facts is. Of those that are not here, what is missing is
// memberMissing, and the rest memberInvalid.
var faults = map[session.FactsError]refusal{
	{Field: "external_ref", Fault: session.FaultTooLong}:         vendorDataTooLong,
	{Field: "callback", Fault: session.FaultNotHTTPS}:            callbackNotHTTPS,
	{Field: "document.number", Fault: session.FaultLength}:       documentNumberLength,
	{Field: "document.number", Fault: session.FaultCharset}:      documentNumberCharset,
	{Field: "document.type", Fault: session.FaultUnknown}:        documentType,
	{Field: "document.country", Fault: session.FaultUnknown}:     documentCountry,
	{Field: "person.id_number", Fault: session.FaultMissing}:     idNumberMissing,
	{Field: "person.full_name", Fault: session.FaultMissing}:     nameMissing,
	{Field: "person.date_of_birth", Fault: session.FaultMissing}: birthMissing,
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
		return refusalOfFacts(*facts)
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
	case e.Action == session.ActionCollect:
		return dataTooLate
	case e.Status == session.StatusExpired, e.Status == session.StatusAbandoned:
		return sessionEnded
	}
	return alreadySubmitted
}

func refusalOfFacts(e session.FactsError) refusal {
	if r, ok := faults[e]; ok {
		return r
	}
	if e.Fault == session.FaultMissing {
		return memberMissing
	}
	return memberInvalid
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
	switch {
	case errors.As(err, &limited):
		x.w.Header().Set("Retry-After", retryAfter(limited.Retry.Sub(limited.At)))
	case r == uploadsBusy:
		x.w.Header().Set("Retry-After", retryAfter(time.Second))
	}
	told := refusalTable[r].with(x.codes)
	label := refusalTable[r].label
	if label == "" {
		label = "fail"
	}
	_ = x.answer(told.status, failure{label, told.code, told.message}) // three texts can always be written
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
