package filekeeper

// The layout of the file. A slot divides a sector, so that no write of one can be torn between two. The header
// stands twice, so that a write of it may be torn.
const (
	headerSize = 4096
	copySize   = headerSize / 2
	slotSize   = 64
)

const (
	idSize    = 16
	nonceSize = 12
	tagSize   = 16
	keySize   = 32
)

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
// destroyed, so that a ref of a destroyed slot is still told from one that never was. It stays under another
// master key too, where it seals the same bytes under another key.
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

// tombstone is what stays of the slot.
func (s slot) tombstone() slot { return slot{state: gone, nonce: s.nonce} }

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
