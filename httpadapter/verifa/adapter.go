package verifa

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/mount"
	"github.com/bonafide-idv/bonafide/session"
)

// Dialect is the [session.Integration.Dialect] of integrations that speak this language.
const Dialect = "verifa"

// Config is what the adapter needs besides the engine and the keys. The zero value is for tests and development: see
// PublicURL. What is not Verifa's alone is told at length by [github.com/bonafide-idv/bonafide/httpadapter.Config].
type Config struct {
	// PublicURL is the address under which clients reach the server. Default: what the request's Host header says,
	// which whoever sends the request can choose.
	PublicURL string
	// MaxUploads is how many uploads of one key may run at once; of all together it is four times as many.
	// Default: 16.
	MaxUploads int
	// UploadWait is how long an upload waits for room at most. Default: 30 seconds.
	UploadWait time.Duration
	// UploadPatience is how far the sender of an upload may fall behind. Default: 10 seconds.
	UploadPatience time.Duration
	// Plan bounds the requests of a key. Default: [Enterprise].
	Plan Plan
	// Fields are those of extracted_data that results show, by their names in snake_case; the export shows all.
	// Default: nil, all.
	Fields []string
	// LinkLife is for how long links to documents are valid, in whole seconds, to the end of the second that has begun.
	// Default: 5 minutes (https://docs.withverifa.com/api-details/data-access).
	LinkLife time.Duration
	// CheckURL says whether webhooks may be sent to an address that a client has entered, and in a sentence that the
	// client may read why not, as CheckURL of package webhook does. Default: to https addresses without a user and a
	// fragment; what a sender does not connect to then fails when it is sent.
	CheckURL func(url string) error
	// Inflection is how the member names of answers are written when neither the request nor its key says: "snake",
	// "camel" or "kebab". Default: snake.
	Inflection string
	// Log is told of what goes wrong, without personal data and secrets. Default: silent.
	Log *slog.Logger
}

// adapter is what all requests share.
type adapter struct {
	Config
	engine    *session.Engine
	keys      auth.APIKeys
	uploads   *intake.Places // of those who have a key
	captures  *intake.Places // of those who have a link
	keyed     *limiter       // of requests with a key, by its id
	strangers *limiter       // of all others
	mux       *http.ServeMux
}

// capturesOfOne is how many uploads who has a link may send at once. They have places of their own, so that people who
// send slowly do not keep out those who have keys.
const capturesOfOne = 2

// New makes the handler of Verifa's public API (https://docs.withverifa.com). The engine's integrations that it is to
// serve have [Dialect] as their dialect, and keys for its clients. It checks cfg and answers all faults in one error.
// The handler is safe for concurrent use, starts nothing, and may be mounted at the root of a mux or, with
// [http.StripPrefix], under any prefix.
func New(e *session.Engine, keys auth.APIKeys, cfg Config) (http.Handler, error) {
	var faults []string
	if e == nil {
		faults = append(faults, "the engine is missing")
	} else if e.ReceiptKey() == nil {
		faults = append(faults, "the engine has no Config.Key, without which nothing is done once, nor found by its reference")
	}
	if keys == nil {
		faults = append(faults, "the keys are missing")
	}
	faults = append(faults, cfg.faults()...)
	if len(faults) > 0 {
		return nil, errors.New("verifa: " + strings.Join(faults, "; "))
	}
	cfg.PublicURL = strings.TrimSuffix(cfg.PublicURL, "/")
	cfg.MaxUploads = cmp.Or(cfg.MaxUploads, 16)
	cfg.UploadWait = cmp.Or(cfg.UploadWait, 30*time.Second)
	cfg.UploadPatience = cmp.Or(cfg.UploadPatience, 10*time.Second)
	cfg.LinkLife = cmp.Or(cfg.LinkLife, 5*time.Minute)
	if cfg.Plan.Name == "" {
		cfg.Plan = Enterprise()
	}
	if cfg.CheckURL == nil {
		cfg.CheckURL = isHTTPS
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &adapter{
		Config: cfg, engine: e, keys: keys, uploads: intake.NewPlaces(cfg.MaxUploads), captures: intake.NewPlacesOf(capturesOfOne, 4*cfg.MaxUploads), keyed: newLimiter(),
		strangers: newLimiter(), mux: http.NewServeMux(),
	}
	for path, byMethod := range byPath() {
		a.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, path, byMethod) })
	}
	return a, nil
}

// faults says what is wrong with the configuration by itself.
func (cfg Config) faults() (faults []string) {
	if fault := mount.Fault(cfg.PublicURL); fault != "" {
		faults = append(faults, fault)
	}
	if cfg.MaxUploads < 0 {
		faults = append(faults, fmt.Sprintf("Config.MaxUploads is %d, and must be positive", cfg.MaxUploads))
	}
	for name, d := range map[string]time.Duration{
		"UploadWait": cfg.UploadWait, "UploadPatience": cfg.UploadPatience, "LinkLife": cfg.LinkLife,
	} {
		if d < 0 || name == "LinkLife" && d%time.Second != 0 {
			faults = append(faults, fmt.Sprintf("Config.%s is %s, and must be positive, and in whole seconds where it is on the wire", name, d))
		}
	}
	if p := cfg.Plan; min(p.Requests, p.Creations, p.KeyCreations, p.Verifications) < 0 || (p.Name == "") != (p.Requests == 0) {
		faults = append(faults, "Config.Plan must have a name, requests, and no negative number")
	}
	if _, err := inflectionOf(cfg.Inflection); err != nil {
		faults = append(faults, fmt.Sprintf("Config.Inflection is %q, and must be snake, camel or kebab", cfg.Inflection))
	}
	return faults
}

// ServeHTTP implements [http.Handler].
func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !mount.IsClean(r.URL.Path) { // the mux would answer it with a redirection in HTML
		a.serve(w, r, "/", nil)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// serve answers a request of a path, whose endpoints are given; nil: there is no such path.
func (a *adapter) serve(w http.ResponseWriter, r *http.Request, path string, byMethod endpoints) {
	x := &exchange{adapter: a, w: w, r: r, path: path}
	defer x.recover()
	to, found := byMethod[mount.Method(r)]
	x.route = to
	if err := x.admit(); err != nil {
		x.refuse(err)
		return
	}
	switch {
	case byMethod == nil:
		x.refuse(notFound("Not found."))
	case !found && x.isPreflight() && byMethod.forBrowsers():
		x.preflight(byMethod)
	case !found:
		w.Header().Set("Allow", mount.Allow(byMethod))
		x.refuse(&refusal{status: http.StatusMethodNotAllowed, code: "method_not_allowed", detail: "Method not allowed."})
	default:
		if err := to.handle(x); err != nil {
			x.refuse(err)
		}
	}
}

// recover makes a panic of a handler a failure like any other. What it said may hold anything, so only its type
// is told.
func (x *exchange) recover() {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		x.refuse(panicked(p))
	}
}

// panicked is a panic as an error.
func panicked(p any) error { return fmt.Errorf("verifa: a handler panicked: %T", p) }
