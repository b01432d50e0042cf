package auth

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// ErrUnknownKey says that a [Keyring] has no credential of that API key or integration.
var ErrUnknownKey = errors.New("auth: unknown key")

// Keyring finds credentials. A host implements it beside its own tables; [Ring] is the one in memory, and
// package keyringtest says whether an implementation keeps what follows.
//
// A credential is known from when the host adds it until the host removes it. A known one that may not be used
// for now is inactive, and is still known.
//
//   - A known credential MUST be found by its API key and by each of its integrations, its own and the flexible ones,
//     and all MUST return the same one. An inactive credential MUST be returned, with Active false and without an error.
//   - An API key, and an integration, own or flexible, belongs to one credential: what would give it to a second one
//     MUST be refused with [ErrDuplicateKey].
//   - For whatever is not known, the nil UUID included, both MUST return an error that wraps [ErrUnknownKey]. Any other
//     failure MUST NOT wrap it: a caller is refused for the one and asked to come again for the other.
//   - A returned credential MUST be valid, as [Credential.Validate] has it. Its secrets MUST be the live ones alone and
//     stand oldest first, Signing MUST be 0 unless the host named another secret, and Flexible MUST be as the host
//     has it.
//   - A returned credential MUST be the caller's own: what the caller does to its fields, and to the elements of
//     Secrets and Flexible, MUST NOT be seen by anybody else. The Secrets themselves never change and are shared; an
//     implementation SHOULD return the same *Secret for the same secret each time, because it holds prepared states.
//   - Both MUST be safe for concurrent use. Each call sees a credential as it was at one moment, never half of a
//     change, and a call that begins after a change has returned MUST see it, unless the host documents for how long
//     it may not.
//   - When ctx ends before the answer is known, the error MUST wrap that of ctx. An implementation that knows the
//     answer already MAY give it whatever the state of ctx.
//   - An error MUST NOT hold the text of a secret.
//
// API keys are public, so the time that a look-up takes may depend on them.
type Keyring interface {
	// ByKey returns the credential that the API key stands for. It is asked once for every request.
	ByKey(ctx context.Context, apiKey uuid.UUID) (Credential, error)

	// ByIntegration returns the credential whose key may act for the integration. That may be one of its Flexible
	// ones, so that its Integration is another. It is asked by work that has no request: webhooks.
	ByIntegration(ctx context.Context, id uuid.UUID) (Credential, error)
}
