package veriff

import (
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

// The header fields of https://devdocs.veriff.com/docs/hmac-authentication-and-endpoint-security, as net/http
// spells them.
const (
	headerKey          = "X-Auth-Client"
	headerSignature    = "X-Hmac-Signature"
	headerVrfKey       = "Vrf-Auth-Client"
	headerVrfSignature = "Vrf-Hmac-Signature"
)

// exchange is one request and its answer.
type exchange struct {
	*adapter
	w    http.ResponseWriter
	r    *http.Request
	sent bool // the answer has begun

	// Of whose key is known and active; before that, nothing.
	key        string // the API key as the request writes it
	credential auth.Credential
	secret     *auth.Secret    // signs the answer
	engine     *session.Engine // acts for the integration
}

// identify finds out whose key the request has.
func (x *exchange) identify() error {
	given := x.r.Header.Values(headerKey)
	switch {
	case len(given) == 0, len(given) == 1 && given[0] == "":
		return keyMissing
	case len(given) > 1:
		return keyMalformed
	}
	id, ok := parseID(given[0])
	if !ok {
		return keyMalformed
	}
	credential, err := x.keys.ByKey(x.r.Context(), id)
	switch {
	case errors.Is(err, auth.ErrUnknownKey):
		return keyUnknown
	case err != nil:
		return err
	case !credential.Active:
		return keyInactive
	}
	x.key, x.credential = given[0], credential
	x.secret = credential.Signer()
	x.engine = x.adapter.engine.For(credential.Integration)
	return nil
}

// signature gives the signature of the request; one that cannot be right is refused before the body is read.
func (x *exchange) signature() (string, error) {
	given := x.r.Header.Values(headerSignature)
	if len(given) != 1 || !auth.WellFormed(given[0]) {
		if x.r.Method == http.MethodDelete {
			return "", signatureShapeOnDelete
		}
		return "", signatureShape
	}
	return given[0], nil
}

// match checks the signature over what was to be signed. The secret that made it signs the answer too.
func (x *exchange) match(signature string, message []byte, otherwise refusal) error {
	secret := x.credential.Verify(signature, message)
	if secret == nil {
		return otherwise
	}
	x.secret = secret
	return nil
}

// signedBody authenticates a request whose signature covers its body, and gives the body.
func (x *exchange) signedBody() ([]byte, error) {
	if err := x.identify(); err != nil {
		return nil, err
	}
	signature, err := x.signature()
	if err != nil {
		return nil, err
	}
	body, err := x.body(maxBody)
	if err != nil {
		return nil, err
	}
	return body, x.match(signature, body, signatureOfBody)
}

// signedID authenticates a request whose signature covers the id in its path, as it is written there, and gives
// the id.
func (x *exchange) signedID() (uuid.UUID, error) {
	if err := x.identify(); err != nil {
		return uuid.Nil, err
	}
	signature, err := x.signature()
	if err != nil {
		return uuid.Nil, err
	}
	wrong := signatureOfID
	if x.r.Method == http.MethodDelete {
		wrong = signatureOfIDOnDelete
	}
	if err := x.match(signature, []byte(x.r.PathValue("id")), wrong); err != nil {
		return uuid.Nil, err
	}
	return x.id()
}

// signedSession authenticates a request whose signature covers the session id in its path, and reads the
// session.
func (x *exchange) signedSession() (*session.Snapshot, error) {
	id, err := x.signedID()
	if err != nil {
		return nil, err
	}
	return x.engine.Get(x.r.Context(), id)
}

// id is the id in the path. What is no id names nothing.
func (x *exchange) id() (uuid.UUID, error) {
	id, ok := parseID(x.r.PathValue("id"))
	if !ok {
		return uuid.Nil, resourceUnknown
	}
	return id, nil
}

// parseID takes a UUID in its one usual form, in either case.
func parseID(text string) (uuid.UUID, bool) {
	if len(text) != 36 {
		return uuid.Nil, false
	}
	id, err := uuid.Parse(text)
	return id, err == nil
}

// body reads the request's body, as it came: it is never decompressed.
func (x *exchange) body(limit int64) ([]byte, error) {
	declared := x.r.ContentLength
	if declared > limit {
		return nil, bodyTooLarge
	}
	var body []byte
	var err error
	if declared >= 0 {
		body = make([]byte, declared)
		_, err = io.ReadFull(x.r.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(x.r.Body, limit+1))
	}
	switch {
	case errors.Is(err, context.Canceled):
		return nil, err
	case err != nil:
		return nil, bodyMalformed // it ended before its end
	case int64(len(body)) > limit:
		return nil, bodyTooLarge
	}
	return body, nil
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
