package verifa

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/mount"
)

// openAPIText is the description of the API and of the webhooks in OpenAPI 3.1. A test keeps its words, its
// paths and the handlers' answers equal.
//
//go:embed openapi.json
var openAPIText string

// openAPIServer is how the text names its server.
const openAPIServer = `"https://idv.example.com"`

// showOpenAPI answers the document with the address under which the client has come here as its server. It may be read
// by pages of any origin, and stored by who asks; not for others, who may come here by another address. It is the same
// whatever Key-Inflection asks for.
func showOpenAPI(x *exchange) error {
	server, err := jsontext.Stringify(mount.URL(x.PublicURL, x.r))
	if err != nil {
		return err
	}
	body := strings.Replace(openAPIText, openAPIServer, string(server), 1)
	sum := sha256.Sum256([]byte(body))
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`

	h := x.w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("ETag", tag)
	x.sent = true
	if hasCopy(x.r.Header.Values("If-None-Match"), tag) {
		x.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	x.w.WriteHeader(http.StatusOK)
	_, _ = x.w.Write([]byte(body)) // a client that has gone is nobody to tell
	return nil
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
