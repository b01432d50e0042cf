package filekeeper

import (
	"io/fs"
	"os"

	"github.com/bonafide-idv/bonafide/session"
)

// The layout, for tests that damage a file.
const (
	HeaderSize = headerSize
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
func OpenBlocks(path string, master session.Key, size int, wrap func(Disk) Disk) (*Keeper, error) {
	return open(path, master, size, func(f *os.File) disk { return wrap(f) })
}

// ReencodeRef writes what it read.
func ReencodeRef(b []byte) ([]byte, bool) {
	r, ok := parseRef(b)
	return r.bytes(), ok
}

// ReencodeHeader writes what it read.
func ReencodeHeader(b []byte) ([]byte, error) {
	h, err := parseHeader(b)
	return h.bytes(), err
}

// ReencodeSlot writes what it read.
func ReencodeSlot(b [SlotSize]byte) []byte { return parseSlot(b).append(nil) }
