package main

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
)

// twoIntegrations is a file of acme, whose key is kiosk's too, and globex, each with addresses of its own.
const twoIntegrations = `{
	"db": "memory:", "allow_private_webhooks": true, "codes": "tables",
	"integrations": [
		{"name": "acme", "api_key": "` + acmeKey + `", "secrets": ["acme one", "acme two"], "signing_secret": 1,
		 "webhooks": {"decision": "{HOOKS}/acme/decision", "event": "{HOOKS}/acme/event", "default": "{HOOKS}/acme/other"}, "full_auto": true},
		{"name": "kiosk", "id": "8a6b3d20-7c1e-4f5a-b0d9-1e2f3a4b5c6d", "also_api_key_of": "acme", "policy": {"strict": true},
		 "webhooks": {"default": "{HOOKS}/kiosk"}},
		{"name": "globex", "api_key": "` + globexKey + `", "secrets": [{"env": "GLOBEX_SECRET"}], "sandbox": false,
		 "policy": {"deletion": false}, "webhooks": {"decision": "{HOOKS}/globex"}}
	]}`

func startTwo(t *testing.T) (acme, globex *running, told hooks) {
	t.Helper()
	told = receive(t, "/acme/decision", "/acme/event", "/acme/other", "/kiosk", "/globex")
	path := write(t, filepath.Join(t.TempDir(), "config.json"), strings.ReplaceAll(twoIntegrations, "{HOOKS}", told.url))
	s := startIn(t, map[string]string{"GLOBEX_SECRET": "globex one", "BONAFIDE_CONFIG": path})
	if s.key != acmeKey || s.secret != "" {
		t.Errorf("the key that is printed is %s, want that of the first integration, and no secret", s.key)
	}
	return s.as(acmeKey, "acme two"), s.as(globexKey, "globex one"), told
}

// TestIntegrations do not see each other, and each has its own addresses, kind by kind.
func TestIntegrations(t *testing.T) {
	t.Parallel()
	acme, globex, told := startTwo(t)
	id, _ := acme.create("Approve")
	other, _ := globex.create("Approve")
	for _, row := range []struct {
		name   string
		caller *running
		id     string
		want   int
	}{
		{"own", acme, id, 200}, {"other's", acme, other, 404}, {"own of the other", globex, other, 200}, {"other's of the other", globex, id, 404},
		{"with the oldest secret", acme.as(acmeKey, "acme one"), id, 200},
		{"with the other's secret", acme.as(acmeKey, "globex one"), id, 401}, {"with the other's key", acme.as(globexKey, "acme one"), id, 401},
	} {
		if status, body := row.caller.call("GET", "/v1/sessions/"+row.id, ""); status != row.want {
			t.Errorf("%s: %d %s, want %d", row.name, status, body, row.want)
		}
	}
	acme.submit(id)
	globex.submit(other)
	told.wants(acme, "/acme/event", `"code":7002`)
	told.wants(acme, "/acme/decision", `"code":9001`)
	told.wants(acme, "/acme/other", `"decisionScore":1`)
	told.wants(globex, "/globex", `"status":"review"`)
	if status, body := globex.call("DELETE", "/v1/sessions/"+other, ""); status != 403 {
		t.Errorf("a deletion where there is none: %d %s", status, body)
	}
	if status, _ := acme.call("DELETE", "/v1/sessions/"+id, ""); status != 200 {
		t.Errorf("a deletion by default: %d", status)
	}
}

// TestFlexibleKey acts for the integration that vrf-integration-id names, if it is one of its own.
func TestFlexibleKey(t *testing.T) {
	t.Parallel()
	acme, globex, told := startTwo(t)
	const kiosk = "8a6b3d20-7c1e-4f5a-b0d9-1e2f3a4b5c6d"
	const unknown = `{"verification":{"colour":"red"}}` // the kiosk is strict
	if status, body := acme.named(kiosk).call("POST", "/v1/sessions", unknown); status != 400 {
		t.Errorf("for the kiosk: %d %s, want 400", status, body)
	}
	if status, body := acme.call("POST", "/v1/sessions", unknown); status != 201 {
		t.Errorf("for acme: %d %s, want 201", status, body)
	}
	if status, body := globex.named(kiosk).call("POST", "/v1/sessions", `{"verification":{}}`); status < 400 || status > 499 {
		t.Errorf("with a key that may not: %d %s, want a refusal", status, body)
	}
	id, _ := acme.named(kiosk).create("Approve")
	acme.named(kiosk).submit(id)
	told.wants(acme, "/kiosk", `"code":7002`)
	told.wants(acme, "/kiosk", `"code":9001`)
}

