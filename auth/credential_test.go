package auth_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
)

func someSecrets(n int) []*auth.Secret {
	secrets := make([]*auth.Secret, n)
	for i := range secrets {
		secrets[i] = auth.GenerateSecret()
	}
	return secrets
}

func someCredential(secrets ...*auth.Secret) auth.Credential {
	return auth.Credential{APIKey: uuid.New(), Integration: uuid.New(), Active: true, Secrets: secrets}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	key, integration, one := uuid.New(), uuid.New(), auth.GenerateSecret()
	further := uuid.New()
	flexible := func(more ...uuid.UUID) auth.Credential {
		return auth.Credential{APIKey: key, Integration: integration, Flexible: more, Secrets: []*auth.Secret{one}}
	}
	tests := []struct {
		name       string
		credential auth.Credential
		want       []error
	}{
		{"one secret", auth.Credential{APIKey: key, Integration: integration, Secrets: someSecrets(1)}, nil},
		{"five secrets, the last signs", auth.Credential{APIKey: key, Integration: integration, Secrets: someSecrets(5), Signing: 4}, nil},
		{"zero", auth.Credential{}, []error{auth.ErrNilID, auth.ErrNoSecret}},
		{"nil API key", auth.Credential{Integration: integration, Secrets: someSecrets(1)}, []error{auth.ErrNilID}},
		{"nil integration", auth.Credential{APIKey: key, Secrets: someSecrets(1)}, []error{auth.ErrNilID}},
		{"no secret", auth.Credential{APIKey: key, Integration: integration, Secrets: []*auth.Secret{}}, []error{auth.ErrNoSecret}},
		{"nil secret", auth.Credential{APIKey: key, Integration: integration, Secrets: []*auth.Secret{one, nil}}, []error{auth.ErrNoSecret}},
		{"six secrets", auth.Credential{APIKey: key, Integration: integration, Secrets: someSecrets(6)}, []error{auth.ErrTooManySecrets}},
		{"the same secret twice", auth.Credential{APIKey: key, Integration: integration, Secrets: []*auth.Secret{one, one}}, []error{auth.ErrSameSecret}},
		{
			"the same text twice",
			auth.Credential{APIKey: key, Integration: integration, Secrets: []*auth.Secret{one, mustSecret(t, one.Reveal())}},
			[]error{auth.ErrSameSecret},
		},
		{"signing after the last", auth.Credential{APIKey: key, Integration: integration, Secrets: someSecrets(2), Signing: 2}, []error{auth.ErrSigning}},
		{"signing before the first", auth.Credential{APIKey: key, Integration: integration, Secrets: someSecrets(2), Signing: -1}, []error{auth.ErrSigning}},
		{"flexible", flexible(further, uuid.New()), nil},
		{"flexible, of the nil integration", flexible(further, uuid.Nil), []error{auth.ErrFlexible}},
		{"flexible, of its own integration", flexible(further, integration), []error{auth.ErrFlexible}},
		{"flexible, of one integration twice", flexible(further, uuid.New(), further), []error{auth.ErrFlexible}},
		{"several faults", auth.Credential{APIKey: key, Secrets: someSecrets(7), Signing: 7}, []error{auth.ErrNilID, auth.ErrTooManySecrets, auth.ErrSigning}},
	}
	all := []error{auth.ErrNilID, auth.ErrNoSecret, auth.ErrTooManySecrets, auth.ErrSameSecret, auth.ErrSigning, auth.ErrFlexible}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := test.credential.Validate()
			if (got == nil) != (len(test.want) == 0) {
				t.Errorf("Validate of %+v: got %v, want %v", test.credential, got, test.want)
			}
			for _, fault := range all {
				if errors.Is(got, fault) != slices.Contains(test.want, fault) {
					t.Errorf("Validate of %+v: got %v, want %v", test.credential, got, test.want)
				}
			}
		})
	}
}

