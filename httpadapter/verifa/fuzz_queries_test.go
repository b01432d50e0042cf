package verifa_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

// FuzzQueries: whatever the query of a list, it is answered with no more than was asked for, or refused by the name of a
// parameter; a cursor that is taken is one in its only spelling, and what a page gives as the next one is taken.
func FuzzQueries(f *testing.F) {
	h := newHooked(f, setup{config: fuzzConfig})
	ids := h.objects()
	h.do("POST", "/api/v1/workflows", sandboxKey, gated).want(http.StatusCreated)
	lists := []string{
		"/api/v1/events", endpoints + "/" + ids[endpoints] + "/deliveries", "/api/v1/cases", "/api/v1/results", "/api/v1/workflows",
		endpoints, identities + "user_17/sessions",
	}
	a := fuzzed(h)
	f.Fuzz(func(t *testing.T, list byte, query string) {
		path := lists[int(list)%len(lists)]
		ask := func(query string) result {
			h.clock.Add(time.Minute)
			r := httptest.NewRequest("GET", path, nil)
			r.URL.RawQuery = query
			r.Header.Set("X-API-Key", sandboxKey)
			w := a.do(r)
			return result{t, "GET " + path + "?" + query, w.Code, w.Result().Header, w.Body.String()}
		}
		got := ask(query)
		if !got.taken(t) {
			return
		}
		limit, _ := got.value("pagination.limit").(float64)
		if data, ok := got.value("data").([]any); !ok || limit < 1 || limit > 100 || len(data) > int(limit) {
			t.Errorf("%s: got %s, want up to %v things", got.name, got.body, limit)
		}
		values, err := url.ParseQuery(query)
		if cursor := values.Get("cursor"); cursor != "" {
			if id, wrong := uuid.Parse(strings.TrimPrefix(cursor, "cur_")); err != nil || wrong != nil ||
				cursor != "cur_"+strings.ReplaceAll(id.String(), "-", "") {
				t.Errorf("%s: the cursor %q was taken", got.name, cursor)
			}
		}
		if next := got.text("pagination.next_cursor"); next != "" {
			ask("cursor=" + url.QueryEscape(next)).want(http.StatusOK)
		}
	})
}

// FuzzResource: an id that is read is written as it came, and what is no id is left as it is.
func FuzzResource(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		got := verifa.ParseResource(text)
		id, err := uuid.Parse(got)
		if got != text {
			if err != nil || got != id.String() {
				t.Fatalf("%q: got %q, want an id", text, got)
			}
			prefix, _, _ := strings.Cut(text, "_")
			if want := prefix + "_" + strings.ReplaceAll(got, "-", ""); text != want {
				t.Errorf("%q was read as %s, which is written %q", text, got, want)
			}
		}
		for _, resource := range []string{"session", "webhook_endpoint", "workflow", "identity", "api_key"} {
			shown := verifa.ResourceID(resource, got)
			switch {
			case shown == nil && got != "":
				t.Errorf("%q: the %s is not shown", text, resource)
			case shown != nil && verifa.ParseResource(*shown) != got && (err != nil || verifa.ParseResource(*shown) != id.String()):
				t.Errorf("%q: the %s %q is shown as %q, and that is read as %q", text, resource, got, *shown, verifa.ParseResource(*shown))
			}
		}
	})
}

// FuzzWithout: what is left is JSON and the payload but for what is blocked; the order of paths and how often they stand
// there do not count, and what every payload has stays.
func FuzzWithout(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte, one, other string) {
		payload, err := verifa.Normal(text)
		if err != nil || len(payload) == 0 || payload[0] != '{' {
			return // a renderer makes objects, in one form
		}
		got := verifa.Without(payload, []string{one, other})
		if !json.Valid(got) || len(got) > len(payload) {
			t.Fatalf("%s without %q and %q: got %s", payload, one, other, got)
		}
		for name, again := range map[string][]byte{
			"the other way round": verifa.Without(payload, []string{other, one, other}),
			"one after the other": verifa.Without(verifa.Without(payload, []string{one}), []string{other}),
			"twice":               verifa.Without(got, []string{one, other}),
			"as they are written": verifa.Without(payload, []string{written(one), written(other)}),
		} {
			if string(again) != string(got) {
				t.Errorf("%s without %q and %q, %s: got %s, want %s", payload, one, other, name, again, got)
			}
		}
		if bare := verifa.Without(payload, nil); string(bare) != string(payload) {
			t.Errorf("%s without nothing: got %s", payload, bare)
		}
		was, is := members(t, payload), members(t, got)
		for _, name := range []string{"event", "idempotency_key"} {
			if string(was[name]) != string(is[name]) && !strings.Contains(one+other, ".") {
				t.Errorf("%s without %q and %q: got %s, want %s kept", payload, one, other, got, name)
			}
		}
		for name := range was {
			if _, left := is[name]; !left && verifa.Attribute(one) != name && verifa.Attribute(other) != name {
				t.Errorf("%s without %q and %q: got %s, and %q is gone", payload, one, other, got, name)
			}
		}
	})
}

// written is a path as it is meant, unless that would mean another: behind data the nested form has what the flat one has.
func written(path string) string {
	meant := verifa.Attribute(path)
	if verifa.Attribute(meant) != meant {
		return path
	}
	return meant
}

func members(t *testing.T, object []byte) (m map[string]json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal(object, &m); err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	return m
}
