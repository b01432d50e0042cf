package verifa

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/mount"
	"github.com/bonafide-idv/bonafide/session"
)

const (
	headerKey         = "X-Api-Key"
	headerVersion     = "Verifa-Version"
	headerInflection  = "Key-Inflection"
	headerIdempotency = "Idempotency-Key"
	headerReplayed    = "Idempotency-Replayed"
)

// errKey is what whoever has no key that is good is answered, whatever is wrong with it.
var errKey = unauthorized("Missing or invalid API key.")

// admit finds out who calls and what the answer shall be written like, and refuses who may not come here. Every
// request is counted, whoever makes it.
func (x *exchange) admit() error {
	x.engine = x.adapter.engine
	x.allowOrigin()
	switch {
	case x.isPreflight():
		return x.countStranger()
	case x.route.handle != nil && x.route.scopes == nil:
		return cmp.Or(x.countStranger(), x.speak("", ""))
	}
	if err := x.identify(); err != nil {
		return cmp.Or(x.countStranger(), err)
	}
	if err := x.countKey(); err != nil {
		return err
	}
	if err := x.speak(x.key.Version, x.key.Inflection); err != nil {
		return err
	}
	return x.permitted()
}

// identify finds the key, and that it may be used from here.
func (x *exchange) identify() error {
	given := x.r.Header.Values(headerKey)
	if len(given) != 1 {
		return errKey
	}
	named, err := auth.ParseAPIKey(given[0])
	if err != nil {
		return errKey
	}
	key, err := x.keys.ByHash(x.r.Context(), named.Hash)
	switch {
	case errors.Is(err, auth.ErrUnknownAPIKey):
		return errKey
	case err != nil:
		return err
	case key.Usable(x.engine.Now()) != nil, !key.AllowsAddr(x.address()):
		return errKey
	}
	if from := x.r.Header.Get("Origin"); from != "" && !key.AllowsOrigin(from) {
		return errKey
	}
	about := session.About{Actor: "api_key:" + key.Prefix, Method: x.r.Method, Path: x.path}
	if !key.Publishable { // the address of a page's visitor is the person's
		about.IP = x.address().String()
	}
	engine := x.engine.For(key.Integration).Via(about)
	in, err := engine.Integration(x.r.Context())
	if err != nil && !errors.Is(err, session.ErrNotFound) {
		return err
	}
	if err != nil || in.Dialect != Dialect || in.Sandbox != key.Sandbox {
		return errKey
	}
	x.key, x.engine = key, engine
	return nil
}

// permitted refuses a key that has not the scope of the endpoint, or is for other endpoints.
func (x *exchange) permitted() error {
	switch {
	case x.route.handle == nil:
		return nil // what is not there is said to all who have a key
	case x.key.Publishable && !x.route.public:
		return forbidden("A publishable key may only create sessions.")
	case !x.key.May(x.route.scopes...):
		return forbidden("The API key lacks the scope " + strings.Join(x.route.scopes, " or ") + ".")
	}
	return nil
}

// speak finds out which version of the API is spoken, and in which case the answer is to be written.
func (x *exchange) speak(pinned, inflection string) error {
	version := x.r.Header.Get(headerVersion)
	if err := checkVersion(cmp.Or(version, pinned, currentVersion)); err != nil {
		return err
	}
	asked := x.r.Header.Get(headerInflection)
	var err error
	if x.inflection, err = inflectionOf(cmp.Or(asked, inflection, x.Inflection)); err != nil {
		return invalidRequest("Key-Inflection must be snake, camel or kebab.")
	}
	return nil
}

// address is where the connection comes from. Nothing that the client says about it counts.
func (x *exchange) address() netip.Addr {
	host, _, err := net.SplitHostPort(x.r.RemoteAddr)
	if err != nil {
		host = x.r.RemoteAddr
	}
	addr, _ := netip.ParseAddr(host) // what is no address allows nothing
	return addr.Unmap().WithZone("")
}

// allowOrigin lets pages read the answers of endpoints that they may call. Whether a key may be used by a page is
// judged with the key.
func (x *exchange) allowOrigin() {
	if !x.route.public && !x.isCapture() && !x.isPreflight() {
		return
	}
	h := x.w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", strings.Join(slices.Concat(limitHeaders, []string{"Retry-After", headerReplayed}), ", "))
}

// isCapture reports whether it is an endpoint of the person's.
func (x *exchange) isCapture() bool { return strings.HasPrefix(x.path, "/verify/") }

// isPreflight reports whether a browser asks what a page may send.
func (x *exchange) isPreflight() bool {
	return x.r.Method == http.MethodOptions && x.r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight answers a browser that asks what a page may send.
func (x *exchange) preflight(byMethod endpoints) {
	h := x.w.Header()
	h.Set("Access-Control-Allow-Methods", mount.Allow(byMethod))
	h.Set("Access-Control-Allow-Headers", strings.Join([]string{"Content-Type", headerKey, headerVersion, headerInflection, headerIdempotency}, ", "))
	h.Set("Access-Control-Max-Age", "86400")
	x.sent = true
	x.w.WriteHeader(http.StatusNoContent)
}
