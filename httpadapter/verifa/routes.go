package verifa

import "slices"

// handler answers one request, or says why not.
type handler func(*exchange) error

// route is one endpoint.
type route struct {
	method string
	path   string // as net/http's ServeMux has it, without the method
	handle handler
	// scopes are those of which a key needs one. Nil: the endpoint needs no key, as its address is a credential.
	scopes []string
	// public says that pages may call it, and publishable keys.
	public bool
	// quota says that a creation's quota is told beside the rate.
	quota bool
	// does says in a phrase what it is for, for the package's documentation.
	does string
	// page is the vendor's page about it, below its address; empty: the vendor has none.
	page string
	// differs says in which way this is not the vendor's, or that its path or form is our own, and why, for the README;
	// empty: in none that is known.
	differs string
}

const vendorPages = "https://docs.withverifa.com/"

// routes is the API. The mux, the OpenAPI document's test, the package's documentation and the README's table
// read it.
var routes = slices.Concat(
	sessionRoutes, tagRoutes, linkRoutes, documentRoutes, resultRoutes, workflowRoutes, privacyRoutes, sandboxRoutes, captureRoutes,
	caseRoutes, identityRoutes, webhookRoutes, eventRoutes, metaRoutes,
)

// endpoints are those of one path, by method.
type endpoints map[string]route

// byPath is the table as the mux wants it.
func byPath() map[string]endpoints {
	paths := map[string]endpoints{"/": nil}
	for _, r := range routes {
		if paths[r.path] == nil {
			paths[r.path] = endpoints{}
		}
		paths[r.path][r.method] = r
	}
	return paths
}

// forBrowsers reports whether pages may call one of them.
func (e endpoints) forBrowsers() bool {
	for _, r := range e {
		if r.public {
			return true
		}
	}
	return false
}
