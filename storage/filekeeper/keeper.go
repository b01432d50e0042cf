package filekeeper

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"sync/atomic"

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

// Keeper keeps keys in one file. It is safe for concurrent use, and so is the file for several processes of one
// machine, each with a Keeper of its own. Printed, it shows nothing of what it holds.
type Keeper struct {
	file  disk
	lock  func() (unlock func(), err error) // keeps out all others who write to the file
	codes *codes
	keys  atomic.Pointer[keys]

	masters  []session.Key // those that were given; guarded by lock
	rotating chan struct{} // holds a token while Rotate is at work

	mu     sync.Mutex // guards what follows; taken before lock
	block  []prepared // what is left of the block
	end    uint64     // the slot after the block
	size   int        // of a block, in slots
	closed bool
}

var _ session.Keeper = (*Keeper)(nil)

// blockSize is how many slots are made at once.
const blockSize = 4096

// Open opens the file at path, and makes it where it is missing, for the owner alone (0600). The folder must be
// there. It takes a block of slots, so it fails where the disk is full. A file that is none of slots, or one
// whose header is damaged, is an error that wraps [session.ErrKeeper], and the file is left as it is.
//
// Master is the file's master key, and the one that a new file gets. Previous are those that the file may still
// have, because [Keeper.Rotate] did not replace them yet; Open alone replaces none. When the file's master key
// is none of these, that is an error that wraps [session.ErrKeeper] too. Where a Rotate was interrupted, both
// of its master keys are needed, whatever the order; Open then finishes it before it returns, which takes about
// a second for each million slots.
func Open(path string, master session.Key, previous ...session.Key) (*Keeper, error) {
	return open(path, append([]session.Key{master}, previous...), blockSize, func(f *os.File) disk { return f })
}

// open lets a test set the size of a block, and put something before the file.
func open(path string, masters []session.Key, size int, wrap func(*os.File) disk) (*Keeper, error) {
	if slices.Contains(masters, session.Key{}) {
		return nil, errZeros
	}
	f, err := openFile(path, masters[0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrKeeper, err)
	}
	if err := forgetDrafts(path); err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrKeeper, errors.Join(err, f.Close()))
	}
	k := &Keeper{file: wrap(f), lock: alone(f), masters: masters, rotating: make(chan struct{}, 1), size: size}
	if err := k.start(); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return k, nil
}

// errZeros is the answer to a master key that somebody forgot to set.
var errZeros = fmt.Errorf("%w: the master key is all zeros", session.ErrKeeper)

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
	if err := publish(path, append(h.bytes(), h.bytes()...)); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR, 0)
}

// start takes the first block, and finishes a change of the master key that was interrupted.
func (k *Keeper) start() error {
	if err := k.takeBlock(); err != nil {
		return err
	}
	if k.keys.Load().before == nil {
		return nil
	}
	return k.finish(context.Background())
}

// Make gives the key of the next slot that is ready. It writes nothing, but for one in 4096 that makes the next
// block. The ref has 25 bytes. A session for which Make was called twice has two keys, each with its ref.
func (k *Keeper) Make(ctx context.Context, id uuid.UUID) (session.Key, []byte, error) {
	if err := ctx.Err(); err != nil {
		return session.Key{}, nil, err
	}
	p, err := k.next()
	if err != nil {
		return session.Key{}, nil, err
	}
	return sessionKey(p.bytes, id), ref{p.number, k.codes.code(p.number, p.nonce, id)}.bytes(), nil
}

// Open reads the session's slot, one read of 64 bytes, and derives the key from it.
func (k *Keeper) Open(ctx context.Context, id uuid.UUID, ref []byte) (session.Key, error) {
	if err := ctx.Err(); err != nil {
		return session.Key{}, err
	}
	key, err := k.look(id, ref)
	if !errors.Is(err, errSealed) {
		return key, err
	}
	// Somebody was writing the slot just now, and half of each was read; or another process has changed the master
	// key.
	unlock, err := k.lock()
	if err != nil {
		return session.Key{}, fmt.Errorf("%w: locking the file: %w", session.ErrKeeper, err)
	}
	defer unlock()
	if _, err := k.refresh(); err != nil {
		return session.Key{}, err
	}
	return k.look(id, ref)
}

// errSealed: a slot is there, and is not sealed by a master key that this Keeper has.
var errSealed = fmt.Errorf("%w: its slot is damaged", session.ErrKeeper)

func (k *Keeper) look(id uuid.UUID, ref []byte) (session.Key, error) {
	number, s, err := k.find(id, ref)
	if err != nil {
		return session.Key{}, err
	}
	if s.state == gone {
		return session.Key{}, session.ErrErased
	}
	bytes, ok := k.keys.Load().unwrap(number, s)
	if !ok || s.state != live {
		return session.Key{}, errSealed
	}
	return sessionKey(bytes, id), nil
}

// Destroy overwrites the session's slot and syncs the file. Repeated, it does both again: the sync of an
// earlier call may have failed. An id or a ref that it does not know is an error that wraps
// [session.ErrKeeper], and no slot is touched.
func (k *Keeper) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := k.overwrite(id, ref); err != nil {
		return err
	}
	if err := k.file.Sync(); err != nil {
		return fmt.Errorf("%w: destroying: %w", session.ErrKeeper, err)
	}
	return nil
}

// overwrite writes the tombstone under the lock: a Rotate that had read the slot before would write it back.
func (k *Keeper) overwrite(id uuid.UUID, ref []byte) error {
	unlock, err := k.lock()
	if err != nil {
		return fmt.Errorf("%w: locking the file: %w", session.ErrKeeper, err)
	}
	defer unlock()
	number, s, err := k.find(id, ref)
	if err != nil {
		return err
	}
	if _, err := k.file.WriteAt(s.tombstone().append(nil), offset(number)); err != nil {
		return fmt.Errorf("%w: destroying: %w", session.ErrKeeper, err)
	}
	return nil
}

// find reads the slot of a ref, if the ref is one that was given for this session and for what the slot holds.
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
	code := k.codes.code(r.slot, s.nonce, id)
	if !hmac.Equal(code[:], r.code[:]) {
		return 0, slot{}, fmt.Errorf("%w: the ref is not of this session, or the slot was changed", session.ErrKeeper)
	}
	return r.slot, s, nil
}

// Format gives a fixed word for every verb, never a key: fmt would print the fields.
func (*Keeper) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[keeper]") }
