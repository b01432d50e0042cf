package veriff

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// The header fields of https://devdocs.veriff.com/docs/hmac-authentication-and-endpoint-security, and the
// signature that was before them, as net/http spells them.
const (
	headerKey          = "X-Auth-Client"
	headerSignature    = "X-Hmac-Signature"
	headerLegacy       = "X-Signature"
	headerVrfKey       = "Vrf-Auth-Client"
	headerVrfSignature = "Vrf-Hmac-Signature"
	headerIntegration  = "Vrf-Integration-Id"
)

// identify finds out whose key the request has, and for which integration it speaks.
func (x *exchange) identify() error {
	given := x.r.Header.Values(headerKey)
	switch {
	case len(given) == 0, len(given) == 1 && given[0] == "":
		return keyMissing
	case len(given) > 1:
		return keyTwice
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
	return x.speakFor(x.r.Header.Values(headerIntegration))
}

// speakFor has the engine act for the integration that the request names, or for the key's own.
func (x *exchange) speakFor(named []string) error {
	x.integration = x.credential.Integration
	if len(named) > 0 {
		id, ok := parseID(named[0])
		if len(named) > 1 || !ok || !x.credential.May(id) {
			return integrationForeign
		}
		if err := x.sameTenant(id); err != nil {
			return err
		}
		x.integration = id
	}
	x.engine = x.adapter.engine.For(x.integration)
	if in, err := x.engine.Integration(x.r.Context()); err == nil && in.Policy.Audit {
		// Where from is not said: a creation may come from the person's own browser.
		x.engine = x.engine.Via(session.About{Actor: "api_key:" + x.key, Method: x.r.Method, Path: x.r.Pattern})
	}
	return nil
}

// sameTenant refuses an integration that a key is said to be good for and that is another tenant's.
func (x *exchange) sameTenant(id uuid.UUID) error {
	if id == x.credential.Integration {
		return nil
	}
	own, err1 := x.adapter.engine.For(x.credential.Integration).Integration(x.r.Context())
	other, err2 := x.adapter.engine.For(id).Integration(x.r.Context())
	switch err := cmp.Or(err1, err2); {
	case errors.Is(err, session.ErrNotFound), err == nil && own.Tenant != other.Tenant:
		return integrationForeign
	default:
		return err
	}
}

// isSigned reports whether the request has a signature, of whatever shape.
func (x *exchange) isSigned() bool {
	return len(x.r.Header.Values(headerSignature)) > 0 || x.legacy && len(x.r.Header.Values(headerLegacy)) > 0
}

// signature gives the signature of the request; one that cannot be right is refused before the body is read.
func (x *exchange) signature() (string, error) {
	given := x.r.Header.Values(headerSignature)
	if x.legacy && len(given) == 0 {
		given = x.r.Header.Values(headerLegacy)
		x.byLegacy = len(given) > 0
	}
	switch {
	case len(given) > 1 && x.r.Method == http.MethodDelete:
		return "", signatureTwiceOnDelete
	case len(given) > 1:
		return "", signatureTwice
	case len(given) == 1 && auth.WellFormed(given[0]):
		return given[0], nil
	case x.r.Method == http.MethodDelete:
		return "", signatureShapeOnDelete
	}
	return "", signatureShape
}

// check is the verification of a signature over a message that comes in pieces.
type check interface {
	io.Writer
	Match(signature string) *auth.Secret
	Close()
}

// check begins the verification that the request's signature asks for.
func (x *exchange) check() check {
	if x.byLegacy {
		return x.credential.BeginLegacy()
	}
	return x.credential.Begin()
}

// accept ends a verification, or refuses when no secret made the signature. The one that made it signs the
// answer too.
func (x *exchange) accept(secret *auth.Secret) error {
	if secret == nil {
		return x.mismatch()
	}
	x.secret = secret
	return nil
}

// mismatch is the refusal of a well-formed signature.
func (x *exchange) mismatch() refusal {
	ofBody := x.r.Method == http.MethodPost || x.r.Method == http.MethodPatch
	switch {
	case x.byLegacy && ofBody:
		return legacyOfBody
	case x.byLegacy:
		return legacyOfID
	case ofBody:
		return signatureOfBody
	case x.r.Method == http.MethodDelete:
		return signatureOfIDOnDelete
	}
	return signatureOfID
}

// match verifies the signature of a message that is there as a whole.
func (x *exchange) match(signature string, message []byte) error {
	if x.byLegacy {
		return x.accept(x.credential.VerifyLegacy(signature, message))
	}
	return x.accept(x.credential.Verify(signature, message))
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
	if err := x.match(signature, body); err != nil {
		return nil, err
	}
	if isAnswer(body) {
		return nil, x.mismatch()
	}
	return body, nil
}

// isAnswer reports whether a body begins as answers do and requests do not. An answer is signed with the secret
// that signs requests, also to who has nothing but the public key: sent back as a request, it would be taken for
// one of the host's.
func isAnswer(body []byte) bool { return bytes.HasPrefix(body, []byte(`{"status":"success",`)) }

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
	if err := x.match(signature, []byte(x.r.PathValue("id"))); err != nil {
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
	return parseQueryID(x.r.PathValue("id"), idLength, idForm)
}

// parseQueryID takes an id as the vendor's table of codes wants it, or gives the refusal for its length or its
// form.
func parseQueryID(text string, length, form refusal) (uuid.UUID, error) {
	if n := utf8.RuneCountInString(text); n < 20 || n > 40 {
		return uuid.Nil, length
	}
	id, ok := parseID(text)
	if !ok || id.Version() != 4 || id.Variant() != uuid.RFC4122 {
		return uuid.Nil, form
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
