package webhook_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	trusted, stranger := newAuthority(t), newAuthority(t)
	later, earlier := time.Now().Add(30*time.Minute), time.Now().Add(-time.Minute)
	for _, row := range []struct {
		name   string
		config *tls.Config
		status int
		note   string
	}{
		{"good", &tls.Config{
			Certificates: []tls.Certificate{trusted.issue(t, later, "receiver.example")},
		}, 200, ""},
		{"1.2", &tls.Config{
			Certificates: []tls.Certificate{trusted.issue(t, later, "receiver.example")}, MaxVersion: tls.VersionTLS12,
		}, 200, ""},
		{"1.1", &tls.Config{
			Certificates: []tls.Certificate{trusted.issue(t, later, "receiver.example")},
			MinVersion:   tls.VersionTLS10, MaxVersion: tls.VersionTLS11,
		}, 0, webhook.NoteHandshake},
		{"1.0", &tls.Config{
			Certificates: []tls.Certificate{trusted.issue(t, later, "receiver.example")},
			MinVersion:   tls.VersionTLS10, MaxVersion: tls.VersionTLS10,
		}, 0, webhook.NoteHandshake},
		{"of a stranger", &tls.Config{
			Certificates: []tls.Certificate{stranger.issue(t, later, "receiver.example")},
		}, 0, webhook.NoteUntrusted},
		{"self-signed", &tls.Config{
			Certificates: []tls.Certificate{selfSigned(t, later, "receiver.example")},
		}, 0, webhook.NoteUntrusted},
		{"expired", &tls.Config{
			Certificates: []tls.Certificate{trusted.issue(t, earlier, "receiver.example")},
		}, 0, webhook.NoteExpired},
		{"not yet valid", &tls.Config{
			Certificates: []tls.Certificate{trusted.issue(t, later.Add(time.Hour), "receiver.example")},
		}, 0, webhook.NoteExpired},
		{"another host", &tls.Config{
			Certificates: []tls.Certificate{trusted.issue(t, later, "other.example", "127.0.0.1")},
		}, 0, webhook.NoteWrongHost},
		{"wants a certificate of ours", &tls.Config{
			Certificates: []tls.Certificate{trusted.issue(t, later, "receiver.example")},
			ClientAuth:   tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12,
		}, 0, webhook.NoteHandshake},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			receiver, deliveries, _ := counting(t)
			receiver.TLS = row.config
			receiver.StartTLS()
			sender := newSender(t, webhook.Config{
				AllowPrivate: true, RootCAs: trusted.pool(),
				Resolver: resolver(t, map[string][][]string{"receiver.example": always("127.0.0.1")}),
			})
			expect(t, deliver(sender, "https://receiver.example:"+portOf(t, receiver.URL)+"/"), row.status, row.note)
			if got, want := deliveries.Load(), int64(row.status/200); got != want {
				t.Errorf("the receiver got %d deliveries, want %d", got, want)
			}
		})
	}
}

// Without Config.RootCAs a certificate of nobody in particular is worth nothing.
func TestTLSOfTheSystem(t *testing.T) {
	t.Parallel()
	receiver, deliveries, _ := counting(t)
	receiver.StartTLS()
	expect(t, deliver(newSender(t, webhook.Config{AllowPrivate: true}), receiver.URL), 0, webhook.NoteUntrusted)
	if got := deliveries.Load(); got != 0 {
		t.Errorf("the receiver got %d deliveries, want 0", got)
	}
}

func TestTLSWithSomethingElse(t *testing.T) {
	t.Parallel()
	t.Run("a receiver without TLS", func(t *testing.T) {
		t.Parallel()
		address := startRaw(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n") })
		expect(t, deliver(newSender(t, webhook.Config{AllowPrivate: true}), "https://"+address), 0, webhook.NoteHandshake)
	})
	t.Run("a receiver that says nothing", func(t *testing.T) {
		t.Parallel()
		address := startRaw(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
		sender := newSender(t, webhook.Config{AllowPrivate: true, Timeout: 50 * time.Millisecond})
		expect(t, deliver(sender, "https://"+address), 0, webhook.NoteTimeout)
	})
}

func TestHTTPVersions(t *testing.T) {
	t.Parallel()
	for name, enableHTTP2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spoken := make(chan string, 10)
			receiver := newReceiver(t, func(_ http.ResponseWriter, r *http.Request) { spoken <- r.Proto })
			receiver.EnableHTTP2 = enableHTTP2
			authority := newAuthority(t)
			receiver.TLS = &tls.Config{
				Certificates: []tls.Certificate{authority.issue(t, time.Now().Add(time.Minute), "127.0.0.1")},
			}
			receiver.StartTLS()
			sender := newSender(t, webhook.Config{AllowPrivate: true, RootCAs: authority.pool()})
			for range 3 {
				expect(t, deliver(sender, receiver.URL), 200, "")
				if got := <-spoken; got != name {
					t.Errorf("the receiver was spoken to in %s, want %s", got, name)
				}
			}
		})
	}
}
