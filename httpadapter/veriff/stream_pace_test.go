package veriff_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
)

// paced gives 16 KiB of a body at a time, each after a while, and one of them after a longer one.
type paced struct {
	text    string
	at      int
	each    time.Duration
	longer  time.Duration
	longest int // the place of that one
}

func (r *paced) Read(p []byte) (int, error) {
	const piece = 16 << 10
	wait := r.each
	if r.at/piece == r.longest {
		wait = r.longer
	}
	time.Sleep(wait) // by the bubble's clock
	n := copy(p[:min(len(p), piece-r.at%piece)], r.text[r.at:])
	r.at += n
	return n, nil
}

// sendPaced is an upload to a handler that cannot set deadlines.
func (h *house) sendPaced(handler http.Handler, id, body string, content *paced) result {
	h.Helper()
	content.text = body
	r := httptest.NewRequest("POST", "/v1/sessions/"+id+"/media", content)
	r.ContentLength = int64(len(body))
	r.Header.Set("X-Auth-Client", ours.APIKey.String())
	r.Header.Set("X-Hmac-Signature", sign(body))
	return h.serve(handler, r, body)
}

// TestPace: a sender must come to 32 KiB a second, may fall ten seconds behind, and saves up nothing by being fast.
func TestPace(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	body := uploadBody("face", padded(pngBytes, 3<<20)) // two minutes and eight seconds at that rate
	const second, half = time.Second, time.Second / 2
	rows := []struct {
		name    string
		content paced
		want    string
	}{
		{"fast", paced{}, ""},
		{"just in time", paced{each: half, longer: half}, ""},
		{"a little slower", paced{each: half + 30*time.Millisecond, longer: half}, ""},
		{"slower", paced{each: half + 50*time.Millisecond, longer: half}, "408 1101"},
		{"hardly anything", paced{each: 9 * second, longer: 9 * second}, "408 1101"},
		{"nine seconds of silence", paced{longer: 9 * second, longest: 200}, ""},
		{"twenty seconds of silence, late and after a fast beginning", paced{longer: 20 * second, longest: 200}, "408 1101"},
		{"twenty seconds of silence at the beginning", paced{longer: 20 * second, longest: 0}, "408 1101"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			id := h.create(minimal).ID
			synctest.Test(t, func(t *testing.T) {
				if got := h.sendPaced(h.handler, id, body, &row.content); !matches(got, row.want) {
					t.Errorf("got %d %s, want %s", got.status, got.body, or(row.want, "200"))
				}
			})
		})
	}
}

// TestRoom: who finds no room waits for thirty seconds.
func TestRoom(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	body := uploadBody("face", padded(pngBytes, 32<<10))
	for _, row := range []struct {
		name  string
		taken time.Duration
		want  string
	}{{"room in time", 29 * time.Second, ""}, {"too late", 31 * time.Second, "503 1101"}} {
		t.Run(row.name, func(t *testing.T) {
			id := h.create(minimal).ID
			synctest.Test(t, func(t *testing.T) {
				handler := must(veriff.New(h.engine, h.ring, veriff.Config{MaxUploads: 1, UploadPatience: time.Minute}))
				var first, second result
				go func() { first = h.sendPaced(handler, id, body, &paced{longer: row.taken}) }()
				synctest.Wait()
				second = h.sendPaced(handler, id, body, &paced{})
				time.Sleep(time.Minute)
				synctest.Wait()
				if !matches(first, "") || !matches(second, row.want) {
					t.Errorf("got %d %s and then %d %s, want 200 and %s",
						first.status, first.body, second.status, second.body, or(row.want, "200"))
				}
			})
		})
	}
}

// TestPatienceIsTheHosts: it can be more than is usual.
func TestPatienceIsTheHosts(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{config: veriff.Config{UploadPatience: time.Hour}})
	id := h.create(minimal).ID
	body := uploadBody("face", padded(pngBytes, 64<<10))
	synctest.Test(t, func(t *testing.T) {
		if got := h.sendPaced(h.handler, id, body, &paced{longer: 59 * time.Minute}); !matches(got, "") || strings.Contains(got.body, "fail") {
			t.Errorf("got %d %s, want 200", got.status, got.body)
		}
	})
}

// TestUploadsWait: no more uploads run than there is room for, and who goes while it waits has read nothing.
func TestUploadsWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{config: veriff.Config{MaxUploads: 1}})
	id := h.create(minimal).ID
	body := uploadBody("face", pngBytes)
	request := func(ctx context.Context, content io.Reader, by *auth.Secret) *http.Request {
		r := httptest.NewRequestWithContext(ctx, "POST", "/v1/sessions/"+id+"/media", content)
		r.ContentLength = int64(len(body))
		r.Header.Set("X-Auth-Client", ours.APIKey.String())
		r.Header.Set("X-Hmac-Signature", string(by.Sign(nil, []byte(body))))
		return r
	}
	reading, more := io.Pipe()
	var slow result
	var first sync.WaitGroup
	first.Go(func() { slow = h.serve(h.handler, request(t.Context(), reading, ours.Secrets[0]), body) })
	_, _ = more.Write([]byte(body[:10])) // it holds the only room now

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	untouched := strings.NewReader(body)
	waited := h.serve(h.handler, request(ctx, untouched, ours.Secrets[0]), body)
	if waited.status != http.StatusInternalServerError || untouched.Len() != len(body) {
		t.Errorf("without room: got %d with %d bytes unread, want 500 with %d", waited.status, untouched.Len(), len(body))
	}
	if log := h.log.String(); log != "" {
		t.Errorf("a client that went was logged: %s", log)
	}
	go func() { _, _ = more.Write([]byte(body[10:])); _ = more.Close() }()
	first.Wait()
	if slow.status != http.StatusOK {
		t.Errorf("with room: got %d %s, want 200", slow.status, slow.body)
	}
	// Refusals give the room back too.
	for range 3 {
		h.want(h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: body, signed: "x"}), 401, "1812")
		h.want(h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: "{"}), 400, "1101")
	}
	h.upload(id, "face", pngBytes)
}

// TestUploadAborted: of an upload whose client goes half-way nothing remains.
func TestUploadAborted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	body := uploadBody("face", pngBytes)
	r := httptest.NewRequest("POST", "/v1/sessions/"+id+"/media", readerOnly{strings.NewReader(body[:20])})
	r.ContentLength = int64(len(body))
	r.Header.Set("X-Auth-Client", ours.APIKey.String())
	r.Header.Set("X-Hmac-Signature", sign(body))
	got := h.serve(h.handler, r, body)
	if got.status != http.StatusBadRequest || len(h.snapshot(id).Media) != 0 {
		t.Errorf("got %d and %d media, want 400 and none", got.status, len(h.snapshot(id).Media))
	}
}
