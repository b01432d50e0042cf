package veriff_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// What an upload is answered that is refused for its body.
const (
	wantMalformed = "400 1101"
	wantMissing   = "400 1102"
	wantInvalid   = "400 1104"
	wantNoImage   = "400 1403"
	wantNoContext = "400 1402"
	wantNoData    = "400 1400"
	wantNotBase64 = "400 1401"
	wantTooLarge  = "413 1101"
)

// wholeUpload is what an upload's body stands for, read as a whole and slowly. want is what it is answered; empty:
// it is taken, with this content.
func wholeUpload(body []byte) (content []byte, want string) {
	root, ok := membersOf(body)
	if keycase.Valid(body) != nil || !ok {
		return nil, wantMalformed
	}
	if chip := root["nfcDocument"]; !isNull(chip) {
		if !isNull(root["image"]) {
			return nil, wantInvalid
		}
		return wholeChip(chip)
	}
	if isNull(root["image"]) {
		return nil, wantNoImage
	}
	image, ok := membersOf(root["image"])
	if !ok {
		return nil, wantInvalid
	}
	var shows, text string
	switch {
	case isNull(image["context"]):
		return nil, wantNoContext
	case json.Unmarshal(image["context"], &shows) != nil:
		return nil, wantInvalid
	case isNull(image["content"]):
		return nil, wantNoData
	case json.Unmarshal(image["content"], &text) != nil:
		return nil, wantInvalid
	}
	content, want = wholeContent(text)
	if want == "" && !media.Context(shows).IsImage() {
		want = wantNoContext
	}
	if want != "" {
		return nil, want
	}
	kind, ok := media.Sniff(content)
	if !ok || !media.Context(shows).Takes(kind) {
		return nil, wantNoData
	}
	switch refusal := media.CheckHeader(content[:min(len(content), media.HeaderLen)], kind); {
	case refusal == nil:
		return content, ""
	case errors.Is(refusal, media.ErrTooLarge):
		return nil, wantTooLarge
	}
	return nil, wantNoData
}

// wholeChip is what the data of a chip are kept as.
func wholeChip(object []byte) (content []byte, want string) {
	if _, ok := membersOf(object); !ok {
		return nil, wantInvalid
	}
	content, err := media.ParseChip(object)
	switch {
	case errors.Is(err, media.ErrChipMissing):
		return nil, wantMissing
	case errors.Is(err, media.ErrChipEncoding):
		return nil, wantNotBase64
	case err != nil:
		return nil, wantNoData
	}
	return content, ""
}

func wholeContent(text string) (content []byte, want string) {
	if len(text) >= 5 && strings.EqualFold(text[:5], "data:") {
		head, rest, _ := strings.Cut(text, ",")
		if !strings.HasSuffix(strings.ToLower(head), ";base64") || len(head) == len(text) {
			return nil, wantNotBase64
		}
		text = rest
	}
	content, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		return nil, wantNotBase64
	case len(content) == 0:
		return nil, wantNoData
	}
	return content, ""
}

func membersOf(object []byte) (members map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(object, &members)
	return members, err == nil && members != nil
}

func isNull(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }

// inPieces gives a text in pieces of these lengths, again and again.
type inPieces struct {
	text  io.Reader
	sizes []int
	at    int
}

func (r *inPieces) Read(p []byte) (int, error) {
	n := r.sizes[r.at%len(r.sizes)]
	r.at++
	return r.text.Read(p[:min(n, len(p))])
}

// piecemeal is an upload whose body comes in pieces, without a socket.
func (h *house) piecemeal(id, body string, sizes ...int) result {
	h.Helper()
	r := httptest.NewRequest("POST", "/v1/sessions/"+id+"/media", &inPieces{text: strings.NewReader(body), sizes: sizes})
	r.ContentLength = -1
	r.Header.Set("X-Auth-Client", ours.APIKey.String())
	r.Header.Set("X-Hmac-Signature", sign(body))
	return h.serve(h.handler, r, body)
}

// serve has a handler answer a request that is made of this body, without a socket.
func (h *house) serve(by http.Handler, r *http.Request, body string) result {
	h.Helper()
	w := httptest.NewRecorder()
	by.ServeHTTP(w, r)
	got := result{w.Code, w.Result().Header, w.Body.String()}
	h.checkContract(r, []byte(body), got)
	return got
}

