package veriff_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/session"
)

var aStyle = regexp.MustCompile(`(?s)<style>(.*)</style>`)

func TestPage(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		o := h.create(everything)
		check := func(step string, got result, status int, title string, button bool) {
			t.Helper()
			if got.status != status || !strings.Contains(got.body, "<h1>"+title+"</h1>") || strings.Contains(got.body, "<button") != button {
				t.Errorf("%s: got %d %s, want %d with the title %q and a button: %v", step, got.status, got.body, status, title, button)
			}
			if strings.Contains(got.body, "Ada") || strings.Contains(got.body, "12345678") {
				t.Errorf("%s: the page shows what the host said about the person: %s", step, got.body)
			}
		}
		before := h.snapshot(o.ID)
		check("opened", h.open("GET", o.URL), 200, "Verify your identity", true)
		h.open("HEAD", o.URL)
		if after := h.snapshot(o.ID); after.Version != before.Version || after.Status != session.StatusCreated {
			t.Errorf("opening the page changed the session to %s at version %d", after.Status, after.Version)
		}
		for range 2 { // the second time changes nothing
			got := h.open("POST", o.URL)
			check("started", got, 303, "Your verification has begun", false)
			if got.header.Get("Location") != o.SessionToken {
				t.Errorf("got Location %q, want the token, relative to the page", got.header.Get("Location"))
			}
		}
		if s := h.snapshot(o.ID); s.Status != session.StatusStarted || s.Seq != before.Seq+1 || !s.ActiveAt.Equal(morning.Truncate(time.Microsecond)) {
			t.Errorf("got %s at event %d, active at %s; want started by one event of the person", s.Status, s.Seq, s.ActiveAt)
		}
		check("opened again", h.open("GET", o.URL), 200, "Your verification has begun", false)
		h.submit(o.ID)
		check("submitted", h.open("GET", o.URL), 200, "Your verification has been submitted", false)
		check("started when submitted", h.open("POST", o.URL), 409, "Your verification has been submitted", false)
		h.decide(o.ID, decision.Verdict{Outcome: decision.Resubmission})
		check("to be tried again", h.open("GET", o.URL), 200, "Please try again", true)
		check("tried again", h.open("POST", o.URL), 303, "Your verification has begun", false)
		h.submit(o.ID)
		h.decide(o.ID, decision.Verdict{Outcome: decision.Declined})
		check("declined", h.open("GET", o.URL), 200, "Your verification is complete", false)
		late := h.create(minimal)
		h.clock.Add(8 * 24 * time.Hour)
		check("expired", h.open("GET", late.URL), 410, "This link has expired", false)
		check("started when expired", h.open("POST", late.URL), 410, "This link has expired", false)
		h.want(h.do(call{method: "DELETE", path: "/v1/sessions/" + late.ID}), 200, "")
		check("deleted", h.open("GET", late.URL), 404, "This link does not work", false)
	})
}

// TestPageIsSafe: no scripts, no frames, no traces, and the one style that the policy names.
func TestPageIsSafe(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	got := h.open("GET", h.create(minimal).URL)
	style := aStyle.FindStringSubmatch(got.body)
	if style == nil {
		t.Fatalf("got %s, want a style", got.body)
	}
	sum := sha256.Sum256([]byte(style[1]))
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex", "X-Content-Type-Options": "nosniff",
		"Content-Type": "text/html; charset=utf-8",
	}
	for name, value := range want {
		if got.header.Get(name) != value {
			t.Errorf("got %s %q, want %q", name, got.header.Get(name), value)
		}
	}
	for _, needed := range []string{`<html lang="en">`, `<main>`, `<meta name="viewport"`, `<title>`, `<form method="post">`} {
		if !strings.Contains(got.body, needed) {
			t.Errorf("got %s, want %s", got.body, needed)
		}
	}
	for _, forbidden := range []string{"<script", "href=", "src=", "url(", "@import", "ZgotmplZ"} {
		if strings.Contains(got.body, forbidden) {
			t.Errorf("got %s, want no %s", got.body, forbidden)
		}
	}
}

// TestDeadLinks answers every token that is not of a session with the same page.
func TestDeadLinks(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	o := h.create(minimal)
	s := h.snapshot(o.ID)
	id := s.ID
	parts := strings.Split(o.SessionToken, ".")
	claim := func(change func(map[string]any)) string {
		var claims map[string]any
		if err := json.Unmarshal(must(base64.RawURLEncoding.DecodeString(parts[1])), &claims); err != nil {
			t.Fatal(err)
		}
		change(claims)
		return parts[0] + "." + base64.RawURLEncoding.EncodeToString(must(json.Marshal(claims))) + "." + parts[2]
	}
	forged := auth.Token{Session: id, Integration: s.Integration, Vendor: s.Tenant, Cluster: "bonafide", IssuedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt}
	rows := []struct{ name, token string }{
		{"nothing of a token", "x"},
		{"three parts", "x.y.z"},
		{"three parts of base64", "e30.e30.e30"},
		{"the session's id", id.String()},
		{"cut off", o.SessionToken[:len(o.SessionToken)-1]},
		{"one character more", o.SessionToken + "A"},
		{"another algorithm", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."},
		{"signature of zeros", parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 32))},
		{"another key", forged.Sign([32]byte{1})},
		{"no key", forged.Sign([32]byte{})},
		{"another end", claim(func(c map[string]any) { c["exp"] = 1 })},
		{"another session", claim(func(c map[string]any) { c["session_id"] = stranger })},
		{"another integration", claim(func(c map[string]any) { c["iid"] = theirs.Integration })},
		{"an unknown integration", claim(func(c map[string]any) { c["iid"] = stranger })},
		{"no integration", claim(func(c map[string]any) { delete(c, "iid") })},
		{"an integration that is no UUID", claim(func(c map[string]any) { c["iid"] = 1 })},
		{"too long", strings.Repeat("x", 5000)},
		{"dots", strings.Repeat(".", 100) + "x"},
	}
	want := h.open("GET", h.server.URL+"/v/none").body
	if !strings.Contains(want, "This link does not work") {
		t.Fatalf("got %s", want)
	}
	for _, row := range rows {
		for _, method := range []string{"GET", "POST"} {
			got := h.open(method, h.server.URL+"/v/"+url.PathEscape(row.token))
			if got.status != 404 || got.body != want {
				t.Errorf("%s %s: got %d %s, want 404 and the page of every dead link", method, row.name, got.status, got.body)
			}
		}
	}
	if s := h.snapshot(o.ID); s.Status != session.StatusCreated {
		t.Errorf("got status %s, want created", s.Status)
	}
	if log := h.log.String(); log != "" {
		t.Errorf("dead links were logged: %s", log)
	}
}

