package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
	"pgregory.net/rapid"
)

func be16(n int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(n))) }
func be32(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }
func le24(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n)))[:3] }

func frame(marker byte, width, height int) string {
	return "\xff" + string([]byte{marker}) + "\x00\x11\x08" + be16(height) + be16(width) + "\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
}

func pngHeader(width, height int) string {
	return pngMagic + chunk("IHDR", be32(width)+be32(height)+"\x08\x06\x00\x00\x00")
}

func webpExtended(width, height int) string {
	return "RIFF\x24\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + le24(width-1) + le24(height-1)
}

func webpLossless(width, height int) string {
	bits := binary.LittleEndian.AppendUint32(nil, uint32(width-1)|uint32(height-1)<<14)
	return "RIFF\x24\x00\x00\x00WEBPVP8L\x0a\x00\x00\x00\x2f" + string(bits) + "padding"
}

func webpLossyOf(width, height int) string {
	le := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, uint16(width)), uint16(height))
	return webpLossy + "\x00\x00\x00\x9d\x01\x2a" + string(le)
}

func TestCheckHeader(t *testing.T) {
	t.Parallel()
	const soi = "\xff\xd8"
	ones := strings.Repeat("\xff", 8)
	metadata := "\xff\xe1" + be16(1002) + strings.Repeat("m", 1000)
	for _, row := range []struct {
		name string
		head string
		is   media.Type
		want error
	}{
		{"JPEG of a telephone", soi + metadata + frame(0xc0, 4032, 3024), media.JPEG, nil},
		{"JPEG of 1 by 1", soi + frame(0xc0, 1, 1), media.JPEG, nil},
		{"JPEG of 200 megapixels", soi + frame(0xc0, 16320, 12240), media.JPEG, nil},
		{"JPEG, the longest edge", soi + frame(0xc0, media.MaxEdge, 3000), media.JPEG, nil},
		{"JPEG, the largest area", soi + frame(0xc0, 25000, 10000), media.JPEG, nil},
		{"JPEG, one row more", soi + frame(0xc0, 25000, 10001), media.JPEG, media.ErrTooLarge},
		{"JPEG, two pixels more", soi + frame(0xc0, 4578, 54609), media.JPEG, media.ErrTooLarge},
		{"JPEG flood", soi + frame(0xc0, 65535, 65535), media.JPEG, media.ErrTooLarge},
		{"JPEG flood, progressive", soi + frame(0xc2, 65535, 65535), media.JPEG, media.ErrTooLarge},
		{"JPEG flood, lossless", soi + frame(0xc3, 65535, 65535), media.JPEG, media.ErrTooLarge},
		{"JPEG flood, arithmetic", soi + frame(0xc9, 65535, 65535), media.JPEG, media.ErrTooLarge},
		{"JPEG flood behind metadata", soi + metadata + frame(0xc0, 65535, 65535), media.JPEG, media.ErrTooLarge},
		{"JPEG flood behind as much metadata as one segment holds", soi + "\xff\xe1" + be16(65000) + strings.Repeat("m", 64998) + frame(0xc0, 65535, 65535), media.JPEG, media.ErrTooLarge},
		{"JPEG of a telephone behind tables that look like a flood", soi + "\xff\xc4\x00\x0a" + ones + "\xff\xc8\x00\x0a" + ones +
			"\xff\xcc\x00\x0a" + ones + frame(0xc0, 4032, 3024), media.JPEG, nil},
		{"JPEG flood behind tables", soi + "\xff\xc4\x00\x04ab\xff\xcc\x00\x04ab" + frame(0xc0, 65535, 65535), media.JPEG, media.ErrTooLarge},
		{"JPEG flood behind filling and junk", soi + "junk\xff\xff\xff\x00\xff\x01\xff\xd0\xff" + frame(0xc0, 65535, 65535), media.JPEG, media.ErrTooLarge},
		{"JPEG flood with nothing after it", soi + frame(0xc0, 65535, 65535)[:9], media.JPEG, media.ErrTooLarge},
		{"JPEG without width", soi + frame(0xc0, 0, 100), media.JPEG, media.ErrFormat},
		{"JPEG without height", soi + frame(0xc0, 100, 0), media.JPEG, media.ErrFormat},
		{"JPEG cut before its frame", soi + metadata, media.JPEG, nil},
		{"JPEG cut within its metadata", soi + metadata[:500], media.JPEG, nil},
		{"JPEG cut within a length", soi + "\xff\xe1\x00", media.JPEG, nil},
		{"JPEG cut within its frame", soi + frame(0xc0, 65535, 65535)[:8], media.JPEG, nil},
		{"JPEG with a length that cannot be", soi + "\xff\xe1\x00\x01" + frame(0xc0, 65535, 65535), media.JPEG, nil},
		{"JPEG with its scan before its frame", soi + "\xff\xda\x00\x04ab" + frame(0xc0, 65535, 65535), media.JPEG, nil},
		{"JPEG that ends at once", soi + "\xff\xd9", media.JPEG, nil},

		{"PNG of a screen", pngHeader(1920, 1080), media.PNG, nil},
		{"PNG, an edge too long", pngHeader(media.MaxEdge+1, 1), media.PNG, media.ErrTooLarge},
		{"PNG flood", pngHeader(65535, 65535), media.PNG, media.ErrTooLarge},
		{"PNG whose area overflows", pngHeader(1<<32-1, 1<<32-1), media.PNG, media.ErrTooLarge},
		{"PNG without width", pngHeader(0, 1), media.PNG, media.ErrFormat},
		{"PNG without height", pngHeader(1, 0), media.PNG, media.ErrFormat},
		{"PNG cut within its header", pngHeader(65535, 65535)[:23], media.PNG, nil},
		{"PNG with another chunk first", pngMagic + chunk("CgBI", "abcd"+"efgh"), media.PNG, nil},

		{"WebP, lossy", webpLossyOf(800, 600), media.WebP, nil},
		{"WebP, lossless", webpLossless(800, 600), media.WebP, nil},
		{"WebP, extended", webpExtended(800, 600), media.WebP, nil},
		{"WebP flood", webpExtended(1<<24, 1<<24), media.WebP, media.ErrTooLarge},
		{"WebP flood, lossless", webpLossless(1<<14, 1<<14), media.WebP, media.ErrTooLarge},
		{"WebP flood, lossy", webpLossyOf(16383, 16383), media.WebP, media.ErrTooLarge},
		{"WebP without width", webpLossyOf(0, 600), media.WebP, media.ErrFormat},
		{"WebP of another kind", "RIFF\x24\x00\x00\x00WEBPJUNK" + strings.Repeat("\xff", 20), media.WebP, nil},
		{"WebP cut", webpExtended(1<<24, 1<<24)[:29], media.WebP, nil},

		{"HEIC is not looked into", boxed("heic"), media.HEIC, nil},
		{"WebM is not looked into", webm, media.WebM, nil},
		{"MP4 is not looked into", boxed("isom"), media.MP4, nil},
		{"JSON has no pixels", "{}", media.JSON, nil},
		{"PDF has no pixels", "%PDF-1.7", media.PDF, nil},
		{"no type", pngHeader(65535, 65535), "", nil},
		{"nothing", "", media.JPEG, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if err := media.CheckHeader([]byte(row.head), row.is); !errors.Is(err, row.want) {
				t.Errorf("CheckHeader(%d bytes of %s) = %v, want %v", len(row.head), row.is, err, row.want)
			}
		})
	}
}

