package verifa_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

// Keys that may not be used, or not from here.
const (
	offKey      = "vk_sandbox_" + "switchedoff000000000"
	expiredKey  = "vk_sandbox_" + "expired0000000000000"
	elsewhere   = "vk_sandbox_" + "elsewhere00000000000" // where it may be used
	ofPages     = "vk_sandbox_" + "ofpages0000000000000"
	ofNobody    = "vk_sandbox_" + "ofnobody000000000000"
	ofVeriff    = "vk_live_" + "ofveriff000000000000"
	ofLive      = "vk_sandbox_" + "oflive00000000000000" // for a sandbox, of a live integration
	unknownKey  = "vk_sandbox_" + "unknown0000000000000"
	pageSandbox = "vk_pub_sandbox_" + "ours0000000000000000"
)

// suspects are the keys that are not good.
func suspects() []auth.APIKey {
	off, expired, away, pages := keyOf(offKey, sandboxID), keyOf(expiredKey, sandboxID), keyOf(elsewhere, sandboxID), keyOf(ofPages, sandboxID)
	off.Active = false
	expired.ExpiresAt = sessiontest.Start()
	away.AllowedIPs = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
	pages.AllowedOrigins = []string{"https://shop.example"}
	return []auth.APIKey{
		off, expired, away, pages, keyOf(ofNobody, uuid.MustParse("99999999-0000-4000-8000-000000000009")), keyOf(ofVeriff, veriffID),
		keyOf(ofLive, liveID), keyOf(pageSandbox, sandboxID),
	}
}

// answerBut is an answer but for the counters and the time.
func (r result) answerBut() string {
	var lines []string
	for name, values := range r.header {
		if name != "Date" && !strings.HasPrefix(name, "X-Ratelimit-") && !strings.HasPrefix(name, "X-Quota-") {
			lines = append(lines, fmt.Sprint(name, ": ", values))
		}
	}
	slices.Sort(lines)
	return fmt.Sprint(r.status, "\n", strings.Join(lines, "\n"), "\n\n", r.body)
}

// TestWhoIsNobody: whoever has no good key is answered the same at each endpoint, whatever is wrong with the key, and
// has no effect.
func TestWhoIsNobody(t *testing.T) {
	type stranger struct{ name, header string }
	strangers := []stranger{
		{"no key", ""}, {"an unknown one", "X-API-Key: " + unknownKey}, {"another kind's", "X-API-Key: sk_live_0000000000000000"},
		{"the kind alone", "X-API-Key: vk_sandbox_"}, {"a longer one", "X-API-Key: " + sandboxKey + "0"},
		{"in other letters", "X-API-Key: " + strings.ToUpper(sandboxKey)}, {"10 kB", "X-API-Key: vk_sandbox_" + strings.Repeat("x", 10<<10)},
		{"with a space in it", "X-API-Key: " + sandboxKey[:20] + " " + sandboxKey[20:]}, {"two in one", "X-API-Key: " + sandboxKey + ", " + sandboxKey},
		{"of Veriff's", "X-API-Key: " + veriffID.String()}, {"as a bearer", "Authorization: Bearer " + sandboxKey},
		{"in another header", "X-Auth-Client: " + sandboxKey}, {"switched off", "X-API-Key: " + offKey}, {"expired", "X-API-Key: " + expiredKey},
		{"from another address", "X-API-Key: " + elsewhere}, {"of another address, by the client's word", "X-API-Key: " + elsewhere + "\nX-Forwarded-For: 192.0.2.1\nX-Real-IP: 192.0.2.1\nForwarded: for=192.0.2.1"},
		{"of another page", "X-API-Key: " + ofPages + "\nOrigin: https://evil.example"}, {"of a page that begins so", "X-API-Key: " + ofPages + "\nOrigin: https://shop.example.evil.example"},
		{"of a page without a name", "X-API-Key: " + ofPages + "\nOrigin: null"}, {"of no integration", "X-API-Key: " + ofNobody},
		{"of another dialect's integration", "X-API-Key: " + ofVeriff}, {"of the other environment's integration", "X-API-Key: " + ofLive},
	}
	eachEndpoint(t, func() setup { return setup{keys: suspects()} }, func(h *stage, e verifa.Endpoint, c call) {
		own := c
		token := strings.TrimPrefix(h.captured(), "/verify/")
		tokens := []stranger{
			{"a capture token", "X-API-Key: " + token}, {"one without its prefix", "X-API-Key: " + strings.TrimPrefix(token, "tok_")},
			{"one as a sandbox's key", "X-API-Key: vk_sandbox_" + strings.TrimPrefix(token, "tok_")}, {"one as a page's", "X-API-Key: vk_pub_sandbox_" + token},
			{"one as a bearer", "Authorization: Bearer " + token}, {"one without its prefix as a bearer", "Authorization: Bearer " + strings.TrimPrefix(token, "tok_")},
			{"one as a key and a bearer", "X-API-Key: " + token + "\nAuthorization: Bearer " + token},
		}
		for i, s := range slices.Concat(strangers, tokens) {
			c.key, c.header = "", map[string]string{}
			for line := range strings.SplitSeq(s.header, "\n") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					c.header[name] = value
				}
			}
			if e.Scopes == nil {
				if i == 0 {
					continue // that is how it is called
				}
				if got := h.do("GET", "/api/v1/openapi.json", noKey, nil); got.status != 200 {
					h.Errorf("%s: got %d, want 200", s.name, got.status)
				}
				continue
			}
			got := h.call(c).refused(401, "unauthorized")
			c.header = nil
			if want := h.call(c).answerBut(); got.answerBut() != want {
				h.Errorf("%s: got\n%s\nwant, as without a key,\n%s", s.name, got.answerBut(), want)
			}
		}
		if got := h.call(own); got.status/100 != 2 {
			h.Errorf("got %d %s after all that, want success", got.status, got.body)
		}
	})
}

