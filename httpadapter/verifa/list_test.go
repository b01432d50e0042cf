package verifa_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// list asks for a page of sessions, and gives their ids.
func (h *house) list(key, query string) (r result, ids []string) {
	h.Helper()
	r = h.do("GET", "/api/v1/sessions?"+query, key, nil).want(200)
	for _, s := range r.value("data").([]any) {
		ids = append(ids, s.(map[string]any)["id"].(string))
	}
	return r, ids
}

// many makes sessions, a millisecond after another, newest first.
func (h *house) many(key string, n int, body any) (ids []string) {
	h.Helper()
	for range n {
		h.clock.Add(time.Millisecond)
		ids = append(ids, h.create(key, body))
	}
	slices.Reverse(ids)
	return ids
}

func TestListPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	all := h.many(liveKey, 120, nil)
	for _, row := range []struct {
		query string
		want  []string
		page  string // limit, offset
	}{
		{"", all[:50], "50 0"}, {"limit=3", all[:3], "3 0"}, {"limit=100", all[:100], "100 0"}, {"limit=3&offset=5", all[5:8], "3 5"},
		{"offset=118", all[118:], "50 118"}, {"offset=120", nil, "50 120"}, {"offset=10000", nil, "50 10000"}, {"limit=1&offset=0", all[:1], "1 0"},
	} {
		got, ids := h.list(liveKey, row.query)
		if !slices.Equal(ids, row.want) {
			t.Errorf("%q: got %d sessions, want %d, newest first", row.query, len(ids), len(row.want))
		}
		if page := got.text("pagination.limit") + " " + got.text("pagination.offset"); page != row.page || got.text("pagination.total") != "120" {
			t.Errorf("%q: got the page %q of %s, want %q of 120", row.query, page, got.text("pagination.total"), row.page)
		}
		if more := got.text("pagination.next_cursor"); (more != "") != (len(row.want) > 0 && row.want[len(row.want)-1] != all[119]) {
			t.Errorf("%q: got the cursor %q", row.query, more)
		}
	}
	if got, ids := h.list(theirKey, ""); len(ids) > 0 || got.text("pagination.total") != "0" {
		t.Errorf("another tenant sees %d sessions", len(ids))
	}
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	cursor := "cur_019ca9450a004ef5bc235f8a14b3031f"
	for query, field := range map[string]string{
		"limit=0": "limit", "limit=101": "limit", "limit=x": "limit", "limit=-1": "limit", "limit=1.5": "limit", "limit=1&limit=2": "limit",
		"limit=99999999999999999999": "limit", "offset=-1": "offset", "offset=10001": "offset", "offset=x": "offset",
		"cursor=x": "cursor", "cursor=ses_019ca9450a004ef5bc235f8a14b3031f": "cursor", "cursor=" + strings.ToUpper(cursor): "cursor",
		"cursor=" + cursor + "&offset=1": "offset", "status=done": "status", "status=PENDING": "status", "status=approved": "status",
		"status=pending&status=expired": "status", "q=a&q=b": "q", "stauts=pending": "stauts", "external_ref=%zz": "query", "a;b": "query",
	} {
		got := h.do("GET", "/api/v1/sessions?"+query, liveKey, nil).refused(422, "validation_error")
		if is := got.text("detail.0.field"); is != field {
			t.Errorf("%s: got %s, want %s", query, got.body, field)
		}
	}
	got := h.do("GET", "/api/v1/sessions?offset=10001", liveKey, nil)
	if message := got.text("detail.0.message"); !strings.Contains(message, "cursor") || !strings.Contains(message, "next_cursor") {
		t.Errorf("got %q, want that it points to the cursor", message)
	}
	h.do("GET", "/api/v1/sessions?status=sandbox_pending", liveKey, nil).refused(422, "validation_error")
	h.do("GET", "/api/v1/sessions?status=processing", sandboxKey, nil).refused(422, "validation_error")
	h.do("GET", "/api/v1/sessions?limit=&offset=&status=&cursor=", liveKey, nil).want(200)
}

