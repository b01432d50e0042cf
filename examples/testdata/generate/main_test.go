package main

import (
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
)

// Only sizes are compared: encoders differ between versions of Go.
func TestCommittedPicturesAreThese(t *testing.T) {
	t.Parallel()
	pictures := Pictures()
	if len(pictures) != 2 {
		t.Fatalf("%d pictures, want 2", len(pictures))
	}
	for name, picture := range pictures {
		f, err := os.Open(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		committed, err := jpeg.Decode(f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, want := committed.Bounds(), picture.Bounds(); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
		if got := committed.Bounds().Dx(); got < 800 {
			t.Errorf("%s is %d pixels wide, want at least 800", name, got)
		}
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if size := info.Size(); size < 50_000 || size > 150_000 {
			t.Errorf("%s has %d bytes, want the size of a photograph", name, size)
		}
		_ = f.Close()
	}
}
