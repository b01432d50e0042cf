package auth_test

import (
	"errors"
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
	flexible := someCredential(someSecrets(1)...)
	flexible.Flexible = []uuid.UUID{uuid.New(), good.Integration}
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
		{"an integration that is another's flexible one", []auth.Credential{flexible, good}, []error{auth.ErrDuplicateKey}},
		{"a flexible integration that is another's own", []auth.Credential{good, flexible}, []error{auth.ErrDuplicateKey}},
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
	if err := ring.Remove(uuid.New()); !errors.Is(err, auth.ErrUnknownKey) {
		t.Errorf("Remove: got %v, want ErrUnknownKey", err)
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
