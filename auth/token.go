package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ErrToken says that a text is no session token, or one that was not signed with the key of its session. It
// does not say which.
var ErrToken = errors.New("auth: invalid session token")

// MaxTokenLength is the length, in bytes, of the longest text that [VerifyToken] looks at.
const MaxTokenLength = 4096

// tokenHeader is {"alg":"HS256","typ":"JWT"}, the only header there is.
const tokenHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

// Token is a session token: the text in the address that a person opens, which is all that the person shows. On
// the wire it is a JWT, signed with HS256, whose members and their order are those of Veriff's tokens of 2026,
// see https://devdocs.veriff.com/apidocs/v1sessions.
type Token struct {
	Session     uuid.UUID // session_id: the session it opens.
	Integration uuid.UUID // iid: the integration that the session belongs to.
	Vendor      uuid.UUID // vid: the customer that the integration belongs to.
	Cluster     string    // cid: a short name such as "saas-3", in UTF-8, at most 256 bytes.
	IssuedAt    time.Time // iat: when the session was created, in whole seconds.

	// ExpiresAt is exp, the end of the session as it was foreseen when the token was issued, in whole seconds.
	// It is carried and not enforced: only the session knows whether its link is still alive. A resubmission
	// may have extended it, and when it is dead, the page has to say why, which needs a token that is still
	// read.
	ExpiresAt time.Time
}

// Sign returns the token as text. The same token and key give the same text, so that a token need not be
// stored. The key is that of the session alone: 32 random bytes, or derived from them. A zero key is a key that
// was forgotten: [VerifyToken] accepts nothing that is signed with it.
func (t Token) Sign(key [32]byte) string { return string(seal(t.unsigned(), key)) }

// unsigned returns the header and the payload, each in base64, joined by a full stop.
func (t Token) unsigned() []byte {
	payload := make([]byte, 0, 256)
	payload = strconv.AppendInt(append(payload, `{"iat":`...), t.IssuedAt.Unix(), 10)
	payload = appendID(append(payload, `,"session_id":`...), t.Session)
	payload = appendID(append(payload, `,"iid":`...), t.Integration)
	payload = appendID(append(payload, `,"vid":`...), t.Vendor)
	payload = appendText(append(payload, `,"cid":`...), t.Cluster)
	payload = strconv.AppendInt(append(payload, `,"exp":`...), t.ExpiresAt.Unix(), 10)
	payload = append(payload, '}')
	return base64.RawURLEncoding.AppendEncode(append(make([]byte, 0, 512), tokenHeader+"."...), payload)
}

func appendID(dst []byte, id uuid.UUID) []byte {
	text, _ := id.MarshalText() // never fails
	return append(append(append(dst, '"'), text...), '"')
}

func appendText(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // A string can always be written.
	}
	return append(dst, quoted...)
}

// seal appends to an unsigned token its signature.
func seal(unsigned []byte, key [32]byte) []byte {
	mac := hmac.New(sha256.New, key[:])
	mac.Write(unsigned)
	return base64.RawURLEncoding.AppendEncode(append(unsigned, '.'), mac.Sum(nil))
}

// VerifyToken reads the token in text and returns it when it was signed with the key of its session, times in
// UTC. It asks key for that key, once, with the session that the text names. That id is a claim and nothing
// more: key looks up a key with it, and does nothing else. For a session that is unknown, or whose key was
// destroyed, key returns an error, which VerifyToken returns wrapped.
//
// For every other reason the error is [ErrToken]. A text is accepted only when it is, byte for byte, what
// [Token.Sign] writes: any other algorithm, type, member, order or spelling is refused, most of it before key
// is asked. That the token has expired is no reason, see Token.ExpiresAt.
func VerifyToken(text string, key func(session uuid.UUID) ([32]byte, error)) (Token, error) {
	claimed, unsigned, ok := readClaims(text)
	if !ok {
		return Token{}, ErrToken
	}
	k, err := key(claimed.Session)
	if err != nil {
		return Token{}, fmt.Errorf("auth: key of the token's session: %w", err)
	}
	var forgotten [32]byte
	if subtle.ConstantTimeCompare(k[:], forgotten[:]) == 1 || !hmac.Equal([]byte(text), seal(unsigned, k)) {
		return Token{}, ErrToken
	}
	return claimed, nil
}

// readClaims returns what text claims, as a token and as the unsigned beginning of text. Nothing is verified.
// The reading is lenient, but what was read is written again and must be what text begins with, which leaves
// one spelling for each token.
func readClaims(text string) (claimed Token, unsigned []byte, ok bool) {
	rest, ok := strings.CutPrefix(text, tokenHeader+".")
	if !ok || len(text) > MaxTokenLength {
		return Token{}, nil, false
	}
	encoded, _, _ := strings.Cut(rest, ".")
	payload, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return Token{}, nil, false
	}
	var claims struct {
		IssuedAt    int64     `json:"iat"`
		Session     uuid.UUID `json:"session_id"`
		Integration uuid.UUID `json:"iid"`
		Vendor      uuid.UUID `json:"vid"`
		Cluster     string    `json:"cid"`
		ExpiresAt   int64     `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return Token{}, nil, false
	}
	claimed = Token{
		Session: claims.Session, Integration: claims.Integration, Vendor: claims.Vendor, Cluster: claims.Cluster,
		IssuedAt: time.Unix(claims.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(claims.ExpiresAt, 0).UTC(),
	}
	unsigned = claimed.unsigned()
	return claimed, unsigned, strings.HasPrefix(text, string(unsigned))
}
