package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// keyRow is a row of [wholeCredential]: a part of a credential, and the credential's own columns.
type keyRow struct {
	integration, apiKey uuid.UUID
	active              bool
	signing             uuid.UUID
	part, n             int64
	id                  uuid.UUID
	sealed              []byte
}

func keyRowFields(r *keyRow) []any {
	return []any{
		(*ident)(&r.integration), (*ident)(&r.apiKey), (*flag)(&r.active), (*ident)(&r.signing), &r.part, &r.n,
		(*ident)(&r.id), &r.sealed,
	}
}

// heldCredential is a credential and, in the order of its secrets, their ids.
type heldCredential struct {
	auth.Credential
	ids  []uuid.UUID
	last int64 // the number of the newest secret
}

// read finds a credential, opens its secrets, and answers ErrUnknownKey when there is none.
func (k *Keyring) read(ctx context.Context, c Conn, by lookup, id uuid.UUID) (heldCredential, error) {
	found, err := rows(ctx, c, keyRowFields, by.query, by.args(id)...)
	if err != nil {
		return heldCredential{}, err
	}
	if len(found) == 0 {
		return heldCredential{}, fmt.Errorf("%w: %s", auth.ErrUnknownKey, id)
	}
	held := heldCredential{Credential: auth.Credential{
		APIKey: found[0].apiKey, Integration: found[0].integration, Active: found[0].active,
	}}
	if !ownComesFirst(found) {
		return heldCredential{}, fmt.Errorf("the rows of integration %s are damaged", held.Integration)
	}
	var sealed []sealedSecret
	for _, row := range found[1:] {
		if row.part == 0 {
			held.Flexible = append(held.Flexible, row.id)
			continue
		}
		held.ids, held.last = append(held.ids, row.id), row.n
		sealed = append(sealed, sealedSecret{row.id, row.sealed})
	}
	held.Signing = slices.Index(held.ids, found[0].signing)
	if held.Secrets, err = k.prepared.open(held.Integration, sealed); err != nil {
		return heldCredential{}, fmt.Errorf("the secrets of integration %s: %w", held.Integration, err)
	}
	if err := held.Validate(); err != nil {
		return heldCredential{}, fmt.Errorf("the rows of integration %s: %w", held.Integration, err)
	}
	return held, nil
}

// ownComesFirst reports whether the own integration has the number 0, and no other row of an integration does.
func ownComesFirst(found []keyRow) bool {
	own := found[0]
	alone := len(found) == 1 || found[1].part != 0 || found[1].n > 0
	return own.part == 0 && own.n == 0 && own.id == own.integration && alone
}

// insert writes a new credential, until it finds one of its ids taken and answers errTaken.
func (k *Keyring) insert(ctx context.Context, c Conn, credential auth.Credential) error {
	ids := make([]uuid.UUID, len(credential.Secrets))
	for i := range ids {
		ids[i] = newSecretID()
	}
	own := credential.Integration
	err := add(ctx, c, k.queries.add, idOf(own), idOf(credential.APIKey), flagOf(credential.Active),
		idOf(ids[credential.Signing]))
	for n, integration := range credential.Integrations() {
		if err == nil {
			err = add(ctx, c, k.queries.addIntegration, idOf(integration), idOf(own), n)
		}
	}
	for n, secret := range credential.Secrets {
		if err == nil {
			err = k.insertSecret(ctx, c, own, ids[n], int64(n), secret)
		}
	}
	return err
}

// update writes what is different in the secrets of next, which has the held credential's ids.
func (k *Keyring) update(ctx context.Context, c Conn, held heldCredential, next auth.Credential) error {
	for i, secret := range held.Secrets {
		if slices.ContainsFunc(next.Secrets, secret.Equal) {
			continue
		}
		if _, err := c.ExecContext(ctx, k.queries.revokeSecret, idOf(held.ids[i])); err != nil {
			return err
		}
	}
	ids := make([]uuid.UUID, len(next.Secrets))
	for i, secret := range next.Secrets {
		if at := slices.IndexFunc(held.Secrets, secret.Equal); at >= 0 {
			ids[i] = held.ids[at]
			continue
		}
		held.last++
		ids[i] = newSecretID()
		if err := k.insertSecret(ctx, c, held.Integration, ids[i], held.last, secret); err != nil {
			return err
		}
	}
	_, err := c.ExecContext(ctx, k.queries.setSigning, idOf(ids[next.Signing]), idOf(held.Integration))
	return err
}

// newSecretID gives an id of no secret before: rows and what is prepared are told apart by it.
func newSecretID() uuid.UUID { return session.NewID(time.Now()) }

func (k *Keyring) insertSecret(ctx context.Context, c Conn, integration, id uuid.UUID, n int64,
	secret *auth.Secret) error {
	sealed := k.vault.Seal(secret, integration, id)
	_, err := c.ExecContext(ctx, k.queries.addSecret, idOf(id), idOf(integration), n, sealed)
	return err
}
