package auth_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

func mustRing(t testing.TB, credentials ...auth.Credential) *auth.Ring {
	t.Helper()
	ring, err := auth.NewRing(credentials...)
	if err != nil {
		t.Fatalf("NewRing: got %v, want no error", err)
	}
	return ring
}

func mustFind(t testing.TB, ring *auth.Ring, of auth.Credential) auth.Credential {
	t.Helper()
	credential, err := ring.ByKey(t.Context(), of.APIKey)
	if err != nil {
		t.Fatalf("ByKey(%s): got %v, want no error", of.APIKey, err)
	}
	return credential
}

func TestNewRingRefuses(t *testing.T) {
	t.Parallel()
	good := someCredential(someSecrets(1)...)
	sameKey, sameIntegration := someCredential(someSecrets(1)...), someCredential(someSecrets(1)...)
	sameKey.APIKey, sameIntegration.Integration = good.APIKey, good.Integration
	tests := []struct {
		name        string
		credentials []auth.Credential
		want        []error
	}{
		{"nil ids", []auth.Credential{{Secrets: someSecrets(1)}}, []error{auth.ErrNilID}},
		{"no secrets", []auth.Credential{someCredential()}, []error{auth.ErrNoSecret}},
		{"six secrets", []auth.Credential{someCredential(someSecrets(6)...)}, []error{auth.ErrTooManySecrets}},
		{"an API key twice", []auth.Credential{good, sameKey}, []error{auth.ErrDuplicateKey}},
		{"an integration twice", []auth.Credential{good, sameIntegration}, []error{auth.ErrDuplicateKey}},
		{"all faults in one error", []auth.Credential{{}, good, good}, []error{auth.ErrNilID, auth.ErrNoSecret, auth.ErrDuplicateKey}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ring, err := auth.NewRing(test.credentials...)
			if ring != nil {
				t.Errorf("NewRing: got a ring, want none")
			}
			for _, want := range test.want {
				if !errors.Is(err, want) {
					t.Errorf("NewRing: got %v, want %v in it", err, want)
				}
			}
		})
	}
}

func TestTheZeroRingKnowsNobody(t *testing.T) {
	t.Parallel()
	var ring auth.Ring
	if _, err := ring.ByKey(t.Context(), uuid.New()); !errors.Is(err, auth.ErrUnknownKey) {
		t.Errorf("ByKey: got %v, want ErrUnknownKey", err)
	}
}

func TestNewRingKeepsNoListOfItsCallers(t *testing.T) {
	t.Parallel()
	given := someCredential(someSecrets(1)...)
	want := given.Secrets[0]
	ring := mustRing(t, given)
	given.Secrets[0] = auth.GenerateSecret()
	if got := mustFind(t, ring, given).Secrets[0]; got != want {
		t.Error("the ring changed when its caller's list did")
	}
}

