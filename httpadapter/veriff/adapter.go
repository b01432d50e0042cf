package veriff

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

// Config is what the adapter needs besides the engine and the keys. The zero value is for tests and
// development: see PublicURL. What is not Veriff's alone is told at length by
// [github.com/bonafide-idv/bonafide/httpadapter.Config].
type Config struct {
	// PublicURL is the address under which clients reach the server. Default: what the request's Host header says,
	// which whoever sends the request can choose.
	PublicURL string
	// MaxUploads is how many uploads of one integration may run at once; of all together it is four times as many.
	// Default: 16.
	MaxUploads int
	// UploadWait is how long an upload waits for room at most. Default: 30 seconds.
	UploadWait time.Duration
	// UploadPatience is how far the sender of an upload may fall behind. Default: 10 seconds.
	UploadPatience time.Duration
	// Codes selects the codes of refusals. Default: [Pages].
	Codes Codes
	// LegacySignature takes X-SIGNATURE, too, from clients that do not know X-HMAC-SIGNATURE, and signs the
	// answers to them with it: see [auth.Secret.LegacySign], which says why that is worse. Default: off, and
	// then X-SIGNATURE is not looked at.
	LegacySignature bool
	// Log is told of what goes wrong, without personal data and secrets. Default: silent.
	Log *slog.Logger
}

// adapter is what all requests share.
type adapter struct {
	engine     *session.Engine
	keys       auth.Keyring
	publicURL  string
	log        *slog.Logger
	codes      Codes
	legacy     bool // X-SIGNATURE is taken
	uploads    *intake.Places
	uploadWait time.Duration
	patience   time.Duration // with who sends an upload
	mux        *http.ServeMux
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
	if fault := mount.Fault(cfg.PublicURL); fault != "" {
		faults = append(faults, fault)
	}
	if cfg.MaxUploads < 0 {
		faults = append(faults, fmt.Sprintf("Config.MaxUploads is %d, and must be positive", cfg.MaxUploads))
	}
	if cfg.UploadWait < 0 {
		faults = append(faults, fmt.Sprintf("Config.UploadWait is %s, and must be positive", cfg.UploadWait))
	}
	if cfg.UploadPatience < 0 {
		faults = append(faults, fmt.Sprintf("Config.UploadPatience is %s, and must be positive", cfg.UploadPatience))
	}
	if cfg.Codes != Pages && cfg.Codes != Tables {
		faults = append(faults, fmt.Sprintf("Config.Codes is %d, and must be Pages or Tables", cfg.Codes))
	}
	if len(faults) > 0 {
		return nil, errors.New("veriff: " + strings.Join(faults, "; "))
	}
	cfg.MaxUploads = cmp.Or(cfg.MaxUploads, 16)
	cfg.UploadWait = cmp.Or(cfg.UploadWait, 30*time.Second)
	cfg.UploadPatience = cmp.Or(cfg.UploadPatience, 10*time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &adapter{
		engine: e, keys: keys, publicURL: strings.TrimSuffix(cfg.PublicURL, "/"), log: cfg.Log,
		codes: cfg.Codes, legacy: cfg.LegacySignature, uploads: intake.NewPlaces(cfg.MaxUploads),
		uploadWait: cfg.UploadWait, patience: cfg.UploadPatience, mux: http.NewServeMux(),
	}
	a.mount()
	return a, nil
}

func (a *adapter) mount() {
	for path, byMethod := range byPath() {
		a.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, byMethod) })
	}
}

// ServeHTTP implements [http.Handler].
func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !mount.IsClean(r.URL.Path) { // the mux would answer it with a redirection in HTML
		a.serve(w, r, nil)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// serve answers a request of a path, whose methods are given; nil: there is no such path.
func (a *adapter) serve(w http.ResponseWriter, r *http.Request, byMethod methods) {
	x := &exchange{adapter: a, w: w, r: r}
	defer x.recover()
	if byMethod[http.MethodOptions] != nil {
		x.allowOrigins()
	}
	if handle := byMethod[mount.Method(r)]; handle != nil {
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
	w.Header().Set("Allow", mount.Allow(byMethod))
	x.refuse(methodUnknown)
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
