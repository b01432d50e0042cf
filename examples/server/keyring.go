package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// keepKeys has the keys of Verifa's language that the store knows be those of the roster: the others of its integrations
// are revoked, for every process at once. What changes is in the audit log.
func (s *server) keepKeys(ctx context.Context, r *roster) error {
	for _, key := range r.apiKeys {
		if err := unlessFirst(func() error { _, err := s.keys.Put(ctx, key); return err }); err != nil {
			return fmt.Errorf("the API key %s… cannot be kept: %w", key.Prefix, err)
		}
	}
	for _, m := range r.members {
		if m.Dialect != verifa.Dialect {
			continue
		}
		known, err := s.keys.List(ctx, m.ID)
		if err != nil {
			return err
		}
		for _, key := range known {
			if slices.ContainsFunc(r.apiKeys, func(k auth.APIKey) bool { return k.Hash == key.Hash }) {
				continue
			}
			if err := unlessFirst(func() error { return s.keys.Revoke(ctx, key.ID) }); err != nil {
				return fmt.Errorf("the API key %s… cannot be revoked: %w", key.Prefix, err)
			}
		}
	}
	return nil
}

// unlessFirst does it again when another process, which reads the same file at the same time, was first.
func unlessFirst(do func() error) (err error) {
	for range 3 {
		if err = do(); !errors.Is(err, session.ErrConflict) && !errors.Is(err, auth.ErrDuplicateAPIKey) {
			return err
		}
	}
	return err
}
