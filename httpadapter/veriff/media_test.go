package veriff_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// TestAttemptMedia: each attempt has its own, and the session shows those of the newest.
func TestAttemptMedia(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		first := h.snapshot(id).AttemptID.String()
		old := h.upload(id, "face", pngBytes)
		h.submit(id)
		h.decide(id, decision.Verdict{Outcome: decision.Resubmission, Code: 204})
		h.upload(id, "document-front", jpegBytes)
		film, err := h.engine.Upload(t.Context(), uuid.MustParse(id), session.Upload{
			Context: media.FacePreVideo, Content: strings.NewReader(webmBytes), Duration: 12300 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		chip := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: `{"nfcDocument":{"com":"YQ==","sod":"Yg==","dg1":"Yw==","dg2":"ZA==","x":1}}`})
		h.want(chip, http.StatusOK, "")
		h.golden("upload-nfc", chip.body)
		second := h.snapshot(id).AttemptID.String()
		of := func(attempt string) result {
			t.Helper()
			got := h.do(call{method: "GET", path: "/v1/attempts/" + attempt + "/media"})
			h.want(got, http.StatusOK, "")
			return got
		}
		if got := of(first).body; strings.Count(got, `"id":`) != 1 || !strings.Contains(got, old) {
			t.Errorf("the first attempt has %s", got)
		}
		h.golden("attempt-media", of(second).body)
		if got := h.get(id, "/media").body; got != of(second).body {
			t.Errorf("the session has\n%s\nand its newest attempt\n%s", got, of(second).body)
		}
		if got := h.do(call{method: "GET", path: "/v1/media/" + film.ID.String()}); got.body != webmBytes || got.header.Get("Content-Type") != "video/webm" {
			t.Errorf("the film is %s %q", got.header.Get("Content-Type"), got.body)
		}
		var nfc struct {
			NFC struct{ ID string } `json:"nfcDocument"`
		}
		if err := json.Unmarshal([]byte(chip.body), &nfc); err != nil {
			t.Fatal(err)
		}
		if got := h.do(call{method: "GET", path: "/v1/media/" + nfc.NFC.ID}); got.body != `{"com":"YQ==","sod":"Yg==","dg1":"Yw==","dg2":"ZA=="}` ||
			got.header.Get("Content-Type") != "application/json" {
			t.Errorf("the chip's data are %s %q", got.header.Get("Content-Type"), got.body)
		}
		h.want(h.do(call{method: "GET", path: "/v1/attempts/" + id + "/media"}), http.StatusNotFound, "1101")
		h.want(h.do(call{method: "GET", path: "/v1/attempts/" + first + "/media", by: theirs}), http.StatusNotFound, "1101")
		h.want(h.do(call{method: "GET", path: "/v1/attempts/" + first + "/media", signed: id}), http.StatusUnauthorized, "1812")
	})
}

// webmBytes begin as a film does.
const webmBytes = "\x1a\x45\xdf\xa3\x8f\x42\x82\x84webm\x42\x87\x81\x02\x42\x85\x81\x02 and so on"

// TestTooManyMedia: beyond the policy's number an upload is refused, and nothing remains.
func TestTooManyMedia(t *testing.T) {
	t.Parallel()
	onEach(t, setup{policy: func(p *session.Policy) { p.MaxMedia = 1 }}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		h.upload(id, "face", pngBytes)
		got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: uploadBody("face", pngBytes)})
		h.want(got, http.StatusBadRequest, "1101")
		if n := len(h.snapshot(id).Media); n != 1 {
			t.Errorf("%d media are there, want 1", n)
		}
	})
}