// compare uploads a body in pieces, and says how the answer differs from that of who reads it as a whole.
func (h *house) compare(session, body string, sizes ...int) (difference string) {
	h.Helper()
	got := h.piecemeal(session, body, sizes...)
	content, want := wholeUpload([]byte(body))
	if !matches(got, want) {
		return fmt.Sprintf("%q in pieces of %v: got %d %s, want %s", body, sizes, got.status, got.body, or(want, "200"))
	}
	if want != "" {
		return ""
	}
	var answer struct{ Image, NFCDocument struct{ ID uuid.UUID } }
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
		return err.Error()
	}
	id := answer.Image.ID
	if id == uuid.Nil {
		id = answer.NFCDocument.ID
	}
	if kept := h.kept(id); !bytes.Equal(kept, content) {
		return fmt.Sprintf("%q in pieces of %v: got %q back, want %q", body, sizes, kept, content)
	}
	return ""
}

// kept is the content of a medium.
func (h *house) kept(id uuid.UUID) []byte {
	h.Helper()
	f, err := h.engine.File(h.Context(), id)
	if err != nil {
		h.Fatal(err)
	}
	r, err := f.Open(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	defer r.Close()
	return must(io.ReadAll(r))
}

// someContent is text of a string of JSON, often nearly base64.
func someContent(t *rapid.T) string {
	text := rapid.SampledFrom([]string{
		encoded(pngBytes), encoded(jpegBytes), encoded(pdfBytes), encoded(padded(pngBytes, 100)), encoded([]byte("GIF89a")), "", "AA==", "AAA=", "AAAA",
	}).Draw(t, "text")
	if rapid.Bool().Draw(t, "head") {
		text = rapid.SampledFrom([]string{
			"data:image/png;base64,", "DATA:;BASE64,", "data:image/png,", "data:", "data:é;base64,", "dat", `d\u0061ta:x;base64\u002c`,
			`data:\n;base64,`, "data:;base6,4,",
		}).Draw(t, "scheme") + text
	}
	odd := []string{
		`\n`, `\r\n`, `\/`, `\u002B`, `\u0041`, `\t`, `\"`, `\\`, `\u00e9`, `\ud83d\ude00`, "é", "😀", " ", "=", "==", "-", "A", "AA", "\x7f",
		"\n", "\x00", "\xc3", "\xff", `\u0000`, `\ud83d`, `\ude00`, `\q`, `\u12`, `"`, `",`,
	}
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		text = text[:at] + rapid.SampledFrom(odd).Draw(t, "odd") + text[at:]
	}
	if rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
		text = text[:rapid.IntRange(0, len(text)).Draw(t, "to")]
	}
	return text
}

// someBody is the body of an upload, often nearly right.
func someBody(t *rapid.T) string {
	content := `"content":"` + someContent(t) + `"`
	member := rapid.SampledFrom([]string{
		content, content, content, `"context":"face"`, `"context":"face"`, `"context":"selfie"`, `"context":null`, `"x":{"content":"x"}`,
		`"content":null`, `"content":["x"]`, `"c\u006fntent":"AAAA"`, `"timestamp":[1,{"a":"]"}]`, `"a" "b"`, `"":"\""`, `1`,
	})
	inside := strings.Join(append(rapid.SliceOfN(member, 0, 2).Draw(t, "members"), rapid.SampledFrom([]string{
		`"context":"face",` + content, content + `,"context":"face"`, ` "context" : "document-front" , ` + content, content,
	}).Draw(t, "usual")), ",")
	whole := rapid.SampledFrom([]string{
		`{"image":{%}}`, `{"image":{%}}`, ` { "a" : {"content":"x"} , "image" : {%} , "b" : "image" } `, `{"im\u0061ge":{%}}`,
		`{"image":{%},"image":{}}`, `{"image":[{%}]}`, `[{"image":{%}}]`, `{"Image":{%}}`, `{"image":{%}`, `{"image":{%}}}`, `{"a":{"image":{%}}}`,
		`{"image":null,"a":{%}}`, `{"image":"x","a":{%}}`,
	}).Draw(t, "whole")
	return strings.Replace(whole, "%", inside, 1)
}

