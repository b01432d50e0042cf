package filekeeper

import (
	"errors"
	"fmt"

	"github.com/bonafide-idv/bonafide/session"
)

// prepared is a slot that is synced and was not given away yet.
type prepared struct {
	number uint64
	nonce  [nonceSize]byte
	bytes  session.Key
}

// next takes a slot out of the block, and makes a new block when there is none left.
func (k *Keeper) next() (prepared, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return prepared{}, fmt.Errorf("%w: the keeper is closed", session.ErrKeeper)
	}
	if len(k.block) == 0 {
		if err := k.takeBlock(); err != nil {
			return prepared{}, err
		}
	}
	p := k.block[0]
	k.block[0] = prepared{}
	k.block = k.block[1:]
	return p, nil
}

// takeBlock appends a block of new slots to the file and syncs it. The caller holds mu, or is alone.
func (k *Keeper) takeBlock() error {
	unlock, err := k.lock()
	if err != nil {
		return fmt.Errorf("%w: locking the file: %w", session.ErrKeeper, err)
	}
	defer unlock()
	// Another process may have changed the master key, and nothing new may be sealed by the old one.
	if _, err := k.refresh(); err != nil {
		return err
	}
	info, err := k.file.Stat()
	if err != nil {
		return fmt.Errorf("%w: %w", session.ErrKeeper, err)
	}
	if info.Size() < headerSize {
		return fmt.Errorf("%w: the file was cut off", session.ErrKeeper)
	}
	first := slotsIn(info.Size())
	block, b := k.prepare(first)
	_, err = k.file.WriteAt(b, offset(first))
	if err == nil {
		err = k.file.Sync()
	}
	if err != nil {
		// None of them was given away, so they may be taken back; if that fails, they are just never used.
		return fmt.Errorf("%w: making slots: %w", session.ErrKeeper, errors.Join(err, k.file.Truncate(info.Size())))
	}
	k.block, k.end = block, first+uint64(len(block))
	return nil
}

// prepare makes the slots of a block, and writes them as they stand in the file.
func (k *Keeper) prepare(first uint64) ([]prepared, []byte) {
	block := make([]prepared, k.size)
	b := make([]byte, 0, k.size*slotSize)
	keys := k.keys.Load()
	chance := make([]byte, k.size*(nonceSize+keySize))
	random(chance)
	for i := range block {
		p := &block[i]
		p.number = first + uint64(i)
		chance = chance[copy(p.nonce[:], chance):]
		chance = chance[copy(p.bytes[:], chance):]
		b = keys.wrap(p.number, p.nonce, p.bytes).append(b)
	}
	return block, b
}

// Close gives back the slots that were not given away, if nobody has taken a block after them, and closes
// the file. After it every verb answers an error that wraps [session.ErrKeeper]. A second Close does
// nothing.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil
	}
	k.closed = true
	err := errors.Join(k.giveBack(), k.file.Close())
	clear(k.block)
	k.block = nil
	if err != nil {
		return fmt.Errorf("%w: closing: %w", session.ErrKeeper, err)
	}
	return nil
}

// giveBack cuts the unused slots off. They were in nobody's hand, and whoever makes them anew gives them
// other bytes, so no slot is given away twice.
func (k *Keeper) giveBack() error {
	if len(k.block) == 0 {
		return nil
	}
	unlock, err := k.lock()
	if err != nil {
		return err
	}
	defer unlock()
	info, err := k.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != offset(k.end) {
		return nil
	}
	return k.file.Truncate(offset(k.block[0].number))
}
