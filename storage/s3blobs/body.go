package s3blobs

import (
	"bytes"
	"errors"
	"sync"
)

// body is a part on its way. A transport may go on reading from a request that has failed, after the next try has
// succeeded and while the buffer is filled anew: it is let go before.
type body struct {
	mu   sync.Mutex
	part *bytes.Reader // nil: let go
}

func newBody(part []byte) *body { return &body{part: bytes.NewReader(part)} }

var errLetGo = errors.New("s3blobs: the request has ended")

// Read reads the part.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.part == nil {
		return 0, errLetGo
	}
	return b.part.Read(p)
}

// Seek lets the SDK measure the part, and send it again.
func (b *body) Seek(offset int64, whence int) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.part == nil {
		return 0, errLetGo
	}
	return b.part.Seek(offset, whence)
}

func (b *body) letGo() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.part = nil
}
