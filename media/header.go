package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// What [CheckHeader] takes for sane, in pixels. The largest sensors of telephones give 200 megapixels.
const (
	MaxEdge = 65_535
	MaxArea = 250_000_000
)

// HeaderLen is how many of the first bytes [CheckHeader] should be given, if there are so many: they reach
// behind the metadata that telephones write before the size of a JPEG.
const HeaderLen = 64 << 10

// CheckHeader refuses a picture by the size that its header promises, before anybody decodes it: a file
// of a few bytes may promise four thousand million pixels. It answers [ErrTooLarge] when an edge is longer
// than [MaxEdge] or the area larger than [MaxArea], and [ErrFormat] when an edge is zero.
//
// head is the beginning of the bytes, as much of it as the caller has, and best [HeaderLen]. Where the
// size is not within head, or the header cannot be read, the answer is nil, and the same for HEIC, HEIF
// and PDF, whose sizes lie deeper: this is a first line, and a decoder has to keep a limit of its own. Of films
// and of JSON nothing is checked.
func CheckHeader(head []byte, t Type) error {
	var width, height uint64
	var found bool
	switch t {
	case JPEG:
		width, height, found = jpegSize(head)
	case PNG:
		width, height, found = pngSize(head)
	case WebP:
		width, height, found = webpSize(head)
	}
	switch {
	case !found:
		return nil
	case width == 0 || height == 0:
		return fmt.Errorf("%w: %d by %d pixels", ErrFormat, width, height)
	case width > MaxEdge || height > MaxEdge || width*height > MaxArea:
		return fmt.Errorf("%w: %d by %d pixels", ErrTooLarge, width, height)
	}
	return nil
}

// jpegSize walks the segments up to the start of the frame (ITU-T T.81, B.1.1). The standard library's
// DecodeConfig reads on behind the frame and fails on kinds of frame that others decode, so it
// would let a promise pass that stands plainly in the head.
func jpegSize(head []byte) (width, height uint64, found bool) {
	const (
		firstFrame, lastFrame      = 0xc0, 0xcf
		huffman, reserved, arithm  = 0xc4, 0xc8, 0xcc // among the frames by number, and none
		firstBare, lastBare        = 0xd0, 0xd8       // restarts and the start of the picture: no length
		end, scan                  = 0xd9, 0xda
		temporary, stuffed, filler = 0x01, 0x00, 0xff
	)
	for len(head) > 1 {
		marker := head[1]
		switch {
		case head[0] != 0xff || marker == filler: // decoders skip what stands before a marker
			head = head[1:]
			continue
		case marker == stuffed, marker == temporary, firstBare <= marker && marker <= lastBare:
			head = head[2:]
			continue
		case marker == end, marker == scan, len(head) < 4:
			return 0, 0, false
		}
		frame := firstFrame <= marker && marker <= lastFrame && marker != huffman && marker != reserved && marker != arithm
		if frame {
			if len(head) < 9 {
				return 0, 0, false
			}
			return uint64(binary.BigEndian.Uint16(head[7:])), uint64(binary.BigEndian.Uint16(head[5:])), true
		}
		length := 2 + int(binary.BigEndian.Uint16(head[2:]))
		if length < 4 || length > len(head) {
			return 0, 0, false
		}
		head = head[length:]
	}
	return 0, 0, false
}

// pngSize reads the first chunk (RFC 2083, 4.1.1).
func pngSize(head []byte) (width, height uint64, found bool) {
	if len(head) < 24 || !bytes.Equal(head[12:16], []byte("IHDR")) {
		return 0, 0, false
	}
	return uint64(binary.BigEndian.Uint32(head[16:])), uint64(binary.BigEndian.Uint32(head[20:])), true
}

// webpSize reads the first chunk, of whichever of the three kinds it is (RFC 9649, 2.5 to 2.7).
func webpSize(head []byte) (width, height uint64, found bool) {
	if len(head) < 30 {
		return 0, 0, false
	}
	const low14 = 1<<14 - 1
	switch string(head[12:16]) {
	case "VP8 ":
		w, h := binary.LittleEndian.Uint16(head[26:]), binary.LittleEndian.Uint16(head[28:])
		return uint64(w & low14), uint64(h & low14), bytes.Equal(head[23:26], []byte("\x9d\x01\x2a"))
	case "VP8L":
		bits := binary.LittleEndian.Uint32(head[21:])
		return uint64(bits&low14) + 1, uint64(bits>>14&low14) + 1, head[20] == 0x2f
	case "VP8X":
		return uint24(head[24:]) + 1, uint24(head[27:]) + 1, true
	}
	return 0, 0, false
}

func uint24(b []byte) uint64 { return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 }
