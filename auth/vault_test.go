package auth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
)

var vaultKey = [32]byte([]byte("canary-0f-the-key-of-the-vault-!"))

func TestWhatIsSealedIsOpened(t *testing.T) {
	t.Parallel()
	vault := auth.NewVault(vaultKey)
	text := rapid.StringN(1, 64, auth.MaxSecretLength).Filter(func(s string) bool { return !strings.ContainsRune(s, 0) })
	rapid.Check(t, func(t *rapid.T) {
		secret, err := auth.NewSecret(text.Draw(t, "secret"))
		if err != nil {
			t.Fatalf("NewSecret: got %v, want no error", err)
		}
		integration, id := uuid.New(), uuid.New()
		sealed := vault.Seal(secret, integration, id)
		if again := vault.Seal(secret, integration, id); bytes.Equal(sealed, again) {
			t.Fatal("Seal: got the same bytes twice, want another nonce each time")
		}
		// A vault that another process made of the same key.
		got, err := auth.NewVault(vaultKey).Open(sealed, integration, id)
		if err != nil || !got.Equal(secret) {
			t.Fatalf("Open: got an equal secret %v and %v, want true and no error", got.Equal(secret), err)
		}
	})
}

func TestASealedSecretIsNotReadable(t *testing.T) {
	t.Parallel()
	const canary = "canary-5eb1c8d2"
	sealed := auth.NewVault(vaultKey).Seal(mustSecret(t, canary), uuid.New(), uuid.New())
	if bytes.Contains(sealed, []byte(canary[:6])) {
		t.Errorf("Seal: got %q, which shows the secret", sealed)
	}
	if want := 1 + 12 + len(canary) + 16; len(sealed) != want || sealed[0] != 1 {
		t.Errorf("Seal: got %d bytes of format %d, want %d of format 1", len(sealed), sealed[0], want)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	const canary = "canary-5eb1c8d2"
	vault, integration, id := auth.NewVault(vaultKey), uuid.New(), uuid.New()
	sealed := vault.Seal(mustSecret(t, canary), integration, id)
	otherKey := vaultKey
	otherKey[31] ^= 1
	tests := []struct {
		name            string
		vault           *auth.Vault
		sealed          []byte
		integration, id uuid.UUID
	}{
		{"nil", vault, nil, integration, id},
		{"the format alone", vault, sealed[:1], integration, id},
		{"no tag", vault, sealed[:len(sealed)-16], integration, id},
		{"a byte more", vault, append(bytes.Clone(sealed), 0), integration, id},
		{"another integration", vault, sealed, uuid.New(), id},
		{"another id", vault, sealed, integration, uuid.New()},
		{"integration and id exchanged", vault, sealed, id, integration},
		{"no integration", vault, sealed, uuid.Nil, id},
		{"another key", auth.NewVault(otherKey), sealed, integration, id},
	}
	for i := range sealed {
		for _, bit := range []byte{1, 128} {
			damaged := bytes.Clone(sealed)
			damaged[i] ^= bit
			tests = append(tests, struct {
				name            string
				vault           *auth.Vault
				sealed          []byte
				integration, id uuid.UUID
			}{fmt.Sprintf("byte %d changed by %d", i, bit), vault, damaged, integration, id})
		}
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			secret, err := test.vault.Open(test.sealed, test.integration, test.id)
			if secret != nil || !errors.Is(err, auth.ErrVault) || strings.Contains(err.Error(), canary) {
				t.Errorf("Open: got a secret %v and error %v, want none and ErrVault", secret != nil, err)
			}
		})
	}
}

func TestAVaultIsNeverPrinted(t *testing.T) {
	t.Parallel()
	vault := auth.NewVault(vaultKey)
	type holder struct {
		Vault  *auth.Vault
		hidden auth.Vault
	}
	values := map[string]any{
		"pointer": vault, "value": *vault, "holder": holder{vault, *vault}, "pointer to holder": &holder{vault, *vault},
	}
	canary := string(vaultKey[:])
	forms := []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), strings.Trim(fmt.Sprint(vaultKey[:]), "[]")}
	check := func(how, name, got string) {
		for _, form := range forms {
			if strings.Contains(got, form) {
				t.Fatalf("%s of the %s shows the key: %.2000s", how, name, got)
			}
		}
	}
	for name, value := range values {
		for _, flags := range []string{"", "+", "#", "+#60.60"} {
			for verb := '!'; verb <= '~'; verb++ {
				check(flags+string(verb), name, fmt.Sprintf("%"+flags+string(verb), value))
			}
		}
		text, err := json.Marshal(value)
		check("JSON", name, fmt.Sprint(string(text), err))
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "value", value)
		check("slog", name, log.String())
	}
	encoded, _ := json.Marshal(vault)
	for _, got := range []string{fmt.Sprint(vault), fmt.Sprintf("%#v", *vault), strings.Trim(string(encoded), `"`)} {
		if got != "[vault]" {
			t.Errorf("a printed vault: got %q, want [vault]", got)
		}
	}
}

func BenchmarkVaultOpen(b *testing.B) {
	vault, integration, id := auth.NewVault(vaultKey), uuid.New(), uuid.New()
	sealed := vault.Seal(auth.GenerateSecret(), integration, id)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := vault.Open(sealed, integration, id); err != nil {
			b.Fatal(err)
		}
	}
}
