package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// MemoryBlobs is a [Blobs] whose bytes end with the process: for tests, and for engines that end with it too.
// It refuses, like those on disk, a name that no engine has made.
type MemoryBlobs struct {
	mu      sync.Mutex
	kept    map[string][]byte
	writing map[string]bool
}

var _ Blobs = (*MemoryBlobs)(nil)

// NewMemoryBlobs makes one that is empty.
func NewMemoryBlobs() *MemoryBlobs {
	return &MemoryBlobs{kept: map[string][]byte{}, writing: map[string]bool{}}
}

// Create starts a blob.
func (m *MemoryBlobs) Create(ctx context.Context, name string) (BlobWriter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !ValidName(name) {
		return nil, ErrName
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.kept[name]; ok || m.writing[name] {
		return nil, ErrExists
	}
	m.writing[name] = true
	return &memoryWriter{blobs: m, name: name}, nil
}

// Open reads a committed blob.
func (m *MemoryBlobs) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !ValidName(name) {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, ErrName)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.kept[name]
	if !ok {
		return nil, ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// Remove forgets blobs. Names that are no names are refused, after all others are gone.
func (m *MemoryBlobs) Remove(ctx context.Context, names ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var refused error
	for _, name := range names {
		if !ValidName(name) {
			refused = ErrName
		}
		delete(m.kept, name)
	}
	return refused
}

// List looks at every name that is kept, of whatever hour.
func (m *MemoryBlobs) List(ctx context.Context, hour, after string, n int) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !ValidHour(hour) {
		return nil, ErrName
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.kept {
		if strings.HasPrefix(name, hour+"/") && name > after {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), max(n, 0))], nil
}

// errEnded is the answer to whoever goes on with a writer that was committed or aborted.
var errEnded = errors.New("media: blob writer has ended")

type memoryWriter struct {
	blobs *MemoryBlobs
	name  string
	data  bytes.Buffer
	ended bool
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	if w.ended {
		return 0, errEnded
	}
	return w.data.Write(p)
}

func (w *memoryWriter) Commit() error {
	if w.ended {
		return errEnded
	}
	w.end(true)
	return nil
}

func (w *memoryWriter) Abort() error {
	if !w.ended {
		w.end(false)
	}
	return nil
}

func (w *memoryWriter) end(keep bool) {
	w.blobs.mu.Lock()
	defer w.blobs.mu.Unlock()
	w.ended = true
	delete(w.blobs.writing, w.name)
	if keep {
		w.blobs.kept[w.name] = w.data.Bytes()
	}
}
