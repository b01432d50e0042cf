package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// living reports whether an entry is there at a time.
func living(e session.Entry, at time.Time) bool {
	return e.ExpiresAt.IsZero() || at.Before(e.ExpiresAt)
}

// namesakes reports whether two entries cannot both be there.
func namesakes(a, b session.Entry) bool {
	return a.Name != "" && a.Name == b.Name && a.Tenant == b.Tenant && a.Sandbox == b.Sandbox && a.Kind == b.Kind
}

// clash reports whether entries cannot be written, all of them, over what is there.
func (m *model) clash(added []session.Entry) bool {
	for i, e := range added {
		if slices.ContainsFunc(added[:i], func(o session.Entry) bool { return o.ID == e.ID || namesakes(o, e) }) {
			return true
		}
		before := slices.IndexFunc(m.entries, func(o session.Entry) bool { return o.ID == e.ID })
		if e.Version == 1 && before >= 0 || e.Version != 1 && (before < 0 || !follows(e, m.entries[before])) {
			return true
		}
		if slices.ContainsFunc(m.entries, func(o session.Entry) bool {
			return o.ID != e.ID && namesakes(o, e) && living(o, e.CreatedAt)
		}) {
			return true
		}
	}
	return false
}

// follows reports whether an entry may replace another.
func follows(e, before session.Entry) bool {
	return e.Version == before.Version+1 && e.Tenant == before.Tenant && e.Sandbox == before.Sandbox && e.Kind == before.Kind
}

// writeEntries adds and replaces entries. What has expired stays, unless its name is wanted: nobody can see it.
func (m *model) writeEntries(added []session.Entry) {
	for _, e := range added {
		m.entries = slices.DeleteFunc(m.entries, func(o session.Entry) bool { return o.ID == e.ID || namesakes(o, e) })
		m.entries = append(m.entries, e)
	}
}

func (m *model) eraseEntries(id uuid.UUID, erase session.Erase) {
	for i := range m.entries {
		if m.entries[i].Session == id && erase&session.EraseSealed != 0 {
			m.entries[i].Body = nil
		}
	}
}

func (m *model) entriesOf(q session.EntryQuery) (out []session.Entry) {
	for _, e := range m.entries {
		if e.Tenant == q.Tenant && e.Sandbox == q.Sandbox && e.Kind == q.Kind && living(e, q.At) &&
			(q.ID == uuid.Nil || e.ID == q.ID) && (q.Name == "" || e.Name == q.Name) &&
			(q.Session == uuid.Nil || e.Session == q.Session) && between(e.ID, uuid.Nil, q.After) {
			out = append(out, clone(e))
		}
	}
	slices.SortFunc(out, func(a, b session.Entry) int { return compareIDs(b.ID, a.ID) })
	return cut(out, 0, q.N)
}

func (m *model) events(q session.EventQuery) (out []session.Event) {
	for _, r := range m.sessions {
		s := r.Record.Session
		if s.Tenant != q.Tenant || s.Sandbox != q.Sandbox || q.Session != uuid.Nil && s.ID != q.Session {
			continue
		}
		for _, e := range r.Record.Events {
			if e.Listed && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, e.Kind)) && between(e.ID, q.From, q.After) {
				out = append(out, clone(e))
			}
		}
	}
	slices.SortFunc(out, func(a, b session.Event) int { return compareIDs(b.ID, a.ID) })
	return cut(out, 0, q.N)
}
