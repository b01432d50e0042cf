package webhook

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// ErrNoSecret is what a [Scheme] answers when the endpoint has no secret to sign with.
var ErrNoSecret = errors.New("webhook: the endpoint has no signing secret")

// Scheme signs deliveries in the way of one wire language. [Config].Schemes says which endpoints have which.
type Scheme interface {
	// Sign adds to h the headers that prove d to the receiver at to, in a try that begins at now: h already has
	// content-type, user-agent and bonafide-sequence. The body is d.Body and MUST NOT be written to. When Sign
	// fails nothing is sent, and the try has a note: [NoteNoCredentials] for an error that wraps
	// [auth.ErrUnknownKey], [NoteNoSecret] for [ErrNoSecret], [NoteCancelled] or [NoteTimeout] for that of ctx, which
	// ends when the try does, and [NoteKeyring] for any other. It MUST be safe for concurrent use.
	Sign(ctx context.Context, h http.Header, to session.Endpoint, d session.Delivery, now time.Time) error
}

// noteOfScheme puts into fixed words why there is no signature.
func noteOfScheme(err error) string {
	switch {
	case errors.Is(err, auth.ErrUnknownKey):
		return NoteNoCredentials
	case errors.Is(err, ErrNoSecret):
		return NoteNoSecret
	case errors.Is(err, context.Canceled):
		return NoteCancelled
	case errors.Is(err, context.DeadlineExceeded):
		return NoteTimeout
	}
	return NoteKeyring
}

// writeStandard writes the headers of https://www.standardwebhooks.com.
func writeStandard(h http.Header, d session.Delivery, now time.Time, signatures []string) {
	h.Set("Webhook-Id", d.ID.String())
	h.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	h.Set("Webhook-Signature", strings.Join(signatures, " "))
}
