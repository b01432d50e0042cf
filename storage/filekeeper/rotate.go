package filekeeper

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// Rotate makes master the file's master key: it seals each live slot anew, block by block, while Make, Open and
// Destroy go on, here and in other processes. When it returns nil the file is synced, and the master key that
// it had before opens nothing of it any more. Until then the file needs both. What is destroyed stays
// destroyed.
//
// It may be interrupted at any point, by the end of ctx, an error or a crash, and nothing is lost: [Open] with
// both master keys finishes it, and so does Rotate called again. When master is the file's master key already
// there is nothing to do, so a host may call it at each start. A change to some other master key that was
// interrupted is finished first.
//
// Other processes that have the file open go on with the new master key if it was among those given to their
// Open; otherwise they open only what they still can, make no new blocks, and say so with an error that wraps
// [session.ErrKeeper]. So of several processes start all with the new and the previous master key, and then
// call Rotate in one of them.
func (k *Keeper) Rotate(ctx context.Context, master session.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if master == (session.Key{}) {
		return errZeros
	}
	select {
	case k.rotating <- struct{}{}:
		defer func() { <-k.rotating }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		if err := k.finish(ctx); err != nil {
			return err
		}
		if done, err := k.begin(master); done || err != nil {
			return err
		}
	}
}

// begin writes the header by which master replaces the file's master key. From here on all new slots are sealed
// by master. Done says that it is the file's master key already.
func (k *Keeper) begin(master session.Key) (done bool, err error) {
	unlock, err := k.lock()
	if err != nil {
		return false, fmt.Errorf("%w: locking the file: %w", session.ErrKeeper, err)
	}
	defer unlock()
	h, err := k.refresh()
	if err != nil {
		return false, err
	}
	seal, err := sealOf(master, h.id)
	if err != nil {
		return false, fmt.Errorf("%w: %w", session.ErrKeeper, err)
	}
	keys := k.keys.Load()
	if keys.before != nil {
		return false, nil // another process came first
	}
	if _, done := h.fits(h.now, nowAt, master, seal); done {
		return true, nil
	}
	if !slices.Contains(k.masters, master) {
		k.masters = append(k.masters, master) // now: if the writing fails half-way, the file may have it
	}
	return false, k.turnTo(h, seal, keys.now)
}

// turnTo writes the header that comes after h, and takes it over. The caller has the lock.
func (k *Keeper) turnTo(h header, now, before cipher.AEAD) error {
	next := h.next(k.codes.key, now, before)
	if err := k.writeHeader(next); err != nil {
		return err
	}
	k.keys.Store(&keys{turn: next.turn, now: now, before: before})
	return nil
}

// finish brings a change of the master key to its end, if one was begun: by this process, by another, or before
// a crash.
func (k *Keeper) finish(ctx context.Context) error {
	turn, slots, err := k.unfinished()
	if err != nil || turn == 0 {
		return err
	}
	for first := uint64(0); first < slots; first += uint64(k.size) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err := k.sealAnew(turn, first, min(uint64(k.size), slots-first)); done || err != nil {
			return err
		}
	}
	if err := k.file.Sync(); err != nil {
		return fmt.Errorf("%w: sealing slots anew: %w", session.ErrKeeper, err)
	}
	return k.forget(turn)
}

// unfinished gives the turn of the header that began a change, 0 for none, and how many slots there are: those
// that come later are sealed by the new master key. It writes the header again, as the sync of whoever wrote it
// may have failed.
func (k *Keeper) unfinished() (turn, slots uint64, err error) {
	unlock, err := k.lock()
	if err != nil {
		return 0, 0, fmt.Errorf("%w: locking the file: %w", session.ErrKeeper, err)
	}
	defer unlock()
	h, err := k.refresh()
	if err != nil || h.version == firstVersion {
		return 0, 0, err
	}
	if err := k.writeHeader(h); err != nil || h.before == (keyhole{}) {
		return 0, 0, err
	}
	info, err := k.file.Stat()
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %w", session.ErrKeeper, err)
	}
	return h.turn, slotsIn(info.Size()), nil
}

// sealAnew seals slots by the new master key. Reading and writing them is under one lock, or a slot that was
// destroyed in between would come back. It also writes those that need no change: of an earlier try they may
// have come no further than to the memory of the machine. Done says that another process has ended this change;
// it may have begun the opposite one.
func (k *Keeper) sealAnew(turn, first, n uint64) (done bool, err error) {
	unlock, err := k.lock()
	if err != nil {
		return false, fmt.Errorf("%w: locking the file: %w", session.ErrKeeper, err)
	}
	defer unlock()
	if h, err := k.refresh(); err != nil || h.turn != turn {
		return true, err
	}
	b := make([]byte, n*slotSize)
	read, err := k.file.ReadAt(b, offset(first))
	if err != nil && !errors.Is(err, io.EOF) { // fewer are there when another process gave some back
		return false, fmt.Errorf("%w: sealing slots anew: %w", session.ErrKeeper, err)
	}
	b = b[:read-read%slotSize]
	keys := k.keys.Load()
	for i := 0; i < len(b); i += slotSize {
		s := parseSlot([slotSize]byte(b[i:]))
		keys.anew(first+uint64(i/slotSize), s).append(b[:i])
	}
	if _, err := k.file.WriteAt(b, offset(first)); err != nil {
		return false, fmt.Errorf("%w: sealing slots anew: %w", session.ErrKeeper, err)
	}
	return false, nil
}

// forget writes the header that knows the previous master key no more, unless another process has done so.
func (k *Keeper) forget(turn uint64) error {
	unlock, err := k.lock()
	if err != nil {
		return fmt.Errorf("%w: locking the file: %w", session.ErrKeeper, err)
	}
	defer unlock()
	h, err := k.refresh()
	if err != nil || h.turn != turn {
		return err
	}
	return k.turnTo(h, k.keys.Load().now, nil)
}