// TestStreamIsTheWhole: however a body is cut into pieces, it is what it is as a whole.
func TestStreamIsTheWhole(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: func(p *session.Policy) { p.Create = session.Unlimited() }}) // each try has a session
	rapid.Check(t, func(t *rapid.T) {
		id := h.quick(call{method: "POST", path: "/v1/sessions", body: minimal})
		sizes := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 5).Draw(t, "sizes")
		if difference := h.compare(verificationOf(h, id).ID, someBody(t), sizes...); difference != "" {
			t.Fatal(difference)
		}
	})
}

// TestContentsInPieces: every row of the table is answered alike, whether it comes byte by byte or at once.
func TestContentsInPieces(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	for _, row := range contents() {
		for _, size := range []int{1, 2, 3, 5, 7, 1 << 20} {
			got := h.piecemeal(id, `{"image":{"content":`+row.content+`,"context":"face"}}`, size)
			if !matches(got, row.want) {
				t.Errorf("%s in pieces of %d: got %d %s, want %s", row.name, size, got.status, got.body, or(row.want, "200"))
			}
		}
	}
}

// TestLargeContents: what is larger than what is looked at together comes back whole, with whatever escapes and
// from whatever place in the body; and a fault far behind is found.
func TestLargeContents(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	content := padded(pngBytes, 200_001)
	for i := len(pngBytes); i < len(content); i++ {
		content[i] = byte(i * i >> 7)
	}
	text := encoded(content)
	late := text[:150_000]
	rows := []struct{ name, content string }{
		{"bare", text},
		{"escaped slashes", strings.ReplaceAll(text, "/", `\/`)},
		{"all escaped", escaped(text)},
		{"lines", inLines(text, `\r\n`)},
		{"lines of one character", strings.Join(strings.Split(text[:70_000], ""), `\n`)},
		{"long head", "data:image/png;name=" + strings.Repeat("é", 70_000) + ";base64," + text},
		{"padding in the middle", late[:len(late)-1] + "=" + text},
		{"cut off in a group", text[:len(text)-2]},
		{"a line feed as it is", late + "\n" + text[150_000:]},
		{"a bad escape behind what is no base64", "!" + late + `\q`},
		{"a bad character behind what is no base64", "!" + late + "\xff"},
		{"characters behind what is no base64", "!" + strings.Repeat("é", 100_000)},
		{"escaped quotes", strings.Repeat(`\"`, 100_000)},
		{"escapes and characters", strings.Repeat(`\/é`, 50_000)},
		{"pairs of surrogates", strings.Repeat(`\ud83d\ude00`, 30_000)},
		{"half a pair at the end", strings.Repeat(`\ud83d\ude00`, 30_000) + `\ud83d`},
	}
	for _, row := range rows {
		for spaces := range 4 {
			id := h.create(minimal).ID
			body := `{` + strings.Repeat(" ", spaces) + `"image":{"context":"face","content":"` + row.content + `"}}`
			got := h.piecemeal(id, body, 4096, 65536, 100_000)
			kept, want := wholeUpload([]byte(body))
			if !matches(got, want) {
				t.Errorf("%s: got %d %s, want %s", row.name, got.status, got.body, or(want, "200"))
				continue
			}
			if s := h.snapshot(id); want == "" && !bytes.Equal(h.kept(s.Media[0].ID), kept) {
				t.Errorf("%s: got other bytes back", row.name)
			}
		}
	}
}

