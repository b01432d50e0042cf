package media_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
	"pgregory.net/rapid"
)

// boxed makes the first box of a file of ISO/IEC 14496-12.
func boxed(brands ...string) string {
	body := "ftyp" + brands[0] + "\x00\x00\x00\x00" + strings.Join(brands[1:], "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(4+len(body)))) + body + "\x00\x00\x00\x08free"
}

// chunk makes a chunk of a PNG, with a sum that nobody looks at here.
func chunk(kind, data string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(data)))) + kind + data + "sum!"
}

const (
	pngMagic  = "\x89PNG\r\n\x1a\n"
	ihdr      = "\x00\x00\x00\x10\x00\x00\x00\x10\x08\x06\x00\x00\x00"
	jfif      = "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
	webpLossy = "RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00"
	gif       = "GIF89a\x10\x00\x10\x00\x80\x00\x00"
	zip       = "PK\x03\x04\x14\x00\x00\x00\x08\x00"
)

// TestTypes: each has an ending of its own and a limit, and is shown by something; a caller cannot change them.
func TestTypes(t *testing.T) {
	t.Parallel()
	want := []media.Type{
		media.JPEG, media.PNG, media.HEIC, media.HEIF, media.WebP, media.PDF, media.WebM, media.MP4, media.JSON,
	}
	media.Types()[0] = "changed"
	if got := media.Types(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	endings := map[string]bool{}
	for _, is := range media.Types() {
		shown := media.Face.Takes(is) || media.SelfIDVideo.Takes(is) || media.Chip.Takes(is)
		if ending := is.Extension(); ending == "" || endings[ending] || (media.Limits{}).For(is) == 0 || !shown {
			t.Errorf("%s: ending %q, limit %d, shown %t", is, ending, (media.Limits{}).For(is), shown)
		}
		endings[is.Extension()] = true
	}
}

func TestSniff(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, head string
		want       media.Type // empty: none of the formats
	}{
		{"JPEG with JFIF", jfif, media.JPEG},
		{"JPEG with Exif", "\xff\xd8\xff\xe1\x00\x10Exif\x00\x00", media.JPEG},
		{"JPEG cut after its magic", "\xff\xd8\xff", media.JPEG},
		{"PNG", pngMagic + chunk("IHDR", ihdr) + chunk("IDAT", "x"), media.PNG},
		{"PNG cut after its magic", pngMagic, media.PNG},
		{"HEIC of a telephone", boxed("heic", "mif1", "heic"), media.HEIC},
		{"HEIC of ten bits", boxed("heix", "mif1"), media.HEIC},
		{"HEIF", boxed("mif1", "heic", "mif1"), media.HEIF},
		{"HEIF without more brands", boxed("mif1"), media.HEIF},
		{"HEIF that is AVIF too", boxed("mif1", "avif", "heic"), media.HEIF},
		{"WebP", webpLossy, media.WebP},
		{"WebP, extended", "RIFF\x24\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00", media.WebP},
		{"WebP cut after its first chunk's name", "RIFF\x24\x00\x00\x00WEBPVP8 ", media.WebP},
		{"PDF", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", media.PDF},
		{"PDF with a script: what to do with it is the decider's", "%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>", media.PDF},

		{"nothing", "", ""},
		{"one byte", "\xff", ""},
		{"JPEG cut within its magic", "\xff\xd8", ""},
		{"PNG cut within its magic", pngMagic[:7], ""},
		{"HEIC cut within its brand", boxed("heic")[:11], ""},
		{"WebP cut within its magic", webpLossy[:11], ""},
		{"PDF cut within its magic", "%PDF", ""},
		{"zeros", strings.Repeat("\x00", media.SniffLen), ""},

		{"SVG", `<svg xmlns="http://www.w3.org/2000/svg"/>`, ""},
		{"SVG with a script", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, ""},
		{"HTML", "<!DOCTYPE html><html><script>alert(1)</script></html>", ""},
		{"program for Windows", "MZ\x90\x00\x03\x00\x00\x00", ""},
		{"program for Linux", "\x7fELF\x02\x01\x01\x00", ""},
		{"script", "#!/bin/sh\n", ""},
		{"zip", zip, ""},
		{"gzip", "\x1f\x8b\x08\x00", ""},
		{"GIF", gif, ""},
		{"BMP", "BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00", ""},
		{"TIFF", "II*\x00\x08\x00\x00\x00", ""},
		{"JPEG XL", "\xff\x0a\x00\x00", ""},
		{"JPEG 2000", "\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 ", ""},
		{"QuickTime", boxed("qt  "), ""},
		{"WAV, a RIFF too", "RIFF\x24\x00\x00\x00WAVEfmt ", ""},
		{"PostScript", "%!PS-Adobe-3.0", ""},

		{"AVIF", boxed("avif", "mif1", "miaf"), ""},
		{"AVIF that calls itself HEIF", boxed("mif1", "avif", "miaf"), ""},
		{"AVIF film", boxed("avis", "avif"), ""},
		{"HEIC film", boxed("hevc", "heic"), ""},
		{"HEIF film", boxed("msf1", "hevc"), ""},
		{"APNG", pngMagic + chunk("IHDR", ihdr) + chunk("acTL", "\x00\x01\x86\xa0\x00\x00\x00\x00") + chunk("IDAT", "x"), ""},
		{"animated WebP", "RIFF\x24\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00", ""},

		{"GIFAR: a GIF before an archive", gif + zip, ""},
		{"a JPEG before an archive", jfif + zip, media.JPEG},
		{"a JPEG before HTML", jfif + "<html><script>alert(1)</script>", media.JPEG},
		{"an archive before a JPEG", zip + jfif, ""},
		{"a line before a PDF", "\n%PDF-1.7", ""},
		{"a mark before a PDF", "\xef\xbb\xbf%PDF-1.7", ""},
		{"HTML before a PDF", "<html><!-- %PDF-1.7 -->", ""},
		{"a JPEG that readers of PDF open", jfif + "\xff\xfe\x00\x20%PDF-1.7\n", ""},
		{"a PNG that readers of PDF open", pngMagic + chunk("IHDR", ihdr) + chunk("tEXt", "%PDF-1.7\n"), ""},
		{"a JPEG that speaks of a PDF too late for them", jfif + strings.Repeat("\x00", media.SniffLen) + "%PDF-1.7", media.JPEG},
		{"a space before a JPEG", " " + jfif, ""},
		{"base64 of a JPEG", "/9j/4AAQSkZJRgABAQAAAQABAAD", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, ok := media.Sniff([]byte(row.head))
			if row.want == "" && ok || row.want != "" && (got != row.want || !ok) {
				t.Errorf("Sniff(%.40q) = %q, %v, want %q, %v", row.head, got, ok, row.want, row.want != "")
			}
		})
	}
}

