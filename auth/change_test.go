package auth_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
)

// Whatever is changed in whatever order: the credential stays valid, what it was changed from stays as it was, and
// nobody else signs unless the signing secret was revoked or another was named.
func TestChangesKeepACredentialValid(t *testing.T) {
	t.Parallel()
	pool := someSecrets(7)
	rapid.Check(t, func(t *rapid.T) {
		now := someCredential(pool[0])
		for range rapid.IntRange(1, 20).Draw(t, "changes") {
			secret := rapid.SampledFrom(pool).Draw(t, "secret")
			was, live, signer := now, slices.Clone(now.Secrets), now.Signer()
			held := slices.Contains(live, secret)
			var next auth.Credential
			var err, want error
			verb := rapid.SampledFrom([]string{"WithSecret", "WithoutSecret", "SigningWith"}).Draw(t, "verb")
			switch verb {
			case "WithSecret":
				next, err = now.WithSecret(secret)
				live = append(live, secret)
				if held {
					want = auth.ErrSameSecret
				} else if len(live) > auth.MaxSecrets {
					want = auth.ErrTooManySecrets
				}
			case "WithoutSecret":
				next, err = now.WithoutSecret(secret)
				live = slices.DeleteFunc(live, secret.Equal)
				if signer == secret && len(live) > 0 {
					signer = live[0]
				}
				if !held {
					want = auth.ErrUnknownSecret
				} else if len(live) == 0 {
					want = auth.ErrNoSecret
				}
			case "SigningWith":
				next, err = now.SigningWith(secret)
				if signer = secret; !held {
					want = auth.ErrUnknownSecret
				}
			}
			if !errors.Is(err, want) || (err != nil) != (want != nil) {
				t.Fatalf("%s: got %v, want %v", verb, err, want)
			}
			if !slices.Equal(was.Secrets, now.Secrets) || was.Signing != now.Signing {
				t.Fatalf("%s changed the credential it was called on", verb)
			}
			if err != nil {
				if next.Secrets != nil {
					t.Fatalf("%s: got a credential beside the error, want the zero one", verb)
				}
				continue
			}
			if err := next.Validate(); err != nil || !slices.Equal(next.Secrets, live) || next.Signer() != signer {
				t.Fatalf("%s: got secrets %v of the pool, signed by %d (%v), want %v by %d", verb,
					places(pool, next.Secrets), slices.Index(pool, next.Signer()), err, places(pool, live), slices.Index(pool, signer))
			}
			now = next
		}
	})
}

func places(all, some []*auth.Secret) []int {
	var at []int
	for _, secret := range some {
		at = append(at, slices.Index(all, secret))
	}
	return at
}

func TestChangesShareNoListWithTheirOrigin(t *testing.T) {
	t.Parallel()
	origin := someCredential(someSecrets(3)...)
	origin.Secrets = slices.Grow(origin.Secrets, 8) // room for an append that would be shared
	want := slices.Clone(origin.Secrets)
	more, err := origin.WithSecret(auth.GenerateSecret())
	if err != nil {
		t.Fatal(err)
	}
	less, err := origin.WithoutSecret(origin.Secrets[0])
	if err != nil {
		t.Fatal(err)
	}
	named, err := origin.SigningWith(origin.Secrets[2])
	if err != nil {
		t.Fatal(err)
	}
	for _, changed := range []auth.Credential{more, less, named} {
		clear(changed.Secrets)
	}
	if !slices.Equal(origin.Secrets, want) {
		t.Errorf("the origin's secrets: got %v, want them as they were", origin.Secrets)
	}
}
