package veriff_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/bonafide-idv/bonafide/session"
)

// bodied are the endpoints that take a body, each with one that is right and has no empty object in it.
var bodied = []struct {
	name, method, path, body string
	status                   int
	then                     session.Status // of the session that is made or changed
}{
	{"creation", "POST", "/v1/sessions", `{"verification":{"vendorData":"1","person":{"firstName":"Ada"},"document":{"country":"EE"}}}`,
		201, session.StatusCreated},
	{"submission", "PATCH", "/v1/sessions/{id}", submit, 200, session.StatusSubmitted},
	{"device data", "POST", "/v1/sessions/{id}/collected-data", device, 200, session.StatusCreated},
	{"upload", "POST", "/v1/sessions/{id}/media", uploadBody("face", pngBytes), 200, session.StatusCreated},
	{"registry check", "POST", "/v1/validate-registry",
		`{"verification":{"person":{"idNumber":"000000000","fullName":"Ada Specimen","dateOfBirth":"1990-02-28"}}}`,
		201, session.StatusSubmitted},
}

// oddities turn a right body into one that JSON, or this API, does not take, or which is odd and right.
var oddities = []struct {
	name string
	of   func(body string) string
	code string // "": it is taken
}{
	{"empty", func(string) string { return "" }, "1101"},
	{"white space", func(string) string { return " \r\n\t" }, "1101"},
	{"not JSON", func(string) string { return "verification" }, "1101"},
	{"form", func(string) string { return "verification=1" }, "1101"},
	{"cut off", func(b string) string { return b[:len(b)-1] }, "1101"},
	{"trailing data", func(b string) string { return b + b }, "1101"},
	{"trailing NUL", func(b string) string { return b + "\x00" }, "1101"},
	{"trailing comma", func(b string) string { return b[:len(b)-1] + ",}" }, "1101"},
	{"comment", func(b string) string { return "/**/" + b }, "1101"},
	{"line comment", func(b string) string { return b + "//" }, "1101"},
	{"single quotes", func(b string) string { return strings.ReplaceAll(b, `"`, `'`) }, "1101"},
	{"root array", func(b string) string { return "[" + b + "]" }, "1101"},
	{"root string", func(string) string { return `"verification"` }, "1101"},
	{"root null", func(string) string { return "null" }, "1101"},
	{"root number", func(string) string { return "1" }, "1101"},
	{"root bool", func(string) string { return "true" }, "1101"},
	{"byte order mark", func(b string) string { return "\ufeff" + b }, "1101"},
	{"UTF-16", utf16LE, "1101"},
	{"UTF-16 with a mark", func(b string) string { return "\xff\xfe" + utf16LE(b) }, "1101"},
	{"member twice", adding(`"x":1,"x":1`), "1101"},
	{"member twice by an escape", adding(`"x":1,"\u0078":1`), "1101"},
	{"inner member twice", adding(`"y":{"x":1,"x":1}`), "1101"},
	{"all twice", func(b string) string { return "{" + b[1:len(b)-1] + "," + b[1:] }, "1101"},
	{"NUL", adding(`"x":"a\u0000b"`), "1101"},
	{"NUL as a byte", adding("\"x\":\"a\x00b\""), "1101"},
	{"NUL in a name", adding(`"\u0000":1`), "1101"},
	{"control character", adding("\"x\":\"a\nb\""), "1101"},
	{"lone surrogate", adding(`"x":"\ud800"`), "1101"},
	{"surrogates the wrong way round", adding(`"x":"\udc00\ud800"`), "1101"},
	{"invalid UTF-8", adding("\"x\":\"\xff\""), "1101"},
	{"overlong UTF-8", adding("\"x\":\"\xc0\xaf\""), "1101"},
	{"NaN", adding(`"x":NaN`), "1101"},
	{"Infinity", adding(`"x":-Infinity`), "1101"},
	{"number with a plus", adding(`"x":+1`), "1101"},
	{"number with a zero before it", adding(`"x":01`), "1101"},
	{"hexadecimal number", adding(`"x":0x1`), "1101"},
	{"unknown escape", adding(`"x":"\x41"`), "1101"},
	{"65 deep", adding(`"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64)), "1101"},
	{"10,000 deep", adding(`"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)), "1101"},
	{"10,000 objects deep", adding(`"x":` + strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)), "1101"},

	{"white space around", func(b string) string { return " \r\n\t" + b + "\n" }, ""},
	{"64 deep", adding(`"x":` + strings.Repeat("[", 63) + strings.Repeat("]", 63)), ""},
	{"number beyond all", adding(`"x":1e400`), ""},
	{"minus zero", adding(`"x":-0`), ""},
	{"small number", adding(`"x":1e-7`), ""},
	{"2^53+1", adding(`"x":9007199254740993`), ""},
	{"three spellings of one name", adding(`"first_name":"A","firstName":"B","first-name":"C"`), ""},
	{"envelope beside it", adding(`"data":{"type":"session","attributes":{"status":"approved"}},"included":[],"meta":null`), ""},
}

// adding puts members before all others.
func adding(members string) func(string) string {
	return func(body string) string { return "{" + members + "," + body[1:] }
}

func utf16LE(text string) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(text)) {
		b = append(b, byte(c), byte(c>>8))
	}
	return string(b)
}

