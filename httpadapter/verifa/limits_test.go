package verifa_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// TestLimiterIsExact: it says what counting all that was let through says, whatever the clock does.
func TestLimiterIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, most := verifa.NewLimiter(), rapid.IntRange(1, 5).Draw(t, "most")
		now := time.Unix(1_800_000_000, 0)
		var last time.Time // of what was let through, the latest
		passed := map[string][]time.Time{}
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			step := rapid.SampledFrom([]time.Duration{0, time.Microsecond, 20 * time.Second, 40 * time.Second, time.Minute, -20 * time.Second})
			now = now.Add(step.Draw(t, "step"))
			at := now
			if at.Before(last) {
				at = last // time does not go back
			}
			last = at
			who := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "who")
			var within []time.Time
			for _, p := range passed[who] {
				if p.After(at.Add(-time.Minute)) {
					within = append(within, p)
				}
			}
			want := len(within) < most
			if want {
				within = append(within, at)
			}
			passed[who] = within
			left, reset, ok := l.Take(who, most, now)
			if ok != want || left != most-len(within) || !reset.Equal(within[0].Add(time.Minute)) {
				t.Fatalf("%s at %s: got %v, %d left, reset %s; want %v, %d and %s",
					who, now, ok, left, reset, want, most-len(within), within[0].Add(time.Minute))
			}
		}
	})
}

// TestLimiterIsBounded: by what was let through in the last window, and by so many callers.
func TestLimiterIsBounded(t *testing.T) {
	t.Parallel()
	l, now := verifa.NewLimiter(), time.Unix(1_800_000_000, 0)
	refused := 0
	for i := range 1_000_000 {
		if _, _, ok := l.Take(fmt.Sprint("caller ", i), 1000, now); !ok {
			refused++
		}
	}
	callers, times := l.Size()
	if callers != verifa.MaxCallers+1 || times > 2*(verifa.MaxCallers+1000) {
		t.Errorf("got %d callers with room for %d times, want %d and one time each", callers, times, verifa.MaxCallers+1)
	}
	if want := 1_000_000 - verifa.MaxCallers - 1000; refused != want {
		t.Errorf("got %d refused, want all but those with a count of their own and the thousand that share one: %d", refused, want)
	}
	now = now.Add(time.Minute)
	if _, _, ok := l.Take("somebody new", 1000, now); !ok {
		t.Error("somebody new is refused when all others have been silent for a minute")
	}
	if callers, _ := l.Size(); callers != 1 {
		t.Errorf("got %d callers that are remembered, want the last alone", callers)
	}
	for range 100_000 {
		now = now.Add(time.Second)
		l.Take("somebody steady", 1000, now)
	}
	if _, times := l.Size(); times > 1000 {
		t.Errorf("got room for %d times for somebody who has 60 in a window", times)
	}
}

// BenchmarkLimiter: a request costs the same whatever the plan, and however many callers there are.
func BenchmarkLimiter(b *testing.B) {
	for _, most := range []int{10, 1000, 100_000} {
		for _, callers := range []int{1, 10_000} {
			b.Run(fmt.Sprintf("most=%d/callers=%d", most, callers), func(b *testing.B) {
				l, now := verifa.NewLimiter(), time.Unix(1_800_000_000, 0)
				names := make([]string, callers)
				for i := range names {
					names[i] = fmt.Sprint("caller ", i)
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					now = now.Add(50 * time.Microsecond)
					l.Take(names[i%callers], most, now)
				}
			})
		}
	}
}

func (r result) limits() string {
	return strings.Join([]string{
		r.header.Get("X-RateLimit-Limit"), r.header.Get("X-RateLimit-Remaining"), r.header.Get("X-RateLimit-Reset"),
	}, " ")
}

func (r result) quota() string {
	return strings.Join([]string{
		r.header.Get("X-Quota-Limit"), r.header.Get("X-Quota-Remaining"), r.header.Get("X-Quota-Reset"),
	}, " ")
}

// small is a plan of which a test sees the end.
var small = verifa.Plan{Name: "small", Requests: 3, Creations: 2}

func TestRateOfAKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{config: verifa.Config{Plan: small}})
	start := h.clock.Now()
	reset := start.Add(time.Minute).Unix()
	list := func() result { return h.do("GET", "/api/v1/sessions", liveKey, nil) }
	for left := 2; left >= 0; left-- {
		if got, want := list().want(200).limits(), fmt.Sprint(3, left, reset); got != want {
			t.Errorf("got the limits %q, want %q", got, want)
		}
	}
	h.clock.Add(59*time.Second + 999*time.Millisecond)
	got := list().refused(429, "rate_limited")
	if want := "Rate limit exceeded. Retry after 1 seconds."; got.text("detail") != want || got.header.Get("Retry-After") != "1" {
		t.Errorf("got %s and Retry-After %q, want %q", got.body, got.header.Get("Retry-After"), want)
	}
	if got.limits() != fmt.Sprint(3, 0, reset) {
		t.Errorf("got the limits %q of what is refused", got.limits())
	}
	for _, other := range []string{sandboxKey, theirKey} { // each key has a rate of its own
		h.do("GET", "/api/v1/sessions", other, nil).want(200)
	}
	h.clock.Add(time.Millisecond)
	for range 3 {
		list().want(200)
	}
	list().refused(429, "rate_limited")
	h.clock.Add(-time.Hour) // a clock that goes back gives nothing away
	list().refused(429, "rate_limited")
}

// TestRateIsToldOnEveryAnswer whatever it is.
func TestRateIsToldOnEveryAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{config: verifa.Config{Plan: verifa.Plan{Name: "ten", Requests: 10, Creations: 1}}})
	_, capture := h.capture(liveKey, nil)
	redacted := h.create(theirKey, nil)
	h.do("DELETE", "/api/v1/sessions/"+redacted+"/data", theirKey, nil).want(200)
	rows := []struct {
		name   string
		call   call
		status int
	}{
		{"no key", call{method: "GET", path: "/api/v1/sessions"}, 401},
		{"no such path", call{method: "GET", path: "/api/v1/nothing", key: liveKey}, 404},
		{"no such path, no key", call{method: "GET", path: "/nothing"}, 401},
		{"a path that is not clean", call{method: "GET", path: "/api//v1/sessions", key: liveKey}, 404},
		{"no such method", call{method: "PUT", path: "/api/v1/sessions", key: liveKey}, 405},
		{"no such session", call{method: "GET", path: "/api/v1/sessions/ses_x", key: liveKey}, 404},
		{"no JSON", call{method: "POST", path: "/api/v1/sessions", key: liveKey, body: "x"}, 400},
		{"not valid", call{method: "POST", path: "/api/v1/sessions", key: liveKey, body: `{"country":"x"}`}, 422},
		{"a retired version", call{method: "GET", path: "/api/v1/sessions", key: liveKey, header: map[string]string{"Verifa-Version": "2025-01-01"}}, 400},
		{"gone", call{method: "PATCH", path: "/api/v1/sessions/" + redacted, key: theirKey, body: `{"external_ref":"x"}`}, 410},
		{"a publishable key where it may not be", call{method: "GET", path: "/api/v1/sessions", key: pageKey}, 403},
		{"no token", call{method: "GET", path: "/verify/tok_x"}, 404},
		{"a capture", call{method: "GET", path: capture}, 200},
		{"a preflight", call{method: "OPTIONS", path: "/api/v1/sessions", header: map[string]string{"Access-Control-Request-Method": "POST"}}, 204},
		{"the description", call{method: "GET", path: "/api/v1/openapi.json"}, 200},
		{"a head", call{method: "HEAD", path: "/api/v1/sessions", key: liveKey}, 200},
	}
	for _, row := range rows {
		h.clock.Add(time.Minute)
		got := h.call(row.call).want(row.status)
		most := "10 9 "
		if got.limits() != most+fmt.Sprint(h.clock.Now().Add(time.Minute).Unix()) {
			t.Errorf("%s: got the limits %q, want %s and a minute from now", row.name, got.limits(), most)
		}
	}
	for range 20 {
		h.do("GET", "/api/v1/sessions", noKey, nil)
	}
	for _, path := range []string{"/api/v1/sessions", capture, "/api/v1/openapi.json"} {
		if got := h.do("GET", path, noKey, nil).refused(429, "rate_limited"); got.header.Get("Retry-After") != "60" {
			t.Errorf("%s: got Retry-After %q, want 60", path, got.header.Get("Retry-After"))
		}
	}
	h.do("GET", "/api/v1/sessions", theirKey, nil).want(200) // who has a key does not suffer from who has none
}

// TestRateOfPublishableKeys is ten a minute, whatever the plan.
func TestRateOfPublishableKeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	for i := range 10 {
		if got := h.do("POST", "/api/v1/sessions", pageKey, "{}").want(201); !strings.HasPrefix(got.limits(), fmt.Sprint("10 ", 9-i, " ")) {
			t.Errorf("the request %d: got the limits %q", i+1, got.limits())
		}
	}
	got := h.do("POST", "/api/v1/sessions", pageKey, "{}").refused(429, "rate_limited")
	if n, total := h.do("GET", "/api/v1/sessions", liveKey, nil).want(200).text("pagination.total"), "10"; n != total {
		t.Errorf("got %s sessions, want %s: what is refused has no effect (%s)", n, total, got.body)
	}
}

