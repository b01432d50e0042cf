package auth_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

func mustSecret(t testing.TB, text string) *auth.Secret {
	t.Helper()
	secret, err := auth.NewSecret(text)
	if err != nil {
		t.Fatalf("NewSecret(%q): got %v, want no error", text, err)
	}
	return secret
}

func TestNewSecret(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		refused    bool
	}{
		{"one byte", "x", false},
		{"a UUID", vectorKey, false},
		{"letters beyond ASCII", "klíč-王", false},
		{"the longest", strings.Repeat("k", auth.MaxSecretLength), false},
		{"empty", "", true},
		{"too long", strings.Repeat("k", auth.MaxSecretLength+1), true},
		{"not UTF-8", "canary\xff", true},
		{"NUL at the end", "canary\x00", true},
		{"NUL in the middle", "can\x00ary", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			secret, err := auth.NewSecret(test.text)
			if test.refused {
				if secret != nil || !errors.Is(err, auth.ErrSecret) {
					t.Fatalf("NewSecret(%q): got %v and error %v, want ErrSecret", test.text, secret, err)
				}
				if strings.Contains(err.Error(), "canary") {
					t.Errorf("NewSecret(%q): the error %q shows the text", test.text, err)
				}
				return
			}
			if err != nil || secret.Reveal() != test.text {
				t.Errorf("NewSecret(%q): got error %v, want a secret that reveals the text", test.text, err)
			}
		})
	}
}

func TestGenerateSecretLooksLikeVeriffs(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := make(map[string]bool)
	for range 1000 {
		text := auth.GenerateSecret().Reveal()
		if !shape.MatchString(text) {
			t.Fatalf("GenerateSecret: got %q, want a lower-case UUID of version 4", text)
		}
		if seen[text] {
			t.Fatalf("GenerateSecret: got %q twice", text)
		}
		seen[text] = true
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// It is not parallel: the random source of package uuid is the whole process's.
func TestGenerateSecretIgnoresTheRandomSourceOfPackageUUID(t *testing.T) {
	uuid.SetRand(zeros{})
	defer uuid.SetRand(nil)
	if a, b := auth.GenerateSecret(), auth.GenerateSecret(); a.Equal(b) {
		t.Errorf("GenerateSecret: got %q twice, want random secrets", a.Reveal())
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	a, b := mustSecret(t, "first"), mustSecret(t, "other")
	tests := []struct {
		name        string
		left, right *auth.Secret
		want        bool
	}{
		{"itself", a, a, true},
		{"another of the same text", a, mustSecret(t, "first"), true},
		{"another text of the same length", a, b, false},
		{"a longer text", a, mustSecret(t, "first!"), false},
		{"nil on the right", a, nil, false},
		{"nil on the left", nil, a, false},
		{"nil on both sides", nil, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.left.Equal(test.right); got != test.want {
				t.Errorf("Equal: got %v, want %v", got, test.want)
			}
		})
	}
}

// holder has a secret in every position that a printer walks through.
type holder struct {
	Pointer, Same  *auth.Secret
	Value          auth.Secret
	List           []*auth.Secret
	Map            map[string]*auth.Secret
	Any            any
	Credential     auth.Credential
	Array          [1]auth.Secret
	hidden         *auth.Secret
	hiddenValue    auth.Secret
	hiddenList     []*auth.Secret
	hiddenAny      any
	hiddenNested   *struct{ inner auth.Secret }
	hiddenStandard fmt.Stringer
}

func TestASecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const canary = "canary-5eb1c8d2"
	secret := mustSecret(t, canary)
	secret.Sign(nil, []byte("a state is in the pool now"))
	credential := auth.Credential{Secrets: []*auth.Secret{secret}}
	full := holder{
		secret, secret, *secret, []*auth.Secret{secret}, map[string]*auth.Secret{"k": secret}, *secret, credential,
		[1]auth.Secret{*secret}, secret, *secret, []*auth.Secret{secret}, secret,
		&struct{ inner auth.Secret }{*secret}, secret,
	}
	verification := credential.Begin()
	defer verification.Close()
	mac, legacy := secret.MAC(), credential.BeginLegacy()
	defer mac.Close()
	legacy.Match(legacySign(secret, "a state that was cloned"))
	values := map[string]any{
		"pointer": secret, "value": *secret, "holder": full, "pointer to holder": &full, "credential": credential,
		"verification": verification, "mac": mac, "legacy verification": legacy,
	}

	outputs := 0
	check := func(how, name, got string) {
		outputs++
		// In %x and %X a string is its bytes in hex; in %d a byte slice is its bytes in decimal.
		hexed := fmt.Sprintf("%x", canary)
		decimal := strings.Trim(fmt.Sprintf("%d", []byte(canary)), "[]")
		for _, form := range []string{canary, hexed, strings.ToUpper(hexed), decimal} {
			if strings.Contains(got, form) {
				t.Fatalf("%s of the %s shows the secret: %.2000s", how, name, got)
			}
		}
	}
	for name, value := range values {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "60", ".60", "+#60.60"} {
			for verb := '!'; verb <= '~'; verb++ {
				format := "%" + flags + string(verb)
				check(format, name, fmt.Sprintf(format, value))
			}
		}
		check("Sprint", name, fmt.Sprint(value))
		check("Errorf", name, fmt.Errorf("%v %s", value, value).Error())
		text, err := json.Marshal(value)
		check("JSON", name, fmt.Sprint(string(text), err))
		text, err = xml.Marshal(value)
		check("XML", name, fmt.Sprint(string(text), err))
		var log bytes.Buffer
		options := &slog.HandlerOptions{Level: slog.LevelDebug}
		slog.New(slog.NewTextHandler(&log, options)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&log, options)).Info("json", "value", value)
		check("slog", name, log.String())
	}
	if outputs < 1000 {
		t.Errorf("got %d outputs to look at, want thousands", outputs)
	}
}

func TestASecretIsPrintedAsRedacted(t *testing.T) {
	t.Parallel()
	secret := mustSecret(t, "canary")
	const want = "[secret]"
	text, _ := secret.MarshalText()
	member, _ := secret.MarshalJSON()
	encoded, _ := json.Marshal([]any{secret, *secret})
	tests := []struct{ name, got, want string }{
		{"String", secret.String(), want},
		{"GoString", secret.GoString(), want},
		{"MarshalText", string(text), want},
		{"MarshalJSON", string(member), `"[secret]"`},
		{"JSON", string(encoded), `["[secret]","[secret]"]`},
		{"LogValue", secret.LogValue().String(), want},
		{"%v", fmt.Sprintf("%v", secret), want},
		{"%#v", fmt.Sprintf("%#v", *secret), want},
		{"%x", fmt.Sprintf("%x", secret), want},
		{"%+v of a credential's secrets", fmt.Sprintf("%+v", auth.Credential{Secrets: []*auth.Secret{secret}}.Secrets), "[[secret]]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.got != test.want {
				t.Errorf("got %q, want %q", test.got, test.want)
			}
		})
	}
}

func TestASecretCannotBeReadFromWhatWasPrinted(t *testing.T) {
	t.Parallel()
	var config struct{ Secret auth.Secret }
	if err := json.Unmarshal([]byte(`{"Secret":"[secret]"}`), &config); err == nil {
		t.Error("json.Unmarshal of a printed secret: got no error, want one")
	}
}
