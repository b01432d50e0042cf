package veriff

import (
	"net/http"
	"slices"
	"strings"
)

// handler answers one request, or says why not.
type handler func(*exchange) error

// route is one endpoint.
type route struct {
	method string
	path   string // as net/http's ServeMux has it, without the method
	handle handler
	// page is the vendor's page about it; empty: the vendor has none.
	page string
	// differs says in which way this is not the vendor's, and why, for the README; empty: in none that is known.
	differs string
}

const vendorPages = "https://devdocs.veriff.com/apidocs/"

// routes is the API. The mux, the OpenAPI document's test and the README's table read it.
var routes = []route{
	{http.MethodPost, "/v1/sessions", createSession, "v1sessions",
		"the token's `exp` is the session's end, which a late resubmission moves"},
	{http.MethodGet, "/v1/sessions/{id}", readSession, "",
		"the vendor has no page of it; it answers what the submission answers, with the present status"},
	{http.MethodPatch, "/v1/sessions/{id}", updateSession, "v1sessionsid-2",
		"it may be submitted again after a request for resubmission; the answer has `endUserId` too"},
	{http.MethodDelete, "/v1/sessions/{id}", deleteSession, "v1sessionsid-3",
		"the webhook of an expiry by deletion has null for `vendorData` and `endUserId`, as it outlives the data"},
	{http.MethodPost, "/v1/sessions/{id}/collected-data", collectData, "v1sessionsidcollected-data-1",
		"the form of the answer is not published: `sessionId` and `attemptId` stand beside `status`"},
	{http.MethodPost, "/v1/sessions/{id}/media", uploadMedia, "v1sessionsidmedia-3",
		"the wrapper of chip data is not published: it is `nfcDocument`, in the request and in the answer"},
	{http.MethodGet, "/v1/sessions/{id}/media", listMedia, "v1sessionsidmedia-2",
		"in the order of upload: nothing here judges the quality of pictures"},
	{http.MethodPost, "/v1/validate-registry", validateRegistry, "v1validate-registry",
		"the form of the answer is not published: it is the one of a creation, or, synchronously, of the decision"},
	{http.MethodGet, "/v1/sessions/{id}/decision", readDecision, "v1sessionsiddecision-1", ""},
	{http.MethodGet, "/v1/sessions/{id}/decision/fullauto", readFullAuto, "",
		"the vendor has no page of it; `person` and `document` have what the decider gave with its confidence"},
	{http.MethodGet, "/v1/sessions/{id}/person", readPerson, "v1sessionsidperson-1",
		"`id` is one of this session and not of the person in other sessions"},
	{http.MethodGet, "/v1/sessions/{id}/watchlist-screening", readScreening, "v1sessionsidwatchlist-screening-1",
		"the lists are the host's; the body of 202 is not published: `data` is null"},
	{http.MethodGet, "/v1/sessions/{id}/attempts", listAttempts, "v1sessionsidattempts-1", ""},
	{http.MethodGet, "/v1/sessions/{id}/timestamps", listTimestamps, "",
		"given up by the vendor; `signature` is the HMAC of the hash"},
	{http.MethodGet, "/v1/attempts/{id}/media", listAttemptMedia, "v1attemptsidmedia-1",
		"in the order of upload"},
	{http.MethodGet, "/v1/media/{id}", downloadMedia, "v1mediaid-1", ""},
	{http.MethodGet, "/v1/openapi.json", showOpenAPI, "", "the vendor has none; it needs no key"},
	{http.MethodGet, "/v/{token}", showPage, "", "the person's page: it says where the session stands, and takes no photographs"},
	{http.MethodPost, "/v/{token}", startByPage, "", "the button of the page: it starts the session"},
}

// spellings are further paths of an endpoint, beside the one in its route.
var spellings = map[string]string{
	"/v1/sessions":          "/v1/sessions/{$}",
	"/v1/validate-registry": "/v1/sessions/validate-registry",
}

// forBrowsers are the paths that pages of any origin may call.
var forBrowsers = []string{"/v1/sessions"}

// methods are the handlers of one path, by method.
type methods map[string]handler

// byPath is the table as the mux wants it.
func byPath() map[string]methods {
	paths := map[string]methods{"/": nil}
	for _, r := range routes {
		if paths[r.path] == nil {
			paths[r.path] = methods{}
		}
		paths[r.path][r.method] = r.handle
		if slices.Contains(forBrowsers, r.path) {
			paths[r.path][http.MethodOptions] = preflight
		}
	}
	for path, other := range spellings {
		paths[other] = paths[path]
	}
	return paths
}

// allowed is the value of the header field Allow.
func (m methods) allowed() string {
	var names []string
	for name := range m {
		names = append(names, name)
		if name == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
