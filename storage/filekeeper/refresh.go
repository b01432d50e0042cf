package filekeeper

import (
	"errors"
	"fmt"
	"io"

	"github.com/bonafide-idv/bonafide/session"
)

// refresh reads the header, and takes over what another process, or an earlier run of this one, has made of it.
// Where a crash left its two copies apart it mends them. The caller has the lock, or is alone.
func (k *Keeper) refresh() (header, error) {
	b := make([]byte, headerSize)
	if _, err := k.file.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return header{}, fmt.Errorf("%w: %w", session.ErrKeeper, err)
	} else if err != nil {
		return header{}, fmt.Errorf("%w: %w", session.ErrKeeper, errNoHeader)
	}
	h, whole, err := parseHeader(b)
	if err != nil {
		return header{}, fmt.Errorf("%w: %w", session.ErrKeeper, err)
	}
	if keys := k.keys.Load(); keys != nil && keys.turn == h.turn && whole {
		return h, nil
	}
	keys, codes, err := h.open(k.masters)
	if err != nil {
		return header{}, fmt.Errorf("%w: %w", session.ErrKeeper, err)
	}
	if !whole {
		if err := k.writeHeader(h); err != nil {
			return header{}, err
		}
	}
	if k.codes == nil {
		k.codes = newCodes(codes)
	}
	k.keys.Store(keys)
	return h, nil
}

// writeHeader writes both copies, the second first, and each is synced before the next: whatever a crash tears,
// one of them is whole. The caller has the lock.
func (k *Keeper) writeHeader(h header) error {
	for _, at := range []int64{copySize, 0} {
		_, err := k.file.WriteAt(h.bytes(), at)
		if err == nil {
			err = k.file.Sync()
		}
		if err != nil {
			return fmt.Errorf("%w: writing the header: %w", session.ErrKeeper, err)
		}
	}
	return nil
}
