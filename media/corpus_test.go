package media_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
)

// judge asks the three rules in the order in which an upload does.
func judge(data string, limits media.Limits) (media.Type, error) {
	head := []byte(data[:min(len(data), media.HeaderLen)])
	is, ok := media.Sniff(head)
	if !ok {
		return "", media.ErrFormat
	}
	if err := media.CheckHeader(head, is); err != nil {
		return "", err
	}
	if int64(len(data)) > limits.For(is) {
		return "", media.ErrTooLarge
	}
	return is, nil
}

// encoded is a picture as an encoder of the standard library writes it.
func encoded(t *testing.T, is media.Type, picture image.Image) string {
	t.Helper()
	var out bytes.Buffer
	var err error
	if is == media.PNG {
		err = png.Encode(&out, picture)
	} else {
		err = jpeg.Encode(&out, picture, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// summed is a chunk of a PNG with its true sum.
func summed(kind, data string) string {
	return be32(len(data)) + kind + data + be32(int(crc32.ChecksumIEEE([]byte(kind+data))))
}

// afterIHDR puts chunks behind a PNG's first.
func afterIHDR(data string, chunks ...string) string {
	const end = 8 + 8 + 13 + 4
	return data[:end] + strings.Join(chunks, "") + data[end:]
}

// segment is one of a JPEG, such as APP1.
func segment(marker byte, data string) string {
	return "\xff" + string([]byte{marker}) + be16(2+len(data)) + data
}

// afterSOI puts segments behind a JPEG's first marker.
func afterSOI(data string, segments ...string) string {
	return data[:2] + strings.Join(segments, "") + data[2:]
}

// exif is a directory of one entry (of TIFF 6.0), with what the entry points to behind it.
func exif(tag, kind, count, value int, behind string) string {
	return segment(0xe1, "Exif\x00\x00MM\x00\x2a"+be32(8)+be16(1)+be16(tag)+be16(kind)+be32(count)+be32(value)+be32(0)+behind)
}

// deflated is n zeros in the form in which they are a thousand times smaller.
func deflated(t *testing.T, n int) string {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, err := w.Write(make([]byte, n))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	if out.Len() > n/900 {
		t.Fatalf("%d zeros are %d bytes, which is no bomb", n, out.Len())
	}
	return out.String()
}

// chunkOfRIFF is one of a WebP, of an even length.
func chunkOfRIFF(kind, data string) string {
	return kind + string(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))) + data
}

// corpusRow is a file that somebody will upload one day, and the answer.
type corpusRow struct {
	name, data string
	want       media.Type // empty: refused with err
	err        error
}

func TestUploads(t *testing.T) {
	t.Parallel()
	limits := media.Limits{Image: 200_000, PDF: 100_000, Video: 300_000}
	for _, rows := range [][]corpusRow{sizes(t, limits), liars(), harmful(t), honest(t)} {
		if len(rows) == 0 {
			t.Error("a list of uploads is empty")
		}
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				got, err := judge(row.data, limits)
				if got != row.want || !errors.Is(err, row.err) || (err == nil) != (row.err == nil) {
					t.Errorf("%d bytes %.40q: %q, %v, want %q, %v", len(row.data), row.data, got, err, row.want, row.err)
				}
			})
		}
	}
}

func sizes(t *testing.T, limits media.Limits) []corpusRow {
	filled := func(data string, n int64) string { return data + strings.Repeat("\x00", int(n)-len(data)) }
	photo := encoded(t, media.JPEG, image.NewGray(image.Rect(0, 0, 64, 64)))
	return []corpusRow{
		{"no byte", "", "", media.ErrFormat},
		{"one byte", "\xff", "", media.ErrFormat},
		{"a picture of exactly the limit", filled(photo, limits.Image), media.JPEG, nil},
		{"a picture of a byte more", filled(photo, limits.Image+1), "", media.ErrTooLarge},
		{"a PDF of exactly the limit", filled("%PDF-1.7\n", limits.PDF), media.PDF, nil},
		{"a PDF of a byte more", filled("%PDF-1.7\n", limits.PDF+1), "", media.ErrTooLarge},
		{"a WebM of exactly the limit", filled(webm, limits.Video), media.WebM, nil},
		{"a WebM of a byte more", filled(webm, limits.Video+1), "", media.ErrTooLarge},
		{"an MP4 of exactly the limit", filled(boxed("isom"), limits.Video), media.MP4, nil},
		{"an MP4 of a byte more", filled(boxed("isom"), limits.Video+1), "", media.ErrTooLarge},
	}
}