func TestRingChanges(t *testing.T) {
	t.Parallel()
	s := someSecrets(6)
	stranger := uuid.New()
	again := func(secret *auth.Secret) *auth.Secret { return mustSecret(t, secret.Reveal()) }
	add := func(secret *auth.Secret) func(*auth.Ring, uuid.UUID) error {
		return func(r *auth.Ring, id uuid.UUID) error { return r.AddSecret(id, secret) }
	}
	revoke := func(secret *auth.Secret) func(*auth.Ring, uuid.UUID) error {
		return func(r *auth.Ring, id uuid.UUID) error { return r.RevokeSecret(id, secret) }
	}
	signWith := func(secret *auth.Secret) func(*auth.Ring, uuid.UUID) error {
		return func(r *auth.Ring, id uuid.UUID) error { return r.SignWith(id, secret) }
	}
	tests := []struct {
		name    string
		secrets []*auth.Secret
		signing int
		change  func(*auth.Ring, uuid.UUID) error
		want    []*auth.Secret
		signer  *auth.Secret
		err     error
	}{
		{"add", s[:1], 0, add(s[1]), s[:2], s[0], nil},
		{"add the fifth", s[:4], 3, add(s[4]), s[:5], s[3], nil},
		{"add a sixth", s[:5], 1, add(s[5]), s[:5], s[1], auth.ErrTooManySecrets},
		{"add what is there", s[:2], 0, add(again(s[1])), s[:2], s[0], auth.ErrSameSecret},
		{"add nil", s[:2], 0, add(nil), s[:2], s[0], auth.ErrNoSecret},
		{"revoke the oldest, which signs", s[:3], 0, revoke(s[0]), s[1:3], s[1], nil},
		{"revoke by its text", s[:3], 0, revoke(again(s[2])), s[:2], s[0], nil},
		{"revoke before the signing one", s[:3], 2, revoke(s[0]), s[1:3], s[2], nil},
		{"revoke after the signing one", s[:3], 1, revoke(s[2]), s[:2], s[1], nil},
		{"revoke the signing one", s[:3], 1, revoke(s[1]), []*auth.Secret{s[0], s[2]}, s[0], nil},
		{"revoke the last one", s[:1], 0, revoke(s[0]), s[:1], s[0], auth.ErrNoSecret},
		{"revoke an unknown one", s[:2], 1, revoke(s[3]), s[:2], s[1], auth.ErrUnknownSecret},
		{"revoke nil", s[:2], 1, revoke(nil), s[:2], s[1], auth.ErrUnknownSecret},
		{"sign with the newest", s[:3], 0, signWith(s[2]), s[:3], s[2], nil},
		{"sign with a secret by its text", s[:3], 0, signWith(again(s[1])), s[:3], s[1], nil},
		{"sign with an unknown one", s[:3], 1, signWith(s[3]), s[:3], s[1], auth.ErrUnknownSecret},
		{"add to a stranger", s[:1], 0, func(r *auth.Ring, _ uuid.UUID) error { return r.AddSecret(stranger, s[1]) }, s[:1], s[0], auth.ErrUnknownKey},
		{"revoke of a stranger", s[:2], 0, func(r *auth.Ring, _ uuid.UUID) error { return r.RevokeSecret(stranger, s[1]) }, s[:2], s[0], auth.ErrUnknownKey},
		{"sign for a stranger", s[:2], 0, func(r *auth.Ring, _ uuid.UUID) error { return r.SignWith(stranger, s[1]) }, s[:2], s[0], auth.ErrUnknownKey},
		{"close a stranger", s[:2], 0, func(r *auth.Ring, _ uuid.UUID) error { return r.SetActive(stranger, false) }, s[:2], s[0], auth.ErrUnknownKey},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			credential := someCredential(test.secrets...)
			credential.Signing = test.signing
			ring := mustRing(t, credential)
			before := mustFind(t, ring, credential)

			err := test.change(ring, credential.Integration)
			if !errors.Is(err, test.err) {
				t.Fatalf("got error %v, want %v", err, test.err)
			}
			for _, secret := range s {
				if err != nil && strings.Contains(err.Error(), secret.Reveal()) {
					t.Errorf("the error %q shows a secret", err)
				}
			}
			got := mustFind(t, ring, credential)
			if !slices.Equal(got.Secrets, test.want) {
				t.Errorf("got secrets %v of the six, want %v", places(s, got.Secrets), places(s, test.want))
			}
			if got.Signer() != test.signer {
				t.Errorf("got signer %v of the six, want %v", slices.Index(s, got.Signer()), slices.Index(s, test.signer))
			}
			if !slices.Equal(before.Secrets, test.secrets) {
				t.Error("a credential handed out before the change has changed")
			}
		})
	}
}

func places(all, some []*auth.Secret) []int {
	var at []int
	for _, secret := range some {
		at = append(at, slices.Index(all, secret))
	}
	return at
}

func TestSetActive(t *testing.T) {
	t.Parallel()
	credential := someCredential(someSecrets(1)...)
	ring := mustRing(t, credential)
	for _, want := range []bool{false, true} {
		if err := ring.SetActive(credential.Integration, want); err != nil {
			t.Fatalf("SetActive(%v): got %v, want no error", want, err)
		}
		if got := mustFind(t, ring, credential).Active; got != want {
			t.Errorf("Active after SetActive(%v): got %v", want, got)
		}
	}
}

