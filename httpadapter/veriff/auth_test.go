package veriff_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

const (
	failKey       = `{"status":"fail","code":"1101","message":"Mandatory X-AUTH-CLIENT header containing the API key is missing from the request."}`
	failKeyForm   = `{"status":"fail","code":"1802","message":"API key is not a valid UUID"}`
	failKeyOf     = `{"status":"fail","code":"1803","message":"Integration with the API key was not found"}`
	failInactive  = `{"status":"fail","code":"1804","message":"Integration with the API key is not active"}`
	failSignature = `{"status":"fail","code":"1812","message":"Invalid HMAC signature"}`
	failOnDelete  = `{"status":"fail","code":"1812","message":"Signature verification failed."}`
	failNotFound  = `{"status":"fail","code":"1101","message":"Resource not found"}`
	failBody      = `{"status":"fail","code":"1101","message":"Validation failed"}`
)

// direct calls the handler without a client that would mend or refuse the header.
func (h *house) direct(method, path, body string, header http.Header) result {
	h.Helper()
	r := httptest.NewRequest(method, h.prefix+path, strings.NewReader(body))
	r.Header = header
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	got := result{w.Code, w.Result().Header, w.Body.String()}
	h.checkShape(r, got)
	h.checkSignature(r, got)
	h.checkContract(r, []byte(body), got)
	return got
}

func (h *house) snapshot(id string) *session.Snapshot {
	h.Helper()
	s, err := h.engine.Get(h.Context(), uuid.MustParse(id))
	if err != nil {
		h.Fatal(err)
	}
	return s
}

// sign is the signature of ours.
func sign(message string) string { return string(ours.Secrets[0].Sign(nil, []byte(message))) }

