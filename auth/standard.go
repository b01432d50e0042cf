package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"strconv"
	"strings"
	"time"
)

// What [VerifyStandard] refuses.
var (
	// ErrSignature says that none of the signatures is that of the message.
	ErrSignature = errors.New("auth: no signature matches")
	// ErrTimestamp says that the message is genuine, but was signed too long ago or too far ahead of the
	// receiver's clock: somebody sends it again, or one of the clocks is wrong.
	ErrTimestamp = errors.New("auth: timestamp outside the tolerance")
)

// DefaultTolerance is how far a message's time may lie from the receiver's, either way, when [VerifyStandard]
// is told nothing else.
const DefaultTolerance = 5 * time.Minute

const (
	standardSecretPrefix = "whsec_"
	standardVersion      = "v1,"
)

// StandardText returns the secret as libraries for Standard Webhooks take it: "whsec_" and the base64 of its
// UTF-8 bytes. It reveals the secret just as [Secret.Reveal] does. The specification wants secrets of 24 to 64
// bytes; those of [GenerateSecret] have 36. See https://github.com/standard-webhooks/standard-webhooks.
func (s *Secret) StandardText() string {
	return standardSecretPrefix + base64.StdEncoding.EncodeToString([]byte(s.Reveal()))
}

// StandardSign returns the value of the webhook-signature header for a delivery whose webhook-id is id, whose
// webhook-timestamp is at in whole seconds since 1970, and whose body is body: "v1," and the base64 of the
// HMAC-SHA256 of the three, joined by full stops. The id must be neither empty nor hold a full stop, or
// [VerifyStandard] refuses it. While a secret is being changed, the header holds the signatures of both,
// separated by a space.
func (s *Secret) StandardSign(id string, at time.Time, body []byte) string {
	state := s.borrow()
	signature := standardSignature(state.hash, id, strconv.FormatInt(at.Unix(), 10), body)
	s.giveBack(state)
	return signature
}

func standardSignature(mac hash.Hash, id, timestamp string, body []byte) string {
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return standardVersion + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// VerifyStandard is for receivers of webhooks: it returns nil when one of signatures, which is the
// webhook-signature header as it came (a list separated by spaces, of which versions other than v1 are
// ignored), is that of the id, the timestamp and the body under the secret, and the timestamp lies no further
// than tolerance from now, before or after. A tolerance of 0 or less means [DefaultTolerance]. The body must be
// the bytes that came: decoded and encoded again it is another message.
//
// It returns [ErrSignature] when no signature matches, or when the id is empty or holds a full stop, with which
// one message could be passed off as another; [ErrTimestamp] when one matches but the time does not; and an
// error that wraps [ErrSecret] when secretText is not "whsec_" followed by base64. Whoever must not do the same
// thing twice remembers the ids, for as long as twice the tolerance.
func VerifyStandard(
	secretText, id, timestamp, signatures string, body []byte, now time.Time, tolerance time.Duration,
) error {
	key, err := standardKey(secretText)
	if err != nil {
		return err
	}
	if id == "" || strings.Contains(id, ".") {
		return ErrSignature
	}
	want := []byte(standardSignature(hmac.New(sha256.New, key), id, timestamp, body))
	matched := false
	for given := range strings.SplitSeq(signatures, " ") {
		if hmac.Equal([]byte(given), want) {
			matched = true
		}
	}
	if !matched {
		return ErrSignature
	}
	return checkTimestamp(timestamp, now, tolerance)
}

func checkTimestamp(timestamp string, now time.Time, tolerance time.Duration) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return ErrTimestamp
	}
	if tolerance <= 0 {
		tolerance = DefaultTolerance
	}
	if age := now.Sub(time.Unix(seconds, 0)); age < -tolerance || age > tolerance {
		return ErrTimestamp
	}
	return nil
}
