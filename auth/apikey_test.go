package auth_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// mustKey reads a text and makes of it a key that can be kept.
func mustKey(t testing.TB, text string) auth.APIKey {
	t.Helper()
	key, err := auth.ParseAPIKey(text)
	if err != nil {
		t.Fatalf("ParseAPIKey(%q): got %v, want no error", text, err)
	}
	key.ID, key.Integration, key.Active = uuid.New(), uuid.New(), true
	return key
}

const keyText = "vk_live_abc1DEF2ghi3JKL4"

// fullKey has something in every field.
func fullKey(t testing.TB) auth.APIKey {
	t.Helper()
	key := mustKey(t, "vk_pub_sandbox_abc1DEF2ghi3JKL4")
	key.Label, key.Note = "Shop – 王", "for the page of\nthe shop"
	key.Scopes = auth.DefaultScopes()
	key.CreatedAt = time.Date(2026, 2, 1, 12, 0, 0, 123456000, time.UTC)
	key.ExpiresAt = time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)
	key.AllowedIPs = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
	key.AllowedOrigins = []string{"https://shop.example", "http://localhost:3000"}
	key.Version, key.Inflection = "2026-01-01", "camel"
	return key
}

func TestAPIKeyValidate(t *testing.T) {
	t.Parallel()
	prefixes := func(texts ...netip.Prefix) []netip.Prefix { return texts }
	tests := []struct {
		name   string
		change func(*auth.APIKey)
		want   []error
	}{
		{"full", func(*auth.APIKey) {}, nil},
		{"neither active nor unexpired", func(k *auth.APIKey) { k.Active, k.ExpiresAt = false, time.Unix(1, 0) }, nil},
		{"the least", func(k *auth.APIKey) {
			*k = auth.APIKey{ID: k.ID, Integration: k.Integration, Hash: k.Hash, Prefix: "vk_live_0000"}
		}, nil},
		{"every scope", func(k *auth.APIKey) { k.Scopes = auth.AllScopes() }, nil},
		{"the longest label and note", func(k *auth.APIKey) {
			k.Label, k.Note = strings.Repeat("王", 255), strings.Repeat("王", 1000)
		}, nil},
		{"empty lists", func(k *auth.APIKey) { k.AllowedIPs, k.AllowedOrigins = prefixes(), []string{} }, nil},

		{"no id", func(k *auth.APIKey) { k.ID = uuid.Nil }, []error{auth.ErrKeyID}},
		{"no integration", func(k *auth.APIKey) { k.Integration = uuid.Nil }, []error{auth.ErrKeyID}},
		{"no hash", func(k *auth.APIKey) { k.Hash = auth.KeyHash{} }, []error{auth.ErrKeyHash}},
		{"no prefix", func(k *auth.APIKey) { k.Prefix = "" }, []error{auth.ErrKeyPrefix}},
		{"the prefix of another kind", func(k *auth.APIKey) { k.Sandbox = false }, []error{auth.ErrKeyPrefix}},
		{"a longer prefix", func(k *auth.APIKey) { k.Prefix += "D" }, []error{auth.ErrKeyPrefix}},
		{"a shorter prefix", func(k *auth.APIKey) { k.Prefix = k.Prefix[:len(k.Prefix)-1] }, []error{auth.ErrKeyPrefix}},
		{"a prefix of other characters", func(k *auth.APIKey) { k.Prefix = "vk_pub_sandbox_ab_1" }, []error{auth.ErrKeyPrefix}},
		{"a long label", func(k *auth.APIKey) { k.Label = strings.Repeat("x", 256) }, []error{auth.ErrKeyLabel}},
		{"a long note", func(k *auth.APIKey) { k.Note = strings.Repeat("x", 1001) }, []error{auth.ErrKeyLabel}},
		{"a label that is not UTF-8", func(k *auth.APIKey) { k.Label = "\xff" }, []error{auth.ErrKeyLabel}},
		{"a note with NUL", func(k *auth.APIKey) { k.Note = "a\x00" }, []error{auth.ErrKeyLabel}},
		{"an unknown scope", func(k *auth.APIKey) { k.Scopes = []string{"sessions:read", "sessions:all"} }, []error{auth.ErrKeyScopes}},
		{"no range", func(k *auth.APIKey) { k.AllowedIPs = prefixes(netip.Prefix{}) }, []error{auth.ErrKeyAddress}},
		{"IPv4 in IPv6", func(k *auth.APIKey) {
			k.AllowedIPs = prefixes(netip.MustParsePrefix("::ffff:192.0.2.0/120"))
		}, []error{auth.ErrKeyAddress}},
		{"an origin with a path", func(k *auth.APIKey) { k.AllowedOrigins = []string{"https://shop.example/"} }, []error{auth.ErrKeyOrigin}},
		{"a wildcard", func(k *auth.APIKey) { k.AllowedOrigins = []string{"https://*.shop.example"} }, []error{auth.ErrKeyOrigin}},
		{"a version that is no date", func(k *auth.APIKey) { k.Version = "2026-02-30" }, []error{auth.ErrKeyVersion}},
		{"a version with a time", func(k *auth.APIKey) { k.Version = "2026-01-01T00:00:00Z" }, []error{auth.ErrKeyVersion}},
		{"another inflection", func(k *auth.APIKey) { k.Inflection = "Camel" }, []error{auth.ErrKeyInflection}},
		{"all faults in one error", func(k *auth.APIKey) {
			*k = auth.APIKey{
				Label: "\x00", Scopes: []string{""}, AllowedIPs: prefixes(netip.Prefix{}), AllowedOrigins: []string{""},
				Version: "1", Inflection: "pascal",
			}
		}, []error{
			auth.ErrKeyID, auth.ErrKeyHash, auth.ErrKeyPrefix, auth.ErrKeyLabel, auth.ErrKeyScopes, auth.ErrKeyAddress,
			auth.ErrKeyOrigin, auth.ErrKeyVersion, auth.ErrKeyInflection,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			key := fullKey(t)
			test.change(&key)
			err := key.Validate()
			if len(test.want) == 0 && err != nil {
				t.Fatalf("Validate of %+v: got %v, want no error", key, err)
			}
			faults := 0
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				faults = len(joined.Unwrap())
			}
			if faults != len(test.want) {
				t.Errorf("Validate of %+v: got %d faults (%v), want %d", key, faults, err, len(test.want))
			}
			for _, want := range test.want {
				if !errors.Is(err, want) {
					t.Errorf("Validate of %+v: got %v, want %v in it", key, err, want)
				}
			}
		})
	}
}