// TestBadAuthentication tries everything on the two calls that would change a session.
func TestBadAuthentication(t *testing.T) {
	t.Parallel()
	const message = "<message>" // what a right signature covers: the body, or the id
	key := ours.APIKey.String()
	type fields = map[string][]string
	right := fields{"X-Auth-Client": {key}, "X-Hmac-Signature": {message}}
	with := func(name string, values ...string) fields {
		f := fields{}
		for k, v := range right {
			f[k] = v
		}
		f[name] = values
		return f
	}
	both := strings.Repeat("ab", 32)
	rows := []struct {
		name   string
		header fields
		fail   string // on PATCH; "" for one that must work
	}{
		{"key missing", with("X-Auth-Client"), failKey},
		{"key empty", with("X-Auth-Client", ""), failKey},
		{"key unknown", with("X-Auth-Client", stranger.String()), failKeyOf},
		{"key the nil UUID", with("X-Auth-Client", uuid.Nil.String()), failKeyOf},
		{"key is the integration", with("X-Auth-Client", ours.Integration.String()), failKeyOf},
		{"key of an inactive integration", with("X-Auth-Client", inactive.APIKey.String()), failInactive},
		{"key of another tenant", with("X-Auth-Client", theirs.APIKey.String()), failSignature},
		{"key twice", with("X-Auth-Client", key, key), failKeyForm},
		{"key twice, first unknown", with("X-Auth-Client", stranger.String(), key), failKeyForm},
		{"key comma-joined", with("X-Auth-Client", key+","+key), failKeyForm},
		{"key with NUL", with("X-Auth-Client", key+"\x00"), failKeyForm},
		{"key with space", with("X-Auth-Client", key+" "), failKeyForm},
		{"key with tab", with("X-Auth-Client", "\t"+key), failKeyForm},
		{"key in braces", with("X-Auth-Client", "{"+key+"}"), failKeyForm},
		{"key as URN", with("X-Auth-Client", "urn:uuid:"+key), failKeyForm},
		{"key without hyphens", with("X-Auth-Client", strings.ReplaceAll(key, "-", "")), failKeyForm},
		{"key of 10 kB", with("X-Auth-Client", strings.Repeat("1", 10_000)), failKeyForm},
		{"key in capitals works", with("X-Auth-Client", strings.ToUpper(key)), ""},
		{"signature missing", with("X-Hmac-Signature"), failSignature},
		{"signature empty", with("X-Hmac-Signature", ""), failSignature},
		{"signature of 63 digits", with("X-Hmac-Signature", both[:63]), failSignature},
		{"signature of 65 digits", with("X-Hmac-Signature", both+"a"), failSignature},
		{"signature of 66 digits", with("X-Hmac-Signature", both+"ab"), failSignature},
		{"signature not hex", with("X-Hmac-Signature", strings.Repeat("xy", 32)), failSignature},
		{"signature with NUL", with("X-Hmac-Signature", both[:63]+"\x00"), failSignature},
		{"signature with space", with("X-Hmac-Signature", " "+message), failSignature},
		{"signature in base64", with("X-Hmac-Signature", "base64:"+message), failSignature},
		{"signature with prefix", with("X-Hmac-Signature", "sha256="+message), failSignature},
		{"signature of 10 kB", with("X-Hmac-Signature", strings.Repeat("ab", 5_000)), failSignature},
		{"signature in capitals works", with("X-Hmac-Signature", "upper:"+message), ""},
		{"two signatures, first wrong", with("X-Hmac-Signature", both, message), failSignature},
		{"two signatures, second wrong", with("X-Hmac-Signature", message, both), failSignature},
		{"the right signature twice", with("X-Hmac-Signature", message, message), failSignature},
		{"signatures comma-joined", with("X-Hmac-Signature", message+", "+message), failSignature},
		{"signature of any", with("X-Hmac-Signature", both), failSignature},
		{"signature by another tenant", with("X-Hmac-Signature", "theirs:"+message), failSignature},
		{"signature by the newer secret works", with("X-Hmac-Signature", "newer:"+message), ""},
		{"signature by the key", with("X-Hmac-Signature", "key:"+message), failSignature},
		{"signature of nothing", with("X-Hmac-Signature", "nothing:"+message), failSignature},
		{"signature of message and newline", with("X-Hmac-Signature", "newline:"+message), failSignature},
		{"legacy signature only", fields{"X-Auth-Client": {key}, "X-Signature": {message}}, failSignature},
		{"signature by another name", fields{"X-Auth-Client": {key}, "Vrf-Hmac-Signature": {message}}, failSignature},
		{"key by another name", fields{"Vrf-Auth-Client": {key}, "X-Hmac-Signature": {message}}, failKey},
	}
	signature := func(value, of string) string {
		how, _, _ := strings.Cut(value, ":")
		switch {
		case !strings.Contains(value, message):
			return value
		case how == "base64":
			raw, _ := hex.DecodeString(sign(of))
			return base64.StdEncoding.EncodeToString(raw)
		case how == "upper":
			return strings.ToUpper(sign(of))
		case how == "theirs":
			return string(theirs.Secrets[0].Sign(nil, []byte(of)))
		case how == "newer":
			return string(ours.Secrets[1].Sign(nil, []byte(of)))
		case how == "key":
			return string(must(auth.NewSecret(key)).Sign(nil, []byte(of)))
		case how == "nothing":
			return sign("")
		case how == "newline":
			return sign(of + "\n")
		}
		return strings.ReplaceAll(value, message, sign(of))
	}
	unlimited := setup{policy: func(p *session.Policy) { p.Delete = session.Unlimited() }}
	onEach(t, unlimited, func(t *testing.T, h *house) {
		for _, row := range rows {
			for _, method := range []string{"PATCH", "DELETE", "GET"} {
				id := h.create(minimal).ID
				before := h.snapshot(id)
				of, body := id, ""
				if method == "PATCH" {
					of, body = submit, submit
				}
				header := http.Header{}
				for name, values := range row.header {
					for _, v := range values {
						header[name] = append(header[name], signature(v, of))
					}
				}
				fail, status := row.fail, http.StatusUnauthorized
				if fail == failSignature && method == "DELETE" {
					fail = failOnDelete
				}
				got := h.direct(method, "/v1/sessions/"+id, body, header)
				if row.fail == "" {
					if got.status != http.StatusOK {
						t.Errorf("%s %s: got %d %s, want 200", method, row.name, got.status, got.body)
					}
					continue
				}
				if got.status != status || got.body != fail {
					t.Errorf("%s %s: got %d %s, want %d %s", method, row.name, got.status, got.body, status, fail)
				}
				if after := h.snapshot(id); after.Version != before.Version || after.Seq != before.Seq {
					t.Errorf("%s %s: the session changed from version %d to %d", method, row.name, before.Version, after.Version)
				}
			}
		}
	})
}