// What an encoder of the standard library wrote with one edge zeroed or blown up is refused, and as it was
// it is taken: so the sizes are read where they stand.
func TestCheckHeaderFindsTheSizeThatEncodersWrite(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 300).Draw(t, "width"), rapid.IntRange(1, 300).Draw(t, "height")
		picture := image.NewGray(image.Rect(0, 0, w, h))
		var asPNG, asJPEG bytes.Buffer
		if err := errors.Join(png.Encode(&asPNG, picture), jpeg.Encode(&asJPEG, picture, nil)); err != nil {
			t.Fatal(err)
		}
		check := func(data []byte, is media.Type, size string, grown string) {
			if err := media.CheckHeader(data, is); err != nil {
				t.Fatalf("%s of %d by %d: %v", is, w, h, err)
			}
			at := bytes.Index(data, []byte(size))
			if at < 0 {
				t.Fatalf("%s of %d by %d has no size", is, w, h)
			}
			copy(data[at:], grown)
			if err := media.CheckHeader(data, is); !errors.Is(err, media.ErrTooLarge) {
				t.Fatalf("%s that promises a flood: %v, want %v", is, err, media.ErrTooLarge)
			}
			copy(data[at:], strings.Repeat("\x00", len(size)))
			if err := media.CheckHeader(data, is); !errors.Is(err, media.ErrFormat) {
				t.Fatalf("%s without pixels: %v, want %v", is, err, media.ErrFormat)
			}
		}
		check(asPNG.Bytes(), media.PNG, be32(w)+be32(h), be32(1<<20)+be32(1<<20))
		check(asJPEG.Bytes(), media.JPEG, "\x08"+be16(h)+be16(w), "\x08"+be16(65535)+be16(65535))
	})
}

func FuzzCheckHeader(f *testing.F) {
	for _, seed := range []string{
		"", "\xff\xd8" + frame(0xc0, 100, 100), pngHeader(10, 10), webpExtended(10, 10), webpLossless(10, 10), webpLossyOf(10, 10),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		for _, is := range []media.Type{media.JPEG, media.PNG, media.WebP, media.HEIC, media.PDF} {
			err := media.CheckHeader(head, is)
			if err != nil && !errors.Is(err, media.ErrFormat) && !errors.Is(err, media.ErrTooLarge) {
				t.Errorf("CheckHeader(%q, %s) = %v, which is neither of its errors", head, is, err)
			}
		}
		if is, ok := media.Sniff(head); ok == (is.Extension() == "") {
			t.Errorf("Sniff(%q) = %q, %v", head, is, ok)
		}
	})
}
