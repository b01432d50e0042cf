package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

const (
	maxHeaders = 64 << 10
	maxBody    = 64 << 10
	// idleTimeout is less than the five seconds after which a server of Node.js closes a connection.
	idleTimeout = 3 * time.Second
)

// Config says how a [Sender] sends. The zero value is ready for production.
type Config struct {
	// AllowPrivate opens private networks (RFC 1918, fc00::/7), loopback addresses and the names of such hosts,
	// and plain http to such addresses and no others. It is for tests, and for receivers beside this server.
	// Default: off.
	AllowPrivate bool
	// Timeout bounds one try as a whole. Default: 5 seconds.
	Timeout time.Duration
	// UserAgent is the user-agent header, in printable ASCII. Default: "bonafide".
	UserAgent string
	// RootCAs are whom receivers' certificates must come from. Default: those of the system.
	RootCAs *x509.CertPool
	// Resolver looks names up. Default: [net.DefaultResolver].
	Resolver *net.Resolver
	// Clock tells when a try begins, which is what is signed as its time, and nothing else. Default: the system's.
	Clock session.Clock
	// LegacySignature adds x-signature, which receivers from before 2023 verify and which is discouraged, see
	// [auth.Secret.LegacySign]. Default: off.
	LegacySignature bool
	// Schemes say how deliveries are signed, by the Format of the endpoint, as with [Verifa]. Every other format is
	// signed as Veriff's webhooks are, with the secrets of the keyring. Default: none.
	Schemes map[string]Scheme
	// Propagator writes into each request's header which trace it belongs to, as propagation.TraceContext of OpenTelemetry
	// does: that of the try's own span, which [session.Config].TracerProvider begins. It says nothing to a receiver but
	// random ids; one that carries baggage would say more. It puts nothing in the place of what this package writes.
	// Default: none.
	Propagator propagation.TextMapPropagator
}

func (c Config) validate() error {
	var faults []error
	if c.Timeout < 0 {
		faults = append(faults, fmt.Errorf("webhook: Config.Timeout is %s, and must be positive", c.Timeout))
	}
	if strings.ContainsFunc(c.UserAgent, func(r rune) bool { return r < ' ' || r > '~' }) {
		faults = append(faults, errors.New("webhook: Config.UserAgent must be printable ASCII"))
	}
	for _, format := range slices.Sorted(maps.Keys(c.Schemes)) {
		if c.Schemes[format] == nil {
			faults = append(faults, fmt.Errorf("webhook: Config.Schemes has nil for the format %q", format))
		}
	}
	return errors.Join(faults...)
}

// Sender is [session.Deliverer] over HTTP. It is made by [New], and safe for concurrent use.
type Sender struct {
	schemes      map[string]Scheme
	veriff       veriff // for every other format
	clock        session.Clock
	allowPrivate bool
	timeout      time.Duration
	userAgent    string
	propagator   propagation.TextMapPropagator // nil: none
	transport    *http.Transport
}

var _ session.Deliverer = (*Sender)(nil)

// New makes a Sender that signs with the secrets of keys, and by [Config].Schemes. Where there are such, keys may
// be nil, and a try for an endpoint of another format fails with [NoteNoCredentials]. All faults of the Config come
// in one error. It starts nothing.
func New(keys auth.Keyring, config Config) (*Sender, error) {
	err := config.validate()
	if keys == nil && len(config.Schemes) == 0 {
		err = errors.Join(errors.New("webhook: a sender needs a keyring"), err)
	}
	if err != nil {
		return nil, err
	}
	s := &Sender{
		schemes: maps.Clone(config.Schemes), veriff: veriff{keys, config.LegacySignature},
		clock: config.Clock, allowPrivate: config.AllowPrivate,
		timeout: config.Timeout, userAgent: config.UserAgent, propagator: config.Propagator,
	}
	if s.clock == nil {
		s.clock = systemClock{}
	}
	if s.timeout == 0 {
		s.timeout = 5 * time.Second
	}
	if s.userAgent == "" {
		s.userAgent = "bonafide"
	}
	s.transport = newTransport(&dialer{
		resolver: config.Resolver,
		tls: &tls.Config{
			RootCAs: config.RootCAs, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		},
		timeout: s.timeout, allowPrivate: s.allowPrivate,
	})
	return s, nil
}

// newTransport leaves Proxy nil: a proxy would connect to addresses that nobody checks.
func newTransport(d *dialer) *http.Transport {
	return &http.Transport{
		DialContext:            d.dialPlain,
		DialTLSContext:         d.dialTLS,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeaders,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        idleTimeout,
		// One connection of HTTP/2 carries everything for its host; when it is dead, that must show soon.
		HTTP2: &http.HTTP2Config{SendPingTimeout: d.timeout, PingTimeout: d.timeout},
	}
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

// Deliver posts d.Body once and says how that ended: with the receiver's status, or with one of the notes of
// this package. It returns within [Config].Timeout, and soon after ctx has ended. d.Body must not be written to
// afterwards: when a try is cut off, the connection may still be reading it.
//
// A request of which nothing was written, because the receiver had closed the idle connection, is written to a
// new one; nothing is ever sent twice.
func (s *Sender) Deliver(ctx context.Context, to session.Endpoint, d session.Delivery) session.Try {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if CheckURL(to.URL, s.allowPrivate) != nil {
		return session.Try{Note: NoteURL}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(d.Body))
	if err != nil {
		return session.Try{Note: NoteURL}
	}
	if s.propagator != nil { // first, so that it puts nothing in the place of what follows
		s.propagator.Inject(ctx, propagation.HeaderCarrier(request.Header))
	}
	if note := s.sign(ctx, request.Header, to, d); note != "" {
		return session.Try{Note: note}
	}
	return s.roundTrip(request)
}

// roundTrip goes to the transport and not by a client, which would follow redirects and keep cookies.
func (s *Sender) roundTrip(request *http.Request) session.Try {
	response, err := s.transport.RoundTrip(request)
	if err != nil {
		return session.Try{Note: noteOf(err)}
	}
	defer response.Body.Close()
	if response.StatusCode >= 200 { // 101 would hand over a connection that no timeout ends
		// Only a connection whose answer was read to its end can be used again.
		_, _ = io.CopyN(io.Discard, response.Body, maxBody)
	}
	outcome := session.Try{Status: response.StatusCode}
	if outcome.Status >= 300 && outcome.Status <= 399 {
		outcome.Note = NoteNotFollowed
	}
	return outcome
}

// CloseIdleConnections closes the connections that nothing is being sent over. The Sender can be used
// afterwards, and need not be closed: what is idle is closed after three seconds.
func (s *Sender) CloseIdleConnections() { s.transport.CloseIdleConnections() }

// sign writes the headers of a try, or returns a note.
func (s *Sender) sign(ctx context.Context, h http.Header, to session.Endpoint, d session.Delivery) (note string) {
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", s.userAgent)
	h.Set("Bonafide-Sequence", strconv.FormatInt(d.Seq, 10))
	scheme, ok := s.schemes[to.Format]
	if !ok {
		scheme = s.veriff
	}
	if err := scheme.Sign(ctx, h, to, d, s.clock.Now()); err != nil {
		return noteOfScheme(err)
	}
	return ""
}