// TestWrongMessages signs something else than what is to be signed.
func TestWrongMessages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, other := h.create(minimal).ID, h.create(minimal).ID
	lettered := "abcdefab-0000-4000-8000-000000000001"
	one := "/v1/sessions/" + id
	spaced := `{"verification": {"status": "submitted"}}`
	rows := []struct {
		name   string
		call   call
		status int
		body   string
	}{
		{"compact text of the body", call{method: "PATCH", path: one, body: spaced, signed: submit}, 401, failSignature},
		{"other order of members", call{method: "PATCH", path: one, body: `{"verification":{"status":"submitted","a":1}}`,
			signed: `{"verification":{"a":1,"status":"submitted"}}`}, 401, failSignature},
		{"body and newline", call{method: "PATCH", path: one, body: submit, signed: submit + "\n"}, 401, failSignature},
		{"id on PATCH", call{method: "PATCH", path: one, body: submit, signed: id}, 401, failSignature},
		{"id on upload", call{method: "POST", path: one + "/media", body: `{}`, signed: id}, 401, failSignature},
		{"id on creation", call{method: "POST", path: "/v1/sessions", body: minimal, signed: id}, 401, failSignature},
		{"body on GET", call{method: "GET", path: one, body: "{}", signed: "{}"}, 401, failSignature},
		{"path on GET", call{method: "GET", path: one, signed: one}, 401, failSignature},
		{"another session's id", call{method: "GET", path: one, signed: other}, 401, failSignature},
		{"another session's id on DELETE", call{method: "DELETE", path: one, signed: other}, 401, failOnDelete},
		{"id in capitals, path in small letters", call{method: "GET", path: "/v1/sessions/" + lettered,
			signed: strings.ToUpper(lettered)}, 401, failSignature},
		{"id and path in capitals", call{method: "GET", path: "/v1/sessions/" + strings.ToUpper(lettered)}, 404, failNotFound},
		{"session's id for a medium", call{method: "GET", path: "/v1/media/" + other, signed: id}, 401, failSignature},
		{"query is not signed", call{method: "GET", path: one + "/decision?version=1.0.0", signed: id}, 200, `{"status":"success","verification":null}`},
		{"another tenant's session", call{method: "GET", path: one, by: theirs}, 404, failNotFound},
		{"another tenant's session submitted", call{method: "PATCH", path: one, body: submit, by: theirs}, 404, failNotFound},
		{"another tenant's session deleted", call{method: "DELETE", path: one, by: theirs}, 404, failNotFound},
		{"byte order mark", call{method: "PATCH", path: one, body: "\ufeff" + submit}, 400, failBody},
		{"key twice in the body", call{method: "PATCH", path: one, body: `{"verification":{},"verification":{"status":"submitted"}}`}, 400, failBody},
	}
	for _, row := range rows {
		got := h.do(row.call)
		if got.status != row.status || got.body != row.body {
			t.Errorf("%s: got %d %s, want %d %s", row.name, got.status, got.body, row.status, row.body)
		}
	}
	if s := h.snapshot(id); s.Status != session.StatusCreated || s.Version != 1 {
		t.Errorf("the session is %s at version %d, want it untouched", s.Status, s.Version)
	}
}

// TestOneChangedBit: no changed bit of a body keeps its signature.
func TestOneChangedBit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	body := []byte(fmt.Sprintf(`{"verification":{"status":"submitted","note":"%s"}}`, strings.Repeat("x", 200)))[:200]
	body = append(body[:197], `"}}`...)
	if len(body) != 200 {
		t.Fatalf("the body has %d bytes, want 200", len(body))
	}
	header := http.Header{"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": {sign(string(body))}}
	for bit := range 8 * len(body) {
		body[bit/8] ^= 1 << (bit % 8)
		if got := h.direct("PATCH", "/v1/sessions/"+id, string(body), header); got.status != 401 || got.body != failSignature {
			t.Fatalf("bit %d: got %d %s, want 401", bit, got.status, got.body)
		}
		body[bit/8] ^= 1 << (bit % 8)
	}
	if got := h.direct("PATCH", "/v1/sessions/"+id, string(body), header); got.status != http.StatusOK {
		t.Errorf("unchanged: got %d %s, want 200", got.status, got.body)
	}
}

// TestRotation: a secret works while it lives, and answers are signed with the one that the request was.
func TestRotation(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	get := func(secret *auth.Secret) result {
		return h.do(call{method: "GET", path: "/v1/sessions/" + id, header: http.Header{
			"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": {string(secret.Sign(nil, []byte(id)))},
		}})
	}
	for i, secret := range ours.Secrets {
		got := get(secret)
		h.want(got, 200, "")
		if !secret.Verify(got.header.Get("X-Hmac-Signature"), []byte(got.body)) {
			t.Errorf("secret %d: the answer is not signed with the secret of the request", i)
		}
	}
	if err := h.ring.RevokeSecret(ours.Integration, ours.Secrets[0]); err != nil {
		t.Fatal(err)
	}
	h.want(get(ours.Secrets[0]), 401, "1812")
	h.want(get(ours.Secrets[1]), 200, "")
}

// TestRemovedKey: what the keyring no longer has is as unknown as what it never had.
func TestRemovedKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	former := party("44444444", "secret of former")
	if err := h.ring.Add(former); err != nil {
		t.Fatal(err)
	}
	get := call{method: "GET", path: "/v1/sessions/" + stranger.String(), by: former}
	if _, err := h.ring.ByKey(t.Context(), former.APIKey); err != nil {
		t.Fatal(err)
	}
	if err := h.ring.Remove(former.Integration); err != nil {
		t.Fatal(err)
	}
	if got := h.do(get); got.status != 401 || got.body != failKeyOf {
		t.Errorf("got %d %s, want 401 %s", got.status, got.body, failKeyOf)
	}
}

