package verifa_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// bodied sends bodies that nobody has looked at.
type bodied struct {
	*house
	asked *asked
}

func newBodied(f *testing.F, h *house) *bodied { return &bodied{h, fuzzed(h)} }

// send sends a body as JSON. With a key the clock goes on, so that it is not one request too many.
func (b *bodied) send(t *testing.T, method, path, key string, body []byte) result {
	t.Helper()
	return b.sendWith(t, method, path, key, body, http.Header{})
}

// sendWith is send with further headers, which may say that it is something else.
func (b *bodied) sendWith(t *testing.T, method, path, key string, body []byte, header http.Header) result {
	t.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header = header
	if header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != noKey {
		b.clock.Add(time.Minute)
		r.Header.Set("X-API-Key", key)
	}
	w := b.asked.do(r)
	return result{t, fmt.Sprintf("%s %s with %q", method, path, body), w.Code, w.Result().Header, w.Body.String()}
}

// made makes a session and gives its id.
func (b *bodied) made(t *testing.T, key, body string) string {
	t.Helper()
	return b.send(t, "POST", "/api/v1/sessions", key, []byte(body)).want(http.StatusCreated).text("id")
}

// taken reports whether a body was taken. One that was not must be told in one of the forms that there are: what is
// not valid by the name of a member, and what cannot be read without any of its text.
func (r result) taken(t *testing.T, others ...int) bool {
	t.Helper()
	switch {
	case r.status/100 == 2:
		return true
	case r.status == http.StatusUnprocessableEntity:
		faults, ok := r.value("detail").([]any)
		if !ok || len(faults) == 0 || r.text("error") != "validation_error" {
			t.Fatalf("%s: got %s, want what is wrong", r.name, r.body)
		}
		for i := range faults {
			if at := fmt.Sprintf("detail.%d.", i); r.value(at+"field") == nil || r.text(at+"message") == "" { // a name may be empty
				t.Fatalf("%s: got %s, want each fault with its member", r.name, r.body)
			}
		}
	case r.status == http.StatusBadRequest && r.text("error") == "invalid_request", r.status == http.StatusRequestEntityTooLarge:
	case slices.Contains(others, r.status):
	default:
		t.Fatalf("%s: got %d %s", r.name, r.status, r.body)
	}
	return false
}

// same ends the test unless two answers are the same but for when the session was updated last.
func same(t *testing.T, why string, got, want result) {
	t.Helper()
	without := func(r result) string { return string(verifa.Without([]byte(r.body), []string{"updated_at"})) }
	if a, b := without(got), without(want); a != b {
		t.Errorf("%s: got\n%s\nwant\n%s", why, a, b)
	}
}

// FuzzUpdate: what is taken is assigned, so that a second time changes nothing, and what the session then shows is taken
// as it is; what is refused changes nothing.
func FuzzUpdate(f *testing.F) {
	h := newBodied(f, newHouse(f, setup{config: fuzzConfig}))
	f.Fuzz(func(t *testing.T, body []byte) {
		path := "/api/v1/sessions/" + h.made(t, liveKey, everything)
		show := func() result { return h.send(t, "GET", path, liveKey, nil).want(http.StatusOK) }
		before := show()
		got := h.send(t, "PATCH", path, liveKey, body)
		if !got.taken(t) {
			same(t, got.name+" was refused", show(), before)
			return
		}
		after := show()
		same(t, got.name+": the answer", got, after)
		same(t, got.name+", twice", h.send(t, "PATCH", path, liveKey, body).want(http.StatusOK), after)
		var v struct {
			Ref      *string         `json:"external_ref"`
			Metadata json.RawMessage `json:"metadata"`
		}
		if err := json.Unmarshal([]byte(after.body), &v); err != nil {
			t.Fatalf("%s: got %s: %v", got.name, after.body, err)
		}
		own := fmt.Appendf(nil, `{"external_ref":%s,"metadata":%s}`, must(json.Marshal(v.Ref)), v.Metadata)
		same(t, got.name+", and then what it shows", h.send(t, "PATCH", path, liveKey, own).want(http.StatusOK), after)
	})
}

