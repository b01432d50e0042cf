package verifa_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// replayed reports whether an answer is one that was given before.
func (r result) replayed() bool { return r.header.Get("Idempotency-Replayed") == "true" }

// sessions is how many of them a key sees.
func (h *house) sessions(key string) string {
	h.Helper()
	return h.do("GET", "/api/v1/sessions", key, nil).want(200).text("pagination.total")
}

// TestOnceEverywhere: each endpoint that changes something does it once for one key, and tells it again.
func TestOnceEverywhere(t *testing.T) {
	eachEndpoint(t, func() setup { return setup{} }, func(h *stage, e verifa.Endpoint, c call) {
		if e.Method == http.MethodGet {
			return
		}
		c.header = map[string]string{"Idempotency-Key": "intent 1"}
		h.call(c).refused(400, "invalid_request")
		c.header["Idempotency-Key"] = "intent-1"
		first := h.call(c)
		if first.status/100 != 2 || first.replayed() {
			h.Fatalf("got %d %s, want success that is new", first.status, first.body)
		}
		h.clock.Add(time.Second)
		again := h.call(c)
		if again.status != first.status || again.body != first.body || !again.replayed() {
			h.Errorf("got %d %s (replayed: %v), want what came first: %d %s", again.status, again.body, again.replayed(), first.status, first.body)
		}
		for _, name := range []string{"Content-Type", "Cache-Control", "X-Content-Type-Options"} {
			if a, b := first.header.Get(name), again.header.Get(name); a != b {
				h.Errorf("got %s %q and then %q", name, a, b)
			}
		}
	})
}

// TestOnceForWhom: a key is one within who asks for what.
func TestOnceForWhom(t *testing.T) {
	t.Parallel()
	second := "vk_live_" + "second00000000000000"
	h := newHouse(t, setup{keys: []auth.APIKey{keyOf(second, liveID)}})
	const path, body = "/api/v1/sessions", `{"external_ref":"ada"}`
	first := h.with("k", "POST", path, liveKey, body).want(201)
	if again := h.with("k", "POST", path, liveKey, body).want(201); again.body != first.body {
		t.Errorf("got %s and then %s", first.body, again.body)
	}
	for _, key := range []string{second, theirKey, sandboxKey, pageKey} {
		got := h.with("k", "POST", path, key, `{"external_ref":"eve"}`).want(201)
		if got.replayed() || got.text("id") == first.text("id") {
			t.Errorf("%s: got %s, want a session of its own", key, got.body)
		}
	}
	id := first.text("id")
	if got := h.with("k", "PATCH", path+"/"+id, liveKey, `{"external_ref":"bob"}`).want(200); got.replayed() {
		t.Errorf("another method and path: got %s, want that it is done", got.body)
	}
	other := h.create(liveKey, nil)
	for _, id := range []string{id, other} {
		if got := h.with("k", "POST", path+"/"+id+"/expire", liveKey, nil).want(200); got.replayed() || got.text("id") != id {
			t.Errorf("another path: got %s, want that it is done", got.body)
		}
	}
	if got := h.with("K", "POST", path, liveKey, body).want(201); got.replayed() {
		t.Error("another key, by its case, is taken for the same")
	}
	if n := h.sessions(liveKey); n != "5" { // first, second's, the page's, other, and the last
		t.Errorf("got %s sessions, want 5", n)
	}
	if got := h.do("GET", path, liveKey, nil).want(200); got.replayed() {
		t.Error("a reading is replayed")
	}
}

