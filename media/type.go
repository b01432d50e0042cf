package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/gabriel-vasile/mimetype"
)

// ErrFormat is the answer for bytes that are not one of the formats that are taken.
var ErrFormat = errors.New("media: not one of the formats")

// Type is a media type as it stands in a Content-Type header, such as "image/jpeg". It is what the
// bytes say, not what a client says. The zero value is no type.
type Type string

// The formats that are taken: pictures and papers from https://devdocs.veriff.com/apidocs/v1sessionsidmedia-3,
// films and chip data from https://devdocs.veriff.com/apidocs/v1mediaid-1.
const (
	JPEG Type = "image/jpeg"
	PNG  Type = "image/png"
	HEIC Type = "image/heic" // a still picture in HEVC
	HEIF Type = "image/heif" // a still picture in the same container, of an encoding that the first bytes do not tell
	WebP Type = "image/webp"
	PDF  Type = "application/pdf"
	WebM Type = "video/webm"
	MP4  Type = "video/mp4"
	JSON Type = "application/json" // what was read from a chip; [Sniff] never gives it, see [ParseChip]
)

// m4v is what the library calls an MP4 of Apple's.
const m4v Type = "video/x-m4v"

// SniffLen is how many bytes [Sniff] looks at. It is as far as a reader of PDF looks for a PDF's
// beginning, so that what such a reader would open as a PDF is never taken for a picture.
const SniffLen = 1024

// formats is the one list of what is taken. begins is asked once more after the library has given a
// type: the library also knows what is like one of these and is not, and its own table can be changed
// by anyone in the same process.
var formats = [...]struct {
	is        Type
	extension string
	begins    func(head []byte) bool
}{
	{JPEG, ".jpg", func(head []byte) bool { return bytes.HasPrefix(head, []byte("\xff\xd8\xff")) }},
	{PNG, ".png", func(head []byte) bool { return bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")) }},
	{HEIC, ".heic", isBoxed},
	{HEIF, ".heif", notAVIF},
	{WebP, ".webp", notAnimated},
	{PDF, ".pdf", func(head []byte) bool { return bytes.HasPrefix(head, []byte("%PDF-")) }},
	{WebM, ".webm", isWebM},
	{MP4, ".mp4", isMP4},
	{JSON, ".json", func([]byte) bool { return false }}, // any text may be JSON: only a context tells chip data
}

// Types gives every format that is taken, in the order above. The slice is the caller's.
func Types() []Type {
	types := make([]Type, 0, len(formats))
	for _, f := range formats {
		types = append(types, f.is)
	}
	return types
}

// Sniff says what bytes are, by the first [SniffLen] of them alone; more is ignored, and less is judged by
// what is there. It is false for everything that is not one of the formats, and for what is close to one:
//
//   - animations (APNG, animated WebP, sequences of HEIC): a reviewer would see another picture than a
//     decider does;
//   - AVIF, also where its container calls itself HEIF;
//   - a PDF that does not begin at the first byte, and a picture or film with a PDF's beginning inside: it
//     would be one thing to one reader and another to the next;
//   - QuickTime, Matroska that is not WebM, and an MP4 that also names a brand of pictures. A film's whole
//     first box, or header, must be there.
//
// Whether a film is welcome where a picture is asked for is for [Context.Takes] to say. What hangs behind a
// picture, such as an archive, is not seen and does no harm to who reads it as a picture. JSON is never
// sniffed, so chip data are no format here.
func Sniff(head []byte) (Type, bool) {
	head = head[:min(len(head), SniffLen)]
	found := Type(mimetype.Detect(head).String())
	if found == m4v {
		found = MP4
	}
	for _, f := range formats {
		if f.is == found && f.begins(head) {
			return found, true
		}
	}
	return "", false
}

// IsImage says whether t is a format of pictures. A PDF is none, though its pages may be shown for one.
func (t Type) IsImage() bool {
	switch t {
	case JPEG, PNG, HEIC, HEIF, WebP:
		return true
	}
	return false
}

// IsVideo says whether t is a format of films.
func (t Type) IsVideo() bool { return t == WebM || t == MP4 }

// Extension gives the ending of a file's name, with its dot, such as ".jpg". It is empty for a type
// that is not taken.
func (t Type) Extension() string {
	for _, f := range formats {
		if f.is == t {
			return f.extension
		}
	}
	return ""
}

// isBoxed says whether the first box tells the file's brands, as it does in every HEIC and HEIF.
func isBoxed(head []byte) bool { return len(head) >= 12 && string(head[4:8]) == "ftyp" }

// notAVIF looks at the brands with which a file is compatible (ISO/IEC 14496-12, 4.3). One that names AVIF
// and no HEVC is AVIF, whatever its first brand says.
func notAVIF(head []byte) bool {
	if !isBoxed(head) {
		return false
	}
	end := min(uint64(binary.BigEndian.Uint32(head)), uint64(len(head)))
	var av1, hevc bool
	for at := uint64(16); at+4 <= end; at += 4 {
		brand := string(head[at : at+4])
		av1 = av1 || slices.Contains([]string{"avif", "avis"}, brand)
		hevc = hevc || slices.Contains([]string{"heic", "heix", "heim", "heis"}, brand)
	}
	return hevc || !av1
}

// notAnimated reads the flag of an extended WebP (RFC 9649, 2.7).
func notAnimated(head []byte) bool {
	const animation = 0x02
	if len(head) < 12 || string(head[:4]) != "RIFF" || string(head[8:12]) != "WEBP" {
		return false
	}
	extended := len(head) > 20 && string(head[12:16]) == "VP8X"
	return !extended || head[20]&animation == 0
}
