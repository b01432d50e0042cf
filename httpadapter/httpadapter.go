package httpadapter

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
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
	// together it is four times as many, so that who has one public key hinders nobody else. Each takes less than
	// 1 MiB of memory, whatever its size; chip data, which are small, a few times theirs. Default: 16.
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
	// Log is told of what goes wrong, without personal data and secrets. Default: silent.
	Log *slog.Logger
}

// New makes the handler of all wire languages on one engine. It checks cfg and answers all faults in one error.
// The handler is safe for concurrent use, starts nothing, and may be mounted at the root of a mux or, with
// [http.StripPrefix], under any prefix.
func New(e *session.Engine, keys auth.Keyring, cfg Config) (http.Handler, error) {
	return veriff.New(e, keys, veriff.Config(cfg)) // field by field, as the compiler sees to
}

// Renderers gives the writers of webhooks of all wire languages by the names of their formats, for
// [session.Config]. The map is the caller's.
func Renderers() map[string]session.Renderer {
	return map[string]session.Renderer{
		veriff.Format:         veriff.Renderer{},
		veriff.FormatFullAuto: veriff.FullAutoRenderer{},
	}
}