// TestOnceOfTheSame: what means the same is the same request, and anything else is not.
func TestOnceOfTheSame(t *testing.T) {
	t.Parallel()
	const body = `{"external_ref":"ada","metadata":{"a":1,"b":{"c":[1,2],"d":"x"}},"fields":{"first_name":"Ada","address":{"city":"Tallinn"}}}`
	h := newHouse(t, setup{})
	first := h.with("k", "POST", "/api/v1/sessions", liveKey, body).want(201)
	for name, same := range map[string]string{
		"another order":        `{"fields":{"address":{"city":"Tallinn"},"first_name":"Ada"},"metadata":{"b":{"d":"x","c":[1,2]},"a":1},"external_ref":"ada"}`,
		"white space":          strings.ReplaceAll(body, ":", " :\n\t"),
		"another casing":       strings.NewReplacer("external_ref", "externalRef", "first_name", "first-name").Replace(body),
		"other names":          strings.NewReplacer("external_ref", "vendorData", "first_name", "nameFirst", "fields", "applicant").Replace(body),
		"an envelope":          `{"data":{"type":"session","attributes":` + body + `}}`,
		"escapes":              strings.ReplaceAll(body, `"ada"`, `"\u0061da"`),
		"a number so":          strings.ReplaceAll(body, `"a":1,`, `"a":1.0,`),
		"what is passed over":  strings.Replace(body, "{", `{"unknown":1,`, 1),
		"null for what is not": strings.Replace(body, "{", `{"country":null,"tags":null,`, 1),
	} {
		got := h.with("k", "POST", "/api/v1/sessions", liveKey, same)
		if got.status != 201 || got.body != first.body || !got.replayed() {
			t.Errorf("%s: got %d %.200s, want the first answer", name, got.status, got.body)
		}
	}
	for name, other := range map[string]string{
		"another reference": strings.ReplaceAll(body, "ada", "Ada"), "less": `{"external_ref":"ada"}`, "more": strings.Replace(body, "{", `{"country":"EE",`, 1),
		"another order of a list": strings.ReplaceAll(body, "[1,2]", "[2,1]"), "other names in metadata": strings.ReplaceAll(body, `"a":1`, `"A":1`),
		"nothing": `{}`, "another type in metadata": strings.ReplaceAll(body, `"a":1`, `"a":"1"`),
	} {
		got := h.with("k", "POST", "/api/v1/sessions", liveKey, other).refused(422, "idempotency_mismatch")
		if want := `{"error":"idempotency_mismatch","detail":"Idempotency key has already been used with different parameters.","status_code":422}`; got.body != want {
			t.Errorf("%s: got %s, want %s", name, got.body, want)
		}
	}
	if n := h.sessions(liveKey); n != "1" {
		t.Errorf("got %s sessions, want one", n)
	}
	for asked, name := range map[string]string{"camel": `"isSandbox"`, "kebab": `"is-sandbox"`} {
		got := h.call(call{method: "POST", path: "/api/v1/sessions", key: liveKey, body: body,
			header: map[string]string{"Idempotency-Key": "k", "Key-Inflection": asked}}).want(201)
		if !got.replayed() || !strings.Contains(got.body, name) || got.text("id") != first.text("id") {
			t.Errorf("in %s: got %.300s", asked, got.body)
		}
	}
}

func TestOnceKeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	for name, row := range map[string]struct {
		key    string
		status int
	}{
		"one character": {"x", 201}, "255": {strings.Repeat("x", 255), 201}, "256": {strings.Repeat("x", 256), 400}, "none": {"", 400},
		"all marks": {"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", 201}, "not ASCII": {"schlüssel", 400}, "a space": {"a b", 400},
		"bytes": {"\xff", 400}, "a tab": {"a\tb", 400},
	} {
		got := h.with(row.key, "POST", "/api/v1/sessions", liveKey, "{}")
		if got.status != row.status {
			t.Errorf("%s: got %d %.200s, want %d", name, got.status, got.body, row.status)
		}
	}
	r := must(http.NewRequest("POST", h.server.URL+"/api/v1/sessions", nil))
	r.Header = http.Header{"X-Api-Key": {liveKey}, "Idempotency-Key": {"a", "a"}}
	res := must(h.server.Client().Do(r))
	if _ = res.Body.Close(); res.StatusCode != 400 {
		t.Errorf("the header twice: got %d, want 400", res.StatusCode)
	}
	if n := h.sessions(liveKey); n != "3" {
		t.Errorf("got %s sessions, want 3: what is refused has no effect", n)
	}
}

// TestOnceForADay from the first request on.
func TestOnceForADay(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	create := func() result {
		return h.with("k", "POST", "/api/v1/sessions", liveKey, `{"external_ref":"ada"}`).want(201)
	}
	first := create()
	h.clock.Add(12 * time.Hour)
	create()
	h.clock.Add(12*time.Hour - time.Second)
	if got := create(); !got.replayed() || got.body != first.body {
		t.Errorf("a second before: got %.200s, want the first answer", got.body)
	}
	h.settle()
	h.clock.Add(time.Second - time.Microsecond)
	if got := create(); !got.replayed() {
		t.Errorf("a microsecond before: got %.200s, want the first answer", got.body)
	}
	h.clock.Add(time.Microsecond)
	next := create()
	if next.replayed() || next.text("id") == first.text("id") {
		t.Errorf("after a day: got %.200s, want a new session", next.body)
	}
	h.clock.Add(time.Second)
	if got := h.with("k", "POST", "/api/v1/sessions", liveKey, `{"external_ref":"bob"}`); got.status != 422 {
		t.Errorf("got %d %.200s, want that the key is the second request's", got.status, got.body)
	}
}

