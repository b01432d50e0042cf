package veriff_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// countedBlobs counts the blobs that there are, and those that are being written.
type countedBlobs struct {
	media.Blobs
	begun, writing, most, kept atomic.Int32
	onWrite                    func()
}

func newCountedBlobs() *countedBlobs { return &countedBlobs{Blobs: media.NewMemoryBlobs()} }

func (b *countedBlobs) Create(ctx context.Context, name string) (media.BlobWriter, error) {
	w, err := b.Blobs.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	b.begun.Add(1)
	for now := b.writing.Add(1); ; {
		if most := b.most.Load(); now <= most || b.most.CompareAndSwap(most, now) {
			return &countedWriter{BlobWriter: w, blobs: b}, nil
		}
	}
}

func (b *countedBlobs) Remove(ctx context.Context, names ...string) error {
	b.kept.Add(-int32(len(names)))
	return b.Blobs.Remove(ctx, names...)
}

type countedWriter struct {
	media.BlobWriter
	blobs *countedBlobs
	end   sync.Once
}

func (w *countedWriter) Write(p []byte) (int, error) {
	if w.blobs.onWrite != nil {
		w.blobs.onWrite()
	}
	return w.BlobWriter.Write(p)
}

func (w *countedWriter) Commit() error {
	w.end.Do(func() { w.blobs.writing.Add(-1); w.blobs.kept.Add(1) })
	return w.BlobWriter.Commit()
}

func (w *countedWriter) Abort() error {
	w.end.Do(func() { w.blobs.writing.Add(-1) })
	return w.BlobWriter.Abort()
}

// nothingOf fails when anything is left of uploads.
func (b *countedBlobs) nothingOf(t *testing.T, upload string) {
	t.Helper()
	if kept, writing := b.kept.Load(), b.writing.Load(); kept != 0 || writing != 0 {
		t.Errorf("%s: got %d blobs, and %d that are being written, want none", upload, kept, writing)
	}
}

// half does something when half of a body has been read.
type half struct {
	text string
	at   int
	do   func() error
}

func (r *half) Read(p []byte) (int, error) {
	if r.at >= len(r.text)/2 && r.do != nil {
		do := r.do
		r.do = nil
		if err := do(); err != nil {
			return 0, err
		}
	}
	if r.at == len(r.text) {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 10_000)], r.text[r.at:])
	r.at += n
	return n, nil
}

// halfway is an upload during which something is done.
func (h *house) halfway(id, body, signature string, do func() error) result {
	h.Helper()
	r := httptest.NewRequest("POST", "/v1/sessions/"+id+"/media", &half{text: body, do: do})
	r.ContentLength = int64(len(body))
	r.Header.Set("X-Auth-Client", ours.APIKey.String())
	r.Header.Set("X-Hmac-Signature", signature)
	return h.serve(h.handler, r, body)
}

// TestNothingRemains of an upload that fails, whenever and why ever it does: no blob, no row, no event, and no
// place taken.
func TestNothingRemains(t *testing.T) {
	t.Parallel()
	body := uploadBody("face", padded(pngBytes, 300_000))
	right := sign(body)
	instead := func(part, by string) string { return strings.Replace(body, part, by, 1) }
	gone := func(*house, string) error { return io.ErrUnexpectedEOF }
	rows := []struct {
		name, body, signature string
		do                    func(h *house, id string) error
		want                  string
	}{
		{"another signature", body, sign("x"), nil, "401 1812"},
		{"another byte at the end", instead(`"}}`, `"}} `), right, nil, "401 1812"},
		{"another signature, and no base64", instead(`"}}`, `!"}}`), right, nil, "401 1812"},
		{"another signature, and no JSON", instead(`"}}`, `"}`), right, nil, "401 1812"},
		{"base64 that breaks off", instead(`AA"}}`, `A"}}`), "", nil, wantNotBase64},
		{"JSON that breaks off", instead(`"}}`, `"}`), "", nil, wantMalformed},
		{"a string that breaks off", instead(`"}}`, ``), "", nil, wantMalformed},
		{"context twice, at the end", instead(`"}}`, `","context":"face"}}`), "", nil, wantMalformed},
		{"image twice, at the end", instead(`"}}`, `"},"image":{}}`), "", nil, wantMalformed},
		{"no context", instead(`"context":"face",`, ``), "", nil, wantNoContext},
		{"no format", instead("iVBOR", "AAAAA"), "", nil, wantNoData},
		{"the client goes", body, right, gone, wantMalformed},
		{"the client cancels", body, right, func(*house, string) error { return context.Canceled }, "500 1101"},
		{"the session is submitted", body, right, func(h *house, id string) error { h.submit(id); return nil }, "409 1101"},
		{"the session expires", body, right, func(h *house, _ string) error { h.clock.Add(8 * 24 * time.Hour); return nil }, "409 1101"},
		{"the session is deleted", body, right, func(h *house, id string) error {
			h.clock.Add(time.Hour)
			_, err := h.engine.Delete(context.Background(), uuid.MustParse(id))
			h.settle()
			return err
		}, "404 1101"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			blobs := newCountedBlobs()
			h := newHouse(t, setup{blobs: blobs, config: veriff.Config{MaxUploads: 1}})
			id := h.create(minimal).ID
			before := h.snapshot(id)
			var do func() error
			if row.do != nil {
				do = func() error { return row.do(h, id) }
			}
			got := h.halfway(id, row.body, or(row.signature, sign(row.body)), do)
			if !matches(got, row.want) {
				t.Errorf("got %d %s, want %s", got.status, got.body, row.want)
			}
			blobs.nothingOf(t, row.name)
			if row.do == nil || row.want == wantMalformed || row.want == "500 1101" {
				h.unchanged(id, before)
				h.upload(id, "face", pngBytes) // there is room again
			}
		})
	}
}

