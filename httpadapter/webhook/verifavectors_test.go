package webhook_test

import (
	"context"
	"strings"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
)

var timed = verdicts{Standard: true, Stamped: true}

// sendVerifa delivers to an endpoint with the secrets, and gives what a receiver with the last has to verify.
func (v *vectors) sendVerifa(body string, secrets ...string) signed {
	v.Helper()
	sender := newSenderOf(v, nil, webhook.Config{AllowPrivate: true, Clock: v.clock, Schemes: verifaOnly(v, secrets...)})
	outcome := sender.Deliver(context.Background(), verifaEndpoint(v.url), newDelivery(body))
	if outcome.Status != 200 {
		v.Fatalf("Deliver: got %+v, want status 200", outcome)
	}
	got := <-v.deliveries
	secret := secrets[len(secrets)-1]
	standard := secret
	if _, err := v.decode(secret); err != nil {
		standard = newSecret(v, secret).StandardText()
	}
	return signed{
		Secret: secret, Standard: standard,
		HMAC: got.header.Get("x-hmac-signature"), Legacy: got.header.Get("x-signature"),
		ID: got.header.Get("webhook-id"), Timestamp: got.header.Get("webhook-timestamp"),
		Signatures: got.header.Get("webhook-signature"), Stamped: got.header.Get("x-verifa-signature"), Body: got.body,
	}
}

// decode is how a library for Standard Webhooks reads a secret.
func (v *vectors) decode(secret string) ([]byte, error) {
	return standardBase64.DecodeString(strings.TrimPrefix(secret, "whsec_"))
}

// verifa adds what endpoints with secrets of their own are sent.
func (v *vectors) verifa() {
	v.Helper()
	const published = `{"event":"session.approved","session_id":"ses_abc123"}`
	before := v.clock.unix.Swap(1738368000)
	first := v.sendVerifa(published, "whsec_test_secret")
	v.clock.unix.Store(before)
	if want := "t=1738368000,v1=3bc7f663f7401f0b460c1e26ea2ff85058c72b52c7784fc40522dc9e1fbf46fc"; first.Stamped != want {
		v.Errorf("x-verifa-signature is %s, want %s", first.Stamped, want)
	}
	v.add("verifa: a secret that is not base64", first, timed)

	older, newer := auth.GenerateWebhookSecret().Reveal(), auth.GenerateWebhookSecret().Reveal()
	for name, body := range map[string]string{
		"an event":             published,
		"letters beyond ASCII": `{"name":"Żaneta – 王 😀"}`,
		"no UTF-8":             "\x00\xff\xfe\r\n",
		"an empty body":        "",
		"a mebibyte":           strings.Repeat("Ü", 1<<19),
	} {
		v.add("verifa: "+name, v.sendVerifa(body, newer), timed)
	}
	bare := v.sendVerifa(published, newer)
	bare.Standard = strings.TrimPrefix(bare.Standard, "whsec_")
	v.add("verifa: a receiver that has no whsec_ before the secret of the standard", bare, timed)
	bare.Secret = strings.TrimPrefix(bare.Secret, "whsec_")
	v.add("verifa: a receiver that has no whsec_ before the secret", bare, verdicts{Standard: true})

	changing := v.sendVerifa(published, older, newer)
	v.add("verifa: a new secret, to who has it", changing, timed)
	changing.Secret, changing.Standard = older, older
	v.add("verifa: a new secret, to who has the old one", changing, verdicts{Standard: true})

	v.verifaAgain(newer)
}

// verifaAgain: a retry is signed anew, and nothing of the first try verifies it.
func (v *vectors) verifaAgain(secret string) {
	v.Helper()
	const body = `{"event":"session.created"}`
	first := v.sendVerifa(body, secret)
	v.clock.unix.Add(int64(time.Hour.Seconds()))
	again := v.sendVerifa(body, secret)
	if again.ID != first.ID || string(again.Body) != string(first.Body) || again.Stamped == first.Stamped || again.Signatures == first.Signatures {
		v.Errorf("a retry is %+v, want the first try, %+v, with another time and its signatures", again, first)
	}
	v.add("verifa: a retry", again, timed)
	_, signature, _ := strings.Cut(again.Stamped, ",")
	again.Timestamp, again.Stamped = first.Timestamp, "t="+first.Timestamp+","+signature
	v.add("verifa: a retry under the time of the first try", again, verdicts{})
	first.Body = []byte(body + " ")
	v.add("verifa: a changed body", first, verdicts{})
}
