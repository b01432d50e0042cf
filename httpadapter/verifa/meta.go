package verifa

import "net/http"

var metaRoutes = []route{
	{method: http.MethodGet, path: "/api/v1/openapi.json", handle: showOpenAPI,
		does:    "describes the API, in OpenAPI 3.1; needs no key",
		differs: "the vendor's is not known"},
}
