package auth

import (
	"context"
	"errors"
)

// ErrUnknownAPIKey says that [APIKeys] have no key of that hash, or an [APIKeyRing] none of that id.
var ErrUnknownAPIKey = errors.New("auth: unknown API key")

// APIKeys find the keys of Verifa's dialect. A host implements it beside its own tables; [APIKeyRing] is the one in
// memory, and package keyringtest says whether an implementation keeps what follows.
//
// A key is known from when the host adds it until the host removes it. One that may not be used for now, or any
// more, is known all the same.
//
//   - A known key MUST be found by its Hash, live or sandbox, secret or publishable. One that is not active, or has
//     expired, MUST be returned as it is and without an error: what it is answered is the caller's decision.
//   - For whatever is not known, the zero hash included, the error MUST wrap [ErrUnknownAPIKey]. Any other failure
//     MUST NOT wrap it: a caller is refused for the one and asked to come again for the other.
//   - A returned key MUST be valid, as [APIKey.Validate] has it, and each of its fields MUST be as the host has it. In
//     AllowedIPs and AllowedOrigins a list that is nil MUST stay nil, and one that is empty MUST stay empty: the one
//     allows all, and the other nobody.
//   - A returned key MUST be the caller's own: what the caller does to its lists MUST NOT be seen by anybody else.
//   - ByHash MUST be safe for concurrent use. Each call sees a key as it was at one moment, never half of a change, and
//     a call that begins after a change has returned MUST see it, unless the host documents for how long it may not.
//   - When ctx ends before the answer is known, the error MUST wrap that of ctx. An implementation that knows the
//     answer already MAY give it whatever the state of ctx.
//   - An implementation MUST NOT keep the text of a key, and is never handed one.
//
// The time that a look-up takes may depend on the hash: who can choose the hash's first bits by choosing texts has
// learnt nothing about the text of another key.
type APIKeys interface {
	// ByHash returns the key whose text has this SHA-256, see [ParseAPIKey]. It is asked once for every request.
	ByHash(ctx context.Context, hash [32]byte) (APIKey, error)
}
