package auth_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
)

func TestUsable(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		active bool
		expiry time.Time
		want   error
	}{
		{"for ever", true, time.Time{}, nil},
		{"for a microsecond more", true, now.Add(time.Microsecond), nil},
		{"expired just now", true, now, auth.ErrKeyExpired},
		{"expired a microsecond ago", true, now.Add(-time.Microsecond), auth.ErrKeyExpired},
		{"expired elsewhere just now", true, now.In(time.FixedZone("east", 7*3600)), auth.ErrKeyExpired},
		{"inactive", false, time.Time{}, auth.ErrKeyInactive},
		{"inactive and expired", false, now, auth.ErrKeyInactive},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := (auth.APIKey{Active: test.active, ExpiresAt: test.expiry}).Usable(now); !errors.Is(got, test.want) {
				t.Errorf("Usable: got %v, want %v", got, test.want)
			}
		})
	}
}

// TestAPIKeyMay asks every scope of a key with every other one.
func TestAPIKeyMay(t *testing.T) {
	t.Parallel()
	covers := map[string][]string{
		"sessions:write": {"sessions:create"}, "cases:decide": {"cases:write"}, "cases:write": {"cases:decide"},
	}
	for _, held := range auth.AllScopes() {
		for _, asked := range auth.AllScopes() {
			want := held == asked || slices.Contains(covers[held], asked)
			if got := (auth.APIKey{Scopes: []string{held}}).May(asked); got != want {
				t.Errorf("a key with %s: May(%q): got %t, want %t", held, asked, got, want)
			}
			public := auth.APIKey{Publishable: true, Scopes: []string{held}}
			if got := public.May(asked); got != (asked == "sessions:create") {
				t.Errorf("a publishable key with %s: May(%q): got %t", held, asked, got)
			}
		}
	}
}

func TestAPIKeyMayOfSeveral(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		publishable bool
		scopes      []string
		asked       []string
		want        bool
	}{
		{"no scopes", false, nil, auth.AllScopes(), false},
		{"the first of two", false, []string{"redact:write"}, []string{"redact:write", "sessions:write"}, true},
		{"the second of two", false, []string{"sessions:write"}, []string{"redact:write", "sessions:write"}, true},
		{"none of two", false, []string{"sessions:read"}, []string{"redact:write", "sessions:write"}, false},
		{"one of none", false, auth.AllScopes(), nil, false},
		{"one that there is not, had", false, []string{"sessions:all"}, []string{"sessions:all"}, false},
		{"one that there is not, asked", false, auth.AllScopes(), []string{"sessions:all"}, false},
		{"another case", false, auth.AllScopes(), []string{"Sessions:Read"}, false},
		{"publishable, without scopes", true, nil, []string{"sessions:write", "sessions:create"}, true},
		{"publishable, with all", true, auth.AllScopes(), []string{"sessions:write", "sessions:read"}, false},
		{"publishable, one of none", true, auth.AllScopes(), nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			key := auth.APIKey{Publishable: test.publishable, Scopes: test.scopes}
			if got := key.May(test.asked...); got != test.want {
				t.Errorf("May(%q) of %+v: got %t, want %t", test.asked, key, got, test.want)
			}
		})
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	defaults := []string{"sessions:read", "sessions:create", "sessions:write", "verifications:read", "identities:read"}
	if got := auth.DefaultScopes(); !slices.Equal(got, defaults) {
		t.Errorf("DefaultScopes: got %q, want %q", got, defaults)
	}
	all := auth.AllScopes()
	if len(all) != len(auth.Scopes()) || !slices.Equal(all[:len(defaults)], defaults) {
		t.Errorf("AllScopes: got %q, want those of Scopes, the default ones first", all)
	}
	for i, scope := range auth.Scopes() {
		if resource, action, ok := strings.Cut(scope.Name, ":"); !ok || resource == "" || action == "" || slices.Contains(all[:i], scope.Name) {
			t.Errorf("got the scope %q, want resource:action, once", scope.Name)
		}
		for _, covered := range scope.Covers {
			if !slices.Contains(all, covered) {
				t.Errorf("%s covers %s, which there is not", scope.Name, covered)
			}
		}
	}
	auth.Scopes()[0].Name, auth.DefaultScopes()[0], auth.AllScopes()[0] = "spoiled", "spoiled", "spoiled"
	if got := auth.AllScopes(); !slices.Equal(got, all) {
		t.Errorf("AllScopes after a caller has changed its list: got %q, want %q", got, all)
	}
}