// TestWhoMayNot: a key that has every scope but those of an endpoint, and one for pages, are refused there.
func TestWhoMayNot(t *testing.T) {
	const others = "vk_sandbox_" + "otherscopes000000000"
	eachEndpoint(t, func() setup { return setup{} }, func(h *stage, e verifa.Endpoint, c call) {
		if e.Scopes == nil {
			return
		}
		lacks := slices.DeleteFunc(auth.AllScopes(), func(s string) bool { return slices.Contains(e.Scopes, s) })
		lacks = slices.DeleteFunc(lacks, func(s string) bool { return s == "cases:write" && slices.Contains(e.Scopes, "cases:decide") })
		mine := c.key
		sandbox, environment := sandboxID, "sandbox"
		if mine == liveKey {
			sandbox, environment = liveID, "live"
		}
		weak := strings.Replace(others, "sandbox", environment, 1)
		page := strings.Replace(pageKey, "live", environment, 1)
		if err := h.ring.Add(keyOf(weak, sandbox, lacks...)); err != nil {
			h.Fatal(err)
		}
		if environment == "sandbox" {
			if err := h.ring.Add(keyOf(page, sandbox)); err != nil {
				h.Fatal(err)
			}
		}
		c.key = weak
		got := h.call(c).refused(403, "forbidden")
		if want := "The API key lacks the scope " + strings.Join(e.Scopes, " or ") + "."; got.text("detail") != want {
			h.Errorf("got %s, want %q", got.body, want)
		}
		c.key = page
		if e.Method == "POST" && e.Path == "/api/v1/sessions" {
			h.call(c).want(201)
		} else {
			if got := h.call(c).refused(403, "forbidden"); got.text("detail") != "A publishable key may only create sessions." {
				h.Errorf("got %s", got.body)
			}
		}
		c.key = mine
		if got := h.call(c); got.status/100 != 2 {
			h.Errorf("got %d %s after all that, want success", got.status, got.body)
		}
		for _, scope := range e.Scopes { // one of them is enough
			if !e.Public && environment == "sandbox" {
				alone := "vk_sandbox_" + "one" + fmt.Sprintf("%017d", slices.Index(e.Scopes, scope))
				if err := h.ring.Add(keyOf(alone, sandbox, scope)); err != nil {
					h.Fatal(err)
				}
				c.key = alone
				if got := h.call(c); got.status == 401 || got.status == 403 {
					h.Errorf("with the scope %s: got %d %s", scope, got.status, got.body)
				}
			}
		}
	})
}

// named is the part of a path that names what an endpoint is about.
func named(e verifa.Endpoint, path string) (id string, ok bool) {
	i := slices.IndexFunc(strings.Split(e.Path, "/"), func(s string) bool { return s == "{id}" })
	path, _, _ = strings.Cut(path, "?")
	if segments := strings.Split(path, "/"); i >= 0 && i < len(segments) {
		return segments[i], true
	}
	return "", false
}

// withSiblings adds to each of our integrations another one of the same tenant, environment and dialect.
func withSiblings() setup {
	return setup{
		keys: []auth.APIKey{keyOf(siblingLive, siblings[0]), keyOf(siblingSandbox, siblings[1])},
		engine: func(c *session.Config) {
			all := c.Integrations.(session.Fixed)
			for i, id := range siblings {
				like := all[i]
				like.ID, like.Endpoints = id, nil
				all = append(all, like)
			}
			c.Integrations = all
		},
	}
}