// TestQuota: creations are counted over all keys of an integration, and told of beside the rate.
func TestQuota(t *testing.T) {
	t.Parallel()
	second := "vk_live_" + "second00000000000000"
	h := newHouse(t, setup{
		config: verifa.Config{Plan: verifa.Plan{Name: "wide", Requests: 100}}, keys: []auth.APIKey{keyOf(second, liveID)},
		policy: func(p *session.Policy) { p.Create, _ = small.Rules() },
	})
	start := h.clock.Now()
	create := func(key string) result { return h.do("POST", "/api/v1/sessions", key, "{}") }
	told := func(got result, left int, reset time.Time) {
		t.Helper()
		if want := fmt.Sprint(2, left, reset.Unix()); got.quota() != want {
			t.Errorf("%s: got the quota %q, want %q", got.name, got.quota(), want)
		}
	}
	told(create(liveKey).want(201), 1, start.Add(time.Minute))
	h.clock.Add(30 * time.Second)
	told(create(second).want(201), 0, start.Add(time.Minute))
	h.clock.Add(29 * time.Second)
	got := create(liveKey).refused(429, "rate_limited")
	told(got, 0, start.Add(time.Minute))
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("got Retry-After %q, want 1", got.header.Get("Retry-After"))
	}
	told(create(theirKey).want(201), 1, h.clock.Now().Add(time.Minute)) // others have a quota of their own
	told(create(sandboxKey).want(201), 1, h.clock.Now().Add(time.Minute))
	h.clock.Add(time.Second)
	told(create(liveKey).want(201), 0, start.Add(90*time.Second))
	create(second).refused(429, "rate_limited")
	if got := h.do("GET", "/api/v1/sessions", liveKey, nil).want(200); got.quota() != "  " || got.text("pagination.total") != "3" {
		t.Errorf("got the quota %q and %s sessions, want no quota on a list, and 3", got.quota(), got.text("pagination.total"))
	}
}

// TestQuotaOfManyAPlan: without a limit, or with one that nobody counts up to, there is nothing to tell.
func TestQuotaOfManyAPlan(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1001} {
		h := newHouse(t, setup{policy: func(p *session.Policy) { p.Create, _ = verifa.Plan{Name: "own", Creations: n}.Rules() }})
		if got := h.do("POST", "/api/v1/sessions", liveKey, "{}").want(201).quota(); got != "  " {
			t.Errorf("%d creations a minute: got the quota %q, want none", n, got)
		}
	}
}

// TestPlans are the vendor's table.
func TestPlans(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		plan                              verifa.Plan
		requests, creations, keys, checks int
	}{
		{verifa.Free(), 300, 50, 10, 50}, {verifa.Starter(), 600, 100, 25, 1000},
		{verifa.Professional(), 1000, 150, 50, 1000}, {verifa.Enterprise(), 1000, 300, 0, 0},
	} {
		p := row.plan
		if p.Requests != row.requests || p.Creations != row.creations || p.KeyCreations != row.keys || p.Verifications != row.checks {
			t.Errorf("%s: got %+v, want %+v", p.Name, p, row)
		}
		create, submit := p.Rules()
		if len(create) != 1 || create[0] != (session.Rule{N: int64(row.creations), Window: time.Minute}) {
			t.Errorf("%s: got the rules %v of creations", p.Name, create)
		}
		if row.checks == 0 && (submit == nil || len(submit) > 0) || row.checks > 0 && (len(submit) != 1 || submit[0] != (session.Rule{N: int64(row.checks), Window: day})) {
			t.Errorf("%s: got the rules %v of verifications", p.Name, submit)
		}
	}
}

// TestVerificationsADay: what is above the plan is refused when it is submitted, and waits.
func TestVerificationsADay(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: func(p *session.Policy) {
		p.RequiresDocuments = false
		_, p.Submit = verifa.Plan{Verifications: 1}.Rules()
	}})
	first, second := h.create(liveKey, nil), h.create(liveKey, nil)
	h.do("POST", "/api/v1/sessions/"+first+"/submit", liveKey, nil).want(200)
	got := h.do("POST", "/api/v1/sessions/"+second+"/submit", liveKey, nil).refused(429, "rate_limited")
	if got.header.Get("Retry-After") != "86400" || h.status(liveKey, second) != "pending" {
		t.Errorf("got Retry-After %q and %s, want a day and pending", got.header.Get("Retry-After"), h.status(liveKey, second))
	}
}