// TestStrict refuses what is otherwise passed over.
func TestStrict(t *testing.T) {
	t.Parallel()
	for flags, want := range map[string]int{"-live=false": 201, "-strict": 400} {
		s := start(t, "-db", "memory:", flags)
		if status, body := s.call("POST", "/v1/sessions", `{"verification":{"colour":"red"}}`); status != want {
			t.Errorf("%s: %d %s, want %d", flags, status, body, want)
		}
	}
}

// TestCodes are those of the pages or of the tables.
func TestCodes(t *testing.T) {
	t.Parallel()
	for codes, want := range map[string]string{"pages": `"code":"1812"`, "tables": `"code":"1818"`} {
		s := start(t, "-db", "memory:", "-codes", codes)
		id, _ := s.create("Approve")
		if status, body := s.as(s.key, "another").call("GET", "/v1/sessions/"+id, ""); status != 401 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s, want %s", codes, status, body, want)
		}
	}
}

// TestLegacySignature is taken and sent where it is switched on.
func TestLegacySignature(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		told := receive(t, "/")
		s := start(t, "-db", "memory:", fmt.Sprintf("-legacy-signature=%t", on), "-webhook-url", told.url+"/", "-allow-private-webhooks")
		id, _ := s.create("Approve")
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/v1/sessions/"+id, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-AUTH-CLIENT", s.key)
		req.Header.Set("X-SIGNATURE", hashOf(id+s.secret))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if want := map[bool]int{false: 401, true: 200}[on]; res.StatusCode != want {
			t.Errorf("on %t: a request with the legacy signature is answered %d, want %d", on, res.StatusCode, want)
		}
		s.submit(id)
		header, body, _ := strings.Cut(<-told.told["/"], "\n")
		if got := strings.HasSuffix(header, " "+hashOf(body+s.secret)); got != on {
			t.Errorf("on %t: the webhook is signed %s", on, header)
		}
	}
}

// TestMaxUpload takes so much of base64 text and no more.
func TestMaxUpload(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:", "-max-upload", "8KiB")
	id, _ := s.create("Approve")
	for size, want := range map[int]int{6 << 10: 200, 6<<10 + 1: 413} {
		if status, body := s.call("POST", "/v1/sessions/"+id+"/media", imageOf(size)); status != want {
			t.Errorf("%d bytes: %d %s, want %d", size, status, body, want)
		}
	}
}

// TestWatchlist screens who was decided, tells of it, and answers what was found.
func TestWatchlist(t *testing.T) {
	t.Parallel()
	own := write(t, filepath.Join(t.TempDir(), "list.jsonl"), `{"name":"Ivan Examplov","listings":[{"kind":"pep"}]}`+"\n")
	for _, list := range []string{"sandbox:", own} {
		t.Run(filepath.Base(list), func(t *testing.T) {
			t.Parallel()
			told := receive(t, "/", "/watchlist")
			s := start(t, "-db", "memory:", "-watchlist", list, "-webhook-url", told.url+"/", "-webhook-watchlist-url", told.url+"/watchlist",
				"-allow-private-webhooks", "-monitoring", "0")
			id, _ := s.createOf(`{"firstName":"Approve","fullName":"Ivan Examplov","dateOfBirth":"1963-05-17"}`)
			s.submit(id)
			told.wants(s, "/", `"code":7002`)
			told.wants(s, "/", `"code":9001`)
			told.wants(s, "/watchlist", `"matchStatus":"possible_match","monitorStatus":"disabled"`)
			status, body := s.call("GET", "/v1/sessions/"+id+"/watchlist-screening", "")
			if status != 200 || !strings.Contains(body, `"matchStatus":"possible_match"`) || !strings.Contains(body, "Ivan Examplov") {
				t.Errorf("the screening: %d %s", status, body)
			}
		})
	}
}

