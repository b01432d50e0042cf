package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

// received is a delivery as it came out of the wire.
type received struct {
	header http.Header
	method string
	path   string
	body   []byte
	length int64
}

// recorder is a receiver that takes what it is sent and hands it on.
func recorder(t testing.TB) (url string, deliveries <-chan received) {
	t.Helper()
	seen := make(chan received, 1000)
	receiver := startReceiver(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the delivery: %v", err)
		}
		seen <- received{r.Header, r.Method, r.URL.RequestURI(), body, r.ContentLength}
	})
	return receiver.URL, seen
}

func mac(key string, parts ...string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	for _, part := range parts {
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}

// published is a body whose signature a client of Veriff's has published
// (https://github.com/brokeyourbike/veriff-api-client-go).
const published = `{"verification":{"callback":"https://veriff.com","person":{"firstName":"John","lastName":"Smith"},` +
	`"document":{"type":"PASSPORT","country":"EE"},"vendorData":"unique id of the end-user","timestamp":"2016-05-19T08:30:25.597Z"}}`

func TestDeliverWhatIsSent(t *testing.T) {
	t.Parallel()
	url, deliveries := recorder(t)
	clock := new(now)
	clock.unix.Store(1_800_000_000)
	sender := newSender(t, webhook.Config{AllowPrivate: true, Clock: clock})
	for name, body := range map[string]string{
		"published vector": published,
		"line separators":  "{\"vendorData\":\"a\u2028b\u2029c <&>\"}",
		"escapes":          `{"vendorData":"\u2028\u003c\u0000"}`,
		"not JSON":         "\x00\xff\r\n",
		"white space":      " {}\n",
		"empty":            "",
		"a mebibyte":       strings.Repeat("Ü", 1<<19),
		"beyond the bound": strings.Repeat("x", 3<<20),
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, sender.Deliver(context.Background(), session.Endpoint{URL: url + "/hook?a=b%20c"}, newDelivery(body)), 200, "")
			got := <-deliveries
			if got.method != "POST" || got.path != "/hook?a=b%20c" {
				t.Errorf("got %s %s, want POST /hook?a=b%%20c", got.method, got.path)
			}
			if string(got.body) != body || got.length != int64(len(body)) {
				t.Errorf("got a body of %d bytes (content-length %d) that is not the %d bytes sent", len(got.body), got.length, len(body))
			}
			signature := hex.EncodeToString(mac(secretText, body))
			expectHeaders(t, got.header, map[string]string{
				"Content-Type":       "application/json",
				"Content-Length":     strconv.Itoa(len(body)),
				"User-Agent":         "bonafide",
				"X-Auth-Client":      apiKey.String(),
				"X-Hmac-Signature":   signature,
				"Vrf-Auth-Client":    apiKey.String(),
				"Vrf-Hmac-Signature": signature,
				"Vrf-Integration-Id": integration.String(),
				"Webhook-Id":         deliveryID.String(),
				"Webhook-Timestamp":  "1800000000",
				"Webhook-Signature": "v1," + base64.StdEncoding.EncodeToString(
					mac(secretText, deliveryID.String(), ".1800000000.", body)),
				"Bonafide-Sequence": "7",
			})
		})
	}
}

func TestPublishedSignature(t *testing.T) {
	t.Parallel()
	url, deliveries := recorder(t)
	sender := newSender(t, webhook.Config{AllowPrivate: true})
	expect(t, sender.Deliver(context.Background(), session.Endpoint{URL: url}, newDelivery(published)), 200, "")
	const want = "0dcab73ddd20062616d104231c7439657546a5c24e4691977da93bb854c31e25"
	if got := (<-deliveries).header.Get("X-HMAC-SIGNATURE"); got != want {
		t.Errorf("signature is %s, want %s", got, want)
	}
}

