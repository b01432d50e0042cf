package auth

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// The most characters of an API key's label and of its note.
const (
	MaxKeyLabel = 255
	MaxKeyNote  = 1000
)

// What [APIKey.Validate] finds wrong.
var (
	// ErrKeyID says that the key's id or its integration is the nil UUID.
	ErrKeyID = errors.New("auth: an API key needs an id and an integration")
	// ErrKeyHash says that the hash is missing, or as text is not 64 hex digits.
	ErrKeyHash = errors.New("auth: an API key needs the SHA-256 of its text")
	// ErrKeyPrefix says that the shown prefix is not the key's kind and four letters or digits.
	ErrKeyPrefix = errors.New("auth: an API key's prefix is its kind and the four letters or digits that follow")
	// ErrKeyLabel says that the label or the note is too long, not UTF-8, or holds a NUL.
	ErrKeyLabel = fmt.Errorf("auth: an API key's label has no more than %d characters and its note no more than %d, "+
		"both of UTF-8 without NUL", MaxKeyLabel, MaxKeyNote)
	// ErrKeyScopes says that a scope is not among [Scopes].
	ErrKeyScopes = errors.New("auth: an API key has a scope that there is not")
	// ErrKeyAddress says that an allowed range of addresses is not valid, or is one of IPv4 in the dress of IPv6.
	ErrKeyAddress = errors.New("auth: an API key's allowed addresses are ranges of IPv4 or of IPv6")
	// ErrKeyOrigin says that an allowed origin is not a scheme, a host and perhaps a port, and nothing else.
	ErrKeyOrigin = errors.New("auth: an API key's allowed origins are each a scheme, a host and perhaps a port")
	// ErrKeyVersion says that the pinned version is not a date.
	ErrKeyVersion = errors.New("auth: an API key's version is a date, as 2026-01-01")
	// ErrKeyInflection says that the inflection is none that there is.
	ErrKeyInflection = errors.New("auth: an API key's inflection is snake, camel or kebab")
)

// APIKey is what a server knows of a key of Verifa's dialect: everything but its text, of which it keeps the
// SHA-256. It is a value: whoever is handed one may keep and change it without effect on the [APIKeys] it came
// from. Encoded as JSON and decoded again it is the same. The zero APIKey may do nothing and is not valid.
//
// Such a key is itself the secret, and is sent with each request as X-API-Key, see
// https://docs.withverifa.com/api-details/authentication. A [Credential] is what a key of Veriff's dialect stands
// for.
type APIKey struct {
	ID          uuid.UUID `json:"id"`
	Integration uuid.UUID `json:"integration"` // whom the key acts for
	Publishable bool      `json:"publishable"` // it may be in pages and apps, and only creates sessions
	Sandbox     bool      `json:"sandbox"`     // it sees sandbox objects alone; else live ones alone

	// Hash is the SHA-256 of the key's text, by which the key is found.
	Hash KeyHash `json:"hash"`

	// Prefix is what may be shown of the text: its kind and the four characters that follow, as "vk_live_abc1".
	Prefix string `json:"prefix"`

	Label string `json:"label,omitempty"` // whatever its owner calls it
	Note  string `json:"note,omitempty"`

	// Scopes are the rights of a secret key, by their names in [Scopes]. See [APIKey.May]. Default: none.
	Scopes []string `json:"scopes,omitzero"`

	// Active says whether the key may be used at all.
	Active bool `json:"active"`

	CreatedAt time.Time `json:"created_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // the first moment at which it may not be used. Default: never.

	// AllowedIPs are where requests may come from; a list that is empty but not nil allows nobody. See
	// [APIKey.AllowsAddr]. Default: everywhere.
	AllowedIPs []netip.Prefix `json:"allowed_ips,omitzero"`

	// AllowedOrigins are which pages may use the key, as "https://shop.example"; a list that is empty but not nil
	// allows none. See [APIKey.AllowsOrigin]. Default: all.
	AllowedOrigins []string `json:"allowed_origins,omitzero"`

	// Version is the version of the API that requests speak when they name none, as "2026-01-01". Default: the
	// current one.
	Version string `json:"version,omitempty"`

	// Inflection is how the member names of answers are written when a request does not say: "snake", "camel" or
	// "kebab". Default: as the adapter has it.
	Inflection string `json:"inflection,omitempty"`
}

// KeyHash is the SHA-256 of an API key's text. As text, and so in JSON, it is 64 lower-case hex digits.
type KeyHash [32]byte

// MarshalText returns 64 lower-case hex digits.
func (h KeyHash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads 64 hex digits, in either case. Anything else is [ErrKeyHash], and changes nothing.
func (h *KeyHash) UnmarshalText(text []byte) error {
	sum, ok := decodeSignature(string(text))
	if !ok {
		return ErrKeyHash
	}
	*h = sum
	return nil
}

// Validate returns nil when the key can be kept and used. Otherwise it returns an error that wraps each of
// [ErrKeyID], [ErrKeyHash], [ErrKeyPrefix], [ErrKeyLabel], [ErrKeyScopes], [ErrKeyAddress], [ErrKeyOrigin],
// [ErrKeyVersion] and [ErrKeyInflection] that applies. A key that is not active, or has expired, is valid.
func (k APIKey) Validate() error {
	var faults []error
	check := func(ok bool, fault error) {
		if !ok {
			faults = append(faults, fault)
		}
	}
	check(k.ID != uuid.Nil && k.Integration != uuid.Nil, ErrKeyID)
	check(slices.ContainsFunc(k.Hash[:], func(b byte) bool { return b != 0 }), ErrKeyHash)
	shown, ok := strings.CutPrefix(k.Prefix, kindPrefix(k.Publishable, k.Sandbox))
	check(ok && len(shown) == shownCharacters && alphanumeric(shown), ErrKeyPrefix)
	check(plainText(k.Label, MaxKeyLabel) && plainText(k.Note, MaxKeyNote), ErrKeyLabel)
	check(!slices.ContainsFunc(k.Scopes, func(s string) bool { return !slices.Contains(AllScopes(), s) }), ErrKeyScopes)
	check(!slices.ContainsFunc(k.AllowedIPs, func(p netip.Prefix) bool {
		return !p.IsValid() || p.Addr().Is4In6()
	}), ErrKeyAddress)
	check(!slices.ContainsFunc(k.AllowedOrigins, func(o string) bool {
		_, ok := parseOrigin(o)
		return !ok
	}), ErrKeyOrigin)
	_, err := time.Parse(time.DateOnly, k.Version)
	check(k.Version == "" || err == nil, ErrKeyVersion)
	check(slices.Contains([]string{"", "snake", "camel", "kebab"}, k.Inflection), ErrKeyInflection)
	return errors.Join(faults...)
}

func plainText(text string, most int) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0) && utf8.RuneCountInString(text) <= most
}

// clone returns the key with lists of its own.
func (k APIKey) clone() APIKey {
	k.Scopes = slices.Clone(k.Scopes)
	k.AllowedIPs = slices.Clone(k.AllowedIPs)
	k.AllowedOrigins = slices.Clone(k.AllowedOrigins)
	return k
}
