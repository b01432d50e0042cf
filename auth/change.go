package auth

import (
	"errors"
	"slices"
)

// ErrUnknownSecret says that a credential has no such live secret.
var ErrUnknownSecret = errors.New("auth: unknown secret")

// WithSecret returns the credential with secret as its newest: it verifies, and does not sign until
// [Credential.SigningWith] names it. It returns [ErrTooManySecrets], [ErrSameSecret], or, when secret is nil,
// [ErrNoSecret]. The credential itself stays as it is, here and in the two methods below.
func (c Credential) WithSecret(secret *Secret) (Credential, error) {
	next := c.clone()
	next.Secrets = append(next.Secrets, secret)
	return next.orFault()
}

// WithoutSecret returns the credential without the secret of the same text. If that was the signing one, the
// oldest that remains signs; otherwise the same one goes on signing. It returns [ErrUnknownSecret], or, when it is
// the last one, [ErrNoSecret].
func (c Credential) WithoutSecret(secret *Secret) (Credential, error) {
	next := c.clone()
	at, err := c.indexOf(secret)
	if err != nil {
		return Credential{}, err
	}
	if at == c.Signing {
		next.Signing = 0
	} else if at < c.Signing {
		next.Signing--
	}
	next.Secrets = slices.Delete(next.Secrets, at, at+1)
	return next.orFault()
}

// SigningWith returns the credential with the secret of the same text as the signing one. It returns
// [ErrUnknownSecret].
func (c Credential) SigningWith(secret *Secret) (Credential, error) {
	next := c.clone()
	at, err := c.indexOf(secret)
	if err != nil {
		return Credential{}, err
	}
	next.Signing = at
	return next.orFault()
}

// orFault returns the credential, or what is wrong with it.
func (c Credential) orFault() (Credential, error) {
	if err := c.Validate(); err != nil {
		return Credential{}, err
	}
	return c, nil
}

func (c Credential) indexOf(secret *Secret) (int, error) {
	at := slices.IndexFunc(c.Secrets, secret.Equal)
	if at < 0 {
		return 0, ErrUnknownSecret
	}
	return at, nil
}
