package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"
)

// ErrDuplicateAPIKey says that a key of that id, or of that hash, is in the ring already.
var ErrDuplicateAPIKey = errors.New("auth: duplicate API key")

// APIKeyRing is [APIKeys] in memory: for tests, for examples, and for hosts that read their few keys when they
// start. It is safe for concurrent use. A change is seen by every call that begins after it has returned. The zero
// APIKeyRing is empty and knows nobody.
type APIKeyRing struct {
	mu     sync.RWMutex
	byHash map[KeyHash]*APIKey
	byID   map[uuid.UUID]*APIKey
}

var _ APIKeys = (*APIKeyRing)(nil)

// NewAPIKeyRing makes a ring of keys, as [APIKeyRing.Add] would add them one by one. All faults come in one error.
func NewAPIKeyRing(keys ...APIKey) (*APIKeyRing, error) {
	ring := new(APIKeyRing)
	var faults []error
	for i, key := range keys {
		if err := ring.Add(key); err != nil {
			faults = append(faults, fmt.Errorf("auth: API key %d: %w", i, err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return ring, nil
}

// ByHash implements [APIKeys]. It answers from memory, whatever the state of ctx.
func (r *APIKeyRing) ByHash(_ context.Context, hash [32]byte) (APIKey, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	key := r.byHash[hash]
	if key == nil {
		return APIKey{}, ErrUnknownAPIKey
	}
	return key.clone(), nil
}

// Add makes the key known. It fails with what [APIKey.Validate] finds wrong, or with [ErrDuplicateAPIKey] when its
// id or its hash is that of another, and then changes nothing.
func (r *APIKeyRing) Add(key APIKey) error {
	if err := key.Validate(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID[key.ID] != nil || r.byHash[key.Hash] != nil {
		return ErrDuplicateAPIKey
	}
	if r.byID == nil {
		r.byHash, r.byID = make(map[KeyHash]*APIKey), make(map[uuid.UUID]*APIKey)
	}
	own := key.clone()
	r.byHash[own.Hash], r.byID[own.ID] = &own, &own
	return nil
}

// Replace makes the key of the same id be as given: with other scopes, switched off, or with the hash of another
// text. It fails with what [APIKey.Validate] finds wrong, with [ErrUnknownAPIKey], or with [ErrDuplicateAPIKey]
// when the hash is that of another key, and then changes nothing.
func (r *APIKeyRing) Replace(key APIKey) error {
	if err := key.Validate(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	current := r.byID[key.ID]
	if current == nil {
		return fmt.Errorf("%w: %s", ErrUnknownAPIKey, key.ID)
	}
	if other := r.byHash[key.Hash]; other != nil && other != current {
		return ErrDuplicateAPIKey
	}
	delete(r.byHash, current.Hash)
	own := key.clone()
	r.byHash[own.Hash], r.byID[own.ID] = &own, &own
	return nil
}

// Remove makes the key of the id unknown. It fails with [ErrUnknownAPIKey].
func (r *APIKeyRing) Remove(id uuid.UUID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := r.byID[id]
	if key == nil {
		return fmt.Errorf("%w: %s", ErrUnknownAPIKey, id)
	}
	delete(r.byHash, key.Hash)
	delete(r.byID, id)
	return nil
}
