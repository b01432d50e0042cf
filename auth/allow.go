package auth

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Why [APIKey.Usable] refuses a key.
var (
	// ErrKeyInactive says that the key was switched off.
	ErrKeyInactive = errors.New("auth: the API key is not active")
	// ErrKeyExpired says that the key's time is over.
	ErrKeyExpired = errors.New("auth: the API key has expired")
)

// Usable returns nil when the key may be used at now; [ErrKeyInactive] when it is not active, expired or not; and
// [ErrKeyExpired] from ExpiresAt on.
func (k APIKey) Usable(now time.Time) error {
	switch {
	case !k.Active:
		return ErrKeyInactive
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return ErrKeyExpired
	}
	return nil
}

// May reports whether the key has one of the scopes: it, or one that covers it. A publishable key has
// "sessions:create" and no other, whatever its Scopes say. Of no scope the answer is false.
func (k APIKey) May(scope ...string) bool {
	if k.Publishable {
		return slices.Contains(scope, scopeCreate)
	}
	return slices.ContainsFunc(Scopes(), func(held Scope) bool {
		return slices.Contains(k.Scopes, held.Name) && (slices.Contains(scope, held.Name) ||
			slices.ContainsFunc(held.Covers, func(covered string) bool { return slices.Contains(scope, covered) }))
	})
}

// AllowsAddr reports whether requests may come from the address. One of IPv4 in the dress of IPv6 counts as of
// IPv4, and a zone does not count. The zero address is allowed only where all are.
func (k APIKey) AllowsAddr(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return k.AllowedIPs == nil ||
		slices.ContainsFunc(k.AllowedIPs, func(allowed netip.Prefix) bool { return allowed.Contains(addr) })
}

// AllowsOrigin reports whether a page of the origin, which is what a browser sends as Origin, may use the key: its
// scheme, host and port are those of an allowed one. The case of scheme and host does not count, and the port of
// http and https need not be said. There are no wildcards; a host does not stand for those below it. What is no
// such origin, as "null" and as none at all, is allowed only where all are.
func (k APIKey) AllowsOrigin(from string) bool {
	if k.AllowedOrigins == nil {
		return true
	}
	asked, ok := parseOrigin(from)
	return ok && slices.ContainsFunc(k.AllowedOrigins, func(text string) bool {
		allowed, ok := parseOrigin(text)
		return ok && allowed == asked
	})
}

// origin is a normal form: two spellings of one origin are equal.
type origin struct {
	scheme, host string
	port         uint16 // 0: the scheme's, where this package does not know it
}

const maxOrigin = 512

func parseOrigin(text string) (origin, bool) {
	// What is not ASCII is refused because case beyond it is not a simple matter: to lower-case the Kelvin sign is
	// to write a k. Browsers send such hosts in punycode.
	strange := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`#?%*\`, r) }
	if len(text) > maxOrigin || strings.ContainsFunc(text, strange) {
		return origin{}, false
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.User != nil || u.Hostname() == "" || u.Path != "" || strings.HasSuffix(u.Host, ":") {
		return origin{}, false
	}
	parsed := origin{scheme: u.Scheme, host: strings.ToLower(u.Hostname())} // url.Parse has lower-cased the scheme
	if u.Port() == "" {
		parsed.port = map[string]uint16{"http": 80, "https": 443}[parsed.scheme]
		return parsed, true
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	parsed.port = uint16(port)
	return parsed, err == nil && port > 0
}