func TestOddBodies(t *testing.T) {
	t.Parallel()
	onEach(t, setup{policy: withRegistry}, func(t *testing.T, h *house) {
		for _, e := range bodied {
			for _, odd := range oddities {
				id := h.create(minimal).ID
				before := h.snapshot(id)
				got := h.do(call{method: e.method, path: strings.ReplaceAll(e.path, "{id}", id), body: odd.of(e.body)})
				want := e.status
				if odd.code != "" {
					want = http.StatusBadRequest
				}
				if got.status != want || got.code() != odd.code {
					t.Errorf("%s, %s: got %d %s, want %d %q", e.name, odd.name, got.status, got.body, want, odd.code)
				}
				if after := h.snapshot(id); odd.code != "" && (after.Version != before.Version || after.Seq != before.Seq) {
					t.Errorf("%s, %s: the session changed", e.name, odd.name)
				}
			}
		}
	})
}

// serverOwned are names of what is the server's to say.
var serverOwned = []string{
	"id", "status", "code", "decision", "decisionTime", "createdAt", "created_at", "updatedAt", "tenant", "integration",
	"integrationId", "sandbox", "url", "host", "sessionToken", "token", "attempts", "attemptId", "attempt_n", "riskScore",
	"redactedAt", "deletedAt", "version", "seq", "expiresAt", "submittedAt", "key", "sealed", "strict", "policy",
	"registryCheck", "registry_check", "__proto__", "constructor",
}

// TestServerOwnedMembers: what belongs to the server is not the client's to say, at whatever depth it is said.
func TestServerOwnedMembers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: func(p *session.Policy) { p.Registry, p.Create = true, session.Unlimited() }})
	for _, e := range bodied {
		for _, name := range serverOwned {
			for _, v := range []string{`"approved"`, `true`, `{"status":"approved"}`} {
				member := `"` + name + `":` + v
				body := adding(member)(e.body)
				if !strings.Contains(e.body, `"`+name+`"`) {
					body = strings.ReplaceAll(e.body, "{", "{"+member+",")
				}
				id := h.create(minimal).ID
				got := h.do(call{method: e.method, path: strings.ReplaceAll(e.path, "{id}", id), body: body})
				if got.status != e.status {
					t.Errorf("%s, %s: got %d %s, want %d", e.name, member, got.status, got.body, e.status)
					continue
				}
				if e.status == http.StatusCreated {
					id = verificationOf(h, got).ID
				}
				s := h.snapshot(id)
				if s.Status != e.then || s.Integration != ours.Integration || s.Tenant != ours.Integration || s.Sandbox || s.AttemptN != 1 ||
					len(s.Attempts) != 1 || len(s.Decisions) != 0 || !s.CreatedAt.Equal(morning) || !s.DeletedAt.IsZero() ||
					s.Facts.RegistryCheck != (e.name == "registry check") {
					t.Errorf("%s, %s: got %+v, want an ordinary session", e.name, member, s.Session)
				}
			}
		}
	}
}

// TestBodiesAreNotTyped: the type that a client gives its body is not looked at.
func TestBodiesAreNotTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: withRegistry})
	for _, e := range bodied {
		for _, kind := range []string{"", "text/plain", "application/json; charset=utf-16", "multipart/form-data", "x"} {
			path := strings.ReplaceAll(e.path, "{id}", h.create(minimal).ID)
			got := h.do(call{method: e.method, path: path, body: e.body, header: http.Header{
				"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": {sign(e.body)}, "Content-Type": {kind},
			}})
			if got.status != e.status {
				t.Errorf("%s, Content-Type %q: got %d %s, want %d", e.name, kind, got.status, got.body, e.status)
			}
		}
	}
}

// TestLongBodies: what carries no medium is bounded at 1 MiB.
func TestLongBodies(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: withRegistry})
	for _, e := range bodied {
		if e.name == "upload" {
			continue // which has tests of its own
		}
		for _, n := range []int{1<<20 + 1, 10_000_000} {
			id := h.create(minimal).ID
			body := adding(`"x":"` + strings.Repeat("x", n-len(e.body)-len(`"x":"",`)) + `"`)(e.body)
			got := h.do(call{method: e.method, path: strings.ReplaceAll(e.path, "{id}", id), body: body})
			if len(body) != n || got.status != http.StatusRequestEntityTooLarge || got.code() != "1101" {
				t.Errorf("%s of %d bytes: got %d %s, want 413", e.name, len(body), got.status, got.body)
			}
			if s := h.snapshot(id); s.Version != 1 {
				t.Errorf("%s of %d bytes: the session changed", e.name, len(body))
			}
		}
	}
}
