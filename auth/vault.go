package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"
)

// ErrVault says that a [Vault] cannot open what it was given: it was sealed under another key, or for another
// integration or id, or is damaged. It never says more.
var ErrVault = errors.New("auth: the sealed secret cannot be opened with this key, or is damaged")

const (
	sealedFormat  = 1
	vaultRedacted = "[vault]"
)

// Vault seals secrets for a database and opens them again, with AES-256-GCM. It is made by [NewVault] and may be
// used by any number of goroutines at once; to use the zero Vault panics. However it is printed, logged or
// encoded, it is "[vault]".
//
// The nonces are random, so that one key is good for 2^32 secrets. A key that is lost takes every secret with
// it; the customers then need new ones.
type Vault struct {
	// Held by a function, into which nothing that prints by reflection can walk, as a Secret's text is.
	aead func() cipher.AEAD
}

// NewVault makes a Vault of a key, which are 32 bytes from a random source, kept apart from the database.
func NewVault(key [32]byte) *Vault {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // The length of the key is right.
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // The size of the block is right.
	}
	return &Vault{aead: func() cipher.AEAD { return aead }}
}

// Seal returns the secret's text, sealed: a byte that names the format, the nonce, and the ciphertext with its
// tag. Only [Vault.Open] with the same integration and the same id opens it, so that in a database the secret
// of one row cannot be passed off as that of another. It panics when s is nil or zero.
func (v *Vault) Seal(s *Secret, integration, id uuid.UUID) []byte {
	return v.aead().Seal([]byte{sealedFormat}, nil, []byte(s.Reveal()), sealedFor(integration, id))
}

// Open returns the secret that [Vault.Seal] sealed for the integration and the id. Anything else is [ErrVault].
func (v *Vault) Open(sealed []byte, integration, id uuid.UUID) (*Secret, error) {
	if len(sealed) == 0 || sealed[0] != sealedFormat {
		return nil, ErrVault
	}
	text, err := v.aead().Open(nil, nil, sealed[1:], sealedFor(integration, id))
	if err != nil {
		return nil, ErrVault
	}
	secret, err := NewSecret(string(text))
	if err != nil {
		return nil, ErrVault
	}
	return secret, nil
}

// sealedFor is what a sealed secret is bound to.
func sealedFor(integration, id uuid.UUID) []byte {
	return slices.Concat([]byte("bonafide secret"), []byte{sealedFormat}, integration[:], id[:])
}

// Format writes "[vault]", whatever the verb and its flags.
func (Vault) Format(state fmt.State, _ rune) { io.WriteString(state, vaultRedacted) }

// MarshalText returns "[vault]", which is also what JSON, XML and slog then write.
func (Vault) MarshalText() ([]byte, error) { return []byte(vaultRedacted), nil }
