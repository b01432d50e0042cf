package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// Keyring is an [auth.Keyring] in the database of a [Store], with the verbs by which the host changes it; it is
// made by [Store.Keyring]. It is safe for concurrent use, and any number of Keyrings, in any number of processes,
// may work on one database: a change is seen by every call that begins after it has returned, wherever it was
// made. In memory are only prepared secrets, by their ids; that they are live is read each time.
//
// A change does all or nothing. What it refuses has the errors of package auth. Any other error says that the
// database failed, and then wraps [session.ErrUnknown] when the change may have been made all the same.
//
// A credential whose rows are damaged, or whose secrets another key has sealed, is found by no look-up, and is not
// unknown either: the error is another. SetActive and Remove read no more of it than they must, so that it can be
// switched off and removed as long as one of its integrations names it.
type Keyring struct {
	store    *Store // for its transactions
	queries  keyringQueries
	vault    *auth.Vault
	prepared *prepared
}

var _ auth.Keyring = (*Keyring)(nil)

// Keyring makes a Keyring on the Store's database, whose writers stand in one line with those of the Store. The
// vault seals the secrets; without one Keyring fails. All Keyrings on a database must have vaults of one key: a
// credential whose secrets another key has sealed is answered with [auth.ErrVault].
//
// The Keyring of a Store that [Store.Tx] gave is within the host's transaction, so that a key and a row of the
// host's are written together or not at all. What is said there holds here: a refused change leaves no trace and
// does not spoil the transaction, for which [Keyring.Add] uses the savepoint too, and after any other error the
// host must roll back, perhaps to run it again.
func (s *Store) Keyring(vault *auth.Vault) (*Keyring, error) {
	if vault == nil {
		return nil, errors.New("sqlstore: a keyring needs a vault")
	}
	return &Keyring{store: s, queries: newKeyringQueries(s.dialect), vault: vault, prepared: newPrepared(vault)}, nil
}

// ByKey implements [auth.Keyring]. It is one statement.
func (k *Keyring) ByKey(ctx context.Context, apiKey uuid.UUID) (auth.Credential, error) {
	return k.find(ctx, "find an API key", k.queries.byKey, apiKey)
}

// ByIntegration implements [auth.Keyring]. It is one statement.
func (k *Keyring) ByIntegration(ctx context.Context, id uuid.UUID) (auth.Credential, error) {
	return k.find(ctx, "find an integration", k.queries.byIntegration, id)
}

func (k *Keyring) find(ctx context.Context, what string, by lookup, id uuid.UUID) (auth.Credential, error) {
	if err := ctx.Err(); err != nil {
		return auth.Credential{}, k.store.wrap(what, err)
	}
	var found heldCredential
	err := k.store.glance(ctx, func(ctx context.Context, c Conn) (err error) {
		found, err = k.read(ctx, c, by, id)
		return err
	})
	if err != nil && !errors.Is(err, auth.ErrUnknownKey) {
		err = cmp.Or(ctx.Err(), err)
	}
	if err != nil {
		return auth.Credential{}, k.store.wrap(what, err)
	}
	return found.Credential, nil
}

// Add makes the credential known. It fails with what [auth.Credential.Validate] finds wrong, or with
// [auth.ErrDuplicateKey] when the API key or one of the integrations, own or flexible, belongs to another
// credential.
func (k *Keyring) Add(ctx context.Context, credential auth.Credential) error {
	err := credential.Validate()
	if err == nil {
		err = k.store.write(ctx, func(ctx context.Context, c Conn) error {
			insert := func() error { return k.insert(ctx, c, credential) }
			if k.store.tx == nil {
				return insert() // undone with its transaction
			}
			return undoable(ctx, c, insert)
		})
	}
	if errors.Is(err, errTaken) {
		err = auth.ErrDuplicateKey
	}
	return k.store.wrap("add a credential", err)
}

// Remove makes the credential of the integration unknown, with its API key, all of its integrations and its
// secrets. It fails with [auth.ErrUnknownKey]. Here and in the methods below any integration of the credential
// names it, a flexible one too.
func (k *Keyring) Remove(ctx context.Context, integration uuid.UUID) error {
	var own uuid.UUID
	err := k.store.write(ctx, func(ctx context.Context, c Conn) (err error) {
		if own, err = k.lock(ctx, c, integration); err != nil {
			return err
		}
		for _, query := range k.queries.remove {
			if _, err := c.ExecContext(ctx, query, idOf(own)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		k.prepared.forget(own)
	}
	return k.store.wrap("remove a credential", err)
}

// AddSecret makes secret the newest live secret, as [auth.Credential.WithSecret] has it. It fails with
// [auth.ErrUnknownKey], or as that does.
func (k *Keyring) AddSecret(ctx context.Context, integration uuid.UUID, secret *auth.Secret) error {
	return k.change(ctx, "add a secret", integration, func(c auth.Credential) (auth.Credential, error) {
		return c.WithSecret(secret)
	})
}

// RevokeSecret takes the secret of the same text from the live ones, as [auth.Credential.WithoutSecret] has it:
// from now on it verifies nothing, in any process. It fails with [auth.ErrUnknownKey], or as that does.
func (k *Keyring) RevokeSecret(ctx context.Context, integration uuid.UUID, secret *auth.Secret) error {
	return k.change(ctx, "revoke a secret", integration, func(c auth.Credential) (auth.Credential, error) {
		return c.WithoutSecret(secret)
	})
}

// SignWith makes the live secret of the same text the signing one, as [auth.Credential.SigningWith] has it. It
// fails with [auth.ErrUnknownKey], or as that does.
func (k *Keyring) SignWith(ctx context.Context, integration uuid.UUID, secret *auth.Secret) error {
	return k.change(ctx, "sign with a secret", integration, func(c auth.Credential) (auth.Credential, error) {
		return c.SigningWith(secret)
	})
}

// SetActive says whether the credential may be used. It fails with [auth.ErrUnknownKey].
func (k *Keyring) SetActive(ctx context.Context, integration uuid.UUID, active bool) error {
	err := k.store.write(ctx, func(ctx context.Context, c Conn) error {
		own, err := k.lock(ctx, c, integration)
		if err == nil {
			_, err = c.ExecContext(ctx, k.queries.setActive, flagOf(active), idOf(own))
		}
		return err
	})
	return k.store.wrap("set active", err)
}

// change writes what edit makes of the credential's secrets, beside which nobody else changes it.
func (k *Keyring) change(ctx context.Context, what string, integration uuid.UUID,
	edit func(auth.Credential) (auth.Credential, error)) error {
	err := k.store.write(ctx, func(ctx context.Context, c Conn) error {
		own, err := k.lock(ctx, c, integration)
		if err != nil {
			return err
		}
		held, err := k.read(ctx, c, k.queries.byIntegration, own)
		if err != nil {
			return err
		}
		next, err := edit(held.Credential)
		if err != nil {
			return err
		}
		return k.update(ctx, c, held, next)
	})
	return k.store.wrap(what, err)
}

// lock gives the own integration of the credential that has this one, and locks it where the dialect has such
// locks.
func (k *Keyring) lock(ctx context.Context, c Conn, integration uuid.UUID) (uuid.UUID, error) {
	own, ok, err := one(ctx, c, idFields, k.queries.lock.query, k.queries.lock.args(integration)...)
	if err == nil && !ok {
		err = fmt.Errorf("%w: integration %s", auth.ErrUnknownKey, integration)
	}
	return own, err
}
