package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
)

// errAddress says that a host's address is one that the rule closes.
var errAddress = errors.New("webhook: address not allowed")

// handshakeError says that somebody answered, but not as TLS wants it.
type handshakeError struct{ cause error }

func (e handshakeError) Error() string { return "webhook: tls handshake: " + e.cause.Error() }
func (e handshakeError) Unwrap() error { return e.cause }

// dialer makes connections, and only to addresses to which the rule has no objection.
type dialer struct {
	resolver     *net.Resolver
	tls          *tls.Config
	timeout      time.Duration
	allowPrivate bool
}

// dialPlain is for http, dialTLS for https; that there are two is how a dial knows which of them it is for.
func (d *dialer) dialPlain(ctx context.Context, network, address string) (net.Conn, error) {
	return d.dial(ctx, network, address, true)
}

func (d *dialer) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	// A transport dials for whoever comes first, so its context does not end with the try that began the dial.
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	conn, err := d.dial(ctx, network, address, false)
	if err != nil {
		return nil, err
	}
	config := d.tls.Clone()
	config.ServerName, _, _ = net.SplitHostPort(address)
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, handshakeError{err}
	}
	return secured, nil
}

// dial asks the rule about the address of the socket, which is the only one that counts: between a look-up of
// one's own and that of the dial, the name could come to mean something else. An objection ends the dial as a
// whole.
func (d *dialer) dial(ctx context.Context, network, address string, plain bool) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var refused atomic.Bool
	dialer := net.Dialer{
		Timeout:  d.timeout,
		Resolver: d.resolver,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			target, err := netip.ParseAddrPort(address)
			if err == nil && objectionToAddress(target.Addr(), plain, d.allowPrivate) == "" {
				return nil
			}
			refused.Store(true)
			cancel()
			return errAddress
		},
	}
	conn, err := dialer.DialContext(ctx, network, address)
	if !refused.Load() {
		return conn, err
	}
	if conn != nil {
		conn.Close()
	}
	return nil, errAddress
}
