package filekeeper

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/bonafide-idv/bonafide/session"
)

// LoadMaster reads a master key from a file of 32 random bytes, and nothing else in it. Where there is no
// file it makes one, for the owner alone (0600): of several processes that start at once all get the same
// key. The folder must be there.
//
// It refuses, with an error that wraps [session.ErrKeeper] and says what to mend, a file that group or
// others may read or write, one of another length, one of zeros, and what is no plain file.
//
// Whoever loses the file loses every session's personal data. Copy it once to where no backup of the
// database or of the slots goes.
func LoadMaster(path string) (session.Key, error) {
	key, err := readMaster(path)
	if errors.Is(err, fs.ErrNotExist) {
		fresh := session.NewKey()
		if err = publish(path, fresh[:]); err == nil {
			key, err = readMaster(path)
		}
	}
	if err == nil {
		err = forgetDrafts(path)
	}
	if err != nil {
		return session.Key{}, fmt.Errorf("%w: master key: %w", session.ErrKeeper, err)
	}
	return key, nil
}

func readMaster(path string) (session.Key, error) {
	var key session.Key
	info, err := os.Stat(path) // before it is opened: opening a pipe would wait
	if err != nil {
		return key, err
	}
	if !info.Mode().IsRegular() {
		return key, fmt.Errorf("%s is no plain file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return key, err
	}
	defer func() { _ = f.Close() }()
	if info, err = f.Stat(); err != nil {
		return key, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return key, fmt.Errorf("%s has mode %#o and may be used by group or others; it should have 0600", path, mode)
	}
	if info.Size() != keySize {
		return key, fmt.Errorf("%s has %d bytes, and a master key has %d", path, info.Size(), keySize)
	}
	if _, err := io.ReadFull(f, key[:]); err != nil {
		return session.Key{}, err
	}
	if key == (session.Key{}) {
		return key, fmt.Errorf("%s is all zeros, which is no key", path)
	}
	return key, nil
}
