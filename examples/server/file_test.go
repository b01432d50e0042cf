package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/media"
)

const (
	acmeKey   = "11111111-2222-4333-8444-555555555555"
	globexKey = "66666666-7777-4888-9999-aaaaaaaaaaaa"
	liveKey   = "vk_live_" + "aaaaaaaaaaaaaaaa"
)

// exampleEnv is the environment that the example file needs.
func exampleEnv(name string) string {
	return map[string]string{
		"ACME_SECRET": "secret of acme", "GLOBEX_SECRET": "secret of globex", "INITECH_KEY": "vk_live_1234567890abcdef",
	}[name]
}

// TestExampleFile: the annotated example is one, and says everything that can be said of an integration.
func TestExampleFile(t *testing.T) {
	t.Parallel()
	const path = "config.example.json"
	c, err := parseConfig([]string{"-config", path}, exampleEnv, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"id", "tenant", "name", "sandbox", "active", "api_key", "also_api_key_of", "secrets", "env", "file",
		"signing_secret", "full_auto", "policy", "webhooks", "session_ttl", "resubmissions", "resubmission_hold", "in_progress", "deletion",
		"erasure_delay", "review", "required_contexts", "screening", "monitoring", "registry", "registry_sync", "strict",
		"create_per_minute", "delete_per_hour", "delete_per_day", "decision", "event", "watchlist", "user_status", "fullauto", "default",
		"dialect", "keys", "key", "prefix", "hash", "label", "scopes", "expires_at", "allowed_ips", "allowed_origins", "version", "inflection",
		"plan", "sensitive", "retention", "audit", "workflows", "cases", "identities", "resume", "reprocess", "submit_per_day"} {
		if !strings.Contains(string(text), `"`+member+`"`) {
			t.Errorf("the example does not speak of %q", member)
		}
	}
	if len(c.roster.members) != 4 {
		t.Fatalf("%d integrations, want 4", len(c.roster.members))
	}
	acme, kiosk, globex := c.roster.members[0], c.roster.members[1], c.roster.members[2]
	p := acme.Policy
	if p.Lifetime != 72*time.Hour || !p.Screening || p.Monitoring != 12*time.Hour || !p.RegistrySync || !p.Strict || p.Create[0].N != 30 ||
		len(p.Required) != 1 || p.Required[0] != media.DocumentFront || len(acme.Endpoints) != 5 || !acme.fullAuto || acme.Endpoints[4].URL != "https://acme.example.com/fullauto" {
		t.Errorf("acme is %+v", acme)
	}
	if kiosk.Tenant != acme.Tenant || kiosk.ID == acme.ID || kiosk.apiKey != acme.apiKey {
		t.Errorf("kiosk is %+v, beside acme %s", kiosk, acme.ID)
	}
	if globex.Sandbox || globex.Tenant == acme.Tenant || globex.Policy.Lifetime != 168*time.Hour || globex.Policy.Screening || len(globex.Endpoints) != 2 {
		t.Errorf("globex is %+v", globex)
	}
	initech, keys := c.roster.members[3], c.roster.apiKeys
	if p := initech.Policy; initech.Dialect != verifa.Dialect || initech.Sandbox || p.Retention != 90*24*time.Hour || p.Sensitive != 30*24*time.Hour ||
		p.Submit[0].N != 1000 || !p.Workflows || !p.Audit || len(initech.Endpoints) > 0 || initech.fullAuto {
		t.Errorf("initech is %+v", initech)
	}
	if len(keys) != 2 || keys[0].Integration != initech.ID || len(keys[0].AllowedIPs) != 2 || keys[0].ExpiresAt.Year() != 2099 ||
		!slices.Equal(keys[1].Scopes, auth.DefaultScopes()) || keys[1].Prefix != "vk_live_1234" || keys[1].Integration != initech.ID {
		t.Errorf("the keys of initech are %+v", keys)
	}
}

