package filekeeper

import (
	"os"
	"sync"
)

// alone gives a lock that one goroutine of one process has at a time: lockFile alone keeps out other processes
// and other Keepers, but not the goroutines of this one.
func alone(f *os.File) func() (unlock func(), err error) {
	mu := new(sync.Mutex)
	return func() (func(), error) {
		mu.Lock()
		unlock, err := lockFile(f)
		if err != nil {
			mu.Unlock()
			return nil, err
		}
		return func() {
			unlock()
			mu.Unlock()
		}, nil
	}
}
