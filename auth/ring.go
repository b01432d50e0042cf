package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"
)

// What a [Ring] refuses.
var (
	// ErrDuplicateKey says that an API key or an integration is in the ring already.
	ErrDuplicateKey = errors.New("auth: duplicate key")
	// ErrUnknownSecret says that an integration has no such live secret.
	ErrUnknownSecret = errors.New("auth: unknown secret")
)

// Ring is a [Keyring] in memory: for tests, for examples, and for hosts that read their few credentials when
// they start. It is safe for concurrent use. A change is seen by every call that begins after it has returned;
// a Credential that was handed out before keeps what it had. The zero Ring is empty and knows nobody.
type Ring struct {
	mu            sync.RWMutex
	byKey         map[uuid.UUID]*Credential
	byIntegration map[uuid.UUID]*Credential
}

var _ Keyring = (*Ring)(nil)

// NewRing makes a ring of credentials, one for each API key and each integration. It refuses credentials that
// are not valid, see [Credential.Validate], and an API key or integration that occurs twice
// ([ErrDuplicateKey]). All faults come in one error.
func NewRing(credentials ...Credential) (*Ring, error) {
	ring := &Ring{
		byKey:         make(map[uuid.UUID]*Credential, len(credentials)),
		byIntegration: make(map[uuid.UUID]*Credential, len(credentials)),
	}
	var faults []error
	for i, credential := range credentials {
		if err := ring.add(credential); err != nil {
			faults = append(faults, fmt.Errorf("auth: credential %d: %w", i, err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return ring, nil
}

func (r *Ring) add(credential Credential) error {
	if err := credential.Validate(); err != nil {
		return err
	}
	if r.byKey[credential.APIKey] != nil || r.byIntegration[credential.Integration] != nil {
		return ErrDuplicateKey
	}
	own := credential.clone()
	r.byKey[own.APIKey] = &own
	r.byIntegration[own.Integration] = &own
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

// AddSecret makes secret the newest live secret of the integration: from now on it verifies, and does not sign
// until [Ring.SignWith] names it. It fails with [ErrUnknownKey], [ErrTooManySecrets], [ErrSameSecret], or, when
// secret is nil, [ErrNoSecret], and then changes nothing.
func (r *Ring) AddSecret(integration uuid.UUID, secret *Secret) error {
	return r.change(integration, func(c *Credential) error {
		c.Secrets = append(c.Secrets, secret)
		return nil
	})
}

// RevokeSecret takes the secret of the same text from the live ones of the integration: from now on it verifies
// nothing. If it was the signing one, the oldest that remains signs. It fails with [ErrUnknownKey],
// [ErrUnknownSecret], or, when it is the last one, [ErrNoSecret], and then changes nothing.
func (r *Ring) RevokeSecret(integration uuid.UUID, secret *Secret) error {
	return r.change(integration, func(c *Credential) error {
		at, err := c.indexOf(secret)
		if err != nil {
			return err
		}
		if at == c.Signing {
			c.Signing = 0
		} else if at < c.Signing {
			c.Signing--
		}
		c.Secrets = slices.Delete(c.Secrets, at, at+1)
		return nil
	})
}

// SignWith makes the live secret of the same text the signing one of the integration. It fails with
// [ErrUnknownKey] or [ErrUnknownSecret], and then changes nothing.
func (r *Ring) SignWith(integration uuid.UUID, secret *Secret) error {
	return r.change(integration, func(c *Credential) (err error) {
		c.Signing, err = c.indexOf(secret)
		return err
	})
}

// SetActive says whether the integration may be used. It fails with [ErrUnknownKey].
func (r *Ring) SetActive(integration uuid.UUID, active bool) error {
	return r.change(integration, func(c *Credential) error {
		c.Active = active
		return nil
	})
}

// change edits a copy and keeps it only when what comes out is valid.
func (r *Ring) change(integration uuid.UUID, edit func(*Credential) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	current, ok := r.byIntegration[integration]
	if !ok {
		return fmt.Errorf("%w: integration %s", ErrUnknownKey, integration)
	}
	next := current.clone()
	if err := edit(&next); err != nil {
		return err
	}
	if err := next.Validate(); err != nil {
		return err
	}
	*current = next
	return nil
}

func (c Credential) indexOf(secret *Secret) (int, error) {
	at := slices.IndexFunc(c.Secrets, secret.Equal)
	if at < 0 {
		return 0, ErrUnknownSecret
	}
	return at, nil
}
