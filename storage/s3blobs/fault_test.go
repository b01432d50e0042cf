package s3blobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/media/mediatest"
)

var errNetwork = errors.New("connection reset by peer")

// faults is a transport whose n-th request fails, counted from one.
type faults struct {
	through http.RoundTripper
	fail    func(through http.RoundTripper, r *http.Request) (*http.Response, error)
	mu      sync.Mutex
	n       int
	log     []string
}

func (f *faults) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.log = append(f.log, said(r))
	strikes := len(f.log) == f.n
	f.mu.Unlock()
	if strikes {
		return f.fail(f.through, r)
	}
	return f.through.RoundTrip(r)
}

// said is what a request asks for.
func said(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case q.Has("uploads"):
		return r.Method + " uploads"
	case q.Has("partNumber"):
		return r.Method + " part " + q.Get("partNumber")
	case q.Has("uploadId"):
		return r.Method + " upload"
	}
	return r.Method
}

// waysToFail are what may become of a request.
var waysToFail = map[string]func(http.RoundTripper, *http.Request) (*http.Response, error){
	"it never arrives": func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		return nil, errNetwork
	},
	"its answer is lost": func(through http.RoundTripper, r *http.Request) (*http.Response, error) {
		if answer, err := through.RoundTrip(r); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
		}
		return nil, errNetwork
	},
	"it times out": func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		return nil, context.DeadlineExceeded
	},
	"the server is busy": func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		return answered(r, http.StatusServiceUnavailable, "SlowDown"), nil
	},
	"it is not allowed": func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		return answered(r, http.StatusForbidden, "AccessDenied"), nil
	},
}

func answered(r *http.Request, status int, code string) *http.Response {
	text := "<Error><Code>" + code + "</Code><Message>no</Message></Error>"
	return &http.Response{
		StatusCode: status, Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/xml"}}, Body: io.NopCloser(strings.NewReader(text)),
	}
}

// Whatever fails on the way of a blob to its name, the blob is committed or nothing remains; and the name is free.
func TestAnyFailureOfAnUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	const part = 10_000
	for way, fail := range waysToFail {
		for _, size := range []int{10, 3*part + 1} {
			for _, patient := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %d bytes, tried again %t", way, size, patient), func(t *testing.T) {
					t.Parallel()
					for n, done := 1, false; !done; n++ {
						s := serve(t)
						f := &faults{through: s.Client().Transport, fail: fail, n: n}
						adjust := []func(*s3.Options){}
						if patient {
							adjust = append(adjust, quickly)
						}
						b, name := s.blobs(s.client(f, adjust...), part), mediatest.NewName()
						err := put(t.Context(), b, name, pattern(size))
						done = len(f.log) < n
						f.n = 0 // nothing fails any more
						checkOutcome(t, s, b, name, size, err, fmt.Sprintf("where request %d of %q fails", n, f.log))
						if done && err != nil {
							t.Errorf("where none fails: %v", err)
						}
						if n > 30 {
							t.Fatalf("an upload makes %q", f.log)
						}
					}
				})
			}
		}
	}
}

// checkOutcome demands that a blob is there as a whole, or that nothing of it is.
func checkOutcome(t *testing.T, s *server, b media.Blobs, name string, size int, err error, when string) {
	t.Helper()
	got, missing := get(t.Context(), b, name)
	switch {
	case err == nil && (missing != nil || !bytes.Equal(got, pattern(size))):
		t.Errorf("%s, put answers nil, and there are %d bytes, %v", when, len(got), missing)
	case err == nil:
		if open := s.unfinished(); len(open) != 0 {
			t.Errorf("%s, uploads are open: %q", when, open)
		}
		return
	case strings.Contains(err.Error(), "not-a-secret") || !strings.Contains(err.Error(), "s3blobs: "):
		t.Errorf("%s, the error is %v", when, err)
	}
	if err != nil {
		s.mustBeEmpty(when)
		if err := put(t.Context(), b, name, []byte("again")); err != nil {
			t.Errorf("%s, the name is not free: %v", when, err)
		}
	}
}

// Once the network is gone nothing can be cleared away: what is left is found by List and Tidy.
func TestWhatAProcessLeavesIsFound(t *testing.T) {
	t.Parallel()
	const part = 10_000
	for n := 1; n <= 8; n++ {
		s := serve(t)
		f := &faults{through: s.Client().Transport, n: n}
		f.fail = func(through http.RoundTripper, r *http.Request) (*http.Response, error) {
			f.n++ // from now on
			return waysToFail["its answer is lost"](through, r)
		}
		gone, name := s.blobs(s.client(f), part), mediatest.NewName()
		_ = put(t.Context(), gone, name, pattern(3*part+1))
		b := s.blobs(s.client(nil), part)
		hour, _, _ := strings.Cut(name, "/")
		if err := b.Tidy(t.Context(), "2026030100"); err != nil {
			t.Errorf("Tidy: %v", err)
		}
		names, err := b.List(t.Context(), hour, "", 10)
		if err != nil {
			t.Errorf("List: %v", err)
		}
		if err := b.Remove(t.Context(), names...); err != nil {
			t.Errorf("Remove: %v", err)
		}
		s.mustBeEmpty(fmt.Sprintf("after request %d and all that follow failed, and Tidy and Remove,", n))
	}
}

