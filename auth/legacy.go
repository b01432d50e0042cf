package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
)

// LegacySign appends the signature that clients from before 2023 send as X-SIGNATURE to dst: the SHA-256 of msg
// followed by the secret's text, as 64 lower-case hex digits. See https://devdocs.veriff.com/docs/general-faq.
//
// It is discouraged, by the vendor too, and adapters keep it off until a host asks for it. The message stands
// first, so nobody can lengthen a signed message as with the secret in front; but it is a plain hash and no MAC.
// Two messages that collide under SHA-256 have one signature under every secret, and can be sought without
// knowing any. And nothing parts message and secret: a message that ends in "a" under the secret "b" has the
// signature of the message without it under "ab". [Secret.Sign] has neither weakness.
func (s *Secret) LegacySign(dst, msg []byte) []byte {
	payload := sha256.New()
	payload.Write(msg)
	sum := s.legacySum(payload)
	return hex.AppendEncode(dst, sum[:])
}

// legacySum hashes the secret behind a payload, which can go on afterwards.
func (s *Secret) legacySum(payload hash.Hash) (sum [sha256.Size]byte) {
	whole, err := payload.(hash.Cloner).Clone()
	if err != nil {
		panic(err) // SHA-256 of the standard library can always be cloned.
	}
	whole.Write([]byte(s.Reveal()))
	whole.Sum(sum[:0])
	return sum
}

// VerifyLegacy returns the secret under which signature is the legacy one of msg, see [Secret.LegacySign], and
// nil when there is none. It takes either case of hex, tries every secret and compares in constant time, as
// [Credential.Verify] does.
func (c Credential) VerifyLegacy(signature string, msg []byte) *Secret {
	v := c.BeginLegacy()
	defer v.Close()
	v.Write(msg)
	return v.Match(signature)
}

// BeginLegacy starts the legacy verification of a message that arrives in pieces, under all secrets at once.
func (c Credential) BeginLegacy() *LegacyVerification {
	return &LegacyVerification{secrets: c.clone().Secrets, payload: sha256.New()}
}

// LegacyVerification is [Credential.VerifyLegacy] for a message that is too large to hold: an io.Writer that
// hashes the message once, whatever the number of secrets. It is made by [Credential.BeginLegacy] and belongs to
// one goroutine at a time. To use it after [LegacyVerification.Close] panics.
type LegacyVerification struct {
	secrets []*Secret
	payload hash.Hash // nil when closed
}

// Write adds p to the message. It takes all of it and never fails.
func (v *LegacyVerification) Write(p []byte) (int, error) {
	v.mustBeOpen()
	return v.payload.Write(p)
}

// Match returns the secret under which signature is the legacy one of what was written so far, and nil when
// there is none. It tries every secret, as [Credential.VerifyLegacy] does. More may be written afterwards.
func (v *LegacyVerification) Match(signature string) *Secret {
	v.mustBeOpen()
	given, ok := decodeSignature(signature)
	if !ok {
		return nil
	}
	match := -1
	for i, secret := range v.secrets {
		sum := secret.legacySum(v.payload)
		match = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(given[:], sum[:]), i, match)
	}
	if match < 0 {
		return nil
	}
	return v.secrets[match]
}

// Close ends the verification. To close it again does nothing.
func (v *LegacyVerification) Close() { v.payload = nil }

func (v *LegacyVerification) mustBeOpen() {
	if v.payload == nil {
		panic("auth: LegacyVerification used after Close")
	}
}
