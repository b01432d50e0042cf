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

// TestReloadKeys takes over keys and the master key while the server serves. It does not run beside other tests, whose
// servers would hear its signals.
func TestReloadKeys(t *testing.T) {
	guard := make(chan os.Signal, 1) // that no signal ends the tests when no server listens to it
	signal.Notify(guard, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(guard) })

	folder := t.TempDir()
	path, one, two := filepath.Join(folder, "config.json"), filepath.Join(folder, "one"), filepath.Join(folder, "two")
	const first, second = "vk_sandbox_aaaaaaaaaaaaaaaa", "vk_sandbox_bbbbbbbbbbbbbbbb"
	file := func(master, keys string) string {
		return fmt.Sprintf(`{"data":%q,"master_key":%q,"integrations":[{"id":"8a6b3d20-7c1e-4f5a-b0d9-1e2f3a4b5c6d","name":"initech","dialect":"verifa","keys":[%s]}]}`, folder, master, keys)
	}
	clear := fmt.Sprintf(`{"key":%q,"scopes":["sessions:write","sessions:read"]}`, first)
	hashed := fmt.Sprintf(`{"prefix":"vk_sandbox_bbbb","hash":%q}`, hashOf(second))
	write(t, path, file(one, clear))
	s := start(t, "-config", path)
	if want := `SANDBOX_KEY="${SANDBOX_KEY:?set SANDBOX_KEY to an API key of integration initech}"`; !strings.Contains(s.stdout.String(), want) ||
		strings.Contains(s.stdout.String()+s.stderr.String(), first) || strings.Contains(s.stdout.String(), "SECRET=") {
		t.Errorf("it prints %s, want %s, and no key", s.stdout, want)
	}
	session, _ := s.captured(first)
	s.asks(403, first, "GET", session+"/result", "") // it has no scope for results
	s.asks(401, second, "GET", session, "")

	reads := 0
	reload := func(text, want string) {
		t.Helper()
		write(t, path, text)
		hangUp(t)
		reads++
		if said := s.hasRead(reads); !strings.HasPrefix(said, want) {
			t.Errorf("%s: the configuration was %s; want %s", text, said, want)
		}
	}
	const taken, refused = "read again, and taken over", "not read again"
	reload(file(one, clear+","+hashed), taken)
	s.asks(200, first, "GET", session, "")
	s.asks(200, second, "GET", session, "")
	reload(file(two, hashed), taken)
	s.asks(401, first, "GET", session, "")
	if got := s.asks(200, second, "GET", session, "")["external_ref"]; got != "customer-17" {
		t.Errorf("after the change of the master key it is of %v, want customer-17", got)
	}
	events := fmt.Sprint(s.asks(200, second, "GET", "/api/v1/events?resource_type=api_key", ""))
	for what, times := range map[string]int{"api_key.created": 2, "api_key.revoked": 1} {
		if got := strings.Count(events, what); got != times {
			t.Errorf("%s is in the audit log %d times, want %d: %s", what, got, times, events)
		}
	}
	reload(strings.Replace(file(two, hashed), `"dialect":"verifa","keys":[`+hashed+`]`, `"api_key":"`+acmeKey+`","secrets":["s"]`, 1), refused)
	reload(file(filepath.Join(folder, "nowhere", "three"), hashed), refused)
	s.asks(200, second, "GET", session, "")
	if log := s.stderr.String(); strings.Contains(log, "waits for a restart\" members") {
		t.Errorf("something waits for a restart: %s", log)
	}
	s.stop()

	write(t, path, file(two, hashed))
	start(t, "-config", path).asks(200, second, "GET", session, "")
	write(t, path, file(one, hashed))
	var stdout, stderr output
	if status := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-config", path}, os.Getenv, &stdout, &stderr); status != 2 {
		t.Errorf("with the former master key: status %d, %s; want 2", status, &stderr)
	}
}
