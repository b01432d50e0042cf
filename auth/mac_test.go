package auth_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
)

const (
	vectorKey  = "abcdef12-abcd-abcd-abcd-abcdef012345"
	vectorBody = `{"verification":{"callback":"https://veriff.com","person":{"firstName":"John","lastName":"Smith"},` +
		`"document":{"type":"PASSPORT","country":"EE"},"vendorData":"unique id of the end-user",` +
		`"timestamp":"2016-05-19T08:30:25.597Z"}}`
	vectorSignature = "0dcab73ddd20062616d104231c7439657546a5c24e4691977da93bb854c31e25"
)

func TestVectors(t *testing.T) {
	t.Parallel()
	secret := mustSecret(t, vectorKey)
	tests := []struct{ name, msg, want string }{
		{"published webhook body", vectorBody, vectorSignature},
		{"a session's id", "aea9ba6d-1b47-47fc-a4fc-f72b6d3584a7", "895cb3fd31139d89aeb7b263682e15479ab57651e70591256ad2c14fde4950dd"},
		{"a submission", `{"verification":{"status":"submitted"}}`, "431804d39503a5600eb3a57c1bb6403cba06b3b243593e2619868e17eb22b277"},
		{"an empty verification", `{"verification":{}}`, "762e8088e60a503ebac7f50b149b1d4143bc19ea55e51d861e1f012e16a9b810"},
		{"an empty body", "", "4005304bae46f8a0c2b1fbd7088f9dded39dc1040be754dede2bf198ab44b7c8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			msg := []byte(test.msg)
			if got := string(secret.Sign([]byte("prefix "), msg)); got != "prefix "+test.want {
				t.Errorf("Sign(%q): got %q, want %q after the prefix", msg, got, test.want)
			}
			if !secret.Verify(test.want, msg) {
				t.Errorf("Verify(%q, %q): got false, want true", test.want, msg)
			}
			mac := secret.MAC()
			defer mac.Close()
			io.Copy(mac, io.MultiReader(strings.NewReader(test.msg[:len(msg)/2]), strings.NewReader(test.msg[len(msg)/2:])))
			if got := string(mac.Hex(nil)); got != test.want {
				t.Errorf("MAC.Hex of %q: got %q, want %q", msg, got, test.want)
			}
			if got := hex.EncodeToString(mac.Sum([]byte{0xff})); got != "ff"+test.want {
				t.Errorf("MAC.Sum of %q: got %q, want %q after ff", msg, got, test.want)
			}
			if !mac.Matches(test.want) {
				t.Errorf("MAC.Matches(%q): got false, want true", test.want)
			}
		})
	}
}

