package media

import "errors"

// ErrTooLarge is the answer for a medium of more bytes, or more pixels, than are taken.
var ErrTooLarge = errors.New("media: too large")

// The limits of a zero [Limits], in bytes after decoding: 18 MiB are 24 MiB of base64 text. Those of films
// and of chip data are ours.
const (
	DefaultImageLimit int64 = 18 << 20
	DefaultPDFLimit   int64 = 20 << 20
	DefaultVideoLimit int64 = 100 << 20
	DefaultChipLimit  int64 = 512 << 10
)

// Limits says how many bytes a medium may have once the base64 around it is decoded. The zero value has the
// defaults; those of pictures and PDF are after https://devdocs.veriff.com/apidocs/v1sessionsidmedia-3.
type Limits struct {
	// Image is the most bytes of a picture. Default: [DefaultImageLimit].
	Image int64
	// PDF is the most bytes of a PDF. Default: [DefaultPDFLimit].
	PDF int64
	// Video is the most bytes of a film. Default: [DefaultVideoLimit].
	Video int64
	// Chip is the most bytes of what was read from a chip, as JSON text, base64 and all. Default:
	// [DefaultChipLimit].
	Chip int64
}

// For gives the most bytes that a medium of type t may have: exactly so many are taken. It is zero for a
// type that is not taken.
func (l Limits) For(t Type) int64 {
	switch {
	case t.IsImage():
		return orDefault(l.Image, DefaultImageLimit)
	case t.IsVideo():
		return orDefault(l.Video, DefaultVideoLimit)
	case t == PDF:
		return orDefault(l.PDF, DefaultPDFLimit)
	case t == JSON:
		return orDefault(l.Chip, DefaultChipLimit)
	}
	return 0
}

func orDefault(limit, standard int64) int64 {
	if limit == 0 {
		return standard
	}
	return limit
}