// TestErrorsSayWhatWasTried, and that a blob is not there only where that is so.
func TestErrorsSayWhatWasTried(t *testing.T) {
	t.Parallel()
	for way, fail := range waysToFail {
		for what, do := range map[string]func(ctx context.Context, b media.Blobs, name string) error{
			"look for": func(ctx context.Context, b media.Blobs, name string) error {
				_, err := b.Create(ctx, mediatest.NewName())
				return err
			},
			"open":   func(ctx context.Context, b media.Blobs, name string) error { _, err := b.Open(ctx, name); return err },
			"remove": func(ctx context.Context, b media.Blobs, name string) error { return b.Remove(ctx, name) },
			"list": func(ctx context.Context, b media.Blobs, _ string) error {
				_, err := b.List(ctx, "2026022823", "", 10)
				return err
			},
			"list unfinished": func(ctx context.Context, b media.Blobs, _ string) error {
				return b.(media.Tidier).Tidy(ctx, "2026022823")
			},
		} {
			t.Run(what+": "+way, func(t *testing.T) {
				t.Parallel()
				s := serve(t)
				name := mediatest.NewName()
				if err := put(t.Context(), s.blobs(s.client(nil), 10_000), name, []byte("kept")); err != nil {
					t.Fatal(err)
				}
				f := &faults{through: s.Client().Transport, fail: fail, n: 1}
				b := s.blobs(s.client(f), 10_000)
				err := do(t.Context(), b, name)
				if err == nil || errors.Is(err, media.ErrNotFound) || errors.Is(err, media.ErrExists) {
					t.Fatalf("the error is %v", err)
				}
				if text := err.Error(); !strings.HasPrefix(text, "s3blobs: "+what) || strings.Contains(text, "not-a-secret") {
					t.Errorf("the error is %q, want one that begins with %q", text, "s3blobs: "+what)
				}
			})
		}
	}
}

// TestRemoveInParts: what the server could not remove is an error, and the rest is gone.
func TestRemoveInParts(t *testing.T) {
	t.Parallel()
	s := serve(t)
	name := mediatest.NewName()
	f := &faults{through: s.Client().Transport, n: 1, fail: func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		answer := answered(r, http.StatusOK, "")
		answer.Body = io.NopCloser(strings.NewReader("<DeleteResult><Error><Key>of/one-store/" + name + "</Key>" +
			"<Code>InternalError</Code><Message>try again</Message></Error><Error><Key>k</Key><Code>NoSuchKey</Code></Error></DeleteResult>"))
		return answer, nil
	}}
	b := s.blobs(s.client(f), 10_000)
	var names []string
	for range 1001 {
		names = append(names, mediatest.NewName())
	}
	err := b.Remove(t.Context(), append([]string{name}, names...)...)
	if err == nil || !strings.Contains(err.Error(), "1 of 1000 blobs are left, the first of them "+name+": InternalError: try again") {
		t.Errorf("Remove: %v", err)
	}
	if len(f.log) != 2 {
		t.Errorf("Remove made %q, want it to go on after the first request", f.log)
	}
}

// TestAReaderThatBreaksOff is an error, and not the end.
func TestAReaderThatBreaksOff(t *testing.T) {
	t.Parallel()
	s := serve(t)
	name := mediatest.NewName()
	if err := put(t.Context(), s.blobs(s.client(nil), 10_000), name, pattern(5_000)); err != nil {
		t.Fatal(err)
	}
	f := &faults{through: s.Client().Transport, n: 1, fail: func(through http.RoundTripper, r *http.Request) (*http.Response, error) {
		answer, err := through.RoundTrip(r)
		if err == nil {
			answer.Body = io.NopCloser(io.MultiReader(io.LimitReader(answer.Body, 1_000), brokenOff{}))
		}
		return answer, err
	}}
	got, err := get(t.Context(), s.blobs(s.client(f), 10_000), name)
	if len(got) != 1_000 || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "s3blobs: read "+name) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// swallower is a server that takes everything and keeps nothing, for benchmarks of what this side needs.
type swallower struct{}

func (swallower) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodHead {
		return answered(r, http.StatusNotFound, "NotFound"), nil
	}
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	answer := answered(r, http.StatusOK, "")
	answer.Header.Set("ETag", `"tag"`)
	root := "CompleteMultipartUploadResult"
	if said(r) == "POST uploads" {
		root = "InitiateMultipartUploadResult"
	}
	answer.Body = io.NopCloser(strings.NewReader("<" + root + "><UploadId>id</UploadId></" + root + ">"))
	return answer, nil
}

func (s swallower) client() *s3.Client {
	return clientAt("http://swallower.example", s)
}