func TestCreationNeedsNoSignature(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	key := ours.APIKey.String()
	rows := []struct {
		name   string
		header http.Header
		status int
		code   string
	}{
		{"no signature", http.Header{"X-Auth-Client": {key}}, 201, ""},
		{"right signature", http.Header{"X-Auth-Client": {key}, "X-Hmac-Signature": {sign(minimal)}}, 201, ""},
		{"wrong signature", http.Header{"X-Auth-Client": {key}, "X-Hmac-Signature": {sign("")}}, 401, "1812"},
		{"misshapen signature", http.Header{"X-Auth-Client": {key}, "X-Hmac-Signature": {"x"}}, 401, "1812"},
		{"empty signature", http.Header{"X-Auth-Client": {key}, "X-Hmac-Signature": {""}}, 401, "1812"},
		{"two signatures", http.Header{"X-Auth-Client": {key}, "X-Hmac-Signature": {sign(minimal), sign(minimal)}}, 401, "1812"},
		{"no key", http.Header{}, 401, "1101"},
		{"unknown key", http.Header{"X-Auth-Client": {stranger.String()}}, 401, "1803"},
		{"inactive key", http.Header{"X-Auth-Client": {inactive.APIKey.String()}}, 401, "1804"},
	}
	for _, row := range rows {
		got := h.direct("POST", "/v1/sessions", minimal, row.header)
		if got.status != row.status || got.code() != row.code {
			t.Errorf("%s: got %d %s, want %d %q", row.name, got.status, got.body, row.status, row.code)
		}
		if row.status == 201 && !ours.Secrets[0].Verify(got.header.Get("X-Hmac-Signature"), []byte(got.body)) {
			t.Errorf("%s: the answer is not signed with the signing secret", row.name)
		}
	}
	list, err := h.engine.List(t.Context(), session.List{})
	if err != nil || len(list) != 2 {
		t.Errorf("got %d sessions (%v), want 2: a refused creation leaves none", len(list), err)
	}
}

// TestCompressedBodies are never unpacked: the signature covers what was sent, and what was sent is not JSON.
func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(submit))
	_ = z.Close()
	header := func(signed string) http.Header {
		return http.Header{"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": {sign(signed)}, "Content-Encoding": {"gzip"}}
	}
	h.want(h.do(call{method: "PATCH", path: "/v1/sessions/" + id, body: packed.String(), header: header(submit)}), 401, "1812")
	h.want(h.do(call{method: "PATCH", path: "/v1/sessions/" + id, body: packed.String(), header: header(packed.String())}), 400, "1101")
	if s := h.snapshot(id); s.Status != session.StatusCreated {
		t.Errorf("got status %s, want created", s.Status)
	}
}

// TestOverTheWire writes the request by hand: lengths that lie, and pieces.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	n := len(submit)
	rows := []struct {
		name, framing, body string
		status              int
		code                string
		done                bool
	}{
		{"chunked", "Transfer-Encoding: chunked", fmt.Sprintf("5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", submit[:5], n-5, submit[5:]), 200, "", true},
		{"length too short", fmt.Sprintf("Content-Length: %d", n-1), submit, 401, "1812", false},
		{"length too long", fmt.Sprintf("Content-Length: %d", n+1), submit, 400, "1101", false},
		{"length too large", "Content-Length: 99999999", submit, 413, "1101", false},
		{"endless pieces", "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", 1<<20+1, strings.Repeat(" ", 1<<20+1)), 413, "1101", false},
		{"no body", "X-Nothing: 0", "", 401, "1812", false},
	}
	for _, row := range rows {
		id := h.create(minimal).ID
		conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "PATCH /v1/sessions/%s HTTP/1.1\r\nHost: here\r\nx-AUTH-client: %s\r\nX-HMAC-signature: %s\r\n%s\r\nConnection: close\r\n\r\n%s",
			id, ours.APIKey, sign(submit), row.framing, row.body)
		if !row.done { // what is whole needs no end; a server may take one for a client that goes
			_ = conn.(*net.TCPConn).CloseWrite()
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		var body bytes.Buffer
		_, _ = body.ReadFrom(res.Body)
		_ = conn.Close()
		got := result{res.StatusCode, res.Header, body.String()}
		if got.status != row.status || got.code() != row.code {
			t.Errorf("%s: got %d %s, want %d %q", row.name, got.status, got.body, row.status, row.code)
		}
		if is := h.snapshot(id).Status == session.StatusSubmitted; is != row.done {
			t.Errorf("%s: submitted is %v, want %v", row.name, is, row.done)
		}
	}
}
