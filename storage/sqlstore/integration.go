package sqlstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Integration gives the id of the integration that has this API key, and makes it when there is none yet:
// a second start of a program, or a second process, finds what the first one made. Of the key only the
// SHA-256 is kept. Each integration made so is a tenant of its own, whose id is the integration's.
func (s *Store) Integration(ctx context.Context, apiKey uuid.UUID, now time.Time) (uuid.UUID, error) {
	if err := ctx.Err(); err != nil {
		return uuid.Nil, s.wrap("integration", err)
	}
	hash := sha256.Sum256(apiKey[:])
	var id uuid.UUID
	var ok bool
	err := s.glance(ctx, func(ctx context.Context, c Conn) (err error) {
		id, ok, err = one(ctx, c, idFields, s.queries.integration, hash[:])
		return err
	})
	if err != nil || ok {
		return id, s.wrap("integration", err)
	}
	err = s.write(ctx, func(ctx context.Context, c Conn) error {
		made := session.NewID(now)
		_, err := c.ExecContext(ctx, s.queries.addIntegration, idOf(made), idOf(made), hash[:], timeOf(now))
		if err != nil {
			return err
		}
		// Somebody else may have made it since the first look.
		if id, ok, err = one(ctx, c, idFields, s.queries.integration, hash[:]); err == nil && !ok {
			err = errors.New("the row that was written is not there")
		}
		return err
	})
	return id, s.wrap("integration", err)
}
