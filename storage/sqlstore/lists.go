package sqlstore

import (
	"context"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/bonafide-idv/bonafide/session"
)

// list is a statement that lists rows, newest first, and what it asks for: one range of one index.
type list struct {
	query string
	args  []any
}

// where narrows the list. An argument that is a slice stands for all its elements.
func (l *list) where(condition string, args ...any) {
	l.query += " AND " + condition
	l.args = append(l.args, args...)
}

// between narrows the list to a range of ids: not below one, and before the last of the page before.
func (l *list) between(from, after uuid.UUID) {
	if after == uuid.Nil {
		after = uuid.Max // which no id reaches
	}
	l.where("id >= ? AND id < ?", idOf(from), idOf(after))
}

// page reads so many rows of the list, after others that it passes over.
func page[T any](ctx context.Context, s *Store, l list, fields func(*T) []any, skip, n int) (found []T, err error) {
	query, args, err := sqlx.In(l.query+" ORDER BY id DESC LIMIT ? OFFSET ?", append(l.args, max(n, 0), max(skip, 0))...)
	if err != nil {
		return nil, err
	}
	query = sqlx.Rebind(s.dialect.engine.Bind, query)
	err = s.glance(ctx, func(ctx context.Context, c Conn) (err error) {
		found, err = rows(ctx, c, fields, query, args...)
		return err
	})
	return found, err
}

// bytesOf gives ids as the elements of a list in a statement.
func bytesOf(ids []uuid.UUID) [][]byte {
	out := make([][]byte, len(ids))
	for i := range ids {
		out[i] = ids[i][:]
	}
	return out
}

// Query lists sessions of one tenant, live or sandbox. By [session.Query].Ref it looks into an index of its own.
func (s *Store) Query(ctx context.Context, q session.Query) ([]session.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.wrap("query", err)
	}
	if q.Integrations != nil && len(q.Integrations) == 0 {
		return nil, nil
	}
	l, fields := list{s.queries.listSessions, []any{idOf(q.Tenant), flagOf(q.Sandbox)}}, sessionFields
	if q.Bare {
		l.query, fields = s.queries.listIDs, func(s *session.Session) []any { return []any{(*ident)(&s.ID)} }
	}
	if q.Ref != (session.BlindIndex{}) {
		l.where("ref = ?", (*perhaps)(&q.Ref))
	}
	if len(q.Status) > 0 {
		l.where("status IN (?)", q.Status)
	}
	if q.Integrations != nil {
		l.where("integration IN (?)", bytesOf(q.Integrations))
	}
	l.between(q.From, q.After)
	found, err := page(ctx, s, l, fields, q.Skip, q.N)
	return found, s.wrap("query", err)
}

// Deliveries lists the log of one tenant, live or sandbox.
func (s *Store) Deliveries(ctx context.Context, q session.DeliveryQuery) ([]session.Delivery, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.wrap("deliveries", err)
	}
	l := list{s.queries.listDeliveries, []any{idOf(q.Tenant), flagOf(q.Sandbox)}}
	if q.Session != uuid.Nil {
		l.where("session = ?", idOf(q.Session))
	}
	if q.Endpoint != uuid.Nil {
		l.where("endpoint = ?", idOf(q.Endpoint))
	}
	if q.State != "" {
		l.where("state = ?", q.State)
	}
	l.between(q.From, q.After)
	found, err := page(ctx, s, l, deliveryFields, q.Skip, q.N)
	return found, s.wrap("deliveries", err)
}

// Entries lists entries of one tenant, live or sandbox, and kind.
func (s *Store) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.wrap("entries", err)
	}
	l := list{s.queries.listEntries, []any{idOf(q.Tenant), flagOf(q.Sandbox), q.Kind}}
	if q.ID != uuid.Nil {
		l.where("id = ?", idOf(q.ID))
	}
	if q.Name != "" {
		l.where("name = ?", q.Name)
	}
	if q.Session != uuid.Nil {
		l.where("session = ?", idOf(q.Session))
	}
	if !q.At.IsZero() {
		l.where("(expires_at IS NULL OR expires_at > ?)", timeOf(q.At))
	}
	l.between(uuid.Nil, q.After)
	found, err := page(ctx, s, l, entryFields, 0, q.N)
	return found, s.wrap("entries", err)
}

// Events lists the listed events of one tenant's sessions, live or sandbox, deleted ones too.
func (s *Store) Events(ctx context.Context, q session.EventQuery) ([]session.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.wrap("events", err)
	}
	l := list{s.queries.listedEvents, []any{listOf(q.Tenant, q.Sandbox)}}
	if q.Session != uuid.Nil {
		l.where("session = ?", idOf(q.Session))
	}
	if len(q.Kinds) > 0 {
		l.where("kind IN (?)", q.Kinds)
	}
	l.between(q.From, q.After)
	found, err := page(ctx, s, l, listedEventFields, 0, q.N)
	return found, s.wrap("events", err)
}

// listOf names the list of a tenant's events, live or sandbox, as the rows of events do.
func listOf(tenant uuid.UUID, sandbox bool) []byte {
	name := append(make([]byte, 0, 17), tenant[:]...)
	if sandbox {
		return append(name, 1)
	}
	return append(name, 0)
}
