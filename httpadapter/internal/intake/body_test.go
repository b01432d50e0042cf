package intake_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
)

const unknown = -1 // how many bytes a body has that comes in chunks

// request has a body, and declares how long it is.
func request(body io.Reader, declared int64) *http.Request {
	r := httptest.NewRequest("POST", "/", body)
	r.ContentLength = declared
	return r
}

// ended gives text, and then an error.
func ended(text string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(text), iotest.ErrReader(err))
}

var tooLong = &http.MaxBytesError{Limit: 1}

func TestBody(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name     string
		body     io.Reader
		declared int64
		got      string
		err      error
	}{
		{"declared", strings.NewReader("12345678"), 8, "12345678", nil},
		{"declared, and goes on", strings.NewReader("123456789"), 8, "12345678", nil},
		{"declared less", strings.NewReader("1234"), 4, "1234", nil},
		{"declared, and empty", strings.NewReader(""), 0, "", nil},
		{"declared too large", strings.NewReader("123456789"), 9, "", intake.ErrTooLarge},
		{"declared, and breaks off", strings.NewReader("123"), 8, "123", intake.ErrBrokenOff},
		{"declared, and breaks off in another way", ended("123", io.ErrUnexpectedEOF), 8, "123", intake.ErrBrokenOff},
		{"in chunks", strings.NewReader("12345678"), unknown, "12345678", nil},
		{"in chunks, and empty", strings.NewReader(""), unknown, "", nil},
		{"in chunks, and breaks off", ended("123", io.ErrUnexpectedEOF), unknown, "123", intake.ErrBrokenOff},
		{"too slow for the server", ended("123", os.ErrDeadlineExceeded), 8, "123", intake.ErrTooSlow},
		{"too large for the host", ended("123", tooLong), 8, "123", intake.ErrTooLarge},
		{"the client has gone", ended("123", context.Canceled), 8, "123", context.Canceled},
	}
	for _, row := range rows {
		b := intake.NewBody(httptest.NewRecorder(), request(row.body, row.declared), 8, time.Minute)
		got, err := io.ReadAll(b)
		if string(got) != row.got || !errors.Is(err, row.err) {
			t.Errorf("%s: got %q, %v, want %q, %v", row.name, got, err, row.got, row.err)
		}
		want := row.err
		if want == nil {
			want = io.EOF
		}
		if b.Err() != want {
			t.Errorf("%s: got %v for what ended it, want %v", row.name, b.Err(), want)
		}
		if _, err := b.Read(make([]byte, 1)); err != want {
			t.Errorf("%s: got %v when it is read on, want %v", row.name, err, want)
		}
	}
}

// TestBodyInChunksIsBounded: one byte more than there may be is never taken for a part of the body.
func TestBodyInChunksIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "body")
		limit := rapid.Int64Range(0, 40).Draw(t, "limit")
		var from io.Reader = bytes.NewReader(body)
		if rapid.Bool().Draw(t, "byte by byte") {
			from = iotest.OneByteReader(from)
		}
		got, err := io.ReadAll(intake.NewBody(httptest.NewRecorder(), request(from, unknown), limit, time.Minute))
		switch {
		case int64(len(body)) <= limit:
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%x within %d: got %x, %v", body, limit, got, err)
			}
		case err != intake.ErrTooLarge || int64(len(got)) > limit:
			t.Errorf("%x beyond %d: got %x, %v, want %v", body, limit, got, err, intake.ErrTooLarge)
		}
	})
}

// paced gives 16 KiB at a time, each after a while, and one of them after a longer one.
type paced struct {
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
	n := min(len(p), piece-r.at%piece)
	r.at += n
	return n, nil
}