// Whatever a client declares, the bytes win: there is no way to say it to Sniff.
func TestSniffTellsTheBytesFromTheName(t *testing.T) {
	t.Parallel()
	magics := map[media.Type]string{
		media.JPEG: jfif, media.PNG: pngMagic, media.HEIC: boxed("heic"), media.HEIF: boxed("mif1"),
		media.WebP: webpLossy, media.PDF: "%PDF-1.4", media.WebM: webm, media.MP4: boxed("isom", "mp41"),
	}
	pairs := 0
	for declared := range magics {
		for is, magic := range magics {
			got, ok := media.Sniff([]byte(magic + string(declared)))
			if got != is || !ok {
				t.Errorf("Sniff of %s that carries the words %q = %q, %v", is, declared, got, ok)
			}
			if declared != is {
				pairs++
			}
		}
	}
	if pairs < 12 {
		t.Errorf("%d pairs of declared and true type, want at least 12", pairs)
	}
}

func TestSniffLooksNoFurtherThanItSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SampledFrom([]string{"", jfif, pngMagic, webpLossy, boxed("heic"), boxed("mif1"), "%PDF-", "<html>", gif, webm, boxed("isom")}).Draw(t, "start")
		head := append([]byte(start), rapid.SliceOfN(rapid.Byte(), media.SniffLen, 2*media.SniffLen).Draw(t, "rest")...)
		whole, wholeOK := media.Sniff(head)
		first, firstOK := media.Sniff(head[:media.SniffLen])
		if whole != first || wholeOK != firstOK {
			t.Fatalf("Sniff of all = %q, %v, of the first %d bytes = %q, %v", whole, wholeOK, media.SniffLen, first, firstOK)
		}
	})
}

func TestExtension(t *testing.T) {
	t.Parallel()
	for is, want := range map[media.Type]string{
		media.JPEG: ".jpg", media.PNG: ".png", media.HEIC: ".heic", media.HEIF: ".heif", media.WebP: ".webp", media.PDF: ".pdf",
		media.WebM: ".webm", media.MP4: ".mp4", media.JSON: ".json",
		"": "", "image/gif": "", "IMAGE/JPEG": "", "image/jpeg; charset=x": "",
	} {
		if got := is.Extension(); got != want {
			t.Errorf("Type(%q).Extension() = %q, want %q", is, got, want)
		}
	}
}

// The pictures of the examples are real ones.
func TestSniffKnowsRealPictures(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"document-front.jpg", "face.jpg"} {
		head, err := os.ReadFile(filepath.Join("..", "examples", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := media.Sniff(head); got != media.JPEG || !ok {
			t.Errorf("Sniff(%s) = %q, %v, want %q, true", name, got, ok, media.JPEG)
		}
		if err := media.CheckHeader(head, media.JPEG); err != nil {
			t.Errorf("CheckHeader(%s) = %v, want nil", name, err)
		}
	}
}

func ExampleSniff() {
	fmt.Println(media.Sniff([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00")))
	fmt.Println(media.Sniff([]byte("<svg onload='alert(1)'>")))
	// Output:
	// image/jpeg true
	//  false
}

func BenchmarkSniff(b *testing.B) {
	for name, head := range map[string]string{
		"jpeg": jfif + strings.Repeat("\x55", media.SniffLen), "html": "<html>" + strings.Repeat(" ", media.SniffLen),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			data := []byte(head)
			for b.Loop() {
				media.Sniff(data)
			}
		})
	}
}