// TestNoWatchlist: nobody is screened, and whoever asks is told so.
func TestNoWatchlist(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:")
	id, _ := s.create("Approve")
	if status, body := s.call("GET", "/v1/sessions/"+id+"/watchlist-screening", ""); status != 402 || !strings.Contains(body, "not enabled") {
		t.Errorf("%d %s, want 402", status, body)
	}
}

// TestRegistry checks people who do not exist, in the sandbox and nowhere else.
func TestRegistry(t *testing.T) {
	t.Parallel()
	const ada = `{"verification":{"person":{"firstName":"Ada","lastName":"Specimen","idNumber":"{NUMBER}","dateOfBirth":"1990-02-28"},"document":{"country":"US","type":"SSN"}}}`
	s := start(t, "-db", "memory:")
	for number, want := range map[string]string{"123456789": `"status":"approved"`, "987654321": `"status":"declined"`} {
		status, body := s.call("POST", "/v1/validate-registry", strings.Replace(ada, "{NUMBER}", number, 1))
		_, rest, _ := strings.Cut(body, `"id":"`)
		id, _, _ := strings.Cut(rest, `"`)
		if status != 201 || len(id) != 36 {
			t.Fatalf("%s: %d %s", number, status, body)
		}
		s.until("GET", "/v1/sessions/"+id+"/decision", want)
	}
	live := start(t, "-db", "memory:", "-live")
	if status, body := live.call("POST", "/v1/validate-registry", strings.Replace(ada, "{NUMBER}", "123456789", 1)); status < 400 || status > 499 {
		t.Errorf("outside of the sandbox: %d %s, want a refusal", status, body)
	}
}

// TestSyncRegistry answers at once where the host is the vendor's for that.
func TestSyncRegistry(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:")
	const bob = `{"verification":{"person":{"firstName":"Bob","lastName":"Sample","idNumber":"987654321","dateOfBirth":"1967-03-30"},"document":{"country":"US","type":"SSN"}}}`
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/v1/validate-registry", strings.NewReader(bob))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "sync-api.localhost"
	req.Header.Set("X-AUTH-CLIENT", s.key)
	req.Header.Set("X-HMAC-SIGNATURE", s.sign(bob))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 201 || !strings.Contains(string(body), `"status":"approved"`) {
		t.Errorf("%d %s %v", res.StatusCode, body, err)
	}
}

// TestFullAuto is told of to its own address, with how sure the sandbox is.
func TestFullAuto(t *testing.T) {
	t.Parallel()
	told := receive(t, "/fullauto")
	s := start(t, "-db", "memory:", "-webhook-fullauto-url", told.url+"/fullauto", "-allow-private-webhooks")
	id, _ := s.create("Approve")
	s.submit(id)
	told.wants(s, "/fullauto", `"decisionScore":1`)
}

// TestFullAutoByDefault: its address is that of -webhook-url, but the sandbox says how sure it is only to who asks;
// a live server says at once that it tells of nothing by itself.
func TestFullAutoByDefault(t *testing.T) {
	t.Parallel()
	const inVain = "full auto is told of no decision"
	told := receive(t, "/")
	s := start(t, "-db", "memory:", "-webhook-url", told.url+"/", "-allow-private-webhooks")
	id, _ := s.create("Approve")
	s.submit(id)
	told.wants(s, "/", `"code":7002`)
	told.wants(s, "/", `"code":9001`)
	s.until("GET", "/v1/sessions/"+id+"/decision", `"code":9001`)
	s.stop()
	if n := len(told.told["/"]); n > 0 || strings.Contains(s.stderr.String(), inVain) {
		t.Errorf("%d more webhooks, and the log is %s", n, s.stderr)
	}
	for flags, want := range map[string]int{"-live=true -webhook-fullauto-url": 1, "-live=true -webhook-url": 0, "-live=false -webhook-fullauto-url": 0} {
		s := start(t, append(strings.Fields(flags), told.url, "-db", "memory:", "-allow-private-webhooks")...)
		if got := strings.Count(s.stderr.String(), inVain); got != want {
			t.Errorf("%s: it is said %d times, want %d: %s", flags, got, want, s.stderr)
		}
	}
}

