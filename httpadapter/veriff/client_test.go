package veriff_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// call is a request as a client means it.
type call struct {
	method, path, body string
	header             http.Header // instead of a signed one
	by                 auth.Credential
	signed             string // what is signed. Default: as the vendor's page says
}

// request is the call, signed.
func (h *house) request(c call) *http.Request {
	h.Helper()
	if c.by.APIKey == uuid.Nil {
		c.by = ours
	}
	if c.header == nil {
		if c.signed == "" {
			c.signed = signedPart(c)
		}
		c.header = http.Header{}
		c.header.Set("X-AUTH-CLIENT", c.by.APIKey.String())
		c.header.Set("X-HMAC-SIGNATURE", string(c.by.Signer().Sign(nil, []byte(c.signed))))
	}
	r, err := http.NewRequest(c.method, h.server.URL+h.prefix+c.path, strings.NewReader(c.body))
	if err != nil {
		h.Fatal(err)
	}
	r.Header = c.header
	return r
}

// signedPart is what the vendor's page says is signed.
func signedPart(c call) string {
	if c.method == http.MethodPost || c.method == http.MethodPatch {
		return c.body
	}
	parts := strings.Split(c.path, "/")
	if len(parts) < 4 {
		return ""
	}
	return parts[3]
}

// result is an answer, read.
type result struct {
	status int
	header http.Header
	body   string
}

// code is what an error body says.
func (r result) code() string {
	var body struct{ Status, Code, Message string }
	_ = json.Unmarshal([]byte(r.body), &body)
	return body.Code
}

// do makes a call over HTTP, and checks what is true of every answer.
func (h *house) do(c call) result {
	h.Helper()
	return h.send(h.request(c))
}

func (h *house) send(r *http.Request) result {
	h.Helper()
	res, err := h.server.Client().Do(r)
	if err != nil {
		h.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	got := result{res.StatusCode, res.Header, string(body)}
	h.checkShape(r, got)
	h.checkSignature(r, got)
	h.checkContract(r, sentBy(r), got)
	return got
}

// checkShape: no body is empty, and every failure of the API has the one shape.
func (h *house) checkShape(r *http.Request, got result) {
	h.Helper()
	name := r.Method + " " + r.URL.Path
	if r.Method == http.MethodHead || got.status == http.StatusNoContent {
		return
	}
	if got.body == "" {
		h.Errorf("%s: got %d and an empty body", name, got.status)
	}
	isDocument := got.status == http.StatusOK && strings.HasSuffix(r.URL.Path, "/v1/openapi.json")
	if want := "no-store"; got.header.Get("Cache-Control") != want && !isDocument {
		h.Errorf("%s: got Cache-Control %q, want %q", name, got.header.Get("Cache-Control"), want)
	}
	if got.status < 400 || strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && strings.Contains(r.URL.Path, "/v/") {
		return
	}
	var body map[string]string
	err := json.Unmarshal([]byte(got.body), &body)
	if err != nil || len(body) != 3 || body["status"] == "" || body["code"] == "" || body["message"] == "" {
		h.Errorf("%s: got %d %q, want the three texts of a failure", name, got.status, got.body)
	}
	if got.header.Get("Content-Type") != "application/json" {
		h.Errorf("%s: got %d with Content-Type %q, want JSON", name, got.status, got.header.Get("Content-Type"))
	}
}

// checkSignature: an answer to a key that is known is signed, and no other.
func (h *house) checkSignature(r *http.Request, got result) {
	h.Helper()
	name := r.Method + " " + r.URL.Path
	given := r.Header.Values("X-Auth-Client")
	var by *auth.Credential
	for _, c := range []auth.Credential{ours, theirs} {
		if len(given) == 1 && strings.EqualFold(given[0], c.APIKey.String()) {
			by = &c
		}
	}
	signature := got.header.Get("X-HMAC-SIGNATURE")
	if by == nil || strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || got.status == http.StatusNoContent {
		for _, field := range []string{"x-auth-client", "x-hmac-signature", "vrf-auth-client", "vrf-hmac-signature"} {
			if v := got.header.Get(field); v != "" {
				h.Errorf("%s: got %s %q, want none for a key that is not known", name, field, v)
			}
		}
		return
	}
	if got.header.Get("X-Auth-Client") != given[0] || got.header.Get("Vrf-Auth-Client") != given[0] {
		h.Errorf("%s: got key %q and %q in the answer, want %q",
			name, got.header.Get("X-Auth-Client"), got.header.Get("Vrf-Auth-Client"), given[0])
	}
	if got.header.Get("Vrf-Hmac-Signature") != signature {
		h.Errorf("%s: got vrf-hmac-signature %q, want %q", name, got.header.Get("Vrf-Hmac-Signature"), signature)
	}
	if r.Method != http.MethodHead && by.Verify(signature, []byte(got.body)) == nil {
		h.Errorf("%s: got %d with signature %q, which is not that of the body %q", name, got.status, signature, got.body)
	}
}

// want checks status and code of an answer; code "" is for a success.
func (h *house) want(got result, status int, code string) {
	h.Helper()
	if got.status != status || got.code() != code {
		h.Fatalf("got %d %q %s, want %d %q", got.status, got.code(), got.body, status, code)
	}
}

// opened is what the answer to a creation says.
type opened struct {
	ID, URL, Status, Host, SessionToken string
	VendorData, EndUserID               *string
}

// create makes a session over HTTP.
func (h *house) create(body string) opened {
	h.Helper()
	got := h.do(call{method: "POST", path: "/v1/sessions", body: body})
	h.want(got, http.StatusCreated, "")
	return verificationOf(h, got)
}

func verificationOf(h *house, got result) opened {
	h.Helper()
	var body struct{ Verification opened }
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		h.Fatalf("%q: %v", got.body, err)
	}
	return body.Verification
}

const (
	minimal = `{"verification":{}}`
	submit  = `{"verification":{"status":"submitted"}}`
)

func (h *house) submit(id string) {
	h.Helper()
	h.want(h.do(call{method: "PATCH", path: "/v1/sessions/" + id, body: submit}), http.StatusOK, "")
}

// upload sends a medium and gives its id.
func (h *house) upload(id, context string, content []byte) string {
	h.Helper()
	got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: uploadBody(context, content)})
	h.want(got, http.StatusOK, "")
	var body struct{ Image struct{ ID string } }
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.Image.ID == "" {
		h.Fatalf("%q: %v", got.body, err)
	}
	return body.Image.ID
}

func uploadBody(context string, content []byte) string {
	return `{"image":{"context":` + strconv.Quote(context) + `,"content":"` + base64.StdEncoding.EncodeToString(content) + `"}}`
}

// open follows the session's link.
func (h *house) open(method, url string) result {
	h.Helper()
	r, err := http.NewRequest(method, h.server.URL+strings.TrimPrefix(url, h.server.URL), nil)
	if err != nil {
		h.Fatal(err)
	}
	return h.send(r)
}

var (
	pngBytes = func() []byte {
		var b bytes.Buffer
		_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2)))
		return b.Bytes()
	}()
	jpegBytes = func() []byte {
		var b bytes.Buffer
		_ = jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2)), nil)
		return b.Bytes()
	}()
	pdfBytes = []byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")
)
