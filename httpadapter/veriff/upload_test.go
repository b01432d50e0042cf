package veriff_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// padded is a medium of exactly n bytes.
func padded(head []byte, n int) []byte {
	return append(bytes.Clone(head), make([]byte, n-len(head))...)
}

func encoded(content []byte) string { return base64.StdEncoding.EncodeToString(content) }

// pngOf is the beginning of a picture that promises so many pixels.
func pngOf(width, height uint32) []byte {
	b := bytes.Clone(pngBytes)
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[20:], height)
	return b
}

// contents are what image.content may be, as JSON, and what it is answered.
func contents() []struct{ name, content, want string } {
	quoted := func(text string) string { return string(must(json.Marshal(text))) }
	png, pdf := encoded(pngBytes), encoded(pdfBytes)
	const noData, notBase64, tooLarge = "400 1400 Image data not found.", "400 1401 Image is not in valid base64.", "413 1101"
	of := func(content string) string { return quoted(encoded([]byte(content))) }
	urlSafe := base64.URLEncoding.EncodeToString(append(bytes.Clone(jpegBytes), 0xff, 0xff, 0xff, 0xfe, 0xfb))
	unpadded := strings.TrimRight(encoded(padded(pngBytes, 100)), "=")
	return []struct{ name, content, want string }{
		{"bare", quoted(png), ""},
		{"JPEG", quoted(encoded(jpegBytes)), ""},
		{"PDF", quoted(pdf), ""},
		{"data URI", quoted("data:image/png;base64," + png), ""},
		{"data URI of another type", quoted("data:text/html;base64," + png), ""},
		{"data URI without type", quoted("data:;base64," + png), ""},
		{"data URI with parameters", quoted("data:image/png;charset=utf-8;base64," + png), ""},
		{"data URI in capitals", quoted("DATA:IMAGE/PNG;BASE64," + png), ""},
		{"data URI without base64", quoted("data:image/png," + png), notBase64},
		{"data URI without comma", quoted("data:image/png;base64" + png), notBase64},
		{"data URI with nothing", quoted("data:image/png;base64,"), noData},
		{"data URI that is cut off", quoted("data:image/png;base64"), notBase64},
		{"escaped slashes", `"` + strings.ReplaceAll("data:image/png;base64,"+png, "/", `\/`) + `"`, ""},
		{"escaped pluses", `"` + strings.ReplaceAll(png, "+", `\u002B`) + `"`, ""},
		{"all escaped", `"` + escaped(png) + `"`, ""},
		{"lines of 76", quoted(inLines(png, "\r\n")), ""},
		{"lines with a newline at the end", quoted(inLines(png, "\n") + "\n"), ""},
		{"spaces", quoted(strings.ReplaceAll(inLines(png, " "), "\n", "")), notBase64},
		{"tabs", quoted(inLines(png, "\t")), notBase64},
		{"URL-safe alphabet", quoted(urlSafe), notBase64},
		{"padding missing", quoted(unpadded), notBase64},
		{"padding twice", quoted(png + "===="), notBase64},
		{"padding within", quoted("AA==" + png), notBase64},
		{"junk behind", quoted(png + "!"), notBase64},
		{"junk before", quoted("!" + png), notBase64},
		{"beyond ASCII", quoted("é" + png), notBase64},
		{"beyond ASCII by an escape", `"\u00e9\ud83d\ude00` + png + `"`, notBase64},
		{"backslash", `"\\` + png + `"`, notBase64},
		{"quote", `"\"` + png + `"`, notBase64},
		{"form feed", `"\f` + png + `"`, notBase64},
		{"one character", `"A"`, notBase64},
		{"empty", `""`, noData},
		{"newlines alone", `"\r\n"`, noData},
		{"null", `null`, noData},
		{"a number", `1`, "400 1104"},
		{"an array of bytes", `[137,80,78,71]`, "400 1104"},

		{"1 byte", of("x"), noData},
		{"text", of("hello"), noData},
		{"GIF", of("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), noData},
		{"SVG with a script", of(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), noData},
		{"HTML", of("<!doctype html><script>alert(1)</script>"), noData},
		{"HTML that calls itself a picture", quoted("data:image/png;base64," + encoded([]byte("<html>"))), noData},
		{"program", of("MZ\x90\x00"), noData},
		{"archive", of("PK\x03\x04" + strings.Repeat("\x00", 40)), noData},
		{"MP4", of("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), noData},
		{"film", of(webmBytes), noData},
		{"PDF behind something else", of("junk\n" + string(pdfBytes)), noData},
		{"cut off in its head", quoted(encoded(pngBytes[:7])), noData},
		{"65535 by 65535 pixels", quoted(encoded(pngOf(65535, 65535))), tooLarge},
		{"no pixels", quoted(encoded(pngOf(0, 1))), noData},
		{"PNG with an archive behind", quoted(encoded(append(bytes.Clone(pngBytes), "PK\x03\x04"...))), ""},
	}
}

func inLines(text, newline string) string {
	var b strings.Builder
	for len(text) > 76 {
		b.WriteString(text[:76] + newline)
		text = text[76:]
	}
	return b.String() + text
}

func escaped(text string) string {
	var b strings.Builder
	for _, c := range text {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return b.String()
}

func TestContents(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		taken := 0
		for _, row := range contents() {
			got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media",
				body: `{"image":{"context":"face","content":` + row.content + `}}`})
			if !matches(got, row.want) {
				t.Errorf("%s: got %d %s, want %s", row.name, got.status, got.body, or(row.want, "200"))
			}
			if got.status == http.StatusOK {
				taken++
			}
		}
		if n := len(h.snapshot(id).Media); n != taken || taken == 0 {
			t.Errorf("got %d media, want the %d that were answered 200", n, taken)
		}
	})
}

func TestUploadBodies(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	content := `"content":"` + encoded(pngBytes) + `"`
	rows := []struct{ name, body, want string }{
		{"content first", `{"image":{` + content + `,"context":"face"}}`, ""},
		{"with timestamp", `{"image":{"context":"face",` + content + `,"timestamp":"2026-01-01T00:00:00.000Z"}}`, ""},
		{"with timestamp of any type", `{"image":{"context":"face",` + content + `,"timestamp":{}}}`, ""},
		{"name, size and type of the client's", `{"image":{"context":"face",` + content + `,"name":"../../x","size":1,"mimetype":"text/html","id":"x"}}`, ""},
		{"key by an escape", `{"image":{"\u0063ontext":"face",` + content + `}}`, ""},
		{"spaces and others around", ` { "a" : [ "]" , { "}" : "\"" } ] , "image" : { "context" : "face" , ` + content + ` } } `, ""},
		{"image missing", `{}`, "400 1403 Image property is missing."},
		{"image null", `{"image":null}`, "400 1403"},
		{"Image", `{"Image":{"context":"face",` + content + `}}`, "400 1403"},
		{"image a string", `{"image":"face"}`, "400 1104"},
		{"image a list", `{"image":[]}`, "400 1104"},
		{"context missing", `{"image":{` + content + `}}`, "400 1402 Image context is not supported."},
		{"context null", `{"image":{"context":null,` + content + `}}`, "400 1402"},
		{"context unknown", `{"image":{"context":"selfie",` + content + `}}`, "400 1402"},
		{"context in capitals", `{"image":{"context":"FACE",` + content + `}}`, "400 1402"},
		{"context of a film", `{"image":{"context":"face-pre-video",` + content + `}}`, "400 1402"},
		{"context a path", `{"image":{"context":"../face",` + content + `}}`, "400 1402"},
		{"context with a header", `{"image":{"context":"face\r\nx: y",` + content + `}}`, "400 1402"},
		{"context of 4 kB", `{"image":{"context":"` + strings.Repeat("x", 4096) + `",` + content + `}}`, "400 1402"},
		{"context a number", `{"image":{"context":1,` + content + `}}`, "400 1104"},
		{"context unknown, and no base64", `{"image":{"context":"selfie","content":"!"}}`, "400 1401"},
		{"no format, and no base64 far behind", `{"image":{"context":"face","content":"` + strings.Repeat("A", 300_000) + `!"}}`, "400 1401"},
		{"content missing", `{"image":{"context":"face"}}`, "400 1400 Image data not found."},
		{"context twice", `{"image":{"context":"face",` + content + `,"context":"face"}}`, "400 1101"},
		{"compressed", zipped(`{"image":{"context":"face",` + content + `}}`), "400 1101"},
		{"data URI with a file's name that climbs", named(`../../x`), ""},
		{"data URI with a file's name of Windows", named(`..\\x;C:\\x;CON;NUL.png`), ""},
		{"data URI with a file's name of 4 kB", named(strings.Repeat("x", 4096)), ""},
		{"data URI with a file's name from right to left", named(`\u202egnp.exe`), ""},
		{"data URI with a header in a file's name", named(`x\r\nSet-Cookie: x=y`), ""},
		{"data URI with NUL in a file's name", named(`x\u0000.png`), "400 1101"},
		{"file's name that climbs", `{"image":{"context":"face",` + content + `,"filename":"../../x"},"filename":"C:\\x"}`, ""},
		{"file's name of 4 kB", `{"image":{"context":"face",` + content + `,"filename":"` + strings.Repeat("x", 4096) + `"}}`, ""},
		{"file's name with a header", `{"image":{"context":"face",` + content + `,"filename":"x\r\nSet-Cookie: x=y"}}`, ""},
		{"file's name with NUL", `{"image":{"context":"face",` + content + `,"filename":"x\u0000"}}`, "400 1101"},
		{"content twice", `{"image":{"context":"face",` + content + `,` + content + `}}`, "400 1101"},
		{"not JSON", `image`, "400 1101"},
		{"a picture as it is", string(pngBytes), "400 1101"},
		{"nothing", ``, "400 1101"},
	}
	for _, row := range rows {
		got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: row.body})
		if !matches(got, row.want) {
			t.Errorf("%s: got %d %s, want %s", row.name, got.status, got.body, or(row.want, "200"))
		}
	}
	for _, c := range media.Images() {
		h.upload(id, string(c), pngBytes)
	}
}

