package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
)

// TestReceiver believes what is signed, recent and new, and nothing else.
func TestReceiver(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	secret, other := auth.GenerateSecret(), auth.GenerateSecret()
	const body = `{"status":"success"}`
	for _, c := range []struct {
		name   string
		signer *auth.Secret
		sent   time.Time
		body   string // as it arrives
		times  int
		status int
		prints int
	}{
		{"genuine", secret, now, body, 1, 200, 1},
		{"twice", secret, now, body, 2, 200, 1},
		{"another secret", other, now, body, 1, 401, 0},
		{"changed on the way", secret, now, body + " ", 1, 401, 0},
		{"six minutes old", secret, now.Add(-6 * time.Minute), body, 1, 401, 0},
		{"too large", secret, now, strings.Repeat("a", 1<<20+1), 1, 413, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var printed bytes.Buffer
			rc := &receiver{secret: secret, verify: veriff, id: deliveryID, print: &printed, now: func() time.Time { return now }}
			for range c.times {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
				r.Header.Set("x-hmac-signature", string(c.signer.Sign(nil, []byte(body))))
				r.Header.Set("webhook-id", "0192f0c8-0000-4000-8000-000000000001")
				r.Header.Set("webhook-timestamp", strconv.FormatInt(c.sent.Unix(), 10))
				r.Header.Set("webhook-signature", c.signer.StandardSign("0192f0c8-0000-4000-8000-000000000001", c.sent, []byte(body)))
				w := httptest.NewRecorder()
				rc.ServeHTTP(w, r)
				if w.Code != c.status {
					t.Errorf("answered %d, want %d", w.Code, c.status)
				}
			}
			if got := strings.Count(printed.String(), body); got != c.prints {
				t.Errorf("printed %d times, want %d", got, c.prints)
			}
		})
	}
}

// TestReceiverOfVerifas believes what an endpoint's secret has signed, recently, and prints it once.
func TestReceiverOfVerifas(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	secret, other := auth.GenerateWebhookSecret(), auth.GenerateSecret()
	const body = `{"event":"session.approved","idempotency_key":"idk_1"}`
	for _, c := range []struct {
		name   string
		signer *auth.Secret
		sent   time.Time
		body   string // as it arrives
		status int
		prints int
	}{
		{"genuine, twice", secret, now, body, 200, 1},
		{"another secret", other, now, body, 401, 0},
		{"changed on the way", secret, now, body + " ", 401, 0},
		{"six minutes old", secret, now.Add(-6 * time.Minute), body, 401, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var printed bytes.Buffer
			rc := &receiver{secret: secret, verify: verifa, id: eventID, print: &printed, now: func() time.Time { return now }}
			for _, id := range []string{"0192f0c8-0000-4000-8000-000000000001", "0192f0c8-0000-4000-8000-000000000002"} { // a replay
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
				r.Header.Set("x-verifa-signature", c.signer.TimestampedSign(c.sent, []byte(body)))
				r.Header.Set("webhook-id", id)
				w := httptest.NewRecorder()
				if rc.ServeHTTP(w, r); w.Code != c.status {
					t.Errorf("answered %d, want %d", w.Code, c.status)
				}
			}
			if got := strings.Count(printed.String(), body); got != c.prints {
				t.Errorf("printed %d times, want %d", got, c.prints)
			}
		})
	}
}

// TestEventID: a retry and a replay are other deliveries of the same event, however the endpoint has names written.
func TestEventID(t *testing.T) {
	t.Parallel()
	h := http.Header{"Webhook-Id": {"delivery"}}
	for body, want := range map[string]string{
		`{"idempotency_key":"idk_1"}`: "idk_1", `{"idempotencyKey":"idk_2"}`: "idk_2", `{"idempotency-key":"idk_3"}`: "idk_3",
		`{}`: "delivery", `none`: "delivery",
	} {
		if got := eventID(h, []byte(body)); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

// TestReceiverOfTheUnknown takes what was added after it was written: other kinds of webhook, further members and
// headers, and the signature of a second secret while secrets are changed.
func TestReceiverOfTheUnknown(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	secret, second := auth.GenerateSecret(), auth.GenerateSecret()
	const id, body = "0192f0c8-0000-4000-8000-000000000001", `{"eventType":"some.thing.new","more":{"a":[1]}}`
	var printed bytes.Buffer
	rc := &receiver{secret: secret, verify: veriff, id: deliveryID, print: &printed, now: func() time.Time { return now }}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("x-hmac-signature", string(secret.Sign(nil, []byte(body))))
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("webhook-signature", second.StandardSign(id, now, []byte(body))+" "+secret.StandardSign(id, now, []byte(body)))
	r.Header.Set("x-some-thing-new", "1")
	w := httptest.NewRecorder()
	if rc.ServeHTTP(w, r); w.Code != http.StatusOK || printed.String() != id+" "+body+"\n" {
		t.Errorf("answered %d and printed %q", w.Code, printed.String())
	}
}

// TestUsage names the variables that the program needs.
func TestUsage(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"BONAFIDE_SHARED_SECRET", "BONAFIDE_ENDPOINT_SECRET"} {
		if !strings.Contains(usage, variable) {
			t.Errorf("%q does not name %s", usage, variable)
		}
	}
}
