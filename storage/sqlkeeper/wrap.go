package sqlkeeper

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// What each derived key is for. They end up in no database, but must not change.
const (
	forNames = "bonafide sqlkeeper 1: name of a master key"
	forKeys  = "bonafide sqlkeeper 1: keys"
)

const (
	nonceSize   = 12
	wrappedSize = len(session.Key{}) + 16
)

// masterName is what a row says of the master key that wraps it: it is derived from it, and opens nothing.
// Zeros are none: what the row held is destroyed.
type masterName [16]byte

// masterKey is a master key that was given.
type masterKey struct {
	name masterName
	seal cipher.AEAD
}

func newMaster(key session.Key) (masterKey, error) {
	name, err := hkdf.Key(sha256.New, key[:], nil, forNames, len(masterName{}))
	if err != nil {
		return masterKey{}, err
	}
	forSealing, err := hkdf.Key(sha256.New, key[:], nil, forKeys, len(session.Key{}))
	if err != nil {
		return masterKey{}, err
	}
	block, err := aes.NewCipher(forSealing)
	if err != nil {
		return masterKey{}, err
	}
	seal, err := cipher.NewGCM(block)
	return masterKey{masterName(name), seal}, err
}

// row is what the database has of a key, but for its number.
type row struct {
	session uuid.UUID
	name    [nameSize]byte
	master  masterName
	nonce   [nonceSize]byte
	wrapped [wrappedSize]byte
}

// wrap puts a key into the row, under a nonce of its own: it opens for this session and name alone.
func (m masterKey) wrap(r row, key session.Key) row {
	r.master = m.name
	_, _ = rand.Read(r.nonce[:]) // never fails: crypto/rand ends the program instead
	m.seal.Seal(r.wrapped[:0], r.nonce[:], key[:], r.bound())
	return r
}

func (m masterKey) unwrap(r row) (key session.Key, ok bool) {
	_, err := m.seal.Open(key[:0], r.nonce[:], r.wrapped[:], r.bound())
	return key, err == nil
}

// bound is what the wrapped key is bound to. The master key's name needs not be: another's key would not open
// it.
func (r row) bound() []byte {
	return append(append(make([]byte, 0, len(r.session)+len(r.name)), r.session[:]...), r.name[:]...)
}

// tombstone is what stays of the row.
func (r row) tombstone() row { return row{session: r.session, name: r.name} }
