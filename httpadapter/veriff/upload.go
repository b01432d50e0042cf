package veriff

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// uploadMedia is https://devdocs.veriff.com/apidocs/v1sessionsidmedia-3.
func uploadMedia(x *exchange) error {
	body, release, err := x.bodyOfUpload()
	if err != nil {
		return err
	}
	defer release()
	id, err := x.id()
	if err != nil {
		return err
	}
	upload, err := readUpload(body)
	if err != nil {
		return x.orRefused(id, session.ActionUpload, err)
	}
	m, err := x.engine.Upload(x.r.Context(), id, upload)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, struct {
		Status string       `json:"status"`
		Image  uploadAnswer `json:"image"`
	}{"success", uploadAnswer{string(m.Context), x.image(m)}})
}

// bodyOfUpload reads and authenticates the body when there is room for it, and says how to give the room back.
// Who does not even have a signature takes none.
func (x *exchange) bodyOfUpload() (body []byte, release func(), err error) {
	if err := x.identify(); err != nil {
		return nil, nil, err
	}
	signature, err := x.signature()
	if err != nil {
		return nil, nil, err
	}
	select {
	case x.uploads <- struct{}{}:
	case <-x.r.Context().Done():
		return nil, nil, x.r.Context().Err()
	}
	release = func() { <-x.uploads }
	body, err = x.body(uploadLimit(x.engine.MediaLimits()))
	if err == nil {
		err = x.match(signature, body, signatureOfBody)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return body, release, nil
}

// uploadLimit is how many bytes the request with the largest medium may have: its base64, an eighth of that for
// the escapes with which some writers of JSON write the slash or the plus, and what stands around it.
func uploadLimit(limits media.Limits) int64 {
	var most int64
	for _, t := range []media.Type{media.JPEG, media.PDF} {
		most = max(most, limits.For(t))
	}
	text := (most + 2) / 3 * 4
	return text + text/8 + 64<<10
}

// readUpload takes the medium out of a body, which it overwrites. Its type and its timestamp are not the
// client's to say.
func readUpload(body []byte) (session.Upload, error) {
	root, err := parseObject(body)
	if err != nil {
		return session.Upload{}, err
	}
	var r reader
	image := r.object(r.required(root.member("image"), imageMissing))
	shows := r.text(r.required(image.member("context"), imageContext))
	text := r.typed(r.required(image.member("content"), imageNoData), `"`, memberInvalid)
	if r.fault != nil {
		return session.Upload{}, r.fault
	}
	content, err := decodeContent(text)
	return session.Upload{Context: media.Context(shows), Content: bytes.NewReader(content)}, err
}

// decodeContent decodes base64 within a JSON string, in place. It may follow a data URI's head (RFC 2397),
// whose type is not believed. It must be of the standard alphabet, with its padding, as a text that was cut off
// can otherwise not be told from a whole one; line breaks within are passed over (RFC 4648 and RFC 2045).
func decodeContent(quoted value) ([]byte, error) {
	text := unescapeBytes(quoted[1 : len(quoted)-1])
	const scheme, encoded = "data:", ";base64"
	if len(text) >= len(scheme) && bytes.EqualFold(text[:len(scheme)], []byte(scheme)) {
		head, rest, found := bytes.Cut(text, []byte(","))
		if !found || len(head) < len(encoded) || !bytes.EqualFold(head[len(head)-len(encoded):], []byte(encoded)) {
			return nil, imageNotBase64
		}
		text = rest
	}
	if len(text) == 0 {
		return nil, imageNoData
	}
	n, err := base64.StdEncoding.Decode(text, text) // it reads a group before it writes the shorter one
	switch {
	case err != nil:
		return nil, imageNotBase64
	case n == 0:
		return nil, imageNoData
	}
	return text[:n], nil
}

// unescapeBytes undoes the escapes of a JSON string in place, each of which is longer than what it stands for.
// What is beyond ASCII is in no base64 and becomes a byte that is not either.
func unescapeBytes(text []byte) []byte {
	const single = "bfnrt"
	out := text[:0]
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return append(out, text...)
		}
		out = append(out, text[:i]...)
		c := text[i+1]
		text = text[i+2:]
		switch at := bytes.IndexByte([]byte(single), c); {
		case c == 'u':
			n, err := strconv.ParseUint(string(text[:4]), 16, 16)
			if err != nil || n >= utf8.RuneSelf {
				n = 0xff
			}
			out, text = append(out, byte(n)), text[4:]
		case at >= 0:
			out = append(out, "\b\f\n\r\t"[at])
		default: // the quote, the slash and the backslash stand for themselves
			out = append(out, c)
		}
	}
}
