package veriff_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
)

// nowhere is a place for blobs that keeps none.
type nowhere struct{ media.Blobs }

func (nowhere) Create(context.Context, string) (media.BlobWriter, error) { return emptyWriter{}, nil }

type emptyWriter struct{}

func (emptyWriter) Write(p []byte) (int, error) { return len(p), nil }
func (emptyWriter) Commit() error               { return nil }
func (emptyWriter) Abort() error                { return nil }

// uploadSizes are of bodies, in MB.
var uploadSizes = []int{1, 8, 24}

// bodyOfSize is the body of an upload of so many MB, and the text of its content.
func bodyOfSize(mb int) (body, text string) {
	content := padded(pdfBytes, mb<<20/4*3-128)
	for i := len(pdfBytes); i < len(content); i++ {
		content[i] = byte(i * i >> 7)
	}
	return uploadBody("address-front", content), encoded(content)
}

// BenchmarkUpload reports how many times as long an upload takes as its parts, measured in turn with it: the
// HMAC, base64 and SHA-256; and, to a sealed file, AES-GCM and the writing, too.
func BenchmarkUpload(b *testing.B) {
	for _, mb := range uploadSizes {
		body, text := bodyOfSize(mb)
		b.Run(fmt.Sprintf("nowhere/%dMB", mb), func(b *testing.B) {
			signature := string(theirs.Signer().Sign(nil, []byte(body)))
			against(b, len(body), func() {
				sum := sha256.New()
				if _, err := veriff.StreamUpload(readerOnly{strings.NewReader(body)}, theirs, signature, sum); err != nil {
					b.Fatal(err)
				}
			}, func() { parts(body, text, io.Discard) })
		})
	}
	for _, mb := range uploadSizes {
		body, text := bodyOfSize(mb)
		b.Run(fmt.Sprintf("sealed file/%dMB", mb), func(b *testing.B) {
			blobs := must(fileblobs.Open(b.TempDir()))
			defer blobs.Close()
			h := newHouse(b, setup{blobs: blobs, policy: func(p *session.Policy) { p.Create = session.Unlimited() }})
			n := uint64(0)
			against(b, len(body), h.uploading(body), func() {
				n++
				blob := must(blobs.Create(context.Background(), media.Name(morning, [16]byte{byte(n), byte(n >> 8), byte(n >> 16)})))
				parts(body, text, &sealer{to: blob, aead: aeadOf(b)})
				if err := blob.Commit(); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// uploading is an upload of a body to a new session of theirs, without a socket.
func (h *house) uploading(body string) func() {
	signature := string(theirs.Signer().Sign(nil, []byte(body)))
	created := h.quick(call{method: "POST", path: "/v1/sessions", body: minimal, by: theirs})
	path := "/v1/sessions/" + verificationOf(h, created).ID + "/media"
	return func() {
		r := httptest.NewRequest("POST", path, readerOnly{strings.NewReader(body)})
		r.ContentLength = int64(len(body))
		r.Header.Set("X-Auth-Client", theirs.APIKey.String())
		r.Header.Set("X-Hmac-Signature", signature)
		w := httptest.NewRecorder()
		if h.handler.ServeHTTP(w, r); w.Code != http.StatusOK {
			h.Fatal(w.Body)
		}
	}
}

// against runs ours and theirs in turn, so that both meet the same machine, and compares the best time of each:
// what other processes take is in neither.
func against(b *testing.B, size int, ours, theirs func()) {
	b.ReportAllocs()
	b.SetBytes(int64(size))
	one, other := time.Hour, time.Hour
	for b.Loop() {
		one = min(one, timed(ours))
		b.StopTimer()
		other = min(other, timed(theirs))
		b.StartTimer()
	}
	b.ReportMetric(float64(one)/float64(other), "ratio")
}

func timed(work func()) time.Duration {
	begun := time.Now()
	work()
	return time.Since(begun)
}

// parts does by itself each thing that must be done with an upload.
func parts(body, text string, to io.Writer) {
	chunk, decoded := make([]byte, 64<<10), make([]byte, 48<<10)
	mac := hmac.New(sha256.New, []byte("secret of theirs"))
	for from := strings.NewReader(body); from.Len() > 0; {
		n, _ := from.Read(chunk)
		mac.Write(chunk[:n])
	}
	mac.Sum(nil)
	sum := sha256.New()
	for from := strings.NewReader(text); from.Len() > 0; {
		n, _ := from.Read(chunk)
		k := must(base64.StdEncoding.Decode(decoded, chunk[:n]))
		sum.Write(decoded[:k])
		_, _ = to.Write(decoded[:k])
	}
	sum.Sum(nil)
}

// sealer seals pieces of 64 KiB.
type sealer struct {
	to   io.Writer
	aead cipher.AEAD
	out  []byte
}

func (s *sealer) Write(p []byte) (int, error) {
	s.out = s.aead.Seal(s.out[:0], make([]byte, s.aead.NonceSize()), p, nil)
	return s.to.Write(s.out)
}

func aeadOf(b *testing.B) cipher.AEAD {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	return must(cipher.NewGCM(block))
}

// TestUploadMemory: an upload takes 1 MiB at most, whatever its size.
func TestUploadMemory(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates, too")
	}
	h := newHouse(t, setup{blobs: nowhere{media.NewMemoryBlobs()}})
	for _, mb := range uploadSizes {
		body, _ := bodyOfSize(mb)
		upload := h.uploading(body)
		upload()
		const runs = 4
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			upload()
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > 1<<20 {
			t.Errorf("%d MB: got %d bytes allocated, want 1 MiB at most", mb, got)
		} else {
			t.Logf("%d MB: %d bytes allocated", mb, got)
		}
	}
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
