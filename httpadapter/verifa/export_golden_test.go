package verifa_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// listed is a screener that finds somebody on a list.
type listed struct{}

func (listed) Screen(_ context.Context, s decision.Subject) (decision.Screening, error) {
	return decision.Screening{Provider: "lists", Hits: []decision.Hit{{Name: s.Name, MatchTypes: []decision.MatchType{"full_name"}}}}, nil
}

// inOrder makes ids that are in the order in which they were asked for, also within one instant.
func inOrder() func(time.Time) uuid.UUID {
	var n atomic.Uint32
	return func(at time.Time) uuid.UUID {
		id := session.NewID(at)
		id[6], id[7], id[8] = 0x40, 0, 0x80
		binary.BigEndian.PutUint32(id[9:], n.Add(1))
		return id
	}
}

// gatedGraph asks for a check, waits for the customer's system, and leaves the rest to a human being.
const gatedGraph = `{"entry":"start","nodes":{
	"start":{"type":"start","next":"face"},
	"face":{"type":"policy","policy":"face_match","on_pass":"gate","on_fail":"desk"},
	"gate":{"type":"wait","next":"desk"},
	"desk":{"type":"terminal","outcome":"needs_review"}}}`

// newArchive is a house where sessions come to have everything that an export can have.
func newArchive(t *testing.T) (*house, *inbox) {
	t.Helper()
	h := newHooked(t, setup{policy: func(p *session.Policy) { p.Screening = true }, engine: func(c *session.Config) {
		c.Screener, c.NewID = listed{}, inOrder()
		c.Checks = map[string]session.Check{"face_match": session.CheckFunc(func(_ context.Context, s session.CheckCase) (session.CheckResult, error) {
			read := adult()
			return session.CheckResult{Status: workflow.CheckPassed, Record: &read, Details: json.RawMessage(`{"score":0.87}`)}, nil
		})}
	}})
	in := newInbox(t)
	h.hook(liveKey, in.URL+"/hook")
	h.do("POST", "/api/v1/workflows", liveKey, `{"name":"gated","is_default":true,"graph":`+gatedGraph+`}`).want(201)
	return h, in
}

// filled is a session that has everything: what was said beforehand and filled in, consent and signals, all kinds of
// documents and one twice, a gate, a review with notes, decisions, screening, and webhooks.
func (h *house) filled(verdict string) (id string) {
	h.Helper()
	id, capture := h.capture(liveKey, everything)
	one, of := "/api/v1/sessions/"+id, "/api/v1/cases/case_"+strings.TrimPrefix(id, "ses_")
	post := func(key, path, body string, status int) {
		h.Helper()
		h.clock.Add(time.Second)
		h.do("POST", path, key, body).want(status)
		h.settle()
	}
	post(liveKey, one+"/tags", `{"tag":"late"}`, 200)
	post(noKey, capture+"/consent", `{"consent_version":"2026-01"}`, 200)
	post(noKey, capture+"/document-type", `{"document_type":"national_id"}`, 200)
	post(noKey, capture+"/data", `{"shoeSize":42,"nested":{"Its_Name":null}}`, 200)
	post(noKey, capture+"/signals", `{"signals":["devtools_open","copy_paste_name"]}`, 200)
	for _, step := range []string{"front", "front", "back", "selfie"} {
		h.clock.Add(time.Second)
		h.captureFile(capture, step, picture).want(201)
	}
	h.captureForm(capture, "proof-of-address", field{"poa_document_type", "utility_bill"}, field{"poa_document_date", "2026-02-01"}, field{"file", picture}).want(201)
	post(noKey, capture+"/complete", "", 200)
	post(liveKey, one+"/external-decision", `{"decision":"continue","metadata":{"ticketNo":7}}`, 200)
	post(liveKey, of+"/claim", `{"reviewer_id":"reviewer_1"}`, 200)
	post(liveKey, of+"/notes", `{"reviewer_id":"reviewer_1","text":"Looks good."}`, 201)
	post(liveKey, of+"/notes", `{"reviewer_id":"reviewer_2","text":"I think so too."}`, 201)
	post(liveKey, of+"/"+verdict, `{"reviewer_id":"reviewer_1","reason":"We know her."}`, 200)
	return id
}

// normal is an export with names in the place of what is another each time: ids in the order in which they come, where
// webhooks go, tokens and signatures.
func normal(t *testing.T, export, address string) []byte {
	t.Helper()
	names, counts := map[string]string{}, map[string]int{}
	text := regexp.MustCompile(`\b([a-z]+)_[0-9a-f]{32}\b`).ReplaceAllStringFunc(export, func(id string) string {
		if names[id] == "" {
			kind, _, _ := strings.Cut(id, "_")
			counts[kind]++
			names[id] = fmt.Sprintf("%s_%d", kind, counts[kind])
		}
		return names[id]
	})
	text = strings.ReplaceAll(text, address, "https://shop.example")
	text = regexp.MustCompile(`(sig=)[0-9a-f]{96}|(tok_)[A-Za-z0-9_-]{40,}`).ReplaceAllString(text, "$1$2…")
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "\t"); err != nil {
		t.Fatalf("%v: %s", err, export)
	}
	return append(b.Bytes(), '\n')
}

