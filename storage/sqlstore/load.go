package sqlstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Load finds one session and the parts that are asked for, in one read transaction.
func (s *Store) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	var r session.Record
	var err error
	if parts == 0 {
		if err = ctx.Err(); err == nil {
			err = s.glance(ctx, func(ctx context.Context, c Conn) (err error) {
				r.Session, err = s.find(ctx, c, ref)
				return err
			})
		}
	} else {
		err = s.read(ctx, func(ctx context.Context, c Conn) error {
			if r.Session, err = s.find(ctx, c, ref); err != nil {
				return err
			}
			return s.loadParts(ctx, c, &r, parts)
		})
	}
	if err != nil {
		return session.Record{}, s.wrap("load", err)
	}
	return r, nil
}

func (s *Store) find(ctx context.Context, c Conn, ref session.Ref) (session.Session, error) {
	query, id := s.queries.byID, ref.ID
	switch {
	case ref.Attempt != uuid.Nil:
		query, id = s.queries.byAttempt, ref.Attempt
	case ref.Media != uuid.Nil:
		query, id = s.queries.byMedia, ref.Media
	}
	found, ok, err := one(ctx, c, sessionFields, query, idOf(ref.Tenant), idOf(id))
	if err != nil {
		return session.Session{}, err
	}
	if !ok || !found.DeletedAt.IsZero() && !ref.Deleted {
		return session.Session{}, session.ErrNotFound
	}
	return found, nil
}

func (s *Store) loadParts(ctx context.Context, c Conn, r *session.Record, parts session.Parts) (err error) {
	id := idOf(r.Session.ID)
	if parts&session.PartAttempts != 0 && err == nil {
		r.Attempts, err = rows(ctx, c, attemptFields, s.queries.attempts, id)
	}
	if parts&session.PartDecisions != 0 && err == nil {
		r.Decisions, err = rows(ctx, c, decisionFields, s.queries.decisions, id)
	}
	if parts&session.PartMedia != 0 && err == nil {
		r.Media, err = rows(ctx, c, mediaFields, s.queries.media, id)
	}
	if parts&session.PartFindings != 0 && err == nil {
		r.Findings, err = rows(ctx, c, findingFields, s.queries.findings, id)
	}
	if parts&session.PartEvents != 0 && err == nil {
		r.Events, err = rows(ctx, c, listedEventFields, s.queries.events, id)
	}
	return err
}