// named is a body whose content calls itself a file of that name.
func named(file string) string {
	return `{"image":{"context":"face","content":"data:image/png;name=` + file + `;base64,` + encoded(pngBytes) + `"}}`
}

func zipped(text string) string {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// TestUploadLimits goes to the limits and over them.
func TestUploadLimits(t *testing.T) {
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	const mib = 1 << 20
	rows := []struct {
		name    string
		head    []byte
		n       int
		context string
		want    string
	}{
		{"picture of 24 MiB of text", pngBytes, 18 * mib, "face", ""},
		{"picture of more", pngBytes, 18*mib + 1, "face", "413 1101"},
		{"PDF of 20 MiB", pdfBytes, 20 * mib, "address-front", ""},
		{"PDF of more", pdfBytes, 20*mib + 1, "address-front", "413 1101"},
		{"more than any", pdfBytes, 24 * mib, "address-front", "413 1101"},
	}
	for _, row := range rows {
		got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: uploadBody(row.context, padded(row.head, row.n))})
		if !matches(got, row.want) {
			t.Errorf("%s: got %d %.200s, want %s", row.name, got.status, got.body, or(row.want, "200"))
		}
	}
	// Lines and escapes make the text of the largest medium longer, and are not held against it.
	text := inLines(encoded(padded(pdfBytes, 20*mib)), `\r\n`)
	got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: `{"image":{"context":"address-front","content":"` + text + `"}}`})
	h.want(got, 200, "")
}

