package verifa_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

// asked sends a request without a server between, each from another address, so that none is one too many.
type asked struct {
	handler http.Handler
	n       atomic.Uint32
}

func fuzzed(h *house) *asked { return &asked{handler: h.server.Config.Handler} }

func (a *asked) do(r *http.Request) *httptest.ResponseRecorder {
	n := a.n.Add(1)
	r.RemoteAddr = fmt.Sprintf("10.0.%d.%d:1", n>>8&0xff, n&0xff)
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w
}

var fuzzConfig = verifa.Config{Plan: verifa.Plan{Name: "fuzz", Requests: 100}}

// FuzzForm: whatever comes as the form of an upload is taken or refused, never a failure of ours, and nothing is left
// of what was refused.
func FuzzForm(f *testing.F) {
	good, _ := formOf(field{"document_type", "id_front"}, field{"file", picture})
	boundary, _, _ := strings.Cut(good[2:], "\r\n")
	f.Add([]byte(strings.ReplaceAll(good, boundary, "b")))
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n" + picture + "\r\n--b--"))
	f.Add([]byte("--b--"))
	f.Add([]byte("--b\r\n\r\n\r\n--b"))
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=file; filename=\"\x00\"\r\nContent-Transfer-Encoding: base64\r\n\r\n%PDF-1\r\n--b--\r\n"))
	h := newHouse(f, setup{config: fuzzConfig})
	a := fuzzed(h)
	f.Fuzz(func(t *testing.T, body []byte) {
		h.clock.Add(time.Minute) // for one key's requests
		send := func(path, kind string, body []byte) *httptest.ResponseRecorder {
			r := httptest.NewRequest("POST", path, bytes.NewReader(body))
			r.Header.Set("X-API-Key", liveKey)
			r.Header.Set("Content-Type", kind)
			return a.do(r)
		}
		made := send("/api/v1/sessions", "application/json", []byte("{}"))
		id := result{TB: t, body: made.Body.String()}.text("id")
		before := h.blobs.count()
		got := send("/api/v1/sessions/"+id+"/documents", "multipart/form-data; boundary=b", body)
		if kept := h.blobs.count() - before; got.Code >= 500 || (kept == 1) != (got.Code == http.StatusCreated) || kept > 1 {
			t.Errorf("%q: got %d %s, and %d blobs", body, got.Code, got.Body, kept)
		}
	})
}

// FuzzDocumentLink: no query but the right one opens a document.
func FuzzDocumentLink(f *testing.F) {
	h := newHouse(f, setup{config: fuzzConfig})
	id := h.create(liveKey, nil)
	h.upload(liveKey, id, "selfie").want(http.StatusCreated)
	path, good, _ := strings.Cut(h.link(id, "selfie"), "?")
	for _, seed := range []string{good, good + "0", "expires=1&sig=" + strings.Repeat("0", 96), "expires=&sig=", "%zz", strings.ToUpper(good), good + "&x=1"} {
		f.Add(seed)
	}
	want, a := must(url.ParseQuery(good)), fuzzed(h)
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", path, nil)
		r.URL.RawQuery = query
		w := a.do(r)
		q := r.URL.Query()
		opens := http.StatusForbidden
		if len(q["sig"]) == 1 && len(q["expires"]) == 1 && q.Get("sig") == want.Get("sig") && q.Get("expires") == want.Get("expires") {
			opens = http.StatusOK
		}
		if w.Code != opens {
			t.Errorf("%q: got %d %s, want %d", query, w.Code, w.Body, opens)
		}
	})
}

// FuzzToken: no text but the right one opens a capture.
func FuzzToken(f *testing.F) {
	h := newHouse(f, setup{config: fuzzConfig})
	_, capture := h.capture(liveKey, nil)
	good := strings.TrimPrefix(capture, "/verify/")
	for _, seed := range []string{good, good[4:], good + "=", "tok_", strings.ToLower(good), strings.Repeat("A", 300)} {
		f.Add(seed)
	}
	a := fuzzed(h)
	f.Fuzz(func(t *testing.T, token string) {
		if strings.Contains(token, "/") || strings.Trim(token, ".") == "" {
			return // that is another path
		}
		want := http.StatusNotFound
		if token == good {
			want = http.StatusOK
		}
		if w := a.do(httptest.NewRequest("GET", "/verify/"+url.PathEscape(token), nil)); w.Code != want {
			t.Errorf("%q: got %d %s, want %d", token, w.Code, w.Body, want)
		}
	})
}
