package veriff

import (
	"net/http"
	"slices"
)

// handler answers one request, or says why not.
type handler func(*exchange) error

// route is one endpoint.
type route struct {
	method string
	path   string // as net/http's ServeMux has it, without the method
	handle handler
	// does says in a phrase what it is for, for the package's documentation.
	does string
	// page is the vendor's page about it; empty: the vendor has none.
	page string
	// needs says on what it depends that it can be used, for the README; empty: on nothing.
	needs string
	// differs says in which way this is not the vendor's, and why, for the README; empty: in none that is known.
	differs string
}

const vendorPages = "https://devdocs.veriff.com/apidocs/"

// routes is the API. The mux, the OpenAPI document's test, the package's documentation and the README's table
// read it.
var routes = []route{
	{method: http.MethodPost, path: "/v1/sessions", handle: createSession,
		does:    "creates a session; needs no signature, and browsers may call it",
		page:    "v1sessions",
		differs: "the token's `exp` is the session's end, which a late resubmission moves"},
	{method: http.MethodGet, path: "/v1/sessions/{id}", handle: readSession,
		does:    "where it stands",
		differs: "the vendor has no page of it; it answers what the submission answers, with the present status"},
	{method: http.MethodPatch, path: "/v1/sessions/{id}", handle: updateSession,
		does:    "submits it",
		page:    "v1sessionsid-2",
		differs: "it may be submitted again after a request for resubmission; the answer has `endUserId` too"},
	{method: http.MethodDelete, path: "/v1/sessions/{id}", handle: deleteSession,
		does:    "deletes it",
		page:    "v1sessionsid-3",
		needs:   "with `Policy.Deletion`",
		differs: "the webhook of an expiry by deletion has null for `vendorData` and `endUserId`, as it outlives the data"},
	{method: http.MethodPost, path: "/v1/sessions/{id}/collected-data", handle: collectData,
		does:    "takes what the host knows about the person's device",
		page:    "v1sessionsidcollected-data-1",
		needs:   "before a submission",
		differs: "the form of the answer is not published: `sessionId` and `attemptId` stand beside `status`"},
	{method: http.MethodPost, path: "/v1/sessions/{id}/media", handle: uploadMedia,
		does:    "uploads a picture, a PDF or chip data",
		page:    "v1sessionsidmedia-3",
		needs:   "before a submission",
		differs: "the wrapper of chip data is not published: it is `nfcDocument`; base64 must be of the standard alphabet, with its padding"},
	{method: http.MethodGet, path: "/v1/sessions/{id}/media", handle: listMedia,
		does:    "lists what the newest attempt has",
		page:    "v1sessionsidmedia-2",
		differs: "in the order of upload: nothing here judges the quality of pictures"},
	{method: http.MethodPost, path: "/v1/validate-registry", handle: validateRegistry,
		does:    "has a registry asked about a person; needs no signature",
		page:    "v1validate-registry",
		needs:   "with `Policy.Registry`; synchronously, with `Policy.RegistrySync`",
		differs: "the form of the answer is not published: it is the one of a creation; asked by a host that begins with `sync-api.`, with a signature, it is that of the decision"},
	{method: http.MethodGet, path: "/v1/sessions/{id}/decision", handle: readDecision,
		does: "what was concluded; null as long as nothing is",
		page: "v1sessionsiddecision-1"},
	{method: http.MethodGet, path: "/v1/sessions/{id}/decision/fullauto", handle: readFullAuto,
		does:    "the same, with how sure the decider is of each field",
		differs: "the vendor has no page of it; `person` and `document` have what was read, with the decider's confidence where it gave one; the one `version` is 1.0.0"},
	{method: http.MethodGet, path: "/v1/sessions/{id}/person", handle: readPerson,
		does:    "who the person is, by the documents or by the host's word",
		page:    "v1sessionsidperson-1",
		differs: "`id` is one of this session and not of the person in other sessions"},
	{method: http.MethodGet, path: "/v1/sessions/{id}/watchlist-screening", handle: readScreening,
		does:    "on which lists the person was found",
		page:    "v1sessionsidwatchlist-screening-1",
		needs:   "with `Policy.Screening`",
		differs: "the lists are the host's; the body of 202 is not published: `data` is null"},
	{method: http.MethodGet, path: "/v1/sessions/{id}/attempts", handle: listAttempts,
		does: "lists the attempts",
		page: "v1sessionsidattempts-1"},
	{method: http.MethodGet, path: "/v1/sessions/{id}/timestamps", handle: listTimestamps,
		does:    "when each medium came, with its hash",
		differs: "given up by the vendor; `signature` is the HMAC of the hash"},
	{method: http.MethodGet, path: "/v1/attempts/{id}/media", handle: listAttemptMedia,
		does:    "lists what any attempt has",
		page:    "v1attemptsidmedia-1",
		differs: "in the order of upload"},
	{method: http.MethodGet, path: "/v1/media/{id}", handle: downloadMedia,
		does: "downloads a picture, a PDF, a film or chip data",
		page: "v1mediaid-1"},
	{method: http.MethodGet, path: "/v1/openapi.json", handle: showOpenAPI,
		does:    "describes the API, in OpenAPI 3.1; needs no key",
		differs: "the vendor has none"},
	{method: http.MethodGet, path: "/v/{token}", handle: showPage,
		does:    "the page behind a session's link, for the person",
		differs: "the person's page: it says where the session stands, and takes no photographs"},
	{method: http.MethodPost, path: "/v/{token}", handle: startByPage,
		does:    "its button, which starts the session",
		differs: "the button of the page: it starts the session"},
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
