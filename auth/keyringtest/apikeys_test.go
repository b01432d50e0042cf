package keyringtest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/auth/keyringtest"
)

func mustKeys(t *testing.T, keys []auth.APIKey) *auth.APIKeyRing {
	t.Helper()
	ring, err := auth.NewAPIKeyRing(keys...)
	if err != nil {
		t.Fatalf("NewAPIKeyRing: got %v, want no error", err)
	}
	return ring
}

func TestAPIKeyRingKeepsTheContract(t *testing.T) {
	t.Parallel()
	known := keyringtest.SomeAPIKeys()
	keyringtest.RunAPIKeys(t, mustKeys(t, known), known...)
}

// brokenKeys are keys whose answers are spoiled.
type brokenKeys struct {
	*auth.APIKeyRing
	spoil spoilKey
}

type spoilKey func(context.Context, auth.APIKey, error) (auth.APIKey, error)

func (b brokenKeys) ByHash(ctx context.Context, hash [32]byte) (auth.APIKey, error) {
	key, err := b.APIKeyRing.ByHash(ctx, hash)
	return b.spoil(ctx, key, err)
}

func TestRunAPIKeysSeesBrokenKeys(t *testing.T) {
	t.Parallel()
	known := keyringtest.SomeAPIKeys()
	scopes := make(map[auth.KeyHash][]string)
	for _, key := range known {
		scopes[key.Hash] = slices.Clone(key.Scopes)
	}
	change := func(change func(*auth.APIKey)) spoilKey {
		return func(_ context.Context, key auth.APIKey, err error) (auth.APIKey, error) {
			if err == nil {
				change(&key)
			}
			return key, err
		}
	}
	none := change(func(*auth.APIKey) {})
	tests := []struct {
		name  string
		known []auth.APIKey
		spoil spoilKey
		want  string
	}{
		{"not broken", known, none, ""},
		{"nothing known", nil, none, "lack an inactive one"},
		{"no inactive one known", known[1:], none, "lack an inactive one"},
		{"no full one known", known[:3], none, "one with all fields"},
		{"none known that allows nobody", slices.Delete(slices.Clone(known), 2, 3), none, "that allows nobody"},
		{"an inactive one is hidden", known, func(_ context.Context, key auth.APIKey, err error) (auth.APIKey, error) {
			if err == nil && !key.Active {
				return auth.APIKey{}, auth.ErrUnknownAPIKey
			}
			return key, err
		}, "MUST be found by its Hash"},
		{"an empty list is nil", known, change(func(k *auth.APIKey) {
			if len(k.AllowedIPs) == 0 {
				k.AllowedIPs = nil
			}
		}), "MUST be found by its Hash"},
		{"the expiry is lost", known, change(func(k *auth.APIKey) { k.ExpiresAt = k.CreatedAt }), "MUST be found by its Hash"},
		{"the note is lost", known, change(func(k *auth.APIKey) { k.Note = "" }), "MUST be found by its Hash"},
		{"live is sandbox", known, change(func(k *auth.APIKey) { k.Sandbox = true }), "and be valid"},
		{"unknown without an error", known, func(_ context.Context, key auth.APIKey, _ error) (auth.APIKey, error) {
			return key, nil
		}, "MUST be ErrUnknownAPIKey"},
		{"unknown with another error", known, func(_ context.Context, key auth.APIKey, err error) (auth.APIKey, error) {
			if err != nil {
				err = errors.New("no rows")
			}
			return key, err
		}, "MUST be ErrUnknownAPIKey"},
		{"one list for all", known, change(func(k *auth.APIKey) { k.Scopes = scopes[k.Hash] }), "MUST be the caller's own"},
		{"an ended ctx is an unknown key", known, func(ctx context.Context, key auth.APIKey, err error) (auth.APIKey, error) {
			if ctx.Err() != nil {
				return auth.APIKey{}, auth.ErrUnknownAPIKey
			}
			return key, err
		}, "MUST wrap that of ctx"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{TB: t}
			keyringtest.RunAPIKeys(r, brokenKeys{mustKeys(t, known), test.spoil}, test.known...)
			if test.want == "" {
				if len(r.failures) > 0 {
					t.Errorf("got failures %q, want none", r.failures)
				}
				return
			}
			if !slices.ContainsFunc(r.failures, func(f string) bool { return strings.Contains(f, test.want) }) {
				t.Errorf("got failures %q, want one that says %q", r.failures, test.want)
			}
		})
	}
}
