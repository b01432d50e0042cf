package filekeeper

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// The layout of the file. A slot divides a sector, so that no write of one can be torn between two.
const (
	headerSize = 4096
	slotSize   = 64
	version    = 1
)

const (
	idSize    = 16
	nonceSize = 12
	tagSize   = 16
	keySize   = 32
)

// magic begins the file.
const magic = "bonakeys"

// What can be wrong with a header.
var (
	errNoHeader = errors.New("it does not begin as a file of slots does")
	errVersion  = errors.New("it is of a version that this program does not know")
	errHeader   = errors.New("its header is damaged")
)

// header begins the file. Its tag is made with the master key, over what stands before it.
//
//	0 magic · 8 version · 12 id · 28 nonce · 40 tag · 56 sum · zeros
type header struct {
	id    [idSize]byte // random: no slot and no ref of one file is good in another
	nonce [nonceSize]byte
	tag   [tagSize]byte
}

// Offsets within a header.
const (
	versionAt = 8
	idAt      = 12
	nonceAt   = idAt + idSize
	tagAt     = nonceAt + nonceSize
	sumAt     = tagAt + tagSize
)

// bytes writes the header as it stands in the file.
func (h header) bytes() []byte {
	b := make([]byte, headerSize)
	copy(b, magic)
	binary.BigEndian.PutUint32(b[versionAt:], version)
	copy(b[idAt:], h.id[:])
	copy(b[nonceAt:], h.nonce[:])
	copy(b[tagAt:], h.tag[:])
	binary.BigEndian.PutUint32(b[sumAt:], sumOf(b))
	return b
}

// sumOf tells damage from a wrong master key. It is no protection: the tag is.
func sumOf(b []byte) uint32 { return crc32.Checksum(b[:sumAt], crc32.MakeTable(crc32.Castagnoli)) }

// parseHeader reads what bytes wrote, and nothing else.
func parseHeader(b []byte) (header, error) {
	var h header
	switch {
	case len(b) < headerSize || !bytes.HasPrefix(b, []byte(magic)):
		return h, errNoHeader
	case binary.BigEndian.Uint32(b[versionAt:]) != version:
		return h, errVersion
	}
	copy(h.id[:], b[idAt:])
	copy(h.nonce[:], b[nonceAt:])
	copy(h.tag[:], b[tagAt:])
	if !bytes.Equal(h.bytes(), b[:headerSize]) {
		return header{}, errHeader
	}
	return h, nil
}

// state is what has become of a slot.
type state [4]byte

var (
	live = state([]byte("live")) // it holds bytes, given away or not
	gone = state([]byte("gone")) // it was destroyed
)

// slot is one place for a key.
//
//	0 state · 4 nonce · 16 sealed
//
// The nonce is the slot's name as well: it is random, a ref is bound to it, and it stays when the slot is
// destroyed, so that a ref of a destroyed slot is still told from one that never was.
type slot struct {
	state  state
	nonce  [nonceSize]byte
	sealed [keySize + tagSize]byte // zeros once it is gone
}

func (s slot) append(b []byte) []byte {
	b = append(b, s.state[:]...)
	b = append(b, s.nonce[:]...)
	return append(b, s.sealed[:]...)
}

// parseSlot reads any 64 bytes: whether they are a slot is for the ref's code and the seal to say.
func parseSlot(b [slotSize]byte) slot {
	var s slot
	copy(s.state[:], b[:])
	copy(s.nonce[:], b[4:])
	copy(s.sealed[:], b[16:])
	return s
}

// maxSlot bounds a slot's number far beyond any disk, so that no offset overflows.
const maxSlot = 1 << 48

// offset is where a slot begins.
func offset(number uint64) int64 { return headerSize + slotSize*int64(number) }

// slotsIn is how many slots a file of that size has, one that is cut off among them.
func slotsIn(size int64) uint64 { return uint64(size-headerSize+slotSize-1) / slotSize }
