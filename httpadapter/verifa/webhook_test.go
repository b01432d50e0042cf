package verifa_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

// TestThePublishedSignature: what the sender signs with an endpoint's own secret is what the vendor's clients verify.
func TestThePublishedSignature(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	h.clock.Set(time.Unix(1738368000, 0))
	ep := must(h.engine.AddEndpoint(t.Context(), session.StoredEndpoint{
		Endpoint: session.Endpoint{URL: in.URL, Format: verifa.Format, Retry: verifa.Retry()},
	}, "whsec_test_secret"))
	try := must(h.engine.TestEndpoint(t.Context(), ep.ID, []byte(`{"event":"session.approved","session_id":"ses_abc123"}`)))
	got := in.take()
	if try.Status != http.StatusOK || len(got) != 1 {
		t.Fatalf("got %+v and %d webhooks, want one with status 200", try, len(got))
	}
	want := "t=1738368000,v1=3bc7f663f7401f0b460c1e26ea2ff85058c72b52c7784fc40522dc9e1fbf46fc"
	if is := got[0].header.Get("X-Verifa-Signature"); is != want {
		t.Errorf("got %s, want %s", is, want)
	}
}

func TestAnEndpointsLife(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	path, secret := h.hook(liveKey, in.URL, `"label":"shop"`)
	if !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("got the secret %q, want one of the vendor's form", secret)
	}
	shown := h.do("GET", path, liveKey, nil).want(http.StatusOK)
	if shown.text("secret") != "" || shown.text("label") != "shop" || shown.text("environment") != "live" || shown.text("enabled") != "true" {
		t.Errorf("got %s, want the endpoint without its secret", shown.body)
	}
	told := func(want string, secret string) {
		t.Helper()
		h.create(liveKey, nil)
		h.settle()
		got := in.take()
		if want == "" && len(got) == 0 {
			return
		}
		if len(got) != 1 || got[0].value("event") != want || got[0].verify(secret, h.clock.Now()) != nil {
			t.Errorf("got %+v, want %q, signed", got, want)
		}
	}
	told("session.created", secret)

	rotated := h.do("POST", path+"/rotate-secret", liveKey, nil).want(http.StatusOK).text("secret")
	if rotated == secret || rotated == "" {
		t.Errorf("got the secret %q again, want another", rotated)
	}
	told("session.created", rotated)

	h.do("PATCH", path, liveKey, `{"enabledEvents":["session.approved"],"label":null}`).want(http.StatusOK)
	told("", "")
	h.do("PATCH", path, liveKey, `{"enabled_events":["*"],"enabled":false}`).want(http.StatusOK)
	told("", "")
	on := h.do("POST", path+"/enable", liveKey, nil).want(http.StatusOK)
	if on.text("enabled") != "true" || on.text("label") != "" || fmt.Sprint(on.value("enabled_events")) != "[]" {
		t.Errorf("got %s, want it enabled, of all events, without a label", on.body)
	}
	h.settle()
	in.take() // what waited while it was off: not told, as it was off when it happened
	h.clock.Add(time.Second)
	cloned := h.do("POST", path+"/clone", liveKey, nil).want(http.StatusCreated)
	if cloned.text("url") != in.URL || cloned.text("secret") == rotated || cloned.text("id") == shown.text("id") {
		t.Errorf("got %s, want another of the same address", cloned.body)
	}
	list := h.do("GET", endpoints+"?limit=1", liveKey, nil).want(http.StatusOK)
	if list.text("data.0.id") != cloned.text("id") || list.text("pagination.total") != "2" || list.text("data.0.secret") != "" {
		t.Errorf("got %s, want the newest of two, without its secret", list.body)
	}
	next := h.do("GET", endpoints+"?limit=1&cursor="+list.text("pagination.next_cursor"), liveKey, nil).want(http.StatusOK)
	if next.text("data.0.id") != shown.text("id") || next.text("pagination.next_cursor") != "" {
		t.Errorf("got %s, want the other one, and no further page", next.body)
	}
	h.do("DELETE", endpoints+"/"+cloned.text("id"), liveKey, nil).want(http.StatusOK)
	h.do("GET", endpoints+"/"+cloned.text("id"), liveKey, nil).refused(404, "not_found")
	h.do("DELETE", endpoints+"/"+cloned.text("id"), liveKey, nil).refused(404, "not_found")
	told("session.created", rotated)
}

