package session_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
)

// watchedBlobs remembers the names that were ever created, and can be told to fail.
type watchedBlobs struct {
	*media.MemoryBlobs
	mu    sync.Mutex
	names []string
	fail  error // what Remove answers
}

func (b *watchedBlobs) Create(ctx context.Context, name string) (media.BlobWriter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.names = append(b.names, name)
	return b.MemoryBlobs.Create(ctx, name)
}

func (b *watchedBlobs) Remove(ctx context.Context, names ...string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	return b.MemoryBlobs.Remove(ctx, names...)
}

// markers is the hour of the blobs that say whose the others are.
const markers = "0001010100"

// Len is how many of the names can be opened, but for markers.
func (b *watchedBlobs) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, name := range b.names {
		r, err := b.Open(context.Background(), name)
		if errors.Is(err, media.ErrNotFound) || strings.HasPrefix(name, markers) {
			continue
		}
		_ = r.Close()
		n++
	}
	return n
}

func newBlobs() *watchedBlobs { return &watchedBlobs{MemoryBlobs: media.NewMemoryBlobs()} }

// bytes are those of a blob, as they are kept.
func (b *watchedBlobs) bytes(t *testing.T, name string) []byte {
	t.Helper()
	r, err := b.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// replace puts other bytes in a blob's place.
func (b *watchedBlobs) replace(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := b.MemoryBlobs.Remove(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	w, err := b.MemoryBlobs.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}
