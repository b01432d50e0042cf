package examples_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// documents are where the two languages describe themselves.
var documents = []string{"/api/v1/openapi.json", "/v1/openapi.json"}

// grounded are the endpoints to which no flight goes, with why.
var grounded = map[string]string{}

// endpoint is a method and a path as a document has it.
type endpoint struct{ method, path string }

func (e endpoint) String() string { return e.method + " " + e.path }

// itinerary knows every endpoint of both languages, from their own documents, and to which a flight went.
type itinerary struct {
	endpoints []endpoint
	mux       *http.ServeMux
	flown     map[string]string // by endpoint: the address at which it was served last
}

// readDocuments makes the itinerary.
func (a *aviary) readDocuments() {
	a.t.Helper()
	a.itinerary = &itinerary{mux: http.NewServeMux(), flown: map[string]string{}}
	for _, at := range documents {
		_, text := a.send(a.request("GET", at, ""))
		var document struct{ Paths map[string]map[string]any }
		ok(a.t, json.Unmarshal([]byte(text), &document))
		if len(document.Paths) < 10 {
			a.t.Fatalf("%s has %d paths only", at, len(document.Paths))
		}
		for path, methods := range document.Paths {
			for method := range methods {
				if method == "parameters" {
					continue // of all of them
				}
				e := endpoint{strings.ToUpper(method), path}
				a.endpoints = append(a.endpoints, e)
				a.mux.Handle(patternOf(e), http.NotFoundHandler())
			}
		}
	}
	slices.SortFunc(a.endpoints, func(x, y endpoint) int { return strings.Compare(x.path+x.method, y.path+y.method) })
}

// patternOf is an endpoint as net/http's mux has it.
func patternOf(e endpoint) string {
	if strings.HasSuffix(e.path, "/") {
		return e.String() + "{$}"
	}
	return e.String()
}

// visited notes that a request was served.
func (i *itinerary) visited(r *http.Request) {
	_, pattern := i.mux.Handler(r)
	i.flown[pattern] = r.URL.RequestURI()
}

// missed fails the test for every endpoint at which no request was served, and for every excuse that is none.
func (a *aviary) missed() {
	a.t.Helper()
	for _, e := range a.endpoints {
		_, flown := a.flown[patternOf(e)]
		if why := grounded[e.String()]; flown == (why != "") {
			a.t.Errorf("%s: served %t, and the excuse is %q", e, flown, why)
		}
	}
}

// flyDocuments reads what the languages say of themselves.
func (a *aviary) flyDocuments() {
	a.t.Helper()
	for _, at := range documents {
		a.want(http.StatusOK, a.page("GET", at, ""))
	}
}
