package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const webhookSecretBytes = 32

// GenerateWebhookSecret makes a new secret for one address of webhooks, from crypto/rand: "whsec_" and the base64
// of 32 bytes, which is within the 24 to 64 that Standard Webhooks wants. A receiver needs this one text for
// either of its signatures: [VerifyTimestamped] takes it as it is, and [VerifyStandard] decodes it, if that
// signature is by [Secret.WebhookSign].
func GenerateWebhookSecret() *Secret {
	var random [webhookSecretBytes]byte
	rand.Read(random[:])
	return newSecret(standardSecretPrefix + base64.StdEncoding.EncodeToString(random[:]))
}

// WebhookSign is [Secret.StandardSign] under a key that the receiver finds in the secret's own text: if that is
// "whsec_" and base64, the key is what it decodes to, and the text itself is what [VerifyStandard] needs. Any other
// text is the key as it is, and VerifyStandard then needs [Secret.StandardText], as for StandardSign.
//
// StandardSign never decodes: there a text that begins with "whsec_" is a key like any other.
func (s *Secret) WebhookSign(id string, at time.Time, body []byte) string {
	key, err := standardKey(s.Reveal())
	if err != nil {
		return s.StandardSign(id, at, body)
	}
	return standardSignature(hmac.New(sha256.New, key), id, strconv.FormatInt(at.Unix(), 10), body)
}

// standardKey is the key that a text of Standard Webhooks stands for.
func standardKey(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, standardSecretPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) == 0 {
		return nil, fmt.Errorf("%w: it is not %s and base64", ErrSecret, standardSecretPrefix)
	}
	return key, nil
}
