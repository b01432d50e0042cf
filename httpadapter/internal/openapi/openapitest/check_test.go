package openapitest_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/faulttest"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi/openapitest"
)

// ours says what all documents leave unsaid.
var ours = openapitest.Dialect{
	Normal:     func(body []byte) []byte { return bytes.ReplaceAll(body, []byte("firstName"), []byte("first_name")) },
	Early:      []int{http.StatusUnauthorized},
	Preflights: true,
}

func read(t testing.TB, d openapitest.Dialect) *openapitest.Contract {
	t.Helper()
	c, err := openapitest.Read([]byte(document), d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(status int, kind, body string) openapitest.Answer {
	h := http.Header{"X-Left": {"3"}}
	if kind != "" {
		h.Set("Content-Type", kind)
	}
	return openapitest.Answer{Status: status, Header: h, Body: body}
}

// TestCheck: what the document has passes, and all else is minded.
func TestCheck(t *testing.T) {
	t.Parallel()
	const (
		json = "application/json"
		keys = "X-Key: k, X-Signature: s"
		no   = `{"code":"no"}`
		wish = `{"name":"a"}`
	)
	made := answer(201, json, `{"id":"x","first_name":"a"}`)
	unlimited := made
	unlimited.Header = http.Header{"Content-Type": {json}}
	many := answer(201, json, `{"id":"x"}`)
	many.Header.Set("X-Left", "many")
	for _, row := range []struct {
		name, request, header, sent string
		got                         openapitest.Answer
		want                        string // empty: it passes
	}{
		{"as it is", "POST /things", keys, wish, made, ""},
		{"by the other scheme", "POST /things", "X-Legacy: l", wish, made, ""},
		{"with half a scheme", "POST /things", "X-Key: k", wish, made, "without authentication"},
		{"a request that is none", "POST /things", keys, `{}`, made, "should not have been taken"},
		{"a request that is none, refused", "POST /things", "", `{}`, answer(400, json, no), ""},
		{"another status", "POST /things", keys, wish, answer(200, json, made.Body), "no such status"},
		{"no JSON", "POST /things", keys, wish, answer(201, json, "made"), "invalid"},
		{"another body", "POST /things", keys, wish, answer(201, json, `{}`), "missing property"},
		{"a member more", "POST /things", keys, wish, answer(201, json, `{"id":"x","y":1}`), "additional properties"},
		{"another type", "POST /things", keys, wish, answer(201, "text/html", made.Body), "content of type"},
		{"no type", "POST /things", keys, wish, answer(201, "", made.Body), "Content-Type"},
		{"without a header", "POST /things", keys, wish, unlimited, "X-Left: it is missing"},
		{"another header", "POST /things", keys, wish, many, "X-Left"},
		{"in another casing", "POST /things", keys, wish, answer(201, json, `{"id":"x","firstName":"a"}`), ""},
		{"a parameter", "GET /things/a%20b?size=3", keys, "", answer(200, "image/png", "any"), ""},
		{"a type for which nothing is said", "GET /things/a", keys, "", answer(200, json, "any"), ""},
		{"a parameter that is none", "GET /things/a?size=big", keys, "", answer(200, "image/png", "any"), "size"},
		{"an id that is none", "GET /things/A", keys, "", answer(200, "image/png", "any"), "id"},
		{"a header with space around", "GET /things/a", keys + ", X-Case:  snake ", "", answer(200, "image/png", ""), ""},
		{"a header that is none", "GET /things/a", keys + ", X-Case: camel", "", answer(200, "image/png", ""), "X-Case"},
		{"a head", "HEAD /things/a", keys, "", answer(200, "", ""), ""},
		{"the head of what is not there", "HEAD /nothing", "", "", answer(404, "", ""), ""},
		{"no body", "DELETE /things/all", keys, "", answer(204, "", ""), ""},
		{"a body where there is none", "DELETE /things/all", keys, "", answer(204, "", "x"), "no body"},
		{"the path with fewer parameters is it", "GET /things/all", keys, "", answer(200, "image/png", "any"), "no such operation"},
		{"another method", "PUT /things", keys, "", answer(405, json, no), ""},
		{"another method is not another path", "PUT /things", keys, "", answer(404, json, no), "no such operation"},
		{"another path", "GET /nothing", keys, "", answer(404, json, no), ""},
		{"another path is not another method", "GET /nothing", keys, "", answer(405, json, no), "no such operation"},
		{"another path, taken", "GET /nothing", keys, "", answer(200, json, no), "no such operation"},
		{"another path, refused early", "GET /nothing", "", "", answer(401, json, no), ""},
		{"another failure", "GET /nothing", keys, "", answer(404, json, `{}`), "missing property"},
		{"a path that is not clean", "GET /things//a", keys, "", answer(404, json, no), ""},
		{"a slash at the end", "GET /things/a/", keys, "", answer(404, json, no), ""},
		{"a preflight", "OPTIONS /things/", "Access-Control-Request-Method: POST", "", answer(204, "", ""), ""},
		{"options that are no preflight", "OPTIONS /things/", "", "", answer(204, "", ""), "no such operation"},
		{"options that are no preflight, refused", "OPTIONS /things/", "", "", answer(405, json, no), ""},
	} {
		r := requestOf(row.request, row.header)
		read(t, ours).Notices(t, row.name, r, row.sent, row.got, row.want)
	}
}

// requestOf makes one of "GET /path" and "Name: value, Name: value".
func requestOf(line, header string) *http.Request {
	method, target, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, target, nil)
	for field := range strings.SplitSeq(header, ", ") {
		if name, value, ok := strings.Cut(field, ": "); ok {
			r.Header.Set(name, value)
		}
	}
	return r
}

// TestCheckOfNoDialect: without one a body is as it is, nothing comes early, and OPTIONS is a method.
func TestCheckOfNoDialect(t *testing.T) {
	t.Parallel()
	c := read(t, openapitest.Dialect{})
	keys := "X-Legacy: l"
	for _, row := range []struct {
		request string
		got     openapitest.Answer
		want    string
	}{
		{"POST /things", answer(201, "application/json", `{"id":"x","firstName":"a"}`), "additional properties"},
		{"GET /nothing", answer(401, "application/json", `{"code":"no"}`), "no such operation"},
		{"OPTIONS /things/", answer(204, "", ""), ""},
	} {
		c.Notices(t, row.request, requestOf(row.request, keys), `{"name":"a"}`, row.got, row.want)
	}
}

// TestNoticesNotices that something is minded, or is not.
func TestNoticesNotices(t *testing.T) {
	t.Parallel()
	c, r := read(t, ours), requestOf("GET /nothing", "")
	no := answer(404, "application/json", `{"code":"no"}`)
	for want, got := range map[string]openapitest.Answer{"": answer(200, "", ""), "no such": no, "another": answer(200, "", "")} {
		if said := faulttest.Of(t, func(t testing.TB) { c.Notices(t, "a row", r, "", got, want) }); !strings.Contains(said, "a row") {
			t.Errorf("%d where %q is wanted: got no fault, want one", got.Status, want)
		}
	}
}

func TestCheckWebhook(t *testing.T) {
	t.Parallel()
	c := read(t, ours)
	for _, row := range []struct{ name, body, want string }{
		{"made", `{"id":"x","firstName":"a"}`, ""}, {"made", `{}`, "missing property"}, {"made", ``, "EOF"}, {"unmade", `{}`, "no schema"},
	} {
		err := c.CheckWebhook(row.name, []byte(row.body))
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s %s: got %v, want %q", row.name, row.body, err, row.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":   "EOF",
		"[]": "no object",
		`{"paths": {"/x": {"$ref": "#/nowhere"}}}`:                                       "leads nowhere",
		`{"components": {"schemas": {"X": {"type": "text"}}}}`:                           "",
		`{"webhooks": {"x": {"post": {"requestBody": {"$ref": "elsewhere#/x"}}}}}`:       "not one within",
		`{"components": {"schemas": {"X": {"$ref": "#/components/schemas/Missing"}}}}`:   "",
		`{"components": {"schemas": {"X": {"type": "string", "pattern": "(unclosed"}}}}`: "",
	} {
		if _, err := openapitest.Read([]byte(text), openapitest.Dialect{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if _, err := openapitest.ReadFile("missing.json", openapitest.Dialect{}); err == nil {
		t.Error("a file that is not there: got no error, want one")
	}
}

// TestServed: how the package beside this one serves it passes, and each fault is said.
func TestServed(t *testing.T) {
	t.Parallel()
	c := read(t, ours)
	served := func(change func(http.ResponseWriter, *http.Request) bool) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !change(w, r) {
				openapi.Serve(w, r, document, "https://public.example")
			}
		}))
		t.Cleanup(s.Close)
		return s
	}
	asks := func(t testing.TB, s *httptest.Server, method, known string) openapitest.Answer {
		r, err := http.NewRequest(method, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("If-None-Match", known)
		res, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var body bytes.Buffer
		if _, err := body.ReadFrom(res.Body); err != nil {
			t.Fatal(err)
		}
		return openapitest.Answer{Status: res.StatusCode, Header: res.Header, Body: body.String()}
	}
	good := served(func(http.ResponseWriter, *http.Request) bool { return false })
	c.IsServed(t, "https://public.example", asks(t, good, "GET", ""))
	ask := func(method, known string) openapitest.Answer { return asks(t, good, method, known) }
	if tag := openapitest.IsSentOnce(t, ask); tag != ask("GET", "").Header.Get("ETag") || tag == "" {
		t.Errorf("got the tag %q, want that of the document", tag)
	}
	for name, broken := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"anything": func(w http.ResponseWriter, _ *http.Request) bool { _, _ = w.Write([]byte("{}")); return true },
		"always":   func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("If-None-Match"); return false },
		"never": func(_ http.ResponseWriter, r *http.Request) bool {
			r.Header.Set("If-None-Match", "*")
			return false
		},
	} {
		s := served(broken)
		got := faulttest.Of(t, func(r testing.TB) {
			openapitest.IsSentOnce(r, func(method, known string) openapitest.Answer { return asks(t, s, method, known) })
		})
		if got == "" {
			t.Errorf("sent %s: got no fault, want some", name)
		}
	}
	for name, change := range map[string]func(*openapitest.Answer){
		"status": func(a *openapitest.Answer) { a.Status = 304 }, "body": func(a *openapitest.Answer) { a.Body += " " },
		"Content-Type":  func(a *openapitest.Answer) { a.Header.Set("Content-Type", "text/html") },
		"Cache-Control": func(a *openapitest.Answer) { a.Header.Del("Cache-Control") },
		"origin":        func(a *openapitest.Answer) { a.Header.Del("Access-Control-Allow-Origin") },
		"nosniff":       func(a *openapitest.Answer) { a.Header.Del("X-Content-Type-Options") },
	} {
		a := asks(t, good, "GET", "")
		change(&a)
		if got := faulttest.Of(t, func(t testing.TB) { c.IsServed(t, "https://public.example", a) }); got == "" {
			t.Errorf("another %s: got no fault, want one", name)
		}
	}
}

func TestSafeFromHosts(t *testing.T) {
	t.Parallel()
	c := read(t, ours)
	c.IsSafeFromHosts(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { openapi.Serve(w, r, document, "") }), "/")
	got := faulttest.Of(t, func(t testing.TB) {
		c.IsSafeFromHosts(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(strings.Replace(document, "idv.example.com", r.Host, 1)))
		}), "/")
	})
	if strings.Count(got, "want the host") < 4 {
		t.Errorf("got %s, want a fault for each host", got)
	}
}
