package webhook_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

// soon is long enough for a slow machine, and far below the timeouts that it is compared with.
const soon = 20 * time.Second

// within fails the test when the try took as long as an unbounded one would.
func within(t *testing.T, try func() session.Try) session.Try {
	t.Helper()
	start := time.Now()
	outcome := try()
	if took := time.Since(start); took > soon {
		t.Errorf("the try took %s, want less than %s", took, soon)
	}
	return outcome
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 204, 299, 304, 400, 401, 404, 410, 429, 500, 503, 599} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			receiver := startReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(status)
			})
			note := ""
			if status == 304 {
				note = webhook.NoteNotFollowed
			}
			expect(t, deliver(newSender(t, webhook.Config{AllowPrivate: true}), receiver.URL), status, note)
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, scheme := range []string{"http", "https"} {
			t.Run(fmt.Sprint(status, " to ", scheme), func(t *testing.T) {
				t.Parallel()
				private, deliveries, connections := counting(t)
				private.Start()
				cookies := make(chan string, 2)
				receiver := startReceiver(t, func(w http.ResponseWriter, r *http.Request) {
					cookies <- r.Header.Get("Cookie")
					w.Header().Set("Set-Cookie", "a=b")
					w.Header().Set("Location", strings.Replace(private.URL, "http", scheme, 1))
					w.WriteHeader(status)
				})
				sender := newSender(t, webhook.Config{AllowPrivate: true})
				for range 2 {
					expect(t, deliver(sender, receiver.URL), status, webhook.NoteNotFollowed)
					if got := <-cookies; got != "" {
						t.Errorf("the sender brought the cookie %q, want none", got)
					}
				}
				if deliveries.Load() != 0 || connections.Load() != 0 {
					t.Errorf("the redirect got %d deliveries, %d connections; want none", deliveries.Load(), connections.Load())
				}
			})
		}
	}
}

