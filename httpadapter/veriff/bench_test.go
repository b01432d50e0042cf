package veriff_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/session"
)

// BenchmarkReadUpload compares the reading of a large upload in place with encoding/json and a decoder of
// base64, which copy.
func BenchmarkReadUpload(b *testing.B) {
	text := []byte(uploadBody("face", padded(pngBytes, 8<<20)))
	body := make([]byte, len(text))
	run := func(name string, read func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				copy(body, text)
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("in-place", func() error { _, err := veriff.ReadUpload(body); return err })
	run("encoding-json", func() error {
		var upload struct {
			Image struct{ Context, Content string }
		}
		if err := json.NewDecoder(bytes.NewReader(body)).Decode(&upload); err != nil {
			return err
		}
		_, err := base64.StdEncoding.DecodeString(upload.Image.Content)
		return err
	})
}

// BenchmarkCreate is a creation without a socket, beside the engine's verb alone.
func BenchmarkCreate(b *testing.B) {
	h := newHouse(b, setup{policy: func(p *session.Policy) { p.Create = session.Unlimited() }})
	b.Run("http", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got := h.quick(call{method: "POST", path: "/v1/sessions", body: everything}); got.status != http.StatusCreated {
				b.Fatal(got.body)
			}
		}
	})
	b.Run("engine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.engine.Create(b.Context(), session.Facts{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
