//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package filekeeper

import (
	"errors"
	"os"
	"syscall"
)

// lockFile waits until no other process, and no other Keeper of this one, holds the file.
func lockFile(f *os.File) (unlock func(), err error) {
	if err := flock(f, syscall.LOCK_EX); err != nil {
		return nil, err
	}
	return func() { _ = flock(f, syscall.LOCK_UN) }, nil
}

func flock(f *os.File, how int) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		for {
			if failed = syscall.Flock(int(fd), how); !errors.Is(failed, syscall.EINTR) {
				return
			}
		}
	})
	return errors.Join(err, failed)
}