// hold keeps an answer open until the sender has gone.
func hold(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestBodyOfTheAnswer(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	compress := gzip.NewWriter(&bomb)
	if _, err := io.Copy(compress, io.LimitReader(zeros{}, 64<<20)); err != nil {
		t.Fatal(err)
	}
	compress.Close()
	for _, row := range []struct {
		name    string
		timeout time.Duration
		handler http.HandlerFunc
	}{
		{"short of its length", time.Minute, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "short")
		}},
		{"never ending", time.Minute, func(w http.ResponseWriter, _ *http.Request) {
			if n, err := io.CopyN(w, zeros{}, 1<<30); err == nil {
				t.Errorf("the sender took %d bytes", n)
			}
		}},
		{"compressed to nothing", time.Minute, func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Accept-Encoding"); got != "" {
				t.Errorf("accept-encoding is %q, want none", got)
			}
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}},
		{"never beginning", 100 * time.Millisecond, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			_ = http.NewResponseController(w).Flush()
			hold(w, r)
		}},
		{"dripping", 100 * time.Millisecond, func(w http.ResponseWriter, r *http.Request) {
			drip(r.Context(), func() error {
				_, _ = w.Write([]byte("."))
				return http.NewResponseController(w).Flush()
			})
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			receiver := startReceiver(t, row.handler)
			sender := newSender(t, webhook.Config{AllowPrivate: true, Timeout: row.timeout})
			expect(t, within(t, func() session.Try { return deliver(sender, receiver.URL) }), 200, "")
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// drip does something every few milliseconds until it fails or nobody waits any more.
func drip(ctx context.Context, drop func() error) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if drop() != nil {
				return
			}
		}
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	answer := func(text string) func(net.Conn) {
		return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
	}
	for _, row := range []struct {
		name    string
		timeout time.Duration
		serve   func(net.Conn)
		note    string
	}{
		{"closed", time.Minute, answer(""), webhook.NoteNoAnswer},
		{"another protocol", time.Minute, answer("220 mail.example ESMTP\r\n"), webhook.NoteNoAnswer},
		{"closed within the headers", time.Minute, answer("HTTP/1.1 200 OK\r\nContent-Le"), webhook.NoteNoAnswer},
		{"status no number", time.Minute, answer("HTTP/1.1 twohundred OK\r\n\r\n"), webhook.NoteNoAnswer},
		{"headers too large", time.Minute, answer("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 1<<20) + "\r\n\r\n"), webhook.NoteNoAnswer},
		{"headers too many", time.Minute, answer("HTTP/1.1 200 OK\r\n" + strings.Repeat("A: a\r\n", 1<<16) + "\r\n"), webhook.NoteNoAnswer},
		{"silent", 50 * time.Millisecond, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, webhook.NoteTimeout},
		{"dripping headers", 100 * time.Millisecond, func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nA: ")
			drip(context.Background(), func() error { _, err := io.WriteString(conn, "a"); return err })
		}, webhook.NoteTimeout},
		{"preliminary answers without end", 100 * time.Millisecond, func(conn net.Conn) {
			drip(context.Background(), func() error { _, err := io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n\r\n"); return err })
		}, webhook.NoteTimeout},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			address := startRaw(t, row.serve)
			sender := newSender(t, webhook.Config{AllowPrivate: true, Timeout: row.timeout})
			expect(t, within(t, func() session.Try { return deliver(sender, "http://"+address) }), 0, row.note)
		})
	}
}

// Large headers are taken up to the bound, by either protocol.
func TestHeadersOfTheAnswer(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		size   int
		http2  bool
		status int
		note   string
	}{
		{"32 KiB", 32 << 10, false, 200, ""},
		{"1 MiB", 1 << 20, false, 0, webhook.NoteNoAnswer},
		{"32 KiB, HTTP/2", 32 << 10, true, 200, ""},
		{"1 MiB, HTTP/2", 1 << 20, true, 0, webhook.NoteNoAnswer},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("A", strings.Repeat("a", row.size))
			})
			receiver.EnableHTTP2 = row.http2
			receiver.StartTLS()
			sender := newSender(t, webhook.Config{AllowPrivate: true, RootCAs: poolOf(receiver)})
			expect(t, deliver(sender, receiver.URL), row.status, row.note)
		})
	}
}

// A receiver that wants to speak another protocol gets none, and cannot hold the connection that it was
// promised.
func TestSwitchingProtocols(t *testing.T) {
	t.Parallel()
	address := startRaw(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn)
	})
	sender := newSender(t, webhook.Config{AllowPrivate: true, Timeout: time.Minute})
	expect(t, within(t, func() session.Try { return deliver(sender, "http://"+address) }), 101, "")
}

func TestEndOfTheContext(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	receiver := startReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the sender has gone
		arrived <- struct{}{}
		hold(w, r)
	})
	sender := newSender(t, webhook.Config{AllowPrivate: true, Timeout: time.Minute})
	to := session.Endpoint{URL: receiver.URL}

	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-arrived; cancel() }()
	expect(t, within(t, func() session.Try { return sender.Deliver(ctx, to, newDelivery(`{}`)) }), 0, webhook.NoteCancelled)
	expect(t, sender.Deliver(ctx, to, newDelivery(`{}`)), 0, webhook.NoteCancelled)

	ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	expect(t, within(t, func() session.Try { return sender.Deliver(ctx, to, newDelivery(`{}`)) }), 0, webhook.NoteTimeout)
}

// A burst goes over one connection, as long as answers are read to their end.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 10, 60 << 10} {
		t.Run(fmt.Sprint(size, " bytes"), func(t *testing.T) {
			t.Parallel()
			var connections atomic.Int64
			receiver := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, size)) })
			receiver.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					connections.Add(1)
				}
			}
			receiver.Start()
			sender := newSender(t, webhook.Config{AllowPrivate: true})
			for range 10 {
				expect(t, deliver(sender, receiver.URL), 200, "")
			}
			if got := connections.Load(); got != 1 {
				t.Errorf("10 tries took %d connections, want 1", got)
			}
		})
	}
}