// TestPace: a sender must come to 32 KiB a second, may fall behind by the patience, and saves up nothing by being
// fast.
func TestPace(t *testing.T) {
	t.Parallel()
	const size = 4 << 20 // two minutes and eight seconds at that rate
	const second, half = time.Second, time.Second / 2
	rows := []struct {
		name    string
		content paced
		want    error
	}{
		{"fast", paced{}, nil},
		{"just in time", paced{each: half, longer: half}, nil},
		{"a little slower", paced{each: half + 30*time.Millisecond, longer: half}, nil},
		{"slower", paced{each: half + 50*time.Millisecond, longer: half}, intake.ErrTooSlow},
		{"hardly anything", paced{each: 9 * second, longer: 9 * second}, intake.ErrTooSlow},
		{"nine seconds of silence", paced{longer: 9 * second, longest: 200}, nil},
		{"twenty seconds of silence, late and after a fast beginning", paced{longer: 20 * second, longest: 200}, intake.ErrTooSlow},
		{"twenty seconds of silence at the beginning", paced{longer: 20 * second, longest: 0}, intake.ErrTooSlow},
	}
	for _, row := range rows {
		synctest.Test(t, func(t *testing.T) {
			b := intake.NewBody(httptest.NewRecorder(), request(&row.content, size), size, 10*second)
			n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, b, make([]byte, 64<<10))
			if err != row.want || err == nil && n != size {
				t.Errorf("%s: got %d bytes, %v, want %v", row.name, n, err, row.want)
			}
		})
	}
}

// TestReaderIsNotTheSender: what is done with the bytes takes nothing from the patience.
func TestReaderIsNotTheSender(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := intake.NewBody(httptest.NewRecorder(), request(strings.NewReader("1234"), 4), 4, time.Second)
		for want := range 4 {
			if n, err := b.Read(make([]byte, 1)); n != 1 || err != nil && want < 3 {
				t.Fatalf("byte %d: got %d, %v", want, n, err)
			}
			time.Sleep(time.Hour)
		}
		if b.Err() != io.EOF {
			t.Errorf("got %v, want all of it", b.Err())
		}
	})
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

// TestDeadlines: while a body is read there is one, for as long as the patience lasts; after a whole body there is
// none, and after another it stays.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		body io.Reader
		gone bool
	}{{"whole", strings.NewReader("1234"), true}, {"broken off", strings.NewReader("123"), false}} {
		synctest.Test(t, func(t *testing.T) {
			w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
			b := intake.NewBody(w, request(iotest.OneByteReader(row.body), 4), 4, time.Minute)
			_, _ = io.Copy(io.Discard, b)
			_, _ = b.Read(make([]byte, 1))
			want := time.Now().Add(time.Minute)
			for i, at := range w.set[:4] {
				if !at.Equal(want) {
					t.Errorf("%s: got %s for byte %d, want %s", row.name, at, i, want)
				}
			}
			if gone := len(w.set) == 5 && w.set[4].IsZero(); gone != row.gone {
				t.Errorf("%s: got deadlines %v, want the last one gone: %t", row.name, w.set, row.gone)
			}
		})
	}
}

func TestReadAll(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	rows := []struct {
		name     string
		body     io.Reader
		declared int64
		got      string
		err      error
	}{
		{"declared", strings.NewReader("12345678"), 8, "12345678", nil},
		{"declared, and empty", strings.NewReader(""), 0, "", nil},
		{"declared too large", iotest.ErrReader(broken), 9, "", intake.ErrTooLarge},
		{"declared, and breaks off", strings.NewReader("123"), 8, "", io.ErrUnexpectedEOF},
		{"in chunks", strings.NewReader("12345678"), unknown, "12345678", nil},
		{"in chunks, and too large", strings.NewReader("123456789"), unknown, "", intake.ErrTooLarge},
		{"not to be read", ended("123", broken), 8, "", broken},
		{"too large for the host", ended("123", tooLong), 8, "", tooLong},
		{"the client has gone", ended("123", context.Canceled), 8, "", context.Canceled},
	}
	for _, row := range rows {
		got, err := intake.ReadAll(request(row.body, row.declared), 8)
		if string(got) != row.got || !errors.Is(err, row.err) || (err == nil) != (row.err == nil) {
			t.Errorf("%s: got %q, %v, want %q, %v", row.name, got, err, row.got, row.err)
		}
	}
}

// TestCompressedStaysSo: a body is taken as it came.
func TestCompressedStaysSo(t *testing.T) {
	t.Parallel()
	const gzip = "\x1f\x8b\x08\x00"
	r := request(strings.NewReader(gzip), int64(len(gzip)))
	r.Header.Set("Content-Encoding", "gzip")
	if got, err := intake.ReadAll(r, 8); string(got) != gzip || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, gzip)
	}
}
