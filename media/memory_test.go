package media_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/media/mediatest"
)

func TestMemoryBlobs(t *testing.T) {
	t.Parallel()
	mediatest.Blobs(t, func(*testing.T) media.Blobs { return media.NewMemoryBlobs() })
}

func TestMemoryBlobsRefusesWhatIsNoName(t *testing.T) {
	t.Parallel()
	b, kept := media.NewMemoryBlobs(), mediatest.NewName()
	w, err := b.Create(t.Context(), kept)
	if err := errors.Join(err, w.Commit()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "x", "../" + kept, kept + "0"} {
		if _, err := b.Create(t.Context(), name); !errors.Is(err, media.ErrName) {
			t.Errorf("Create(%q): %v, want %v", name, err, media.ErrName)
		}
		if _, err := b.Open(t.Context(), name); !errors.Is(err, media.ErrName) || !errors.Is(err, media.ErrNotFound) {
			t.Errorf("Open(%q): %v, want %v and %v", name, err, media.ErrName, media.ErrNotFound)
		}
		if err := b.Remove(t.Context(), name); !errors.Is(err, media.ErrName) {
			t.Errorf("Remove(%q): %v, want %v", name, err, media.ErrName)
		}
	}
	if err := b.Remove(t.Context(), "x", kept); !errors.Is(err, media.ErrName) {
		t.Errorf("Remove of one that is no name and one that is: %v, want %v", err, media.ErrName)
	}
	if _, err := b.Open(t.Context(), kept); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("Open of the one that is: %v, want %v", err, media.ErrNotFound)
	}
}

func TestMemoryBlobsRefusesAnEndedWriter(t *testing.T) {
	t.Parallel()
	for _, end := range []func(media.BlobWriter) error{media.BlobWriter.Commit, media.BlobWriter.Abort} {
		w, err := media.NewMemoryBlobs().Create(t.Context(), mediatest.NewName())
		if err != nil {
			t.Fatal(err)
		}
		if err := end(w); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("more")); err == nil {
			t.Error("Write to an ended writer is nil")
		}
		if err := w.Commit(); err == nil {
			t.Error("Commit of an ended writer is nil")
		}
	}
}

func ExampleNewMemoryBlobs() {
	ctx, blobs := context.Background(), media.NewMemoryBlobs()
	name := media.Name(time.Unix(0, 0), [16]byte{1})
	w, err := blobs.Create(ctx, name)
	if err != nil {
		panic(err)
	}
	defer func() { _ = w.Abort() }() // does nothing once the blob is committed
	_, _ = io.WriteString(w, "sealed bytes")
	_, err = blobs.Open(ctx, name)
	fmt.Println("before Commit:", err)
	fmt.Println("Commit:", w.Commit())
	r, err := blobs.Open(ctx, name)
	if err != nil {
		panic(err)
	}
	data, _ := io.ReadAll(r)
	fmt.Printf("after Commit: %s\n", data)
	// Output:
	// before Commit: media: blob not found
	// Commit: <nil>
	// after Commit: sealed bytes
}
