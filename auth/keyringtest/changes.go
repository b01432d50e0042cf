package keyringtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// change is a verb applied to a credential that has the first few of six secrets.
type change struct {
	name    string
	secrets int // how many of the six
	signing int
	verb    func(Admin) func(context.Context, uuid.UUID, *auth.Secret) error
	secret  int   // which of the six, by its text; -1: nil
	want    []int // the live ones afterwards, of the six
	signer  int
	err     error
}

func addSecret(a Admin) func(context.Context, uuid.UUID, *auth.Secret) error { return a.AddSecret }
func revokeSecret(a Admin) func(context.Context, uuid.UUID, *auth.Secret) error {
	return a.RevokeSecret
}
func signWith(a Admin) func(context.Context, uuid.UUID, *auth.Secret) error { return a.SignWith }

func changes() []change {
	return []change{
		{"add", 1, 0, addSecret, 1, []int{0, 1}, 0, nil},
		{"add the fifth", 4, 3, addSecret, 4, []int{0, 1, 2, 3, 4}, 3, nil},
		{"add a sixth", 5, 1, addSecret, 5, []int{0, 1, 2, 3, 4}, 1, auth.ErrTooManySecrets},
		{"add what is there", 2, 0, addSecret, 1, []int{0, 1}, 0, auth.ErrSameSecret},
		{"add nil", 2, 0, addSecret, -1, []int{0, 1}, 0, auth.ErrNoSecret},
		{"revoke the oldest, which signs", 3, 0, revokeSecret, 0, []int{1, 2}, 1, nil},
		{"revoke before the signing one", 3, 2, revokeSecret, 0, []int{1, 2}, 2, nil},
		{"revoke after the signing one", 3, 1, revokeSecret, 2, []int{0, 1}, 1, nil},
		{"revoke the signing one", 3, 1, revokeSecret, 1, []int{0, 2}, 0, nil},
		{"revoke the last one", 1, 0, revokeSecret, 0, []int{0}, 0, auth.ErrNoSecret},
		{"revoke an unknown one", 2, 1, revokeSecret, 3, []int{0, 1}, 1, auth.ErrUnknownSecret},
		{"revoke nil", 2, 1, revokeSecret, -1, []int{0, 1}, 1, auth.ErrUnknownSecret},
		{"sign with the newest", 3, 0, signWith, 2, []int{0, 1, 2}, 2, nil},
		{"sign with the one that signs", 3, 1, signWith, 1, []int{0, 1, 2}, 1, nil},
		{"sign with an unknown one", 3, 1, signWith, 3, []int{0, 1, 2}, 1, auth.ErrUnknownSecret},
		{"sign with nil", 3, 1, signWith, -1, []int{0, 1, 2}, 1, auth.ErrUnknownSecret},
	}
}

// changesMustDoAllOrNothing makes each change by the credential's own integration, by a flexible one, and by that
// of a stranger.
func changesMustDoAllOrNothing(t testing.TB, open func(testing.TB) Admin) {
	t.Helper()
	keyring := open(t)
	for _, change := range changes() {
		change.make(t, keyring, "its own integration", func(c auth.Credential) uuid.UUID { return c.Integration })
		change.make(t, keyring, "a flexible integration", func(c auth.Credential) uuid.UUID { return c.Flexible[1] })
		stranger := change
		stranger.err, stranger.signer, stranger.want = auth.ErrUnknownKey, change.signing, nil
		for i := range change.secrets {
			stranger.want = append(stranger.want, i)
		}
		stranger.make(t, keyring, "a stranger", func(auth.Credential) uuid.UUID { return uuid.New() })
	}
	if err := keyring.SetActive(t.Context(), uuid.New(), true); !errors.Is(err, auth.ErrUnknownKey) {
		t.Errorf("SetActive of a stranger: got %v, want ErrUnknownKey", err)
	}
}

func (change change) make(t testing.TB, keyring Admin, by string, name func(auth.Credential) uuid.UUID) {
	t.Helper()
	six := someCredential(6)
	before := six
	before.Secrets, before.Signing = six.Secrets[:change.secrets:change.secrets], change.signing
	if err := keyring.Add(t.Context(), before); err != nil {
		t.Errorf("%s: Add: got %v, want nil", change.name, err)
		return
	}
	held, err := keyring.ByKey(t.Context(), before.APIKey)
	if err != nil {
		t.Errorf("%s: ByKey: got %v, want nil", change.name, err)
	}
	var secret *auth.Secret
	if change.secret >= 0 {
		if secret, err = auth.NewSecret(six.Secrets[change.secret].Reveal()); err != nil {
			t.Errorf("NewSecret: got %v, want nil", err)
		}
	}
	err = change.verb(keyring)(t.Context(), name(before), secret)
	if !errors.Is(err, change.err) {
		t.Errorf("%s, by %s: got error %v, want %v", change.name, by, err, change.err)
	}
	for _, secret := range six.Secrets {
		if err != nil && strings.Contains(err.Error(), secret.Reveal()) {
			t.Errorf("an error MUST NOT hold the text of a secret: %s: got %q", change.name, err)
		}
	}
	after := before
	after.Secrets = nil
	for i, at := range change.want {
		after.Secrets = append(after.Secrets, six.Secrets[at])
		if at == change.signer {
			after.Signing = i
		}
	}
	mustFind(t, t.Context(), keyring, after, "a change MUST do all or nothing: "+change.name+", by "+by)
	if !same(held, before) {
		t.Errorf("a returned credential MUST be the caller's own: %s has changed one that was handed out before", change.name)
	}
}
