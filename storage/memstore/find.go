package memstore

import (
	"context"
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
		out.Events = slices.Clone(r.Events)
	}
	return out, nil
}

// Query lists sessions. The ids of each status are kept in order, so that it looks at no more than N of each.
func (s *Store) Query(ctx context.Context, q session.Query) ([]session.Session, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []uuid.UUID
	for status, ids := range s.shelves[shelf{q.Tenant, q.Sandbox}] {
		if len(q.Status) == 0 || slices.Contains(q.Status, status) {
			found = append(found, newest(ids, q.After, q.N)...)
		}
	}
	slices.SortFunc(found, func(a, b uuid.UUID) int { return compareIDs(b, a) })
	found = found[:min(len(found), max(q.N, 0))]
	out := make([]session.Session, 0, len(found))
	for _, id := range found {
		out = append(out, copySession(s.sessions[id].Session))
	}
	return out, nil
}

// newest lists up to n ids below after, or from the end when after is nil, the largest first.
func newest(ids *ordered[uuid.UUID], after uuid.UUID, n int) (out []uuid.UUID) {
	for id := range ids.descend(after, after == uuid.Nil) {
		if len(out) >= n {
			break
		}
		out = append(out, id)
	}
	return out
}