func TestAPIKeyThroughJSON(t *testing.T) {
	t.Parallel()
	full := fullKey(t)
	for fields, i := reflect.ValueOf(full), 0; i < fields.NumField(); i++ {
		if fields.Field(i).IsZero() {
			t.Fatalf("the field %s of the full key is zero", fields.Type().Field(i).Name)
		}
	}
	nobody, least := full, mustKey(t, keyText)
	nobody.AllowedIPs, nobody.AllowedOrigins, nobody.Scopes = []netip.Prefix{}, []string{}, []string{}
	for name, key := range map[string]auth.APIKey{"full": full, "least": least, "empty lists": nobody, "zero": {}} {
		text, err := json.Marshal(key)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got auth.APIKey
		if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, key) {
			t.Errorf("%s, through %s: got %#v and %v, want %#v", name, text, got, err, key)
		}
	}
	text, _ := json.Marshal(full)
	for _, want := range []string{
		`"created_at":"2026-02-01T12:00:00.123456Z"`, `"allowed_ips":["192.0.2.0/24","2001:db8::/32"]`,
		`"hash":"2a40669b5e3692f1297ae8deab8db2c42d6093f8f71098c56c0911fe8ae6ad96"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("got %s, want %s in it", text, want)
		}
	}
}

func TestKeyHashAsText(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("0a", 32)
	tests := []struct {
		name, text string
		want       string // "": refused
	}{
		{"lower case", good, good},
		{"upper case", strings.ToUpper(good), good},
		{"empty", "", ""},
		{"short", good[1:], ""},
		{"long", good + "0", ""},
		{"no hex", "g" + good[1:], ""},
		{"a prefix", "sha256:" + good, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before := auth.KeyHash{1, 2, 3}
			hash := before
			err := hash.UnmarshalText([]byte(test.text))
			if test.want == "" {
				if !errors.Is(err, auth.ErrKeyHash) || hash != before {
					t.Errorf("UnmarshalText(%q): got %x and %v, want ErrKeyHash and no change", test.text, hash, err)
				}
				return
			}
			if again, _ := hash.MarshalText(); err != nil || string(again) != test.want {
				t.Errorf("UnmarshalText(%q): got %s and %v, want %s", test.text, again, err, test.want)
			}
		})
	}
}
