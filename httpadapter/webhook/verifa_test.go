package webhook_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

var (
	standardBase64 = base64.StdEncoding
	endpointID     = uuid.MustParse("e4d9017e-0000-4000-8000-00000000d0d0")
)

// secretsFunc answers as it likes.
type secretsFunc func(context.Context, uuid.UUID) ([]*auth.Secret, error)

func (f secretsFunc) EndpointSecrets(ctx context.Context, endpoint uuid.UUID) ([]*auth.Secret, error) {
	return f(ctx, endpoint)
}

func verifaBy(f secretsFunc) map[string]webhook.Scheme {
	return map[string]webhook.Scheme{"verifa": webhook.Verifa(f)}
}

// verifaOnly knows the secrets of the one endpoint, the oldest first.
func verifaOnly(t testing.TB, texts ...string) map[string]webhook.Scheme {
	t.Helper()
	var secrets []*auth.Secret
	for _, text := range texts {
		secrets = append(secrets, newSecret(t, text))
	}
	return verifaBy(func(_ context.Context, endpoint uuid.UUID) ([]*auth.Secret, error) {
		if endpoint != endpointID {
			return nil, nil
		}
		return secrets, nil
	})
}

func verifaEndpoint(url string) session.Endpoint {
	return session.Endpoint{ID: endpointID, URL: url, Format: "verifa"}
}

func TestDeliverToVerifasEndpoints(t *testing.T) {
	t.Parallel()
	url, deliveries := recorder(t)
	clock := new(now)
	older, newer := auth.GenerateWebhookSecret().Reveal(), auth.GenerateWebhookSecret().Reveal()
	body := `{"event":"session.approved"}`
	for name, secrets := range map[string][]string{"one secret": {newer}, "two secrets": {older, newer}} {
		sender := newSenderOf(t, newRing(t), webhook.Config{
			AllowPrivate: true, Clock: clock, Schemes: verifaOnly(t, secrets...), LegacySignature: true,
		})
		for try := range 3 {
			clock.unix.Store(1_800_000_000 + int64(try)*3600)
			at := strconv.FormatInt(clock.unix.Load(), 10)
			expect(t, sender.Deliver(context.Background(), verifaEndpoint(url), newDelivery(body)), 200, "")
			got := <-deliveries
			if string(got.body) != body {
				t.Errorf("%s, try %d: body is %q, want %q", name, try, got.body, body)
			}
			var standard []string
			for i := len(secrets) - 1; i >= 0; i-- {
				key, err := standardBase64.DecodeString(strings.TrimPrefix(secrets[i], "whsec_"))
				if err != nil {
					t.Fatal(err)
				}
				standard = append(standard, "v1,"+standardBase64.EncodeToString(mac(string(key), deliveryID.String(), ".", at, ".", body)))
			}
			expectHeaders(t, got.header, map[string]string{
				"Content-Type":         "application/json",
				"Content-Length":       strconv.Itoa(len(body)),
				"User-Agent":           "bonafide",
				"X-Verifa-Signature":   "t=" + at + ",v1=" + hex.EncodeToString(mac(newer, at, ".", body)),
				"X-Verifa-Delivery-Id": deliveryID.String(),
				"Webhook-Id":           deliveryID.String(),
				"Webhook-Timestamp":    at,
				"Webhook-Signature":    strings.Join(standard, " "),
				"Bonafide-Sequence":    "7",
			})
			if err := auth.VerifyTimestamped(newer, got.header.Get("x-verifa-signature"), got.body, clock.Now(), 0); err != nil {
				t.Errorf("%s, try %d: VerifyTimestamped: %v", name, try, err)
			}
			err := auth.VerifyStandard(newer, got.header.Get("webhook-id"), got.header.Get("webhook-timestamp"),
				got.header.Get("webhook-signature"), got.body, clock.Now(), 0)
			if err != nil {
				t.Errorf("%s, try %d: VerifyStandard with the same secret: %v", name, try, err)
			}
		}
	}
}

// A format has the scheme of its own name and no other.
func TestEveryOtherFormatIsVeriffs(t *testing.T) {
	t.Parallel()
	url, deliveries := recorder(t)
	schemes := verifaOnly(t, "whsec_test_secret")
	sender := newSender(t, webhook.Config{AllowPrivate: true, Schemes: schemes})
	without := newSenderOf(t, nil, webhook.Config{AllowPrivate: true, Schemes: schemes})
	delete(schemes, "verifa") // the map was the caller's, and is no longer looked at
	for _, format := range []string{"", "veriff", "veriff.v2", "Verifa", "verifa "} {
		to := session.Endpoint{ID: endpointID, URL: url, Format: format}
		expect(t, sender.Deliver(context.Background(), to, newDelivery(`{}`)), 200, "")
		header := (<-deliveries).header
		if header.Get("x-auth-client") != apiKey.String() || header.Get("x-verifa-signature") != "" || header.Get("x-verifa-delivery-id") != "" {
			t.Errorf("format %q: got the headers %q, want Veriff's alone", format, header)
		}
		expect(t, without.Deliver(context.Background(), to, newDelivery(`{}`)), 0, webhook.NoteNoCredentials)
	}
	expect(t, sender.Deliver(context.Background(), verifaEndpoint(url), newDelivery(`{}`)), 200, "")
	expect(t, without.Deliver(context.Background(), verifaEndpoint(url), newDelivery(`{}`)), 200, "")
}