func TestAllowsAddr(t *testing.T) {
	t.Parallel()
	list := func(texts ...string) []netip.Prefix {
		prefixes := []netip.Prefix{}
		for _, text := range texts {
			prefixes = append(prefixes, netip.MustParsePrefix(text))
		}
		return prefixes
	}
	some := list("192.0.2.17/24", "198.51.100.7/32", "2001:db8::/32", "fe80::/10")
	tests := []struct {
		name    string
		allowed []netip.Prefix
		addr    string // "": the zero address
		want    bool
	}{
		{"all", nil, "203.0.113.1", true},
		{"all, also no address", nil, "", true},
		{"nobody", list(), "203.0.113.1", false},
		{"first of a range", some, "192.0.2.0", true},
		{"last of a range", some, "192.0.2.255", true},
		{"before a range", some, "192.0.1.255", false},
		{"behind a range", some, "192.0.3.0", false},
		{"one address", some, "198.51.100.7", true},
		{"its neighbour", some, "198.51.100.6", false},
		{"IPv4 as IPv6", some, "::ffff:192.0.2.1", true},
		{"IPv4 as IPv6, not allowed", some, "::ffff:203.0.113.1", false},
		{"IPv4 as the oldest IPv6", some, "::192.0.2.1", false},
		{"IPv6", some, "2001:db8::1", true},
		{"IPv6, not allowed", some, "2001:db9::1", false},
		{"IPv6 with a zone", some, "fe80::1%eth0", true},
		{"IPv6 with a zone, not allowed", some, "fec0::1%eth0", false},
		{"no address", some, "", false},
		{"IPv4 where all of IPv6 may", list("::/0"), "192.0.2.1", false},
		{"IPv4 where all of IPv4 may", list("0.0.0.0/0"), "::ffff:192.0.2.1", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var addr netip.Addr
			if test.addr != "" {
				addr = netip.MustParseAddr(test.addr)
			}
			if got := (auth.APIKey{AllowedIPs: test.allowed}).AllowsAddr(addr); got != test.want {
				t.Errorf("AllowsAddr(%s) with %v: got %t, want %t", addr, test.allowed, got, test.want)
			}
		})
	}
}

func TestAllowsOrigin(t *testing.T) {
	t.Parallel()
	some := []string{
		"https://shop.example", "http://localhost:3000", "https://PAY.example:8443", "https://[2001:db8::1]", "app://device",
		"http://plain.example:443", "https://kelvin.example",
	}
	tests := []struct {
		name, origin string
		want         bool
	}{
		{"the same", "https://shop.example", true},
		{"host in another case", "https://Shop.EXAMPLE", true},
		{"scheme in another case", "HTTPS://shop.example", true},
		{"the default port, said", "https://shop.example:443", true},
		{"another port", "https://shop.example:8443", false},
		{"the default port of the other scheme", "https://shop.example:80", false},
		{"another scheme", "http://shop.example", false},
		{"another host", "https://shop.invalid", false},
		{"a host below", "https://evil.shop.example", false},
		{"a host above", "https://example", false},
		{"a host that ends so", "https://evilshop.example", false},
		{"a host that begins so", "https://shop.example.evil.invalid", false},
		{"a host with a full stop", "https://shop.example.", false},
		{"with a port", "http://localhost:3000", true},
		{"without its port", "http://localhost", false},
		{"allowed in another case", "https://pay.example:8443", true},
		{"IPv6", "https://[2001:DB8::1]:443", true},
		{"a scheme of an app", "app://device", true},
		{"a scheme of an app, with a port", "app://device:443", false},
		{"a port that is another scheme's default", "http://plain.example:443", true},
		{"that port left out", "http://plain.example", false},
		{"none", "", false},
		{"null", "null", false},
		{"a path", "https://shop.example/", false},
		{"a query", "https://shop.example?", false},
		{"a fragment", "https://shop.example#", false},
		{"a user", "https://shop.example@evil.invalid", false},
		{"a user before", "https://evil@shop.example", false},
		{"an empty port", "https://shop.example:", false},
		{"a port beyond 16 bits", "https://shop.example:65979", false}, // 443 + 65536
		{"port 0", "app://device:0", false},
		{"no scheme", "//shop.example", false},
		{"no host", "https://", false},
		{"opaque", "https:shop.example", false},
		{"a backslash", `https://shop.example\@evil.invalid`, false},
		{"percent", "https://sho%70.example", false},
		{"a letter that is lower-cased into ASCII", "https://\u212aelvin.example", false},
		{"two", "https://shop.example https://evil.invalid", false},
		{"a line", "https://shop.example\n", false},
		{"a wildcard", "*", false},
		{"too long", "https://shop.example:" + strings.Repeat("0", 600) + "443", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := (auth.APIKey{AllowedOrigins: some}).AllowsOrigin(test.origin); got != test.want {
				t.Errorf("AllowsOrigin(%q): got %t, want %t", test.origin, got, test.want)
			}
			if !(auth.APIKey{}).AllowsOrigin(test.origin) {
				t.Errorf("AllowsOrigin(%q) where all are allowed: got false", test.origin)
			}
			if (auth.APIKey{AllowedOrigins: []string{}}).AllowsOrigin(test.origin) {
				t.Errorf("AllowsOrigin(%q) where none is allowed: got true", test.origin)
			}
		})
	}
}

// FuzzAllowsOrigin feeds what may stand in Origin. What a key can have as an allowed origin it must allow, also in
// another case, and not for what is longer.
func FuzzAllowsOrigin(f *testing.F) {
	for _, seed := range []string{
		"https://shop.example", "http://localhost:3000", "https://[2001:db8::1]:443", "app://device", "null", "https://a:0443",
		"https://shop.example/", "https://a@b", "https://\u212a.example", `https://a\b`, "https:a", "*",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key := auth.APIKey{AllowedOrigins: []string{text}}
		if errors.Is(key.Validate(), auth.ErrKeyOrigin) {
			if key.AllowsOrigin(text) {
				t.Errorf("%q cannot be allowed, but is", text)
			}
			return
		}
		for _, same := range []string{text, strings.ToUpper(text), strings.ToLower(text)} {
			if !key.AllowsOrigin(same) {
				t.Errorf("%q is allowed, but not as %q", text, same)
			}
		}
		for _, other := range []string{text + ".invalid", text + "/", text + "x", "x" + text, text + "@evil.invalid"} {
			if key.AllowsOrigin(other) {
				t.Errorf("%q is allowed, and so is %q", text, other)
			}
		}
	})
}
