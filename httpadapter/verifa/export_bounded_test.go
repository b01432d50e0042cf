package verifa_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// lead is how far reading runs ahead of writing: what is read and not written yet is what is in memory.
type lead struct{ taken, given, most int }

func (l *lead) take(n int) {
	l.taken += n
	l.most = max(l.most, l.taken-l.given)
}

// sink is where an answer goes: it is not kept, but what is looked for in it is counted.
type sink struct {
	lead   *lead
	mark   string // that stands in the answer once for each thing that is taken; empty: bytes are counted
	header http.Header
	status int
	bytes  int
	begins string // of the answer
	rest   []byte // of what was written last, in which a mark may have begun
}

func (s *sink) Header() http.Header    { return s.header }
func (s *sink) WriteHeader(status int) { s.status = status }

func (s *sink) Write(p []byte) (int, error) {
	s.bytes += len(p)
	if len(s.begins) < 200 {
		s.begins += string(p[:min(len(p), 200)])
	}
	if s.mark == "" {
		s.lead.given += len(p)
		return len(p), nil
	}
	text := append(s.rest, p...)
	s.lead.given += bytes.Count(text, []byte(s.mark))
	s.rest = bytes.Clone(text[len(text)-min(len(text), len(s.mark)-1):])
	return len(p), nil
}

// stream asks for something, and sees how far reading runs ahead of its answer meanwhile.
func (h *house) stream(path, key string, l *lead, mark string) *sink {
	h.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if key != "" {
		r.Header.Set("X-API-Key", key)
	}
	s := &sink{lead: l, mark: mark, header: http.Header{}}
	*l = lead{}
	h.server.Config.Handler.ServeHTTP(s, r)
	if s.status != http.StatusOK {
		h.Fatalf("%s: got %d %s", path, s.status, s.begins)
	}
	return s
}

// toldStore is one in which a session was told of so many times more than it was: those are made as they are asked for.
type toldStore struct {
	session.Store
	n    int
	lead lead
}

func (s *toldStore) Deliveries(_ context.Context, q session.DeliveryQuery) (page []session.Delivery, err error) {
	newest := s.n // they are numbered from 1
	if q.After != uuid.Nil {
		newest = int(binary.BigEndian.Uint64(q.After[8:])) - 1
	}
	for i := newest; i > 0 && len(page) < q.N; i-- {
		d := session.Delivery{
			Tenant: q.Tenant, Session: q.Session, State: session.DeliveryDone, Tries: 1,
			Body: fmt.Appendf(nil, `{"event":"session.approved","padding":"%0500d"}`, i),
		}
		binary.BigEndian.PutUint64(d.ID[8:], uint64(i))
		page = append(page, d)
	}
	s.lead.take(len(page))
	return page, nil
}

// TestAnExportIsBoundedInMemory: of webhooks there is no more in it at once than a page and what the buffer of the answer
// holds, however many there are; and no file at all is read.
func TestAnExportIsBoundedInMemory(t *testing.T) {
	t.Parallel()
	const webhook = `{"event":"session.approved","url":"","status":"delivered","attempts":1}`
	const most = 100 + 32<<10/len(webhook) + 1
	store, blobs := &toldStore{Store: memstore.New()}, &leadingBlobs{Blobs: media.NewMemoryBlobs()}
	h := newHouse(t, setup{store: store, engine: func(c *session.Config) { c.Blobs = blobs }})
	id := h.create(liveKey, everything)
	for range 3 {
		h.upload(liveKey, id, "id_front").want(201)
	}
	blobs.opened = 0
	for _, store.n = range []int{1, 99, 100, 101, 1_000, 50_000} {
		s := h.stream("/api/v1/sessions/"+id+"/export", liveKey, &store.lead, webhook)
		if l := store.lead; l.given != store.n || l.most > most {
			t.Errorf("%d webhooks: got %d, and %d of them at once, want at most %d", store.n, l.given, l.most, most)
		}
		if s.bytes < store.n*len(webhook) {
			t.Errorf("%d webhooks: got %d bytes", store.n, s.bytes)
		}
	}
	if blobs.opened != 0 {
		t.Errorf("%d files were read for an export", blobs.opened)
	}
}

