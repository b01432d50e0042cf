package auth_test

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
)

func TestGenerateWebhookSecret(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for range 1000 {
		text := auth.GenerateWebhookSecret().Reveal()
		encoded, ok := strings.CutPrefix(text, "whsec_")
		key, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if !ok || err != nil || len(key) < 24 || len(key) > 64 || seen[text] {
			t.Fatalf("GenerateWebhookSecret: got %q (again: %t), want whsec_ and the base64 of 24 to 64 bytes", text, seen[text])
		}
		seen[text] = true
		if _, err := auth.NewSecret(text); err != nil {
			t.Fatalf("GenerateWebhookSecret: got %q, which NewSecret does not take: %v", text, err)
		}
	}
}

// One text is all that a receiver needs, whichever of the two signatures it verifies.
func TestAWebhookSecretIsOneTextForBothSignatures(t *testing.T) {
	t.Parallel()
	const id, body = "3b2f7c7e-0f0e-4b5e-9a53-0d6f3f8f1f11", `{"event":"session.approved"}`
	at := time.Unix(1738368000, 0)
	made := auth.GenerateWebhookSecret()
	for name, secret := range map[string]*auth.Secret{"made": made, "read again": mustSecret(t, made.Reveal())} {
		err := auth.VerifyStandard(made.Reveal(), id, "1738368000", secret.WebhookSign(id, at, []byte(body)), []byte(body), at, 0)
		if err != nil {
			t.Errorf("%s: VerifyStandard: got %v, want no error", name, err)
		}
		if err := auth.VerifyTimestamped(made.Reveal(), secret.TimestampedSign(at, []byte(body)), []byte(body), at, 0); err != nil {
			t.Errorf("%s: VerifyTimestamped: got %v, want no error", name, err)
		}
	}
}

func TestWebhookSign(t *testing.T) {
	t.Parallel()
	const id, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`
	at := time.Unix(1614265330, 999_999_999)
	tests := []struct {
		name, text string
		itself     bool // the text is what VerifyStandard needs
	}{
		{"the specification's", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true},
		{"of few bytes", "whsec_dGVzdA==", true},
		{"not base64", stampedSecret, false},
		{"base64 without padding", "whsec_dGVzdA", false},
		{"nothing behind the prefix", "whsec_", false},
		{"base64 without the prefix", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false},
		{"as Veriff's", vectorKey, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			secret := mustSecret(t, test.text)
			signature := secret.WebhookSign(id, at, []byte(body))
			verify := func(text string) error {
				return auth.VerifyStandard(text, id, strconv.FormatInt(at.Unix(), 10), signature, []byte(body), at, 0)
			}
			if err := verify(test.text); (err == nil) != test.itself {
				t.Errorf("VerifyStandard with the text itself: got %v, want it to verify: %t", err, test.itself)
			}
			if err := verify(secret.StandardText()); (err == nil) == test.itself {
				t.Errorf("VerifyStandard with StandardText: got %v, want it to verify: %t", err, !test.itself)
			}
			if same := signature == secret.StandardSign(id, at, []byte(body)); same == test.itself {
				t.Errorf("WebhookSign is StandardSign: %t, want %t", same, !test.itself)
			}
		})
	}
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := mustSecret(t, tests[0].text).WebhookSign(id, at, []byte(body)); got != want {
		t.Errorf("WebhookSign of the specification's vector: got %s, want %s", got, want)
	}
	if err := auth.VerifyStandard(strings.TrimPrefix(tests[0].text, "whsec_"), id, "1614265330", want, []byte(body), at, 0); !errors.Is(err, auth.ErrSecret) {
		t.Errorf("VerifyStandard with the secret without its prefix: got %v, want ErrSecret", err)
	}
}