// expectHeaders compares all of them, so that nothing is told that should not be.
func expectHeaders(t *testing.T, got http.Header, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if values := got.Values(name); len(values) != 1 || values[0] != want[name] {
			t.Errorf("header %s is %q, want %q alone", name, values, want[name])
		}
	}
	for name, values := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("header %s is %q, want none", name, values)
		}
	}
}

func TestEveryTryIsTheSameDelivery(t *testing.T) {
	t.Parallel()
	url, deliveries := recorder(t)
	clock := new(now)
	sender := newSender(t, webhook.Config{AllowPrivate: true, Clock: clock})
	var first received
	for try := range 3 {
		clock.unix.Store(1_800_000_000 + int64(try)*3600)
		expect(t, deliver(sender, url), 200, "")
		got := <-deliveries
		timestamp := strconv.FormatInt(clock.unix.Load(), 10)
		if got.header.Get("Webhook-Timestamp") != timestamp {
			t.Errorf("try %d: timestamp is %s, want %s", try, got.header.Get("Webhook-Timestamp"), timestamp)
		}
		if err := verify(t, got, clock.Now()); err != nil {
			t.Errorf("try %d: %v", try, err)
		}
		if try == 0 {
			first = got
			continue
		}
		if string(got.body) != string(first.body) {
			t.Errorf("try %d: body is %q, want %q", try, got.body, first.body)
		}
		for _, name := range []string{"Webhook-Id", "X-Hmac-Signature", "Bonafide-Sequence"} {
			if got.header.Get(name) != first.header.Get(name) {
				t.Errorf("try %d: %s is %s, want %s", try, name, got.header.Get(name), first.header.Get(name))
			}
		}
		if got.header.Get("Webhook-Signature") == first.header.Get("Webhook-Signature") {
			t.Errorf("try %d: webhook-signature is that of the first try", try)
		}
	}
	if err := verify(t, first, clock.Now()); !errors.Is(err, auth.ErrTimestamp) {
		t.Errorf("the first try, sent again two hours later: %v, want %v", err, auth.ErrTimestamp)
	}
}

// verify is what a receiver does.
func verify(t *testing.T, d received, at time.Time) error {
	t.Helper()
	return auth.VerifyStandard(newSecret(t, secretText).StandardText(), d.header.Get("webhook-id"),
		d.header.Get("webhook-timestamp"), d.header.Get("webhook-signature"), d.body, at, 0)
}

func TestDeliverSignsWithTheSigningSecret(t *testing.T) {
	t.Parallel()
	const newer = "99999999-8888-4777-8666-555555555555"
	url, deliveries := recorder(t)
	ring := newRing(t)
	sender := newSenderOf(t, ring, webhook.Config{AllowPrivate: true})
	steps := []struct {
		name string
		do   func() error
		want []string // the signing one, and the other live ones
	}{
		{"one secret", func() error { return nil }, []string{secretText}},
		{"a newer secret", func() error { return ring.AddSecret(integration, newSecret(t, newer)) }, []string{secretText, newer}},
		{"the newer one signs", func() error { return ring.SignWith(integration, newSecret(t, newer)) }, []string{newer, secretText}},
		{"the older one is revoked", func() error { return ring.RevokeSecret(integration, newSecret(t, secretText)) }, []string{newer}},
		{"the integration is not active", func() error { return ring.SetActive(integration, false) }, []string{newer}},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		expect(t, deliver(sender, url), 200, "")
		got := <-deliveries
		if want := hex.EncodeToString(mac(step.want[0], `{}`)); got.header.Get("x-hmac-signature") != want {
			t.Errorf("%s: signature is %s, want %s", step.name, got.header.Get("x-hmac-signature"), want)
		}
		var signatures []string
		for _, secret := range step.want {
			signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(
				mac(secret, deliveryID.String(), ".", got.header.Get("webhook-timestamp"), `.{}`)))
		}
		if wantStandard := strings.Join(signatures, " "); got.header.Get("webhook-signature") != wantStandard {
			t.Errorf("%s: webhook-signature is %s, want %s", step.name, got.header.Get("webhook-signature"), wantStandard)
		}
	}
}