// TestSecretsOfASandboxStayVisible, and those of a live environment do not.
func TestSecretsOfASandboxStayVisible(t *testing.T) {
	t.Parallel()
	h := newHooked(t, setup{})
	path, secret := h.hook(sandboxKey, "https://shop.example/hook")
	for _, r := range []result{
		h.do("GET", path, sandboxKey, nil), h.do("PATCH", path, sandboxKey, `{"label":"x"}`), h.do("POST", path+"/enable", sandboxKey, nil),
	} {
		if r.want(http.StatusOK).text("secret") != secret {
			t.Errorf("%s: got %s, want the secret in it", r.name, r.body)
		}
	}
	if list := h.do("GET", endpoints, sandboxKey, nil); list.text("data.0.secret") != secret || list.text("data.0.environment") != "sandbox" {
		t.Errorf("got %s, want the secret in it", list.body)
	}
}

func TestEndpointsThatAreRefused(t *testing.T) {
	t.Parallel()
	h := newHooked(t, setup{config: verifa.Config{CheckURL: func(url string) error { return webhook.CheckURL(url, false) }}})
	path, _ := h.hook(liveKey, "https://shop.example/hook")
	was := h.do("GET", path, liveKey, nil).body
	for _, c := range []struct{ body, field string }{
		{`{}`, "url"}, {`{"url":null}`, "url"}, {`{"url":""}`, "url"}, {`{"url":7}`, "url"},
		{`{"url":"http://shop.example/"}`, "url"}, {`{"url":"https://127.0.0.1/"}`, "url"}, {`{"url":"https://169.254.169.254/"}`, "url"},
		{`{"url":"https://[::1]/"}`, "url"}, {`{"url":"https://localhost/"}`, "url"}, {`{"url":"https://a:b@shop.example/"}`, "url"},
		{`{"url":"https://shop.example/#x"}`, "url"}, {`{"url":"ftp://shop.example/"}`, "url"}, {`{"url":"https://shop.example:6379/"}`, "url"},
		{`{"enabled_events":["session.made-up"]}`, "enabled_events.0"}, {`{"enabled_events":"*"}`, "enabled_events"}, {`{"enabled_events":[1]}`, "enabled_events"},
		{`{"attribute_blocklist":["event"]}`, "attribute_blocklist.0"}, {`{"attribute_blocklist":["status","idempotencyKey"]}`, "attribute_blocklist.1"}, {`{"attribute_blocklist":[""]}`, "attribute_blocklist.0"},
		{`{"attribute_blocklist":["nonsense.path"]}`, "attribute_blocklist.0"}, {`{"attribute_blocklist":["result.extracted_data.fist_name"]}`, "attribute_blocklist.0"}, {`{"attribute_blocklist":["data"]}`, "attribute_blocklist.0"},
		{`{"event_filter_conditions":[]}`, "event_filter_conditions"}, {`{"event_filter_conditions":{"a":{"b":1}}}`, "event_filter_conditions"},
		{`{"event_filter_conditions":{"a":[[1]]}}`, "event_filter_conditions"}, {`{"event_filter_conditions":{"external_ref":"a","externalRef":"b"}}`, "event_filter_conditions"},
		{`{"key_inflection":"upper"}`, "key_inflection"}, {`{"api_version":"2020-01-01"}`, "api_version"}, {`{"api_version":"new"}`, "api_version"},
		{`{"label":"` + strings.Repeat("x", 300) + `"}`, "label"}, {`{"label":"a","Label":"b"}`, "Label"},
		{`{"id":"webhook_0"}`, "id"}, {`{"secret":"whsec_mine"}`, "secret"}, {`{"environment":"sandbox"}`, "environment"}, {`{"tenant":"x"}`, "tenant"},
		{`{"created_at":"2020-01-01T00:00:00Z"}`, "created_at"}, {`{"updated_at":"2020-01-01T00:00:00Z"}`, "updated_at"}, {`{"dead":0}`, "dead"},
		{`{"disabled_at":null}`, "disabled_at"}, {`{"retry":{"tries":99}}`, "retry"}, {`{"format":"plain"}`, "format"}, {`{"kinds":["created"]}`, "kinds"}, {`{"integration":"x"}`, "integration"},
	} {
		created := c.body
		if c.field != "url" {
			created = `{"url":"https://shop.example/",` + c.body[1:]
		}
		for _, r := range []result{h.do("POST", endpoints, liveKey, created), h.do("PATCH", path, liveKey, c.body)} {
			if c.body == "{}" && strings.HasPrefix(r.name, "PATCH") {
				r.want(http.StatusOK)
				continue
			}
			if r.refused(422, "validation_error"); !strings.Contains(r.body, `"field":"`+c.field+`"`) {
				t.Errorf("%s of %s: got %s, want it to name %s", r.name, c.body, r.body, c.field)
			}
		}
	}
	h.do("POST", endpoints, liveKey, `{"url":"https://shop.example/","enabled":false}`).refused(422, "validation_error")
	h.do("PATCH", path, liveKey, `{"enabled":null}`).refused(422, "validation_error")
	for _, verb := range []string{"/rotate-secret", "/clone", "/enable"} {
		h.do("POST", path+verb, liveKey, `{"secret":"whsec_mine"}`).refused(422, "validation_error")
	}
	for _, body := range []string{`[]`, `"x"`, `{`, `null`, `{"url":"https://shop.example/"}{}`} {
		h.do("POST", endpoints, liveKey, body).refused(400, "invalid_request")
	}
	if list := h.do("GET", endpoints, liveKey, nil); list.text("pagination.total") != "1" {
		t.Errorf("got %s, want one endpoint", list.body)
	}
	if is := h.do("GET", path, liveKey, nil).body; is != was {
		t.Errorf("got %s, want it as it was, %s", is, was)
	}
}

