package mount_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/mount"
)

// TestURL: under whatever prefix, with a public address and without.
func TestURL(t *testing.T) {
	t.Parallel()
	rows := []struct{ public, target, prefix, want string }{
		{"", "http://any.example/v1/x", "", "http://any.example"},
		{"", "https://any.example/v1/x", "", "https://any.example"},
		{"", "https://any.example:8443/idv/v1/x?y=1", "/idv", "https://any.example:8443/idv"},
		{"", "http://any.example/a/b/v1/x", "/a/b", "http://any.example/a/b"},
		{"", "http://any.example/idv/v1/%2F", "/idv", "http://any.example/idv"},
		{"https://idv.example.com", "http://10.0.0.1/v1/x", "", "https://idv.example.com"},
		{"https://idv.example.com", "http://10.0.0.1/idv/v1/x", "/idv", "https://idv.example.com/idv"},
		{"https://example.com/stripped", "http://10.0.0.1/idv/v1/x", "/idv", "https://example.com/stripped/idv"},
	}
	for _, row := range rows {
		var got string
		handler := http.StripPrefix(row.prefix, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = mount.URL(row.public, r)
		}))
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", row.target, nil))
		if got != row.want {
			t.Errorf("%s under %q, publicly %q: got %s, want %s", row.target, row.prefix, row.public, got, row.want)
		}
	}
}

// TestURLOfOddRequests: a request line may have the whole address; one that says nothing of a prefix has none.
func TestURLOfOddRequests(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"https://any.example/v1/x", "/v1/x", "/elsewhere", "\n", ""} {
		r := httptest.NewRequest("GET", "https://any.example/v1/x", nil)
		r.RequestURI = line
		if got := mount.URL("", r); got != "https://any.example" {
			t.Errorf("%q: got %s, want https://any.example", line, got)
		}
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	const noAddress = "Config.PublicURL is not an http or https address"
	const tooMuch = "Config.PublicURL has more than scheme, host and path"
	rows := []struct{ name, text, want string }{
		{"none", "", ""},
		{"https", "https://idv.example.com", ""},
		{"http with port and path", "http://localhost:8080/idv/", ""},
		{"no scheme", "idv.example.com", noAddress},
		{"another scheme", "ftp://idv.example.com", noAddress},
		{"no host", "https:///idv", noAddress},
		{"not a URL", "https://[::1", noAddress},
		{"a query", "https://idv.example.com?a", tooMuch},
		{"an empty query", "https://idv.example.com?", tooMuch},
		{"a fragment", "https://idv.example.com#a", tooMuch},
		{"a user", "https://me@idv.example.com", tooMuch},
	}
	for _, row := range rows {
		if got := mount.Fault(row.text); got != row.want {
			t.Errorf("%s: %s: got %q, want %q", row.name, row.text, got, row.want)
		}
	}
}

// TestIsClean: exactly the paths that a mux does not redirect are clean.
func TestIsClean(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	rapid.Check(t, func(t *rapid.T) {
		p := "/" + rapid.StringMatching(`(/|\.|a){0,8}`).Draw(t, "path")
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: p}
		mux.ServeHTTP(w, r)
		if want := w.Code == http.StatusOK; mount.IsClean(p) != want {
			t.Errorf("%s: got %t, and the mux answers %d", p, !want, w.Code)
		}
	})
}
