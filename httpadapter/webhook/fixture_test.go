package webhook_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

const secretText = "abcdef12-abcd-abcd-abcd-abcdef012345"

var (
	apiKey      = uuid.MustParse("5d3f7a10-2b64-4f0e-9c1d-8a7b6c5d4e3f")
	integration = uuid.MustParse("0c9e8d7f-6a5b-4c3d-8e2f-1a0b9c8d7e6f")
	deliveryID  = uuid.MustParse("7e57ab1e-0000-4000-8000-00000000d0d0")
)

// now is a clock that a test moves.
type now struct{ unix atomic.Int64 }

func (n *now) Now() time.Time { return time.Unix(n.unix.Load(), 0) }

func newSecret(t testing.TB, text string) *auth.Secret {
	t.Helper()
	secret, err := auth.NewSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func newRing(t testing.TB) *auth.Ring {
	t.Helper()
	ring, err := auth.NewRing(auth.Credential{
		APIKey: apiKey, Integration: integration, Active: true, Secrets: []*auth.Secret{newSecret(t, secretText)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func newSender(t testing.TB, config webhook.Config) *webhook.Sender {
	t.Helper()
	return newSenderOf(t, newRing(t), config)
}

func newSenderOf(t testing.TB, keys auth.Keyring, config webhook.Config) *webhook.Sender {
	t.Helper()
	sender, err := webhook.New(keys, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sender.CloseIdleConnections)
	return sender
}

func newDelivery(body string) session.Delivery {
	return session.Delivery{ID: deliveryID, Integration: integration, Seq: 7, Body: []byte(body)}
}

// deliver sends `{}` to the URL.
func deliver(s *webhook.Sender, to string) session.Try {
	return s.Deliver(context.Background(), session.Endpoint{URL: to}, newDelivery(`{}`))
}

func expect(t *testing.T, got session.Try, status int, note string) {
	t.Helper()
	if want := (session.Try{Status: status, Note: note}); got != want {
		t.Errorf("outcome is %+v, want %+v", got, want)
	}
}

// newReceiver is a server that is not listening yet, and that keeps its complaints to itself.
func newReceiver(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	return server
}

func startReceiver(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := newReceiver(t, handler)
	server.Start()
	return server
}

// startRaw is a receiver that, once it was spoken to, does with a connection what it likes.
func startRaw(t testing.TB, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := conn.Read(make([]byte, 4<<10)); err == nil {
					serve(conn)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func portOf(t testing.TB, serverURL string) string {
	t.Helper()
	u, err := url.Parse(serverURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// authority issues certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Authority of the tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key := newKey(t)
	return &authority{sign(t, template, template, key, key), key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// issue makes a certificate for the hosts, valid for the hour before its end.
func (a *authority) issue(t testing.TB, end time.Time, hosts ...string) tls.Certificate {
	t.Helper()
	key := newKey(t)
	leaf := sign(t, forHosts(end, hosts), a.certificate, key, a.key)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
}

// selfSigned makes one that nobody issued.
func selfSigned(t testing.TB, end time.Time, hosts ...string) tls.Certificate {
	t.Helper()
	key, template := newKey(t), forHosts(end, hosts)
	return tls.Certificate{Certificate: [][]byte{sign(t, template, template, key, key).Raw}, PrivateKey: key}
}

func forHosts(end time.Time, hosts []string) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: end.Add(-time.Hour), NotAfter: end,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return template
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// poolOf trusts a receiver's own certificate.
func poolOf(receiver *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(receiver.Certificate())
	return pool
}
