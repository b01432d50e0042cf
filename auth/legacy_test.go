package auth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
)

func legacySign(secret *auth.Secret, msg string) string {
	return string(secret.LegacySign(nil, []byte(msg)))
}

// The signatures were computed by openssl and by Python's hashlib.
func TestLegacyVectors(t *testing.T) {
	t.Parallel()
	secret := mustSecret(t, vectorKey)
	tests := []struct{ name, msg, want string }{
		{"the published body", vectorBody, "0558cec8645b295b424644f65dc65f1e4b4af2a9d2211bda0b0e62cfa78275fc"},
		{"a session's id", "aea9ba6d-1b47-47fc-a4fc-f72b6d3584a7", "5c48a0469e930f6f44103945f9b3283c8254048c5267570905755e5b68f278ba"},
		{"a submission", `{"verification":{"status":"submitted"}}`, "bd06d876d5512e04b6dd6db568b6a02a6859538da85796961489df572b58cbde"},
		{"an empty body", "", "f07cb56ce8910bb3f50f1cb92be7f31c738cc43588e9683e4e2a333acce992a8"},
		{"letters beyond ASCII", `{"name":"Żaneta – 王"}`, "9e1584c258d07dc3bf7fa286e609893bd8c7f53da885b256d3a9d8a1f76cc3da"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := string(secret.LegacySign([]byte("prefix "), []byte(test.msg))); got != "prefix "+test.want {
				t.Errorf("LegacySign(%q): got %q, want %q after the prefix", test.msg, got, test.want)
			}
			if someCredential(secret).VerifyLegacy(test.want, []byte(test.msg)) != secret {
				t.Errorf("VerifyLegacy(%q, %q): got none, want the secret", test.want, test.msg)
			}
		})
	}
}

func TestVerifyLegacyLooksAtTheShape(t *testing.T) {
	t.Parallel()
	credential := someCredential(mustSecret(t, vectorKey))
	good := legacySign(credential.Secrets[0], vectorBody)
	tests := []struct {
		name, signature string
		want            bool
	}{
		{"as signed", good, true},
		{"upper case", strings.ToUpper(good), true},
		{"mixed case", strings.ToUpper(good[:32]) + good[32:], true},
		{"empty", "", false},
		{"63 digits", good[:63], false},
		{"65 digits", good + "0", false},
		{"with a prefix", "sha256=" + good, false},
		{"with a newline", good + "\n", false},
		{"no hex", strings.Repeat("g", 64), false},
		{"the HMAC", sign(credential.Secrets[0], vectorBody), false},
		{"of another secret", legacySign(auth.GenerateSecret(), vectorBody), false},
		{"with the secret first", hexSum(vectorKey + vectorBody), false},
		{"without the secret", hexSum(vectorBody), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := credential.VerifyLegacy(test.signature, []byte(vectorBody)) != nil; got != test.want {
				t.Errorf("VerifyLegacy(%q): got a match %v, want %v", test.signature, got, test.want)
			}
		})
	}
	if credential.Verify(good, []byte(vectorBody)) != nil {
		t.Errorf("Verify(%q), the legacy signature: got a match, want none", good)
	}
}

func hexSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestAnyLiveSecretVerifiesLegacy(t *testing.T) {
	t.Parallel()
	for n := range auth.MaxSecrets + 1 {
		t.Run(fmt.Sprintf("%d secrets", n), func(t *testing.T) {
			t.Parallel()
			credential := someCredential(someSecrets(n)...)
			for i, secret := range credential.Secrets {
				if got := credential.VerifyLegacy(legacySign(secret, vectorBody), []byte(vectorBody)); got != secret {
					t.Errorf("VerifyLegacy of secret %d's signature: got secret %d, want %d", i, slices.Index(credential.Secrets, got), i)
				}
			}
		})
	}
}

// Streamed is whole, and no changed bit of signature or message verifies.
func TestLegacySigningIsVerifying(t *testing.T) {
	t.Parallel()
	credential := someCredential(someSecrets(3)...)
	rapid.Check(t, func(t *rapid.T) {
		msg := rapid.SliceOf(rapid.Byte()).Draw(t, "msg")
		signer := rapid.SampledFrom(credential.Secrets).Draw(t, "signer")
		signature := string(signer.LegacySign(nil, msg))
		if want := hexSum(string(msg) + signer.Reveal()); signature != want {
			t.Fatalf("LegacySign(%q): got %q, want %q", msg, signature, want)
		}
		verification := credential.BeginLegacy()
		defer verification.Close()
		for rest := msg; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if written, err := verification.Write(rest[:n]); written != n || err != nil {
				t.Fatalf("Write of %d bytes: got %d and %v", n, written, err)
			}
			rest = rest[n:]
			if got := verification.Match(signature); (got == signer) != (len(rest) == 0) {
				t.Fatalf("Match with %d bytes to come: got a match %v", len(rest), got != nil)
			}
		}
		if verification.Match(strings.ToUpper(signature)) != signer || credential.VerifyLegacy(signature, msg) != signer {
			t.Fatalf("Match(%q) of %q: got another, want its secret", signature, msg)
		}
		changed, _ := hex.DecodeString(signature)
		changed = append(changed, msg...)
		bit := rapid.IntRange(0, 8*len(changed)-1).Draw(t, "bit")
		changed[bit/8] ^= 1 << (bit % 8)
		if credential.VerifyLegacy(hex.EncodeToString(changed[:32]), changed[32:]) != nil {
			t.Fatalf("VerifyLegacy of %q with bit %d of signature and message changed: got a match, want none", msg, bit)
		}
	})
}

// This is why it is discouraged, and not what anybody should want.
func TestTheLegacySignatureDoesNotPartMessageAndSecret(t *testing.T) {
	t.Parallel()
	long, short := mustSecret(t, "a secret"), mustSecret(t, " secret")
	if legacySign(long, "{}") != legacySign(short, "{}a") {
		t.Error("the documented weakness is gone: say so in the documentation")
	}
	if sign(long, "{}") == sign(short, "{}a") {
		t.Error("the HMAC has the weakness, too")
	}
}

func TestLegacyVerificationUsedAfterClosePanics(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(*auth.LegacyVerification){
		"Write": func(v *auth.LegacyVerification) { v.Write(nil) },
		"Match": func(v *auth.LegacyVerification) { v.Match("") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verification := auth.Credential{}.BeginLegacy()
			if got := verification.Match(hexSum("")); got != nil {
				t.Error("Match without secrets: got a match, want none")
			}
			verification.Close()
			verification.Close()
			defer func() {
				if recover() == nil {
					t.Errorf("%s after Close: got no panic, want one", name)
				}
			}()
			use(verification)
		})
	}
}
