package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/google/uuid"
)

// MaxSecretLength is the length, in bytes, of the longest secret that [NewSecret] takes.
const MaxSecretLength = 1024

// ErrSecret says that a text cannot be a shared secret. The errors that wrap it never hold the text.
var ErrSecret = errors.New("auth: not a usable secret")

const redacted = "[secret]"

// Secret is a shared secret: a text known to this server and to one customer, whose UTF-8 bytes are the key of
// an HMAC-SHA256. It is made by [NewSecret] or [GenerateSecret], never changes, and may be used by any number
// of goroutines at once. The zero Secret holds no text; to sign or verify with it, or with a nil one, panics.
//
// However it is printed, logged or encoded, it is "[secret]", by itself and inside other values. A Secret keeps
// prepared HMAC states, so one that lives as long as the secret it stands for signs faster than one made per
// request.
type Secret struct {
	key *key
}

type key struct {
	// The text is held by a function because fmt, and whatever else prints by reflection, walks into unexported
	// fields without asking them how they want to be printed. Into a function it cannot.
	text   func() string
	states sync.Pool
}

// NewSecret makes a Secret of its text. It refuses, with an error that wraps [ErrSecret], a text that is empty,
// longer than [MaxSecretLength] bytes, not UTF-8, or that holds a NUL: HMAC fills short keys up with NULs, so a
// secret and the same secret followed by NUL would verify each other's signatures.
func NewSecret(text string) (*Secret, error) {
	switch {
	case text == "":
		return nil, fmt.Errorf("%w: it is empty", ErrSecret)
	case len(text) > MaxSecretLength:
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrSecret, MaxSecretLength)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return nil, fmt.Errorf("%w: it is not UTF-8 text without NUL", ErrSecret)
	}
	return newSecret(text), nil
}

// GenerateSecret makes a new secret of 122 random bits from crypto/rand, which looks as Veriff's do: a UUID of
// version 4 in lower case.
func GenerateSecret() *Secret {
	// The reader is named because that of package uuid can be replaced for the whole process.
	return newSecret(uuid.Must(uuid.NewRandomFromReader(rand.Reader)).String())
}

func newSecret(text string) *Secret {
	k := &key{text: func() string { return text }}
	k.states.New = func() any { return newState(text) }
	return &Secret{key: k}
}

// Reveal returns the text of the secret. It is for the two places that need it: showing a new secret once to
// the person who created it, and storing it sealed.
func (s *Secret) Reveal() string { return s.key.text() }

// Equal reports whether both have the same text, in a time that depends on the lengths alone. Two nil Secrets
// are equal.
func (s *Secret) Equal(other *Secret) bool {
	if s == nil || other == nil {
		return s == nil && other == nil
	}
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns "[secret]".
func (Secret) String() string { return redacted }

// GoString returns "[secret]".
func (Secret) GoString() string { return redacted }

// Format writes "[secret]", whatever the verb and its flags.
func (Secret) Format(state fmt.State, _ rune) { io.WriteString(state, redacted) }

// MarshalText returns "[secret]". There is no way back: a Secret cannot be read from text that was marshalled.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns the JSON string "[secret]".
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue returns "[secret]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
