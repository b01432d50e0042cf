package mount

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// URL is the address under which the client of r reaches the handler, without a slash at its end: publicURL, which
// has none either, with what [http.StripPrefix] has taken off the path. Where publicURL is empty, the scheme is that
// of the connection and the host what the request's Host header says, which whoever sends the request can choose.
func URL(publicURL string, r *http.Request) string {
	if publicURL == "" {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		publicURL = scheme + "://" + r.Host
	}
	return publicURL + prefix(r)
}

// prefix is what was stripped from the path on its way here: the part of the path as it came that is not in the
// path as it is now.
func prefix(r *http.Request) string {
	if r.RequestURI == r.URL.Path {
		return "" // as a rule, and then nothing was stripped
	}
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

// Fault says what is wrong with a host's Config.PublicURL; empty: nothing, as with an empty one. An address is of
// http or https, and has nothing but scheme, host and path.
func Fault(publicURL string) string {
	if publicURL == "" {
		return ""
	}
	u, err := url.Parse(publicURL)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "Config.PublicURL is not an http or https address"
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return "Config.PublicURL has more than scheme, host and path"
	}
	return ""
}

// IsClean reports whether p is the shortest spelling of a path, with a slash at its end or without. Any other
// [http.ServeMux] answers with a redirection in HTML.
func IsClean(p string) bool {
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return p == clean
}
