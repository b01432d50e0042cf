package keyringtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/auth/keyringtest"
)

func someCredentials() []auth.Credential {
	secrets := func(n int) (s []*auth.Secret) {
		for range n {
			s = append(s, auth.GenerateSecret())
		}
		return s
	}
	return []auth.Credential{
		{APIKey: uuid.New(), Integration: uuid.New(), Active: true, Secrets: secrets(1)},
		{APIKey: uuid.New(), Integration: uuid.New(), Secrets: secrets(1)},
		{
			APIKey: uuid.New(), Integration: uuid.New(), Flexible: []uuid.UUID{uuid.New(), uuid.New()}, Active: true,
			Secrets: secrets(2), Signing: 1,
		},
	}
}

func mustRing(t *testing.T, credentials []auth.Credential) *auth.Ring {
	t.Helper()
	ring, err := auth.NewRing(credentials...)
	if err != nil {
		t.Fatalf("NewRing: got %v, want no error", err)
	}
	return ring
}

func TestRingKeepsTheContract(t *testing.T) {
	t.Parallel()
	known := someCredentials()
	keyringtest.Run(t, mustRing(t, known), known...)
}

// recorder is a test that notes its failures instead of failing.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// broken is a keyring whose answers are spoiled.
type broken struct {
	*auth.Ring
	spoil func(context.Context, auth.Credential, error) (auth.Credential, error)
}

func (b broken) ByKey(ctx context.Context, id uuid.UUID) (auth.Credential, error) {
	c, err := b.Ring.ByKey(ctx, id)
	return b.spoil(ctx, c, err)
}

func TestRunSeesABrokenKeyring(t *testing.T) {
	t.Parallel()
	known := someCredentials()
	lists, flexible := make(map[uuid.UUID][]*auth.Secret), make(map[uuid.UUID][]uuid.UUID)
	for _, c := range known {
		lists[c.APIKey], flexible[c.APIKey] = slices.Clone(c.Secrets), slices.Clone(c.Flexible)
	}
	tests := []struct {
		name  string
		known []auth.Credential
		spoil func(context.Context, auth.Credential, error) (auth.Credential, error)
		want  string
	}{
		{"not broken", known, func(_ context.Context, c auth.Credential, err error) (auth.Credential, error) { return c, err }, ""},
		{
			"nothing known", nil,
			func(_ context.Context, c auth.Credential, err error) (auth.Credential, error) { return c, err },
			"lack an inactive one",
		},
		{"an inactive one is hidden", known, func(_ context.Context, c auth.Credential, err error) (auth.Credential, error) {
			if !c.Active {
				return auth.Credential{}, auth.ErrUnknownKey
			}
			return c, err
		}, "MUST be found by its API key"},
		{"another signs", known, func(_ context.Context, c auth.Credential, err error) (auth.Credential, error) {
			c.Signing = 0
			return c, err
		}, "MUST be found by its API key"},
		{"newest first", known, func(_ context.Context, c auth.Credential, err error) (auth.Credential, error) {
			slices.Reverse(c.Secrets)
			return c, err
		}, "MUST be found by its API key"},
		{"not valid", known, func(_ context.Context, c auth.Credential, err error) (auth.Credential, error) {
			c.Signing = 7
			return c, err
		}, "and be valid"},
		{"unknown without an error", known, func(_ context.Context, c auth.Credential, _ error) (auth.Credential, error) {
			return c, nil
		}, "MUST be ErrUnknownKey"},
		{"unknown with another error", known, func(_ context.Context, c auth.Credential, err error) (auth.Credential, error) {
			if err != nil {
				err = errors.New("no rows")
			}
			return c, err
		}, "MUST be ErrUnknownKey"},
		{"one list for all", known, func(_ context.Context, c auth.Credential, err error) (auth.Credential, error) {
			c.Secrets = lists[c.APIKey]
			return c, err
		}, "MUST be the caller's own"},
		{"one list of integrations for all", known, func(_ context.Context, c auth.Credential, err error) (auth.Credential, error) {
			c.Flexible = flexible[c.APIKey]
			return c, err
		}, "MUST be the caller's own"},
		{"flexible integrations are forgotten", known, func(_ context.Context, c auth.Credential, err error) (auth.Credential, error) {
			c.Flexible = nil
			return c, err
		}, "MUST be found by its API key"},
		{"an ended ctx is an unknown key", known, func(ctx context.Context, c auth.Credential, err error) (auth.Credential, error) {
			if ctx.Err() != nil {
				return auth.Credential{}, auth.ErrUnknownKey
			}
			return c, err
		}, "MUST wrap that of ctx"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{TB: t}
			keyringtest.Run(r, broken{mustRing(t, known), test.spoil}, test.known...)
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
