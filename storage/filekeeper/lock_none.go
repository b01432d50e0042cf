//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package filekeeper

import (
	"errors"
	"os"
)

// lockFile fails: without a lock two processes could give one slot away twice.
func lockFile(*os.File) (unlock func(), err error) { return nil, errors.ErrUnsupported }
