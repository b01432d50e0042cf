package mount

import (
	"net/http"
	"slices"
	"strings"
)

// Method is the one that answers r: whatever answers GET answers HEAD, as net/http leaves the body out.
func Method(r *http.Request) string {
	if r.Method == http.MethodHead {
		return http.MethodGet
	}
	return r.Method
}

// Allow is the value of the header field Allow for a path that has something for each of these methods, and for what
// [Method] adds to them.
func Allow[H any](byMethod map[string]H) string {
	var names []string
	for name := range byMethod {
		names = append(names, name)
		if name == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
