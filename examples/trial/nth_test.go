package trial_test

import (
	"net/http"
	"os"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/storage/storetest/faulty"
)

// line is where the process at a place is to end.
func (p place) line() *faulty.Line {
	ends := func() error {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // it is on its way
	}
	if p.Late {
		return &faulty.Line{N: p.BreaksAt, Fault: faulty.Fault{After: ends}}
	}
	return &faulty.Line{N: p.BreaksAt, Fault: faulty.Fault{Before: ends}}
}

// TestKilledAtEachOperation: the process of each verb is killed at each operation, before it and after it. What is there
// then is all of the verb or nothing, and all of it if the verb was answered.
func TestKilledAtEachOperation(t *testing.T) {
	t.Parallel()
	p := place{Dir: t.TempDir()}
	lives := map[string][]string{
		"create": nil, "start": {"create"}, "upload": {"create"}, "submit": {"create", "upload"}, "approve": {"create", "submit"},
		"resubmit": {"create", "submit"}, "expire": {"create"}, "resume": {"create", "expire"}, "redact": {"create", "upload"}, "delete": {"create", "upload"},
	}
	all := 0
	for verb, before := range lives {
		for _, late := range []bool{false, true} {
			kills := 0
			for p.killedAt(t, kills+1, late, verb, before) {
				if kills++; testing.Short() {
					break
				}
				if kills == mostOperations {
					t.Fatalf("%s is not done though nothing befalls its first %d operations", verb, kills)
				}
			}
			if kills == 0 {
				t.Errorf("of %s, late %t, no process was killed", verb, late)
			}
			all += kills
		}
	}
	t.Logf("%d processes were killed", all)
}

// mostOperations is more than a verb has.
const mostOperations = 60

// killedAt kills the process of a verb at an operation, and reports whether there was one.
func (p place) killedAt(t *testing.T, n int, late bool, verb string, before []string) (killed bool) {
	t.Helper()
	h, err := p.open(t.Context())
	ok(t, err)
	a, was := asked{Run: uuid.NewString()}, state{}
	for _, a.Verb = range before {
		g := hand{h.engine}.call(t.Context(), a)
		if was, _ = was.after(a); a.Verb == "create" {
			a.ID, was.ID = g.ID, g.ID
		}
	}
	h.close()
	a.Verb = verb
	broken := p
	broken.BreaksAt, broken.Late = n, late
	c := broken.start(t)
	transport := &http.Transport{DisableKeepAlives: true}
	g := wire{&http.Client{Transport: transport}, c.url}.call(t.Context(), a)
	c.kill()
	p.holds(t, a, g, was)
	if g.Outcome != done && g.Outcome != unknown { // of a process that is killed nobody is answered
		t.Fatalf("%s, of %+v, is answered %+v", verb, was, g)
	}
	return g.Outcome != done
}

// holds fails the test unless what is there is what was before, or what the call leads to.
func (p place) holds(t *testing.T, a asked, g given, was state) {
	t.Helper()
	h, err := p.open(t.Context())
	ok(t, err)
	defer h.close()
	if a.Verb == "create" { // asked for again, it is done once
		again := hand{h.engine}.call(t.Context(), a)
		if again.Outcome != done || g.Outcome == done && g.ID != again.ID {
			t.Errorf("a creation that was answered %+v is answered %+v", g, again)
		}
		a.ID = again.ID
	}
	faults, err := faulty.Torn(t.Context(), h.store, h.blobs, verifiedID, a.ID)
	ok(t, err)
	for _, fault := range faults {
		t.Errorf("%s: %s", a.Verb, fault)
	}
	if a.Verb == "create" {
		return
	}
	next, _ := was.after(a)
	read := asked{Verb: "get"}
	there := hand{h.engine}.call(t.Context(), asked{ID: a.ID, Verb: "get"})
	asBefore, _ := was.step(read, there)
	asAfter, _ := next.step(read, there)
	if !asAfter && (g.Outcome == done || !asBefore) {
		t.Errorf("%s, which was answered %+v, of %+v: there is %+v", a.Verb, g, was, there)
	}
}
