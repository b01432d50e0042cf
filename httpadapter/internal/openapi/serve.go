package openapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/mount"
)

// placeholder is how a text names its server, once.
const placeholder = `"https://idv.example.com"`

// Serve answers r with a document, to whose text the server is [mount.URL] of publicURL and r instead of
// "https://idv.example.com". The answer is 200, or 304 without a body where If-None-Match has its tag. It may be read
// by pages of any origin, and stored by who asks; not for others, who may come here by another address. It is the same
// for every client of one address, whatever else the request says.
func Serve(w http.ResponseWriter, r *http.Request, text, publicURL string) {
	server, _ := jsontext.Stringify(mount.URL(publicURL, r)) // any string is a text in JSON
	body := strings.Replace(text, placeholder, string(server), 1)
	sum := sha256.Sum256([]byte(body))
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`

	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("ETag", tag)
	if hasCopy(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte(body)) // a client that has gone is nobody to tell
}

// hasCopy reports whether the client has what the tag stands for: RFC 9110, section 13.1.2.
func hasCopy(ifNoneMatch []string, tag string) bool {
	for _, field := range ifNoneMatch {
		for known := range strings.SplitSeq(field, ",") {
			known = strings.TrimPrefix(strings.TrimSpace(known), "W/")
			if known == tag || known == "*" {
				return true
			}
		}
	}
	return false
}