// TestTheUsualAddresses: who configures nothing has https alone.
func TestTheUsualAddresses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{engine: func(cfg *session.Config) { cfg.Renderers[verifa.Format] = verifa.Renderer{} }})
	h.do("POST", endpoints, liveKey, `{"url":"https://shop.example/hook?a=b"}`).want(http.StatusCreated)
	for _, url := range []string{"http://shop.example/", "https:///x", "https://a@shop.example/", "shop.example", "https://shop.example/#", "%"} {
		h.do("POST", endpoints, liveKey, map[string]string{"url": url}).refused(422, "validation_error")
	}
}

// TestWhatAnEndpointAsksForComes: names, conditions, blocklist and inflection work together.
func TestWhatAnEndpointAsksForComes(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	h.hook(sandboxKey, in.URL, `"enabled_events":["session.approved","session.declined","case.approved"]`,
		`"attribute_blocklist":["external_ref","result.extracted_data.date_of_birth"]`,
		`"event_filter_conditions":{"status":["approved"]}`, `"key_inflection":"camel"`)
	for _, action := range []string{"decline", "approve"} {
		h.simulate(h.create(sandboxKey, `{"external_ref":"user_17","fields":{"first_name":"Ada"}}`), action)
	}
	h.settle()
	got := in.take()
	if len(got) != 1 || got[0].value("event") != "session.approved" {
		t.Fatalf("got %+v, want one approval", got)
	}
	body := got[0].body
	if !strings.Contains(body, `"firstName":"Ada"`) || strings.Contains(body, "user_17") || strings.Contains(body, "dateOfBirth") || strings.Contains(body, "_passed") {
		t.Errorf("got %s, want the first name alone of these, and camel case", body)
	}
}

// TestATest: a webhook is sent at once, also by an endpoint that is off, and how it ended is told.
func TestATest(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	path, secret := h.hook(liveKey, in.URL, `"enabled_events":["session.approved"]`, `"event_filter_conditions":{"status":"never"}`)
	h.do("PATCH", path, liveKey, `{"enabled":false}`).want(http.StatusOK)
	for body, event := range map[string]string{"": "webhook.test", `{"eventType":"session.approved"}`: "session.approved"} {
		r := h.do("POST", path+"/test", liveKey, body).want(http.StatusOK)
		got := in.take()
		if len(got) != 1 || got[0].value("event") != event || got[0].verify(secret, h.clock.Now()) != nil || !strings.Contains(got[0].body, `"test":true`) {
			t.Errorf("%s: got %+v, want %s, signed", body, got, event)
		}
		if r.text("delivered") != "true" || r.text("response_status") != "200" || r.text("event_type") != event {
			t.Errorf("%s: got %s, want it delivered", body, r.body)
		}
	}
	in.answers(http.StatusTeapot)
	if r := h.do("POST", path+"/test", liveKey, nil).want(http.StatusOK); r.text("delivered") != "false" || r.text("response_status") != "418" {
		t.Errorf("got %s, want it not delivered, with status 418", r.body)
	}
	h.do("POST", path+"/test", liveKey, `{"event_type":"made.up"}`).refused(422, "validation_error")
	if list := h.do("GET", path+"/deliveries", liveKey, nil).want(http.StatusOK); list.text("data.0.id") != "" {
		t.Errorf("got %s, want no delivery", list.body)
	}
	without := newHouse(t, setup{engine: func(cfg *session.Config) { cfg.Renderers[verifa.Format] = verifa.Renderer{} }})
	path, _ = without.hook(liveKey, "https://shop.example/")
	without.do("POST", path+"/test", liveKey, nil).refused(403, "forbidden")
}

