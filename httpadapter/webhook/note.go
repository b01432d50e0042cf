package webhook

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"syscall"
)

// The notes of a [session.Try]: all that a [Sender] ever says. An answer that is no redirect has its status and
// no note.
const (
	NoteURL           = "url not allowed"                  // [CheckURL] says why
	NoteNoCredentials = "no credentials"                   // the keyring does not know the integration
	NoteNoSecret      = "no signing secret"                // the endpoint has none of its own
	NoteKeyring       = "credentials not available"        // the keyring, or what else knows the secrets, failed
	NoteHostNotFound  = "host not found"                   // the name has no address
	NoteAddress       = "address not allowed"              // the name's address is one that no webhook may go to
	NoteRefused       = "connection refused"               // nobody listens there
	NoteUnreachable   = "not reachable"                    // no connection for any other reason, as a failing DNS server
	NoteUntrusted     = "tls: certificate not trusted"     // by the roots of the sender
	NoteExpired       = "tls: certificate expired"         // or not yet valid
	NoteWrongHost     = "tls: certificate of another host" // than the URL's
	NoteHandshake     = "tls: handshake failed"            // as with what speaks no TLS, or none from 1.2 on
	NoteTimeout       = "timeout"                          // no status within [Config].Timeout, or before the deadline of ctx
	NoteCancelled     = "cancelled"                        // ctx was cancelled
	NoteNoAnswer      = "no valid answer"                  // the connection broke, or what came is not HTTP or too large
	NoteNotFollowed   = "redirect not followed"            // beside the status, which is 3xx
)

// noteOf puts into fixed words why there is no answer.
func noteOf(err error) string {
	var (
		timeout   net.Error
		untrusted x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		wrongHost x509.HostnameError
		handshake handshakeError
		lookup    *net.DNSError
		operation *net.OpError
	)
	switch {
	case errors.Is(err, errAddress):
		return NoteAddress
	case errors.Is(err, context.Canceled):
		return NoteCancelled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return NoteTimeout
	case errors.As(err, &wrongHost):
		return NoteWrongHost
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return NoteExpired
	case errors.As(err, &invalid), errors.As(err, &untrusted):
		return NoteUntrusted
	case errors.As(err, &handshake):
		return NoteHandshake
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return NoteHostNotFound
	case errors.Is(err, syscall.ECONNREFUSED):
		return NoteRefused
	case errors.As(err, &operation) && operation.Op == "dial":
		return NoteUnreachable
	}
	return NoteNoAnswer
}
