package memstore

import (
	"context"
	"iter"
	"slices"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Load finds a session by one of its names.
func (s *Store) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return session.Record{}, err
	}
	var r *row
	switch {
	case ref.ID != uuid.Nil:
		r = s.sessions[ref.ID]
	case ref.Attempt != uuid.Nil:
		r = s.attempts[ref.Attempt]
	case ref.Media != uuid.Nil:
		r = s.media[ref.Media]
	}
	if r == nil || r.Session.Tenant != ref.Tenant || !ref.Deleted && !r.Session.DeletedAt.IsZero() {
		return session.Record{}, session.ErrNotFound
	}
	out := session.Record{Session: copySession(r.Session)}
	if parts&session.PartAttempts != 0 {
		out.Attempts = slices.Clone(r.Attempts)
	}
	if parts&session.PartDecisions != 0 {
		out.Decisions = copyDecisions(r.Decisions)
	}
	if parts&session.PartMedia != 0 {
		out.Media = copyMedia(r.Media)
	}
	if parts&session.PartFindings != 0 {
		out.Findings = copyFindings(r.Findings)
	}
	if parts&session.PartEvents != 0 {
		out.Events = copyEvents(r.Events)
	}
	return out, nil
}

// Blobs answers which of the names media have.
func (s *Store) Blobs(ctx context.Context, names []string) (there []string, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, name := range names {
		if s.blobs[name] > 0 {
			there = append(there, name)
		}
	}
	return there, nil
}

// Query lists sessions. The ids of each integration and status are kept in order, and those of each external
// reference, so that it looks at no more than what it passes over and gives.
func (s *Store) Query(ctx context.Context, q session.Query) ([]session.Session, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ids := page(s.wanted(q), func(id uuid.UUID) uuid.UUID { return id }, q.From, q.Skip, q.N)
	out := make([]session.Session, len(ids))
	for i, id := range ids {
		if out[i].ID = id; !q.Bare {
			out[i] = copySession(s.sessions[id].Session)
		}
	}
	return out, nil
}

// wanted lists the ids of the sessions that a query is for, newest first.
func (s *Store) wanted(q session.Query) iter.Seq[uuid.UUID] {
	at := shelf{q.Tenant, q.Sandbox}
	wanted := func(l label) bool {
		return (len(q.Status) == 0 || slices.Contains(q.Status, l.status)) &&
			(q.Integrations == nil || slices.Contains(q.Integrations, l.integration))
	}
	if q.Ref == (session.BlindIndex{}) {
		return newest(s.shelves[at].where(wanted), q.After, q.After == uuid.Nil)
	}
	referred := s.refs.of(refShelf{at, q.Ref}).descend(q.After, q.After == uuid.Nil)
	return only(referred, func(id uuid.UUID) bool { return wanted(labelOf(s.sessions[id])) })
}