// FuzzTags: what is taken leaves each tag once and no more than there may be, and what is refused changes none.
func FuzzTags(f *testing.F) {
	h := newBodied(f, newHouse(f, setup{config: fuzzConfig}))
	ways := []struct{ method, tail string }{{"POST", "/tags"}, {"PUT", "/tags"}, {"POST", "/tags/remove"}}
	f.Fuzz(func(t *testing.T, way byte, body []byte) {
		path := "/api/v1/sessions/" + h.made(t, liveKey, everything)
		tags := func() string {
			return fmt.Sprint(h.send(t, "GET", path, liveKey, nil).want(http.StatusOK).value("tags"))
		}
		before, by := tags(), ways[int(way)%len(ways)]
		got := h.send(t, by.method, path+by.tail, liveKey, body)
		if !got.taken(t, http.StatusConflict) {
			if after := tags(); after != before {
				t.Errorf("%s was refused: got the tags %s, want %s", got.name, after, before)
			}
			return
		}
		list, seen := got.value("tags").([]any), map[any]bool{}
		for _, tag := range list {
			if text, ok := tag.(string); !ok || text == "" || seen[tag] {
				t.Errorf("%s: got the tags %v, want texts, each once", got.name, list)
			}
			seen[tag] = true
		}
		if after := tags(); len(list) > session.MaxTags || after != fmt.Sprint(got.value("tags")) {
			t.Errorf("%s: got the tags %v, and then %s", got.name, list, after)
		}
	})
}

// FuzzData: what is taken of what a person fills in is kept in one form, which is taken as it is and changes nothing;
// what is refused leaves the data as they were.
func FuzzData(f *testing.F) {
	h := newBodied(f, newHouse(f, setup{config: fuzzConfig, policy: func(p *session.Policy) { p.Create = session.Unlimited() }}))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		s := must(h.engine.Create(t.Context(), session.Facts{}))
		path := "/verify/tok_" + s.LinkToken()
		h.send(t, "POST", path+"/consent", noKey, []byte(`{"consent_version":"1"}`)).want(http.StatusOK)
		given := func() string { return string(must(h.engine.Get(t.Context(), s.ID)).Given()) }
		for _, body := range [][]byte{first, second} {
			before := given()
			got := h.send(t, "POST", path+"/data", noKey, body)
			after := given()
			if !got.taken(t, http.StatusConflict) {
				if after != before {
					t.Errorf("%s was refused: got the data %s, want %s", got.name, after, before)
				}
				continue
			}
			if after == "" {
				continue
			}
			if !json.Valid([]byte(after)) || after[0] != '{' {
				t.Fatalf("%s: got the data %q, want an object", got.name, after)
			}
			alike := [][]byte{body, []byte(`{"fields":` + after + `}`)}
			if !slices.ContainsFunc(slices.Collect(maps.Keys(members(t, []byte(after)))), isFields) {
				alike = append(alike, []byte(after))
			}
			for _, again := range alike {
				if r := h.send(t, "POST", path+"/data", noKey, again); r.taken(t, http.StatusConflict) && given() != after {
					t.Errorf("%s, and then %s: got the data %s, want %s", got.name, again, given(), after)
				}
			}
		}
	})
}

// isFields: a member of that name is what others stand in, unless it stands in one itself.
func isFields(name string) bool { return verifa.Fold(name) == "fields" }

// FuzzBulkRedact: a list is taken as a whole or not at all; nothing is redacted but what is named in it in its only
// spelling, and what is answered is in the order of the list. %s in the text stands for a session that there is.
func FuzzBulkRedact(f *testing.F) {
	h := newBodied(f, newHouse(f, setup{config: fuzzConfig}))
	f.Fuzz(func(t *testing.T, body string) {
		id := h.made(t, liveKey, everything)
		body = strings.ReplaceAll(body, "%s", id)
		got := h.send(t, "POST", "/api/v1/sessions/bulk-redact", liveKey, []byte(body))
		named := false
		if got.taken(t) {
			results, _ := got.value("results").([]any)
			if fmt.Sprint(len(results)) != got.text("total") || len(results) < 1 || len(results) > 100 {
				t.Fatalf("%s: got %s, want 1 to 100 results and their number", got.name, got.body)
			}
			for i := range results {
				at := fmt.Sprintf("results.%d.", i)
				is := got.text(at + "session_id")
				named = named || is == id
				if !strings.Contains(body, is) || is != id && got.text(at+"status") != "not_found" {
					t.Errorf("%s: got %s", got.name, got.body)
				}
			}
		}
		shown := h.send(t, "GET", "/api/v1/sessions/"+id, liveKey, nil).want(http.StatusOK)
		if redacted := shown.text("retention_status") == "redacted"; redacted != named {
			t.Errorf("%s: got %d %s, and the session is %s", got.name, got.status, got.body, shown.text("retention_status"))
		}
	})
}

