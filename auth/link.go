package auth

import (
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// What [LinkSigner.Verify] refuses.
var (
	// ErrLink says that the signature is not that of the link.
	ErrLink = errors.New("auth: the link is not one that was signed")
	// ErrLinkExpired says that the link is genuine, but its time is over.
	ErrLinkExpired = errors.New("auth: the link has expired")
)

const (
	linkDomain   = "bonafide link 1"
	linkRedacted = "[link signer]"
)

// LinkSigner signs addresses that open something for a while to whoever has them, as those of a session's
// documents (https://docs.withverifa.com/api-details/data-access). It is made by [NewLinkSigner], never changes,
// and may be used by any number of goroutines at once; to use the zero LinkSigner panics. However it is printed,
// logged or encoded, it is "[link signer]".
//
// What is signed is a purpose, which tells one kind of link from another, the parts that name the one thing that
// the link opens, and the moment at which it ends to open it.
type LinkSigner struct {
	secret *Secret
}

// NewLinkSigner makes a LinkSigner of a key, which are 32 bytes from a random source. All processes that serve the
// links need the same; with another one every link is [ErrLink].
func NewLinkSigner(key [32]byte) *LinkSigner { return &LinkSigner{newSecret(string(key[:]))} }

// Sign returns the signature of a link: 64 lower-case hex digits. The end counts in whole seconds since 1970, as
// the link says it.
func (l *LinkSigner) Sign(purpose string, parts []string, expires time.Time) string {
	return string(l.secret.Sign(nil, linkMessage(purpose, parts, expires)))
}

// Verify returns nil when signature is what [LinkSigner.Sign] gives for the purpose, the parts in their order and
// the end, and now is before the end. It returns [ErrLink] when it is not, in upper case neither, and
// [ErrLinkExpired] when it is, but now is not before the end. The comparison takes constant time.
func (l *LinkSigner) Verify(signature, purpose string, parts []string, expires, now time.Time) error {
	if !hmac.Equal([]byte(signature), []byte(l.Sign(purpose, parts, expires))) {
		return ErrLink
	}
	if !now.Before(time.Unix(expires.Unix(), 0)) {
		return ErrLinkExpired
	}
	return nil
}

// linkMessage writes each text behind its length, so that no two links have one message.
func linkMessage(purpose string, parts []string, expires time.Time) []byte {
	msg := []byte(linkDomain)
	text := func(s string) {
		msg = binary.BigEndian.AppendUint64(msg, uint64(len(s)))
		msg = append(msg, s...)
	}
	msg = binary.BigEndian.AppendUint64(msg, uint64(expires.Unix()))
	text(purpose)
	for _, part := range parts {
		text(part)
	}
	return msg
}

// Format writes "[link signer]", whatever the verb and its flags.
func (LinkSigner) Format(state fmt.State, _ rune) { io.WriteString(state, linkRedacted) }

// MarshalText returns "[link signer]", which is also what JSON, XML and slog then write.
func (LinkSigner) MarshalText() ([]byte, error) { return []byte(linkRedacted), nil }
