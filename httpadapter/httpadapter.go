package httpadapter

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
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
	// MaxUploads is how many uploads of one integration may run at once; the next one waits. Of all integrations
	// of a wire language together it is four times as many, so that who has one public key hinders nobody else.
	// Each takes less than 1 MiB of memory, whatever its size; chip data, which are small, a few times theirs.
	// Default: 16.
	MaxUploads int
	// UploadWait is how long an upload waits at most until there is room for it; then it is refused, with status
	// 503. Default: 30 seconds.
	UploadWait time.Duration
	// UploadPatience is how far the sender of an upload may fall behind 32 KiB a second; then it is refused, with
	// status 408. For the time of an upload it stands in the place of http.Server.ReadTimeout. A server whose
	// ResponseWriter has no SetReadDeadline (see [http.ResponseController]) cuts off only who sends slowly, and
	// not who sends nothing. Default: 10 seconds.
	UploadPatience time.Duration
	// Codes is that of [veriff.Config]. Default: [veriff.Pages].
	Codes veriff.Codes
	// LegacySignature is that of [veriff.Config]. Default: off.
	LegacySignature bool
	// Verifa has Verifa's language spoken too. Default: only Veriff's is.
	Verifa Verifa
	// Log is told of what goes wrong, without personal data and secrets. Default: silent.
	Log *slog.Logger
}

// Verifa is what only Verifa's language needs. What is said at a field of the same name in [verifa.Config] holds here.
type Verifa struct {
	// Keys are the API keys of its clients; with them the language is spoken. Default: nil, it is not.
	Keys auth.APIKeys
	// Plan bounds the requests of a key. Default: [verifa.Enterprise].
	Plan verifa.Plan
	// Fields are those of extracted_data that results show; a [verifa.Renderer] has a list of its own for webhooks.
	// Default: nil, all.
	Fields []string
	// LinkLife is for how long links to documents are valid. Default: 5 minutes.
	LinkLife time.Duration
	// Inflection is how the member names of answers are written when nobody says otherwise: "snake", "camel" or
	// "kebab". Default: snake.
	Inflection string
	// CheckURL says whether webhooks may be sent to an address that a client has entered, and why not. Default: to
	// https addresses.
	CheckURL func(url string) error
}

// New makes the handler of all wire languages on one engine. With [Verifa].Keys it answers Verifa's below /api and
// /verify, and everything else, also what is not there, in Veriff's. It checks cfg and answers all faults in one error.
// The handler is safe for concurrent use, starts nothing, and may be mounted at the root of a mux or, with
// [http.StripPrefix], under any prefix.
func New(e *session.Engine, keys auth.Keyring, cfg Config) (http.Handler, error) {
	first, err := veriff.New(e, keys, veriff.Config{
		PublicURL: cfg.PublicURL, MaxUploads: cfg.MaxUploads, UploadWait: cfg.UploadWait, UploadPatience: cfg.UploadPatience,
		Codes: cfg.Codes, LegacySignature: cfg.LegacySignature, Log: cfg.Log,
	})
	if cfg.Verifa.Keys == nil {
		return first, err
	}
	second, faults := verifa.New(e, cfg.Verifa.Keys, verifa.Config{
		PublicURL: cfg.PublicURL, MaxUploads: cfg.MaxUploads, UploadWait: cfg.UploadWait, UploadPatience: cfg.UploadPatience,
		Plan: cfg.Verifa.Plan, Fields: cfg.Verifa.Fields, LinkLife: cfg.Verifa.LinkLife, Inflection: cfg.Verifa.Inflection,
		CheckURL: cfg.Verifa.CheckURL, Log: cfg.Log,
	})
	if err := errors.Join(err, faults); err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isVerifas(r.URL.Path) {
			second.ServeHTTP(w, r)
			return
		}
		first.ServeHTTP(w, r)
	}), nil
}

// isVerifas reports whether Verifa's language answers at a path, whether there is such an endpoint or not.
func isVerifas(path string) bool {
	path += "/"
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/verify/")
}

// Renderers gives the writers of webhooks of all wire languages by the names of their formats, for
// [session.Config]. The map is the caller's, who may put others in their place, such as a [verifa.Renderer] that tells
// less.
func Renderers() map[string]session.Renderer {
	return map[string]session.Renderer{
		veriff.Format:         veriff.Renderer{},
		veriff.FormatFullAuto: veriff.FullAutoRenderer{},
		verifa.Format:         verifa.Renderer{},
	}
}
