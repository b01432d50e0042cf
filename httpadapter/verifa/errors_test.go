package verifa_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// TestErrorBodies are one form, in snake_case whatever was asked for, with the status in them.
func TestErrorBodies(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, nil)
	path := "/api/v1/sessions/" + id
	for _, row := range []struct{ method, path, key, body, want string }{
		{"GET", "/api/v1/sessions/x", liveKey, "", `{"error":"not_found","detail":"Session not found.","status_code":404}`},
		{"GET", "/api/v1/x", liveKey, "", `{"error":"not_found","detail":"Not found.","status_code":404}`},
		{"GET", "/", liveKey, "", `{"error":"not_found","detail":"Not found.","status_code":404}`},
		{"GET", "/api/v1/sessions/", liveKey, "", `{"error":"not_found","detail":"Not found.","status_code":404}`},
		{"GET", "/api/v1/sessions/../sessions", liveKey, "", `{"error":"not_found","detail":"Not found.","status_code":404}`},
		{"GET", "/api/v1/sessions", noKey, "", `{"error":"unauthorized","detail":"Missing or invalid API key.","status_code":401}`},
		{"GET", path + "/result", liveKey, "", `{"error":"not_found","detail":"No result yet","status_code":404}`},
		{"GET", path + "/workflow-run", liveKey, "", `{"error":"not_found","detail":"No workflow run yet.","status_code":404}`},
		{"PUT", "/api/v1/sessions", liveKey, "", `{"error":"method_not_allowed","detail":"Method not allowed.","status_code":405}`},
		{"POST", path + "/reprocess", liveKey, "", `{"error":"conflict","detail":"Not possible while the session is pending.","status_code":409}`},
		{"POST", path + "/external-decision", liveKey, `{"decision":"continue"}`, `{"error":"conflict","detail":"Not possible while the session is pending.","status_code":409}`},
		{"POST", path + "/simulate", liveKey, `{"action":"approve"}`, `{"error":"forbidden","detail":"Only sandbox sessions can be simulated.","status_code":403}`},
		{"POST", path + "/submit", liveKey, "", `{"error":"validation_error","detail":[{"field":"id_front","message":"is missing"}],"status_code":422}`},
		{"POST", "/api/v1/sessions", liveKey, `{"country":"EST"}`, `{"error":"validation_error","detail":[{"field":"country","message":"must be the two letters of a country in ISO 3166-1, as EE"}],"status_code":422}`},
		{"POST", "/api/v1/sessions", liveKey, `[]`, `{"error":"invalid_request","detail":"The body must be a JSON object.","status_code":400}`},
		{"POST", "/api/v1/sessions", liveKey, `{"a":}`, `{"error":"invalid_request","detail":"The body is not valid JSON at byte 5: unexpected character.","status_code":400}`},
	} {
		for _, asked := range []string{"", "camel", "kebab"} {
			got := h.call(call{method: row.method, path: row.path, key: row.key, body: row.body, header: map[string]string{"Key-Inflection": asked}})
			var status struct {
				StatusCode int `json:"status_code"`
			}
			if err := json.Unmarshal([]byte(got.body), &status); err != nil || got.body != row.want || status.StatusCode != got.status {
				t.Errorf("%s %s in %q: got %d %s, want %s", row.method, row.path, asked, got.status, got.body, row.want)
			}
			for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
				if is := got.header.Get(name); is != want {
					t.Errorf("%s %s: got %s %q, want %q", row.method, row.path, name, is, want)
				}
			}
		}
	}
}

// TestMethods: a path says which methods it has.
func TestMethods(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	methods := map[string][]string{}
	for _, e := range verifa.Endpoints() {
		methods[e.Path] = append(methods[e.Path], e.Method)
		if e.Method == "GET" {
			methods[e.Path] = append(methods[e.Path], "HEAD")
		}
	}
	for path, want := range methods {
		slices.Sort(want)
		path = strings.NewReplacer("{id}", "x", "{token}", "x", "{type}", "x").Replace(path)
		for _, method := range []string{"TRACE", "OPTIONS", "PURGE"} {
			got := h.do(method, path, liveKey, nil).refused(405, "method_not_allowed")
			if allow := got.header.Get("Allow"); allow != strings.Join(want, ", ") {
				t.Errorf("%s %s: got Allow %q, want %q", method, path, allow, want)
			}
		}
	}
}

