package webhook_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
)

// counting is a receiver that takes everything, and counts.
func counting(t testing.TB) (receiver *httptest.Server, deliveries, connections *atomic.Int64) {
	t.Helper()
	deliveries, connections = new(atomic.Int64), new(atomic.Int64)
	receiver = newReceiver(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		deliveries.Add(1)
	})
	receiver.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	return receiver, deliveries, connections
}

func TestDeliverToNames(t *testing.T) {
	t.Parallel()
	const reached, failed = 200, 0
	for _, row := range []struct {
		name         string
		records      []string
		allowPrivate bool
		status       int
		note         string
	}{
		{"loopback, open", []string{"127.0.0.1"}, true, reached, ""},
		{"alias of loopback, open", []string{"cname inner.example", "127.0.0.1"}, true, reached, ""},
		{"loopback, closed", []string{"127.0.0.1"}, false, failed, webhook.NoteAddress},
		{"alias of loopback, closed", []string{"cname inner.example", "127.0.0.1"}, false, failed, webhook.NoteAddress},
		{"IPv6 alone", []string{"::1"}, false, failed, webhook.NoteAddress},
		{"alias of metadata", []string{"cname metadata.google.internal", "169.254.169.254"}, true, failed, webhook.NoteAddress},
		{"IPv6 alone, metadata", []string{"fd00:ec2::254"}, true, failed, webhook.NoteAddress},
		{"all of many, closed", []string{"127.0.0.1", "127.0.0.2", "::1"}, false, failed, webhook.NoteAddress},
		// Loopback is tried before the others, by the rules of RFC 6724.
		{"mixed, the first connects", []string{"169.254.169.254", "0.0.0.0", "127.0.0.1"}, true, reached, ""},
		{"no address", nil, true, failed, webhook.NoteHostNotFound},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			receiver, deliveries, connections := counting(t)
			receiver.Start()
			authority := newAuthority(t)
			sender := newSender(t, webhook.Config{
				AllowPrivate: row.allowPrivate, RootCAs: authority.pool(),
				Resolver: resolver(t, map[string][][]string{"receiver.example": always(row.records...)}),
			})
			scheme := "https" // which this receiver does not speak, so that only what is refused before is told apart
			if row.allowPrivate {
				scheme = "http"
			}
			expect(t, deliver(sender, scheme+"://receiver.example:"+portOf(t, receiver.URL)+"/"), row.status, row.note)
			want := int64(row.status / 200)
			if got := deliveries.Load(); got != want {
				t.Errorf("the receiver got %d deliveries, want %d", got, want)
			}
			if got := connections.Load(); got != want {
				t.Errorf("the receiver got %d connections, want %d", got, want)
			}
		})
	}
}

// One address at which nobody listens, and then one that is not allowed: the second is what the try ends with.
func TestObjectionEndsTheDial(t *testing.T) {
	t.Parallel()
	sender := newSender(t, webhook.Config{
		AllowPrivate: true,
		Resolver:     resolver(t, map[string][][]string{"receiver.example": always("127.0.0.1", "0.0.0.0")}),
	})
	expect(t, deliver(sender, "http://receiver.example:"+closedPort(t)+"/"), 0, webhook.NoteAddress)
}

// closedPort is one at which nobody listens.
func closedPort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestRebinding(t *testing.T) {
	t.Parallel()
	receiver, deliveries, connections := counting(t)
	receiver.Start()
	sender := newSender(t, webhook.Config{
		AllowPrivate: true,
		Resolver:     resolver(t, map[string][][]string{"receiver.example": {{"127.0.0.1"}, {"169.254.169.254"}}}),
	})
	to := "http://receiver.example:" + portOf(t, receiver.URL) + "/"
	expect(t, deliver(sender, to), 200, "")
	expect(t, deliver(sender, to), 200, "") // over the connection that was checked
	if got := connections.Load(); got != 1 {
		t.Errorf("the receiver got %d connections, want 1", got)
	}
	sender.CloseIdleConnections()
	expect(t, deliver(sender, to), 0, webhook.NoteAddress)
	if got := deliveries.Load(); got != 2 {
		t.Errorf("the receiver got %d deliveries, want 2", got)
	}
}

// Not parallel, because of the environment.
func TestProxiesOfTheEnvironmentAreIgnored(t *testing.T) {
	proxy, proxied, _ := counting(t)
	proxy.Start()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	receiver, deliveries, _ := counting(t)
	receiver.Start()
	sender := newSender(t, webhook.Config{
		AllowPrivate: true,
		Resolver:     resolver(t, map[string][][]string{"receiver.example": always("127.0.0.1")}),
	})
	expect(t, deliver(sender, "http://receiver.example:"+portOf(t, receiver.URL)+"/"), 200, "")
	if deliveries.Load() != 1 || proxied.Load() != 0 {
		t.Errorf("the receiver got %d deliveries and the proxy %d, want 1 and 0", deliveries.Load(), proxied.Load())
	}
}

func TestNoConnection(t *testing.T) {
	t.Parallel()
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		sender := newSender(t, webhook.Config{AllowPrivate: true})
		expect(t, deliver(sender, "http://127.0.0.1:"+closedPort(t)+"/"), 0, webhook.NoteRefused)
	})
	t.Run("no such name", func(t *testing.T) {
		t.Parallel()
		sender := newSender(t, webhook.Config{Resolver: resolver(t, nil)})
		expect(t, deliver(sender, "https://receiver.example/"), 0, webhook.NoteHostNotFound)
	})
	t.Run("no DNS server", func(t *testing.T) {
		t.Parallel()
		sender := newSender(t, webhook.Config{Resolver: &net.Resolver{
			PreferGo: true,
			Dial:     func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("cut off") },
		}})
		expect(t, deliver(sender, "https://receiver.example/"), 0, webhook.NoteUnreachable)
	})
	t.Run("URL not allowed", func(t *testing.T) {
		t.Parallel()
		for _, url := range []string{"http://receiver.example/", "https://127.0.0.1/", "https://[::1]/", "", "%"} {
			expect(t, deliver(newSender(t, webhook.Config{}), url), 0, webhook.NoteURL)
		}
	})
}