// TestCursorIsStable: whoever goes from page to page sees what was there at the beginning once each, whatever is added
// or ends meanwhile.
func TestCursorIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t, setup{})
		all := h.many(liveKey, rapid.IntRange(0, 12).Draw(rt, "sessions"), nil)
		limit := rapid.IntRange(1, 5).Draw(rt, "limit")
		var seen []string
		for query := fmt.Sprint("limit=", limit); ; {
			got, ids := h.list(liveKey, query)
			if len(ids) > limit {
				rt.Fatalf("got %d sessions, want %d at most", len(ids), limit)
			}
			seen = append(seen, ids...)
			next := got.text("pagination.next_cursor")
			if next == "" {
				break
			}
			query = fmt.Sprint("limit=", limit, "&cursor=", next)
			h.many(liveKey, rapid.IntRange(0, 3).Draw(rt, "more"), nil)
			if rapid.Bool().Draw(rt, "expire") {
				h.do("POST", "/api/v1/sessions/"+all[len(all)-1]+"/expire", liveKey, nil)
			}
		}
		if !slices.Equal(seen, all) {
			rt.Fatalf("limit %d: got %d sessions %s, want the %d that were there: %s", limit, len(seen), seen, len(all), all)
		}
	})
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	ada := h.many(liveKey, 2, `{"external_ref":"ada"}`)
	bob := h.many(liveKey, 1, `{"external_ref":"Bob"}`)
	odd := h.many(liveKey, 1, map[string]string{"external_ref": ada[0]})
	none := h.many(liveKey, 1, nil)
	h.do("POST", "/api/v1/sessions/"+ada[1]+"/expire", liveKey, nil).want(200)
	theirs := h.create(theirKey, `{"external_ref":"ada"}`)
	boxed := h.create(sandboxKey, `{"external_ref":"ada"}`)
	empty := []string{}
	for _, row := range []struct {
		key, query string
		want       []string
	}{
		{liveKey, "external_ref=ada", ada},
		{liveKey, "external_ref=Bob", bob},
		{liveKey, "external_ref=bob", empty},
		{liveKey, "external_ref=ad", empty},
		{liveKey, "external_ref=ada&status=pending", ada[:1]},
		{liveKey, "external_ref=ada&status=expired", ada[1:]},
		{liveKey, "status=expired", ada[1:]},
		{liveKey, "status=pending", slices.Concat(none, odd, bob, ada[:1])},
		{liveKey, "status=completed", empty},
		{liveKey, "q=ada", ada},
		{liveKey, "q=" + bob[0], bob},
		{liveKey, "q=" + ada[0], ada[:1]}, // it is an id before it is a reference
		{liveKey, "external_ref=" + ada[0], odd},
		{liveKey, "q=" + bob[0] + "&external_ref=Bob", bob},
		{liveKey, "q=" + bob[0] + "&external_ref=ada", empty},
		{liveKey, "q=" + bob[0] + "&status=expired", empty},
		{liveKey, "q=" + bob[0] + "&status=pending", bob},
		{liveKey, "q=ada&external_ref=ada", ada},
		{liveKey, "q=ada&external_ref=Bob", empty},
		{liveKey, "q=ses_00000000000040008000000000000000", empty},
		{liveKey, "q=" + theirs, empty},
		{liveKey, "q=" + boxed, empty},
		{theirKey, "q=ada", []string{theirs}},
		{sandboxKey, "external_ref=ada", []string{boxed}},
	} {
		got, ids := h.list(row.key, row.query)
		if !slices.Equal(ids, row.want) && len(ids)+len(row.want) > 0 {
			t.Errorf("%s: got %s, want %s", row.query, ids, row.want)
		}
		if total := got.text("pagination.total"); total != fmt.Sprint(len(row.want)) {
			t.Errorf("%s: got the total %s, want %d", row.query, total, len(row.want))
		}
	}
	if got, ids := h.list(liveKey, "q="+bob[0]+"&offset=1"); len(ids) > 0 || got.text("pagination.total") != "1" {
		t.Errorf("got %s and the total %s behind the only one, want none of one", ids, got.text("pagination.total"))
	}
}

// TestListShowsWhatIsRedacted, and goes on behind it.
func TestListShowsWhatIsRedacted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	all := h.many(liveKey, 3, everything)
	h.do("DELETE", "/api/v1/sessions/"+all[1]+"/data", liveKey, nil).want(200)
	got, ids := h.list(liveKey, "limit=2")
	if !slices.Equal(ids, all[:2]) || got.text("pagination.next_cursor") == "" {
		t.Errorf("got %s and the cursor %q, want %s and one", ids, got.text("pagination.next_cursor"), all[:2])
	}
	if is := got.text("data.1.retention_status"); is != "redacted" || got.text("data.1.external_ref") != "" || got.text("data.1.metadata") != "map[]" {
		t.Errorf("got %s", got.body)
	}
	if _, ids := h.list(liveKey, "external_ref=user_17"); slices.Contains(ids, all[1]) {
		t.Error("a redacted session is found by its reference")
	}
}

// crowd is a store with as many sessions as one may wish to count.
type crowd struct {
	session.Store
	sessions int
}

func (c *crowd) Query(ctx context.Context, q session.Query) ([]session.Session, error) {
	if !q.Bare {
		return c.Store.Query(ctx, q)
	}
	return make([]session.Session, min(c.sessions, q.N)), nil
}

// TestTotals are counted up to one more than may be skipped.
func TestTotals(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{9_999: "9999", 10_000: "10000", 10_001: "10001", 2_000_000: "10001"} {
		h := newHouse(t, setup{store: &crowd{memstore.New(), n}})
		if got, _ := h.list(liveKey, ""); got.text("pagination.total") != want {
			t.Errorf("of %d: got the total %s, want %s", n, got.text("pagination.total"), want)
		}
	}
}