// golden compares a text with the file of its name.
func golden(t *testing.T, got []byte, path ...string) {
	t.Helper()
	file := filepath.Join(append([]string{"testdata"}, path...)...)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := must(os.ReadFile(file))
	if bytes.Equal(got, want) {
		return
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			t.Fatalf("%s: line %d is\n%s\nwant\n%s", file, i+1, g[i], strings.Join(w[min(i, len(w)):min(i+1, len(w))], ""))
		}
	}
	t.Fatalf("%s: got %d lines, want %d", file, len(g), len(w))
}

// TestGoldenExports: the bytes of an export, of one session and of a person with two.
func TestGoldenExports(t *testing.T) {
	t.Parallel()
	h, in := newArchive(t)
	id := h.filled("approve")
	h.settle()
	export := "/api/v1/sessions/" + id + "/export"
	golden(t, normal(t, h.do("GET", export, liveKey, nil).want(http.StatusOK).body, in.URL), "exports", "session.json")
	camel := h.call(call{method: "GET", path: export, key: liveKey, header: map[string]string{"Key-Inflection": "camel"}}).want(http.StatusOK)
	golden(t, normal(t, camel.body, in.URL), "exports", "session-camel.json")
	h.clock.Add(time.Hour)
	h.create(liveKey, `{"external_ref":"user_17"}`) // it has nothing yet
	golden(t, normal(t, h.do("GET", identities+"user_17/export", liveKey, nil).want(http.StatusOK).body, in.URL), "exports", "identity.json")
}

// TestExportsOfTheErased: once what was exported is erased it cannot be exported again, its links open nothing, and of the
// person there is a shell.
func TestExportsOfTheErased(t *testing.T) {
	t.Parallel()
	h, _ := newArchive(t)
	first, second := h.filled("approve"), h.filled("reject")
	before := h.do("GET", "/api/v1/sessions/"+first+"/export", liveKey, nil).want(http.StatusOK)
	identity := h.do("GET", identities+"user_17", liveKey, nil).want(http.StatusOK).text("id")
	h.do("DELETE", "/api/v1/sessions/"+first+"/data", liveKey, nil).want(http.StatusOK)
	h.do("GET", "/api/v1/sessions/"+first+"/export", liveKey, nil).refused(http.StatusGone, "gone")
	for i := range before.value("documents").([]any) {
		link := strings.TrimPrefix(before.text(fmt.Sprintf("documents.%d.download_url", i)), "https://api.example")
		h.do("GET", link, noKey, nil).refused(http.StatusForbidden, "forbidden")
	}
	left := h.do("GET", identities+identity+"/export", liveKey, nil).want(http.StatusOK)
	if list := left.value("sessions").([]any); len(list) != 1 || left.text("sessions.0.session.id") != second {
		t.Errorf("got %d sessions, the first of them %s, want %s alone", len(list), left.text("sessions.0.session.id"), second)
	}
	h.do("DELETE", identities+identity, liveKey, nil).want(http.StatusOK)
	h.do("GET", identities+"user_17/export", liveKey, nil).refused(http.StatusNotFound, "not_found")
	shell := h.do("GET", identities+identity+"/export", liveKey, nil).want(http.StatusOK)
	if shell.text("identity.status") != "redacted" || len(shell.value("sessions").([]any)) != 0 {
		t.Errorf("got %s, want a shell", shell.body)
	}
	for _, said := range append(personal, "reviewer_1", "Looks good", "shoeSize", "2026-01\"") {
		if strings.Contains(shell.body, said) {
			t.Errorf("got %s, which has %q", shell.body, said)
		}
	}
}

// TestExportsOfOthers: byte for byte what is said of what is not there, and nobody's audit log has them.
func TestExportsOfOthers(t *testing.T) {
	t.Parallel()
	h, _ := newArchive(t)
	id := h.filled("approve")
	identity := h.do("GET", identities+"user_17", liveKey, nil).want(http.StatusOK).text("id")
	for _, key := range []string{theirKey, sandboxKey} {
		for name, paths := range map[string][2]string{
			"a session":                  {"/api/v1/sessions/" + id + "/export", "/api/v1/sessions/ses_00000000000040008000000000000000/export"},
			"an identity":                {identities + identity + "/export", identities + "idn_00000000000040008000000000000000/export"},
			"an identity's other name":   {identities + "user_17/export", identities + "user_00/export"},
			"a session of another house": {"/api/v1/sessions/" + id + "/export", "/api/v1/sessions/nothing/export"},
		} {
			got := h.do("GET", paths[0], key, nil).refused(http.StatusNotFound, "not_found").answerBut()
			if want := h.do("GET", paths[1], key, nil).answerBut(); got != want {
				t.Errorf("%s, %s: got %s, want %s", name, key, got, want)
			}
		}
	}
	for _, action := range []string{"api.session.export", "api.identity.export"} {
		if log := h.do("GET", "/api/v1/events?action="+action, liveKey, nil).want(http.StatusOK); len(log.value("data").([]any)) != 0 {
			t.Errorf("got %s, want no export", log.body)
		}
	}
}
