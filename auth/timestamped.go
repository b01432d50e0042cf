package auth

import (
	"strconv"
	"strings"
	"time"
)

const (
	stampedTime      = "t="
	stampedSignature = ",v1="
	maxSeconds       = 19 // digits of the largest int64
)

// TimestampedSign returns the value of Verifa's X-Verifa-Signature header for a body that is sent at a moment:
// "t=", the whole seconds since 1970, ",v1=" and the HMAC-SHA256 of these seconds, a full stop and the body, as 64
// lower-case hex digits. The key is the secret's text as it is, with the "whsec_" that it may begin with. See
// https://docs.withverifa.com/api-details/webhooks. What was signed before 1970 no [VerifyTimestamped] takes.
func (s *Secret) TimestampedSign(at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := s.stamped(seconds, body)
	defer mac.Close()
	return string(mac.Hex([]byte(stampedTime + seconds + stampedSignature)))
}

// VerifyTimestamped is for receivers of Verifa's webhooks: it returns nil when header, which is X-Verifa-Signature
// as it came, is that of the body under the secret, and its time lies no further than tolerance from now, before
// or after. A tolerance of 0 or less means [DefaultTolerance]. The secret is its text as it was shown, with its
// "whsec_". The body must be the bytes that came: decoded and encoded again it is another message.
//
// It returns [ErrSignature] when the signature is another, or when the header is anything but "t=", a number
// without sign and leading zeros, ",v1=" and 64 hex digits; [ErrTimestamp] when it matches but the time does not;
// and an error that wraps [ErrSecret] when secretText is none that [NewSecret] takes. Whoever must not do the
// same thing twice remembers the X-Verifa-Delivery-Id, for as long as twice the tolerance.
func VerifyTimestamped(secretText, header string, body []byte, now time.Time, tolerance time.Duration) error {
	secret, err := NewSecret(secretText)
	if err != nil {
		return err
	}
	stamp, isStamp := strings.CutPrefix(header, stampedTime)
	seconds, signature, _ := strings.Cut(stamp, stampedSignature)
	if !isStamp || !wholeSeconds(seconds) {
		return ErrSignature
	}
	mac := secret.stamped(seconds, body)
	defer mac.Close()
	if !mac.Matches(signature) {
		return ErrSignature
	}
	return checkTimestamp(seconds, now, tolerance)
}

// stamped is the MAC of a time and a body. The time holds no full stop, so that the first one ends it.
func (s *Secret) stamped(seconds string, body []byte) *MAC {
	mac := s.MAC()
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return mac
}

// wholeSeconds reports whether text is the one spelling of a time from 1970 on.
func wholeSeconds(text string) bool {
	digits := strings.TrimLeft(text, "0123456789") == ""
	return digits && len(text) > 0 && len(text) <= maxSeconds && (text[0] != '0' || len(text) == 1)
}
