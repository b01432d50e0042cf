package veriff

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// maxBody is how many bytes a request may have that carries no media.
const maxBody = 1 << 20

// firstRead is how many bytes of a body there is room for before any have come.
const firstRead = 16 << 10

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
	declared := x.r.ContentLength
	if declared > limit {
		return nil, bodyTooLarge
	}
	var body bytes.Buffer // grows with what comes, whatever is declared
	body.Grow(int(min(max(declared, 0), firstRead)) + bytes.MinRead)
	n, err := body.ReadFrom(io.LimitReader(x.r.Body, limit+1))
	if err == nil && n < declared {
		err = io.ErrUnexpectedEOF
	}
	switch {
	case errors.Is(err, context.Canceled):
		return nil, err
	case err != nil:
		return nil, bodyMalformed // it ended before its end
	case n > limit:
		return nil, bodyTooLarge
	}
	return body.Bytes(), nil
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
	body, err := stringify(v)
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
	h := x.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if x.secret != nil {
		h.Set(headerKey, x.key)
		h.Set(headerVrfKey, x.key)
		h.Set(headerSignature, string(signature))
		h.Set(headerVrfSignature, string(signature))
	}
	x.sent = true
	x.w.WriteHeader(status)
}
