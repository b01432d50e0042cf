package media_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		limits media.Limits
		is     media.Type
		want   int64
	}{
		{"default of a JPEG", media.Limits{}, media.JPEG, 18 << 20},
		{"default of a PNG", media.Limits{}, media.PNG, 18 << 20},
		{"default of a HEIC", media.Limits{}, media.HEIC, 18 << 20},
		{"default of a HEIF", media.Limits{}, media.HEIF, 18 << 20},
		{"default of a WebP", media.Limits{}, media.WebP, 18 << 20},
		{"default of a PDF", media.Limits{}, media.PDF, 20 << 20},
		{"default of a WebM", media.Limits{}, media.WebM, 100 << 20},
		{"default of an MP4", media.Limits{}, media.MP4, 100 << 20},
		{"default of chip data", media.Limits{}, media.JSON, 512 << 10},
		{"a limit for pictures", media.Limits{Image: 7}, media.PNG, 7},
		{"a limit for pictures leaves that of PDF", media.Limits{Image: 7}, media.PDF, 20 << 20},
		{"a limit for PDF", media.Limits{PDF: 9}, media.PDF, 9},
		{"a limit for films", media.Limits{Image: 1, PDF: 2, Video: 11, Chip: 3}, media.WebM, 11},
		{"a limit for films is one for both", media.Limits{Video: 11}, media.MP4, 11},
		{"a limit for films leaves that of pictures", media.Limits{Video: 11}, media.JPEG, 18 << 20},
		{"a limit for chip data", media.Limits{Image: 1, PDF: 2, Video: 3, Chip: 13}, media.JSON, 13},
		{"no type", media.Limits{}, "", 0},
		{"a type that is not taken", media.Limits{Image: 7, PDF: 9, Video: 11, Chip: 13}, "image/gif", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := row.limits.For(row.is); got != row.want {
				t.Errorf("%+v.For(%q) = %d, want %d", row.limits, row.is, got, row.want)
			}
		})
	}
}

func TestImageLimitIsTheVendorsText(t *testing.T) {
	t.Parallel()
	if got, want := base64.StdEncoding.EncodedLen(int(media.DefaultImageLimit)), 24<<20; got != want {
		t.Errorf("the largest picture is %d bytes of base64, want %d", got, want)
	}
}

func ExampleLimits_For() {
	var limits media.Limits
	fmt.Println(limits.For(media.JPEG), limits.For(media.PDF), limits.For("image/gif"))
	// Output: 18874368 20971520 0
}