// TestOlderLinksStayGood: the end of a session can move, and its link with it.
func TestOlderLinksStayGood(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	o := h.create(minimal)
	h.clock.Add(6*24*time.Hour + time.Hour)
	h.submit(o.ID)
	h.decide(o.ID, decision.Verdict{Outcome: decision.Resubmission})
	now := verificationOf(h, h.do(call{method: "GET", path: "/v1/sessions/" + o.ID}))
	if now.SessionToken == o.SessionToken {
		t.Error("the token still says the old end")
	}
	for _, link := range []string{o.URL, now.URL} {
		if got := h.open("GET", link); got.status != 200 {
			t.Errorf("got %d %s, want 200", got.status, got.body)
		}
	}
}

// TestToken is read as the vendor's are.
func TestToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	o := h.create(minimal)
	parts := strings.Split(o.SessionToken, ".")
	payload := string(must(base64.RawURLEncoding.DecodeString(parts[1])))
	want := `{"iat":1930467600,"session_id":"` + o.ID + `","iid":"` + ours.Integration.String() + `","vid":"` + ours.Integration.String() +
		`","cid":"bonafide","exp":1931072400}`
	if payload != want {
		t.Errorf("got payload\n%s\nwant\n%s", payload, want)
	}
	if o.URL != o.Host+"/v/"+o.SessionToken {
		t.Errorf("got url %s, want host and token", o.URL)
	}
}

// TestPrefixes mounts the handler in several places, and follows what its answers say.
func TestPrefixes(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "/idv", "/a/b"} {
		h := newHouse(t, setup{prefix: prefix})
		o := h.create(minimal)
		if o.Host != h.server.URL+prefix {
			t.Errorf("under %q: got host %q, want %q", prefix, o.Host, h.server.URL+prefix)
		}
		if got := h.open("GET", o.URL); got.status != 200 {
			t.Errorf("under %q: got %d from the session's url, want 200", prefix, got.status)
		}
		started := h.open("POST", o.URL)
		next := must(must(url.Parse(o.URL)).Parse(started.header.Get("Location")))
		if next.String() != o.URL {
			t.Errorf("under %q: after the start the browser goes to %s, want %s", prefix, next, o.URL)
		}
		medium := h.upload(o.ID, "face", pngBytes)
		list := h.do(call{method: "GET", path: "/v1/sessions/" + o.ID + "/media"})
		if want := `"url":"` + h.server.URL + prefix + "/v1/media/" + medium + `"`; !strings.Contains(list.body, want) {
			t.Errorf("under %q: got %s, want %s", prefix, list.body, want)
		}
		if prefix != "" {
			continue // there it is the host's mux that answers what follows
		}
		for _, path := range []string{"/v1/sessions//x", "/v1/../v1/sessions", "/v1/sessions/x/", "/v1/./sessions"} {
			if got := h.direct("GET", path, "", http.Header{}); got.status != 404 {
				t.Errorf("under %q: %s: got %d, want 404 and no redirection", prefix, path, got.status)
			}
		}
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	rows := []struct{ public, prefix, want string }{
		{"https://idv.example.com", "", "https://idv.example.com"},
		{"https://idv.example.com/", "", "https://idv.example.com"},
		{"https://idv.example.com", "/idv", "https://idv.example.com/idv"},
		{"https://example.com/stripped", "/idv", "https://example.com/stripped/idv"},
	}
	for _, row := range rows {
		h := newHouse(t, setup{prefix: row.prefix, config: veriff.Config{PublicURL: row.public}})
		if o := h.create(minimal); o.Host != row.want {
			t.Errorf("%s under %q: got host %q, want %q", row.public, row.prefix, o.Host, row.want)
		}
	}
	// Without one, the connection says whether it has TLS; a request line may have the whole address.
	h := newHouse(t, setup{})
	header := http.Header{"X-Auth-Client": {ours.APIKey.String()}}
	for _, target := range []string{"https://any.example/v1/sessions", "/v1/sessions", "\n"} {
		r := httptest.NewRequest("POST", "https://any.example/v1/sessions", strings.NewReader(minimal))
		r.RequestURI, r.Header = target, header
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		h.checkContract(r, []byte(minimal), result{w.Code, w.Result().Header, w.Body.String()})
		if o := verificationOf(h, result{body: w.Body.String()}); o.Host != "https://any.example" {
			t.Errorf("%q with TLS: got host %q, want https://any.example", target, o.Host)
		}
	}
}
