package media

import "errors"

// ErrContext is what [ParseContext] answers for a word that is no context.
var ErrContext = errors.New("media: unknown context")

// Context says what a medium shows, in the words of
// https://devdocs.veriff.com/docs/context-types-image-video-1. The zero value is no context.
type Context string

// What a picture shows. The suffix "-pre" is the first, preliminary picture of the same thing.
const (
	Face          Context = "face"
	FacePre       Context = "face-pre"
	FaceNFC       Context = "face-nfc"       // read from the document's chip
	FaceCropped   Context = "face-cropped"   // cut out of a picture of the face
	FaceReference Context = "face-reference" // what the face is compared with
	RegistryFace  Context = "registry-face"  // what a registry has on file

	DocumentFront                 Context = "document-front"
	DocumentFrontPre              Context = "document-front-pre"
	DocumentFrontQRCode           Context = "document-front-qrcode"
	DocumentFrontQRCodePre        Context = "document-front-qrcode-pre"
	DocumentFrontFaceCropped      Context = "document-front-face-cropped"
	DocumentFrontWithSignature    Context = "document-front-with-signature"
	DocumentFrontWithSignaturePre Context = "document-front-with-signature-pre"

	DocumentBack           Context = "document-back"
	DocumentBackPre        Context = "document-back-pre"
	DocumentBackBarcode    Context = "document-back-barcode"
	DocumentBackBarcodePre Context = "document-back-barcode-pre"

	DocumentAndFace    Context = "document-and-face"
	DocumentAndFacePre Context = "document-and-face-pre"

	AddressFront Context = "address-front" // proof of address
)

// What a film shows.
const (
	SelfIDVideo                 Context = "selfid_video" // the underscore is the vendor's
	FacePreVideo                Context = "face-pre-video"
	DocumentFrontPreVideo       Context = "document-front-pre-video"
	DocumentBackPreVideo        Context = "document-back-pre-video"
	DocumentBackBarcodePreVideo Context = "document-back-barcode-pre-video"
	DocumentAndFacePreVideo     Context = "document-and-face-pre-video"
)

// Chip is what was read from a document's chip over NFC: no picture and no film, but the JSON of [ParseChip].
// The word is ours, as the vendor's table has none for it.
const Chip Context = "nfc"

// kind tells pictures, films and chip data from one another.
type kind uint8

const (
	picture kind = iota + 1
	film
	chip
)

// contexts is the one list of what may be shown, in the order in which [Images] and [Videos] give it. [Chip] is
// in neither.
var contexts = [...]struct {
	context Context
	kind    kind
}{
	{Face, picture},
	{FacePre, picture},
	{FaceNFC, picture},
	{FaceCropped, picture},
	{FaceReference, picture},
	{RegistryFace, picture},
	{DocumentFront, picture},
	{DocumentFrontPre, picture},
	{DocumentFrontQRCode, picture},
	{DocumentFrontQRCodePre, picture},
	{DocumentFrontFaceCropped, picture},
	{DocumentFrontWithSignature, picture},
	{DocumentFrontWithSignaturePre, picture},
	{DocumentBack, picture},
	{DocumentBackPre, picture},
	{DocumentBackBarcode, picture},
	{DocumentBackBarcodePre, picture},
	{DocumentAndFace, picture},
	{DocumentAndFacePre, picture},
	{AddressFront, picture},
	{SelfIDVideo, film},
	{FacePreVideo, film},
	{DocumentFrontPreVideo, film},
	{DocumentBackPreVideo, film},
	{DocumentAndFacePreVideo, film},
	{DocumentBackBarcodePreVideo, film},
	{Chip, chip},
}

// ParseContext takes a context from a request. It is the word as it stands in the table, letter for
// letter; for anything else the answer is [ErrContext], which does not repeat what the client wrote.
func ParseContext(s string) (Context, error) {
	if c := Context(s); c.Valid() {
		return c, nil
	}
	return "", ErrContext
}

// Images gives every context of a picture, in the order of the table. The slice is the caller's.
func Images() []Context { return ofKind(picture) }

// Videos gives every context of a film, in the order of the table. The slice is the caller's.
func Videos() []Context { return ofKind(film) }

// Valid says whether c stands in the table.
func (c Context) Valid() bool { return c.kind() != 0 }

// IsImage says whether c is shown by a picture, or by the pages of a PDF.
func (c Context) IsImage() bool { return c.kind() == picture }

// IsVideo says whether c is shown by a film.
func (c Context) IsVideo() bool { return c.kind() == film }

// IsChip says whether c is what was read from a chip.
func (c Context) IsChip() bool { return c.kind() == chip }

// Takes says whether c is shown by media of type t: pictures by a [Type] that is an image, or by [PDF]; films by
// one that is a video; chip data by [JSON]. What is no context takes nothing.
func (c Context) Takes(t Type) bool {
	switch c.kind() {
	case picture:
		return t.IsImage() || t == PDF
	case film:
		return t.IsVideo()
	case chip:
		return t == JSON
	}
	return false
}

func (c Context) kind() kind {
	for _, row := range contexts {
		if row.context == c {
			return row.kind
		}
	}
	return 0
}

func ofKind(k kind) []Context {
	var out []Context
	for _, row := range contexts {
		if row.kind == k {
			out = append(out, row.context)
		}
	}
	return out
}
