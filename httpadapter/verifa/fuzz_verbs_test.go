package verifa_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// verb is an endpoint that takes a body and does one thing, on a thing that was made for it.
type verb struct {
	path, key string
	of        string        // what %s in a body stands for
	state     func() string // of what it may change, without what is another thing each time
}

// verbs make one of each.
type verbs struct {
	*bodied
	in             *inbox
	flow, triggers string // workflows that wait, live and of a sandbox
}

func newVerbs(f *testing.F) *verbs {
	f.Helper()
	v := &verbs{bodied: newBodied(f, newHooked(f, setup{config: fuzzConfig, policy: func(p *session.Policy) {
		p.Create = session.Unlimited()
	}})), in: newInbox(f)}
	v.flow = v.do("POST", "/api/v1/workflows", liveKey, gated).want(http.StatusCreated).text("id")
	v.triggers = v.do("POST", "/api/v1/workflows", sandboxKey, gated).want(http.StatusCreated).text("id")
	return v
}

// all are the ways to make one, in an order that seeds know.
func (v *verbs) all() []func(*testing.T) verb {
	capturing := func(step string) func(t *testing.T) verb {
		return func(t *testing.T) verb {
			s := must(v.engine.For(sandboxID).Create(t.Context(), session.Facts{}))
			b := v.on(t, sandboxID, s.ID, "/verify/tok_"+s.LinkToken()+step, noKey)
			if step != "/consent" {
				must(v.engine.For(sandboxID).Agree(t.Context(), s.ID, session.Agreement{Version: "1"}))
			}
			return b
		}
	}
	sandboxed := func(t *testing.T) *session.Snapshot {
		return must(v.engine.For(sandboxID).Create(t.Context(), session.Facts{}))
	}
	return []func(*testing.T) verb{
		capturing("/consent"), capturing("/document-type"), capturing("/signals"), capturing("/sandbox-outcome"),
		func(t *testing.T) verb {
			s := sandboxed(t)
			return v.on(t, sandboxID, s.ID, "/api/v1/sessions/"+sessionName(s.ID)+"/simulate", sandboxKey)
		},
		v.waiting("/external-decision"), v.waiting("/workflow-run/resume"),
		func(t *testing.T) verb {
			s := sandboxed(t)
			name := sessionName(s.ID)
			v.send(t, "POST", "/api/v1/sessions/"+name+"/simulate", sandboxKey, []byte(`{"action":"approve"}`)).want(http.StatusOK)
			return v.on(t, sandboxID, s.ID, "/api/v1/workflows/"+v.triggers+"/trigger", sandboxKey)
		},
		v.hooked("/test"), v.hooked("/replay"),
	}
}

// sessionName is the id of a session as the language writes it.
func sessionName(id uuid.UUID) string { return "ses_" + strings.ReplaceAll(id.String(), "-", "") }

// on is a verb of a session.
func (v *verbs) on(t *testing.T, in, id uuid.UUID, path, key string) verb {
	return verb{path, key, sessionName(id), func() string {
		s := must(v.engine.For(in).Get(t.Context(), id))
		state := fmt.Sprintln(s.Status, s.Consent() != nil, s.Signals(), len(s.Decisions), s.Processings())
		if c := s.Choice(); c != nil {
			state += c.Type + " " + c.Country
		}
		if r := s.Run(); r != nil {
			state += fmt.Sprint(" ", r.Status, " ", r.Node, " ", len(r.Gates))
		}
		return state
	}}
}

// waiting makes a verb of a session whose workflow waits.
func (v *verbs) waiting(tail string) func(*testing.T) verb {
	return func(t *testing.T) verb {
		id := v.made(t, liveKey, `{"workflow_id":"`+v.flow+`"}`)
		form, kind := formOf(field{"document_type", "id_front"}, field{"file", picture})
		as := http.Header{"Content-Type": {kind}}
		v.sendWith(t, "POST", "/api/v1/sessions/"+id+"/documents", liveKey, []byte(form), as).want(http.StatusCreated)
		must(v.engine.Submit(t.Context(), sessionID(id)))
		must(v.engine.Settle(t.Context()))
		return v.on(t, liveID, sessionID(id), "/api/v1/sessions/"+id+tail, liveKey)
	}
}

