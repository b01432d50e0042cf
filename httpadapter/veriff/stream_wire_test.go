package veriff_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
)

// wire is a client that writes and reads by itself.
type wire struct {
	net.Conn
	t     *testing.T
	check func(got result)
}

// dial begins an upload of a body that is announced by a field of the head.
func (h *house) dial(t *testing.T, id, announced string) wire {
	t.Helper()
	conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	r := httptest.NewRequest("POST", "/v1/sessions/"+id+"/media", nil)
	w := wire{conn, t, func(got result) { t.Helper(); h.checkContract(r, nil, got) }}
	w.write(fmt.Sprintf("POST /v1/sessions/%s/media HTTP/1.1\r\nHost: x\r\nX-Auth-Client: %s\r\nX-Hmac-Signature: %s\r\n%s\r\n\r\n",
		id, ours.APIKey, sign("x"), announced))
	return w
}

func (w wire) write(text string) {
	w.t.Helper()
	if _, err := io.WriteString(w.Conn, text); err != nil {
		w.t.Fatalf("the answer would not have been read: %v", err)
	}
}

// answer is what comes back.
func (w wire) answer() result {
	w.t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(w.Conn), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	got := result{res.StatusCode, res.Header, string(body)}
	w.check(got)
	return got
}

// TestTooLargeIsAnswered: over TCP, whether the client looks for an answer before it has sent all or only then.
func TestTooLargeIsAnswered(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	chunk := fmt.Sprintf("%x\r\n%s\r\n", mib, strings.Repeat("A", mib))
	declared := fmt.Sprintf("Content-Length: %d", 40*mib)
	rows := []struct {
		name, announced, piece string
		pieces                 int
	}{
		{"declared, and nothing sent", declared, "", 0},
		{"declared, and not wanted yet", declared + "\r\nExpect: 100-continue", "", 0},
		{"declared, and all sent", declared, strings.Repeat("A", mib), 40},
		{"declared beyond all numbers", "Content-Length: 9223372036854775807", strings.Repeat("A", mib), 40},
		{"in chunks, as far as it must be read", "Transfer-Encoding: chunked", chunk, 32},
		{"in chunks, and all sent", "Transfer-Encoding: chunked", chunk, 60},
	}
	for _, row := range rows {
		w := h.dial(t, id, row.announced)
		for range row.pieces {
			w.write(row.piece)
		}
		if got := w.answer(); !matches(got, wantTooLarge) {
			t.Errorf("%s: got %d %s, want %s", row.name, got.status, got.body, wantTooLarge)
		}
		_ = w.Close()
	}
}

// TestRefusalOfTheHeadIsAnswered: also what is wrong with the signature is read by a client that sends all first,
// and by one that waits with a body which net/http would read by itself.
func TestRefusalOfTheHeadIsAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	for _, row := range []struct{ length, pieces int }{{31_000_000, 31}, {31_000_000, 0}, {1000, 0}} {
		w := h.dial(t, id, fmt.Sprintf("X-Hmac-Signature: twice\r\nContent-Length: %d", row.length))
		for range row.pieces {
			w.write(strings.Repeat("A", 1_000_000))
		}
		if got := w.answer(); !matches(got, "401 1812") {
			t.Errorf("%d bytes: got %d %s, want 401", row.length, got.status, got.body)
		}
		_ = w.Close()
	}
}

// TestSlowSender: who stops sending is cut off, and told so.
func TestSlowSender(t *testing.T) {
	t.Parallel()
	rows := []struct{ name, announced, sent string }{
		{"nothing", "Content-Length: 100000", ""},
		{"nothing, in chunks", "Transfer-Encoding: chunked", ""},
		{"the beginning", "Content-Length: 100000", `{"image":{"context":"face","content":"`},
		{"the beginning, in chunks", "Transfer-Encoding: chunked", "5\r\n{\"ima\r\n"},
		{"half of a picture", "Content-Length: 100000", uploadBody("face", padded(pngBytes, 100_000))[:90_000]},
		{"more than net/http passes over by itself", "Content-Length: 1000000", "{"},
	}
	for _, row := range rows {
		blobs := newCountedBlobs()
		h := newHouse(t, setup{blobs: blobs, config: veriff.Config{UploadPatience: time.Millisecond, MaxUploads: 1}})
		w := h.dial(t, h.create(minimal).ID, row.announced)
		w.write(row.sent)
		if got := w.answer(); !matches(got, "408 1101") {
			t.Errorf("%s: got %d %s, want 408", row.name, got.status, got.body)
		}
		h.server.Close() // and so waits for the handler
		blobs.nothingOf(t, row.name)
	}
}

