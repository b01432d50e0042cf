package verifa_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

// stage is a house in which every endpoint can be called with success.
type stage struct {
	*house
	inbox *inbox
}

func newStage(t testing.TB, s setup) *stage {
	t.Helper()
	return &stage{newHooked(t, s), newInbox(t)}
}

// gated is a workflow that waits for its customer before it asks for anything.
const gated = `{"name":"gated","graph":{"entry":"start","nodes":{"start":{"type":"start","next":"gate"},
	"gate":{"type":"wait","next":"yes","on_fail":"reject"},"yes":{"type":"terminal","outcome":"approved"}}}}`

// waiting is a session whose workflow waits.
func (h *stage) waiting() string {
	h.Helper()
	workflow := h.do("POST", "/api/v1/workflows", liveKey, gated).want(201).text("id")
	id := h.create(liveKey, map[string]string{"workflow_id": workflow})
	h.upload(liveKey, id, "id_front").want(201)
	h.do("POST", "/api/v1/sessions/"+id+"/submit", liveKey, nil).want(200)
	h.settle()
	return id
}

// approved is a sandbox session that is over.
func (h *stage) approved() string {
	h.Helper()
	id := h.create(sandboxKey, everything)
	h.upload(sandboxKey, id, "id_front").want(201)
	h.simulate(id, "approve")
	return id
}

// captured is the path of a capture that has gone so far.
func (h *stage) captured(steps ...string) string {
	h.Helper()
	_, path := h.house.capture(sandboxKey, nil)
	for _, step := range append([]string{"consent"}, steps...) {
		switch step {
		case "consent":
			h.consent(path)
		case "document-type":
			h.do("POST", path+"/document-type", noKey, `{"document_type":"passport"}`).want(200)
		case "complete":
			h.do("POST", path+"/complete", noKey, nil).want(200)
		default:
			h.captureFile(path, step, picture).want(201)
		}
	}
	return path
}

// dead is the path of a webhook that could not be delivered.
func (h *stage) dead() string {
	h.Helper()
	path, _ := h.hook(sandboxKey, h.inbox.URL, `"enabled_events":["session.created"]`)
	h.inbox.answers(http.StatusInternalServerError)
	h.create(sandboxKey, nil)
	for range 8 {
		h.settle()
		h.clock.Add(3 * time.Hour)
	}
	h.inbox.answers(http.StatusOK)
	return "/api/v1/webhooks/deliveries/" + h.do("GET", path+"/deliveries", sandboxKey, nil).want(200).text("data.0.id")
}

func (h *stage) workflow() string {
	h.Helper()
	return "/api/v1/workflows/" + h.do("POST", "/api/v1/workflows", sandboxKey, gated).want(201).text("id")
}

func (h *stage) session() string { return "/api/v1/sessions/" + h.create(sandboxKey, everything) }

func (h *stage) endpoint() string {
	path, _ := h.hook(sandboxKey, h.inbox.URL)
	return path
}

func (h *stage) review(claim bool) string {
	_, path := h.reviewed(nil)
	if claim {
		h.do("POST", path+"/claim", sandboxKey, `{"reviewer_id":"rev_1"}`).want(200)
	}
	return path
}

func (h *stage) identity() string {
	h.approved()
	return identities + "user_17"
}

func onSandbox(method, path string, body any) call {
	return call{method: method, path: path, key: sandboxKey, body: body}
}

// form makes a call of one with a file.
func (c call) form(fields ...field) call {
	c.body, c.kind = formOf(fields...)
	return c
}

// scenes make for each endpoint a call that succeeds.
func scenes() map[string]func(*stage) call {
	all := map[string]func(*stage) call{}
	for _, of := range []map[string]func(*stage) call{sessionScenes(), progressScenes(), workflowScenes(), webhookScenes(), otherScenes(), captureScenes()} {
		maps.Copy(all, of)
	}
	return all
}