// liars are not what they are called: the names say "called as is". Only the second half is looked at.
func liars() []corpusRow {
	return []corpusRow{
		{"called PNG, is JPEG", jfif, media.JPEG, nil},
		{"called JPEG, is PNG", pngHeader(8, 8), media.PNG, nil},
		{"called JPEG, is PDF", "%PDF-1.7\n", media.PDF, nil},
		{"called PDF, is WebP", webpExtended(8, 8), media.WebP, nil},
		{"called JPEG, is HEIC", boxed("heic", "mif1"), media.HEIC, nil},
		{"called HEIC, is MP4", boxed("mp42", "isom"), media.MP4, nil},
		{"called MP4, is HEIC", boxed("heic", "mp42"), media.HEIC, nil},
		{"called WebM, is Matroska", ebml(docType("matroska")), "", media.ErrFormat},
		{"called MP4, is QuickTime", boxed("qt  "), "", media.ErrFormat},
		{"called PNG, is SVG", `<svg xmlns="http://www.w3.org/2000/svg"/>`, "", media.ErrFormat},
		{"called JPEG, is HTML", "<!DOCTYPE html><title>x</title>", "", media.ErrFormat},
		{"called PDF, is a program", "MZ\x90\x00\x03\x00\x00\x00", "", media.ErrFormat},
		{"called HEIC, is an archive", zip, "", media.ErrFormat},
		{"called JPEG, is chip data", `{"com":"YBQ=","sod":"d4IB","dg1":"YVs=","dg2":"dYI="}`, "", media.ErrFormat},
		{"called JPEG, is a JPEG packed with gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + jfif, "", media.ErrFormat},
	}
}

// harmful may hurt who opens it. What is refused is what would be two things at once, or promises too much;
// the rest is kept as it is, and nothing here opens it.
func harmful(t *testing.T) []corpusRow {
	tiny := encoded(t, media.PNG, image.NewGray(image.Rect(0, 0, 1, 1)))
	still := "\x00\x00\x00\x00\x00\x00\x07\x00\x00\x07\x00\x00\x0a\x00\x00\x00" // the head of a frame of 8 by 8
	animated := "WEBP" + chunkOfRIFF("VP8X", "\x02\x00\x00\x00\x07\x00\x00\x07\x00\x00") +
		chunkOfRIFF("ANIM", "\x00\x00\x00\x00\x00\x00") + strings.Repeat(chunkOfRIFF("ANMF", still), 100_000)
	frames := summed("acTL", be32(100_000)+be32(0))
	gifFrame := "\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
	script := `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	return []corpusRow{
		{"an SVG with a script", script, "", media.ErrFormat},
		{"a PDF with a script", "%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n", media.PDF, nil},
		{"GIFAR, a GIF before an archive", gif + zip, "", media.ErrFormat},
		{"a JPEG before an archive", jfif + zip, media.JPEG, nil},
		{"an archive before a JPEG", zip + jfif, "", media.ErrFormat},
		{"a JPEG that is a PDF", jfif + "\xff\xfe\x00\x0b%PDF-1.7\n", "", media.ErrFormat},
		{"an MP4 that is a PDF", boxed("isom") + "%PDF-1.7\n", "", media.ErrFormat},
		{"an MP4 that is a HEIC", boxed("isom", "heic"), "", media.ErrFormat},
		{"a PNG that promises 65535 by 65535", pngHeader(65535, 65535), "", media.ErrTooLarge},
		{"a JPEG that promises 65535 by 65535", "\xff\xd8" + frame(0xc0, 65535, 65535), "", media.ErrTooLarge},
		{"a WebP that promises 65535 by 65535", webpExtended(65535, 65535), "", media.ErrTooLarge},
		{"a PNG whose text inflates a thousandfold", afterIHDR(tiny, summed("zTXt", "Comment\x00\x00"+deflated(t, 50<<20))), media.PNG, nil},
		{"a PNG whose pixels inflate a thousandfold", pngMagic + summed("IHDR", be32(7000)+be32(7000)+"\x08\x00\x00\x00\x00") +
			summed("IDAT", deflated(t, 7000*7001)) + summed("IEND", ""), media.PNG, nil},
		{"a PNG of one pixel whose pixels inflate a thousandfold",
			pngMagic + summed("IHDR", be32(1)+be32(1)+"\x08\x00\x00\x00\x00") + summed("IDAT", deflated(t, 50<<20)), media.PNG, nil},
		{"a PNG of a hundred thousand frames", afterIHDR(tiny, frames), "", media.ErrFormat},
		{"a PNG of a hundred thousand frames, said later", afterIHDR(tiny, summed("gAMA", be32(45455)), summed("tEXt", "a\x00b"), frames), "", media.ErrFormat},
		{"a WebP of a hundred thousand frames", chunkOfRIFF("RIFF", animated), "", media.ErrFormat},
		{"a GIF of a hundred thousand frames", gif + "\x00\x00\x00\xff\xff\xff" + strings.Repeat(gifFrame, 100_000) + ";", "", media.ErrFormat},
		{"a HEIC of many frames", boxed("hevc", "msf1"), "", media.ErrFormat},
	}
}

// honest is odd and comes from real cameras, scanners and telephones. Its bytes are kept as they are: so the
// place in a photograph stays in it, and a photograph that lies on its side stays there.
func honest(t *testing.T) []corpusRow {
	area := image.Rect(0, 0, 16, 16)
	photo := encoded(t, media.JPEG, image.NewYCbCr(area, image.YCbCrSubsampleRatio420))
	tiny := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	latitude := be16(2) + be16(1) + be16(2) + be32(2) + "N\x00\x00\x00" +
		be16(2) + be16(5) + be32(3) + be32(56) + be32(0) + strings.Repeat(be32(45)+be32(1), 3)
	// Four components, of which a fourth is black, as printers have it.
	cmyk := "\xff\xd8" + segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x02") +
		segment(0xc0, "\x08"+be16(16)+be16(16)+"\x04\x01\x11\x00\x02\x11\x00\x03\x11\x00\x04\x11\x00") +
		segment(0xda, "\x04\x01\x00\x02\x00\x03\x00\x04\x00\x00\x3f\x00") + "\xff\xd9"
	deep := image.NewNRGBA64(area)
	deep.Set(1, 1, color.NRGBA64{R: 0x1234, A: 0xffff})
	profile := "ICC_PROFILE\x00\x01\x01" + be32(1<<31-1) + "broken"
	return []corpusRow{
		{"a PNG of 1 by 1", encoded(t, media.PNG, tiny), media.PNG, nil},
		{"a JPEG of 1 by 1", encoded(t, media.JPEG, tiny), media.JPEG, nil},
		{"a WebP of 1 by 1", webpLossless(1, 1), media.WebP, nil},
		{"a JPEG that is cut in half", photo[:len(photo)/2], media.JPEG, nil},
		{"a JPEG that is cut within its metadata", photo[:30], media.JPEG, nil},
		{"a JPEG that is cut after its magic", photo[:3], media.JPEG, nil},
		{"a JPEG that is cut within its magic", photo[:2], "", media.ErrFormat},
		{"a JPEG that tells where it was taken", afterSOI(photo, exif(0x8825, 4, 1, 26, latitude)), media.JPEG, nil},
		{"a JPEG that lies on its side", afterSOI(photo, exif(0x0112, 3, 1, 6<<16, "")), media.JPEG, nil},
		{"a JPEG with an orientation that there is not", afterSOI(photo, exif(0x0112, 3, 1, 9<<16, "")), media.JPEG, nil},
		{"a JPEG in CMYK", cmyk, media.JPEG, nil},
		{"a PNG of 16 bits", encoded(t, media.PNG, deep), media.PNG, nil},
		{"a PNG of grey in 16 bits", encoded(t, media.PNG, image.NewGray16(area)), media.PNG, nil},
		{"a PNG with a palette", encoded(t, media.PNG, image.NewPaletted(area, color.Palette{color.Black, color.White})), media.PNG, nil},
		{"a JPEG of 12 bits", "\xff\xd8" + segment(0xc1, "\x0c"+be16(16)+be16(16)+"\x01\x01\x11\x00"), media.JPEG, nil},
		{"a JPEG with a broken colour profile", afterSOI(photo, segment(0xe2, profile)), media.JPEG, nil},
		{"a JPEG with a colour profile longer than it", afterSOI(photo, "\xff\xe2\xff\xff"+profile), media.JPEG, nil},
		{"a PNG with a broken colour profile", afterIHDR(encoded(t, media.PNG, deep), summed("iCCP", "x\x00\x00broken")), media.PNG, nil},
	}
}

// What the corpus builds in odd ways is what it is called, to a decoder too.
func TestUploadsAreWhatTheyAreCalled(t *testing.T) {
	t.Parallel()
	models := map[string]color.Model{
		"a JPEG in CMYK":                           color.CMYKModel,
		"a PNG of 16 bits":                         color.NRGBA64Model,
		"a PNG of grey in 16 bits":                 color.Gray16Model,
		"a JPEG that tells where it was taken":     color.YCbCrModel,
		"a JPEG that lies on its side":             color.YCbCrModel,
		"a JPEG with a broken colour profile":      color.YCbCrModel,
		"a PNG with a broken colour profile":       color.NRGBA64Model,
		"a PNG whose text inflates a thousandfold": color.GrayModel,
	}
	for _, row := range append(honest(t), harmful(t)...) {
		want, asked := models[row.name]
		if !asked {
			continue
		}
		delete(models, row.name)
		if got, _, err := image.DecodeConfig(strings.NewReader(row.data)); err != nil || got.ColorModel != want {
			t.Errorf("%s: DecodeConfig(%.40q) = %v, %v, want another model of colour", row.name, row.data, got, err)
		}
	}
	for name := range models {
		t.Errorf("the corpus has no %q", name)
	}
}
