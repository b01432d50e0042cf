package intake_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
)

// refusing answers every request before its body.
func refusing(patience time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		intake.Linger(w, r, patience, func() { http.Error(w, "too large", http.StatusRequestEntityTooLarge) })
	})
}

// TestRefusalIsRead: over TCP, by a client that looks for an answer only when it has sent all, and by one that sends
// nothing; then the connection ends.
func TestRefusalIsRead(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	server := httptest.NewServer(refusing(time.Minute))
	t.Cleanup(server.Close)
	for _, sent := range []int{0, 1, 30} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 30*mib)
		for range sent {
			if _, err := io.WriteString(conn, strings.Repeat("A", mib)); err != nil {
				t.Fatalf("%d MiB: the answer would not have been read: %v", sent, err)
			}
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge || !res.Close {
			t.Errorf("%d MiB: got %+v (%v), want 413 and the end of the connection", sent, res, err)
		}
		_ = conn.Close()
	}
}

// TestLingering: only a connection that has no other way to end is waited for, and with patience.
func TestLingering(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name          string
		major         int
		patience      time.Duration
		closes, waits bool
	}{
		{"HTTP/1.1", 1, time.Minute, true, true},
		{"HTTP/1.1 without patience", 1, 0, true, false},
		{"HTTP/2", 2, time.Minute, false, false},
	}
	for _, row := range rows {
		body := strings.NewReader("1234")
		r := request(body, 4)
		r.ProtoMajor = row.major
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		refusing(row.patience).ServeHTTP(w, r)
		if closes := w.Header().Get("Connection") == "close"; w.Code != http.StatusRequestEntityTooLarge || closes != row.closes {
			t.Errorf("%s: got %d, closing %t, want 413 and %t", row.name, w.Code, closes, row.closes)
		}
		if waits := len(w.set) == 1 && body.Len() == 0; waits != row.waits {
			t.Errorf("%s: got %d deadlines and %d bytes unread, want that it waits: %t", row.name, len(w.set), body.Len(), row.waits)
		}
	}
}
