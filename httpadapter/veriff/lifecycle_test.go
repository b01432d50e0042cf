package veriff_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// stages brings a session into every status that the engine has a way to.
var stages = []struct {
	name           string
	person         string // first name
	reach          func(*house, opened)
	word           string
	update, upload string // codes; "" for a success
	remove         string // with its label
	page           int
}{
	{"created", "", func(*house, opened) {}, "created", "", "", "", 200},
	{"started by the host", "", func(h *house, o opened) {
		_, err := h.engine.Start(context.Background(), uuid.MustParse(o.ID))
		if err != nil {
			h.Fatal(err)
		}
	}, "started", "", "", "", 200},
	{"started by the person", "", func(h *house, o opened) { h.open("POST", o.URL) }, "started", "", "", "400 1306", 200},
	{"started a while ago", "", func(h *house, o opened) { h.open("POST", o.URL); h.clock.Add(5 * time.Minute) }, "started", "", "", "", 200},
	{"submitted", "", func(h *house, o opened) { h.submit(o.ID) }, "submitted",
		"400 1101 Session has already been submitted", "409 1101 Session has already been submitted", "400 1305", 200},
	{"review", "Review", func(h *house, o opened) { h.submit(o.ID); h.settle() }, "review",
		"400 1101 Session has already been submitted", "409 1101 Session has already been submitted", "400 1305", 200},
	{"approved", "", func(h *house, o opened) { h.submit(o.ID); h.decide(o.ID, decision.Verdict{Outcome: decision.Approved}) }, "approved",
		"400 1101 Session has already been submitted", "409 1101 Session has already been submitted", "", 200},
	{"declined", "", func(h *house, o opened) { h.submit(o.ID); h.decide(o.ID, decision.Verdict{Outcome: decision.Declined}) }, "declined",
		"400 1101 Session has already been submitted", "409 1101 Session has already been submitted", "", 200},
	{"resubmission requested", "", func(h *house, o opened) {
		h.submit(o.ID)
		h.decide(o.ID, decision.Verdict{Outcome: decision.Resubmission})
	}, "resubmission_requested", "", "", "", 200},
	{"expired, not swept", "", func(h *house, o opened) { h.clock.Add(7 * 24 * time.Hour) }, "expired",
		"400 1101 Validation failed", "409 1101 Session has already been submitted", "", 410},
	{"expired", "", func(h *house, o opened) { h.clock.Add(7 * 24 * time.Hour); h.settle() }, "expired",
		"400 1101 Validation failed", "409 1101 Session has already been submitted", "", 410},
	{"abandoned", "", func(h *house, o opened) { h.open("POST", o.URL); h.clock.Add(7 * 24 * time.Hour); h.settle() }, "abandoned",
		"400 1101 Validation failed", "409 1101 Session has already been submitted", "", 410},
	{"failed", "Fail", func(h *house, o opened) {
		h.submit(o.ID)
		for range 10 {
			h.settle()
			h.clock.Add(time.Hour)
		}
	}, "submitted", "400 1101 Session has already been submitted", "409 1101 Session has already been submitted", "", 200},
	{"deleted", "", func(h *house, o opened) {
		h.want(h.do(call{method: "DELETE", path: "/v1/sessions/" + o.ID}), 200, "")
	}, "", "404 1101 Resource not found", "404 1101 Resource not found", "404 1101", 404},
}

