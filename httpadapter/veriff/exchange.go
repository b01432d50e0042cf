package veriff

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

// maxBody is how many bytes a request may have that carries no media.
const maxBody = 1 << 20

// exchange is one request and its answer.
type exchange struct {
	*adapter
	w    http.ResponseWriter
	r    *http.Request
	sent bool // the answer has begun

	// Of whose key is known and active; before that, nothing.
	key         string // the API key as the request writes it
	credential  auth.Credential
	secret      *auth.Secret // signs the answer
	byLegacy    bool         // with X-SIGNATURE too, as the request was
	integration uuid.UUID
	engine      *session.Engine // acts for the integration
}

// body reads the request's body, as it came: it is never decompressed.
func (x *exchange) body(limit int64) ([]byte, error) {
	body, err := intake.ReadAll(x.r, limit)
	switch {
	case err == nil, err == intake.ErrTooLarge, errors.Is(err, context.Canceled):
		return body, err
	}
	return nil, bodyMalformed // it ended before its end
}

// orRefused gives what the engine refuses the action with, whatever its body says, before what is wrong with
// the body.
func (x *exchange) orRefused(id uuid.UUID, action session.Action, fault error) error {
	if err := x.engine.Can(x.r.Context(), id, action); err != nil {
		return err
	}
	return fault
}

// answer sends a value as JSON.
func (x *exchange) answer(status int, v any) error {
	body, err := jsontext.Stringify(v)
	if err != nil {
		return err
	}
	var signature []byte
	if x.secret != nil {
		signature = x.secret.Sign(nil, body)
	}
	if x.byLegacy {
		x.w.Header().Set(headerLegacy, string(x.secret.LegacySign(nil, body)))
	}
	x.begin(status, "application/json", int64(len(body)), signature)
	_, _ = x.w.Write(body) // a client that has gone is nobody to tell
	return nil
}

// begin sends the head of an answer, signed if the key is known.
func (x *exchange) begin(status int, contentType string, length int64, signature []byte) {
	signed := string(signature)
	fields := [...][2]string{
		{"Content-Type", contentType}, {"Content-Length", strconv.FormatInt(length, 10)},
		{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"},
		{headerKey, x.key}, {headerVrfKey, x.key}, {headerSignature, signed}, {headerVrfSignature, signed},
	}
	known := len(fields)
	if x.secret == nil {
		known = 4
	}
	h, values := x.w.Header(), make([]string, known) // one allocation for all
	for i, field := range fields[:known] {
		values[i] = field[1]
		h[field[0]] = values[i : i+1 : i+1]
	}
	x.sent = true
	x.w.WriteHeader(status)
}
