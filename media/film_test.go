package media_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
	"pgregory.net/rapid"
)

const ebmlMagic = "\x1a\x45\xdf\xa3"

// ebml makes the header of an EBML document, with its size in one byte, from what one element makes.
func ebml(elements ...string) string {
	body := strings.Join(elements, "")
	return ebmlMagic + element("", body) + "\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"
}

// element makes one of at most 126 bytes.
func element(id, data string) string { return id + string([]byte{0x80 | byte(len(data))}) + data }

func docType(name string) string { return element("\x42\x82", name) }

// webm begins as browsers write it.
var webm = ebml("\x42\x86\x81\x01", "\x42\xf7\x81\x01", "\x42\xf2\x81\x04", "\x42\xf3\x81\x08", docType("webm"),
	"\x42\x87\x81\x04", "\x42\x85\x81\x02")

func TestSniffFilms(t *testing.T) {
	t.Parallel()
	crc, void := element("\xbf", "sum!"), element("\xec", strings.Repeat("\x00", 100))
	mp4 := boxed("isom", "isom", "iso2", "avc1", "mp41")
	for _, row := range []struct {
		name, head string
		want       media.Type // empty: none of the formats
	}{
		{"WebM of a browser", webm, media.WebM},
		{"WebM of an encoder that writes sizes in eight bytes", ebmlMagic + "\x01\x00\x00\x00\x00\x00\x00\x07" + docType("webm"), media.WebM},
		{"WebM whose type is filled with zeros", ebml(docType("webm\x00\x00")), media.WebM},
		{"WebM with a sum and room left", ebml(crc, docType("webm"), void), media.WebM},
		{"WebM cut after its header", ebmlMagic + element("", docType("webm")), media.WebM},
		{"Matroska", ebml(docType("matroska")), ""},
		{"EBML of another type", ebml(docType("webmatroska")), ""},
		{"EBML of a type in capitals", ebml(docType("WEBM")), ""},
		{"EBML of no type", ebml(element("\x42\x87", "\x04")), ""},
		{"EBML of nothing", ebml(), ""},
		{"EBML of two types", ebml(docType("webm"), docType("matroska")), ""},
		{"EBML of two types, the other first", ebml(docType("matroska"), docType("webm")), ""},
		{"EBML of one type twice", ebml(docType("webm"), docType("webm")), ""},
		{"EBML whose type stands within another element", ebml(element("\xec", docType("webm"))), ""},
		{"EBML whose type stands behind its header", ebml() + docType("webm"), ""},
		{"EBML of a size that is not known", ebmlMagic + "\xff" + docType("webm"), ""},
		{"EBML of a size that is not known, and as long as it would be", ebmlMagic + "\xff" + docType("webm") + element("\xec", strings.Repeat("\x00", 118)), ""},
		{"EBML with an element of a size that is not known", ebml(docType("webm"), "\xec\xff"), ""},
		{"EBML with an element longer than it", ebml(docType("webm"), "\xec\x84abc"), ""},
		{"EBML with a number of too many bytes", ebml(docType("webm"), "\x08abcd\x80"), ""},
		{"EBML with a number of none", ebml(docType("webm"), "\x00\x80"), ""},
		{"EBML with an element cut after its number", ebml(docType("webm"), "\xec"), ""},
		{"WebM cut within its header", webm[:24], ""},
		{"WebM cut within its size", ebmlMagic + "\x01\x00", ""},
		{"WebM cut after its magic", ebmlMagic, ""},
		{"WebM whose header is longer than is looked at",
			ebmlMagic + "\x44\x00" + docType("webm") + "\xec\x43\xf6" + strings.Repeat("\x00", 1024), ""},
		{"a WebM that readers of PDF open", webm + "%PDF-1.7", ""},
		{"a space before a WebM", " " + webm, ""},

		{"MP4 of an encoder", mp4, media.MP4},
		{"MP4 of a telephone", boxed("mp42", "isom", "mp42"), media.MP4},
		{"MP4 of a browser", boxed("iso5", "iso5", "mp41", "avc1"), media.MP4},
		{"MP4 of brand mp41", boxed("mp41"), media.MP4},
		{"MP4 of brand avc1", boxed("avc1", "isom"), media.MP4},
		{"MP4 of Apple", boxed("M4V ", "M4V ", "mp42", "isom"), media.MP4},
		{"MP4 of Apple, for high definition", boxed("M4VH", "mp42"), media.MP4},
		{"MP4 cut after its first box", mp4[:32], media.MP4},
		{"MP4 with a page after it", mp4 + "<script>alert(1)</script>", media.MP4},
		{"QuickTime", boxed("qt  ", "qt  "), ""},
		{"QuickTime without a first box", "\x00\x00\x00\x08wide\x00\x00\x00\x10mdat", ""},
		{"MP4 that is QuickTime too", boxed("mp42", "isom", "qt  "), ""},
		{"MP4 that is HEIC too", boxed("isom", "mp41", "heic"), ""},
		{"MP4 that is HEIF too", boxed("mp42", "mif1"), ""},
		{"MP4 that is AVIF too", boxed("isom", "avif"), ""},
		{"MP4 that is a film of HEIC too", boxed("iso8", "msf1", "hevc"), ""},
		{"AVIF film that is MP4 too", boxed("avis", "isom", "mp42"), ""},
		{"3GP", boxed("3gp4", "isom", "3gp4"), ""},
		{"audio", boxed("M4A ", "M4A ", "mp42", "isom"), ""},
		{"a brand that nobody knows", boxed("abcd", "isom"), ""},
		{"a brand in capitals", boxed("ISOM"), ""},
		{"MP4 cut within its first box", mp4[:31], ""},
		{"MP4 cut after its brand", mp4[:12], ""},
		{"MP4 without room for its brand", "\x00\x00\x00\x0cftypisom\x00\x00\x00\x00", ""},
		{"MP4 whose first box reaches to the end", "\x00\x00\x00\x00" + mp4[4:], ""},
		{"MP4 whose first box has a long size", "\x00\x00\x00\x01" + mp4[4:], ""},
		{"MP4 whose first box ends within a brand", "\x00\x00\x00\x1e" + mp4[4:], ""},
		{"MP4 whose first box is huge", "\x00\xff\xff\xfc" + mp4[4:] + strings.Repeat("isom", 1000), ""},
		{"text that looks like one", "    ftypisom", ""},
		{"an MP4 that readers of PDF open", mp4 + "%PDF-1.7", ""},
		{"fragment of an MP4", "\x00\x00\x00\x10styp" + "msdh\x00\x00\x00\x00", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, ok := media.Sniff([]byte(row.head))
			if got != row.want || ok != (row.want != "") {
				t.Errorf("Sniff(%.60q) = %q, %v, want %q, %v", row.head, got, ok, row.want, row.want != "")
			}
		})
	}
}

