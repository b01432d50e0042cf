package filekeeper

import (
	"io/fs"
	"os"

	"github.com/bonafide-idv/bonafide/session"
)

// The layout, for tests that damage a file.
const (
	HeaderSize = headerSize
	CopySize   = copySize
	SlotSize   = slotSize
	RefSize    = refSize
)

// Disk is what a Keeper does to its file.
type Disk interface {
	ReadAt(p []byte, at int64) (int, error)
	WriteAt(p []byte, at int64) (int, error)
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
	Close() error
}

// OpenBlocks opens a file with blocks of a few slots, and with something before the file.
func OpenBlocks(path string, master session.Key, size int, wrap func(Disk) Disk, previous ...session.Key) (*Keeper, error) {
	return open(path, append([]session.Key{master}, previous...), size, func(f *os.File) disk { return wrap(f) })
}

// ReencodeRef writes what it read.
func ReencodeRef(b []byte) ([]byte, bool) {
	r, ok := parseRef(b)
	return r.bytes(), ok
}

// ReencodeHeader writes what it read, one copy.
func ReencodeHeader(b []byte) ([]byte, error) {
	h, err := parseCopy(b)
	return h.bytes(), err
}

// ReencodeSlot writes what it read.
func ReencodeSlot(b [SlotSize]byte) []byte { return parseSlot(b).append(nil) }

// Opens counts what a master key opens of a file as it stands: the copies of its header, and its slots.
func Opens(data []byte, master session.Key) (headers, slots int) {
	for _, at := range []int{0, copySize} {
		h, err := parseCopy(data[at : at+copySize])
		if err != nil {
			continue
		}
		seal, err := sealOf(master, h.id)
		if err != nil {
			panic(err)
		}
		for _, hole := range []struct {
			keyhole
			at int
		}{{h.before, beforeAt}, {h.now, nowAt}} {
			if _, ok := h.fits(hole.keyhole, hole.at, master, seal); ok {
				headers++
			}
		}
		if at == 0 {
			for i := headerSize; i+slotSize <= len(data); i += slotSize {
				if _, ok := unwrap(seal, uint64(i-headerSize)/slotSize, parseSlot([slotSize]byte(data[i:]))); ok {
					slots++
				}
			}
		}
	}
	return headers, slots
}

// Nonces are those of a file as it stands.
func Nonces(data []byte) (all [][nonceSize]byte) {
	for i := headerSize; i+slotSize <= len(data); i += slotSize {
		all = append(all, parseSlot([slotSize]byte(data[i:])).nonce)
	}
	return all
}
