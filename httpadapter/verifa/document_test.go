package verifa_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

const (
	pdf  = "%PDF-1.7\n and so on"
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00 and so on"
	heic = "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1 and so on"
	webm = "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm and so on"
)

// send uploads a form to a session by the API.
func (h *house) send(key, id string, fields ...field) result {
	h.Helper()
	body, kind := formOf(fields...)
	return h.call(call{method: "POST", path: "/api/v1/sessions/" + id + "/documents", key: key, body: body, kind: kind})
}

func TestUpload(t *testing.T) {
	t.Parallel()
	file, front := field{"file", picture}, field{"document_type", "id_front"}
	proof := []field{{"document_type", "proof_of_address"}, {"poa_document_type", "utility_bill"}}
	of := func(more ...field) []field { return more }
	big := picture + strings.Repeat(".", 10<<20-len(picture))
	rows := []struct {
		name   string
		fields []field
		status int
		want   string // of the type, or of the first field that is wrong
	}{
		{"a PNG", of(front, file), 201, "image/png"},
		{"a JPEG", of(front, field{"file", jpeg}), 201, "image/jpeg"},
		{"a PDF", of(front, field{"file", pdf}), 201, "application/pdf"},
		{"the type behind the file", of(file, front), 201, "image/png"},
		{"in camelCase", of(field{"documentType", "id_front"}, file), 201, "image/png"},
		{"in kebab-case", of(file, field{"document-type", "selfie"}), 201, "image/png"},
		{"more fields", of(field{"note", "x"}, front, file, field{"", "y"}), 201, "image/png"},
		{"a proof of address", append(proof, file), 201, "image/png"},
		{"a proof of address with its day", append(proof, field{"poa_document_date", "2026-02-28"}, file), 201, "image/png"},
		{"a proof of address behind the file", append(of(file), proof...), 201, "image/png"},
		{"a proof of address without its type", of(proof[0], file), 422, "poa_document_type"},
		{"a proof of address of no day", append(proof, field{"poa_document_date", "2026-02-30"}, file), 422, "poa_document_date"},
		{"no type", of(file), 422, "document_type"},
		{"an unknown type", of(field{"document_type", "document-front"}, file), 422, "document_type"},
		{"two types", of(front, field{"documentType", "id_back"}, file), 422, "documentType"},
		{"two files", of(front, file, file), 422, "file"},
		{"a type that is too long", of(field{"document_type", strings.Repeat("x", 2000)}, file), 422, "document_type"},
		{"a type that is no UTF-8", of(field{"document_type", "\xff"}, file), 422, "fields"},
		{"no file", of(front), 422, "file"},
		{"nothing", nil, 422, "file"},
		{"0 bytes", of(front, field{"file", ""}), 422, "file"},
		{"1 byte", of(front, field{"file", "\x89"}), 422, "file"},
		{"a text", of(front, field{"file", "<html>"}), 422, "file"},
		{"an SVG", of(front, field{"file", `<svg xmlns="http://www.w3.org/2000/svg"/>`}), 422, "file"},
		{"a HEIC", of(front, field{"file", heic}), 422, "file"},
		{"a film", of(front, field{"file", webm}), 422, "file"},
		{"10 MB", of(front, field{"file", big}), 201, "image/png"},
		{"10 MB and a byte", of(front, field{"file", big + "."}), 422, "file"},
		{"11 MB", of(front, field{"file", big + strings.Repeat(".", 1<<20)}), 422, "file"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{})
			id := h.create(liveKey, nil)
			got := h.send(liveKey, id, row.fields...).want(row.status)
			if row.status != http.StatusCreated {
				if field := got.text("detail.0.field"); field != row.want {
					t.Errorf("got %s, want the field %s", got.body, row.want)
				}
				if status := h.status(liveKey, id); status != "pending" {
					t.Errorf("the session is %s", status)
				}
				h.noBlobs()
				return
			}
			if !strings.HasPrefix(got.text("id"), "doc_") || got.text("session_id") != id || got.text("mime_type") != row.want ||
				got.text("created_at") != "2026-03-01T12:00:00Z" || got.text("file_size_bytes") == "0" {
				t.Errorf("got %s", got.body)
			}
			if status := h.status(liveKey, id); status != "capturing" {
				t.Errorf("the session is %s", status)
			}
		})
	}
}

// noBlobs fails the test when anything was kept.
func (h *house) noBlobs() {
	h.Helper()
	if n := h.blobs.count(); n > 0 {
		h.Errorf("%d blobs are left", n)
	}
}

