package verifa_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// TestDocumentLinkOpensNothingElse: neither by another method, nor as the credential of any other endpoint.
func TestDocumentLinkOpensNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	h.upload(liveKey, id, "selfie").want(http.StatusCreated)
	link := h.link(id, "selfie")
	path, query, _ := strings.Cut(link, "?")
	before := h.kept(id)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		h.do(method, link, noKey, nil).refused(http.StatusUnauthorized, "unauthorized")
		h.do(method, link, liveKey, nil).refused(http.StatusMethodNotAllowed, "method_not_allowed")
	}
	if after := h.kept(id); !reflect.DeepEqual(after, before) {
		t.Errorf("the session was changed: got\n%+v\nwant\n%+v", after, before)
	}
	tried := 0
	for _, e := range verifa.Endpoints() {
		if len(e.Scopes) == 0 || !strings.HasPrefix(e.Path, "/api/v1/sessions") {
			continue
		}
		tried++
		h.do(e.Method, strings.Replace(e.Path, "{id}", id, 1)+"?"+query, noKey, nil).refused(http.StatusUnauthorized, "unauthorized")
	}
	if tried < 20 {
		t.Errorf("only %d endpoints were tried", tried)
	}
	h.do("GET", path+"?"+query, noKey, nil).want(http.StatusOK)
}

// TestDocumentLinkOfWhatIsGone: what is replaced, deleted, redacted or its identity's is answered as a wrong signature.
func TestDocumentLinkOfWhatIsGone(t *testing.T) {
	t.Parallel()
	const want = `{"error":"forbidden","detail":"The link is not valid.","status_code":403}`
	for name, lose := range map[string]func(*house, string){
		"replaced": func(h *house, id string) {
			h.clock.Add(time.Second)
			h.send(liveKey, id, field{"document_type", "selfie"}, field{"file", jpeg}).want(http.StatusCreated)
		},
		"deleted": func(h *house, id string) {
			_ = must(h.engine.Delete(h.Context(), sessionID(id)))
		},
		"redacted": func(h *house, id string) {
			h.do("DELETE", "/api/v1/sessions/"+id+"/data", liveKey, nil).want(http.StatusOK)
		},
		"redacted among others": func(h *house, id string) {
			h.do("POST", "/api/v1/sessions/bulk-redact", liveKey, map[string][]string{"session_ids": {id}}).want(http.StatusOK)
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{policy: func(p *session.Policy) { p.Deletion = true }})
			id := h.create(liveKey, nil)
			h.upload(liveKey, id, "selfie").want(http.StatusCreated)
			link := h.link(id, "selfie")
			export := strings.TrimPrefix(h.do("GET", "/api/v1/sessions/"+id+"/export", liveKey, nil).want(http.StatusOK).
				text("documents.0.download_url"), "https://api.example")
			for _, l := range []string{link, export} {
				h.do("GET", l, noKey, nil).want(http.StatusOK)
			}
			lose(h, id)
			if got := h.do("GET", link, noKey, nil); got.status != http.StatusForbidden || got.body != want {
				t.Errorf("a link of the list: got %d %s, want 403 %s", got.status, got.body, want)
			}
			if got := h.do("GET", export, noKey, nil); got.status != http.StatusForbidden || got.body != want {
				t.Errorf("a link of an export: got %d %s, want 403 %s", got.status, got.body, want)
			}
		})
	}
}
