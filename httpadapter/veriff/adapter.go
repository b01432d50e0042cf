package veriff

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// Config is what the adapter needs besides the engine and the keys. The zero value is for tests and
// development: see PublicURL.
type Config struct {
	// PublicURL is the address under which clients reach the server that the handler is mounted on, as
	// "https://idv.example.com". A path in it is one that a proxy strips before the request comes here; the
	// prefix that the handler itself is mounted under is added by the handler. Default: what the request's Host
	// header says, which whoever sends the request can choose; the scheme is https when the connection has TLS.
	PublicURL string
	// MaxUploads is how many uploads are held in memory at once; each may take some 30 MB, and the next one
	// waits. Default: 16.
	MaxUploads int
	// Log is told of what goes wrong, without personal data and secrets. Default: silent.
	Log *slog.Logger
}

// adapter is what all requests share.
type adapter struct {
	engine    *session.Engine
	keys      auth.Keyring
	publicURL string
	log       *slog.Logger
	codes     *codes
	uploads   chan struct{} // one token for each body that is held
	mux       *http.ServeMux
}

// New makes the handler of Veriff's Public API v1. It checks cfg and answers all faults in one error. The
// handler is safe for concurrent use, starts nothing, and may be mounted at the root of a mux or, with
// [http.StripPrefix], under any prefix.
func New(e *session.Engine, keys auth.Keyring, cfg Config) (http.Handler, error) {
	var faults []string
	if e == nil {
		faults = append(faults, "the engine is missing")
	}
	if keys == nil {
		faults = append(faults, "the keyring is missing")
	}
	if fault := faultOfPublicURL(cfg.PublicURL); fault != "" {
		faults = append(faults, fault)
	}
	if cfg.MaxUploads < 0 {
		faults = append(faults, fmt.Sprintf("Config.MaxUploads is %d, and must be positive", cfg.MaxUploads))
	}
	if len(faults) > 0 {
		return nil, errors.New("veriff: " + strings.Join(faults, "; "))
	}
	if cfg.MaxUploads == 0 {
		cfg.MaxUploads = 16
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &adapter{
		engine: e, keys: keys, publicURL: strings.TrimSuffix(cfg.PublicURL, "/"), log: cfg.Log,
		codes: &endpointPages, uploads: make(chan struct{}, cfg.MaxUploads), mux: http.NewServeMux(),
	}
	a.mount()
	return a, nil
}

func faultOfPublicURL(text string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "Config.PublicURL is not an http or https address"
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return "Config.PublicURL has more than scheme, host and path"
	}
	return ""
}

// handler answers one request, or says why not.
type handler func(*exchange) error

// routes is the API, by path and method.
var routes = map[string]map[string]handler{
	"/v1/sessions":               {http.MethodPost: createSession, http.MethodOptions: preflight},
	"/v1/sessions/{$}":           {http.MethodPost: createSession, http.MethodOptions: preflight},
	"/v1/sessions/{id}":          {http.MethodGet: readSession, http.MethodPatch: updateSession, http.MethodDelete: deleteSession},
	"/v1/sessions/{id}/media":    {http.MethodGet: listMedia, http.MethodPost: uploadMedia},
	"/v1/sessions/{id}/attempts": {http.MethodGet: listAttempts},
	"/v1/sessions/{id}/decision": {http.MethodGet: readDecision},
	"/v1/media/{id}":             {http.MethodGet: downloadMedia},
	"/v/{token}":                 {http.MethodGet: showPage, http.MethodPost: startByPage},
	"/":                          nil,
}

func (a *adapter) mount() {
	for pattern, byMethod := range routes {
		a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, byMethod) })
	}
}

// ServeHTTP implements [http.Handler].
func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isClean(r.URL.Path) { // the mux would answer it with a redirection in HTML
		a.serve(w, r, nil)
		return
	}
	a.mux.ServeHTTP(w, r)
}

func isClean(p string) bool {
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return p == clean
}

// serve answers a request of a path, whose methods are given; nil: there is no such path.
func (a *adapter) serve(w http.ResponseWriter, r *http.Request, byMethod map[string]handler) {
	x := &exchange{adapter: a, w: w, r: r}
	defer x.recover()
	if byMethod[http.MethodOptions] != nil {
		x.allowOrigins()
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet // net/http leaves the body out
	}
	if handle := byMethod[method]; handle != nil {
		if err := handle(x); err != nil {
			x.refuse(err)
		}
		return
	}
	_ = x.identify() // so that the refusal is signed, if it can be
	if byMethod == nil {
		x.refuse(pathUnknown)
		return
	}
	w.Header().Set("Allow", allowed(byMethod))
	x.refuse(methodUnknown)
}

func allowed(byMethod map[string]handler) string {
	var methods []string
	for m := range byMethod {
		methods = append(methods, m)
		if m == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// recover makes a panic of a handler a failure like any other. What it said may hold anything, so only its type
// is told.
func (x *exchange) recover() {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		x.refuse(fmt.Errorf("veriff: a handler panicked: %T", p))
	}
}