func TestMay(t *testing.T) {
	t.Parallel()
	own, further, last := uuid.New(), uuid.New(), uuid.New()
	plain := auth.Credential{Integration: own}
	flexible := auth.Credential{Integration: own, Flexible: []uuid.UUID{further, last}}
	tests := []struct {
		name        string
		credential  auth.Credential
		integration uuid.UUID
		want        bool
	}{
		{"its own", plain, own, true},
		{"its own, of a flexible key", flexible, own, true},
		{"a further one", flexible, further, true},
		{"the last one", flexible, last, true},
		{"a stranger's", flexible, uuid.New(), false},
		{"a further one of a key that is not flexible", plain, further, false},
		{"the nil one", flexible, uuid.Nil, false},
		{"the nil one of the zero credential", auth.Credential{}, uuid.Nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.credential.May(test.integration); got != test.want {
				t.Errorf("May(%s) of %+v: got %v, want %v", test.integration, test.credential, got, test.want)
			}
		})
	}
	list := flexible.Integrations()
	if want := []uuid.UUID{own, further, last}; !slices.Equal(list, want) {
		t.Errorf("Integrations: got %v, want %v", list, want)
	}
	clear(list)
	if !flexible.May(further) {
		t.Error("Integrations: got the credential's own list, want the caller's")
	}
}

func TestAnyLiveSecretVerifies(t *testing.T) {
	t.Parallel()
	for n := range auth.MaxSecrets + 1 {
		t.Run(fmt.Sprintf("%d secrets", n), func(t *testing.T) {
			t.Parallel()
			credential := someCredential(someSecrets(n)...)
			for i, secret := range credential.Secrets {
				if got := credential.Verify(sign(secret, vectorBody), []byte(vectorBody)); got != secret {
					t.Errorf("Verify of secret %d's signature: got secret %d, want %d", i, slices.Index(credential.Secrets, got), i)
				}
			}
			if got := credential.Verify(sign(auth.GenerateSecret(), vectorBody), []byte(vectorBody)); got != nil {
				t.Errorf("Verify of a stranger's signature: got secret %d, want none", slices.Index(credential.Secrets, got))
			}
		})
	}
}

func TestSigner(t *testing.T) {
	t.Parallel()
	credential := someCredential(someSecrets(3)...)
	if got, want := credential.Signer(), credential.Secrets[0]; got != want {
		t.Error("Signer by default: got another, want the oldest secret")
	}
	credential.Signing = 2
	if got, want := credential.Signer(), credential.Secrets[2]; got != want {
		t.Error("Signer with Signing 2: got another, want the third secret")
	}
}

func TestVerificationIsVerifyInPieces(t *testing.T) {
	t.Parallel()
	credential := someCredential(someSecrets(3)...)
	rapid.Check(t, func(t *rapid.T) {
		msg := rapid.SliceOf(rapid.Byte()).Draw(t, "msg")
		signer := rapid.SampledFrom(append(someSecrets(1), credential.Secrets...)).Draw(t, "signer")
		signature := string(signer.Sign(nil, msg))

		verification := credential.Begin()
		defer verification.Close()
		for rest := msg; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if written, err := verification.Write(rest[:n]); written != n || err != nil {
				t.Fatalf("Write of %d bytes: got %d and %v", n, written, err)
			}
			rest = rest[n:]
		}
		want := credential.Verify(signature, msg)
		if got := verification.Match(signature); got != want {
			t.Fatalf("Match(%q) of %q: got a match %v, want %v", signature, msg, got != nil, want != nil)
		}
		verification.Write([]byte("more"))
		if got := verification.Match(signature); got != nil {
			t.Fatalf("Match(%q) after more was written: got a match, want none", signature)
		}
	})
}

func TestVerificationUnderNoSecretMatchesNothing(t *testing.T) {
	t.Parallel()
	verification := auth.Credential{}.Begin()
	verification.Write([]byte(vectorBody))
	if got := verification.Match(vectorSignature); got != nil {
		t.Errorf("Match(%q) without secrets: got a match, want none", vectorSignature)
	}
	verification.Close()
	verification.Close()
	defer func() {
		if recover() == nil {
			t.Error("Match after Close: got no panic, want one")
		}
	}()
	verification.Match(vectorSignature)
}