// TestClientGone: of an upload whose connection breaks nothing remains.
func TestClientGone(t *testing.T) {
	t.Parallel()
	blobs := newCountedBlobs()
	h := newHouse(t, setup{blobs: blobs})
	id := h.create(minimal).ID
	body := uploadBody("face", padded(pngBytes, 300_000))
	for _, announced := range []string{fmt.Sprintf("Content-Length: %d", len(body)), "Transfer-Encoding: chunked"} {
		w := h.dial(t, id, announced)
		if strings.HasPrefix(announced, "T") {
			w.write(fmt.Sprintf("%x\r\n", len(body)))
		}
		w.write(body[:200_000])
		_ = w.Close()
	}
	h.server.Close()
	blobs.nothingOf(t, "an upload whose client has gone")
	if n := len(h.snapshot(id).Media); n != 0 {
		t.Errorf("got %d media, want none", n)
	}
}

// TestLimitOfTheHost: what the host has set around the handler is a limit like any other.
func TestLimitOfTheHost(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	h.handler = http.MaxBytesHandler(h.handler, 1000)
	if got := h.piecemeal(id, uploadBody("face", padded(pngBytes, 2000)), 100); !matches(got, wantTooLarge) {
		t.Errorf("got %d %s, want %s", got.status, got.body, wantTooLarge)
	}
}

// deadlines remembers what deadlines were set for reading.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

// TestDeadlines: while an upload is read there is one, which a sender cannot put off for ever; the next request
// on the connection has none of it.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{config: veriff.Config{UploadPatience: time.Hour}})
	id := h.create(minimal).ID
	body := uploadBody("face", padded(pngBytes, 300_000))
	r := httptest.NewRequest("POST", "/v1/sessions/"+id+"/media", &inPieces{text: strings.NewReader(body), sizes: []int{10_000}})
	r.ContentLength = int64(len(body))
	r.Header.Set("X-Auth-Client", ours.APIKey.String())
	r.Header.Set("X-Hmac-Signature", sign(body))
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	begun := time.Now()
	h.handler.ServeHTTP(w, r)
	h.checkContract(r, []byte(body), result{w.Code, w.Result().Header, w.Body.String()})
	if w.Code != http.StatusOK || len(w.set) < 10 {
		t.Fatalf("got %d with %d deadlines, want 200 with one for each piece", w.Code, len(w.set))
	}
	last := len(w.set) - 1
	for _, at := range w.set[:last] {
		if latest := time.Now().Add(time.Hour); at.Before(begun) || at.After(latest) {
			t.Errorf("got a deadline at %s, want it between %s and %s", at, begun, latest)
		}
	}
	if !w.set[last].IsZero() {
		t.Errorf("got %s at last, want no deadline", w.set[last])
	}
}

// TestConnectionGoesOn: an upload that was read, refused or not, leaves the connection to the next request.
func TestConnectionGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for _, row := range []struct{ body, want string }{
		{uploadBody("face", pngBytes), ""}, {"{", wantMalformed}, {uploadBody("selfie", pngBytes), wantNoContext}, {uploadBody("face", jpegBytes), ""},
	} {
		r := h.request(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: row.body})
		if err := r.Write(conn); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(answers, r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		got := result{res.StatusCode, res.Header, string(bytes.TrimSpace(body))}
		h.checkContract(r, []byte(row.body), got)
		if !matches(got, row.want) || res.Close {
			t.Errorf("%.60s: got %d %s, closing %t", row.body, got.status, got.body, res.Close)
		}
	}
}