func TestVerifyLooksAtTheShape(t *testing.T) {
	t.Parallel()
	secret := mustSecret(t, vectorKey)
	raw, err := hex.DecodeString(vectorSignature)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, signature      string
		wellFormed, verified bool
	}{
		{"as signed", vectorSignature, true, true},
		{"upper case", strings.ToUpper(vectorSignature), true, true},
		{"mixed case", strings.ToUpper(vectorSignature[:32]) + vectorSignature[32:], true, true},
		{"empty", "", false, false},
		{"63 digits", vectorSignature[:63], false, false},
		{"65 digits", vectorSignature + "0", false, false},
		{"66 digits", vectorSignature + "00", false, false},
		{"one digit", "0", false, false},
		{"half", vectorSignature[:32], false, false},
		{"twice", vectorSignature + vectorSignature, false, false},
		{"64 characters that are no hex", strings.Repeat("g", 64), false, false},
		{"last digit is no hex", vectorSignature[:63] + "g", false, false},
		{"first digit is no hex", "z" + vectorSignature[1:], false, false},
		{"base64", base64.StdEncoding.EncodeToString(raw), false, false},
		{"base64url", base64.RawURLEncoding.EncodeToString(raw), false, false},
		{"64 characters of base64", base64.StdEncoding.EncodeToString(append(raw, raw[:16]...)), false, false},
		{"raw bytes", string(raw), false, false},
		{"raw bytes twice", string(raw) + string(raw), false, false},
		{"sha256= before it", "sha256=" + vectorSignature, false, false},
		{"sha256= in 64 characters", "sha256=" + vectorSignature[7:], false, false},
		{"0x before it", "0x" + vectorSignature, false, false},
		{"0x in 64 characters", "0x" + vectorSignature[2:], false, false},
		{"space before it", " " + vectorSignature, false, false},
		{"newline after it", vectorSignature + "\n", false, false},
		{"space in 64 characters", " " + vectorSignature[:63], false, false},
		{"NUL in 64 characters", vectorSignature[:63] + "\x00", false, false},
		{"two joined by a comma", vectorSignature + "," + vectorSignature, false, false},
		{"letters of full width", strings.Repeat("ａ", 21) + "a", false, false},
		{"10 kB", strings.Repeat("0", 10<<10), false, false},
		{"zeros", strings.Repeat("0", 64), true, false},
		{"first digit wrong", "1" + vectorSignature[1:], true, false},
		{"last digit wrong", vectorSignature[:63] + "6", true, false},
		{"reversed", reversed(vectorSignature), true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			msg := []byte(vectorBody)
			if got := auth.WellFormed(test.signature); got != test.wellFormed {
				t.Errorf("WellFormed(%q): got %v, want %v", test.signature, got, test.wellFormed)
			}
			if got := secret.Verify(test.signature, msg); got != test.verified {
				t.Errorf("Verify(%q): got %v, want %v", test.signature, got, test.verified)
			}
			mac := secret.MAC()
			defer mac.Close()
			mac.Write(msg)
			if got := mac.Matches(test.signature); got != test.verified {
				t.Errorf("MAC.Matches(%q): got %v, want %v", test.signature, got, test.verified)
			}
			credential := auth.Credential{Secrets: []*auth.Secret{auth.GenerateSecret(), secret}}
			verification := credential.Begin()
			defer verification.Close()
			verification.Write(msg)
			var want *auth.Secret
			if test.verified {
				want = secret
			}
			if got := credential.Verify(test.signature, msg); got != want {
				t.Errorf("Credential.Verify(%q): got a match %v, want %v", test.signature, got != nil, test.verified)
			}
			if got := verification.Match(test.signature); got != want {
				t.Errorf("Verification.Match(%q): got a match %v, want %v", test.signature, got != nil, test.verified)
			}
		})
	}
}

func reversed(s string) string {
	var b strings.Builder
	for i := len(s) - 1; i >= 0; i-- {
		b.WriteByte(s[i])
	}
	return b.String()
}

func TestVerifyRefusesTheSignatureOfAnotherMessage(t *testing.T) {
	t.Parallel()
	secret := mustSecret(t, vectorKey)
	const body = "{ \"verification\" : { \"status\" : \"submitted\", \"vendorData\": \"caf\u00e9\" } }"
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	other := sha256.Sum256([]byte(body + vectorKey))
	tests := []struct{ name, signature string }{
		{"body and newline", sign(secret, body+"\n")},
		{"body with a byte order mark", sign(secret, "\ufeff"+body)},
		{"body encoded again", sign(secret, string(again))},
		{"body with another order of members", sign(secret, `{"verification":{"vendorData":"café","status":"submitted"}}`)},
		{"body with an escaped letter", sign(secret, strings.Replace(body, "é", `\u00e9`, 1))},
		{"empty body", sign(secret, "")},
		{"the id", sign(secret, "aea9ba6d-1b47-47fc-a4fc-f72b6d3584a7")},
		{"the body in hex", sign(secret, hex.EncodeToString([]byte(body)))},
		{"another secret", sign(auth.GenerateSecret(), body)},
		{"the secret in upper case", sign(mustSecret(t, strings.ToUpper(vectorKey)), body)},
		{"the secret and a newline", sign(mustSecret(t, vectorKey+"\n"), body)},
		{"the legacy signature", hex.EncodeToString(other[:])},
	}
	if !secret.Verify(sign(secret, body), []byte(body)) {
		t.Fatalf("Verify of the body's own signature: got false, want true")
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if !auth.WellFormed(test.signature) {
				t.Fatalf("WellFormed(%q): got false, want true", test.signature)
			}
			if secret.Verify(test.signature, []byte(body)) {
				t.Errorf("Verify(%q, %q): got true, want false", test.signature, body)
			}
		})
	}
}

