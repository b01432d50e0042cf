package openapitest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// IsServed sees that an answer is the document with that server, for anyone to read and for the client alone to keep.
func (c *Contract) IsServed(t testing.TB, server string, got Answer) {
	t.Helper()
	want := strings.Replace(c.Text, "https://idv.example.com", server, 1)
	if got.Status != http.StatusOK || got.Body != want {
		t.Errorf("%s: got %d and %d bytes, want the file with this server, %d bytes", server, got.Status, len(got.Body), len(want))
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", "Cache-Control": "private, max-age=300",
		"X-Content-Type-Options": "nosniff",
	} {
		if v := got.Header.Get(name); v != want {
			t.Errorf("%s: got %s %q, want %q", server, name, v, want)
		}
	}
}

// IsSentOnce sees that a client which has the document is not sent it again, and gives its tag. Ask asks for the
// document over HTTP, with that If-None-Match.
func IsSentOnce(t testing.TB, ask func(method, ifNoneMatch string) Answer) (tag string) {
	t.Helper()
	tag = ask("GET", "").Header.Get("ETag")
	for _, row := range []struct {
		method, known string
		status        int
	}{
		{"GET", "", 200}, {"GET", `"another"`, 200}, {"GET", tag[:min(8, len(tag))] + `"`, 200}, {"GET", strings.Trim(tag, `"`), 200},
		{"GET", tag, 304}, {"GET", "W/" + tag, 304}, {"GET", `"another", ` + tag, 304}, {"GET", "*", 304},
		{"HEAD", "", 200}, {"HEAD", tag, 304},
	} {
		got := ask(row.method, row.known)
		if got.Status != row.status || got.Header.Get("ETag") != tag || (got.Body != "") != (row.method == "GET" && row.status == 200) {
			t.Errorf("%s with %q: got %d, tag %s and %d bytes, want %d and tag %s",
				row.method, row.known, got.Status, got.Header.Get("ETag"), len(got.Body), row.status, tag)
		}
	}
	return tag
}

// IsSafeFromHosts sees that whatever the Host header says is one text in the document that a handler without
// Config.PublicURL serves.
func (c *Contract) IsSafeFromHosts(t testing.TB, handler http.Handler, path string) {
	t.Helper()
	for _, host := range []string{`"}],"paths":{},"x":[{"y":"`, "\x00\n\\", "<script>", "\xff", "$1${2}"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var got struct {
			Servers []struct{ URL string }
			Paths   map[string]any
		}
		err := json.Unmarshal(w.Body.Bytes(), &got)
		want, paths := "http://"+strings.ToValidUTF8(host, "\ufffd"), len(c.Document["paths"].(map[string]any))
		if err != nil || len(got.Paths) != paths || len(got.Servers) != 1 || got.Servers[0].URL != want {
			t.Errorf("%q: got servers %q and %d paths (%v), want the host and %d paths", host, got.Servers, len(got.Paths), err, paths)
		}
	}
}