// TestRoundTrip: what was uploaded is what is downloaded, signed, for all lengths of the last group and all
// bytes.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		for n := len(pngBytes); n < len(pngBytes)+70; n++ {
			content := padded(pngBytes, n)
			_, _ = rand.Read(content[len(pngBytes):])
			medium := h.upload(id, "document-front", content)
			got := h.do(call{method: "GET", path: "/v1/media/" + medium})
			if got.status != http.StatusOK || got.body != string(content) {
				t.Fatalf("%d bytes: got %d and %d bytes that differ", n, got.status, len(got.body))
			}
		}
	})
}

// readerOnly hides what else a reader can do.
type readerOnly struct{ io.Reader }

func TestDownload(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	o := h.create(minimal)
	for _, row := range []struct {
		content         []byte
		kind, extension string
	}{{pngBytes, "image/png", ".png"}, {jpegBytes, "image/jpeg", ".jpg"}, {padded(pdfBytes, 3<<20), "application/pdf", ".pdf"}} {
		id := h.upload(o.ID, "document-back", row.content)
		for _, method := range []string{"GET", "HEAD"} {
			got := h.do(call{method: method, path: "/v1/media/" + id})
			want := map[string]string{
				"Content-Type": row.kind, "Content-Length": fmt.Sprint(len(row.content)), "X-Content-Type-Options": "nosniff",
				"Cache-Control": "no-store", "Content-Disposition": `attachment; filename="` + id + row.extension + `"`,
				"Content-Security-Policy": "default-src 'none'; sandbox", "X-Hmac-Signature": sign(string(row.content)),
			}
			for name, value := range want {
				if got.header.Get(name) != value {
					t.Errorf("%s %s: got %s %q, want %q", method, row.kind, name, got.header.Get(name), value)
				}
			}
			if wantBody := map[string]string{"GET": string(row.content)}[method]; got.status != 200 || got.body != wantBody {
				t.Errorf("%s %s: got %d and %d bytes, want 200 and %d", method, row.kind, got.status, len(got.body), len(wantBody))
			}
		}
		h.want(h.do(call{method: "GET", path: "/v1/media/" + id, by: theirs}), 404, "1101")
	}
	h.want(h.do(call{method: "GET", path: "/v1/media/" + o.ID}), 404, "1101")
	h.want(h.do(call{method: "GET", path: "/v1/media/me"}), 404, "1101")
	h.want(h.do(call{method: "GET", path: "/v1/media/" + h.upload(o.ID, "face", pngBytes), signed: o.ID}), 401, "1812")
}