// hooked makes a verb of an endpoint that was told of one session.
func (v *verbs) hooked(tail string) func(*testing.T) verb {
	return func(t *testing.T) verb {
		hook := `{"url":"` + v.in.URL + `","enabled_events":["session.created"]}`
		made := v.send(t, "POST", endpoints, theirKey, []byte(hook)).want(http.StatusCreated)
		path := endpoints + "/" + made.text("id")
		t.Cleanup(func() { v.send(t, "DELETE", path, theirKey, nil) })
		v.made(t, theirKey, "{}")
		must(v.engine.Settle(t.Context()))
		v.in.take()
		from := v.send(t, "GET", path+"/deliveries", theirKey, nil).want(http.StatusOK).text("data.0.id")
		came := 0
		return verb{path + tail, theirKey, from, func() string {
			must(v.engine.Settle(t.Context()))
			came += len(v.in.take())
			return fmt.Sprint(came)
		}}
	}
}

// tried is what a body did.
type tried struct {
	result
	taken         bool
	before, after string
}

// try sends a body to a verb. %s in the text stands for what there is.
func (v *verbs) try(t *testing.T, of verb, body string) tried {
	t.Helper()
	before := of.state()
	got := v.send(t, "POST", of.path, of.key, []byte(strings.ReplaceAll(body, "%s", of.of)))
	return tried{got, got.taken(t, http.StatusNotFound, http.StatusConflict), before, of.state()}
}

// FuzzVerbs: what is taken has an effect, but for no signals, and has the same in any casing; what is
// refused is told by the name of a member, or by a code, and changes nothing.
func FuzzVerbs(f *testing.F) {
	v := newVerbs(f)
	all := v.all()
	f.Fuzz(func(t *testing.T, which byte, body string) {
		scene := all[int(which)%len(all)]
		first := v.try(t, scene(t), body)
		none := strings.Contains(first.name, "/signals") && strings.Contains(first.after, " [] ")
		if changed := first.after != first.before; changed != first.taken && !none {
			t.Errorf("%s: got %d %s, and %q where it was %q", first.name, first.status, first.body, first.after, first.before)
		}
		for _, to := range []keycase.Case{keycase.Camel, keycase.Kebab} {
			spelt, err := keycase.Append(nil, []byte(body), to, "metadata")
			if err != nil {
				return // it is no JSON, or has a name twice
			}
			got := v.try(t, scene(t), string(spelt))
			if got.status != first.status || got.after != first.after {
				t.Errorf("%s: got %d %s and %q, want as %s, %d and %q",
					got.name, got.status, got.body, got.after, first.name, first.status, first.after)
			}
		}
	})
}

// FuzzIdempotencyKey: what is 1 to 255 visible characters makes a request be done once, and everything else
// is refused and has no effect.
func FuzzIdempotencyKey(f *testing.F) {
	h := newBodied(f, newHouse(f, setup{config: fuzzConfig}))
	f.Fuzz(func(t *testing.T, key string) {
		path := "/api/v1/sessions/" + h.made(t, liveKey, "{}")
		tag := func() result {
			return h.sendWith(t, "POST", path+"/tags", liveKey, []byte(`{"tag":"a"}`), http.Header{"Idempotency-Key": {key}})
		}
		good := len(key) >= 1 && len(key) <= 255 && strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }) < 0
		first := tag()
		if !good {
			first.refused(http.StatusBadRequest, "invalid_request")
			if got := h.send(t, "GET", path, liveKey, nil).want(http.StatusOK); got.text("tags.0") != "" {
				t.Errorf("%q was refused: got %s", key, got.body)
			}
			return
		}
		first.want(http.StatusOK)
		if again := tag().want(http.StatusOK); first.replayed() || !again.replayed() || again.body != first.body {
			t.Errorf("%q: got %s and then %s (replayed: %v)", key, first.body, again.body, again.replayed())
		}
	})
}

// FuzzVersion: nothing but a version that there is is spoken, and whatever else is asked for is refused and
// has no effect.
func FuzzVersion(f *testing.F) {
	h := newBodied(f, newHouse(f, setup{config: fuzzConfig}))
	f.Fuzz(func(t *testing.T, version string) {
		path := "/api/v1/sessions/" + h.made(t, liveKey, "{}")
		got := h.sendWith(t, "POST", path+"/tags", liveKey, []byte(`{"tag":"a"}`), http.Header{"Verifa-Version": {version}})
		spoken := slices.Contains([]string{"", "2026-01-01", "2026-02-01"}, version)
		if spoken {
			got.want(http.StatusOK)
		} else {
			got.refused(http.StatusBadRequest, "invalid_request")
		}
		if tagged := h.send(t, "GET", path, liveKey, nil).want(http.StatusOK).text("tags.0") == "a"; tagged != spoken {
			t.Errorf("%q: got %d %s, and tagged: %t", version, got.status, got.body, tagged)
		}
	})
}
