package veriff_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
)

// TestUploadsOfOthers over HTTP: stalled uploads of one integration hinder no other.
func TestUploadsOfOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{config: veriff.Config{MaxUploads: 1, UploadWait: time.Minute}})
	id := h.create(minimal).ID
	body := uploadBody("face", pngBytes)
	reading, more := io.Pipe()
	r := httptest.NewRequest("POST", "/v1/sessions/"+id+"/media", reading)
	r.ContentLength = int64(len(body))
	r.Header.Set("X-Auth-Client", ours.APIKey.String())
	r.Header.Set("X-Hmac-Signature", sign(body))
	var stalled sync.WaitGroup
	stalled.Go(func() { h.handler.ServeHTTP(httptest.NewRecorder(), r) })
	_, _ = more.Write([]byte(body[:10])) // it has the one place of ours now
	defer stalled.Wait()
	defer func() { _ = more.Close() }()
	got := h.do(call{method: "POST", path: "/v1/sessions", body: minimal, by: theirs})
	h.want(got, http.StatusCreated, "")
	other := verificationOf(h, got).ID
	h.want(h.do(call{method: "POST", path: "/v1/sessions/" + other + "/media", body: uploadBody("face", pngBytes), by: theirs}), http.StatusOK, "")
}

// TestPlacesByDefault: sixteen of each integration.
func TestPlacesByDefault(t *testing.T) {
	t.Parallel()
	if n := veriff.PlacesOfOne(newHouse(t, setup{}).handler); n != 16 {
		t.Errorf("%d uploads run at once by default, want 16", n)
	}
}

// TestUploadsOfOneKey are of one line, whatever integration they name: the name is not signed for yet.
func TestUploadsOfOneKey(t *testing.T) {
	t.Parallel()
	flexible := ours
	flexible.Flexible = []uuid.UUID{inactive.Integration}
	h := newHouse(t, setup{
		keys: must(auth.NewRing(flexible)), config: veriff.Config{MaxUploads: 1, UploadWait: time.Nanosecond},
	})
	path, body := "/v1/sessions/"+h.create(minimal).ID+"/media", uploadBody("face", pngBytes)
	reading, more := io.Pipe()
	r := httptest.NewRequest("POST", path, reading)
	r.ContentLength = int64(len(body))
	r.Header = http.Header{"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": {sign(body)}}
	var stalled sync.WaitGroup
	stalled.Go(func() { h.handler.ServeHTTP(httptest.NewRecorder(), r) })
	_, _ = more.Write([]byte(body[:10]))
	defer stalled.Wait()
	defer func() { _ = more.Close() }()
	named := http.Header{
		"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": {sign(body)}, "Vrf-Integration-Id": {inactive.Integration.String()},
	}
	if got := h.direct("POST", path, body, named); got.status != http.StatusServiceUnavailable {
		t.Errorf("another integration of the same key: got %d %s, want 503", got.status, got.body)
	}
}