// TestEveryStatus has every call meet every status.
func TestEveryStatus(t *testing.T) {
	t.Parallel()
	calls := []struct {
		name string
		call func(id string) call
		want func(i int) string
	}{
		{"PATCH", func(id string) call { return call{method: "PATCH", path: "/v1/sessions/" + id, body: submit} },
			func(i int) string { return stages[i].update }},
		{"PATCH with a fault", func(id string) call { return call{method: "PATCH", path: "/v1/sessions/" + id, body: `{}`} },
			func(i int) string { return or(stages[i].update, "400 1102") }},
		{"upload", func(id string) call {
			return call{method: "POST", path: "/v1/sessions/" + id + "/media", body: uploadBody("face", pngBytes)}
		}, func(i int) string { return stages[i].upload }},
		{"upload with a fault", func(id string) call {
			return call{method: "POST", path: "/v1/sessions/" + id + "/media", body: `{"image":{"context":"selfie","content":"!"}}`}
		}, func(i int) string { return or(stages[i].upload, "400 1401") }},
		{"upload with a wrong context", func(id string) call {
			return call{method: "POST", path: "/v1/sessions/" + id + "/media", body: uploadBody("selfie", pngBytes)}
		}, func(i int) string { return or(stages[i].upload, "400 1402") }},
		{"DELETE", func(id string) call { return call{method: "DELETE", path: "/v1/sessions/" + id} },
			func(i int) string { return stages[i].remove }},
		{"GET", func(id string) call { return call{method: "GET", path: "/v1/sessions/" + id} },
			func(i int) string { return gone(i) }},
	}
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{store: b.open(t), policy: func(p *session.Policy) { p.Delete = session.Unlimited() }})
			for i, stage := range stages {
				for _, c := range calls {
					o := h.create(`{"verification":{"person":{"firstName":"` + stage.person + `"}}}`)
					stage.reach(h, o)
					got := h.do(c.call(o.ID))
					if want := c.want(i); !matches(got, want) {
						t.Errorf("%s in %s: got %d %s, want %q", c.name, stage.name, got.status, got.body, or(want, "200"))
					}
					if page := h.open("GET", o.URL); c.name == "GET" && page.status != stage.page {
						t.Errorf("page in %s: got %d, want %d", stage.name, page.status, stage.page)
					}
					if c.name == "GET" && stage.word != "" && verificationOf(h, got).Status != stage.word {
						t.Errorf("GET in %s: got %s, want status %s", stage.name, got.body, stage.word)
					}
				}
			}
		})
	}
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func gone(i int) string {
	if stages[i].word == "" {
		return "404 1101 Resource not found"
	}
	return ""
}

// matches compares an answer with "HTTP-status code message", of which the end may be missing; "" is a success.
func matches(got result, want string) bool {
	if want == "" {
		return got.status == http.StatusOK
	}
	parts := strings.SplitN(want, " ", 3)
	return fmt.Sprint(got.status) == parts[0] && got.code() == parts[1] && (len(parts) < 3 || strings.Contains(got.body, `"`+parts[2]+`"`))
}

// TestDeletionLabels: two refusals of a deletion carry their status as text, and no others.
func TestDeletionLabels(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	o := h.create(minimal)
	h.open("POST", o.URL)
	remove := call{method: "DELETE", path: "/v1/sessions/" + o.ID}
	want := `{"status":"400","code":"1306","message":"Session in progress."}`
	if got := h.do(remove); got.status != 400 || got.body != want {
		t.Errorf("in progress: got %d %s, want 400 %s", got.status, got.body, want)
	}
	h.submit(o.ID)
	want = `{"status":"400","code":"1305","message":"Session is not in a completed status."}`
	if got := h.do(remove); got.status != 400 || got.body != want {
		t.Errorf("submitted: got %d %s, want 400 %s", got.status, got.body, want)
	}
	off := newHouse(t, setup{policy: func(p *session.Policy) { p.Deletion = false }})
	o = off.create(minimal)
	want = `{"status":"fail","code":"1101","message":"Deletion of sessions is not enabled for this integration."}`
	if got := off.do(call{method: "DELETE", path: "/v1/sessions/" + o.ID}); got.status != 403 || got.body != want {
		t.Errorf("not enabled: got %d %s, want 403 %s", got.status, got.body, want)
	}
	if got := off.do(call{method: "DELETE", path: "/v1/sessions/" + stranger.String()}); got.status != 404 {
		t.Errorf("not enabled and not there: got %d %s, want 404", got.status, got.body)
	}
}