// At every step the customer's request verifies, and the customer, who knows both secrets once it was told the
// new one, can verify what the server signs.
func TestASecretIsChangedWithoutAGap(t *testing.T) {
	t.Parallel()
	before, after := auth.GenerateSecret(), auth.GenerateSecret()
	credential := someCredential(before)
	ring := mustRing(t, credential)
	steps := []struct {
		name     string
		step     func() error
		accepted []*auth.Secret
		refused  []*auth.Secret
		signer   *auth.Secret
	}{
		{"at first", func() error { return nil }, []*auth.Secret{before}, []*auth.Secret{after}, before},
		{"the new one is added", func() error { return ring.AddSecret(credential.Integration, after) }, []*auth.Secret{before, after}, nil, before},
		{"the new one signs", func() error { return ring.SignWith(credential.Integration, after) }, []*auth.Secret{before, after}, nil, after},
		{"the old one is revoked", func() error { return ring.RevokeSecret(credential.Integration, before) }, []*auth.Secret{after}, []*auth.Secret{before}, after},
	}
	body := []byte(vectorBody)
	for _, step := range steps {
		if err := step.step(); err != nil {
			t.Fatalf("%s: got %v, want no error", step.name, err)
		}
		now := mustFind(t, ring, credential)
		for i, secret := range step.accepted {
			if got := now.Verify(sign(secret, vectorBody), body); got != secret {
				t.Errorf("%s: Verify of accepted secret %d: got none, want it", step.name, i)
			}
		}
		for i, secret := range step.refused {
			if got := now.Verify(sign(secret, vectorBody), body); got != nil {
				t.Errorf("%s: Verify of refused secret %d: got a match, want none", step.name, i)
			}
		}
		if now.Signer() != step.signer {
			t.Errorf("%s: got the wrong signer", step.name)
		}
	}
}

// One goroutine changes secrets round and round; whoever reads meanwhile always sees a valid credential, under
// which one of the two secrets of the moment verifies.
func TestRingIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	secrets := someSecrets(4)
	credential := someCredential(secrets[0])
	ring := mustRing(t, credential)
	body := []byte(vectorBody)
	var readers, writer sync.WaitGroup
	done := make(chan struct{})
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				if i >= 100 {
					return
				}
			default:
			}
			current, next := secrets[i%4], secrets[(i+1)%4]
			for _, err := range []error{
				ring.AddSecret(credential.Integration, next),
				ring.SignWith(credential.Integration, next),
				ring.SetActive(credential.Integration, i%2 == 0),
				ring.RevokeSecret(credential.Integration, current),
			} {
				if err != nil {
					t.Errorf("round %d: got %v, want no error", i, err)
				}
			}
		}
	})
	for range 4 {
		readers.Go(func() {
			for range 300 {
				got, err := ring.ByIntegration(t.Context(), credential.Integration)
				if err != nil {
					t.Errorf("ByIntegration: got %v, want no error", err)
					return
				}
				if err := got.Validate(); err != nil {
					t.Errorf("Validate: got %v, want no error", err)
				}
				if signer := got.Signer(); got.Verify(sign(signer, vectorBody), body) != signer {
					t.Error("the signing secret does not verify")
				}
				clear(got.Secrets)
			}
		})
	}
	readers.Wait()
	close(done)
	writer.Wait()
}

// Many goroutines add at once: exactly as many succeed as there is room for.
func TestOnlyAsManySecretsAsThereIsRoomFor(t *testing.T) {
	t.Parallel()
	credential := someCredential(someSecrets(1)...)
	ring := mustRing(t, credential)
	errs := make(chan error, 16)
	var adders sync.WaitGroup
	for range cap(errs) {
		adders.Go(func() { errs <- ring.AddSecret(credential.Integration, auth.GenerateSecret()) })
	}
	adders.Wait()
	close(errs)
	added := 0
	for err := range errs {
		switch {
		case err == nil:
			added++
		case !errors.Is(err, auth.ErrTooManySecrets):
			t.Errorf("AddSecret: got %v, want ErrTooManySecrets", err)
		}
	}
	if want := auth.MaxSecrets - 1; added != want {
		t.Errorf("got %d secrets added, want %d", added, want)
	}
}
