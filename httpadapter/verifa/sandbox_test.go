package verifa_test

import (
	"net/http"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

func configOf(p verifa.Plan) verifa.Config { return verifa.Config{Plan: p} }

// TestSimulate: from each place to each outcome, in this endpoint's words alone.
func TestSimulate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	in := map[string]func() string{
		"pending": func() string { return h.create(sandboxKey, nil) },
		"capturing": func() string {
			id := h.create(sandboxKey, nil)
			h.upload(sandboxKey, id, "selfie").want(http.StatusCreated)
			return id
		},
		"sandbox_pending": func() string {
			id := h.create(sandboxKey, nil)
			h.upload(sandboxKey, id, "id_front").want(http.StatusCreated)
			h.do("POST", "/api/v1/sessions/"+id+"/submit", sandboxKey, nil).want(http.StatusOK)
			return id
		},
		"under_review": func() string {
			id := h.create(sandboxKey, nil)
			h.simulate(id, "require-review")
			return id
		},
		"completed": func() string {
			id := h.create(sandboxKey, nil)
			h.simulate(id, "approve")
			return id
		},
		"expired": func() string {
			id := h.create(sandboxKey, nil)
			h.simulate(id, "expire")
			return id
		},
	}
	want := map[string]string{"approve": "completed", "decline": "completed", "require-review": "under_review", "expire": "expired"}
	for where, place := range in {
		for action, status := range want {
			id := place()
			if got := h.status(sandboxKey, id); got != where {
				t.Fatalf("it is %s, want %s", got, where)
			}
			got := h.do("POST", "/api/v1/sessions/"+id+"/simulate", sandboxKey, map[string]string{"action": action})
			if where == "completed" || where == "expired" || where == "under_review" && action == "require-review" {
				if got.status != 400 || h.status(sandboxKey, id) != where {
					t.Errorf("%s from %s: got %d %s", action, where, got.status, got.body)
				}
				continue
			}
			if got.status != 200 || got.text("id") != id || got.text("action") != action || got.text("status") != status || got.text("simulated") != "true" {
				t.Errorf("%s from %s: got %d %s", action, where, got.status, got.body)
			}
			if now := h.status(sandboxKey, id); now != status {
				t.Errorf("%s from %s: it is %s", action, where, now)
			}
		}
	}
}

// TestSimulateRefuses: what is not for this endpoint.
func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, live := h.create(sandboxKey, nil), h.create(liveKey, nil)
	for _, body := range []string{``, `{}`, `{"action":"reject"}`, `{"action":"needs_review"}`, `{"action":"Approve"}`, `{"action":"require_review"}`,
		`{"action":1}`, `{"outcome":"approve"}`, `{"action":"approve","status":"completed"}`, `{"action":"approve","risk_score":0}`} {
		h.do("POST", "/api/v1/sessions/"+id+"/simulate", sandboxKey, body).refused(422, "validation_error")
	}
	h.do("POST", "/api/v1/sessions/"+live+"/simulate", liveKey, `{"action":"approve"}`).refused(403, "forbidden")
	h.do("POST", "/api/v1/sessions/"+id+"/simulate", liveKey, `{"action":"approve"}`).refused(403, "forbidden")
	h.do("POST", "/api/v1/sessions/"+live+"/simulate", sandboxKey, `{"action":"approve"}`).refused(404, "not_found")
	if h.status(sandboxKey, id) != "pending" || h.status(liveKey, live) != "pending" {
		t.Errorf("%s and %s", h.status(sandboxKey, id), h.status(liveKey, live))
	}
	h.do("DELETE", "/api/v1/sessions/"+id+"/data", sandboxKey, nil).want(http.StatusOK)
	h.do("POST", "/api/v1/sessions/"+id+"/simulate", sandboxKey, `{"action":"approve"}`).refused(400, "invalid_request")
}

// TestSimulateSpecimen: the sample of the vendor's page, but for what was prefilled.
func TestSimulateSpecimen(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(sandboxKey, nil)
	h.simulate(id, "approve")
	s := must(h.engine.For(sandboxID).Get(t.Context(), sessionID(id)))
	d := s.Decisions[0]
	if p := d.Record.Person; d.By != session.ActorSandbox || p.FirstName != "Jane" || p.LastName != "Doe" || p.DateOfBirth.String() != "1997-06-15" ||
		d.Record.Document.Type != "DRIVERS_LICENSE" {
		t.Errorf("got %+v of %+v", d.Decision, *p)
	}
	id = h.create(sandboxKey, map[string]any{"country": "EE", "fields": map[string]string{"first_name": "Mari", "date_of_birth": "2000-02-29"}})
	h.simulate(id, "decline")
	s = must(h.engine.For(sandboxID).Get(t.Context(), sessionID(id)))
	d = s.Decisions[0]
	if p := d.Record.Person; p.FirstName != "Mari" || p.DateOfBirth.String() != "2000-02-29" || d.Record.Document.Country != "EE" || d.Code == 0 {
		t.Errorf("got %+v of %+v", d.Decision, *p)
	}
}

// TestSimulateOnce: with a key it is done once.
func TestSimulateOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(sandboxKey, nil)
	c := call{method: "POST", path: "/api/v1/sessions/" + id + "/simulate", key: sandboxKey, body: `{"action":"approve"}`, header: map[string]string{"Idempotency-Key": "k"}}
	first := h.call(c).want(http.StatusOK)
	c.body = `{ "Action" : "approve" }`
	if again := h.call(c).want(http.StatusOK); again.body != first.body {
		t.Errorf("got %s, want %s again", again.body, first.body)
	}
	c.body = `{"action":"decline"}`
	h.call(c).refused(422, "idempotency_mismatch")
	if s := must(h.engine.For(sandboxID).Get(t.Context(), sessionID(id))); len(s.Decisions) != 1 {
		t.Errorf("%d decisions", len(s.Decisions))
	}
}

// TestOutcomeBeforeTheEnd: a sandbox's outcome may be chosen in the middle of a capture.
func TestOutcomeBeforeTheEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, capture := h.capture(sandboxKey, nil)
	h.do("POST", capture+"/sandbox-outcome", noKey, `{"outcome":"approve"}`).want(http.StatusOK)
	if status := h.status(sandboxKey, id); status != "completed" {
		t.Errorf("it is %s", status)
	}
	h.do("GET", capture, noKey, nil).refused(400, "token_completed")
}
