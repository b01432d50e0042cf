package openapitest

import (
	"net/http"
	"strings"
	"testing"
)

// Notices sees that [Contract.Check] minds what want says about an answer to a request; empty: it minds nothing.
func (c *Contract) Notices(t testing.TB, name string, r *http.Request, sent string, got Answer, want string) {
	t.Helper()
	err := c.Check(r, r.URL.EscapedPath(), []byte(sent), got)
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: got %v, want %q", name, err, want)
	}
}
