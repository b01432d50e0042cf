package filekeeper

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// Versions of the file. Slots and refs are alike in both.
const (
	firstVersion = 1 // its master key cannot be changed; it becomes of the second when it is
	version      = 2
)

// magic begins the file.
const magic = "bonakeys"

// What can be wrong with a header.
var (
	errNoHeader = errors.New("it does not begin as a file of slots does")
	errVersion  = errors.New("it is of a version that this program does not know")
	errHeader   = errors.New("its header is damaged")
)

// header begins the file, and says which master keys open it.
//
//	0 magic · 8 version · 12 id · 28 turn · 36 before · 96 now · 156 sum · zeros
//
// The first version has another:
//
//	0 magic · 8 version · 12 id · 28 nonce · 40 tag · 56 sum · zeros
type header struct {
	version uint32
	id      [idSize]byte // random: no slot and no ref of one file is good in another
	turn    uint64       // counts the headers of the file: of two copies the later one holds
	before  keyhole      // of the master key that is being replaced; zeros when none is
	now     keyhole      // of the master key that seals new slots
}

// keyhole is what one master key opens of a header: the key of the refs' codes, which stays when the master key
// is changed. It is bound to all that stands before it. In the first version it holds nothing but the tag.
type keyhole struct {
	nonce  [nonceSize]byte
	sealed [keySize + tagSize]byte
}

// Offsets within a copy of a header.
const (
	versionAt = 8
	idAt      = 12
	turnAt    = idAt + idSize
	beforeAt  = turnAt + 8
	nowAt     = beforeAt + nonceSize + keySize + tagSize
	sumAt     = nowAt + nonceSize + keySize + tagSize

	firstNonceAt = idAt + idSize
	firstTagAt   = firstNonceAt + nonceSize
	firstSumAt   = firstTagAt + tagSize
)

// bytes writes one copy of the header as it stands in the file.
func (h header) bytes() []byte {
	b := make([]byte, copySize)
	copy(b, magic)
	binary.BigEndian.PutUint32(b[versionAt:], h.version)
	copy(b[idAt:], h.id[:])
	if h.version == firstVersion {
		copy(b[firstNonceAt:], h.now.nonce[:])
		copy(b[firstTagAt:], h.now.sealed[:tagSize])
		binary.BigEndian.PutUint32(b[firstSumAt:], sumOf(b[:firstSumAt]))
		return b
	}
	binary.BigEndian.PutUint64(b[turnAt:], h.turn)
	h.before.put(b[beforeAt:])
	h.now.put(b[nowAt:])
	binary.BigEndian.PutUint32(b[sumAt:], sumOf(b[:sumAt]))
	return b
}

func (k keyhole) put(b []byte) { copy(b[copy(b, k.nonce[:]):], k.sealed[:]) }

func keyholeOf(b []byte) (k keyhole) {
	copy(k.sealed[:], b[copy(k.nonce[:], b):])
	return k
}

// sumOf tells damage from a wrong master key. It is no protection: the seals are.
func sumOf(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// parseCopy reads what bytes wrote, and nothing else.
func parseCopy(b []byte) (header, error) {
	if len(b) < copySize || !bytes.HasPrefix(b, []byte(magic)) {
		return header{}, errNoHeader
	}
	h := header{version: binary.BigEndian.Uint32(b[versionAt:])}
	copy(h.id[:], b[idAt:])
	switch h.version {
	case firstVersion:
		copy(h.now.nonce[:], b[firstNonceAt:])
		copy(h.now.sealed[:], b[firstTagAt:firstSumAt])
	case version:
		h.turn = binary.BigEndian.Uint64(b[turnAt:])
		h.before, h.now = keyholeOf(b[beforeAt:]), keyholeOf(b[nowAt:])
	default:
		return header{}, errVersion
	}
	if !bytes.Equal(h.bytes(), b[:copySize]) {
		return header{}, errHeader
	}
	return h, nil
}

// parseHeader reads the copies of a header, and gives the later one. Whole says that they need no mending.
func parseHeader(b []byte) (h header, whole bool, err error) {
	if len(b) < headerSize {
		return header{}, false, errNoHeader
	}
	h, err = parseCopy(b)
	second, err2 := parseCopy(b[copySize:headerSize])
	switch {
	case errors.Is(err, errVersion), err != nil && err2 != nil:
		return header{}, false, err
	case err != nil, err2 == nil && second.turn > h.turn:
		return second, false, nil
	}
	return h, h == second || h.version == firstVersion, nil
}