// The key and the secret are the credential's, and the integration is that of the delivery.
func TestDeliverForAFlexibleIntegration(t *testing.T) {
	t.Parallel()
	further := uuid.MustParse("6f1c1f0e-59a4-4a53-9a3f-0f5b0b8f2d11")
	url, deliveries := recorder(t)
	ring, err := auth.NewRing(auth.Credential{
		APIKey: apiKey, Integration: integration, Flexible: []uuid.UUID{further}, Active: true,
		Secrets: []*auth.Secret{newSecret(t, secretText)},
	})
	if err != nil {
		t.Fatal(err)
	}
	sender := newSenderOf(t, ring, webhook.Config{AllowPrivate: true})
	for _, of := range []uuid.UUID{further, integration} {
		delivery := newDelivery(`{}`)
		delivery.Integration = of
		expect(t, sender.Deliver(context.Background(), session.Endpoint{URL: url}, delivery), 200, "")
		header := (<-deliveries).header
		for name, want := range map[string]string{
			"vrf-integration-id": of.String(), "x-auth-client": apiKey.String(), "vrf-auth-client": apiKey.String(),
			"x-hmac-signature": hex.EncodeToString(mac(secretText, `{}`)),
		} {
			if got := header.Get(name); got != want {
				t.Errorf("for integration %s: %s is %q, want %q", of, name, got, want)
			}
		}
	}
	delivery := newDelivery(`{}`)
	delivery.Integration = uuid.MustParse("99999999-59a4-4a53-9a3f-0f5b0b8f2d11")
	expect(t, sender.Deliver(context.Background(), session.Endpoint{URL: url}, delivery), 0, webhook.NoteNoCredentials)
}

// keyringFunc answers as it likes.
type keyringFunc func(context.Context) (auth.Credential, error)

func (f keyringFunc) ByKey(ctx context.Context, _ uuid.UUID) (auth.Credential, error) { return f(ctx) }
func (f keyringFunc) ByIntegration(ctx context.Context, _ uuid.UUID) (auth.Credential, error) {
	return f(ctx)
}

func TestDeliverWithoutCredentials(t *testing.T) {
	t.Parallel()
	wait := func(ctx context.Context) (auth.Credential, error) {
		<-ctx.Done()
		return auth.Credential{}, fmt.Errorf("asking the database: %w", ctx.Err())
	}
	for _, row := range []struct {
		name   string
		keys   auth.Keyring
		cancel bool
		want   string
	}{
		{"unknown integration", new(auth.Ring), false, webhook.NoteNoCredentials},
		{"invalid credential", keyringFunc(func(context.Context) (auth.Credential, error) {
			return auth.Credential{APIKey: apiKey, Integration: integration}, nil
		}), false, webhook.NoteNoCredentials},
		{"failing", keyringFunc(func(context.Context) (auth.Credential, error) {
			return auth.Credential{}, errors.New("the database is away")
		}), false, webhook.NoteKeyring},
		{"slow", keyringFunc(wait), false, webhook.NoteTimeout},
		{"cancelled", keyringFunc(wait), true, webhook.NoteCancelled},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			url, deliveries := recorder(t)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if row.cancel {
				cancel()
			}
			sender := newSenderOf(t, row.keys, webhook.Config{AllowPrivate: true, Timeout: 50 * time.Millisecond})
			expect(t, sender.Deliver(ctx, session.Endpoint{URL: url}, newDelivery(`{}`)), 0, row.want)
			if got := len(deliveries); got != 0 {
				t.Errorf("the receiver got %d deliveries, want none", got)
			}
		})
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		keys   auth.Keyring
		config webhook.Config
		faults []string
	}{
		{"zero", newRing(t), webhook.Config{}, nil},
		{"user agent", newRing(t), webhook.Config{UserAgent: "Example/1.0 (+https://host.example)"}, nil},
		{"no keyring", nil, webhook.Config{}, []string{"needs a keyring"}},
		{"schemes alone", nil, webhook.Config{Schemes: verifaOnly(t, "s")}, nil},
		{"no scheme", newRing(t), webhook.Config{Schemes: map[string]webhook.Scheme{"verifa": nil}}, []string{`format "verifa"`}},
		{"everything", nil, webhook.Config{Timeout: -1, UserAgent: "a\r\nb: c"}, []string{"keyring", "Timeout", "UserAgent"}},
		{"user agent of another script", newRing(t), webhook.Config{UserAgent: "Ü"}, []string{"UserAgent"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			sender, err := webhook.New(row.keys, row.config)
			if (err == nil) != (row.faults == nil) || (sender == nil) == (err == nil) {
				t.Fatalf("New = %v, %v; want faults %q", sender, err, row.faults)
			}
			for _, fault := range row.faults {
				if !strings.Contains(err.Error(), fault) {
					t.Errorf("New = %v, want it to name %q", err, fault)
				}
			}
		})
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	url, deliveries := recorder(t)
	expect(t, deliver(newSender(t, webhook.Config{AllowPrivate: true, UserAgent: "Example/1.0"}), url), 200, "")
	if got := (<-deliveries).header.Values("user-agent"); len(got) != 1 || got[0] != "Example/1.0" {
		t.Errorf("user-agent is %q, want Example/1.0", got)
	}
}

