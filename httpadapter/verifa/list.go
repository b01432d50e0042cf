package verifa

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// listSessions: https://docs.withverifa.com/api-reference/sessions/list-sessions
func listSessions(x *exchange) error {
	q := x.query()
	p := q.page(50)
	list := session.List{After: p.after, Skip: p.offset, N: p.limit + 1}
	if name := q.text("status"); name != "" {
		if list.Status = statusesOf(name, x.key.Sandbox); list.Status == nil {
			q.fault("status", "must be "+oneOf(statusWords(x.key.Sandbox)...))
		}
	}
	ref, exact := q.text("external_ref"), q.text("q")
	if err := q.err(); err != nil {
		return err
	}
	found, total, err := x.searchFor(list, ref, exact)
	if err != nil {
		return err
	}
	shown, err := x.opened(found)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, listedOf(p, total, shown, func(s *session.Snapshot) uuid.UUID { return s.ID }, x.wholeOf))
}

// search finds the sessions of a list, and how many there are.
func (x *exchange) search(list session.List) (found []session.Session, total int, err error) {
	if total, err = x.engine.Count(x.r.Context(), list, maxTotal); err != nil {
		return nil, 0, err
	}
	found, err = x.engine.List(x.r.Context(), list)
	return found, total, err
}

// searchFor is search within the sessions of an external reference, and of one that is called exactly so, by its id or
// its external reference; empty: any.
func (x *exchange) searchFor(list session.List, ref, exact string) (found []session.Session, total int, err error) {
	if ref != "" {
		if list.Ref, err = x.refIndex(ref); err != nil {
			return nil, 0, err
		}
	}
	if exact == "" || exact == ref {
		return x.search(list)
	}
	if id, ok := parseID(prefixSession, exact); ok {
		if found, total, err = x.searchByID(list, id); err != nil || total > 0 {
			return found, total, err
		}
	}
	if ref != "" {
		return nil, 0, nil // it cannot have two
	}
	if list.Ref, err = x.refIndex(exact); err != nil {
		return nil, 0, err
	}
	return x.search(list)
}

// refIndex finds sessions by an external reference.
func (x *exchange) refIndex(ref string) (session.BlindIndex, error) {
	in, err := x.engine.Integration(x.r.Context())
	if err != nil {
		return session.BlindIndex{}, err
	}
	index := x.engine.RefIndex(in, ref)
	if index == (session.BlindIndex{}) {
		return index, session.ErrNoKey
	}
	return index, nil
}

// searchByID is the list of one session, if it is in the list.
func (x *exchange) searchByID(list session.List, id uuid.UUID) ([]session.Session, int, error) {
	s, err := x.silent().Get(x.r.Context(), id)
	switch {
	case errors.Is(err, session.ErrNotFound), errors.Is(err, session.ErrErased):
		return nil, 0, nil
	case err != nil:
		return nil, 0, err
	case list.Status != nil && !slices.Contains(list.Status, s.Status),
		list.Ref != (session.BlindIndex{}) && list.Ref != s.Ref:
		return nil, 0, nil
	case list.Skip > 0, list.After != uuid.Nil:
		return nil, 1, nil
	}
	return []session.Session{s.Session}, 1, nil
}

// opened are sessions with what is sealed in them, and that they were read is noted once.
func (x *exchange) opened(found []session.Session) (shown []*session.Snapshot, err error) {
	ctx := x.r.Context()
	for _, s := range found {
		snap, err := x.silent().Get(ctx, s.ID)
		if errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrErased) {
			snap, err = &session.Snapshot{Session: s}, nil // it went meanwhile; a list with fewer would look like its end
		}
		if err != nil {
			return nil, err
		}
		shown = append(shown, snap)
	}
	if len(shown) > 0 {
		names := make([]string, len(shown))
		for i, s := range shown {
			names[i] = idText(prefixSession, s.ID)
		}
		err = x.engine.RecordAudit(ctx, "api.sessions.list", "session", strings.Join(names, " "))
	}
	return shown, err
}

// silent is the engine without the request: what it reads is not noted, because it is noted otherwise.
func (x *exchange) silent() *session.Engine { return x.adapter.engine.For(x.key.Integration) }
