package media_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
)

// The vendor's words, in the order of its page.
const (
	vendorImages = `face face-pre face-nfc face-cropped face-reference registry-face document-front document-front-pre
		document-front-qrcode document-front-qrcode-pre document-front-face-cropped document-front-with-signature
		document-front-with-signature-pre document-back document-back-pre document-back-barcode document-back-barcode-pre
		document-and-face document-and-face-pre address-front`
	vendorVideos = `selfid_video face-pre-video document-front-pre-video document-back-pre-video
		document-and-face-pre-video document-back-barcode-pre-video`
)

func words(t *testing.T, s string) []media.Context {
	t.Helper()
	var out []media.Context
	for _, w := range strings.Fields(s) {
		c, err := media.ParseContext(w)
		if err != nil {
			t.Fatalf("ParseContext(%q): %v", w, err)
		}
		out = append(out, c)
	}
	return out
}

func TestContextsAreTheVendors(t *testing.T) {
	t.Parallel()
	if got, want := media.Images(), words(t, vendorImages); !slices.Equal(got, want) {
		t.Errorf("Images() = %q, want %q", got, want)
	}
	if got, want := media.Videos(), words(t, vendorVideos); !slices.Equal(got, want) {
		t.Errorf("Videos() = %q, want %q", got, want)
	}
	for _, c := range media.Images() {
		if !c.Valid() || !c.IsImage() || c.IsVideo() {
			t.Errorf("%q: Valid, IsImage, IsVideo = %v, %v, %v, want true, true, false", c, c.Valid(), c.IsImage(), c.IsVideo())
		}
	}
	for _, c := range media.Videos() {
		if !c.Valid() || c.IsImage() || !c.IsVideo() {
			t.Errorf("%q: Valid, IsImage, IsVideo = %v, %v, %v, want true, false, true", c, c.Valid(), c.IsImage(), c.IsVideo())
		}
	}
}

func TestImagesGivesASliceOfItsOwn(t *testing.T) {
	t.Parallel()
	media.Images()[0] = "changed"
	if got := media.Images()[0]; got != media.Face {
		t.Errorf("Images()[0] = %q after a caller changed its own, want %q", got, media.Face)
	}
}

func TestParseContextRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, in string }{
		{"empty", ""},
		{"upper case", "Face"},
		{"underscore for hyphen", "document_front"},
		{"hyphen for the vendor's underscore", "selfid-video"},
		{"the mistake of an old page", "selfie"},
		{"space before", " face"},
		{"line after", "face\n"},
		{"NUL after", "face\x00"},
		{"prefix of one", "document"},
		{"full-width letters", "ｆａｃｅ"},
		{"path", "../face"},
		{"long", strings.Repeat("face", 1<<16)},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := media.ParseContext(row.in)
			if got != "" || !errors.Is(err, media.ErrContext) {
				t.Errorf("ParseContext(%.20q) = %.20q, %v, want \"\", %v", row.in, got, err, media.ErrContext)
			}
			if c := media.Context(row.in); c.Valid() || c.IsImage() || c.IsVideo() {
				t.Errorf("Context(%.20q) counts as one", row.in)
			}
		})
	}
}

func ExampleParseContext() {
	for _, word := range []string{"document-front", "face-pre-video", "selfie"} {
		c, err := media.ParseContext(word)
		fmt.Printf("%q image=%v video=%v %v\n", c, c.IsImage(), c.IsVideo(), err)
	}
	// Output:
	// "document-front" image=true video=false <nil>
	// "face-pre-video" image=false video=true <nil>
	// "" image=false video=false media: unknown context
}
