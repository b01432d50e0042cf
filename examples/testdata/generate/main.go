// Command generate draws the pictures that the examples upload: a specimen of an identity card of a country
// that does not exist, and the face of a person who does not exist either. It draws with shapes and an
// alphabet of its own, and gives the same pixels on every run.
//
// Usage: go run . [folder]
package main

import (
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
)

//go:generate go run . ..

func main() {
	folder := "."
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	for name, picture := range Pictures() {
		if err := save(filepath.Join(folder, name), picture); err != nil {
			fmt.Fprintln(os.Stderr, "generate:", err)
			os.Exit(1)
		}
	}
}

// Pictures gives every picture by the name of its file.
func Pictures() map[string]image.Image {
	return map[string]image.Image{
		"document-front.jpg": card(),
		"face.jpg":           portrait(),
	}
}

func save(path string, picture image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := jpeg.Encode(f, picture, &jpeg.Options{Quality: 72}); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
