package auth

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// MaxSecrets is the number of live secrets that a credential can have, as Veriff has it, see
// https://devdocs.veriff.com/apidocs/veriff-public-api-guides.
const MaxSecrets = 5

// What [Credential.Validate] finds wrong, and what a change of a keyring would make wrong.
var (
	// ErrNilID says that the API key or the integration is the nil UUID.
	ErrNilID = errors.New("auth: a credential needs an API key and an integration")
	// ErrNoSecret says that there is no secret, or a nil one.
	ErrNoSecret = errors.New("auth: a credential needs a live secret")
	// ErrTooManySecrets says that there are more than MaxSecrets.
	ErrTooManySecrets = fmt.Errorf("auth: a credential has no more than %d live secrets", MaxSecrets)
	// ErrSameSecret says that two secrets have the same text.
	ErrSameSecret = errors.New("auth: a credential has the same secret twice")
	// ErrSigning says that there is no secret at the signing index.
	ErrSigning = errors.New("auth: a credential's signing index names none of its secrets")
	// ErrFlexible says that a further integration is the nil UUID, the credential's own, or there twice.
	ErrFlexible = errors.New("auth: a credential's further integrations are each another one, and not its own")
)

// Credential is what an API key stands for. It is a value: whoever is handed one may keep and change it without
// effect on the [Keyring] it came from. The zero Credential verifies nothing and is not valid.
type Credential struct {
	// APIKey is the key that names the caller in X-AUTH-CLIENT. It is public: it appears in pages and apps.
	APIKey uuid.UUID

	// Integration is the integration that the key belongs to, and for which it acts when a request names none.
	Integration uuid.UUID

	// Flexible are further integrations, of the same tenant, that the key may act for when a request names one in
	// vrf-integration-id. Veriff calls such a key flexible, see https://devdocs.veriff.com/apidocs/v1sessions.
	// Default: none.
	Flexible []uuid.UUID

	// Active says whether the key, and so its integrations, may be used. An inactive one still verifies: that it is
	// refused, and with which words, is the adapter's decision.
	Active bool

	// Secrets are the live secrets, oldest first. Any of them may sign a request.
	Secrets []*Secret

	// Signing is the index in Secrets of the one that signs webhooks and the answers to unsigned requests.
	// Default: 0, the oldest.
	Signing int
}

// Validate returns nil when the credential can be used: neither id is nil, there are between one and
// [MaxSecrets] secrets, none nil and no two the same, Signing names one of them, and no two of the integrations
// are the same. Otherwise it returns an error that wraps each of [ErrNilID], [ErrNoSecret], [ErrTooManySecrets],
// [ErrSameSecret], [ErrSigning] and [ErrFlexible] that applies.
func (c Credential) Validate() error {
	var faults []error
	if c.APIKey == uuid.Nil || c.Integration == uuid.Nil {
		faults = append(faults, ErrNilID)
	}
	if len(c.Secrets) == 0 || slices.Contains(c.Secrets, nil) {
		faults = append(faults, ErrNoSecret)
	}
	if len(c.Secrets) > MaxSecrets {
		faults = append(faults, ErrTooManySecrets)
	}
	for i, secret := range c.Secrets {
		if secret != nil && slices.ContainsFunc(c.Secrets[:i], secret.Equal) {
			faults = append(faults, ErrSameSecret)
			break
		}
	}
	if len(c.Secrets) > 0 && (c.Signing < 0 || c.Signing >= len(c.Secrets)) {
		faults = append(faults, ErrSigning)
	}
	for i, integration := range c.Flexible {
		if integration == uuid.Nil || slices.Contains(c.Integrations()[:i+1], integration) {
			faults = append(faults, ErrFlexible)
			break
		}
	}
	return errors.Join(faults...)
}

// Integrations returns all that the key may act for: its own integration, then the further ones in their order.
// The list is the caller's.
func (c Credential) Integrations() []uuid.UUID {
	return slices.Concat([]uuid.UUID{c.Integration}, c.Flexible)
}

// May reports whether the key may act for the integration: its own, or one of Flexible. For the nil UUID it never
// may.
func (c Credential) May(integration uuid.UUID) bool {
	return integration != uuid.Nil && slices.Contains(c.Integrations(), integration)
}

// Signer returns the secret that signs webhooks and the answers to unsigned requests. It panics when the
// credential is not valid.
func (c Credential) Signer() *Secret { return c.Secrets[c.Signing] }

// Verify returns the secret under which signature is that of msg, and nil when there is none. It tries every
// secret and compares in constant time, so that the time it takes does not say which one matched. It allocates
// nothing.
func (c Credential) Verify(signature string, msg []byte) *Secret {
	given, ok := decodeSignature(signature)
	if !ok {
		return nil
	}
	match := -1
	for i, secret := range c.Secrets {
		match = subtle.ConstantTimeSelect(secret.compare(&given, msg), i, match)
	}
	if match < 0 {
		return nil
	}
	return c.Secrets[match]
}

// Begin starts the verification of a message that arrives in pieces, under all secrets at once.
func (c Credential) Begin() *Verification {
	v := &Verification{macs: make([]MAC, len(c.Secrets))}
	for i, secret := range c.Secrets {
		v.macs[i] = MAC{secret, secret.borrow()}
	}
	return v
}

// clone returns the credential with lists of its own.
func (c Credential) clone() Credential {
	c.Secrets = slices.Clone(c.Secrets)
	c.Flexible = slices.Clone(c.Flexible)
	return c
}

// Verification is [Credential.Verify] for a message that is too large to hold: an io.Writer that is fed once
// and knows the message's MAC under every secret. It is made by [Credential.Begin], given back by
// [Verification.Close], and belongs to one goroutine at a time. To use it after Close panics.
type Verification struct {
	macs   []MAC
	closed bool
}

// Write adds p to the message. It takes all of it and never fails.
func (v *Verification) Write(p []byte) (int, error) {
	v.mustBeOpen()
	for i := range v.macs {
		v.macs[i].Write(p)
	}
	return len(p), nil
}

// Match returns the secret under which signature is that of what was written so far, and nil when there is
// none. It tries every secret, as [Credential.Verify] does. More may be written afterwards.
func (v *Verification) Match(signature string) *Secret {
	v.mustBeOpen()
	given, ok := decodeSignature(signature)
	if !ok {
		return nil
	}
	match := -1
	for i := range v.macs {
		equal := subtle.ConstantTimeCompare(given[:], v.macs[i].open().digest())
		match = subtle.ConstantTimeSelect(equal, i, match)
	}
	if match < 0 {
		return nil
	}
	return v.macs[match].secret
}

// Close ends the verification. To close it again does nothing.
func (v *Verification) Close() {
	for i := range v.macs {
		v.macs[i].Close()
	}
	v.closed = true
}

func (v *Verification) mustBeOpen() {
	if v.closed {
		panic("auth: Verification used after Close")
	}
}