// TestUploadOfABrokenForm: what is no form, and what is more than one.
func TestUploadOfABrokenForm(t *testing.T) {
	t.Parallel()
	good, kind := formOf(field{"document_type", "id_front"}, field{"file", picture})
	head := "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"
	rows := []struct {
		name, body, kind string
		status           int
		code             string
	}{
		{"as JSON", good, "application/json", 400, "invalid_request"},
		{"without a boundary", good, "multipart/form-data", 400, "invalid_request"},
		{"with another boundary", good, "multipart/form-data; boundary=other", 400, "invalid_request"},
		{"empty", "", kind, 400, "invalid_request"},
		{"cut off in the file", head + picture, "multipart/form-data; boundary=b", 400, "invalid_request"},
		{"cut off in a field", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n", "multipart/form-data; boundary=b", 400, "invalid_request"},
		{"a field without end", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n" + strings.Repeat("x", 1<<20) + "\r\n--b--",
			"multipart/form-data; boundary=b", 413, "invalid_request"},
		{"a head without end", "--b\r\n" + strings.Repeat("X-Y: z\r\n", 1<<17) + "\r\n", "multipart/form-data; boundary=b", 413, "invalid_request"},
		{"more behind its end", good + strings.Repeat("x", 100<<10), kind, 413, "invalid_request"},
		{"much before its beginning", strings.Repeat("x\r\n", 100<<10) + good, kind, 413, "invalid_request"},
	}
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	for _, row := range rows {
		got := h.call(call{method: "POST", path: "/api/v1/sessions/" + id + "/documents", key: liveKey, body: row.body, kind: row.kind})
		if got.status != row.status || got.text("error") != row.code {
			t.Errorf("%s: got %d %s, want %d %s", row.name, got.status, got.body, row.status, row.code)
		}
	}
	h.noBlobs()
	if status := h.status(liveKey, id); status != "pending" {
		t.Errorf("the session is %s", status)
	}
}

// TestUploadIsCutOff: a client that goes in the middle leaves nothing.
func TestUploadIsCutOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	body, kind := formOf(field{"document_type", "id_front"}, field{"file", picture + strings.Repeat(".", 1<<20)})
	ctx, cancel := context.WithCancel(t.Context())
	from, to := io.Pipe()
	go func() {
		_, _ = io.WriteString(to, body[:len(body)/2])
		cancel()
		_ = to.CloseWithError(errors.New("gone"))
	}()
	r := must(http.NewRequestWithContext(ctx, "POST", h.server.URL+"/api/v1/sessions/"+id+"/documents", from))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("X-API-Key", liveKey)
	if res, err := h.server.Client().Do(r); err == nil {
		t.Fatalf("got %d", res.StatusCode)
	}
	h.server.Close() // waits for its handlers
	h.noBlobs()
}

// TestUploadIsStreamed: a large file is never held as a whole.
func TestUploadIsStreamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	h.send(liveKey, id, field{"file", picture + strings.Repeat(".", 9<<20)}, field{"document_type", "id_front"}).want(http.StatusCreated)
	if n := h.blobs.largest; n == 0 || n > 256<<10 {
		t.Errorf("%d bytes were written at once", n)
	}
}

// TestUploadReplaces: the newest of a type counts, in the list, the download and the submission.
func TestUploadReplaces(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	first := h.upload(liveKey, id, "id_front").want(http.StatusCreated)
	old := h.link(id, "id_front")
	h.clock.Add(time.Second)
	second := h.send(liveKey, id, field{"document_type", "id_front"}, field{"file", jpeg}).want(http.StatusCreated)
	if first.text("id") == second.text("id") {
		t.Errorf("both have the id %s", first.text("id"))
	}
	list := h.do("GET", "/api/v1/sessions/"+id+"/documents", liveKey, nil).want(http.StatusOK)
	if list.value("data.1") != nil || list.text("data.0.mime_type") != "image/jpeg" {
		t.Errorf("got %s", list.body)
	}
	if got := h.do("GET", h.link(id, "id_front"), noKey, nil).want(http.StatusOK); got.body != jpeg {
		t.Errorf("got %q", got.body)
	}
	h.do("GET", old, noKey, nil).refused(http.StatusForbidden, "forbidden")
}

