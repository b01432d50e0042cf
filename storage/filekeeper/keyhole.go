package filekeeper

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"

	"github.com/bonafide-idv/bonafide/session"
)

// Why a header does not open with the master keys that there are.
var (
	errMaster    = errors.New("the master key is not the one of this file")
	errOldMaster = errors.New("a change of the master key is not finished, and the previous one is not given")
	errNewMaster = errors.New("a change of the master key is not finished, and the new one is not given")
)

// newHeader makes the header of a new file.
func newHeader(master session.Key) (header, error) {
	h := header{version: version}
	random(h.id[:])
	seal, err := sealOf(master, h.id)
	if err != nil {
		return header{}, err
	}
	return h.next(session.NewKey(), seal, nil), nil
}

// next makes the header that comes after h. What before seals is to be sealed anew; it may be nil.
func (h header) next(codes session.Key, now, before cipher.AEAD) header {
	n := header{version: version, id: h.id, turn: h.turn + 1}
	if before != nil {
		n.before = newKeyhole(before, codes, n.bytes()[:beforeAt])
	}
	n.now = newKeyhole(now, codes, n.bytes()[:nowAt])
	return n
}

func newKeyhole(seal cipher.AEAD, codes session.Key, bound []byte) (k keyhole) {
	random(k.nonce[:])
	seal.Seal(k.sealed[:0], k.nonce[:], codes[:], bound)
	return k
}

// open finds the master keys that the header asks for, and gives what they open.
func (h header) open(masters []session.Key) (*keys, session.Key, error) {
	k := &keys{turn: h.turn}
	var codes session.Key
	for _, master := range masters {
		seal, err := sealOf(master, h.id)
		if err != nil {
			return nil, codes, err
		}
		if key, ok := h.fits(h.now, nowAt, master, seal); ok {
			k.now, codes = seal, key
		} else if key, ok := h.fits(h.before, beforeAt, master, seal); ok {
			k.before, codes = seal, key
		}
	}
	switch {
	case k.now == nil && k.before == nil:
		return nil, codes, errMaster
	case k.now == nil:
		return nil, codes, errNewMaster
	case k.before == nil && h.before != (keyhole{}):
		return nil, codes, errOldMaster
	}
	return k, codes, nil
}

// fits tries a master key at a keyhole, and gives the key of the codes.
func (h header) fits(hole keyhole, at int, master session.Key, seal cipher.AEAD) (codes session.Key, ok bool) {
	if hole == (keyhole{}) {
		return codes, false
	}
	if h.version == firstVersion {
		if _, err := seal.Open(nil, hole.nonce[:], hole.sealed[:tagSize], h.bytes()[:firstTagAt]); err != nil {
			return codes, false
		}
		key, err := hkdf.Key(sha256.New, master[:], h.id[:], forRefs, keySize)
		copy(codes[:], key)
		return codes, err == nil
	}
	_, err := seal.Open(codes[:0], hole.nonce[:], hole.sealed[:], h.bytes()[:at])
	return codes, err == nil
}