// TestNever: zero is never, and what is not said is as the flags have it.
func TestNever(t *testing.T) {
	t.Parallel()
	c, err := parseText(t, `{"session_ttl":"5h","strict":true,"webhook_url":"https://example.com/","watchlist":"sandbox:","monitoring":"3h","integrations":[
		{"api_key":"`+acmeKey+`","secrets":["s"],"policy":{"resubmissions":0,"resubmission_hold":"0","in_progress":"0s"}},
		{"api_key":"`+globexKey+`","secrets":["s"],"webhooks":{},"policy":{"screening":true}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if p := c.roster.members[1].Policy; p.Monitoring != 3*time.Hour {
		t.Errorf("who is screened is screened again after %s, want 3h", p.Monitoring)
	}
	p := c.roster.members[0].Policy
	if p.Resubmissions >= 0 || p.ResubmissionHold >= 0 || p.InProgress >= 0 || p.Lifetime != 5*time.Hour || !p.Strict || p.Screening || p.Monitoring != 0 {
		t.Errorf("the policy is %+v", p)
	}
	if n, m := len(c.roster.members[0].Endpoints), len(c.roster.members[1].Endpoints); n != 2 || m != 0 {
		t.Errorf("%d and %d endpoints, want 2 and 0", n, m)
	}
}

func parseText(t *testing.T, text string) (*config, error) {
	t.Helper()
	return parseConfig([]string{"-config", write(t, filepath.Join(t.TempDir(), "config.json"), text)}, exampleEnv, io.Discard)
}

// hidden stands where no fault may show it.
const hidden = "Hidden-Canary-17"

// TestBadFile: each fault is one sentence that says where, without any value.
func TestBadFile(t *testing.T) {
	t.Parallel()
	integration := func(members string) string {
		return `{"integrations":[{"api_key":"` + acmeKey + `","secrets":["` + hidden + `"]},{"name":"b",` + members + `}]}`
	}
	keyed := func(members string) string {
		return integration(`"api_key":"` + globexKey + `","secrets":["` + hidden + `"],` + members)
	}
	policy := func(members string) string { return keyed(`"policy":{` + members + `}`) }
	spoken := func(members string) string { return integration(`"dialect":"verifa","sandbox":false,` + members) }
	for _, row := range []struct{ name, text, want string }{
		{"empty", "", "line 1 is not JSON"},
		{"not JSON", "{\n\"addr\": " + hidden + "}", "line 2 is not JSON"},
		{"comment behind a value", "{\n\"live\": true // indeed\n}", "line 2 is not JSON"},
		{"more than one value", "{}\n{}", "line 2 is not JSON"},
		{"unfinished", "{\n\"live\": true\n", "line 2 is not JSON"},
		{"not UTF-8", "{\"addr\":\"\xff\"}", "not UTF-8"},
		{"too long", strings.Repeat(" ", maxFile+1), "longer than"},
		{"list", "[]", "the file: it must be an object"},
		{"unknown member", `{"colour":"red"}`, "colour: there is no such member; known are addr, "},
		{"file of files", `{"config":"other.json"}`, "config: there is no such member"},
		{"hyphens", `{"session-ttl":"1h"}`, "there is no such member"},
		{"member twice", `{"live":true,"live":false}`, "live: it is given twice"},
		{"null", `{"addr":null}`, "addr: it must be a text, a number, true or false"},
		{"empty text", `{"addr":""}`, "addr: it must not be empty"},
		{"duration that is none", `{"session_ttl":"` + hidden + `"}`, "session_ttl: it cannot be read as duration"},
		{"number that is none", `{"create_per_minute":1.5}`, "create_per_minute: it cannot be read"},
		{"truth that is none", `{"live":"` + hidden + `"}`, "live: it cannot be read as true or false"},
		{"size that is none", `{"max_upload":"` + hidden + `"}`, "max_upload: it cannot be read as bytes"},
		{"value that is out of bounds", `{"session_ttl":"1ms"}`, "-session-ttl"},
		{"key without a secret", `{"api_key":"` + acmeKey + `"}`, "-shared-secret"},

		{"integrations that are none", `{"integrations":{}}`, "integrations: it must be a list"},
		{"no integration", `{"integrations":[]}`, "integrations: it must have an integration"},
		{"integration beside a key", `{"integrations":[{}],"api_key":"` + acmeKey + `","shared_secret":"` + hidden + `"}`, "integrations: it cannot stand beside"},
		{"integration that is none", `{"integrations":[17]}`, "integrations[0]: it must be an object"},
		{"integration without anything", `{"integrations":[{}]}`, "integrations[0]: it needs api_key and secrets"},
		{"integration without secrets", integration(`"api_key":"` + globexKey + `"`), "integrations[1]: it needs api_key and secrets"},
		{"unknown member of an integration", keyed(`"lifetime":1`), "integrations[1].lifetime: there is no such member; known are active, "},
		{"id that is none", keyed(`"id":"` + hidden + `"`), "integrations[1].id: it must be a UUID"},
		{"nil id", keyed(`"id":"00000000-0000-0000-0000-000000000000"`), "integrations[1].id: it must be a UUID"},
		{"id of a number", keyed(`"id":1`), "integrations[1].id: it must be a text"},
		{"tenant that is none", keyed(`"tenant":"t"`), "integrations[1].tenant: it must be a UUID"},
		{"key that is none", integration(`"api_key":"` + hidden + `"`), "integrations[1].api_key: it must be a UUID"},
		{"name with a line's end", integration(`"also_api_key_of":"a\nb"`), "integrations[1].also_api_key_of: it must be of letters"},
		{"sandbox of a word", keyed(`"sandbox":"yes"`), "integrations[1].sandbox: it must be true or false"},
		{"active of a word", keyed(`"active":"yes"`), "integrations[1].active: it must be true or false"},
		{"full auto of a word", keyed(`"full_auto":"yes"`), "integrations[1].full_auto: it must be true or false"},
		{"same key", integration(`"api_key":"` + acmeKey + `","secrets":["s"]`), "integrations[1]: integrations[0] has the same id or the same key"},
		{"same key, another id", integration(`"api_key":"` + acmeKey + `","secrets":["s"],"id":"` + globexKey + `"`), "integrations[1]: auth: duplicate key"},
		{"same id", `{"integrations":[{"id":"` + acmeKey + `","api_key":"` + acmeKey + `","secrets":["s"]},{"id":"` + acmeKey + `","api_key":"` + globexKey + `","secrets":["s"]}]}`,
			"integrations[1]: integrations[0] has the same id"},
		{"same name", `{"integrations":[{"name":"b","api_key":"` + acmeKey + `","secrets":["s"]},{"name":"b","api_key":"` + globexKey + `","secrets":["s"]}]}`,
			"integrations[1].name: integrations[0] has it already"},

		{"secrets that are none", integration(`"api_key":"` + globexKey + `","secrets":"` + hidden + `"`), "integrations[1].secrets: it must be a list"},
		{"no secrets", integration(`"api_key":"` + globexKey + `","secrets":[]`), "integrations[1].secrets: it must have between 1 and 5"},
		{"six secrets", integration(`"api_key":"` + globexKey + `","secrets":["1","2","3","4","5","6"]`), "integrations[1].secrets: it must have between 1 and 5"},
		{"same secret twice", integration(`"api_key":"` + globexKey + `","secrets":["` + hidden + `","` + hidden + `"]`), "integrations[1].secrets[1]: it is the same"},
		{"empty secret", integration(`"api_key":"` + globexKey + `","secrets":[""]`), "integrations[1].secrets[0]: it is not taken"},
		{"secret with a NUL", integration(`"api_key":"` + globexKey + `","secrets":["` + hidden + `\u0000"]`), "integrations[1].secrets[0]: it is not taken"},
		{"secret of a number", integration(`"api_key":"` + globexKey + `","secrets":[17]`), "integrations[1].secrets[0]: it must be a text, or have one of env and file"},
		{"secret of nowhere", integration(`"api_key":"` + globexKey + `","secrets":[{}]`), "integrations[1].secrets[0]: it must be a text, or have one of env and file"},
		{"secret of two places", integration(`"api_key":"` + globexKey + `","secrets":[{"env":"A","file":"B"}]`), "integrations[1].secrets[0]: it must be a text, or have one"},
		{"secret of another place", integration(`"api_key":"` + globexKey + `","secrets":[{"vault":"A"}]`), "integrations[1].secrets[0].vault: there is no such member; known are env, file"},
		{"secret as a member", integration(`"api_key":"` + globexKey + `","secrets":[{"` + hidden + `":"A"}]`), "integrations[1].secrets[0].(a name of other characters): there is no such member"},
		{"secret of no variable", integration(`"api_key":"` + globexKey + `","secrets":[{"env":"` + hidden + `"}]`), "integrations[1].secrets[0].env: the environment has no such variable"},
		{"secret of no file", integration(`"api_key":"` + globexKey + `","secrets":[{"file":"` + hidden + `"}]`), "integrations[1].secrets[0].file: it cannot be read"},
		{"signing with nothing", keyed(`"signing_secret":1`), "integrations[1]: auth: a credential's signing index names none"},
		{"signing with less", keyed(`"signing_secret":-1`), "integrations[1].signing_secret: it must be a whole number, at least 0"},

		{"key of nobody", integration(`"also_api_key_of":"nobody"`), "integrations[1].also_api_key_of: no integration with a key of its own"},
		{"key of itself", integration(`"also_api_key_of":"b"`), "integrations[1].also_api_key_of: no integration with a key of its own"},
		{"key of another, and secrets", integration(`"also_api_key_of":"a","secrets":["` + hidden + `"]`), "integrations[1].secrets: it belongs to the integration"},
		{"key of another, and its own", integration(`"also_api_key_of":"a","api_key":"` + globexKey + `"`), "integrations[1].api_key: it belongs to the integration"},
		{"key of another, and inactive", integration(`"also_api_key_of":"a","active":false`), "integrations[1].active: it belongs to the integration"},
		{"key of another, of another tenant", `{"integrations":[{"name":"a","api_key":"` + acmeKey + `","secrets":["s"]},{"name":"b","also_api_key_of":"a","tenant":"` + globexKey + `"}]}`,
			"integrations[1].tenant: it must be that of the integration"},
		{"key of another, without a name", `{"integrations":[{"name":"a","api_key":"` + acmeKey + `","secrets":["s"]},{"also_api_key_of":"a"}]}`,
			"integrations[1]: it needs an id or a name"},

		{"dialect that is none", keyed(`"dialect":"persona"`), "integrations[1].dialect: it must be veriff or verifa"},
		{"keys of another dialect", keyed(`"keys":[]`), "integrations[1].keys: it is for Verifa's language"},
		{"secrets of another dialect", spoken(`"keys":[{"key":"` + liveKey + `"}],"secrets":["` + hidden + `"]`), "integrations[1].secrets: it is for Veriff's language"},
		{"key of another dialect", spoken(`"keys":[{"key":"` + liveKey + `"}],"api_key":"` + hidden + `"`), "integrations[1].api_key: it is for Veriff's language; in Verifa's, keys has the API keys"},
		{"webhooks of another dialect", spoken(`"keys":[{"key":"` + liveKey + `"}],"webhooks":{}`), "integrations[1].webhooks: it is for Veriff's language"},
		{"neither id nor name", `{"integrations":[{"dialect":"verifa","keys":[]}]}`, "integrations[0]: it needs an id or a name"},
		{"no keys at all", spoken(`"active":true`), "integrations[1]: it needs keys"},
		{"keys that are none", spoken(`"keys":{}`), "integrations[1].keys: it must be a list"},
		{"no keys", spoken(`"keys":[]`), "integrations[1].keys: it must have a key"},
		{"key as a text", spoken(`"keys":["` + liveKey + hidden + `"]`), "integrations[1].keys[0]: it must be an object"},
		{"key that is another thing", spoken(`"keys":[{"key":"` + hidden + `"}]`), "integrations[1].keys[0].key: it must be vk_live_, "},
		{"key of nowhere", spoken(`"keys":[{"key":{"env":"NOWHERE"}}]`), "integrations[1].keys[0].key.env: the environment has no such variable"},
		{"key and hash", spoken(`"keys":[{"key":"` + liveKey + `","prefix":"vk_live_aaaa","hash":"` + hidden + `"}]`), "integrations[1].keys[0]: it needs key, or prefix and hash"},
		{"hash alone", spoken(`"keys":[{"hash":"` + hidden + `"}]`), "integrations[1].keys[0]: it needs key, or prefix and hash"},
		{"hash that is none", spoken(`"keys":[{"prefix":"vk_live_aaaa","hash":"` + hidden + `"}]`), "integrations[1].keys[0]: it has a hash that is not a SHA-256"},
		{"prefix that is none", spoken(`"keys":[{"prefix":"` + hidden + `","hash":"` + hashOf("") + `"}]`), "integrations[1].keys[0]: it is not taken: an API key's prefix"},
		{"key of a sandbox", spoken(`"keys":[{"key":"vk_sandbox_aaaaaaaaaaaaaaaa"}]`), "integrations[1].keys[0]: it must be a key of a sandbox if"},
		{"key twice", spoken(`"keys":[{"key":"` + liveKey + `"},{"prefix":"vk_live_aaaa","hash":"` + hashOf(liveKey) + `"}]`), "integrations[1].keys[1]: it is the same as one before"},
		{"key of two integrations", `{"integrations":[{"name":"a","dialect":"verifa","sandbox":false,"keys":[{"key":"` + liveKey + `"}]},
			{"name":"b","dialect":"verifa","sandbox":false,"keys":[{"key":"` + liveKey + `"}]}]}`, "integrations[1]: auth: duplicate API key"},
		{"scope that is none", spoken(`"keys":[{"key":"` + liveKey + `","scopes":["` + hidden + `"]}]`), "integrations[1].keys[0]: it is not taken: an API key has a scope"},
		{"scopes of a word", spoken(`"keys":[{"key":"` + liveKey + `","scopes":"` + hidden + `"}]`), "integrations[1].keys[0].scopes: it must be a list"},
		{"end that is none", spoken(`"keys":[{"key":"` + liveKey + `","expires_at":"` + hidden + `"}]`), "integrations[1].keys[0].expires_at: it must be a time"},
		{"network that is none", spoken(`"keys":[{"key":"` + liveKey + `","allowed_ips":["` + hidden + `"]}]`), "integrations[1].keys[0].allowed_ips[0]: it must be an address"},
		{"plan that is none", spoken(`"plan":"` + hidden + `"`), "integrations[1].plan: it must be free, starter"},
		{"policy of another dialect", spoken(`"keys":[{"key":"` + liveKey + `"}],"policy":{"deletion":true}`), "integrations[1].policy.deletion: there is no such member"},
		{"workflows of a word", spoken(`"keys":[{"key":"` + liveKey + `"}],"policy":{"workflows":"on"}`), "integrations[1].policy.workflows: it must be true or false"},
		{"retention below zero", spoken(`"keys":[{"key":"` + liveKey + `"}],"policy":{"retention":"-1h"}`), "integrations[1].policy.retention: it must be a duration"},
		{"shown for longer than kept", spoken(`"keys":[{"key":"` + liveKey + `"}],"policy":{"retention":"1h","sensitive":"2h"}`), "integrations[1]: Policy.Sensitive"},
		{"no submissions", spoken(`"keys":[{"key":"` + liveKey + `"}],"policy":{"submit_per_day":0}`), "integrations[1].policy.submit_per_day: it must be a whole number"},

		{"policy that is none", keyed(`"policy":17`), "integrations[1].policy: it must be an object"},
		{"unknown member of a policy", policy(`"lifetime":"1h"`), "integrations[1].policy.lifetime: there is no such member; known are audit, create_per_minute, "},
		{"lifetime of a number", policy(`"session_ttl":3600`), "integrations[1].policy.session_ttl: it must be a duration"},
		{"short lifetime", policy(`"session_ttl":"1ms"`), "integrations[1].policy.session_ttl: it must be a duration, such as \"36h\", and at least 1s"},
		{"resubmissions below zero", policy(`"resubmissions":-1`), "integrations[1].policy.resubmissions: it must be a whole number, at least 0"},
		{"hold below zero", policy(`"resubmission_hold":"-1s"`), "integrations[1].policy.resubmission_hold: it must be a duration"},
		{"progress of a word", policy(`"in_progress":"soon"`), "integrations[1].policy.in_progress: it must be a duration"},
		{"deletion of a word", policy(`"deletion":"yes"`), "integrations[1].policy.deletion: it must be true or false"},
		{"long erasure", policy(`"erasure_delay":"13h"`), "integrations[1]: Policy.ErasureDelay"},
		{"review of null", policy(`"review":null`), "integrations[1].policy.review: it must be true or false"},
		{"contexts that are none", policy(`"required_contexts":"face"`), "integrations[1].policy.required_contexts: it must be a list"},
		{"context that is none", policy(`"required_contexts":["face","hand"]`), "integrations[1].policy.required_contexts[1]: it is no context"},
		{"screening without a list", policy(`"screening":true`), "integrations[1].policy.screening: it needs a -watchlist"},
		{"monitoring without screening", policy(`"monitoring":"1h"`), "integrations[1]: Policy.Monitoring needs Policy.Screening"},
		{"monitoring below zero", policy(`"monitoring":"-1h"`), "integrations[1].policy.monitoring: it must be a duration"},
		{"waiting for no registry", policy(`"registry_sync":true`), "integrations[1]: Policy.RegistrySync needs Policy.Registry"},
		{"registry outside of a sandbox", keyed(`"sandbox":false,"policy":{"registry":true}`), "integrations[1].policy.registry: it is for a sandbox"},
		{"strictness of a number", policy(`"strict":1`), "integrations[1].policy.strict: it must be true or false"},
		{"no creations", policy(`"create_per_minute":0`), "integrations[1].policy.create_per_minute: it must be a whole number, at least 1"},
		{"half a deletion", policy(`"delete_per_hour":0.5`), "integrations[1].policy.delete_per_hour: it must be a whole number"},
		{"deletions of null", policy(`"delete_per_day":null`), "integrations[1].policy.delete_per_day: it must be a whole number"},

		{"webhooks that are none", keyed(`"webhooks":"https://example.com/"`), "integrations[1].webhooks: it must be an object"},
		{"unknown webhook", keyed(`"webhooks":{"all":"https://example.com/"}`), "integrations[1].webhooks.all: there is no such member; known are decision, default, "},
		{"webhook over http", keyed(`"webhooks":{"default":"http://example.com/"}`), "integrations[1].webhooks.default: it is not taken"},
		{"private webhook", keyed(`"webhooks":{"decision":"https://10.0.0.1/"}`), "integrations[1].webhooks.decision: it is not taken"},
		{"webhook with a password", keyed(`"webhooks":{"event":"https://u:` + hidden + `@example.com/"}`), "integrations[1].webhooks.event: it is not taken"},
		{"webhook of a number", keyed(`"webhooks":{"user_status":1}`), "integrations[1].webhooks.user_status: it must be a text"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseText(t, row.text)
			if err == nil || !strings.Contains(err.Error(), "config.json: "+row.want) && !strings.Contains(err.Error(), row.want) {
				t.Fatalf("%s: %v, want %s", row.text, err, row.want)
			}
			if said := err.Error(); strings.Contains(said, hidden) || strings.Contains(said, "\n") {
				t.Errorf("%s: %q shows a value, or has more than a line", row.text, said)
			}
		})
	}
}

// TestReadableFile is refused when secrets stand in it, and only then.
func TestReadableFile(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		text string
		want string
	}{
		"secret of an integration": {`{"integrations":[{"api_key":"` + acmeKey + `","secrets":["` + hidden + `"]}]}`, "chmod 600"},
		"live key":                 {`{"live_key":"` + liveKey + `"}`, "chmod 600"},
		"password of a database":   {`{"db":"postgres://ada:` + hidden + `@db.example/d"}`, "chmod 600"},
		"password of the keys":     {`{"keys":"postgres://ada:` + hidden + `@db.example/d"}`, "chmod 600"},
		"file of keys":             {`{"keys":"` + hidden + `"}`, ""},
		"sandbox key":              {`{"sandbox_key":"vk_sandbox_aaaaaaaaaaaaaaaa"}`, "chmod 600"},
		"key of an integration":    {`{"integrations":[{"name":"a","dialect":"verifa","sandbox":false,"keys":[{"key":"` + liveKey + `"}]}]}`, "chmod 600"},
		"hash of a key": {`{"integrations":[{"name":"a","dialect":"verifa","sandbox":false,"keys":[{"prefix":"vk_live_aaaa","hash":"` +
			hashOf(liveKey) + `"}]}]}`, ""},
		"shared secret":       {`{"api_key":"` + acmeKey + `","shared_secret":"` + hidden + `"}`, "chmod 600"},
		"secret of elsewhere": {`{"integrations":[{"api_key":"` + acmeKey + `","secrets":[{"env":"ACME_SECRET"}]}]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, filepath.Join(t.TempDir(), "config.json"), row.text)
			if err := os.Chmod(path, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := parseConfig([]string{"-config", path}, exampleEnv, io.Discard)
			if got := fmt.Sprint(err); row.want == "" && err != nil || !strings.Contains(got, row.want) {
				t.Errorf("%v, want %s", err, row.want)
			}
		})
	}
}

// TestSecretFile: the end of its line is not the secret's.
func TestSecretFile(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "secret"), "secret of acme\r\n")
	c, err := parseText(t, fmt.Sprintf(`{"integrations":[{"api_key":%q,"secrets":[{"file":%q}]}]}`, acmeKey, path))
	if err != nil {
		t.Fatal(err)
	}
	credential, err := c.roster.ring.ByIntegration(t.Context(), c.roster.members[0].ID)
	if err != nil || credential.Signer().Reveal() != "secret of acme" {
		t.Errorf("the secret of a file is another, or %v", err)
	}
}

// TestStableIDs: an integration has the same id in every process, and it is that of its key.
func TestStableIDs(t *testing.T) {
	t.Parallel()
	const text = `{"integrations":[{"name":"a","api_key":"` + acmeKey + `","secrets":["s"]},{"name":"b","also_api_key_of":"a"}]}`
	c, err := parseText(t, text)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.roster.members[0].ID, c.roster.members[1].ID)
	const want = "4fe59949-a241-5992-a8da-c46032148687 73e23878-b328-5f4e-b470-aa58b12a9ce4"
	if got != want {
		t.Errorf("the ids are %s, want %s", got, want)
	}
}

// FuzzFile: no file makes the loader panic, say more than a line, or repeat a secret.
func FuzzFile(f *testing.F) {
	example, err := os.ReadFile("config.example.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(strings.ReplaceAll(string(example), `{"env": "ACME_SECRET"}`, `"`+hidden+`"`))
	f.Add(`{"integrations":[{"api_key":"` + acmeKey + `","secrets":["` + hidden + `",{"env":"` + hidden + `"}]}]}`)
	f.Add(`{"integrations":[{"api_key":"` + acmeKey + `","secrets":["` + hidden + `\u0000"],"policy":{"session_ttl":"` + hidden + `"}}]}`)
	f.Add(`{"integrations":[{"name":"a","dialect":"verifa","keys":[{"key":"vk_sandbox_` + hidden + `"},{"prefix":"` + hidden + `","hash":"` + hidden +
		`","allowed_ips":["` + hidden + `"],"expires_at":"` + hidden + `"}],"plan":"` + hidden + `"}]}`)
	f.Add("{\n// " + hidden + "\n\"" + hidden + `":{},"api_key":"` + hidden + `"}`)
	f.Add(`{"shared_secret":"` + hidden + `","shared_secret":"` + hidden + `"`)
	f.Fuzz(func(t *testing.T, text string) {
		c := &config{}
		flags := c.flags()
		integrations, err := parseFile([]byte(text), flags)
		if err == nil && integrations.raw != nil {
			err = c.readIntegrations(integrations, exampleEnv)
		}
		if err == nil {
			return
		}
		if said := err.Error(); strings.Contains(said, hidden) || strings.ContainsAny(said, "\n\r") {
			t.Errorf("%q: %q shows a secret, or has more than a line", text, said)
		}
	})
}

// TestFilesThatAreNone: a pipe is not waited for, and what others may write to is not believed.
func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	pipe, open := filepath.Join(folder, "pipe"), filepath.Join(folder, "open")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(open, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o622); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{pipe: "no ordinary file", folder: "no ordinary file", open: "written to by others"} {
		if _, err := readFile(path, 100); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want that it is %s", path, err, want)
		}
	}
}