func sign(secret *auth.Secret, msg string) string { return string(secret.Sign(nil, []byte(msg))) }

func TestEveryChangedBitIsRefused(t *testing.T) {
	t.Parallel()
	secret := mustSecret(t, vectorKey)
	body := []byte(vectorBody)[:200]
	signature := sign(secret, string(body))
	refused := 0
	for bit := range 8 * len(body) {
		body[bit/8] ^= 1 << (bit % 8)
		if secret.Verify(signature, body) {
			t.Errorf("Verify with bit %d of the body changed: got true, want false", bit)
		} else {
			refused++
		}
		body[bit/8] ^= 1 << (bit % 8)
	}
	raw, _ := hex.DecodeString(signature)
	for bit := range 8 * len(raw) {
		raw[bit/8] ^= 1 << (bit % 8)
		if secret.Verify(hex.EncodeToString(raw), body) {
			t.Errorf("Verify with bit %d of the signature changed: got true, want false", bit)
		} else {
			refused++
		}
		raw[bit/8] ^= 1 << (bit % 8)
	}
	if want := 1600 + 256; refused != want {
		t.Errorf("got %d refusals, want %d", refused, want)
	}
	if !secret.Verify(signature, body) {
		t.Error("Verify after all bits were put back: got false, want true")
	}
}

func TestSigningIsVerifying(t *testing.T) {
	t.Parallel()
	text := rapid.StringN(1, 64, auth.MaxSecretLength).Filter(func(s string) bool { return !strings.ContainsRune(s, 0) })
	rapid.Check(t, func(t *rapid.T) {
		secret, err := auth.NewSecret(text.Draw(t, "secret"))
		if err != nil {
			t.Fatalf("NewSecret: got %v, want no error", err)
		}
		msg := rapid.SliceOf(rapid.Byte()).Draw(t, "msg")
		signature := string(secret.Sign(nil, msg))

		peer := hmac.New(sha256.New, []byte(secret.Reveal()))
		peer.Write(msg)
		if want := hex.EncodeToString(peer.Sum(nil)); signature != want {
			t.Fatalf("Sign(%q): got %q, want crypto/hmac's %q", msg, signature, want)
		}
		if !secret.Verify(signature, msg) || !secret.Verify(strings.ToUpper(signature), msg) {
			t.Fatalf("Verify of its own signature of %q: got false, want true", msg)
		}
		mac := secret.MAC()
		defer mac.Close()
		for rest := msg; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			mac.Write(rest[:n])
			rest = rest[n:]
		}
		if got := string(mac.Hex(nil)); got != signature {
			t.Fatalf("MAC of %q in pieces: got %q, want %q", msg, got, signature)
		}

		raw, _ := hex.DecodeString(signature)
		bit := rapid.IntRange(0, 8*(len(raw)+len(msg))-1).Draw(t, "bit")
		changed := append(raw, msg...)
		changed[bit/8] ^= 1 << (bit % 8)
		if secret.Verify(hex.EncodeToString(changed[:len(raw)]), changed[len(raw):]) {
			t.Fatalf("Verify of %q with bit %d of signature and message changed: got true, want false", msg, bit)
		}
	})
}