func sessionScenes() map[string]func(*stage) call {
	const one = "/api/v1/sessions/{id}"
	return map[string]func(*stage) call{
		"POST /api/v1/sessions": func(*stage) call { return onSandbox("POST", "/api/v1/sessions", everything) },
		"GET /api/v1/sessions": func(h *stage) call {
			h.session()
			return onSandbox("GET", "/api/v1/sessions", nil)
		},
		"GET " + one:            func(h *stage) call { return onSandbox("GET", h.session(), nil) },
		"PATCH " + one:          func(h *stage) call { return onSandbox("PATCH", h.session(), `{"metadata":{"a":1}}`) },
		"POST " + one + "/tags": func(h *stage) call { return onSandbox("POST", h.session()+"/tags", `{"tag":"new"}`) },
		"PUT " + one + "/tags":  func(h *stage) call { return onSandbox("PUT", h.session()+"/tags", `{"tags":["new"]}`) },
		"POST " + one + "/tags/remove": func(h *stage) call {
			return onSandbox("POST", h.session()+"/tags/remove", `{"tag":"vip"}`)
		},
		"POST " + one + "/generate-one-time-link": func(h *stage) call {
			return onSandbox("POST", h.session()+"/generate-one-time-link", nil)
		},
		"GET " + one + "/links": func(h *stage) call {
			path := h.session() + "/links"
			h.do("POST", strings.Replace(path, "links", "generate-one-time-link", 1), sandboxKey, nil).want(201)
			return onSandbox("GET", path, nil)
		},
		"POST " + one + "/resume":        func(h *stage) call { return onSandbox("POST", h.session()+"/resume", nil) },
		"POST " + one + "/resend-invite": func(h *stage) call { return onSandbox("POST", h.session()+"/resend-invite", nil) },
		"POST " + one + "/expire":        func(h *stage) call { return onSandbox("POST", h.session()+"/expire", nil) },
		"DELETE " + one + "/data": func(h *stage) call {
			return onSandbox("DELETE", "/api/v1/sessions/"+h.approved()+"/data", nil)
		},
		"POST /api/v1/sessions/bulk-redact": func(h *stage) call {
			return onSandbox("POST", "/api/v1/sessions/bulk-redact", map[string][]string{"session_ids": {h.approved(), h.approved()}})
		},
		"GET " + one + "/export": func(h *stage) call {
			return onSandbox("GET", "/api/v1/sessions/"+h.approved()+"/export", nil)
		},
	}
}

func progressScenes() map[string]func(*stage) call {
	const one = "/api/v1/sessions/{id}"
	front := []field{{"document_type", "id_front"}, {"file", picture}}
	get := func(tail string) func(*stage) call {
		return func(h *stage) call { return onSandbox("GET", "/api/v1/sessions/"+h.approved()+tail, nil) }
	}
	return map[string]func(*stage) call{
		"POST " + one + "/documents": func(h *stage) call { return onSandbox("POST", h.session()+"/documents", nil).form(front...) },
		"GET " + one + "/documents":  get("/documents"),
		"GET " + one + "/documents/{type}": func(h *stage) call {
			url := h.do("GET", "/api/v1/sessions/"+h.approved()+"/documents", sandboxKey, nil).want(200).text("data.0.url")
			return call{method: "GET", path: strings.TrimPrefix(url, "https://api.example")}
		},
		"POST " + one + "/submit": func(h *stage) call {
			path := h.session()
			h.upload(sandboxKey, strings.TrimPrefix(path, "/api/v1/sessions/"), "id_front").want(201)
			h.upload(sandboxKey, strings.TrimPrefix(path, "/api/v1/sessions/"), "selfie").want(201)
			return onSandbox("POST", path+"/submit", nil)
		},
		"GET " + one + "/result":        get("/result"),
		"GET " + one + "/verifications": get("/verifications"),
		"GET " + one + "/risk":          get("/risk"),
		"GET /api/v1/results/{id}": func(h *stage) call {
			return onSandbox("GET", "/api/v1/results/"+h.approved(), nil)
		},
		"GET /api/v1/results": func(h *stage) call {
			h.approved()
			return onSandbox("GET", "/api/v1/results", nil)
		},
		"POST " + one + "/simulate": func(h *stage) call { return onSandbox("POST", h.session()+"/simulate", `{"action":"approve"}`) },
	}
}