// TestFullAutoOfFile: full_auto decides, and where it is left out an address of its own does.
func TestFullAutoOfFile(t *testing.T) {
	t.Parallel()
	for rest, want := range map[string]bool{
		``: false, `,"full_auto":true`: true, `,"full_auto":false,"webhooks":{"fullauto":"https://a.example"}`: false,
		`,"webhooks":{"fullauto":"https://a.example"}`: true, `,"webhooks":{"default":"https://a.example"}`: false,
		`,"webhooks":{"default":"https://a.example"},"full_auto":true`: true,
	} {
		c, err := parseText(t, `{"webhook_url":"https://b.example","integrations":[{"api_key":"`+acmeKey+`","secrets":["s"]`+rest+`}]}`)
		if err != nil {
			t.Fatal(err)
		}
		m := c.roster.members[0]
		last := m.Endpoints[len(m.Endpoints)-1]
		if wantURL := map[bool]string{true: "https://a.example", false: "https://b.example"}[strings.Contains(rest, "a.example")]; m.fullAuto != want ||
			last.Format != veriff.FormatFullAuto || last.URL != wantURL {
			t.Errorf("%s: full auto is %t, to %+v; want %t to %s", rest, m.fullAuto, last, want, wantURL)
		}
	}
}

// TestIntroduction: each integration is logged by name and id, and the first is named beside the commands.
func TestIntroduction(t *testing.T) {
	t.Parallel()
	const acmeID = "4fe59949-a241-5992-a8da-c46032148687"
	acme, _, _ := startTwo(t)
	for _, want := range []string{
		`level=INFO msg="an integration" name=acme id=` + acmeID, `msg="an integration" name=kiosk id=8a6b3d20`, `msg="an integration" name=globex id=`,
	} {
		if strings.Count(acme.stderr.String(), want) != 1 {
			t.Errorf("the log does not say %s once: %s", want, acme.stderr)
		}
	}
	if want := "# They are for the integration acme " + acmeID + ".\n"; !strings.Contains(acme.stdout.String(), want) {
		t.Errorf("it is not printed that %s: %s", want, acme.stdout)
	}
}

// TestNoCredentialsFile: integrations of a file have their own, and the same sessions after a restart.
func TestNoCredentialsFile(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "made")
	db := "sqlite:" + filepath.Join(t.TempDir(), "made", "bonafide.db")
	path := write(t, filepath.Join(t.TempDir(), "config.json"),
		`{"integrations":[{"api_key":"`+acmeKey+`","secrets":["`+hidden+`"]},{"api_key":"`+globexKey+`","secrets":["globex one"]}]}`)
	first := start(t, "-data", data, "-db", db, "-config", path).as(acmeKey, hidden)
	id, _ := first.create("Approve")
	first.stop()
	if found, err := filepath.Glob(filepath.Join(data, "credentials*")); len(found) > 0 || err != nil {
		t.Errorf("there is %s, %v", found, err)
	}
	again := start(t, "-data", data, "-db", db, "-config", path)
	if status, body := again.as(acmeKey, hidden).call("GET", "/v1/sessions/"+id, ""); status != 200 {
		t.Errorf("after a restart: %d %s", status, body)
	}
	if status, body := again.as(globexKey, "globex one").call("GET", "/v1/sessions/"+id, ""); status != 404 {
		t.Errorf("to the other: %d %s", status, body)
	}
	if said := first.stdout.String() + first.stderr.String(); strings.Contains(said, hidden) || !strings.Contains(said, "/v1/openapi.json") {
		t.Errorf("the server printed a secret of the file, or does not speak of the API's description: %s", said)
	}
	if want := `SECRET="${SECRET:?`; !strings.Contains(first.stdout.String(), want) {
		t.Errorf("the commands do not ask for the secret by %s: %s", want, first.stdout)
	}
}