// link is the path and query of a document's link.
func (h *house) link(id, documentType string) string {
	h.Helper()
	list := h.do("GET", "/api/v1/sessions/"+id+"/documents", liveKey, nil).want(http.StatusOK)
	for i := range 4 {
		if at := fmt.Sprintf("data.%d.", i); list.text(at+"doc_type") == documentType {
			return strings.TrimPrefix(list.text(at+"url"), "https://api.example")
		}
	}
	h.Fatalf("there is no %s in %s", documentType, list.body)
	return ""
}

// TestUploadOnce: an upload with a key is done once, whatever has become of the session.
func TestUploadOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	send := func(key string, fields ...field) result {
		body, kind := formOf(fields...)
		return h.call(call{method: "POST", path: "/api/v1/sessions/" + id + "/documents", key: liveKey, body: body, kind: kind,
			header: map[string]string{"Idempotency-Key": key}})
	}
	front, file := field{"document_type", "id_front"}, field{"file", picture}
	first := send("a", front, file).want(http.StatusCreated)
	h.clock.Add(time.Second)
	again := send("a", file, field{"documentType", "id_front"}).want(http.StatusCreated)
	if again.body != first.body || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("got %s, want %s again", again.body, first.body)
	}
	send("a", front, field{"file", picture + "."}).refused(422, "idempotency_mismatch")
	send("a", field{"document_type", "id_back"}, file).refused(422, "idempotency_mismatch")
	send("b", field{"document_type", "nothing"}, file).refused(422, "validation_error")
	send("b", front, file).want(http.StatusCreated) // what failed is not remembered
	h.do("POST", "/api/v1/sessions/"+id+"/submit", liveKey, nil).want(http.StatusOK)
	if again := send("a", front, file).want(http.StatusCreated); again.body != first.body {
		t.Errorf("after the submission: got %s, want %s again", again.body, first.body)
	}
	send("a", front, field{"file", jpeg}).refused(422, "idempotency_mismatch")
	send("c", front, file).refused(400, "invalid_request")
	h.do("DELETE", "/api/v1/sessions/"+id+"/data", liveKey, nil).want(http.StatusOK)
	send("a", front, file).refused(http.StatusGone, "gone")
}

// TestUploadOnceAtOnce: of many with one key one has the effect, and all its answer.
func TestUploadOnceAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	body, kind := formOf(field{"document_type", "selfie"}, field{"file", picture})
	answers := make([]string, 10)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i] = h.call(call{method: "POST", path: "/api/v1/sessions/" + id + "/documents", key: liveKey, body: body, kind: kind,
				header: map[string]string{"Idempotency-Key": "k"}}).body
		})
	}
	all.Wait()
	for _, got := range answers {
		if got != answers[0] || !strings.Contains(got, "doc_") {
			t.Errorf("got %s and %s", got, answers[0])
		}
	}
	if n := h.blobs.count(); n != 1 {
		t.Errorf("%d blobs are kept", n)
	}
}

// TestUploadsAtOnce: the first starts the session; each is taken, one at least stays, and what is replaced is gone.
func TestUploadsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if got := h.upload(liveKey, id, "selfie"); got.status != http.StatusCreated {
				t.Errorf("got %d %s", got.status, got.body)
			}
		})
	}
	all.Wait()
	s := must(h.engine.Get(t.Context(), sessionID(id)))
	if len(s.Media) == 0 || len(s.Media) != h.blobs.count() || s.Status != session.StatusStarted {
		t.Errorf("%d media, %d blobs, and the session is %s", len(s.Media), h.blobs.count(), s.Status)
	}
	h.clock.Add(time.Second)
	h.upload(liveKey, id, "selfie").want(http.StatusCreated)
	if s = must(h.engine.Get(t.Context(), sessionID(id))); len(s.Media) != 1 || h.blobs.count() != 1 {
		t.Errorf("after one more: %d media, %d blobs", len(s.Media), h.blobs.count())
	}
}