func workflowScenes() map[string]func(*stage) call {
	const one = "/api/v1/sessions/{id}"
	live := func(method, tail string, body any) func(*stage) call {
		return func(h *stage) call {
			return call{method: method, path: "/api/v1/sessions/" + h.waiting() + tail, key: liveKey, body: body}
		}
	}
	on := func(method, tail string, body any) func(*stage) call {
		return func(h *stage) call { return onSandbox(method, h.workflow()+tail, body) }
	}
	return map[string]func(*stage) call{
		"POST " + one + "/reprocess": func(h *stage) call {
			return onSandbox("POST", "/api/v1/sessions/"+h.approved()+"/reprocess", nil)
		},
		"POST " + one + "/external-decision":   live("POST", "/external-decision", `{"decision":"continue","metadata":{"who":"me"}}`),
		"GET " + one + "/workflow-run":         live("GET", "/workflow-run", nil),
		"POST " + one + "/workflow-run/resume": live("POST", "/workflow-run/resume", `{"step_index":0}`),
		"GET /api/v1/workflows": func(h *stage) call {
			h.workflow()
			return onSandbox("GET", "/api/v1/workflows", nil)
		},
		"POST /api/v1/workflows":                  func(*stage) call { return onSandbox("POST", "/api/v1/workflows", gated) },
		"GET /api/v1/workflows/{id}":              on("GET", "", nil),
		"PATCH /api/v1/workflows/{id}":            on("PATCH", "", `{"name":"another"}`),
		"GET /api/v1/workflows/{id}/versions":     on("GET", "/versions", nil),
		"POST /api/v1/workflows/{id}/set-default": on("POST", "/set-default", nil),
		"POST /api/v1/workflows/{id}/deactivate":  on("POST", "/deactivate", nil),
		"POST /api/v1/workflows/{id}/trigger": func(h *stage) call {
			return onSandbox("POST", h.workflow()+"/trigger", map[string]string{"session_id": h.approved()})
		},
		"GET /api/v1/verification-policies": func(*stage) call { return onSandbox("GET", "/api/v1/verification-policies", nil) },
	}
}

func webhookScenes() map[string]func(*stage) call {
	const one = endpoints + "/{id}"
	on := func(method, tail string, body any) func(*stage) call {
		return func(h *stage) call { return onSandbox(method, h.endpoint()+tail, body) }
	}
	return map[string]func(*stage) call{
		"GET " + endpoints: func(h *stage) call {
			h.endpoint()
			return onSandbox("GET", endpoints, nil)
		},
		"POST " + endpoints: func(h *stage) call {
			return onSandbox("POST", endpoints, map[string]string{"url": h.inbox.URL})
		},
		"GET " + endpoints + "/event-types": func(*stage) call { return onSandbox("GET", endpoints+"/event-types", nil) },
		"GET " + one:                        on("GET", "", nil),
		"PATCH " + one:                      on("PATCH", "", `{"label":"another"}`),
		"DELETE " + one:                     on("DELETE", "", nil),
		"POST " + one + "/rotate-secret":    on("POST", "/rotate-secret", nil),
		"POST " + one + "/clone":            on("POST", "/clone", nil),
		"POST " + one + "/enable":           on("POST", "/enable", nil),
		"POST " + one + "/test":             on("POST", "/test", nil),
		"GET " + one + "/deliveries": func(h *stage) call {
			path := h.endpoint()
			h.approved()
			h.settle()
			return onSandbox("GET", path+"/deliveries", nil)
		},
		"POST " + one + "/replay": func(h *stage) call {
			path := h.endpoint()
			h.approved()
			h.settle()
			from := h.do("GET", path+"/deliveries", sandboxKey, nil).want(200).text("data.0.id")
			return onSandbox("POST", path+"/replay", map[string]string{"from": from})
		},
		"POST /api/v1/webhooks/deliveries/{id}/retry": func(h *stage) call { return onSandbox("POST", h.dead()+"/retry", nil) },
	}
}

