package veriff

import (
	"net/http"
	"net/url"
	"strings"
)

// host is the address under which the client reaches this handler, without a slash at its end.
func (x *exchange) host() string {
	base := x.publicURL
	if base == "" {
		scheme := "http"
		if x.r.TLS != nil {
			scheme = "https"
		}
		base = scheme + "://" + x.r.Host
	}
	return base + prefix(x.r)
}

// prefix is what was stripped from the path on its way here: the part of the path as it came that is not in the
// path as it is now.
func prefix(r *http.Request) string {
	came, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return ""
	}
	stripped, ok := strings.CutSuffix(came.EscapedPath(), r.URL.EscapedPath())
	if !ok {
		return ""
	}
	return stripped
}