// TestOnceOfFailures: what was refused, or failed, is not remembered.
func TestOnceOfFailures(t *testing.T) {
	t.Parallel()
	broken := &failing{Store: memstore.New()}
	h := newHouse(t, setup{store: broken, policy: func(p *session.Policy) { p.Create = []session.Rule{{N: 1, Window: time.Minute}} }})
	create := func(body string) result { return h.with("k", "POST", "/api/v1/sessions", liveKey, body) }
	create(`{"country":"xxx"}`).refused(422, "validation_error")
	create(`[]`).refused(400, "invalid_request")
	h.create(liveKey, nil)
	create(`{"country":"EE"}`).refused(429, "rate_limited")
	h.clock.Add(time.Minute)
	broken.fails.Store(1)
	create(`{"country":"EE"}`).refused(500, "internal")
	if got := create(`{"country":"FI"}`).want(201); got.replayed() {
		t.Errorf("got %s, want a new session", got.body)
	}
	create(`{"country":"EE"}`).refused(422, "idempotency_mismatch")
	absent := "/api/v1/sessions/ses_00000000000040008000000000000000/expire"
	h.with("k", "POST", absent, liveKey, nil).refused(404, "not_found")
	id := h.create(theirKey, nil)
	h.with("k", "POST", "/api/v1/sessions/"+id+"/reprocess", theirKey, nil).refused(409, "conflict")
	h.with("k", "POST", "/api/v1/sessions/"+id+"/reprocess", theirKey, nil).refused(409, "conflict")
}

// failing is a store that fails to write before it has, or after.
type failing struct {
	session.Store
	fails, late atomic.Int32 // so many more times
}

var errDown = errors.New("the store is down")

func (f *failing) Apply(ctx context.Context, changes ...session.Change) []error {
	if f.fails.Add(-1) >= 0 {
		return failed(changes)
	}
	errs := f.Store.Apply(ctx, changes...)
	if errs == nil && f.late.Add(-1) >= 0 {
		return failed(changes)
	}
	return errs
}

func failed(changes []session.Change) (errs []error) {
	for range changes {
		errs = append(errs, errDown)
	}
	return errs
}

// TestOnceOfACrash: whoever asks again after a crash has the effect once, whether it was before the write or after.
func TestOnceOfACrash(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"before", "after"} {
		store := &failing{Store: memstore.New()}
		h := newHouse(t, setup{store: store})
		if store.fails.Store(1); when == "after" {
			store.fails.Store(0)
			store.late.Store(1)
		}
		create := func() result { return h.with("k", "POST", "/api/v1/sessions", liveKey, everything) }
		create().refused(500, "internal")
		got := create().want(201)
		if got.replayed() != (when == "after") {
			t.Errorf("%s: replayed: %v", when, got.replayed())
		}
		if again := create().want(201); again.body != got.body || h.sessions(liveKey) != "1" {
			t.Errorf("%s: got %s sessions, want one", when, h.sessions(liveKey))
		}
	}
}

// TestOnceAtOnce: of fifty at once one has the effect, and all its answer.
func TestOnceAtOnce(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]*house{"memory": newHouse(t, setup{}), "sqlite": newHouse(t, setup{store: openSQLite(t, filepath.Join(t.TempDir(), "db"))})} {
		const n = 50
		got := make([]result, n)
		var group sync.WaitGroup
		for i := range n {
			group.Go(func() { got[i] = h.with("k", "POST", "/api/v1/sessions", liveKey, everything) })
		}
		group.Wait()
		effects := 0
		for _, r := range got {
			if r.status != 201 || r.body != got[0].body {
				t.Errorf("%s: got %d %.300s, want all alike", name, r.status, r.body)
			}
			if !r.replayed() {
				effects++
			}
		}
		if total := h.sessions(liveKey); effects != 1 || total != "1" {
			t.Errorf("%s: got %d answers of an effect and %s sessions, want one of each", name, effects, total)
		}
	}
}

// openSQLite opens a store in a file.
func openSQLite(t testing.TB, path string) session.Store {
	t.Helper()
	db := must(sql.Open("sqlite3", sqlstore.SQLiteDSN(path)))
	t.Cleanup(func() { _ = db.Close() })
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()); err != nil {
		t.Fatal(err)
	}
	return must(sqlstore.New(db, sqlstore.SQLite()))
}

