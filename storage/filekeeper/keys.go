package filekeeper

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// What each derived key is for. They end up in no file, but must not change.
const (
	forSlots   = "bonafide filekeeper 1: slots"
	forRefs    = "bonafide filekeeper 1: refs" // in a file of the first version; in others it is random
	forSession = "bonafide filekeeper 1: session "
)

// sealOf is what a master key seals with in the file of that id: slots and keyholes.
func sealOf(master session.Key, id [idSize]byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, master[:], id[:], forSlots, keySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// keys seal the slots of a file, as its header has it.
type keys struct {
	turn   uint64      // of the header
	now    cipher.AEAD // seals all new slots
	before cipher.AEAD // sealed the slots that were not come to yet; nil when the master key is not being changed
}

// wrap seals bytes into the slot of that number: they open in no other.
func (k *keys) wrap(number uint64, nonce [nonceSize]byte, bytes session.Key) slot {
	s := slot{state: live, nonce: nonce}
	place := placeOf(number)
	k.now.Seal(s.sealed[:0], nonce[:], bytes[:], place[:])
	return s
}

// unwrap opens what wrap sealed, now or before.
func (k *keys) unwrap(number uint64, s slot) (bytes session.Key, ok bool) {
	if bytes, ok = unwrap(k.now, number, s); !ok && k.before != nil {
		bytes, ok = unwrap(k.before, number, s)
	}
	return bytes, ok
}

func unwrap(seal cipher.AEAD, number uint64, s slot) (bytes session.Key, ok bool) {
	place := placeOf(number)
	_, err := seal.Open(bytes[:0], s.nonce[:], s.sealed[:], place[:])
	return bytes, err == nil
}

// anew gives the slot as it has to stand once it was come to. What no master key opens stays as it is.
func (k *keys) anew(number uint64, s slot) slot {
	if s.state == gone {
		return s.tombstone()
	}
	if k.before == nil {
		return s
	}
	if bytes, ok := unwrap(k.before, number, s); ok {
		s.sealed = k.wrap(number, s.nonce, bytes).sealed
	}
	return s
}

// placeOf is what a slot is bound to. The file is bound too, as the key is derived from its id.
func placeOf(number uint64) [8]byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], number)
	return b
}

// codes makes the codes of refs. Its key is the file's for ever, whatever the master key is.
type codes struct {
	key  session.Key
	pool sync.Pool // of hash.Hash
}

func newCodes(key session.Key) *codes {
	return &codes{key: key, pool: sync.Pool{New: func() any { return hmac.New(sha256.New, key[:]) }}}
}

// code binds a session to a slot, and to what the slot holds, as its nonce is another for other bytes.
func (c *codes) code(number uint64, nonce [nonceSize]byte, id uuid.UUID) (code [codeSize]byte) {
	h := c.pool.Get().(hash.Hash)
	defer c.pool.Put(h)
	h.Reset()
	place := placeOf(number)
	var message [8 + nonceSize + len(id)]byte
	copy(message[:], place[:])
	copy(message[8:], nonce[:])
	copy(message[8+nonceSize:], id[:])
	_, _ = h.Write(message[:])
	var sum [sha256.Size]byte
	copy(code[:], h.Sum(sum[:0]))
	return code
}

// sessionKey is the key of a session whose slot holds bytes: HMAC-SHA-256, which is the one step of HKDF-Expand
// that is needed where a key is made of a key.
func sessionKey(bytes session.Key, id uuid.UUID) (key session.Key) {
	h := hmac.New(sha256.New, bytes[:])
	_, _ = h.Write([]byte(forSession))
	_, _ = h.Write(id[:])
	h.Sum(key[:0])
	return key
}

func random(b []byte) { _, _ = rand.Read(b) } // never fails: crypto/rand ends the program instead
