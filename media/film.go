package media

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
)

// isMP4 says whether head is the beginning of a film in a container of ISO/IEC 14496-12, 4.3: its whole first
// box, which tells the brands. The first brand must be one of films. Nowhere may there be one of pictures or of
// QuickTime: such a file would be a film to one reader and something else to the next.
func isMP4(head []byte) bool {
	if !isBoxed(head) {
		return false
	}
	size := binary.BigEndian.Uint32(head)
	if size < 16 || size%4 != 0 || uint64(size) > uint64(len(head)) {
		return false
	}
	for at := 16; at < int(size); at += 4 {
		if isOtherBrand(string(head[at : at+4])) {
			return false
		}
	}
	return isFilmBrand(string(head[8:12]))
}

// isFilmBrand knows the brands that cameras, browsers and the common encoders write first, of
// https://mp4ra.org/registered-types/brands.
func isFilmBrand(brand string) bool {
	return slices.Contains([]string{
		"isom", "iso2", "iso3", "iso4", "iso5", "iso6", "iso7", "iso8", "iso9", "isoa", "isob", "isoc",
		"mp41", "mp42", "avc1", "M4V ", "M4VH", "M4VP",
	}, brand)
}

// isOtherBrand knows the brands of still pictures, of their sequences, and of QuickTime.
func isOtherBrand(brand string) bool {
	return slices.Contains([]string{
		"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "mif2", "msf1", "miaf",
		"avif", "avis", "avic", "avcs", "qt  ",
	}, brand)
}

// isWebM says whether head begins with the whole header of an EBML document (RFC 8794, 11.2) that names its
// type exactly once, as WebM. Matroska has the same header and another type.
func isWebM(head []byte) bool {
	const docType = 0x4282
	head, ok := bytes.CutPrefix(head, []byte("\x1a\x45\xdf\xa3"))
	size, n := ebmlSize(head)
	if !ok || n == 0 || size > uint64(len(head)-n) {
		return false
	}
	named := false
	for header := head[n : n+int(size)]; len(header) > 0; {
		id, data, rest, ok := ebmlElement(header)
		if !ok {
			return false
		}
		if id == docType {
			if named || string(bytes.TrimRight(data, "\x00")) != "webm" {
				return false
			}
			named = true
		}
		header = rest
	}
	return named
}

// ebmlElement cuts the first element off b. Its number keeps the marker that tells its length, as it does in
// the tables of the format.
func ebmlElement(b []byte) (id uint64, data, rest []byte, ok bool) {
	width := ebmlWidth(b)
	if width == 0 || width > 4 {
		return 0, nil, nil, false
	}
	for _, digit := range b[:width] {
		id = id<<8 | uint64(digit)
	}
	b = b[width:]
	size, n := ebmlSize(b)
	if n == 0 || size > uint64(len(b)-n) {
		return 0, nil, nil, false
	}
	end := n + int(size)
	return id, b[n:end], b[end:], true
}

// ebmlSize reads a size, and how many bytes it takes; none where it is cut off, or where it says that the size
// is not known, which no part of a header may.
func ebmlSize(b []byte) (size uint64, n int) {
	n = ebmlWidth(b)
	if n == 0 {
		return 0, 0
	}
	for _, digit := range b[:n] {
		size = size<<8 | uint64(digit)
	}
	unknown := uint64(1)<<(7*n) - 1
	if size &= unknown; size == unknown {
		return 0, 0
	}
	return size, n
}

// ebmlWidth gives the bytes of the number at the start of b: one more than it has leading zeros. It is zero
// where not all of them are there.
func ebmlWidth(b []byte) int {
	if len(b) == 0 || b[0] == 0 {
		return 0
	}
	if n := 1 + bits.LeadingZeros8(b[0]); n <= len(b) {
		return n
	}
	return 0
}
