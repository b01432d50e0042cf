package main

import (
	"context"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// directory answers from the roster that was read last. It is safe for concurrent use.
type directory struct{ atomic.Pointer[roster] }

var (
	_ session.Integrations = (*directory)(nil)
	_ auth.Keyring         = (*directory)(nil)
	_ session.Decider      = (*directory)(nil)
)

// Integration implements [session.Integrations].
func (d *directory) Integration(_ context.Context, id uuid.UUID) (session.Integration, error) {
	m, ok := d.Load().find(id)
	if !ok {
		return session.Integration{}, session.ErrNotFound
	}
	return m.Integration, nil
}

// ByKey implements [auth.Keyring].
func (d *directory) ByKey(ctx context.Context, apiKey uuid.UUID) (auth.Credential, error) {
	return d.Load().ring.ByKey(ctx, apiKey)
}

// ByIntegration implements [auth.Keyring].
func (d *directory) ByIntegration(ctx context.Context, id uuid.UUID) (auth.Credential, error) {
	return d.Load().ring.ByIntegration(ctx, id)
}

// Decide implements [session.Decider]: the sandbox decides in a sandbox, and elsewhere a human being.
func (d *directory) Decide(ctx context.Context, c session.Case) (decision.Verdict, error) {
	m, ok := d.Load().find(c.Integration)
	if !ok || !c.Sandbox {
		return session.Manual{}.Decide(ctx, c)
	}
	return session.Sandbox{FullAuto: m.fullAuto}.Decide(ctx, c)
}