// TestWhichFaultWins gives a request two faults at once.
func TestWhichFaultWins(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: func(p *session.Policy) { p.Create = []session.Rule{{N: 2, Window: time.Minute}} }})
	open, done := h.create(minimal).ID, h.create(minimal).ID
	h.submit(done)
	key := ours.APIKey.String()
	rows := []struct {
		name string
		call call
		want string
	}{
		{"no key, no signature", call{method: "PATCH", path: "/v1/sessions/" + open, body: submit, header: http.Header{}}, "401 1101"},
		{"key malformed, signature wrong", call{method: "GET", path: "/v1/sessions/" + open, header: http.Header{
			"X-Auth-Client": {"me"}, "X-Hmac-Signature": {sign("x")}}}, "401 1802"},
		{"key unknown, signature missing", call{method: "GET", path: "/v1/sessions/" + open, header: http.Header{
			"X-Auth-Client": {stranger.String()}}}, "401 1803"},
		{"key inactive, signature misshapen", call{method: "GET", path: "/v1/sessions/" + open, header: http.Header{
			"X-Auth-Client": {inactive.APIKey.String()}, "X-Hmac-Signature": {"x"}}}, "401 1804"},
		{"signature missing, body too large", call{method: "PATCH", path: "/v1/sessions/" + open, body: strings.Repeat(" ", 2<<20),
			header: http.Header{"X-Auth-Client": {key}}}, "401 1812"},
		{"signature wrong, session unknown", call{method: "GET", path: "/v1/sessions/" + stranger.String(), signed: "x"}, "401 1812"},
		{"signature wrong, id malformed", call{method: "GET", path: "/v1/sessions/me", signed: "x"}, "401 1812"},
		{"signature wrong, body malformed", call{method: "PATCH", path: "/v1/sessions/" + open, body: "{", signed: "x"}, "401 1812"},
		{"session unknown, body malformed", call{method: "PATCH", path: "/v1/sessions/" + stranger.String(), body: "{"}, "404 1101"},
		{"id malformed, body malformed", call{method: "PATCH", path: "/v1/sessions/me", body: "{"}, "404 1101"},
		{"id malformed", call{method: "GET", path: "/v1/sessions/me"}, "404 1101 Resource not found"},
		{"session unknown, medium malformed", call{method: "POST", path: "/v1/sessions/" + stranger.String() + "/media", body: "{"}, "404 1101"},
		{"session unknown, not a format", call{method: "POST", path: "/v1/sessions/" + stranger.String() + "/media",
			body: uploadBody("face", []byte("x"))}, "404 1101"},
		{"submitted, body malformed", call{method: "PATCH", path: "/v1/sessions/" + done, body: "{"}, "400 1101 Session has already been submitted"},
		{"submitted, status not supported", call{method: "PATCH", path: "/v1/sessions/" + done,
			body: `{"verification":{"status":"started"}}`}, "400 1101 Session has already been submitted"},
		{"submitted, medium malformed", call{method: "POST", path: "/v1/sessions/" + done + "/media", body: "{"}, "409 1101"},
		{"body malformed, rate used up", call{method: "POST", path: "/v1/sessions", body: "{"}, "400 1101"},
		{"vendorData wrong, rate used up", call{method: "POST", path: "/v1/sessions", body: `{"verification":{"vendorData":1}}`}, "400 1501"},
		{"callback wrong, rate used up", call{method: "POST", path: "/v1/sessions", body: `{"verification":{"callback":"x"}}`}, "400 1302"},
		{"rate used up", call{method: "POST", path: "/v1/sessions", body: minimal}, "429 1004 Too many requests."},
	}
	for _, row := range rows {
		if got := h.do(row.call); !matches(got, row.want) {
			t.Errorf("%s: got %d %s, want %s", row.name, got.status, got.body, row.want)
		}
	}
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	rows := []struct{ name, body, want string }{
		{"submitted", submit, ""},
		{"as legacy clients do", `{"verification":{"frontState":"done","status":"submitted","timestamp":"2016-05-19T08:30:25.597Z"}}`, ""},
		{"by an escape", `{"verification":{"status":"\u0073ubmitted"}}`, ""},
		{"started", `{"verification":{"status":"started"}}`, "400 1101 Validation failed"},
		{"Submitted", `{"verification":{"status":"Submitted"}}`, "400 1101 Validation failed"},
		{"empty", `{"verification":{"status":""}}`, "400 1101 Validation failed"},
		{"status missing", `{"verification":{}}`, "400 1102"},
		{"status null", `{"verification":{"status":null}}`, "400 1102"},
		{"status a number", `{"verification":{"status":7002}}`, "400 1104"},
		{"verification missing", `{}`, "400 1102"},
		{"verification a list", `{"verification":[]}`, "400 1104"},
		{"Status", `{"verification":{"Status":"submitted"}}`, "400 1102"},
		{"not JSON", `submitted`, "400 1101 Validation failed"},
		{"nothing", ``, "400 1101 Validation failed"},
	}
	for _, row := range rows {
		id := h.create(minimal).ID
		got := h.do(call{method: "PATCH", path: "/v1/sessions/" + id, body: row.body})
		if !matches(got, row.want) {
			t.Errorf("%s: got %d %s, want %s", row.name, got.status, got.body, or(row.want, "200"))
		}
		if submitted := h.snapshot(id).Status == session.StatusSubmitted; submitted != (row.want == "") {
			t.Errorf("%s: submitted is %v", row.name, submitted)
		}
	}
}

