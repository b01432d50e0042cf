package verifa

import (
	_ "embed"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi"
)

// openAPIText is the description of the API and of the webhooks in OpenAPI 3.1. A test keeps its words, its
// paths and the handlers' answers equal.
//
//go:embed openapi.json
var openAPIText string

// showOpenAPI answers the document with the address under which the client has come here as its server. It is the same
// whatever Key-Inflection asks for.
func showOpenAPI(x *exchange) error {
	x.sent = true
	openapi.Serve(x.w, x.r, openAPIText, x.PublicURL)
	return nil
}