// TestSkeletonIsBounded: what stands around the medium is held in memory, and so may not be large.
func TestSkeletonIsBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	image := `"image":{"context":"face","content":"` + encoded(pngBytes) + `"}`
	of := func(n int) string { return `"x":"` + strings.Repeat("x", n) + `"` }
	rows := []struct{ name, body, want string }{
		{"60 kB before", `{` + of(60_000) + `,` + image + `}`, ""},
		{"60 kB behind", `{` + image + `,` + of(60_000) + `}`, ""},
		{"100 kB before", `{` + of(100_000) + `,` + image + `}`, wantTooLarge},
		{"100 kB behind", `{` + image + `,` + of(100_000) + `}`, wantTooLarge},
		{"1 MB before", `{` + of(1_000_000) + `,` + image + `}`, wantTooLarge},
		{"a second content of 1 MB", `{` + image + `,"image":{"content":"` + strings.Repeat("A", 1_000_000) + `"}}`, wantTooLarge},
		{"1 MB of no JSON", strings.Repeat("[", 1_000_000), wantTooLarge},
	}
	for _, row := range rows {
		got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: row.body})
		if !matches(got, row.want) {
			t.Errorf("%s: got %d %s, want %s", row.name, got.status, got.body, or(row.want, "200"))
		}
		signed := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: row.body, signed: "x"})
		if !matches(signed, "401 1812") {
			t.Errorf("%s, with another signature: got %d %s, want 401", row.name, signed.status, signed.body)
		}
	}
}

// TestChip: the data of a document's chip go through the same endpoint.
func TestChip(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	const four = `"com":"YBQ=","sod":"d4IB","dg1":"YVs=","dg2":"dYI="`
	rows := []struct{ name, body, want string }{
		{"the four", `{"nfcDocument":{` + four + `}}`, ""},
		{"further ones", `{"nfcDocument":{` + four + `,"dg14":"AAAA","x":1},"y":2}`, ""},
		{"of 400 kB", `{"nfcDocument":{"com":"YBQ=","sod":"d4IB","dg1":"YVs=","dg2":"` + strings.Repeat("A", 400_000) + `"}}`, ""},
		{"of 1 MB", `{"nfcDocument":{"com":"YBQ=","sod":"d4IB","dg1":"YVs=","dg2":"` + strings.Repeat("A", 1_000_000) + `"}}`, wantTooLarge},
		{"one missing", `{"nfcDocument":{"com":"YBQ=","sod":"d4IB","dg1":"YVs="}}`, wantMissing},
		{"one null", `{"nfcDocument":{"com":null,"sod":"d4IB","dg1":"YVs=","dg2":"dYI="}}`, wantMissing},
		{"empty", `{"nfcDocument":{}}`, wantMissing},
		{"no base64", `{"nfcDocument":{"com":"?","sod":"d4IB","dg1":"YVs=","dg2":"dYI="}}`, wantNotBase64},
		{"a member twice", `{"nfcDocument":{` + four + `,"com":"AAAA"}}`, wantMalformed},
		{"null", `{"nfcDocument":null}`, wantNoImage},
		{"a string", `{"nfcDocument":"x"}`, wantInvalid},
		{"a list", `{"nfcDocument":[]}`, wantInvalid},
		{"beside an image", `{"nfcDocument":{` + four + `},"image":{"context":"face"}}`, wantInvalid},
		{"beside a whole image", `{"image":{"context":"face","content":"` + encoded(pngBytes) + `"},"nfcDocument":{` + four + `}}`, wantInvalid},
		{"more than fits beside an image", `{"x":"` + strings.Repeat("x", 80<<10) + `","image":{"context":"face","content":"` + encoded(pngBytes) + `"}}`, wantTooLarge},
		{"its context for an image", `{"image":{"context":"nfc","content":"` + encoded(pngBytes) + `"}}`, wantNoContext},
		{"its text as an image", `{"image":{"context":"nfc","content":"` + encoded([]byte(`{`+four+`}`)) + `"}}`, wantNoContext},
	}
	taken := 0
	for _, row := range rows {
		got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: row.body})
		if !matches(got, row.want) {
			t.Errorf("%s: got %d %s, want %s", row.name, got.status, got.body, or(row.want, "200"))
		}
		if got.status == http.StatusOK {
			taken++
		}
		if n := len(h.snapshot(id).Media); n != taken {
			t.Errorf("%s: got %d media, want %d", row.name, n, taken)
		}
	}
	isChip := func(m session.Medium) bool { return m.Context == media.Chip && m.Type == media.JSON }
	if s := h.snapshot(id); !slices.ContainsFunc(s.Media, isChip) {
		t.Errorf("got %v, want chip data", s.Media)
	}
}
