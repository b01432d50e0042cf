package verifa_test

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// notPersonal are the readings that the audit log does not have, and why.
var notPersonal = map[string]string{
	"/api/v1/cases":                   "a case is of the review, and nothing in it is about the person",
	"/api/v1/cases/{id}":              "a case is of the review, and nothing in it is about the person",
	"/api/v1/workflows":               "a workflow is about nobody",
	"/api/v1/workflows/{id}":          "a workflow is about nobody",
	"/api/v1/workflows/{id}/versions": "a workflow is about nobody",
	"/api/v1/verification-policies":   "they are the same for all",
	"/api/v1/openapi.json":            "it is the same for all",
	endpoints:                         "an endpoint is about nobody",
	endpoints + "/{id}":               "an endpoint is about nobody",
	endpoints + "/event-types":        "they are the same for all",
	endpoints + "/{id}/deliveries":    "what was sent is not shown, but when, and how it was answered",
	"/api/v1/events":                  "the audit log holds nothing about a person",
	"/api/v1/events/{id}":             "the audit log holds nothing about a person",
}

// reading is what the audit log has to say of one: what was done, to which kind of thing.
func reading(path string) (what, resource string) {
	switch {
	case path == "/api/v1/identities/{id}":
		return "api.identity.read", "identity"
	case path == "/api/v1/identities/{id}/export":
		return "api.identity.export", "identity"
	case !strings.Contains(path, "{"), path == "/api/v1/identities/{id}/sessions":
		return "api.sessions.list", session.ResourceSession
	case strings.HasSuffix(path, "/export"):
		return string(session.EventExported), session.ResourceSession
	}
	return string(session.EventRead), session.ResourceSession
}

// reader is as whom a call is written down.
func reader(c call) session.About {
	switch {
	case c.key != "":
		kind, _, _ := strings.Cut(c.key, "ours")
		return session.About{Actor: "api_key:" + kind + "ours", IP: "127.0.0.1"}
	case strings.HasPrefix(c.path, "/verify/"):
		return session.About{Actor: "capture_token"} // where the person is, is about the person
	}
	return session.About{Actor: "signed_link", IP: "127.0.0.1", What: "id_front"}
}

// TestEveryReadingIsWrittenDown: whoever reads what is about a person adds one line to the audit log, which
// says who has read what, and how; a list adds one for all sessions that it shows; and other readings add
// none. What is new is taken to be about a person, until it stands in notPersonal.
func TestEveryReadingIsWrittenDown(t *testing.T) {
	for path := range notPersonal {
		if !slices.ContainsFunc(verifa.Endpoints(), func(e verifa.Endpoint) bool { return e.Method == "GET" && e.Path == path }) {
			t.Errorf("%s is said to be about nobody, and there is no such reading", path)
		}
	}
	eachEndpoint(t, func() setup { return setup{} }, func(h *stage, e verifa.Endpoint, c call) {
		if e.Method != http.MethodGet {
			return
		}
		engine := h.engine.For(sandboxID)
		if c.key == liveKey {
			engine = h.engine.For(liveID)
		}
		log := func() []session.Audited { return must(engine.Events(t.Context(), session.AuditList{N: 1000})).Audited }
		before := map[uuid.UUID]bool{}
		for _, a := range log() {
			before[a.ID] = true
		}
		h.call(c).want(http.StatusOK)
		added := slices.DeleteFunc(log(), func(a session.Audited) bool { return before[a.ID] })
		if why, ok := notPersonal[e.Path]; ok {
			if len(added) != 0 {
				h.Errorf("got %+v in the audit log, want nothing: %s", added, why)
			}
			return
		}
		is := must(engine.Get(t.Context(), must(engine.List(t.Context(), session.List{N: 1}))[0].ID))
		person, _ := engine.Identity(t.Context(), uuid.Nil, "user_17") // not all are known
		what, resource := reading(e.Path)
		id := map[string]string{
			"identity": person.ID.String(), "api.sessions.list": "ses_" + strings.ReplaceAll(is.ID.String(), "-", ""),
		}
		if what == "api.identity.export" { // that of each session is written down as one of its own
			added = slices.DeleteFunc(added, func(a session.Audited) bool { return a.What == string(session.EventExported) })
		}
		want := reader(c)
		want.Method, want.Path = "GET", e.Path
		if len(added) != 1 || added[0].What != what || added[0].Resource != resource || added[0].About != want ||
			added[0].ResourceID != cmp.Or(id[what], id[resource], is.ID.String()) {
			h.Errorf("got %+v in the audit log, want one line of %s of the %s of %s, by %+v", added, what, resource, is.ID, want)
		}
	})
}