func TestTheSystemsClock(t *testing.T) {
	t.Parallel()
	url, deliveries := recorder(t)
	expect(t, deliver(newSender(t, webhook.Config{AllowPrivate: true}), url), 200, "")
	if err := verify(t, <-deliveries, time.Now()); err != nil {
		t.Errorf("a receiver with a right clock says %v", err)
	}
}

func TestDeliverConcurrently(t *testing.T) {
	t.Parallel()
	const senders, each = 16, 25
	url, deliveries := recorder(t)
	sender := newSender(t, webhook.Config{AllowPrivate: true})
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			for j := range each {
				d := newDelivery(fmt.Sprintf(`{"number":%d}`, i*each+j))
				d.ID, d.Seq = uuid.New(), int64(i*each+j)
				expect(t, sender.Deliver(context.Background(), session.Endpoint{URL: url}, d), 200, "")
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for range senders * each {
		got := <-deliveries
		if err := verify(t, got, time.Now()); err != nil {
			t.Errorf("delivery of %s: %v", got.body, err)
		}
		number := got.header.Get("bonafide-sequence")
		if want := `{"number":` + number + `}`; string(got.body) != want || seen[number] {
			t.Errorf("got %s (again: %t), want %s once", got.body, seen[number], want)
		}
		seen[number] = true
	}
}

// Not parallel, because it counts the goroutines of the whole process.
func TestNothingIsLeftRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	sender := newSender(t, webhook.Config{AllowPrivate: true, Timeout: 50 * time.Millisecond})
	for _, handler := range []http.HandlerFunc{
		func(http.ResponseWriter, *http.Request) {},
		func(w http.ResponseWriter, _ *http.Request) { _, _ = io.CopyN(w, zeros{}, 1<<20) },
		func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); hold(w, r) },
	} {
		receiver := startReceiver(t, handler)
		for range 5 {
			deliver(sender, receiver.URL)
			deliver(sender, "https"+strings.TrimPrefix(receiver.URL, "http")) // a handshake that fails
		}
		receiver.Close()
	}
	sender.CloseIdleConnections()
	// What was told to end needs a moment.
	ticker, patience := time.NewTicker(time.Millisecond), time.After(soon)
	defer ticker.Stop()
	for runtime.NumGoroutine() > before {
		select {
		case <-ticker.C:
		case <-patience:
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}