// brokenBlobs fail to open, or to open a second time.
type brokenBlobs struct {
	media.Blobs
	mu   sync.Mutex
	left int
}

var errDisk = errors.New("the disk is gone")

func (b *brokenBlobs) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left--; b.left < 0 {
		return nil, errDisk
	}
	return b.Blobs.Open(ctx, name)
}

// TestDownloadThatBreaks is either a failure or is cut off: never bytes that are not all.
func TestDownloadThatBreaks(t *testing.T) {
	t.Parallel()
	blobs := &brokenBlobs{Blobs: media.NewMemoryBlobs()}
	h := newHouse(t, setup{blobs: blobs})
	id := h.upload(h.create(minimal).ID, "face", pngBytes)
	got := h.do(call{method: "GET", path: "/v1/media/" + id})
	h.want(got, 500, "1101")
	if got.header.Get("Content-Disposition") != "" {
		t.Errorf("got Content-Disposition %q on a failure, want none", got.header.Get("Content-Disposition"))
	}
	if !strings.Contains(h.log.String(), errDisk.Error()) {
		t.Errorf("the log does not have the cause: %s", h.log.String())
	}
	blobs.left = 1
	fresh := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // on a used connection it would try again
	res, err := fresh.Do(h.request(call{method: "GET", path: "/v1/media/" + id}))
	if err == nil {
		_, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	if err == nil {
		t.Error("the second reading failed, and the client was told nothing of it")
	}
}

func TestUploadsSideBySide(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: uploadBody("face", pngBytes)})
				if got.status != http.StatusOK {
					t.Errorf("got %d %s, want 200", got.status, got.body)
				}
			})
		}
		all.Wait()
		s, err := h.engine.Get(t.Context(), uuid.MustParse(id))
		if err != nil || len(s.Media) != 20 || s.Status != session.StatusCreated {
			t.Errorf("got %d media in %s (%v), want 20 in created", len(s.Media), s.Status, err)
		}
	})
}
