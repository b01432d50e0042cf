package verifa

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// refusal is how a request is refused: https://docs.withverifa.com/api-details/errors. It is an error, so that a
// handler returns it like any other.
type refusal struct {
	status int
	code   string
	detail string       // a fixed sentence
	fields []fieldFault // of a body that is not valid; then they are the detail
	retry  time.Duration
}

// fieldFault says what is wrong with one member of a body, by its name in snake_case.
type fieldFault struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error is for the log.
func (r *refusal) Error() string { return "verifa: refused: " + r.code }

// failure is the body of a refusal. It is always in snake_case.
type failure struct {
	Error      string `json:"error"`
	Detail     any    `json:"detail"`
	StatusCode int    `json:"status_code"`
}

func invalidRequest(detail string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "invalid_request", detail: detail}
}

func unauthorized(detail string) *refusal {
	return &refusal{status: http.StatusUnauthorized, code: "unauthorized", detail: detail}
}

func forbidden(detail string) *refusal {
	return &refusal{status: http.StatusForbidden, code: "forbidden", detail: detail}
}

func notFound(detail string) *refusal {
	return &refusal{status: http.StatusNotFound, code: "not_found", detail: detail}
}

func conflict(detail string) *refusal {
	return &refusal{status: http.StatusConflict, code: "conflict", detail: detail}
}

func gone(detail string) *refusal {
	return &refusal{status: http.StatusGone, code: "gone", detail: detail}
}

// invalid refuses members of a body.
func invalid(fields ...fieldFault) *refusal {
	return &refusal{status: http.StatusUnprocessableEntity, code: "validation_error", fields: fields}
}

// invalidField refuses one member of a body.
func invalidField(name, message string) *refusal { return invalid(fieldFault{name, message}) }

// causes says how an error of the engine, or of what takes in bodies, is refused, where a handler says nothing else.
var causes = []struct {
	err error
	is  *refusal
}{
	{session.ErrNotFound, notFound("Session not found.")},
	{session.ErrErased, gone("The personal data are redacted.")},
	{session.ErrHeld, conflict("A legal hold keeps the session's data.")},
	{session.ErrOff, forbidden("This is not enabled for the organization.")},
	{session.ErrUnvisited, &refusal{
		status: http.StatusBadRequest, code: "token_not_visited",
		detail: "The link must be visited first: that gives the token of the capture.",
	}},
	{session.ErrNotSandbox, forbidden("Only sandbox sessions can be simulated.")},
	{session.ErrMismatch, &refusal{status: 422, code: "idempotency_mismatch",
		detail: "Idempotency key has already been used with different parameters."}},
	{session.ErrRunning, conflict("A request with this idempotency key is still being served.")},
	{session.ErrConflict, conflict("The object was changed by another request meanwhile.")},
	{session.ErrConsent, &refusal{status: http.StatusBadRequest, code: "consent_required", detail: "Consent must be recorded first."}},
	{session.ErrClaimed, conflict("Another reviewer has the case.")},
	{session.ErrDeliveryPending, conflict("The delivery is still to be made.")},
	{session.ErrNoDeliverer, forbidden("Webhooks are not sent here.")},
	{session.ErrEnough, conflict("There are as many of these as there may be.")},
	{session.ErrVerdict, invalidField("decision", "is not acceptable")},
	{auth.ErrLink, forbidden("The link is not valid.")},
	{auth.ErrLinkExpired, forbidden("The link has expired.")},
	{media.ErrContext, invalidField("document_type", documentMessage)},
	{media.ErrFormat, invalidField("file", "must be a JPEG, PNG, WebP or PDF")},
	{media.ErrTooLarge, invalidField("file", "must have at most 10 MB, and as a picture at most 250 million pixels")},
	{intake.ErrTooLarge, &refusal{status: http.StatusRequestEntityTooLarge, code: "invalid_request", detail: "The body is too large: it may have 1 MiB."}},
	{intake.ErrTooSlow, &refusal{status: http.StatusRequestTimeout, code: "invalid_request", detail: "The body came too slowly."}},
	{intake.ErrBrokenOff, invalidRequest("The body ended before its end.")},
	{intake.ErrBusy, &refusal{status: http.StatusServiceUnavailable, code: "internal", detail: "Too many uploads at once.", retry: time.Second}},
}