func TestUpdateMerges(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, `{"external_ref":"ada","metadata":{"a":1,"b":{"c":2},"A":3}}`)
	path := "/api/v1/sessions/" + id
	for _, row := range []struct{ body, ref, metadata string }{
		{`{}`, "ada", `{"a":1,"b":{"c":2},"A":3}`},
		{`{"metadata":null,"externalRef":"eve"}`, "eve", `{"a":1,"b":{"c":2},"A":3}`},
		{`{"metadata":{}}`, "eve", `{"a":1,"b":{"c":2},"A":3}`},
		{`{"metadata":{"b":{"d":4},"a_b":"x"}}`, "eve", `{"a":1,"b":{"d":4},"A":3,"a_b":"x"}`},
		{`{"custom-metadata":{"a":null,"z":null}}`, "eve", `{"b":{"d":4},"A":3,"a_b":"x"}`},
		{`{"reference-id":null,"metadata":{"b":null,"A":null,"a_b":null}}`, "", `{}`},
	} {
		got := h.do("PATCH", path, liveKey, row.body).want(200)
		if got.text("external_ref") != row.ref || !strings.Contains(got.body, `"metadata":`+row.metadata) {
			t.Errorf("%s: got %s, want %q and %s", row.body, got.body, row.ref, row.metadata)
		}
		if again := h.do("GET", path, liveKey, nil).want(200); again.body != got.body {
			t.Errorf("%s: got %s, and then %s", row.body, got.body, again.body)
		}
	}
	for _, row := range []struct{ body, field string }{
		{`{"status":"completed"}`, "status"}, {`{"id":"x"}`, "id"}, {`{"country":"EE"}`, "country"}, {`{"tags":[]}`, "tags"},
		{`{"isSandbox":true}`, "isSandbox"}, {`{"external_ref":1}`, "external_ref"}, {`{"metadata":[]}`, "metadata"},
		{`{"fields":{"first_name":"x"}}`, "fields"}, {`{"retention_status":"active"}`, "retention_status"}, {`{"expires_at":"2099-01-01"}`, "expires_at"},
		{`{"externalRef":"a","external-ref":"b"}`, "external-ref"}, {`{"data":{"attributes":{}}}`, "data"},
		{`{"metadata":{"a":"` + strings.Repeat("x", 17<<10) + `"}}`, "metadata"},
	} {
		if got := h.do("PATCH", path, liveKey, row.body).refused(422, "validation_error"); got.text("detail.0.field") != row.field {
			t.Errorf("%.100s: got %s, want %s", row.body, got.body, row.field)
		}
	}
	h.do("DELETE", path+"/data", liveKey, nil).want(200)
	h.do("PATCH", path, liveKey, `{"external_ref":"x"}`).refused(410, "gone")
}

// TestUpdateFindsAnew: a session is found by the reference that it has, and no longer by the one that it had.
func TestUpdateFindsAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(liveKey, `{"external_ref":"before"}`)
	h.do("PATCH", "/api/v1/sessions/"+id, liveKey, `{"external_ref":"after"}`).want(200)
	for ref, want := range map[string]int{"before": 0, "after": 1} {
		if _, ids := h.list(liveKey, "external_ref="+ref); len(ids) != want {
			t.Errorf("%s: got %s, want %d", ref, ids, want)
		}
	}
}

// FuzzListQuery: whatever the query, it is answered or refused, and a cursor that is taken is one in its only spelling.
func FuzzListQuery(f *testing.F) {
	h := newHouse(f, setup{config: fuzzConfig})
	id := h.create(liveKey, nil)
	for _, seed := range []string{
		"", "limit=1", "cursor=cur_" + id[4:], "cursor=cur_" + strings.ToUpper(id[4:]), "cursor=" + id, "offset=10001", "q=" + id, "limit=+1",
		"status=pending&external_ref=%00", "%zz", ";", "limit=1&limit=1", "cursor=cur_%30",
	} {
		f.Add(seed)
	}
	a := fuzzed(h)
	f.Fuzz(func(t *testing.T, query string) {
		h.clock.Add(time.Minute)
		r := httptest.NewRequest("GET", "/api/v1/sessions", nil)
		r.URL.RawQuery = query
		r.Header.Set("X-API-Key", liveKey)
		w := a.do(r)
		if w.Code != 200 && w.Code != 422 {
			t.Fatalf("%q: got %d %s", query, w.Code, w.Body)
		}
		values, err := url.ParseQuery(query)
		cursor := values.Get("cursor")
		if w.Code != 200 || cursor == "" {
			return
		}
		if parsed, wrong := uuid.Parse(strings.TrimPrefix(cursor, "cur_")); err != nil || wrong != nil ||
			cursor != "cur_"+strings.ReplaceAll(parsed.String(), "-", "") {
			t.Errorf("%q: the cursor %q was taken", query, cursor)
		}
	})
}

// TestListsAreWrittenDown: who was read, each by name.
func TestListsAreWrittenDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	first, second := h.create(liveKey, "{}"), h.create(liveKey, "{}")
	h.do("GET", "/api/v1/sessions", liveKey, nil).want(200)
	got := h.do("GET", "/api/v1/events?action=api.sessions.list", liveKey, nil).want(200)
	if named := got.text("data.0.resource_id"); !strings.Contains(named, first) || !strings.Contains(named, second) {
		t.Errorf("got %s, want a line that names %s and %s", got.body, first, second)
	}
}