// TestRates goes to the limits and over them.
func TestRates(t *testing.T) {
	t.Parallel()
	limited := setup{policy: func(p *session.Policy) { p.Create = []session.Rule{{N: 3, Window: time.Minute}} }}
	onEach(t, limited, func(t *testing.T, h *house) {
		creation := call{method: "POST", path: "/v1/sessions", body: minimal}
		var made []string
		for i := range 3 {
			made = append(made, h.create(minimal).ID)
			h.clock.Add(time.Duration(i) * 500 * time.Millisecond)
		}
		refused := func(wait string) {
			t.Helper()
			got := h.do(creation)
			h.want(got, 429, "1004")
			if got.header.Get("Retry-After") != wait {
				t.Errorf("got Retry-After %q, want %q", got.header.Get("Retry-After"), wait)
			}
		}
		refused("59") // after 1.5 seconds: 58.5, rounded up
		h.clock.Add(58 * time.Second)
		refused("1")
		h.clock.Add(time.Second / 2)
		made = append(made, h.create(minimal).ID, h.create(minimal).ID) // the first two were made at the same time
		refused("1")
		list, err := h.engine.List(t.Context(), session.List{})
		if err != nil || len(list) != len(made) {
			t.Errorf("got %d sessions (%v), want the %d that were answered 201", len(list), err, len(made))
		}
		// Another integration has a limit of its own.
		if got := h.do(call{method: "POST", path: "/v1/sessions", body: minimal, by: theirs}); got.status != 201 {
			t.Errorf("another integration: got %d %s, want 201", got.status, got.body)
		}
	})
}

// TestDeletionRates: five an hour and ten a day, and what is refused for another reason takes no permit.
func TestDeletionRates(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		remove := func(id string) result { return h.do(call{method: "DELETE", path: "/v1/sessions/" + id}) }
		done := h.create(minimal).ID
		h.submit(done)
		for range 5 {
			h.want(remove(done), 400, "1305")
			h.want(remove(stranger.String()), 404, "1101")
			h.want(remove(h.create(minimal).ID), 200, "")
		}
		kept := h.create(minimal).ID
		for range 2 { // the second time from the memory of the refusal
			got := remove(kept)
			h.want(got, 429, "1004")
			if got.header.Get("Retry-After") != "3600" {
				t.Errorf("got Retry-After %q, want 3600", got.header.Get("Retry-After"))
			}
		}
		h.want(h.do(call{method: "GET", path: "/v1/sessions/" + kept}), 200, "")
		h.clock.Add(time.Hour)
		for range 5 {
			h.want(remove(h.create(minimal).ID), 200, "")
		}
		h.clock.Add(time.Hour)
		got := remove(kept)
		h.want(got, 429, "1004")
		if got.header.Get("Retry-After") != "79200" { // 22 hours
			t.Errorf("got Retry-After %q, want 79200", got.header.Get("Retry-After"))
		}
	})
}

// TestResubmission: the decision and the media are those of the judged attempt, until the next one has
// something to show.
func TestResubmission(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		o := h.create(minimal)
		one := "/v1/sessions/" + o.ID
		get := func(path string) string { t.Helper(); return h.do(call{method: "GET", path: one + path}).body }
		first := h.snapshot(o.ID).AttemptID.String()
		judged := h.upload(o.ID, "face", pngBytes)
		h.submit(o.ID)
		h.decide(o.ID, decision.Verdict{Outcome: decision.Resubmission, Code: 202})
		if list := get("/media"); !strings.Contains(list, judged) {
			t.Errorf("before the next attempt: got media %s, want the judged %s", list, judged)
		}
		again := h.upload(o.ID, "face", jpegBytes)
		if list := get("/media"); strings.Contains(list, judged) || !strings.Contains(list, again) {
			t.Errorf("with the next attempt: got media %s, want %s alone", list, again)
		}
		if d := get("/decision"); !strings.Contains(d, `"attemptId":"`+first+`"`) || !strings.Contains(d, `"code":9103`) {
			t.Errorf("with the next attempt: got decision %s, want that of attempt %s", d, first)
		}
		h.submit(o.ID)
		if d := get("/decision"); d != `{"status":"success","verification":null}` {
			t.Errorf("submitted again: got decision %s, want none", d)
		}
		h.decide(o.ID, decision.Verdict{Outcome: decision.Approved})
		second := h.snapshot(o.ID).AttemptID.String()
		want := fmt.Sprintf(`{"status":"success","verifications":[`+
			`{"id":"%s","status":"approved","createdTime":"2031-03-05T09:00:00.123Z"},`+
			`{"id":"%s","status":"resubmission_requested","createdTime":"2031-03-05T09:00:00.123Z"}]}`, second, first)
		if got := get("/attempts"); got != want {
			t.Errorf("got attempts\n%s\nwant\n%s", got, want)
		}
		if d := get("/decision"); !strings.Contains(d, second) || !strings.Contains(d, `"code":9001`) || !strings.Contains(d, `"reason":null`) {
			t.Errorf("got decision %s, want the approval of %s", d, second)
		}
	})
}