// FuzzOneTimeLink: what is taken makes a link that lives for a whole number of minutes, up to 30 days; what is refused
// makes none.
func FuzzOneTimeLink(f *testing.F) {
	h := newBodied(f, newHouse(f, setup{config: fuzzConfig}))
	f.Fuzz(func(t *testing.T, body []byte) {
		path := "/api/v1/sessions/" + h.made(t, liveKey, "{}")
		got := h.send(t, "POST", path+"/generate-one-time-link", liveKey, body)
		links := h.send(t, "GET", path+"/links", liveKey, nil).want(http.StatusOK)
		if !got.taken(t) {
			if links.body != `{"data":[]}` {
				t.Errorf("%s was refused: got the links %s", got.name, links.body)
			}
			return
		}
		made, err := time.Parse(time.RFC3339, got.text("created_at"))
		ends, wrong := time.Parse(time.RFC3339, got.text("expires_at"))
		life := ends.Sub(made)
		if err != nil || wrong != nil || life < time.Minute || life > 30*day || life%time.Minute != 0 {
			t.Errorf("%s: got %s, which lives for %s", got.name, got.body, life)
		}
		if links.text("data.0.id") != got.text("id") || links.text("data.1.id") != "" {
			t.Errorf("%s: got the links %s, want %s alone", got.name, links.body, got.text("id"))
		}
	})
}

// FuzzEndpoint: what is taken as an endpoint is shown in a form that is taken again and then shown the same; what is
// refused makes and changes none.
func FuzzEndpoint(f *testing.F) {
	h := newBodied(f, newHooked(f, setup{config: fuzzConfig}))
	const settable = `{"url":%s,"label":%s,"description":%s,"enabled_events":%s,"attribute_blocklist":%s,` +
		`"event_filter_conditions":%s,"api_version":%s,"key_inflection":%s}`
	f.Fuzz(func(t *testing.T, body []byte) {
		other := h.send(t, "POST", endpoints, liveKey, []byte(`{"url":"https://shop.example/"}`)).want(http.StatusCreated)
		at := endpoints + "/" + other.text("id")
		defer h.send(t, "DELETE", at, liveKey, nil)
		changed := h.send(t, "PATCH", at, liveKey, body)
		if !changed.taken(t) {
			is := h.send(t, "GET", at, liveKey, nil).want(http.StatusOK)
			same(t, changed.name+" was refused", is, result{body: string(verifa.Without([]byte(other.body), []string{"secret"}))})
		}
		got := h.send(t, "POST", endpoints, liveKey, body)
		total := h.send(t, "GET", endpoints, liveKey, nil).want(http.StatusOK).text("pagination.total")
		if !got.taken(t) {
			if total != "1" {
				t.Errorf("%s was refused: got %s endpoints, want 1", got.name, total)
			}
			return
		}
		own := endpoints + "/" + got.text("id")
		defer h.send(t, "DELETE", own, liveKey, nil)
		is := h.send(t, "GET", own, liveKey, nil).want(http.StatusOK)
		var v map[string]json.RawMessage
		if err := json.Unmarshal([]byte(is.body), &v); err != nil || total != "2" {
			t.Fatalf("%s: got %s of %s endpoints: %v", got.name, is.body, total, err)
		}
		again := fmt.Appendf(nil, settable, v["url"], v["label"], v["description"], v["enabled_events"], v["attribute_blocklist"],
			v["event_filter_conditions"], v["api_version"], v["key_inflection"])
		same(t, got.name+", and then what it shows", h.send(t, "PATCH", own, liveKey, again).want(http.StatusOK), is)
	})
}

// FuzzCase: what is taken does to a case what it says, and what is refused changes neither the case nor its notes.
func FuzzCase(f *testing.F) {
	h := newBodied(f, newHouse(f, setup{config: fuzzConfig}))
	ways := []string{"/claim", "/release", "/notes", "/approve", "/reject"}
	f.Fuzz(func(t *testing.T, way byte, body []byte) {
		id := h.made(t, sandboxKey, "{}")
		h.send(t, "POST", "/api/v1/sessions/"+id+"/simulate", sandboxKey, []byte(`{"action":"require-review"}`)).want(http.StatusOK)
		at, by := "/api/v1/cases/case_"+id[4:], ways[int(way)%len(ways)]
		show := func() string {
			return h.send(t, "GET", at, sandboxKey, nil).want(http.StatusOK).body +
				h.send(t, "GET", at+"/notes", sandboxKey, nil).want(http.StatusOK).body
		}
		before := show()
		got := h.send(t, "POST", at+by, sandboxKey, body)
		if !got.taken(t, http.StatusConflict) {
			if after := show(); after != before {
				t.Errorf("%s was refused: got the case\n%s\nwant\n%s", got.name, after, before)
			}
			return
		}
		after := h.send(t, "GET", at, sandboxKey, nil)
		want := map[string]string{"/claim": "in_review", "/release": "open", "/notes": "open", "/approve": "approved", "/reject": "rejected"}[by]
		if after.text("status") != want || by != "/notes" && after.body != got.body {
			t.Errorf("%s: got %s, and the case is %s, want %s", got.name, got.body, after.body, want)
		}
		if notes := h.send(t, "GET", at+"/notes", sandboxKey, nil); by == "/notes" && notes.body != `{"data":[`+got.body+`]}` {
			t.Errorf("%s: got %s, and the notes are %s", got.name, got.body, notes.body)
		}
	})
}