func otherScenes() map[string]func(*stage) call {
	const one = "/api/v1/cases/{id}"
	person := func(method, tail string) func(*stage) call {
		return func(h *stage) call { return onSandbox(method, h.identity()+tail, nil) }
	}
	return map[string]func(*stage) call{
		"GET /api/v1/cases": func(h *stage) call {
			h.review(true)
			return onSandbox("GET", "/api/v1/cases", nil)
		},
		"GET " + one:               func(h *stage) call { return onSandbox("GET", h.review(true), nil) },
		"POST " + one + "/claim":   func(h *stage) call { return onSandbox("POST", h.review(false)+"/claim", `{"reviewer_id":"rev_1"}`) },
		"POST " + one + "/release": func(h *stage) call { return onSandbox("POST", h.review(true)+"/release", nil) },
		"POST " + one + "/approve": func(h *stage) call { return onSandbox("POST", h.review(true)+"/approve", `{"reason":"fine"}`) },
		"POST " + one + "/reject": func(h *stage) call {
			return onSandbox("POST", h.review(true)+"/reject", `{"reason":"blurred","rejection_code":"document_unreadable"}`)
		},
		"POST " + one + "/notes": func(h *stage) call { return onSandbox("POST", h.review(true)+"/notes", `{"text":"fine"}`) },
		"GET " + one + "/notes": func(h *stage) call {
			path := h.review(true) + "/notes"
			h.do("POST", path, sandboxKey, `{"text":"fine"}`).want(201)
			return onSandbox("GET", path, nil)
		},
		"GET /api/v1/identities/{id}":          person("GET", ""),
		"GET /api/v1/identities/{id}/sessions": person("GET", "/sessions"),
		"GET /api/v1/identities/{id}/export":   person("GET", "/export"),
		"DELETE /api/v1/identities/{id}":       person("DELETE", ""),
		"GET /api/v1/events": func(h *stage) call {
			h.approved()
			return onSandbox("GET", "/api/v1/events", nil)
		},
		"GET /api/v1/events/{id}": func(h *stage) call {
			h.approved()
			return onSandbox("GET", "/api/v1/events/"+h.do("GET", "/api/v1/events", sandboxKey, nil).want(200).text("data.0.id"), nil)
		},
		"GET /api/v1/openapi.json": func(*stage) call { return call{method: "GET", path: "/api/v1/openapi.json"} },
	}
}

func captureScenes() map[string]func(*stage) call {
	const one = "/verify/{token}"
	post := func(tail string, body any, before ...string) func(*stage) call {
		return func(h *stage) call { return call{method: "POST", path: h.captured(before...) + tail, body: body} }
	}
	file := func(tail string, more ...field) func(*stage) call {
		return func(h *stage) call {
			return call{method: "POST", path: h.captured("document-type") + tail}.form(append(more, field{"file", picture})...)
		}
	}
	return map[string]func(*stage) call{
		"GET " + one:                        func(h *stage) call { return call{method: "GET", path: h.captured()} },
		"POST " + one + "/consent":          post("/consent", `{"consent_version":"2026-01"}`),
		"POST " + one + "/document-type":    post("/document-type", `{"document_type":"passport"}`),
		"POST " + one + "/front":            file("/front"),
		"POST " + one + "/back":             file("/back"),
		"POST " + one + "/selfie":           file("/selfie"),
		"POST " + one + "/proof-of-address": file("/proof-of-address", field{"poa_document_type", "utility_bill"}),
		"POST " + one + "/data":             post("/data", `{"first_name":"Ada"}`),
		"POST " + one + "/signals":          post("/signals", `{"signals":["devtools_open"]}`),
		"POST " + one + "/complete":         post("/complete", nil, "document-type", "front", "selfie"),
		"POST " + one + "/sandbox-outcome":  post("/sandbox-outcome", `{"outcome":"approve"}`, "document-type", "front", "selfie", "complete"),
	}
}

// eachEndpoint runs a test for each endpoint, on a stage that is set for it.
func eachEndpoint(t *testing.T, s func() setup, do func(*stage, verifa.Endpoint, call)) {
	t.Parallel()
	scenes := scenes()
	for _, e := range verifa.Endpoints() {
		t.Run(strings.NewReplacer(" ", "_", "/", "_").Replace(e.Method+" "+e.Path), func(t *testing.T) {
			t.Parallel()
			set, ok := scenes[e.Method+" "+e.Path]
			if !ok {
				t.Fatalf("there is no scene for %s %s: add one", e.Method, e.Path)
			}
			h := newStage(t, s())
			do(h, e, set(h))
		})
	}
}

// TestScenes: each endpoint has one, and none is of an endpoint that there is not.
func TestScenes(t *testing.T) {
	eachEndpoint(t, func() setup { return setup{} }, func(h *stage, e verifa.Endpoint, c call) {
		if got := h.call(c); got.status/100 != 2 {
			h.Errorf("%s %s: got %d %s, want success", e.Method, e.Path, got.status, got.body)
		}
	})
	var names []string
	for _, e := range verifa.Endpoints() {
		names = append(names, e.Method+" "+e.Path)
	}
	for name := range scenes() {
		if !slices.Contains(names, name) {
			t.Errorf("there is a scene for %s, and no endpoint", name)
		}
	}
}
