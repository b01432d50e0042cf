package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/google/uuid"
)

// ErrAPIKey says that a text is not an API key of Verifa's dialect. It never holds the text.
var ErrAPIKey = errors.New("auth: not an API key")

const (
	// MaxAPIKeyLength is the length, in bytes, of the longest text that [ParseAPIKey] takes.
	MaxAPIKeyLength = 255

	minKeyRandom    = 16 // characters behind the kind
	newKeyRandom    = 32
	shownCharacters = 4

	keyAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	keyRedacted = "[api key]"
)

// kindPrefix is how the keys of a kind begin. None is the beginning of another.
func kindPrefix(publishable, sandbox bool) string {
	switch {
	case publishable && sandbox:
		return "vk_pub_sandbox_"
	case publishable:
		return "vk_pub_live_"
	case sandbox:
		return "vk_sandbox_"
	}
	return "vk_live_"
}

// GenerateAPIKey makes a new key of a kind: its text, of 32 random letters and digits from crypto/rand behind the
// kind, to be shown once to whoever created it; and what a server keeps of it, as [ParseAPIKey] gives it, with a
// new ID, active, and with [DefaultScopes], or if it is publishable with "sessions:create" alone. Integration and
// CreatedAt are the caller's to set.
func GenerateAPIKey(publishable, sandbox bool) (KeyText, APIKey) {
	text := kindPrefix(publishable, sandbox) + randomCharacters(newKeyRandom)
	key, err := ParseAPIKey(text)
	if err != nil {
		panic(err) // What is made here has the shape of a key.
	}
	key.ID = uuid.Must(uuid.NewRandomFromReader(rand.Reader))
	key.Active, key.Scopes = true, DefaultScopes()
	if publishable {
		key.Scopes = []string{scopeCreate}
	}
	return KeyText{func() string { return text }}, key
}

// randomCharacters returns n letters and digits, each as likely as the other.
func randomCharacters(n int) string {
	const even = 256 - 256%len(keyAlphabet)
	var text strings.Builder
	var random [64]byte
	for text.Len() < n {
		rand.Read(random[:])
		for _, b := range random {
			if int(b) < even && text.Len() < n {
				text.WriteByte(keyAlphabet[int(b)%len(keyAlphabet)])
			}
		}
	}
	return text.String()
}

// ParseAPIKey reads the text of a key: "vk_live_", "vk_sandbox_", "vk_pub_live_" or "vk_pub_sandbox_", then 16 or
// more letters and digits of ASCII, and no more than [MaxAPIKeyLength] bytes in all. It returns what the text
// itself says, which are Hash, Prefix, Publishable and Sandbox: [APIKeys] know the rest, and whether there is such
// a key. Anything else is [ErrAPIKey], whatever is wrong with it.
func ParseAPIKey(text string) (APIKey, error) {
	if len(text) > MaxAPIKeyLength {
		return APIKey{}, ErrAPIKey
	}
	for _, publishable := range []bool{false, true} {
		for _, sandbox := range []bool{false, true} {
			kind := kindPrefix(publishable, sandbox)
			random, ok := strings.CutPrefix(text, kind)
			if ok && len(random) >= minKeyRandom && alphanumeric(random) {
				return APIKey{
					Publishable: publishable, Sandbox: sandbox,
					Hash: sha256.Sum256([]byte(text)), Prefix: kind + random[:shownCharacters],
				}, nil
			}
		}
	}
	return APIKey{}, ErrAPIKey
}

// alphanumeric reports whether the text is of ASCII letters and digits.
func alphanumeric(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// KeyText is the clear text of an API key, on its way from [GenerateAPIKey] to whoever is shown it. However it is
// printed, logged or encoded, it is "[api key]", by itself and inside other values. It never changes. The zero
// KeyText holds no text.
type KeyText struct {
	// Held by a function, into which nothing that prints by reflection can walk, as a Secret's text is.
	text func() string
}

// Reveal returns the text, and "" of the zero KeyText. It is for the one place that shows a new key to the person
// who created it.
func (k KeyText) Reveal() string {
	if k.text == nil {
		return ""
	}
	return k.text()
}

// String returns "[api key]".
func (KeyText) String() string { return keyRedacted }

// GoString returns "[api key]".
func (KeyText) GoString() string { return keyRedacted }

// Format writes "[api key]", whatever the verb and its flags.
func (KeyText) Format(state fmt.State, _ rune) { io.WriteString(state, keyRedacted) }

// MarshalText returns "[api key]". There is no way back: a KeyText cannot be read from text that was marshalled.
func (KeyText) MarshalText() ([]byte, error) { return []byte(keyRedacted), nil }

// MarshalJSON returns the JSON string "[api key]".
func (KeyText) MarshalJSON() ([]byte, error) { return []byte(`"` + keyRedacted + `"`), nil }

// LogValue returns "[api key]".
func (KeyText) LogValue() slog.Value { return slog.StringValue(keyRedacted) }
