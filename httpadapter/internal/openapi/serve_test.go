package openapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi"
)

// text is a document whose server stands in it once more, where it is no server.
const text = `{"servers": [{"url": "https://idv.example.com"}], "paths": {}, "x": "https://idv.example.com"}`

// ask serves the document to a request of a host, whose If-None-Match are given.
func ask(method, publicURL, host string, known ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/v1/openapi.json", nil)
	r.Host = host
	if known != nil {
		r.Header["If-None-Match"] = known
	}
	w := httptest.NewRecorder()
	openapi.Serve(w, r, text, publicURL)
	return w
}

// TestServe: the answer in full, to the last header field.
func TestServe(t *testing.T) {
	t.Parallel()
	rows := []struct{ publicURL, host, server string }{
		{"", "any.example", "http://any.example"},
		{"https://public.example/idv", "any.example", "https://public.example/idv"},
	}
	for _, row := range rows {
		got := ask("GET", row.publicURL, row.host)
		want := strings.Replace(text, "https://idv.example.com", row.server, 1)
		if got.Code != http.StatusOK || got.Body.String() != want {
			t.Errorf("%+v: got %d %s, want 200 %s", row, got.Code, got.Body, want)
		}
		tag := got.Header().Get("ETag")
		if len(tag) != 34 || tag[0] != '"' || tag[33] != '"' {
			t.Errorf("%+v: got ETag %s, want 32 digits in quotes", row, tag)
		}
		checkHeader(t, got, map[string]string{
			"Access-Control-Allow-Origin": "*", "Cache-Control": "private, max-age=300", "ETag": tag,
			"Content-Type": "application/json", "X-Content-Type-Options": "nosniff",
			"Content-Length": strconv.Itoa(len(want)),
		})
	}
}

// TestNotModified has neither a body nor what would describe one.
func TestNotModified(t *testing.T) {
	t.Parallel()
	tag := ask("GET", "", "any.example").Header().Get("ETag")
	got := ask("GET", "", "any.example", tag)
	if got.Code != http.StatusNotModified || got.Body.Len() > 0 {
		t.Errorf("got %d %q, want 304 without a body", got.Code, got.Body)
	}
	checkHeader(t, got, map[string]string{
		"Access-Control-Allow-Origin": "*", "Cache-Control": "private, max-age=300", "ETag": tag,
	})
}

func checkHeader(t *testing.T, got *httptest.ResponseRecorder, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if v := got.Header().Values(name); len(v) != 1 || v[0] != value {
			t.Errorf("got %s %q, want %q", name, v, value)
		}
	}
	if names := slices.Sorted(maps.Keys(got.Header())); len(names) != len(want) {
		t.Errorf("got the header fields %s, want %d", names, len(want))
	}
}

// TestIfNoneMatch is a list of tags, by which the client has the document or has not.
func TestIfNoneMatch(t *testing.T) {
	t.Parallel()
	tag := ask("GET", "", "any.example").Header().Get("ETag")
	other := ask("GET", "", "other.example").Header().Get("ETag")
	if tag == other {
		t.Errorf("got the tag %s for two servers, whose documents differ", tag)
	}
	rows := []struct {
		name  string
		known []string
		want  int
	}{
		{"none", nil, 200},
		{"an empty one", []string{""}, 200},
		{"an empty list", []string{" , ,"}, 200},
		{"another", []string{other}, 200},
		{"a part", []string{tag[:8] + `"`}, 200},
		{"without quotes", []string{strings.Trim(tag, `"`)}, 200},
		{"in capitals", []string{strings.ToUpper(tag)}, 200},
		{"a star in quotes", []string{`"*"`}, 200},
		{"a weak sign alone", []string{"W/"}, 200},
		{"a weak sign in small", []string{"w/" + tag}, 200},
		{"it", []string{tag}, 304},
		{"it, weak", []string{"W/" + tag}, 304},
		{"a star", []string{"*"}, 304},
		{"in a list", []string{other + ", " + tag}, 304},
		{"in a list without space", []string{other + "," + tag + "," + other}, 304},
		{"weak, in a list with much space", []string{other + " ,\t W/" + tag + " "}, 304},
		{"in a further field", []string{other, tag}, 304},
		{"a list without it", []string{other + ", W/" + other, `"x"`}, 200},
	}
	for _, row := range rows {
		if got := ask("GET", "", "any.example", row.known...); got.Code != row.want || got.Header().Get("ETag") != tag {
			t.Errorf("%s: %q: got %d, tag %s, want %d, tag %s", row.name, row.known, got.Code, got.Header().Get("ETag"), row.want, tag)
		}
	}
}

// TestAnyAddress is one text in the document, whatever is in it, and has a tag of its own.
func TestAnyAddress(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.OneOf(
			rapid.SampledFrom([]string{`"}],"paths":{},"x":[{"y":"`, "\x00\n\\", "<script>", "\xff", "$1${2}", "\u2028"}), rapid.String(),
		).Draw(t, "host")
		w := ask("GET", "", host)
		var got struct {
			Servers []struct{ URL string }
			Paths   map[string]any
			X       string
		}
		err := json.Unmarshal(w.Body.Bytes(), &got)
		want := "http://" + strings.ToValidUTF8(host, "\ufffd")
		if err != nil || len(got.Servers) != 1 || got.Servers[0].URL != want || got.Paths == nil || got.X != "https://idv.example.com" {
			t.Errorf("%q: got %s (%v), want the document with this host", host, w.Body, err)
		}
		again := ask("GET", "", host).Header().Get("ETag") == w.Header().Get("ETag")
		if other := ask("GET", "", host+"x").Header().Get("ETag"); !again || other == w.Header().Get("ETag") {
			t.Errorf("%q: the tag is the same again: %t, and that of another host is %s", host, again, other)
		}
	})
}

// TestTheServerIsTheClientsAddress, with what was stripped from its path.
func TestTheServerIsTheClientsAddress(t *testing.T) {
	t.Parallel()
	handler := http.StripPrefix("/idv", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		openapi.Serve(w, r, text, "https://public.example")
	}))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/idv/v1/openapi.json", nil))
	if want := `"servers": [{"url": "https://public.example/idv"}]`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("got %s, want %s", w.Body, want)
	}
}

func BenchmarkServe(b *testing.B) {
	document := text + strings.Repeat(" ", 100_000)
	r := httptest.NewRequest("GET", "/v1/openapi.json", nil)
	b.ReportAllocs()
	for b.Loop() {
		openapi.Serve(httptest.NewRecorder(), r, document, "https://public.example")
	}
}
