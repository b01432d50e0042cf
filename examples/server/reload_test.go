package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// hangUp tells all servers of this process that have a file to read it again.
func hangUp(t *testing.T) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// hasRead waits until the server has read its file again so many times, and gives what it logged of the last time.
func (r *running) hasRead(times int) string {
	r.t.Helper()
	for {
		said := strings.Split(r.stderr.String(), "the configuration was ")
		if len(said) > times && strings.Contains(said[times], "\n") {
			return said[times]
		}
		select {
		case <-r.stderr.written:
		case <-r.t.Context().Done():
			r.t.Fatalf("the file was not read again: %s", r.stderr)
		}
	}
}

// TestReload takes over secrets, policies and addresses, adds integrations, and takes nothing from a faulty file.
func TestReload(t *testing.T) {
	t.Parallel()
	guard := make(chan os.Signal, 1) // that no signal ends the tests when no server listens to it
	signal.Notify(guard, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(guard) })

	told := receive(t, "/old", "/new")
	path := filepath.Join(t.TempDir(), "config.json")
	file := func(secrets, rest string) string {
		return fmt.Sprintf(`{"db":"memory:","allow_private_webhooks":true,"integrations":[{"name":"acme","api_key":%q,"secrets":[%s]%s}]}`,
			acmeKey, secrets, rest)
	}
	hook := func(path string) string { return `,"webhooks":{"event":"` + told.url + path + `"}` }
	write(t, path, file(`"one"`, hook("/old")))
	one := start(t, "-config", path).as(acmeKey, "one")
	two := one.as(acmeKey, "two")
	id, _ := one.create("Other")
	get := func(who *running, want int) {
		t.Helper()
		if status, body := who.call("GET", "/v1/sessions/"+id, ""); status != want {
			t.Errorf("%s: %d %s, want %d", who.secret, status, body, want)
		}
	}
	get(two, 401)
	reads := 0
	reload := func(text, want string) {
		t.Helper()
		write(t, path, text)
		hangUp(t)
		reads++
		if said := one.hasRead(reads); !strings.HasPrefix(said, want) {
			t.Errorf("%s: the configuration was %s; want %s", text, said, want)
		}
	}
	const taken, refused = "read again, and taken over", "not read again"

	reload(file(`"one","two"`, hook("/old")), taken)
	get(one, 200)
	get(two, 200)
	reload(file(`"two"`, hook("/new")+`,"policy":{"deletion":false}`), taken)
	get(one, 401)
	get(two, 200)
	two.submit(id)
	told.wants(two, "/new", `"code":7002`)
	if status, body := two.call("DELETE", "/v1/sessions/"+id, ""); status != 403 {
		t.Errorf("a deletion that is allowed no longer: %d %s", status, body)
	}

	// What waits for a restart is named each time, and the rest is taken over.
	waits := func(want string) {
		t.Helper()
		if said := one.stderr.String(); !strings.Contains(said, `waits for a restart" members=`+want) {
			t.Errorf("the log does not say that %s waits: %s", want, said)
		}
	}
	const more = `"codes":"tables","addr":"127.0.0.1:1","max_uploads":3,"session_ttl":"5h","log_level":"error","db"`
	if said := one.stderr.String(); strings.Contains(said, `waits for a restart" members=`) {
		t.Errorf("the log says that something waits when nothing does: %s", said)
	}
	reload(strings.Replace(file(`"two"`, `,"webhooks":{}`), `"db"`, more, 1), taken)
	waits(`"[codes log_level max_uploads]"`) // -addr is a flag here, and beats the file
	reload(strings.Replace(file(`"two"`, ""), `"db":"memory:"`, `"db":"sqlite:x"`, 1), taken)
	waits("[db]")
	reload(strings.Replace(file(`"two"`, ""), `"db":"memory:"`, `"db":"sqlite:x","keys":"y"`, 1), taken)
	waits(`"[db keys]"`)

	for name, text := range map[string]string{
		"not JSON":        `{"integrations":`,
		"no integrations": `{"db":"memory:"}`,
		"another one":     strings.Replace(file(`"two"`, ""), acmeKey, globexKey, 1),
		"no sandbox":      file(`"two"`, `,"sandbox":false`),
		"a tenant":        file(`"two"`, `,"tenant":"`+globexKey+`"`),
		"a watchlist":     strings.Replace(file(`"two"`, ""), `"db"`, `"watchlist":"sandbox:","db"`, 1),
	} {
		t.Logf("a file with %s", name)
		reload(text, refused)
		get(two, 200)
	}
	reload(file(`"two"`, `,"active":false`), taken)
	get(two, 401)
	another := `,{"name":"globex","api_key":"` + globexKey + `","secrets":["three"]}]}`
	reload(strings.TrimSuffix(file(`"two"`, ""), "]}")+another, `read again, and taken over but for what waits for a restart" integrations="[acme globex]"`)
	one.as(globexKey, "three").create("Other")
	if log := one.stderr.String(); strings.Contains(log, `"two"`) {
		t.Errorf("the log has a secret: %s", log)
	}
}
