package webhook_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

// signed is a delivery as a receiver verifies it: with which secret, and what it must find.
type signed struct {
	Name       string
	Secret     string // the text that the two parties share
	Standard   string // the same, as a library for Standard Webhooks takes it
	HMAC       string // x-hmac-signature
	Legacy     string // x-signature
	ID         string
	Timestamp  string
	Signatures string // webhook-signature
	Stamped    string // x-verifa-signature
	Body       []byte

	want verdicts
}

// verdicts say which of the signatures are found to be right.
type verdicts struct{ HMAC, Standard, Legacy, Stamped bool }

// vectors collects deliveries from the wire.
type vectors struct {
	testing.TB
	url        string
	deliveries <-chan received
	clock      *now
	cases      []signed
}

// newVectors are all that the implementations in verifiers_test.go are asked about.
func newVectors(t testing.TB) []signed {
	t.Helper()
	url, deliveries := recorder(t)
	v := &vectors{TB: t, url: url, deliveries: deliveries, clock: new(now)}
	v.clock.unix.Store(1_800_000_000)
	v.published()
	v.secrets()
	v.bodies()
	v.sentAgain()
	v.rotation()
	v.changed()
	v.verifa()
	return v.cases
}

var both, all = verdicts{HMAC: true, Standard: true}, verdicts{HMAC: true, Standard: true, Legacy: true}

// sender signs with the secrets, the oldest of which is the signing one.
func (v *vectors) sender(legacy bool, secrets ...string) (*webhook.Sender, *auth.Ring) {
	v.Helper()
	credential := auth.Credential{APIKey: apiKey, Integration: integration, Active: true}
	for _, text := range secrets {
		credential.Secrets = append(credential.Secrets, newSecret(v, text))
	}
	ring, err := auth.NewRing(credential)
	if err != nil {
		v.Fatal(err)
	}
	return newSenderOf(v, ring, webhook.Config{AllowPrivate: true, Clock: v.clock, LegacySignature: legacy}), ring
}

// send delivers, and gives what a receiver with the secret has to verify.
func (v *vectors) send(sender *webhook.Sender, secret, body string) signed {
	v.Helper()
	outcome := sender.Deliver(context.Background(), session.Endpoint{URL: v.url}, newDelivery(body))
	if outcome.Status != 200 {
		v.Fatalf("Deliver: got %+v, want status 200", outcome)
	}
	got := <-v.deliveries
	return signed{
		Secret: secret, Standard: newSecret(v, secret).StandardText(),
		HMAC: got.header.Get("x-hmac-signature"), Legacy: got.header.Get("x-signature"),
		ID: got.header.Get("webhook-id"), Timestamp: got.header.Get("webhook-timestamp"),
		Signatures: got.header.Get("webhook-signature"), Body: got.body,
	}
}

func (v *vectors) add(name string, s signed, want verdicts) {
	s.Name, s.want = name, want
	v.cases = append(v.cases, s)
}

// published adds what others have published, and what others have computed under the published secret.
func (v *vectors) published() {
	v.Helper()
	sender, _ := v.sender(true, secretText)
	for name, vector := range map[string]struct{ body, hmac string }{
		"the published body":    {published, "0dcab73ddd20062616d104231c7439657546a5c24e4691977da93bb854c31e25"},
		"a submission":          {`{"verification":{"status":"submitted"}}`, "431804d39503a5600eb3a57c1bb6403cba06b3b243593e2619868e17eb22b277"},
		"an empty verification": {`{"verification":{}}`, "762e8088e60a503ebac7f50b149b1d4143bc19ea55e51d861e1f012e16a9b810"},
		"an empty body":         {"", "4005304bae46f8a0c2b1fbd7088f9dded39dc1040be754dede2bf198ab44b7c8"},
	} {
		got := v.send(sender, secretText, vector.body)
		if got.HMAC != vector.hmac {
			v.Errorf("%s: x-hmac-signature is %s, want %s", name, got.HMAC, vector.hmac)
		}
		v.add(name, got, all)
	}
	// Its key is no text, so that no Sender can have it; the implementations must know it all the same.
	v.add("the vector of Standard Webhooks", signed{
		Standard: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp: "1614265330",
		Signatures: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Body: []byte(`{"test": 2432232314}`),
	}, verdicts{Standard: true})
}

