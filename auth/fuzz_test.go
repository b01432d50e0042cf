package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bonafide-idv/bonafide/auth"
)

// FuzzVerify feeds what may stand in the signature header. It must be accepted exactly when it is 64 characters
// of hex that decode to the MAC, and by the legacy verification when they decode to its hash.
func FuzzVerify(f *testing.F) {
	f.Add("0558cec8645b295b424644f65dc65f1e4b4af2a9d2211bda0b0e62cfa78275fc") // the legacy signature
	f.Fuzz(func(t *testing.T, signature string) { checkSignature(t, signature) })
}

func checkSignature(t *testing.T, signature string) (accepted bool) {
	t.Helper()
	secret := mustSecret(t, vectorKey)
	mac := hmac.New(sha256.New, []byte(vectorKey))
	mac.Write([]byte(vectorBody))
	decoded, err := hex.DecodeString(signature)
	wellFormed := err == nil && len(decoded) == sha256.Size
	verified := wellFormed && hmac.Equal(decoded, mac.Sum(nil))

	if got := auth.WellFormed(signature); got != wellFormed {
		t.Errorf("WellFormed(%q): got %v, want %v", signature, got, wellFormed)
	}
	got := secret.Verify(signature, []byte(vectorBody))
	if got != verified {
		t.Errorf("Verify(%q): got %v, want %v", signature, got, verified)
	}
	if match := (auth.Credential{Secrets: []*auth.Secret{secret}}).Verify(signature, []byte(vectorBody)); (match == secret) != verified {
		t.Errorf("Credential.Verify(%q): got a match %v, want %v", signature, match != nil, verified)
	}
	legacy := sha256.Sum256([]byte(vectorBody + vectorKey))
	verified = wellFormed && hmac.Equal(decoded, legacy[:])
	if match := someCredential(secret).VerifyLegacy(signature, []byte(vectorBody)); (match == secret) != verified {
		t.Errorf("VerifyLegacy(%q): got a match %v, want %v", signature, match != nil, verified)
	}
	return got
}

// FuzzVerifyToken feeds what may stand in the address. Whatever is accepted must be what Sign writes, byte for
// byte, and another library must accept it too.
func FuzzVerifyToken(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) { checkToken(t, text) })
}

func checkToken(t *testing.T, text string) (accepted bool) {
	t.Helper()
	token, err := auth.VerifyToken(text, keyOf)
	if err != nil {
		if !errors.Is(err, auth.ErrToken) || token != (auth.Token{}) {
			t.Errorf("VerifyToken(%q): got %+v and %v, want the zero token and ErrToken", text, token, err)
		}
		return false
	}
	if again := signToken(token); again != text {
		t.Errorf("VerifyToken(%q): accepted, but Sign writes %q", text, again)
	}
	key, _ := keyOf(token.Session)
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.Parse(text, func(*jwt.Token) (any, error) { return key[:], nil }); err != nil {
		t.Errorf("VerifyToken(%q): accepted, but golang-jwt says %v", text, err)
	}
	return true
}

// TestTheSeedsAreThere reads the committed seeds: a fuzz target whose seeds are gone, or are all refused at the
// first look, would be green and prove nothing.
func TestTheSeedsAreThere(t *testing.T) {
	t.Parallel()
	tests := []struct {
		target   string
		check    func(*testing.T, string) bool
		seeds    int
		accepted int
	}{
		{"FuzzVerify", checkSignature, 10, 2},
		{"FuzzVerifyToken", checkToken, 10, 2},
		{"FuzzVerifyTimestamped", checkTimestamped, 10, 2},
		{"FuzzParseAPIKey", checkKeyText, 10, 4},
	}
	for _, test := range tests {
		t.Run(test.target, func(t *testing.T) {
			t.Parallel()
			paths, err := filepath.Glob(filepath.Join("testdata", "fuzz", test.target, "*"))
			if err != nil {
				t.Fatal(err)
			}
			accepted := 0
			for _, path := range paths {
				if test.check(t, readSeed(t, path)) {
					accepted++
				}
			}
			if len(paths) < test.seeds || accepted < test.accepted {
				t.Errorf("got %d seeds of which %d are accepted, want %d and %d", len(paths), accepted, test.seeds, test.accepted)
			}
		})
	}
}

func readSeed(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	quoted, ok := strings.CutPrefix(strings.TrimSuffix(string(data), ")\n"), "go test fuzz v1\nstring(")
	seed, err := strconv.Unquote(quoted)
	if !ok || err != nil {
		t.Fatalf("%s: got %q, want a seed of one string", path, data)
	}
	return seed
}
