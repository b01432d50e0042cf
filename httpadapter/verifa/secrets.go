package verifa

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// EndpointSecrets are the secrets of the endpoints that clients add: what Verifa of package webhook signs with. Each
// endpoint has one. The zero value knows no endpoint before [EndpointSecrets.Use]: a sender is made before the engine
// that sends by it. It is safe for concurrent use.
type EndpointSecrets struct {
	engine atomic.Pointer[session.Engine]
	known  sync.Map // of *auth.Secret, by endpoint: one that lives on signs faster
}

// Secrets finds the secrets of the engine's stored endpoints.
func Secrets(engine *session.Engine) *EndpointSecrets {
	s := new(EndpointSecrets)
	s.Use(engine)
	return s
}

// Use has the secrets be those of the engine's stored endpoints, of whatever integration they are.
func (s *EndpointSecrets) Use(engine *session.Engine) { s.engine.Store(engine) }

// EndpointSecrets returns the endpoint's secret, and none for an endpoint that there is not. The store is asked each
// time, so that a secret that was replaced signs no more.
func (s *EndpointSecrets) EndpointSecrets(ctx context.Context, endpoint uuid.UUID) ([]*auth.Secret, error) {
	engine := s.engine.Load()
	if engine == nil {
		return nil, nil
	}
	text, err := engine.EndpointSecret(ctx, endpoint)
	if errors.Is(err, session.ErrNotFound) {
		s.known.Delete(endpoint)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if known, ok := s.known.Load(endpoint); ok && known.(*auth.Secret).Reveal() == text {
		return []*auth.Secret{known.(*auth.Secret)}, nil
	}
	secret, err := auth.NewSecret(text)
	if err != nil {
		return nil, err
	}
	s.known.Store(endpoint, secret)
	return []*auth.Secret{secret}, nil
}