func (v *vectors) secrets() {
	v.Helper()
	for name, text := range map[string]string{
		"a secret that begins as the standard's do": "whsec_" + secretText,
		"a secret with letters beyond ASCII":        "Żaneta – 王 – 0123456789",
		"the longest secret":                        strings.Repeat("s", auth.MaxSecretLength),
	} {
		sender, _ := v.sender(false, text)
		v.add(name, v.send(sender, text, `{"code":7002}`), both)
	}
	sender, _ := v.sender(false, secretText)
	bare := v.send(sender, secretText, `{"code":7002}`)
	v.add("a receiver that has whsec_ before the secret", bare, both)
	bare.Standard = strings.TrimPrefix(bare.Standard, "whsec_")
	v.add("a receiver that has no whsec_ before the secret", bare, both)
	v.add("without the legacy signature", bare, both)
}

func (v *vectors) bodies() {
	v.Helper()
	sender, _ := v.sender(true, secretText)
	for name, body := range map[string]string{
		"letters beyond ASCII": `{"name":"Żaneta – 王 😀"}`,
		"line separators":      "{\"vendorData\":\"a\u2028b\u2029c <&>\"}",
		"white space":          " {\"a\": 1}\r\n",
		"no UTF-8":             "\x00\xff\xfe\r\n",
		"a mebibyte":           strings.Repeat("Ü", 1<<19),
	} {
		v.add(name, v.send(sender, secretText, body), all)
	}
}

// sentAgain: a retry after an hour, and what is resent after a month, are the same but for the time.
func (v *vectors) sentAgain() {
	v.Helper()
	sender, _ := v.sender(true, secretText)
	first := v.send(sender, secretText, `{"code":7001}`)
	v.add("the first try", first, all)
	for name, later := range map[string]time.Duration{"a retry": time.Hour, "what is resent": 30 * 24 * time.Hour} {
		v.clock.unix.Add(int64(later.Seconds()))
		again := v.send(sender, secretText, `{"code":7001}`)
		if again.ID != first.ID || string(again.Body) != string(first.Body) || again.HMAC != first.HMAC ||
			again.Timestamp == first.Timestamp || again.Signatures == first.Signatures {
			v.Errorf("%s: got %+v, want the first try, %+v, with another timestamp and its signature", name, again, first)
		}
		v.add(name, again, all)
		again.Timestamp = first.Timestamp
		v.add(name+" under the timestamp of the first try", again, verdicts{HMAC: true, Legacy: true})
	}
}

// rotation: at each step the receivers that have the old secret, or the new one, verify what they can.
func (v *vectors) rotation() {
	v.Helper()
	const newer = "99999999-8888-4777-8666-555555555555"
	sender, ring := v.sender(true, secretText)
	standard := verdicts{Standard: true}
	for _, step := range []struct {
		name     string
		do       func() error
		old, new verdicts
	}{
		{"before", func() error { return nil }, all, verdicts{}},
		{"added", func() error { return ring.AddSecret(integration, newSecret(v, newer)) }, all, standard},
		{"signing", func() error { return ring.SignWith(integration, newSecret(v, newer)) }, standard, all},
		{"alone", func() error { return ring.RevokeSecret(integration, newSecret(v, secretText)) }, verdicts{}, all},
	} {
		if err := step.do(); err != nil {
			v.Fatal(err)
		}
		v.add("the new secret "+step.name+", to who has the old one", v.send(sender, secretText, `{}`), step.old)
		v.add("the new secret "+step.name+", to who has it", v.send(sender, newer, `{}`), step.new)
	}
}

// changed: nothing verifies what was changed on its way.
func (v *vectors) changed() {
	v.Helper()
	sender, _ := v.sender(true, secretText)
	good := v.send(sender, secretText, `{"code":7001}`)
	for name, row := range map[string]struct {
		change func(*signed)
		want   verdicts
	}{
		"a changed body":    {func(s *signed) { s.Body = []byte(`{"code":7002}`) }, verdicts{}},
		"a body and a line": {func(s *signed) { s.Body = append(s.Body, '\n') }, verdicts{}},
		"a changed id":      {func(s *signed) { s.ID = apiKey.String() }, verdicts{HMAC: true, Legacy: true}},
		"no signatures":     {func(s *signed) { s.HMAC, s.Legacy, s.Signatures = "", "", "" }, verdicts{}},
		"another version":   {func(s *signed) { s.Signatures = "v2" + s.Signatures[2:] }, verdicts{HMAC: true, Legacy: true}},
	} {
		changed := good
		changed.Body = append([]byte(nil), good.Body...)
		row.change(&changed)
		v.add(name, changed, row.want)
	}
}
