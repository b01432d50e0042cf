package media

import "errors"

// ErrTooLarge is the answer for a medium of more bytes, or more pixels, than are taken.
var ErrTooLarge = errors.New("media: too large")

// The limits of a zero [Limits], in bytes after decoding: 18 MiB are 24 MiB of base64 text.
const (
	DefaultImageLimit int64 = 18 << 20
	DefaultPDFLimit   int64 = 20 << 20
)

// Limits says how many bytes a medium may have once base64 is decoded. The zero value has the defaults,
// after https://devdocs.veriff.com/apidocs/v1sessionsidmedia-3.
type Limits struct {
	// Image is the most bytes of a picture. Default: [DefaultImageLimit].
	Image int64
	// PDF is the most bytes of a PDF. Default: [DefaultPDFLimit].
	PDF int64
}

// For gives the most bytes that a medium of type t may have: exactly so many are taken. It is zero for a
// type that is not taken.
func (l Limits) For(t Type) int64 {
	switch t {
	case JPEG, PNG, HEIC, HEIF, WebP:
		return orDefault(l.Image, DefaultImageLimit)
	case PDF:
		return orDefault(l.PDF, DefaultPDFLimit)
	}
	return 0
}

func orDefault(limit, standard int64) int64 {
	if limit == 0 {
		return standard
	}
	return limit
}