// broken is what the client did not cause.
var broken = &refusal{status: http.StatusInternalServerError, code: "internal", detail: "Something went wrong."}

// refusalOf is how err is refused.
func refusalOf(err error) *refusal {
	var named *refusal
	var transition *session.TransitionError
	var facts *session.FactsError
	var link *session.LinkError
	var incomplete *session.IncompleteError
	var limited *session.RateError
	switch {
	case errors.As(err, &named):
		return named
	case errors.As(err, &limited):
		return rateLimited(limited.Retry.Sub(limited.At))
	case errors.As(err, &transition):
		return refusalOfTransition(transition)
	case errors.As(err, &facts):
		return invalid(faultOf(facts))
	case errors.As(err, &link):
		return refusalOfLink(link)
	case errors.As(err, &incomplete):
		return refusalOfIncomplete(incomplete)
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			return c.is
		}
	}
	return broken
}

// refusalOfTransition tells what is not possible where the session stands.
func refusalOfTransition(e *session.TransitionError) *refusal {
	is := impossible(e)
	switch e.Action {
	case session.ActionUpload, session.ActionCollect, session.ActionLink, session.ActionExpire, session.ActionResume, session.ActionStart:
		return is
	case session.ActionSubmit:
		return invalidField("id", "is that of a session that is "+statusOf(e.Status, e.Sandbox)+", and cannot be submitted")
	}
	return conflict(is.detail)
}

// impossible is 400 for what is not possible where the session stands.
func impossible(e *session.TransitionError) *refusal {
	return invalidRequest(fmt.Sprintf("Not possible while the session is %s.", statusOf(e.Status, e.Sandbox)))
}

// refusalOfIncomplete names everything that is missing.
func refusalOfIncomplete(e *session.IncompleteError) *refusal {
	r := invalid()
	for _, name := range missingNames(e) {
		r.fields = append(r.fields, fieldFault{name, "is missing"})
	}
	return r
}

// missingNames are what is missing before a submission, in this language's names.
func missingNames(e *session.IncompleteError) (names []string) {
	if e.Choice {
		names = append(names, "document_type")
	}
	return append(names, documentNames(e.Missing)...)
}

// refusalOfLink tells why a capture token is good for nothing, each in a code of its own.
func refusalOfLink(e *session.LinkError) *refusal {
	r := map[session.LinkState]refusal{
		session.LinkConsumed: {code: "token_consumed", detail: "The link was used already."},
		session.LinkExpired:  {code: "token_expired", detail: "The session has expired."},
		session.LinkRevoked:  {code: "token_revoked", detail: "There is a newer link."},
		session.LinkDone:     {code: "token_completed", detail: "The capture is complete."},
	}[e.State]
	r.status = http.StatusBadRequest
	return &r
}

func rateLimited(wait time.Duration) *refusal {
	n := retryAfter(wait)
	return &refusal{
		status: http.StatusTooManyRequests, code: "rate_limited", retry: time.Duration(n) * time.Second,
		detail: fmt.Sprintf("Rate limit exceeded. Retry after %d seconds.", n),
	}
}

// retryAfter is whole seconds, rounded up: a client that comes then is not refused again for the same reason.
func retryAfter(wait time.Duration) int { return max(int(math.Ceil(wait.Seconds())), 1) }

// refuse answers an error. What the client did not cause goes to the log.
func (x *exchange) refuse(err error) {
	var answered *session.AnsweredError
	if errors.As(err, &answered) {
		x.replay(answered.Answer)
		return
	}
	r := refusalOf(err)
	if r == broken && !errors.Is(err, context.Canceled) {
		x.Log.ErrorContext(x.r.Context(), "a request failed", "method", x.r.Method, "route", x.path, "error", err)
	}
	if x.sent {
		panic(http.ErrAbortHandler) // the client must not take what it has for the whole
	}
	if r.retry > 0 {
		x.w.Header().Set("Retry-After", strconv.Itoa(retryAfter(r.retry)))
	}
	f := failure{Error: r.code, Detail: r.detail, StatusCode: r.status}
	if len(r.fields) > 0 {
		f.Detail = r.fields
	}
	body, _ := jsontext.Stringify(f) // texts can always be written
	x.send(r.status, body)
}
