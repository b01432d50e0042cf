package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"
)

// ErrDuplicateKey says that an API key, or one of a credential's integrations, is in the keyring already.
var ErrDuplicateKey = errors.New("auth: duplicate key")

// Ring is a [Keyring] in memory: for tests, for examples, and for hosts that read their few credentials when
// they start. It is safe for concurrent use. A change is seen by every call that begins after it has returned;
// a Credential that was handed out before keeps what it had. The zero Ring is empty and knows nobody.
type Ring struct {
	mu            sync.RWMutex
	byKey         map[uuid.UUID]*Credential
	byIntegration map[uuid.UUID]*Credential
}

var _ Keyring = (*Ring)(nil)

// NewRing makes a ring of credentials, as [Ring.Add] would add them one by one. All faults come in one error.
func NewRing(credentials ...Credential) (*Ring, error) {
	ring := new(Ring)
	var faults []error
	for i, credential := range credentials {
		if err := ring.Add(credential); err != nil {
			faults = append(faults, fmt.Errorf("auth: credential %d: %w", i, err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return ring, nil
}

// Add makes the credential known. It fails with what [Credential.Validate] finds wrong, or with [ErrDuplicateKey]
// when the API key or one of the integrations, own or flexible, belongs to another credential, and then changes
// nothing.
func (r *Ring) Add(credential Credential) error {
	if err := credential.Validate(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byKey[credential.APIKey] != nil {
		return ErrDuplicateKey
	}
	for _, integration := range credential.Integrations() {
		if r.byIntegration[integration] != nil {
			return ErrDuplicateKey
		}
	}
	if r.byKey == nil {
		r.byKey, r.byIntegration = make(map[uuid.UUID]*Credential), make(map[uuid.UUID]*Credential)
	}
	own := credential.clone()
	r.byKey[own.APIKey] = &own
	for _, integration := range own.Integrations() {
		r.byIntegration[integration] = &own
	}
	return nil
}

// Remove makes the credential of the integration unknown, with its API key and with all of its integrations. It
// fails with [ErrUnknownKey].
func (r *Ring) Remove(integration uuid.UUID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	credential, ok := r.byIntegration[integration]
	if !ok {
		return fmt.Errorf("%w: integration %s", ErrUnknownKey, integration)
	}
	delete(r.byKey, credential.APIKey)
	for _, each := range credential.Integrations() {
		delete(r.byIntegration, each)
	}
	return nil
}

// ByKey implements [Keyring]. It answers from memory, whatever the state of ctx.
func (r *Ring) ByKey(_ context.Context, apiKey uuid.UUID) (Credential, error) {
	return r.find(r.byKey, apiKey)
}

// ByIntegration implements [Keyring]. It answers from memory, whatever the state of ctx.
func (r *Ring) ByIntegration(_ context.Context, id uuid.UUID) (Credential, error) {
	return r.find(r.byIntegration, id)
}

func (r *Ring) find(index map[uuid.UUID]*Credential, id uuid.UUID) (Credential, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	credential, ok := index[id]
	if !ok {
		return Credential{}, fmt.Errorf("%w: %s", ErrUnknownKey, id)
	}
	return credential.clone(), nil
}

// AddSecret makes secret the newest live secret of the integration's credential, as [Credential.WithSecret] has it.
// It fails with [ErrUnknownKey], or as that does, and then changes nothing. Here and in the methods below any
// integration of the credential names it, a flexible one too.
func (r *Ring) AddSecret(integration uuid.UUID, secret *Secret) error {
	return r.change(integration, func(c Credential) (Credential, error) { return c.WithSecret(secret) })
}

// RevokeSecret takes the secret of the same text from the live ones, as [Credential.WithoutSecret] has it: from now
// on it verifies nothing. It fails with [ErrUnknownKey], or as that does, and then changes nothing.
func (r *Ring) RevokeSecret(integration uuid.UUID, secret *Secret) error {
	return r.change(integration, func(c Credential) (Credential, error) { return c.WithoutSecret(secret) })
}

// SignWith makes the live secret of the same text the signing one, as [Credential.SigningWith] has it. It fails
// with [ErrUnknownKey], or as that does, and then changes nothing.
func (r *Ring) SignWith(integration uuid.UUID, secret *Secret) error {
	return r.change(integration, func(c Credential) (Credential, error) { return c.SigningWith(secret) })
}

// SetActive says whether the credential may be used. It fails with [ErrUnknownKey].
func (r *Ring) SetActive(integration uuid.UUID, active bool) error {
	return r.change(integration, func(c Credential) (Credential, error) {
		c.Active = active
		return c, nil
	})
}

// change keeps what edit makes of the credential.
func (r *Ring) change(integration uuid.UUID, edit func(Credential) (Credential, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	current, ok := r.byIntegration[integration]
	if !ok {
		return fmt.Errorf("%w: integration %s", ErrUnknownKey, integration)
	}
	next, err := edit(*current)
	if err != nil {
		return err
	}
	*current = next
	return nil
}
