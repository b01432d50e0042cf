package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/google/uuid"
)

// What a [Keeper] answers when it refuses.
var (
	// ErrErased: the key was destroyed, and what it sealed is gone for good.
	ErrErased = errors.New("session: personal data are erased")
	// ErrKeeper: the key is there and cannot be opened: the master key is wrong or away, or the keeper is.
	ErrKeeper = errors.New("session: key cannot be opened")
)

// Key is the 32 bytes that seal one session. It cannot be printed; but fmt does not ask what is in an
// unexported field of a struct, so keep a function that gives it there.
type Key [32]byte

// String gives a fixed word, never the key.
func (Key) String() string { return "[key]" }

// GoString gives a fixed word, never the key.
func (Key) GoString() string { return "[key]" }

// Format gives a fixed word for every verb, never the key.
func (Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[key]")) }

// MarshalText gives a fixed word, never the key.
func (Key) MarshalText() ([]byte, error) { return []byte("[key]"), nil }

// LogValue gives a fixed word, never the key.
func (Key) LogValue() slog.Value { return slog.StringValue("[key]") }

// NewKey makes a random key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k[:]) // never fails: crypto/rand ends the program instead
	return k
}

// maxRef is how many bytes a keeper's ref may have.
const maxRef = 128

// hiddenKey is a key in a place where fmt would print it.
type hiddenKey func() Key

func hide(k Key) hiddenKey { return func() Key { return k } }

// Keeper keeps one key per session, outside the store and outside the store's backups: otherwise a
// backup together with the master key would open what was erased. It MUST NOT use the store's own
// connections, as it is called while a transaction of the store is open. All methods MUST be safe for
// concurrent use, and answer the error of a ctx that has ended, with no effect. What its errors say goes to the log, and
// MUST NOT hold a key or anything about a person.
type Keeper interface {
	// Make gives a new key, which Open MUST find by id and ref from now on, also after any crash, and ref, at
	// most 128 bytes, which is kept beside the ciphertext and MUST NOT be enough to open it. A key that is made
	// and never used is no error; made again for one id, it is another key beside the first.
	Make(ctx context.Context, id uuid.UUID) (key Key, ref []byte, err error)

	// Open gives the key. It MUST answer ErrErased once Destroy has begun, and an error that wraps ErrKeeper
	// for a ref or an id that it does not know, and when the master key is wrong or away.
	Open(ctx context.Context, id uuid.UUID, ref []byte) (Key, error)

	// Destroy returns nil when no copy within the keeper's reach can be opened; repeated, it is nil again. Of a
	// ref or an id that it does not know it MUST answer an error that wraps ErrKeeper, and destroy nothing.
	Destroy(ctx context.Context, id uuid.UUID, ref []byte) error
}

// MemoryKeeper is a Keeper whose keys end with the process: for tests, and for stores that end with it too.
type MemoryKeeper struct {
	mu   sync.RWMutex
	keys map[keyName]hiddenKey // zero once destroyed
}

// keyName is a key's id and ref.
type keyName struct {
	id  uuid.UUID
	ref [16]byte
}

var _ Keeper = (*MemoryKeeper)(nil)

// NewMemoryKeeper makes an empty keeper.
func NewMemoryKeeper() *MemoryKeeper {
	return &MemoryKeeper{keys: map[keyName]hiddenKey{}}
}

// Make makes a key. Its ref is a random name that says nothing.
func (k *MemoryKeeper) Make(ctx context.Context, id uuid.UUID) (Key, []byte, error) {
	if err := ctx.Err(); err != nil {
		return Key{}, nil, err
	}
	key, name := NewKey(), keyName{id: id}
	_, _ = rand.Read(name.ref[:]) // never fails: crypto/rand ends the program instead
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys[name] = hide(key)
	return key, name.ref[:], nil
}

// Open finds the key.
func (k *MemoryKeeper) Open(ctx context.Context, id uuid.UUID, ref []byte) (Key, error) {
	if err := ctx.Err(); err != nil {
		return Key{}, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	_, key, err := k.find(id, ref)
	if err == nil && key == (Key{}) {
		err = ErrErased
	}
	return key, err
}

// Destroy forgets the key, but not that there was one.
func (k *MemoryKeeper) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	name, _, err := k.find(id, ref)
	if err == nil {
		k.keys[name] = hide(Key{})
	}
	return err
}

func (k *MemoryKeeper) find(id uuid.UUID, ref []byte) (keyName, Key, error) {
	name := keyName{id: id}
	copy(name.ref[:], ref)
	key, ok := k.keys[name]
	if !ok || len(ref) != len(name.ref) {
		return name, Key{}, fmt.Errorf("%w: it is not in memory", ErrKeeper)
	}
	return name, key(), nil
}