// TestWritesOfEndpointsAreDoneOnce under one key, and answered alike, the secret too.
func TestWritesOfEndpointsAreDoneOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, tail, body, same, other string }{
		{"POST", "", `{"url":"https://shop.example/","label":"a"}`, `{"label":"a", "URL":"https://shop.example/"}`, `{"url":"https://shop.example/","label":"b"}`},
		{"PATCH", "", `{"label":"a","enabledEvents":["session.created"]}`, `{"enabled_events":["session.created"],"label":"a"}`, `{"label":null}`},
		{"POST", "/rotate-secret", "", "{}", ""},
		{"POST", "/clone", "", "{}", ""},
		{"POST", "/enable", "", "{}", ""},
		{"POST", "/test", `{"event_type":"session.created"}`, `{"event-type":"session.created"}`, `{"event_type":"session.approved"}`},
		{"DELETE", "", "", "", ""},
	} {
		h, in := newHooked(t, setup{}), newInbox(t)
		path, _ := h.hook(liveKey, in.URL)
		if c.method == "POST" && c.tail == "" {
			path = endpoints
		}
		first := h.with("key-1", c.method, path+c.tail, liveKey, c.body)
		again := h.with("key-1", c.method, path+c.tail, liveKey, c.same)
		if first.status > 299 || again.status != first.status || again.body != first.body || again.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%s %s: got %d %s and then %d %s, want one answer, the second time as a replay", c.method, c.tail, first.status, first.body, again.status, again.body)
		}
		if c.other != "" {
			h.with("key-1", c.method, path+c.tail, liveKey, c.other).refused(422, "idempotency_mismatch")
		}
		if other := h.with("key-2", c.method, path+c.tail, liveKey, c.body); c.method != "DELETE" && other.status != first.status {
			t.Errorf("%s %s: got %d under another key, want %d", c.method, c.tail, other.status, first.status)
		}
		list := h.do("GET", endpoints, liveKey, nil)
		want := map[string]string{"/clone": "3", "": "3"}[c.tail]
		switch {
		case c.method == "DELETE":
			want = "0"
		case want == "" || c.method == "PATCH":
			want = "1"
		}
		if list.text("pagination.total") != want {
			t.Errorf("%s %s: got %s endpoints, want %s", c.method, c.tail, list.text("pagination.total"), want)
		}
		if n := len(in.take()); c.tail == "/test" && n != 2 {
			t.Errorf("got %d tests, want two", n)
		}
	}
}

func TestEventTypes(t *testing.T) {
	t.Parallel()
	h := newHooked(t, setup{})
	r := h.do("GET", endpoints+"/event-types", liveKey, nil).want(http.StatusOK)
	var list struct {
		Data []struct{ Name, Description string }
	}
	if err := json.Unmarshal([]byte(r.body), &list); err != nil {
		t.Fatal(err)
	}
	names := verifa.EventNames()
	for _, e := range list.Data {
		if !names[e.Name] || e.Description == "" {
			t.Errorf("got %+v, want an event that comes, and what it means", e)
		}
		delete(names, e.Name)
	}
	for name, comes := range names {
		if comes {
			t.Errorf("%s is not there", name)
		}
	}
}

// TestTheRetryProfile: one try and five more, and then the endpoint has failed.
func TestTheRetryProfile(t *testing.T) {
	t.Parallel()
	r := verifa.Retry()
	at := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	for i, want := range []time.Duration{30 * time.Second, 2 * time.Minute, 8 * time.Minute, 32 * time.Minute, 2 * time.Hour} {
		if next, again := r.Next(i+1, at); !again || next.Sub(at) != want {
			t.Errorf("after %d tries: got %s and %t, want %s", i+1, next.Sub(at), again, want)
		}
	}
	if next, again := r.Next(6, at); again {
		t.Errorf("after 6 tries: got %s, want it given up", next)
	}
	for status, want := range map[int]bool{199: false, 200: true, 202: true, 299: true, 300: false, 500: false, 0: false} {
		if got := r.Succeeded(status); got != want {
			t.Errorf("status %d: got %t, want %t", status, got, want)
		}
	}
}

// TestNoSecretIsLogged when a delivery fails, and what has no secret is signed by none.
func TestNoSecretIsLogged(t *testing.T) {
	t.Parallel()
	h, in := newHooked(t, setup{}), newInbox(t)
	_, secret := h.hook(liveKey, in.URL)
	in.answers(http.StatusInternalServerError)
	h.create(liveKey, nil)
	h.settle()
	if log := h.log.String(); strings.Contains(log, secret) || strings.Contains(log, liveKey) || log == "" {
		t.Errorf("the log is %q, want a failed delivery in it, and no secret", log)
	}
	if got := must(verifa.Secrets(h.engine).EndpointSecrets(t.Context(), endpointID(endpoints+"/webhook_00000000000040008000000000000001"))); len(got) != 0 {
		t.Errorf("got %d secrets of an endpoint that there is not", len(got))
	}
	if got := must(new(verifa.EndpointSecrets).EndpointSecrets(t.Context(), tenantID)); len(got) != 0 {
		t.Errorf("got %d secrets without an engine", len(got))
	}
}