var siblings = []uuid.UUID{
	uuid.MustParse("11111111-0000-4000-8000-000000000011"), uuid.MustParse("11111111-0000-4000-8000-000000000012"),
}

const (
	siblingLive    = "vk_live_" + "siblings000000000000"
	siblingSandbox = "vk_sandbox_" + "siblings000000000000"
)

// TestWhatIsAnothers is not there, byte for byte: another tenant's, the other environment's, another integration's,
// another dialect's, and what does not exist at all.
func TestWhatIsAnothers(t *testing.T) {
	var ofOthers atomic.Int32
	eachEndpoint(t, withSiblings, func(h *stage, e verifa.Endpoint, c call) {
		id, ok := named(e, c.path)
		if !ok || e.Scopes == nil {
			return
		}
		ofOthers.Add(1)
		mine, with := c.key, c
		ask := func(key, id2 string) string {
			with.key, with.path = key, strings.Replace(c.path, id, id2, 1)
			got := h.call(with)
			if live := !strings.Contains(key, "sandbox") && strings.HasSuffix(e.Path, "/simulate"); live {
				return got.refused(403, "forbidden").answerBut() // whatever it names
			}
			return got.refused(404, "not_found").answerBut()
		}
		absent := map[string]string{
			liveKey: "00000000000040008000000000000000", sandboxKey: "ffffffffffff4fff8fffffffffffffff",
		}[mine]
		prefix, _, _ := strings.Cut(id, "_")
		if strings.HasPrefix(id, "user") {
			prefix, absent = "nobody", ""
		}
		other, sibling := liveKey, siblingSandbox
		if mine == liveKey {
			other, sibling = sandboxKey, siblingLive
		}
		if strings.Contains(e.Path, "/workflows/") || strings.Contains(e.Path, "/events/") {
			sibling = theirKey // workflows and the audit log are a tenant's
		}
		veriff := must(h.engine.For(veriffID).Create(h.Context(), factsOf("user_18"))).ID
		for name, row := range map[string][2]string{
			"another tenant's":      {theirKey, id},
			"of the other kind":     {other, id},
			"a sibling's":           {sibling, id},
			"no id":                 {mine, "x"},
			"with another prefix":   {mine, "abc_" + absent},
			"without a prefix":      {mine, absent + "0"},
			"in capitals":           {mine, strings.ToUpper(prefix) + "_" + absent},
			"another dialect's":     {mine, prefix + "_" + strings.ReplaceAll(veriff.String(), "-", "")},
			"another dialect's, so": {mine, veriff.String()},
			"with dashes":           {mine, prefix + "_" + veriff.String()},
			"of 10 kB":              {mine, prefix + "_" + strings.Repeat("0", 10<<10)},
		} {
			if got, want := ask(row[0], row[1]), ask(row[0], prefix+"_"+absent); got != want {
				h.Errorf("%s: got\n%s\nwant, as of what is not there,\n%s", name, got, want)
			}
		}
		if got := h.call(c); got.status/100 != 2 {
			h.Errorf("got %d %s after all that, want success", got.status, got.body)
		}
	})
	t.Cleanup(func() {
		if n := ofOthers.Load(); n < 40 {
			t.Errorf("got %d endpoints that name something, want most of them", n)
		}
	})
}

// TestListsAreOfOneEnvironment: what stands in lists is one's own.
func TestListsAreOfOneEnvironment(t *testing.T) {
	eachEndpoint(t, func() setup { return setup{} }, func(h *stage, e verifa.Endpoint, c call) {
		if e.Method != "GET" || strings.Contains(e.Path, "{") || e.Scopes == nil {
			return
		}
		mine := h.call(c).want(200)
		n := len(mine.value("data").([]any))
		if strings.HasSuffix(e.Path, "/event-types") || strings.HasSuffix(e.Path, "/verification-policies") {
			return // they are the same for all
		}
		if n == 0 {
			h.Errorf("got nothing, want what the scene has made: %s", mine.body)
		}
		for _, key := range []string{theirKey, liveKey} {
			c.key = key
			if got := h.call(c).want(200); len(got.value("data").([]any)) > 0 {
				h.Errorf("got %s, want nothing of the others", got.body)
			}
		}
	})
}