// TestOnceOverARestart: another process on the same store knows what the first has answered.
func TestOnceOverARestart(t *testing.T) {
	t.Parallel()
	path, keeper := filepath.Join(t.TempDir(), "db"), session.NewMemoryKeeper()
	house := func() *house {
		return newHouse(t, setup{store: openSQLite(t, path), engine: func(c *session.Config) { c.Keeper = keeper }})
	}
	first := house()
	made := first.with("k", "POST", "/api/v1/sessions", liveKey, everything).want(201)
	id := made.text("id")
	bulk := first.with("b", "POST", "/api/v1/sessions/bulk-redact", liveKey, `{"session_ids":["`+first.create(liveKey, nil)+`"]}`).want(200)
	ids := bulk.text("results.0.session_id")
	first.server.Close()

	second := house()
	if got := second.with("k", "POST", "/api/v1/sessions", liveKey, everything).want(201); !got.replayed() || got.body != made.body {
		t.Errorf("got %.300s, want the answer of the first process", got.body)
	}
	second.with("k", "POST", "/api/v1/sessions", liveKey, "{}").refused(422, "idempotency_mismatch")
	if got := second.with("b", "POST", "/api/v1/sessions/bulk-redact", liveKey, `{"session_ids":["`+ids+`"]}`).want(200); got.body != bulk.body {
		t.Errorf("got %s, want %s", got.body, bulk.body)
	}
	second.do("DELETE", "/api/v1/sessions/"+id+"/data", liveKey, nil).want(200)
	second.with("k", "POST", "/api/v1/sessions", liveKey, everything).refused(410, "gone")
}

// TestOnceOfTheRedacted: an answer that held personal data is gone with them; who asks again is told so, and makes
// nothing new.
func TestOnceOfTheRedacted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.with("k", "POST", "/api/v1/sessions", liveKey, everything).want(201).text("id")
	h.with("u", "PATCH", "/api/v1/sessions/"+id, liveKey, `{"external_ref":"bob"}`).want(200)
	receipt := h.with("r", "DELETE", "/api/v1/sessions/"+id+"/data", liveKey, nil).want(200)
	for range 2 {
		got := h.with("k", "POST", "/api/v1/sessions", liveKey, everything).refused(410, "gone")
		if strings.Contains(got.body, "user_17") || got.text("detail") != "The personal data are redacted." {
			t.Errorf("got %s", got.body)
		}
	}
	h.with("u", "PATCH", "/api/v1/sessions/"+id, liveKey, `{"external_ref":"bob"}`).refused(410, "gone")
	if got := h.with("r", "DELETE", "/api/v1/sessions/"+id+"/data", liveKey, nil).want(200); got.body != receipt.body {
		t.Errorf("got %s, want the receipt again: %s", got.body, receipt.body)
	}
	if n := h.sessions(liveKey); n != "1" {
		t.Errorf("got %s sessions, want one", n)
	}
}

// slowKeeper destroys keys when it is told to.
type slowKeeper struct {
	session.Keeper
	begun, resume chan struct{}
}

func (k *slowKeeper) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	select {
	case k.begun <- struct{}{}:
		<-k.resume
	default:
	}
	return k.Keeper.Destroy(ctx, id, ref)
}

// TestOnceWhileItRuns: what makes several changes is refused while the first request with its key is being served,
// however often what is over is cleared away.
func TestOnceWhileItRuns(t *testing.T) {
	t.Parallel()
	keeper := &slowKeeper{session.NewMemoryKeeper(), make(chan struct{}), make(chan struct{})}
	h := newHouse(t, setup{engine: func(c *session.Config) { c.Keeper = keeper }})
	body := `{"session_ids":["` + h.create(liveKey, everything) + `"]}`
	bulk := func(body string) result { return h.with("k", "POST", "/api/v1/sessions/bulk-redact", liveKey, body) }
	first := make(chan result)
	go func() { first <- bulk(body) }()
	<-keeper.begun
	h.settle()
	got := bulk(body).refused(409, "conflict")
	if want := "A request with this idempotency key is still being served."; got.text("detail") != want {
		t.Errorf("got %s, want %q", got.body, want)
	}
	bulk(`{"session_ids":["ses_00000000000040008000000000000000"]}`).refused(422, "idempotency_mismatch")
	close(keeper.resume)
	done := (<-first).want(200)
	if again := bulk(body).want(200); again.body != done.body || !again.replayed() {
		t.Errorf("got %s, want %s", again.body, done.body)
	}
}
