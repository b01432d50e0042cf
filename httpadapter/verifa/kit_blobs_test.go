package verifa_test

import (
	"context"
	"sync"

	"github.com/bonafide-idv/bonafide/media"
)

// keptBlobs knows what it keeps, and the largest part that it was given at once.
type keptBlobs struct {
	media.Blobs
	mu      sync.Mutex
	kept    map[string]bool // true: committed
	largest int
}

func newKeptBlobs() *keptBlobs {
	return &keptBlobs{Blobs: media.NewMemoryBlobs(), kept: map[string]bool{}}
}

// count is how many blobs are there, or begun.
func (b *keptBlobs) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.kept)
}

func (b *keptBlobs) Create(ctx context.Context, name string) (media.BlobWriter, error) {
	w, err := b.Blobs.Create(ctx, name)
	if err == nil {
		b.mu.Lock()
		b.kept[name] = false
		b.mu.Unlock()
	}
	return &keptBlob{w, b, name}, err
}

func (b *keptBlobs) Remove(ctx context.Context, names ...string) error {
	err := b.Blobs.Remove(ctx, names...)
	if err == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, name := range names {
			delete(b.kept, name)
		}
	}
	return err
}

type keptBlob struct {
	media.BlobWriter
	of   *keptBlobs
	name string
}

func (w *keptBlob) Write(p []byte) (int, error) {
	w.of.mu.Lock()
	w.of.largest = max(w.of.largest, len(p))
	w.of.mu.Unlock()
	return w.BlobWriter.Write(p)
}

func (w *keptBlob) Commit() error {
	err := w.BlobWriter.Commit()
	if err == nil {
		w.of.mu.Lock()
		w.of.kept[w.name] = true
		w.of.mu.Unlock()
	}
	return err
}

func (w *keptBlob) Abort() error {
	w.of.mu.Lock()
	if !w.of.kept[w.name] {
		delete(w.of.kept, w.name)
	}
	w.of.mu.Unlock()
	return w.BlobWriter.Abort()
}
