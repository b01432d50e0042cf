package examples_test

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCanaries: whoever somebody is, and every secret, is in answers that are for whom asks, in webhooks, and nowhere else:
// in no log at whatever level, no metric, no trace, no refusal, no header, no address, no audit log, no file, and nothing that is printed,
// wherever one goes, and however what is the host's fails there.
func TestCanaries(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	a := newAviary(t)
	values := a.flyEverywhere()
	a.missed()
	a.clumsyEnough()
	logged := a.log.String()
	a.escaped("the log", logged)
	a.escaped("what is printed", values)
	measured, traced := a.watchers.seen(t)
	a.escaped("a metric", measured)
	a.escaped("a trace", traced)
	a.watchers.documented(t)
	if strings.Contains(logged, inboxToken) {
		t.Errorf("the log has the token of a webhook's address: %q", around(logged, inboxToken))
	}
	places := map[string]string{
		"the log": logged, "a webhook": a.received.String(), "what is printed": values, "the audit log": a.told.String(),
		"a metric": measured, "a trace": traced,
	}
	a.readFiles(places)
	hidden := append(a.given(), a.secrets...)
	key := [32]byte(a.engineKey)
	hidden = append(hidden, fmt.Sprintf("%x", key), base64.StdEncoding.EncodeToString(key[:]), strings.Trim(fmt.Sprint(key), "[]"))
	for place, text := range places {
		for _, secret := range hidden {
			if strings.Contains(text, secret) {
				t.Errorf("%s has a secret or a token: %q", place, around(text, secret))
			}
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
	if !strings.Contains(a.received.String(), "Kanary") {
		t.Error("the webhooks tell of nobody, so that nothing was seen")
	}
}

// flyEverywhere goes to all endpoints of both languages, and gives what is printed of all that was seen there.
func (a *aviary) flyEverywhere() (values string) {
	a.t.Helper()
	first, capture := a.flySession()
	a.flyCapture(capture)
	second := a.flySubmission()
	a.flyGate(first, "continue")
	a.flyGate(second, "fail")
	a.flyCase(first, "approve")
	a.flyCase(second, "reject")
	a.flyWebhooks()
	a.flyReading(first)
	a.flyWorkflows(second)
	identity := a.flyIdentity(first)
	a.flySandbox()
	third := a.flyVeriff()
	a.flyRegistry()
	a.flyPreflights()
	a.flyDocuments()
	a.flyAstray()
	values = a.values([]string{second, third})
	a.flyErasure(identity, []string{second, first})
	a.want(http.StatusOK, a.veriff("DELETE", "/v1/sessions/"+third, third, ""))
	a.settle()
	return values
}

// clumsyEnough fails the test where what is the host's did not fail.
func (a *aviary) clumsyEnough() {
	a.t.Helper()
	for who, times := range map[string]int{
		"decider": 1, "check": 2, "screener": 2, "registry": 2, "sender": 5, "keeper": 60, "blobs": 5, "renderer of verifa": 30, "renderer of veriff": 5,
	} {
		if a.hooks.panics[who] < times {
			a.t.Errorf("the %s panicked %d times, want %d at least", who, a.hooks.panics[who], times)
		}
	}
	for _, word := range []string{"failed", "panicked", "DEBUG"} {
		if !strings.Contains(a.log.String(), word) {
			a.t.Errorf("the log does not say what went wrong: there is no %q in it", word)
		}
	}
}

var (
	ownAddress = regexp.MustCompile(`https://idv\.example[^"\\ ]*`)
	credential = regexp.MustCompile(`tok_[A-Za-z0-9_-]{40,}|ey[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_.-]+|whsec_[A-Za-z0-9_+/=-]+|[0-9a-f]{96}`)
)

// given are the tokens, the signatures of links and the secrets that were in answers.
func (a *aviary) given() (all []string) {
	a.t.Helper()
	given := map[string]bool{}
	for _, body := range a.all {
		a.escaped("an address that was given out", strings.Join(ownAddress.FindAllString(body, -1), " "))
		for _, text := range credential.FindAllString(body, -1) {
			given[text] = true
		}
	}
	kinds := map[string]int{}
	for text := range given {
		kind, token, isNamed := strings.Cut(text, "_")
		if all = append(all, text); isNamed && kind == "tok" {
			all = append(all, token)
		}
		kinds[kind[:min(2, len(kind))]]++
	}
	if kinds["to"] < 5 || kinds["wh"] < 3 || kinds["ey"] == 0 || len(kinds) < 4 {
		a.t.Errorf("got tokens %v, want some of each kind", kinds)
	}
	return all
}

// readFiles adds all that is on the disk, where no canary is in clear. The database is open: what is not in it yet is in
// the file of its changes.
func (a *aviary) readFiles(places map[string]string) {
	a.t.Helper()
	ok(a.t, filepath.WalkDir(a.dir, func(path string, entry fs.DirEntry, err error) error {
		a.escaped("the name of a file", path)
		if err == nil && !entry.IsDir() {
			places[path] = read(a.t, path)
			a.escaped(path, places[path])
		}
		return err
	}))
	for _, name := range []string{"sessions.db", "sessions.db-wal"} {
		if len(places[filepath.Join(a.dir, name)]) == 0 {
			a.t.Errorf("there is nothing in %s, so that nothing was seen", name)
		}
	}
}