// TestHeads are as the answers to GET, without their bodies.
func TestHeads(t *testing.T) {
	eachEndpoint(t, func() setup { return setup{} }, func(h *stage, e verifa.Endpoint, c call) {
		if e.Method != "GET" || e.Path == "/api/v1/events" { // what is read is an event itself
			return
		}
		get := h.call(c)
		c.method = "HEAD"
		head := h.call(c)
		if head.status != get.status || head.body != "" || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
			h.Errorf("got %d %q %s, want the head of %d %s", head.status, head.body, head.header, get.status, get.header)
		}
	})
}

// panicking is a store that panics with something that nobody may read.
type panicking struct{ session.Store }

func (panicking) Query(context.Context, session.Query) ([]session.Session, error) {
	panic("Ada Specimen, 49002280000")
}

// TestFailuresSayNothing: what nobody foresees is one sentence to the client, and its type to the log.
func TestFailuresSayNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{store: panicking{memstore.New()}})
	got := h.do("GET", "/api/v1/sessions", liveKey, nil).refused(500, "internal")
	if want := `{"error":"internal","detail":"Something went wrong.","status_code":500}`; got.body != want {
		t.Errorf("got %s, want %s", got.body, want)
	}
	if log := h.log.String(); !strings.Contains(log, "a handler panicked: string") || strings.Contains(log, "Specimen") {
		t.Errorf("got the log %s", log)
	}
	if got.limits() == "  " {
		t.Error("the failure does not tell of limits")
	}
}

// downKeys are keys that cannot be asked.
type downKeys struct{}

func (downKeys) ByHash(context.Context, [32]byte) (auth.APIKey, error) { return auth.APIKey{}, errDown }

// TestKeysAreDown: that nobody can say whether a key is good is a failure, and not the client's.
func TestKeysAreDown(t *testing.T) {
	t.Parallel()
	engine := must(session.New(memstore.New(), session.Config{}))
	handler := must(verifa.New(engine, downKeys{}, verifa.Config{}))
	r := httptest.NewRequest("GET", "/api/v1/sessions", nil)
	r.Header.Set("X-API-Key", liveKey)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != 500 || strings.Contains(w.Body.String(), "down") || w.Header().Get("X-RateLimit-Limit") == "" {
		t.Errorf("got %d %s %s, want 500", w.Code, w.Body, w.Header())
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	engine, ring := must(session.New(memstore.New(), session.Config{})), must(auth.NewAPIKeyRing())
	for _, row := range []struct {
		name string
		make func() (http.Handler, error)
		want []string // in the error; none: there is none
	}{
		{"nothing set", func() (http.Handler, error) { return verifa.New(engine, ring, verifa.Config{}) }, nil},
		{"a plan of one's own", func() (http.Handler, error) {
			return verifa.New(engine, ring, verifa.Config{Plan: verifa.Plan{Name: "ours", Requests: 1}})
		}, nil},
		{"nothing at all", func() (http.Handler, error) { return verifa.New(nil, nil, verifa.Config{}) }, []string{"the engine is missing", "the keys are missing"}},
		{"everything wrong", func() (http.Handler, error) {
			return verifa.New(engine, ring, verifa.Config{
				PublicURL: "ftp://x", MaxUploads: -1, UploadWait: -1, UploadPatience: -1, LinkLife: 1500_000_000, Inflection: "Pascal",
				Plan: verifa.Plan{Requests: 5},
			})
		}, []string{"PublicURL", "MaxUploads", "UploadWait", "UploadPatience", "LinkLife", "Inflection", "Plan"}},
		{"a plan without requests", func() (http.Handler, error) {
			return verifa.New(engine, ring, verifa.Config{Plan: verifa.Plan{Name: "none"}})
		}, []string{"Plan"}},
		{"a plan below nothing", func() (http.Handler, error) {
			return verifa.New(engine, ring, verifa.Config{Plan: verifa.Plan{Name: "less", Requests: 1, Creations: -1}})
		}, []string{"Plan"}},
	} {
		_, err := row.make()
		if (err == nil) != (row.want == nil) {
			t.Errorf("%s: got %v", row.name, err)
		}
		for _, want := range row.want {
			if !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%s: got %v, want %s in it", row.name, err, want)
			}
		}
	}
}
