package sqlkeeper

import (
	"fmt"

	"github.com/bonafide-idv/bonafide/session"
)

// What is wrong with a master key.
var (
	errZeros  = fmt.Errorf("%w: the master key is all zeros", session.ErrKeeper)
	errMaster = fmt.Errorf("%w: the master key is not the one of this database", session.ErrKeeper)

	errChange    = fmt.Errorf("%w: a change of the master key is not finished", session.ErrKeeper)
	errOldMaster = fmt.Errorf("%w, and the previous one is not given", errChange)
	errNewMaster = fmt.Errorf("%w, and the new one is not given", errChange)
)

// take adds a master key to those that are given.
func (k *Keeper) take(key session.Key) (masterKey, error) {
	if key == (session.Key{}) {
		return masterKey{}, errZeros
	}
	m, err := newMaster(key)
	if err != nil {
		return masterKey{}, fmt.Errorf("%w: %w", session.ErrKeeper, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.masters[m.name] = m
	return m, nil
}

// given finds a master key by its name.
func (k *Keeper) given(name masterName) (masterKey, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	m, ok := k.masters[name]
	if !ok {
		return masterKey{}, errMaster
	}
	return m, nil
}