func TestDeliverWithoutASecret(t *testing.T) {
	t.Parallel()
	wait := func(ctx context.Context, _ uuid.UUID) ([]*auth.Secret, error) {
		<-ctx.Done()
		return nil, fmt.Errorf("asking the database: %w", ctx.Err())
	}
	answer := func(secrets []*auth.Secret, err error) secretsFunc {
		return func(context.Context, uuid.UUID) ([]*auth.Secret, error) { return secrets, err }
	}
	some := newSecret(t, "whsec_test_secret")
	for _, row := range []struct {
		name    string
		secrets secretsFunc
		cancel  bool
		want    string
	}{
		{"none", answer(nil, nil), false, webhook.NoteNoSecret},
		{"an empty list", answer([]*auth.Secret{}, nil), false, webhook.NoteNoSecret},
		{"a nil one among them", answer([]*auth.Secret{nil, some}, nil), false, webhook.NoteNoSecret},
		{"none, by an error", answer(nil, fmt.Errorf("asking: %w", webhook.ErrNoSecret)), false, webhook.NoteNoSecret},
		{"unknown", answer(nil, fmt.Errorf("asking: %w", auth.ErrUnknownKey)), false, webhook.NoteNoCredentials},
		{"failing", answer([]*auth.Secret{some}, errors.New("the database is away")), false, webhook.NoteKeyring},
		{"slow", wait, false, webhook.NoteTimeout},
		{"cancelled", wait, true, webhook.NoteCancelled},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			url, deliveries := recorder(t)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if row.cancel {
				cancel()
			}
			sender := newSender(t, webhook.Config{AllowPrivate: true, Timeout: 50 * time.Millisecond, Schemes: verifaBy(row.secrets)})
			expect(t, sender.Deliver(ctx, verifaEndpoint(url), newDelivery(`{}`)), 0, row.want)
			if got := len(deliveries); got != 0 {
				t.Errorf("the receiver got %d deliveries, want none", got)
			}
		})
	}
}

// What is checked of an address does not depend on who signs, and nobody signs for one that is not allowed.
func TestVerifasEndpointsGoNowhereElse(t *testing.T) {
	t.Parallel()
	asked := make(chan uuid.UUID, 10)
	schemes := verifaBy(func(_ context.Context, endpoint uuid.UUID) ([]*auth.Secret, error) {
		asked <- endpoint
		return []*auth.Secret{newSecret(t, "whsec_test_secret")}, nil
	})
	strict := newSender(t, webhook.Config{Schemes: schemes})
	for _, url := range []string{"http://receiver.example/", "https://127.0.0.1/", "https://169.254.169.254/", "https://[::1]/", ""} {
		expect(t, strict.Deliver(context.Background(), verifaEndpoint(url), newDelivery(`{}`)), 0, webhook.NoteURL)
	}
	if len(asked) != 0 {
		t.Errorf("%d secrets were asked for, want none", len(asked))
	}
	elsewhere, deliveries := recorder(t)
	redirecting := startReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	})
	sender := newSender(t, webhook.Config{AllowPrivate: true, Schemes: schemes})
	outcome := sender.Deliver(context.Background(), verifaEndpoint(redirecting.URL), newDelivery(`{}`))
	expect(t, outcome, http.StatusTemporaryRedirect, webhook.NoteNotFollowed)
	if len(deliveries) != 0 || len(asked) != 1 || <-asked != endpointID {
		t.Errorf("got %d deliveries after a redirect and %d questions for secrets, want none and one for %s", len(deliveries), len(asked), endpointID)
	}
}

// schemeFunc signs as it likes.
type schemeFunc func(h http.Header, to session.Endpoint, d session.Delivery, at time.Time)

func (f schemeFunc) Sign(_ context.Context, h http.Header, to session.Endpoint, d session.Delivery, at time.Time) error {
	f(h, to, d, at)
	return nil
}

func TestASchemeOfTheHosts(t *testing.T) {
	t.Parallel()
	url, deliveries := recorder(t)
	clock := new(now)
	clock.unix.Store(1_800_000_000)
	scheme := schemeFunc(func(h http.Header, to session.Endpoint, d session.Delivery, at time.Time) {
		h.Set("Content-Type", "application/cloudevents+json")
		h.Set("X-Signed", fmt.Sprint(to.ID, d.Seq, at.Unix(), string(d.Body)))
	})
	sender := newSenderOf(t, nil, webhook.Config{AllowPrivate: true, Clock: clock, Schemes: map[string]webhook.Scheme{"own": scheme}})
	expect(t, sender.Deliver(context.Background(), session.Endpoint{ID: endpointID, URL: url, Format: "own"}, newDelivery(`{}`)), 200, "")
	expectHeaders(t, (<-deliveries).header, map[string]string{
		"Content-Type": "application/cloudevents+json", "Content-Length": "2", "User-Agent": "bonafide", "Bonafide-Sequence": "7",
		"X-Signed": fmt.Sprint(endpointID, 7, 1_800_000_000, "{}"),
	})
}

func TestVerifaNeedsSecrets(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("Verifa(nil): got no panic, want one")
		}
	}()
	webhook.Verifa(nil)
}