// unchanged fails when a session is not what it was.
func (h *house) unchanged(id string, before *session.Snapshot) {
	h.Helper()
	after := h.snapshot(id)
	if len(after.Media) != 0 || after.Version != before.Version || !after.UpdatedAt.Equal(before.UpdatedAt) {
		h.Errorf("got version %d with %d media, want version %d without", after.Version, len(after.Media), before.Version)
	}
	if told := h.webhooks(); len(told) != 0 {
		h.Errorf("got webhooks %q, want none", told)
	}
}

// TestUploadPanics: a panic leaves no more than a failure does.
func TestUploadPanics(t *testing.T) {
	t.Parallel()
	blobs := newCountedBlobs()
	h := newHouse(t, setup{blobs: blobs, config: veriff.Config{MaxUploads: 1}})
	id := h.create(minimal).ID
	blobs.onWrite = func() { panic("the disk") }
	h.want(h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: uploadBody("face", pngBytes)}), 500, "1101")
	blobs.nothingOf(t, "a panic")
	blobs.onWrite = nil
	h.upload(id, "face", pngBytes)
}

// TestManyUploads: a hundred at once all arrive, and never more than there is room for are at work.
func TestManyUploads(t *testing.T) {
	t.Parallel()
	blobs := newCountedBlobs()
	h := newHouse(t, setup{blobs: blobs})
	id := h.create(minimal).ID
	body := uploadBody("face", padded(pngBytes, 100_000))
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if got := h.piecemeal(id, body, 1000); got.status != http.StatusOK {
				t.Errorf("got %d %s, want 200", got.status, got.body)
			}
		})
	}
	all.Wait()
	if n, most := len(h.snapshot(id).Media), blobs.most.Load(); n != 100 || most > 16 {
		t.Errorf("got %d media, and %d at once, want 100, and 16 at most", n, most)
	}
}

// TestNoRoom: who waits too long for room is told to come again, and nothing of the body is read.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{config: veriff.Config{MaxUploads: 1, UploadWait: time.Millisecond}})
	id := h.create(minimal).ID
	body := uploadBody("face", pngBytes)
	got := h.halfway(id, body, sign(body), func() error {
		other := &half{text: body}
		r := httptest.NewRequest("POST", "/v1/sessions/"+id+"/media", other)
		r.Header.Set("X-Auth-Client", ours.APIKey.String())
		r.Header.Set("X-Hmac-Signature", sign(body))
		got := h.serve(h.handler, r, body)
		if again := got.header.Get("Retry-After"); got.status != http.StatusServiceUnavailable || again == "" || other.at != 0 {
			t.Errorf("got %d, Retry-After %q and %d bytes read, want 503, a time and none", got.status, again, other.at)
		}
		return nil
	})
	h.want(got, 200, "")
}

// TestSameBytesTwice: equal media are two, and another tenant learns nothing of the first.
func TestSameBytesTwice(t *testing.T) {
	t.Parallel()
	blobs := newCountedBlobs()
	h := newHouse(t, setup{blobs: blobs})
	id := h.create(minimal).ID
	if one, other := h.upload(id, "face", pngBytes), h.upload(id, "face", pngBytes); one == other {
		t.Errorf("got %s twice, want two media", one)
	}
	foreign := h.do(call{method: "POST", path: "/v1/sessions", body: minimal, by: theirs})
	got := h.do(call{method: "POST", path: "/v1/sessions/" + verificationOf(h, foreign).ID + "/media", body: uploadBody("face", pngBytes), by: theirs})
	if h.want(got, 200, ""); blobs.kept.Load() != 3 {
		t.Errorf("got %d blobs, want 3", blobs.kept.Load())
	}
}

// TestUploadOfWhatIsNotThere: a signature is looked at before whether there is such a session, and nothing is
// stored of what has none.
func TestUploadOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	blobs := newCountedBlobs()
	h := newHouse(t, setup{blobs: blobs})
	done := h.create(minimal).ID
	h.submit(done)
	body := uploadBody("face", padded(pngBytes, 300_000))
	for _, row := range []struct{ name, id, want string }{
		{"no id", "me", "404 1101"},
		{"no session", uuid.NewString(), "404 1101"},
		{"submitted", done, "409 1101"},
	} {
		for _, body := range []string{body, "{", `{"image":{"context":"x","content":"!"}}`} {
			if got := h.piecemeal(row.id, body, 5000); !matches(got, row.want) {
				t.Errorf("%s, %.20s: got %d %s, want %s", row.name, body, got.status, got.body, row.want)
			}
			if got := h.halfway(row.id, body, sign("x"), nil); !matches(got, "401 1812") {
				t.Errorf("%s, %.20s, another signature: got %d %s, want 401", row.name, body, got.status, got.body)
			}
		}
	}
	if n := blobs.begun.Load(); n != 0 {
		t.Errorf("got %d blobs begun, want none", n)
	}
}
