package filekeeper

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"sync"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// What each derived key is for. They end up in no file, but must not change.
const (
	forSlots   = "bonafide filekeeper 1: slots"
	forRefs    = "bonafide filekeeper 1: refs"
	forSession = "bonafide filekeeper 1: session "
)

// keys is all that is done with the master key, for one file.
type keys struct {
	seal  cipher.AEAD
	codes sync.Pool // of hash.Hash, keyed for codes
}

// newKeys derives the keys of the file with that id.
func newKeys(master session.Key, id [idSize]byte) (*keys, error) {
	forSealing, err := hkdf.Key(sha256.New, master[:], id[:], forSlots, keySize)
	if err != nil {
		return nil, err
	}
	forCodes, err := hkdf.Key(sha256.New, master[:], id[:], forRefs, keySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(forSealing)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &keys{seal: seal, codes: sync.Pool{New: func() any { return hmac.New(sha256.New, forCodes) }}}, nil
}

// newHeader makes the header of a new file.
func newHeader(master session.Key) (header, error) {
	var h header
	random(h.id[:])
	random(h.nonce[:])
	k, err := newKeys(master, h.id)
	if err != nil {
		return header{}, err
	}
	copy(h.tag[:], k.seal.Seal(nil, h.nonce[:], nil, h.bytes()[:tagAt]))
	return h, nil
}

// keysOf gives the keys of a file, if the master key is the one with which its header was made.
func keysOf(h header, master session.Key) (*keys, error) {
	k, err := newKeys(master, h.id)
	if err != nil {
		return nil, err
	}
	if _, err := k.seal.Open(nil, h.nonce[:], h.tag[:], h.bytes()[:tagAt]); err != nil {
		return nil, fmt.Errorf("%w: the master key is not the one of this file", session.ErrKeeper)
	}
	return k, nil
}

// wrap seals bytes into the slot of that number: they open in no other.
func (k *keys) wrap(number uint64, nonce [nonceSize]byte, bytes session.Key) slot {
	s := slot{state: live, nonce: nonce}
	place := placeOf(number)
	k.seal.Seal(s.sealed[:0], nonce[:], bytes[:], place[:])
	return s
}

// unwrap opens what wrap sealed.
func (k *keys) unwrap(number uint64, s slot) (bytes session.Key, ok bool) {
	place := placeOf(number)
	_, err := k.seal.Open(bytes[:0], s.nonce[:], s.sealed[:], place[:])
	return bytes, err == nil
}

// placeOf is what a slot is bound to. The file is bound too, as the key is derived from its id.
func placeOf(number uint64) [8]byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], number)
	return b
}

// code binds a session to a slot, and to what the slot holds, as its nonce is another for other bytes.
func (k *keys) code(number uint64, nonce [nonceSize]byte, id uuid.UUID) (code [codeSize]byte) {
	h := k.codes.Get().(hash.Hash)
	defer k.codes.Put(h)
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

// sessionKey is the key of a session whose slot holds bytes: HMAC-SHA-256, which is the one step of
// HKDF-Expand that is needed where a key is made of a key.
func sessionKey(bytes session.Key, id uuid.UUID) (key session.Key) {
	h := hmac.New(sha256.New, bytes[:])
	_, _ = h.Write([]byte(forSession))
	_, _ = h.Write(id[:])
	h.Sum(key[:0])
	return key
}

func random(b []byte) { _, _ = rand.Read(b) } // never fails: crypto/rand ends the program instead