func TestRandomSignaturesAreNeverAccepted(t *testing.T) {
	t.Parallel()
	tries := 1_000_000
	if testing.Short() || underRace {
		tries = 20_000
	}
	secret := mustSecret(t, vectorKey)
	random := rand.NewChaCha8(sha256.Sum256([]byte("random signatures")))
	msg := []byte("aea9ba6d-1b47-47fc-a4fc-f72b6d3584a7")
	var raw [32]byte
	for i := range tries {
		random.Read(raw[:])
		if signature := hex.EncodeToString(raw[:]); secret.Verify(signature, msg) {
			t.Fatalf("try %d: Verify(%q): got true, want false", i, signature)
		}
	}
}

func TestMACGoesOnAfterSum(t *testing.T) {
	t.Parallel()
	secret := mustSecret(t, vectorKey)
	mac := secret.MAC()
	defer mac.Close()
	for i, want := range []string{sign(secret, ""), sign(secret, "ab"), sign(secret, "abab")} {
		if got := string(mac.Hex(nil)); got != want {
			t.Errorf("Hex after %d pieces: got %q, want %q", i, got, want)
		}
		if n, err := mac.Write([]byte("ab")); n != 2 || err != nil {
			t.Errorf("Write: got %d and %v, want 2 and no error", n, err)
		}
	}
}

func TestMACUsedAfterClosePanics(t *testing.T) {
	t.Parallel()
	secret := mustSecret(t, vectorKey)
	credential := auth.Credential{Secrets: []*auth.Secret{secret}}
	tests := []struct {
		name string
		use  func(*auth.MAC, *auth.Verification)
	}{
		{"MAC.Write", func(m *auth.MAC, _ *auth.Verification) { m.Write(nil) }},
		{"MAC.Sum", func(m *auth.MAC, _ *auth.Verification) { m.Sum(nil) }},
		{"MAC.Hex", func(m *auth.MAC, _ *auth.Verification) { m.Hex(nil) }},
		{"MAC.Matches", func(m *auth.MAC, _ *auth.Verification) { m.Matches("") }},
		{"Verification.Write", func(_ *auth.MAC, v *auth.Verification) { v.Write(nil) }},
		{"Verification.Match", func(_ *auth.MAC, v *auth.Verification) { v.Match("") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			mac, verification := secret.MAC(), credential.Begin()
			mac.Close()
			verification.Close()
			defer func() {
				if recover() == nil {
					t.Errorf("%s after Close: got no panic, want one", test.name)
				}
			}()
			test.use(mac, verification)
		})
	}
}

func TestClosingTwiceLendsNoStateTwice(t *testing.T) {
	t.Parallel()
	secret := mustSecret(t, vectorKey)
	for range 100 {
		closed := secret.MAC()
		closed.Close()
		closed.Close()
		first := secret.MAC()
		closed.Close()
		second := secret.MAC()
		first.Write([]byte("first"))
		second.Write([]byte("second"))
		if !first.Matches(sign(secret, "first")) || !second.Matches(sign(secret, "second")) {
			t.Fatal("two messages after a double Close share a state")
		}
		first.Close()
		second.Close()
	}
}

func TestASecretServesManyGoroutines(t *testing.T) {
	t.Parallel()
	secret := mustSecret(t, vectorKey)
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Go(func() {
			msg := bytes.Repeat([]byte{byte(worker)}, 100)
			want := sign(mustSecret(t, vectorKey), string(msg))
			for range 200 {
				mac := secret.MAC()
				mac.Write(msg[:50])
				if got := sign(secret, string(msg)); got != want || !secret.Verify(want, msg) {
					t.Errorf("worker %d: got %q, want %q", worker, got, want)
				}
				mac.Write(msg[50:])
				if !mac.Matches(want) {
					t.Errorf("worker %d: the MAC in pieces does not match %q", worker, want)
				}
				mac.Close()
			}
		})
	}
	workers.Wait()
}