// One brand of pictures anywhere among those of a film makes it none, and any number of films' leaves it one.
func TestSniffRefusesAFilmThatIsAPictureToo(t *testing.T) {
	t.Parallel()
	films := rapid.SampledFrom([]string{"isom", "iso2", "iso6", "mp41", "mp42", "avc1", "M4V ", "dash"})
	others := rapid.SampledFrom([]string{"heic", "heix", "mif1", "msf1", "avif", "avis", "hevc", "qt  "})
	rapid.Check(t, func(t *rapid.T) {
		brands := append([]string{"mp42"}, rapid.SliceOfN(films, 0, 20).Draw(t, "brands")...)
		if is, ok := media.Sniff([]byte(boxed(brands...))); is != media.MP4 || !ok {
			t.Fatalf("Sniff of brands %q = %q, %v, want %q, true", brands, is, ok, media.MP4)
		}
		at := rapid.IntRange(1, len(brands)).Draw(t, "at")
		brands = slices.Insert(brands, at, others.Draw(t, "other"))
		if is, ok := media.Sniff([]byte(boxed(brands...))); ok {
			t.Fatalf("Sniff of brands %q = %q, true, want none of the formats", brands, is)
		}
	})
}

func FuzzSniffFilms(f *testing.F) {
	for _, seed := range []string{
		webm, ebml(docType("matroska")), ebmlMagic + "\x01\x00\x00\x00\x00\x00\x00\x07" + docType("webm"), ebmlMagic + "\xff",
		boxed("isom", "mp41"), boxed("M4V ", "mp42"), boxed("mp42", "heic"), boxed("qt  "), boxed("avis", "isom"),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		is, ok := media.Sniff(head)
		if ok != (is != "") {
			t.Fatalf("Sniff(%q) = %q, %v", head, is, ok)
		}
		first := head[:min(len(head), media.SniffLen)]
		switch is {
		case media.WebM:
			if !bytes.HasPrefix(head, []byte(ebmlMagic)) || !bytes.Contains(first, []byte("\x42\x82")) || !bytes.Contains(first, []byte("webm")) {
				t.Fatalf("Sniff(%q) = %q", head, is)
			}
		case media.MP4:
			if string(head[4:8]) != "ftyp" || string(head[8:12]) == "heic" || string(head[8:12]) == "qt  " {
				t.Fatalf("Sniff(%q) = %q", head, is)
			}
		case media.JSON:
			t.Fatalf("Sniff(%q) = %q, which only a context may tell", head, is)
		}
		if media.Face.Takes(is) == media.FacePreVideo.Takes(is) && ok {
			t.Fatalf("Sniff(%q) = %q, which is not either a picture or a film", head, is)
		}
		err := media.CheckHeader(head, is)
		if is.IsVideo() && err != nil || err != nil && !errors.Is(err, media.ErrFormat) && !errors.Is(err, media.ErrTooLarge) {
			t.Fatalf("CheckHeader(%q, %s) = %v", head, is, err)
		}
	})
}