// crowded counts the sessions that are opened, and knows the longest page.
type crowded struct {
	session.Store
	lead    lead
	longest int
}

func (s *crowded) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	if parts&session.PartMedia != 0 {
		s.lead.take(1)
	}
	return s.Store.Load(ctx, ref, parts)
}

func (s *crowded) Query(ctx context.Context, q session.Query) ([]session.Session, error) {
	page, err := s.Store.Query(ctx, q)
	s.longest = max(s.longest, len(page))
	return page, err
}

// TestAnIdentitysExportIsBoundedInMemory: of the sessions of a person there are no more open at once than the buffer of
// the answer holds, however many there are.
func TestAnIdentitysExportIsBoundedInMemory(t *testing.T) {
	t.Parallel()
	store := &crowded{Store: memstore.New()}
	h := newHouse(t, setup{store: store})
	h.simulate(h.create(sandboxKey, `{"external_ref":"user_17"}`), "approve")
	const mark = `"webhook_deliveries":[`
	made := 1
	var smallest int
	for _, n := range []int{10, 100, 250} {
		for ; made < n; made++ {
			h.create(sandboxKey, `{"external_ref":"user_17"}`)
		}
		store.longest = 0
		s := h.stream(identities+"user_17/export", sandboxKey, &store.lead, mark)
		if smallest == 0 {
			smallest = s.bytes / n
		}
		most := 32<<10/(smallest/2) + 3 // and whose name is looked up
		if l := store.lead; l.given != n || l.most > most || n > 100 && l.most >= n/2 {
			t.Errorf("%d sessions: got %d, and %d of them at once, want at most %d", n, l.given, l.most, most)
		}
		if store.longest > 101 {
			t.Errorf("%d sessions: got a page of %d rows", n, store.longest)
		}
	}
}

// leadingBlobs count what is read of them.
type leadingBlobs struct {
	media.Blobs
	lead   lead
	opened int
}

func (b *leadingBlobs) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	b.opened++
	from, err := b.Blobs.Open(ctx, name)
	return leadingReader{from, &b.lead}, err
}

type leadingReader struct {
	io.ReadCloser
	lead *lead
}

func (r leadingReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.lead.take(n)
	return n, err
}

// zeros is a file without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestADownloadIsBoundedInMemory: of a file there is never more than a few chunks in memory, whatever its size.
func TestADownloadIsBoundedInMemory(t *testing.T) {
	t.Parallel()
	const most = 256 << 10
	blobs := &leadingBlobs{Blobs: media.NewMemoryBlobs()}
	h := newHouse(t, setup{engine: func(c *session.Config) { c.Blobs, c.MediaLimits.Image = blobs, 64<<20 }})
	for _, size := range []int{len(picture), 64 << 10, 1 << 20, 30 << 20} {
		id := h.create(liveKey, nil)
		content := io.MultiReader(strings.NewReader(picture), io.LimitReader(zeros{}, int64(size-len(picture))))
		_ = must(h.engine.Upload(t.Context(), sessionID(id), session.Upload{Context: media.DocumentFront, Content: content}))
		for _, of := range []string{"/documents data.0.url", "/export documents.0.download_url"} {
			at, member, _ := strings.Cut(of, " ")
			link := strings.TrimPrefix(h.do("GET", "/api/v1/sessions/"+id+at, liveKey, nil).want(200).text(member), "https://api.example")
			s := h.stream(link, noKey, &blobs.lead, "")
			if s.bytes != size || blobs.lead.most > most || blobs.lead.taken < size {
				t.Errorf("%d bytes by %s: got %d, and %d of them at once, want at most %d", size, at, s.bytes, blobs.lead.most, most)
			}
		}
	}
}
