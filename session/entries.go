package session

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
)

// hosts reports whether entries of the kind are an adapter's or a host's own.
func (k EntryKind) hosts() bool { return k == EntryKey || strings.Contains(string(k), ".") }

// Entries lists entries of an adapter's or of the host's own, whose kind is [EntryKey] or has a full stop in it, of
// whatever tenant the query names, newest first. Of the query, At is the engine's time; N is 100 by default and at most
// 1,000.
//
// Errors: a *[FactsError] for a kind that is the engine's.
func (e *Engine) Entries(ctx context.Context, q EntryQuery) (_ []Entry, err error) {
	ctx, verb := e.observe(ctx, "entries")
	defer verb.done(&err)
	if !q.Kind.hosts() {
		return nil, &FactsError{"kind", FaultUnknown}
	}
	q.At, q.N = e.now(), min(orDefault(max(q.N, 0), 100), 1000)
	return e.store.Entries(ctx, q)
}

// PutEntry writes an entry of an adapter's or of the host's own, and in the same write a line of the log of the
// engine's integration's tenant that says what was done to which resource, as "api_key.created" and "api_key", whatever
// [Policy.Audit] says. Version 1 adds the entry, any other replaces the version before. The times of its creation and
// change are the engine's; all else is as given, and Body is kept in clear.
//
// Errors: a *[FactsError] for what is not acceptable; [ErrExists] when the ID or the Name is taken; [ErrNotFound] when
// there is nothing to replace; [ErrConflict] when it was replaced meanwhile.
func (e *Engine) PutEntry(ctx context.Context, entry Entry, what, resource string) (_ Entry, err error) {
	ctx, verb := e.observe(ctx, "put_entry")
	defer verb.done(&err)
	switch {
	case !entry.Kind.hosts():
		return Entry{}, &FactsError{"kind", FaultUnknown}
	case !strings.Contains(what, "."):
		return Entry{}, &FactsError{"what", FaultUnknown}
	case entry.ID == uuid.Nil:
		return Entry{}, &FactsError{"id", FaultMissing}
	}
	texts := []field{{"name", entry.Name, maxName}, {"what", what, maxName}, {"resource", resource, maxName}}
	if err := faultOf(texts); err != nil {
		return Entry{}, err
	}
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return Entry{}, err
	}
	err = e.logged(ctx, in, func(now time.Time) (AuditEntry, []Entry, error) {
		entry, err = e.placed(ctx, entry, now)
		return AuditEntry{What: what, Resource: resource, ResourceID: entry.ID.String()}, []Entry{entry}, err
	})
	if err != nil {
		return Entry{}, err
	}
	return entry, nil
}

// placed is an entry with its times, if there is a place for it: the store would only say that there is none.
func (e *Engine) placed(ctx context.Context, entry Entry, now time.Time) (Entry, error) {
	q := EntryQuery{Tenant: entry.Tenant, Sandbox: entry.Sandbox, Kind: entry.Kind}
	byID, byName := q, q
	byID.ID, byName.Name = entry.ID, entry.Name
	was, err := e.Entries(ctx, byID)
	if err != nil {
		return entry, err
	}
	if entry.Name != "" {
		named, err := e.Entries(ctx, byName)
		if err != nil {
			return entry, err
		}
		if len(named) > 0 && named[0].ID != entry.ID {
			return entry, ErrExists
		}
	}
	entry.CreatedAt, entry.UpdatedAt = now, now
	switch {
	case entry.Version == 1 && len(was) > 0:
		return entry, ErrExists
	case entry.Version == 1:
		return entry, nil
	case len(was) == 0:
		return entry, ErrNotFound
	case was[0].Version != entry.Version-1:
		return entry, ErrConflict
	}
	entry.CreatedAt = was[0].CreatedAt
	return entry, nil
}
