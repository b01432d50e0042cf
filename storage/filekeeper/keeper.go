package filekeeper

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// disk is what a Keeper does to its file; *os.File does it.
type disk interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
	Close() error
}

// Keeper keeps keys in one file. It is safe for concurrent use, and so is the file for several processes
// of one machine, each with a Keeper of its own. Printed, it shows nothing of what it holds.
type Keeper struct {
	file disk
	lock func() (unlock func(), err error) // keeps other processes from taking blocks
	keys *keys

	mu     sync.Mutex // guards what follows
	block  []prepared // what is left of the block
	end    uint64     // the slot after the block
	size   int        // of a block, in slots
	closed bool
}

var _ session.Keeper = (*Keeper)(nil)

// blockSize is how many slots are made at once.
const blockSize = 4096

// Open opens the file at path, and makes it where it is missing, for the owner alone (0600). The folder
// must be there. It takes a block of slots, so it fails where the disk is full. A master key that is not
// the file's, a file that is none of slots, or one whose header is damaged is an error that wraps
// [session.ErrKeeper], and the file is left as it is.
func Open(path string, master session.Key) (*Keeper, error) {
	return open(path, master, blockSize, func(f *os.File) disk { return f })
}

// open lets a test set the size of a block, and put something before the file.
func open(path string, master session.Key, size int, wrap func(*os.File) disk) (*Keeper, error) {
	if master == (session.Key{}) {
		return nil, fmt.Errorf("%w: the master key is all zeros", session.ErrKeeper)
	}
	f, err := openFile(path, master)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrKeeper, err)
	}
	if err := forgetDrafts(path); err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrKeeper, errors.Join(err, f.Close()))
	}
	k := &Keeper{file: wrap(f), lock: func() (func(), error) { return lockFile(f) }, size: size}
	if err := k.start(master); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return k, nil
}

// openFile opens a file of slots, or makes one that has none yet.
func openFile(path string, master session.Key) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	h, err := newHeader(master)
	if err != nil {
		return nil, err
	}
	if err := publish(path, h.bytes()); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR, 0)
}

// start reads the header and takes the first block.
func (k *Keeper) start(master session.Key) error {
	b := make([]byte, headerSize)
	if _, err := k.file.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", session.ErrKeeper, err)
	} else if err != nil {
		return fmt.Errorf("%w: %w", session.ErrKeeper, errNoHeader)
	}
	h, err := parseHeader(b)
	if err != nil {
		return fmt.Errorf("%w: %w", session.ErrKeeper, err)
	}
	if k.keys, err = keysOf(h, master); err != nil {
		return err
	}
	return k.takeBlock()
}

// Make gives the key of the next slot that is ready. It writes nothing, but for one in 4096 that makes the
// next block. The ref has 25 bytes. A session for which Make was called twice has two keys, each with its
// ref.
func (k *Keeper) Make(ctx context.Context, id uuid.UUID) (session.Key, []byte, error) {
	if err := ctx.Err(); err != nil {
		return session.Key{}, nil, err
	}
	p, err := k.next()
	if err != nil {
		return session.Key{}, nil, err
	}
	return sessionKey(p.bytes, id), ref{p.number, k.keys.code(p.number, p.nonce, id)}.bytes(), nil
}

// Open reads the session's slot, one read of 64 bytes, and derives the key from it.
func (k *Keeper) Open(ctx context.Context, id uuid.UUID, ref []byte) (session.Key, error) {
	if err := ctx.Err(); err != nil {
		return session.Key{}, err
	}
	// Twice, because a Destroy may be writing the slot just now, and half of each was read.
	for range 2 {
		number, s, err := k.find(id, ref)
		if err != nil {
			return session.Key{}, err
		}
		if s.state == gone {
			return session.Key{}, session.ErrErased
		}
		if bytes, ok := k.keys.unwrap(number, s); ok && s.state == live {
			return sessionKey(bytes, id), nil
		}
	}
	return session.Key{}, fmt.Errorf("%w: its slot is damaged", session.ErrKeeper)
}

// Destroy overwrites the session's slot and syncs the file. Repeated, it does both again: the sync of an
// earlier call may have failed. An id or a ref that it does not know is an error that wraps
// [session.ErrKeeper], and no slot is touched.
func (k *Keeper) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	number, s, err := k.find(id, ref)
	if err != nil {
		return err
	}
	tombstone := slot{state: gone, nonce: s.nonce}
	if _, err := k.file.WriteAt(tombstone.append(nil), offset(number)); err != nil {
		return fmt.Errorf("%w: destroying: %w", session.ErrKeeper, err)
	}
	if err := k.file.Sync(); err != nil {
		return fmt.Errorf("%w: destroying: %w", session.ErrKeeper, err)
	}
	return nil
}

// find reads the slot of a ref, if the ref is one that was given for this session and for what the slot
// holds.
func (k *Keeper) find(id uuid.UUID, given []byte) (uint64, slot, error) {
	r, ok := parseRef(given)
	if !ok {
		return 0, slot{}, fmt.Errorf("%w: not a ref of this keeper", session.ErrKeeper)
	}
	var b [slotSize]byte
	if _, err := k.file.ReadAt(b[:], offset(r.slot)); errors.Is(err, io.EOF) {
		return 0, slot{}, fmt.Errorf("%w: its slot is not in the file", session.ErrKeeper)
	} else if err != nil {
		return 0, slot{}, fmt.Errorf("%w: reading its slot: %w", session.ErrKeeper, err)
	}
	s := parseSlot(b)
	code := k.keys.code(r.slot, s.nonce, id)
	if !hmac.Equal(code[:], r.code[:]) {
		return 0, slot{}, fmt.Errorf("%w: the ref is not of this session, or the slot was changed", session.ErrKeeper)
	}
	return r.slot, s, nil
}

// Format gives a fixed word for every verb, never a key: fmt would print the fields.
func (*Keeper) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[keeper]") }
