package keyringtest_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/auth/keyringtest"
)

// ring gives the verbs of a Ring, which needs none, a ctx.
type ring struct{ *auth.Ring }

var _ keyringtest.Admin = ring{}

func (r ring) Add(_ context.Context, c auth.Credential) error { return r.Ring.Add(c) }
func (r ring) Remove(_ context.Context, integration uuid.UUID) error {
	return r.Ring.Remove(integration)
}
func (r ring) AddSecret(_ context.Context, integration uuid.UUID, s *auth.Secret) error {
	return r.Ring.AddSecret(integration, s)
}
func (r ring) RevokeSecret(_ context.Context, integration uuid.UUID, s *auth.Secret) error {
	return r.Ring.RevokeSecret(integration, s)
}
func (r ring) SignWith(_ context.Context, integration uuid.UUID, s *auth.Secret) error {
	return r.Ring.SignWith(integration, s)
}
func (r ring) SetActive(_ context.Context, integration uuid.UUID, active bool) error {
	return r.Ring.SetActive(integration, active)
}

func TestRingKeepsTheContractOfItsVerbs(t *testing.T) {
	t.Parallel()
	keyringtest.RunAdmin(t, func(testing.TB) keyringtest.Admin { return ring{new(auth.Ring)} })
}

// The faults below are a keyring's that changes wrongly.
type (
	deafRing     struct{ ring } // changes nothing
	revokingRing struct{ ring } // forgets what it was told to sign with
	carelessRing struct{ ring } // lets one integration belong to several
	lastingRing  struct{ ring } // removes nothing
	tellingRing  struct{ ring } // shows secrets
)

func (deafRing) AddSecret(context.Context, uuid.UUID, *auth.Secret) error { return nil }

func (r revokingRing) RevokeSecret(ctx context.Context, integration uuid.UUID, s *auth.Secret) error {
	err := r.ring.RevokeSecret(ctx, integration, s)
	if c, unknown := r.ByIntegration(ctx, integration); err == nil && unknown == nil {
		return r.ring.SignWith(ctx, integration, c.Secrets[0])
	}
	return err
}

func (r carelessRing) Add(ctx context.Context, c auth.Credential) error {
	c.Flexible = slices.DeleteFunc(slices.Clone(c.Flexible), func(id uuid.UUID) bool {
		_, err := r.ByIntegration(ctx, id)
		return err == nil
	})
	return r.ring.Add(ctx, c)
}

func (lastingRing) Remove(context.Context, uuid.UUID) error { return nil }

type tellingError struct {
	error
	text string
}

func (e tellingError) Error() string { return e.text }
func (e tellingError) Unwrap() error { return e.error }

func (r tellingRing) AddSecret(ctx context.Context, integration uuid.UUID, s *auth.Secret) error {
	if err := r.ring.AddSecret(ctx, integration, s); err != nil && s != nil {
		return tellingError{err, s.Reveal()}
	} else {
		return err
	}
}

func TestRunAdminSeesABrokenKeyring(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		broken func(ring) keyringtest.Admin
		want   string
	}{
		{"deaf", func(r ring) keyringtest.Admin { return deafRing{r} }, "MUST do all or nothing"},
		{"signs with another after a revocation", func(r ring) keyringtest.Admin { return revokingRing{r} }, "MUST do all or nothing"},
		{"one integration for two", func(r ring) keyringtest.Admin { return carelessRing{r} }, "belongs to one credential"},
		{"removes nothing", func(r ring) keyringtest.Admin { return lastingRing{r} }, "MUST NOT be known"},
		{"shows secrets", func(r ring) keyringtest.Admin { return tellingRing{r} }, "MUST NOT hold the text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{TB: t}
			keyringtest.RunAdmin(r, func(testing.TB) keyringtest.Admin { return test.broken(ring{new(auth.Ring)}) })
			if !slices.ContainsFunc(r.failures, func(f string) bool { return strings.Contains(f, test.want) }) {
				t.Errorf("got failures %q, want one that says %q", r.failures, test.want)
			}
		})
	}
}
