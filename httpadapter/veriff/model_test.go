package veriff_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// model is what a session should be, by the vendor's pages alone.
type model struct {
	opened
	status   string
	expires  time.Time
	active   time.Time // when the person was last seen in the flow
	attempts []string  // their statuses
	media    []int     // how many each attempt has
	judged   int       // the attempt of the newest decision, from 1; 0: none
	deleted  bool
}

const (
	lifetime = 7 * 24 * time.Hour
	busy     = 5 * time.Minute
)

func (m *model) takesMedia() bool {
	return m.status == "created" || m.status == "started" || m.status == "resubmission_requested"
}

func (m *model) set(status string) {
	m.status = status
	m.attempts[len(m.attempts)-1] = status
}

// tick lets the session end when its time is over.
func (m *model) tick(now time.Time) {
	if m.deleted || !m.takesMedia() || now.Before(m.expires) {
		return
	}
	if m.status == "created" {
		m.set("expired")
	} else {
		m.set("abandoned")
	}
}

// next opens the attempt after one that was judged.
func (m *model) next() {
	if m.attempts[len(m.attempts)-1] == "resubmission_requested" {
		m.attempts = append(m.attempts, "created")
		m.media = append(m.media, 0)
	}
}

func (m *model) submit() string {
	switch {
	case m.deleted:
		return "404 1101 Resource not found"
	case m.status == "expired", m.status == "abandoned":
		return "400 1101 Validation failed"
	case !m.takesMedia():
		return "400 1101 Session has already been submitted"
	}
	m.next()
	m.set("submitted")
	return ""
}

func (m *model) upload() string {
	switch {
	case m.deleted:
		return "404 1101 Resource not found"
	case !m.takesMedia():
		return "409 1101 Session has already been submitted"
	}
	m.next()
	m.media[len(m.media)-1]++
	return ""
}

// start gives the HTTP status of the page.
func (m *model) start(now time.Time) int {
	switch {
	case m.deleted:
		return http.StatusNotFound
	case m.status == "expired", m.status == "abandoned":
		return http.StatusGone
	case !m.takesMedia():
		return http.StatusConflict
	case m.status != "started":
		m.next()
		m.set("started")
		m.active = now
	}
	return http.StatusSeeOther
}

func (m *model) remove(now time.Time) string {
	switch {
	case m.deleted:
		return "404 1101 Resource not found"
	case m.status == "submitted":
		return "400 1305 Session is not in a completed status."
	case m.status == "started" && !m.active.IsZero() && now.Sub(m.active) < busy:
		return "400 1306 Session in progress."
	}
	m.deleted = true
	return ""
}

// decide says whether a verdict is possible.
func (m *model) decide(o decision.Outcome, now time.Time) bool {
	if m.deleted || m.status != "submitted" {
		return false
	}
	m.judged = len(m.attempts)
	switch {
	case o == decision.Approved:
		m.set("approved")
	case o == decision.Declined, len(m.attempts) > 9:
		m.set("declined")
	default:
		m.set("resubmission_requested")
		if m.expires.Sub(now) < 24*time.Hour {
			m.expires = now.Add(lifetime)
		}
	}
	return true
}

var modelCodes = map[string]int{"approved": 9001, "declined": 9102, "resubmission_requested": 9103, "expired": 9104, "abandoned": 9104}

// quick is do without a socket in between.
func (h *house) quick(c call) result {
	h.Helper()
	r := h.request(c)
	r.RequestURI = r.URL.Path
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	got := result{w.Code, w.Result().Header, w.Body.String()}
	h.checkShape(r, got)
	h.checkSignature(r, got)
	h.checkContract(r, sentBy(r), got)
	return got
}

// check compares everything that can be read of a session with its model.
func (m *model) check(t *rapid.T, h *house) {
	get := func(path string, into any) {
		got := h.quick(call{method: "GET", path: "/v1/sessions/" + m.ID + path})
		if m.deleted {
			if !matches(got, "404 1101 Resource not found") {
				t.Fatalf("GET %s of a deleted session: got %d %s", path, got.status, got.body)
			}
			return
		}
		if got.status != http.StatusOK || json.Unmarshal([]byte(got.body), into) != nil {
			t.Fatalf("GET %s in %s: got %d %s", path, m.status, got.status, got.body)
		}
	}
	var one struct{ Verification opened }
	var conclusion struct {
		Verification *struct {
			Code              int
			Status, AttemptID string
		}
	}
	var attempts struct{ Verifications []struct{ ID, Status string } }
	var images struct{ Images, Videos []struct{ ID string } }
	get("", &one)
	get("/decision", &conclusion)
	get("/attempts", &attempts)
	get("/media", &images)
	if m.deleted {
		return
	}
	if one.Verification.Status != m.status {
		t.Fatalf("got status %s, want %s", one.Verification.Status, m.status)
	}
	var statuses []string
	for _, a := range attempts.Verifications {
		statuses = append([]string{a.Status}, statuses...)
	}
	if fmt.Sprint(statuses) != fmt.Sprint(m.attempts) {
		t.Fatalf("got attempts %s, want %s", statuses, m.attempts)
	}
	if want := m.media[len(m.media)-1]; len(images.Images) != want || images.Videos == nil {
		t.Fatalf("got %d media, want %d", len(images.Images), want)
	}
	code := modelCodes[m.status]
	if code == 0 {
		if conclusion.Verification != nil {
			t.Fatalf("got decision %+v in %s, want none", conclusion.Verification, m.status)
		}
		return
	}
	judged := m.judged
	if code == 9104 {
		judged = len(m.attempts)
	}
	c := conclusion.Verification
	if c == nil || c.Code != code || c.Status != m.status || c.AttemptID != attempts.Verifications[len(m.attempts)-judged].ID {
		t.Fatalf("got decision %+v in %s, want %d of attempt %d of %+v", c, m.status, code, judged, attempts.Verifications)
	}
}