// TestSubmit: what is missing is named, all at once.
func TestSubmit(t *testing.T) {
	t.Parallel()
	faces := map[string]any{"checks": []string{"face_match"}}
	rows := []struct {
		name     string
		key      string
		body     any
		uploaded []string
		choice   string
		missing  []string
		status   string
	}{
		{"nothing", liveKey, nil, nil, "", []string{"id_front"}, ""},
		{"the back alone", liveKey, nil, []string{"id_back"}, "", []string{"id_front"}, ""},
		{"a front", liveKey, nil, []string{"id_front"}, "", nil, "processing"},
		{"a passport", liveKey, nil, []string{"id_front"}, "passport", nil, "processing"},
		{"a licence", liveKey, nil, []string{"id_front"}, "drivers_license", []string{"id_back"}, ""},
		{"a licence's both sides", liveKey, nil, []string{"id_back", "id_front"}, "drivers_license", nil, "processing"},
		{"an identity card", liveKey, nil, nil, "national_id", []string{"id_front", "id_back"}, ""},
		{"a residence permit", liveKey, nil, []string{"id_front"}, "residence_permit", nil, "processing"},
		{"faces are compared", liveKey, faces, []string{"id_front"}, "", []string{"selfie"}, ""},
		{"nothing, and faces are compared", liveKey, faces, nil, "drivers_license", []string{"id_front", "id_back", "selfie"}, ""},
		{"a selfie", liveKey, faces, []string{"id_front", "selfie"}, "", nil, "processing"},
		{"of a sandbox", sandboxKey, nil, []string{"id_front"}, "", nil, "sandbox_pending"},
		{"nothing of a sandbox", sandboxKey, nil, nil, "", []string{"id_front"}, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{})
			id, capture := h.capture(row.key, row.body)
			if row.choice != "" {
				h.consent(capture)
				h.do("POST", capture+"/document-type", noKey, map[string]string{"document_type": row.choice}).want(http.StatusOK)
			}
			for _, name := range row.uploaded {
				h.upload(row.key, id, name).want(http.StatusCreated)
			}
			got := h.do("POST", "/api/v1/sessions/"+id+"/submit", row.key, nil)
			if row.missing == nil {
				got.want(http.StatusOK)
				if got.text("id") != id || got.text("status") != row.status || got.text("message") == "" ||
					got.text("is_sandbox") != fmt.Sprint(row.key == sandboxKey) {
					t.Errorf("got %s", got.body)
				}
				h.do("POST", "/api/v1/sessions/"+id+"/submit", row.key, nil).refused(422, "validation_error")
				return
			}
			got.refused(422, "validation_error")
			for i, name := range row.missing {
				if field := got.text(fmt.Sprintf("detail.%d.field", i)); field != name {
					t.Errorf("got %s, want %v", got.body, row.missing)
				}
			}
			if got.value(fmt.Sprintf("detail.%d", len(row.missing))) != nil {
				t.Errorf("got %s, want %v alone", got.body, row.missing)
			}
		})
	}
}

// TestSubmitAndUploads: an upload that races the submission is there, or is refused.
func TestSubmitAndUploads(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	media := 0
	for range 10 {
		id := h.create(liveKey, nil)
		h.upload(liveKey, id, "id_front").want(http.StatusCreated)
		var all sync.WaitGroup
		var taken atomic.Int64
		for _, shows := range []string{"id_back", "selfie", "proof_of_address"} { // none of which replaces another
			all.Go(func() {
				file := []field{{"document_type", shows}, {"poa_document_type", "utility_bill"}, {"file", picture}}
				if shows != "proof_of_address" {
					file = slices.Delete(file, 1, 2)
				}
				switch got := h.send(liveKey, id, file...); got.status {
				case http.StatusCreated:
					taken.Add(1)
				case http.StatusBadRequest:
				default:
					t.Errorf("got %d %s", got.status, got.body)
				}
			})
		}
		all.Go(func() { h.do("POST", "/api/v1/sessions/"+id+"/submit", liveKey, nil).want(http.StatusOK) })
		all.Wait()
		s := must(h.engine.Get(t.Context(), sessionID(id)))
		if n := int64(len(s.Media)) - 1; n != taken.Load() || s.Status != session.StatusSubmitted {
			t.Errorf("%d media beside the front, %d were taken, and the session is %s", n, taken.Load(), s.Status)
		}
		if media += len(s.Media); h.blobs.count() != media {
			t.Errorf("%d blobs of %d media", h.blobs.count(), media)
		}
	}
}

// TestProofIsKept: what was said of a proof of address is there for who decides.
func TestProofIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	h.send(liveKey, id, field{"file", pdf}, field{"document_type", "proof_of_address"}, field{"poaDocumentType", "bank_statement"},
		field{"poa-document-date", "2026-02-28"}).want(http.StatusCreated)
	s := must(h.engine.Get(t.Context(), sessionID(id)))
	if p := s.Media[0].Proof; p == nil || p.Type != "bank_statement" || p.Date.String() != "2026-02-28" {
		t.Errorf("got %+v", p)
	}
	if bytes.Contains(s.Media[0].Sealed, []byte("bank")) {
		t.Error("it is not sealed")
	}
}
