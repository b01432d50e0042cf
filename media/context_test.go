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

func TestChipIsAKindOfItsOwn(t *testing.T) {
	t.Parallel()
	c, err := media.ParseContext("nfc")
	if c != media.Chip || err != nil {
		t.Errorf("ParseContext(%q) = %q, %v, want %q, nil", "nfc", c, err, media.Chip)
	}
	if !c.Valid() || !c.IsChip() || c.IsImage() || c.IsVideo() {
		t.Errorf("%q: Valid, IsChip, IsImage, IsVideo = %v, %v, %v, %v, want true, true, false, false",
			c, c.Valid(), c.IsChip(), c.IsImage(), c.IsVideo())
	}
	for _, other := range slices.Concat(media.Images(), media.Videos(), []media.Context{"", "NFC", "selfie"}) {
		if other == media.Chip || other.IsChip() {
			t.Errorf("%q counts as chip data", other)
		}
	}
}

// Every context takes exactly the types of its kind: no film where a picture is asked for, and no other way round.
func TestTakes(t *testing.T) {
	t.Parallel()
	pictures := []media.Type{media.JPEG, media.PNG, media.HEIC, media.HEIF, media.WebP, media.PDF}
	films := []media.Type{media.WebM, media.MP4}
	chips := []media.Type{media.JSON}
	all := slices.Concat(pictures, films, chips, []media.Type{"", "image/gif", "video/quicktime", "IMAGE/JPEG"})
	check := func(c media.Context, takes []media.Type) {
		for _, is := range all {
			if got, want := c.Takes(is), slices.Contains(takes, is); got != want {
				t.Errorf("Context(%q).Takes(%q) = %v, want %v", c, is, got, want)
			}
		}
	}
	for _, c := range media.Images() {
		check(c, pictures)
	}
	for _, c := range media.Videos() {
		check(c, films)
	}
	check(media.Chip, chips)
	for _, c := range []media.Context{"", "selfie", "NFC"} {
		check(c, nil)
	}
	for _, is := range all {
		image := slices.Contains(pictures, is) && is != media.PDF
		if video := slices.Contains(films, is); is.IsImage() != image || is.IsVideo() != video {
			t.Errorf("Type(%q): IsImage, IsVideo = %v, %v, want %v, %v", is, is.IsImage(), is.IsVideo(), image, video)
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

func ExampleContext_Takes() {
	fmt.Println(media.Face.Takes(media.JPEG), media.Face.Takes(media.WebM), media.FacePreVideo.Takes(media.WebM))
	// Output: true false true
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