// TestModel drives the API at random and compares each answer with the model's.
func TestModel(t *testing.T) {
	t.Parallel()
	unlimited := setup{policy: func(p *session.Policy) { p.Create, p.Delete = session.Unlimited(), session.Unlimited() }}
	onEach(t, unlimited, func(t *testing.T, h *house) {
		rapid.Check(t, func(t *rapid.T) { walk(t, h) })
	})
}

func walk(t *rapid.T, h *house) {
	var all []*model
	some := func(t *rapid.T) *model {
		if len(all) == 0 {
			t.Skip("no session yet")
		}
		m := rapid.SampledFrom(all).Draw(t, "session")
		m.tick(h.clock.Now())
		return m
	}
	expect := func(t *rapid.T, m *model, c call, want string) {
		got := h.quick(c)
		if !matches(got, want) {
			t.Fatalf("%s %s in %s: got %d %s, want %q", c.method, c.path, m.status, got.status, got.body, or(want, "200"))
		}
		m.check(t, h)
	}
	t.Repeat(map[string]func(*rapid.T){
		"create": func(t *rapid.T) {
			got := h.quick(call{method: "POST", path: "/v1/sessions", body: minimal})
			if got.status != http.StatusCreated {
				t.Fatalf("got %d %s, want 201", got.status, got.body)
			}
			all = append(all, &model{
				opened: verificationOf(h, got), status: "created", expires: h.clock.Now().Add(lifetime),
				attempts: []string{"created"}, media: []int{0},
			})
		},
		"submit": func(t *rapid.T) {
			m := some(t)
			expect(t, m, call{method: "PATCH", path: "/v1/sessions/" + m.ID, body: submit}, m.submit())
		},
		"submit badly": func(t *rapid.T) {
			m := some(t)
			would := *m
			would.attempts = append([]string{}, m.attempts...)
			expect(t, m, call{method: "PATCH", path: "/v1/sessions/" + m.ID, body: `{}`}, or(would.submit(), "400 1102"))
		},
		"upload": func(t *rapid.T) {
			m := some(t)
			expect(t, m, call{method: "POST", path: "/v1/sessions/" + m.ID + "/media", body: uploadBody("face", pngBytes)}, m.upload())
		},
		"upload badly": func(t *rapid.T) {
			m := some(t)
			fault := "400 1400"
			if m.deleted {
				fault = "404 1101"
			} else if !m.takesMedia() {
				fault = "409 1101"
			}
			expect(t, m, call{method: "POST", path: "/v1/sessions/" + m.ID + "/media", body: uploadBody("face", []byte("text"))}, fault)
		},
		"start": func(t *rapid.T) {
			m := some(t)
			r := httptest.NewRequest("POST", "/v/"+m.SessionToken, nil)
			w := httptest.NewRecorder()
			h.handler.ServeHTTP(w, r)
			h.checkContract(r, nil, result{w.Code, w.Result().Header, w.Body.String()})
			was := m.status
			if want := m.start(h.clock.Now()); w.Code != want {
				t.Fatalf("start in %s: got %d, want %d", was, w.Code, want)
			}
			m.check(t, h)
		},
		"delete": func(t *rapid.T) {
			m := some(t)
			expect(t, m, call{method: "DELETE", path: "/v1/sessions/" + m.ID}, m.remove(h.clock.Now()))
		},
		"decide": func(t *rapid.T) {
			m := some(t)
			o := rapid.SampledFrom([]decision.Outcome{decision.Approved, decision.Declined, decision.Resubmission, decision.Resubmission}).Draw(t, "outcome")
			was := m.status
			_, err := h.engine.Decide(h.Context(), must(parse(m.ID)), decision.Verdict{Outcome: o})
			if possible := m.decide(o, h.clock.Now()); possible != (err == nil) {
				t.Fatalf("%s in %s: got %v, want it possible: %v", o, was, err, possible)
			}
			m.check(t, h)
		},
		"try again": func(t *rapid.T) { // many attempts are rare by chance
			m := some(t)
			for range rapid.IntRange(1, 10).Draw(t, "times") {
				if !m.takesMedia() || m.deleted {
					break
				}
				expect(t, m, call{method: "PATCH", path: "/v1/sessions/" + m.ID, body: submit}, m.submit())
				if _, err := h.engine.Decide(h.Context(), must(parse(m.ID)), decision.Verdict{Outcome: decision.Resubmission}); err != nil {
					t.Fatal(err)
				}
				m.decide(decision.Resubmission, h.clock.Now())
				m.check(t, h)
			}
		},
		"wait": func(t *rapid.T) {
			h.clock.Add(rapid.SampledFrom([]time.Duration{time.Microsecond, time.Minute, busy - time.Microsecond, busy, time.Hour,
				24 * time.Hour, lifetime - time.Microsecond, lifetime}).Draw(t, "time"))
		},
		"settle": func(*rapid.T) { h.settle() },
		"look":   func(t *rapid.T) { some(t).check(t, h) },
	})
}