// TestHeaderOfTheKey: its name may be written as one likes; it may stand there once.
func TestHeaderOfTheKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{keys: suspects()})
	ask := func(set func(http.Header)) int {
		r := httptest.NewRequest("GET", "/api/v1/sessions", nil)
		set(r.Header)
		w := httptest.NewRecorder()
		h.server.Config.Handler.ServeHTTP(w, r)
		return w.Code
	}
	for _, row := range []struct {
		name string
		set  func(http.Header)
		want int
	}{
		{"as it is written", func(h http.Header) { h.Set("x-aPI-kEY", sandboxKey) }, 200},
		{"twice", func(h http.Header) { h["X-Api-Key"] = []string{sandboxKey, sandboxKey} }, 401},
		{"two, the first good", func(h http.Header) { h["X-Api-Key"] = []string{sandboxKey, unknownKey} }, 401},
		{"two, the second good", func(h http.Header) { h["X-Api-Key"] = []string{"", sandboxKey} }, 401},
		{"empty", func(h http.Header) { h.Set("X-API-Key", "") }, 401},
		{"with NUL", func(h http.Header) { h.Set("X-API-Key", sandboxKey+"\x00") }, 401},
		{"with a tab", func(h http.Header) { h.Set("X-API-Key", "\t"+sandboxKey) }, 401},
		{"with a newline", func(h http.Header) { h.Set("X-API-Key", sandboxKey+"\n") }, 401},
		{"from a page that may", func(h http.Header) { h.Set("X-API-Key", ofPages); h.Set("Origin", "https://shop.example") }, 200},
		{"from no page", func(h http.Header) { h.Set("X-API-Key", ofPages) }, 200},
	} {
		if got := ask(row.set); got != row.want {
			t.Errorf("%s: got %d, want %d", row.name, got, row.want)
		}
	}
}

// TestAddresses: a key may be used from where its list says, by the address that the connection has.
func TestAddresses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{keys: suspects()})
	for address, want := range map[string]int{
		"192.0.2.1:1": 200, "192.0.2.255:65535": 200, "[::ffff:192.0.2.1]:1": 200, "[2001:db8::1]:1": 200, "[2001:db8::1%eth0]:1": 200,
		"192.0.3.1:1": 401, "[2001:db9::1]:1": 401, "127.0.0.1:1": 401, "@": 401, "": 401, "192.0.2.1": 200,
	} {
		r := httptest.NewRequest("GET", "/api/v1/sessions", nil)
		r.Header.Set("X-API-Key", elsewhere)
		r.RemoteAddr = address
		w := httptest.NewRecorder()
		h.server.Config.Handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: got %d %s, want %d", address, w.Code, w.Body, want)
		}
	}
}

// TestStrangersOfANetwork share what the network may ask: of IPv6 everybody has addresses without number.
func TestStrangersOfANetwork(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{config: verifa.Config{Plan: small}})
	ask := func(address string) int {
		r := httptest.NewRequest("GET", "/api/v1/sessions", nil)
		r.RemoteAddr = address
		w := httptest.NewRecorder()
		h.server.Config.Handler.ServeHTTP(w, r)
		return w.Code
	}
	for i := range 3 {
		if got := ask(fmt.Sprintf("[2001:db8:0:1::%x]:1", i)); got != 401 {
			t.Errorf("got %d, want 401", got)
		}
	}
	for address, want := range map[string]int{
		"[2001:db8:0:1:ffff::1]:1": 429, "[2001:db8:0:2::1]:1": 401, "192.0.2.1:1": 401, "192.0.2.2:1": 401,
	} {
		if got := ask(address); got != want {
			t.Errorf("%s: got %d, want %d", address, got, want)
		}
	}
}

// TestPages: a browser may ask from any page for what pages may call, and reads what it is told of limits.
func TestPages(t *testing.T) {
	eachEndpoint(t, func() setup { return setup{} }, func(h *stage, e verifa.Endpoint, c call) {
		c.header = map[string]string{"Origin": "https://shop.example"}
		got := h.call(c)
		readable := e.Public || e.Path == "/api/v1/openapi.json"
		if is := got.header.Get("Access-Control-Allow-Origin"); (is == "*") != readable {
			h.Errorf("got Access-Control-Allow-Origin %q", is)
		}
		if exposed := got.header.Get("Access-Control-Expose-Headers"); e.Public && !strings.Contains(exposed, "X-Ratelimit-Remaining") {
			h.Errorf("got Access-Control-Expose-Headers %q", exposed)
		}
		path, _, _ := strings.Cut(c.path, "?")
		pre := h.call(call{method: "OPTIONS", path: path, header: map[string]string{
			"Origin": "https://shop.example", "Access-Control-Request-Method": e.Method, "Access-Control-Request-Headers": "x-api-key"}})
		allowed := pre.status == 204 && strings.Contains(pre.header.Get("Access-Control-Allow-Methods"), e.Method) &&
			strings.Contains(pre.header.Get("Access-Control-Allow-Headers"), "X-Api-Key")
		if e.Path != "/api/v1/sessions" && allowed != e.Public {
			h.Errorf("the preflight: got %d, %s", pre.status, pre.header)
		}
	})
}

// factsOf are those of a session of an external reference.
func factsOf(ref string) session.Facts { return session.Facts{ExternalRef: &ref} }
