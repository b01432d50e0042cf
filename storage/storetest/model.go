package storetest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// model is the contract of a store, said as plainly as can be: lists, looked through from end to end.
type model struct {
	sessions map[uuid.UUID]*kept
	entries  []session.Entry
	permits  map[string]window
}

func newModel() *model { return &model{sessions: map[uuid.UUID]*kept{}, permits: map[string]window{}} }

func (m *model) apply(c session.Change) error {
	c = clone(c)
	r := m.sessions[c.Session.ID]
	switch {
	case c.Session.ID == uuid.Nil:
	case c.Base == 0 && r != nil:
		return session.ErrExists
	case c.Base != 0 && (r == nil || r.Record.Session.Tenant != c.Session.Tenant):
		return session.ErrNotFound
	case c.Base != 0 && r.Record.Session.Version != c.Base:
		return session.ErrConflict
	case m.taken(c):
		return session.ErrExists
	}
	if m.clash(c.Entries) {
		return session.ErrConflict
	}
	if refused := m.take(c.Permits); refused != nil {
		return refused
	}
	if c.Session.ID != uuid.Nil {
		if r == nil {
			r = &kept{}
			m.sessions[c.Session.ID] = r
		}
		r.erase(c.Withdraw, c.Erase)
		r.Record.Media = slices.DeleteFunc(r.Record.Media, func(m session.Media) bool { return slices.Contains(c.Replaced, m.ID) })
		r.write(c)
		m.eraseEntries(c.Session.ID, c.Erase)
	}
	m.writeEntries(c.Entries)
	return nil
}

// taken reports whether the change adds a part whose id is there, or adds one twice.
func (m *model) taken(c session.Change) bool {
	there, own := map[uuid.UUID]bool{}, map[uuid.UUID]bool{} // in any session, and in this one
	attempts := map[uuid.UUID]bool{}
	for id, r := range m.sessions {
		mine := id == c.Session.ID
		for _, a := range r.Record.Attempts {
			attempts[a.ID] = !mine
		}
		for _, p := range r.Record.Media {
			there[p.ID] = !mine || c.Erase&session.EraseMedia == 0 && !slices.Contains(c.Replaced, p.ID)
		}
		for _, d := range r.Deliveries {
			there[d.ID] = true
		}
		for _, d := range r.Record.Decisions {
			own[d.ID] = own[d.ID] || mine
		}
		for _, f := range r.Record.Findings {
			own[f.ID] = own[f.ID] || mine
		}
		for _, e := range r.Record.Events {
			own[e.ID] = own[e.ID] || mine
		}
	}
	twice := func(ids map[uuid.UUID]bool, id uuid.UUID) bool {
		was := ids[id]
		ids[id] = true
		return was
	}
	return slices.ContainsFunc(c.Attempts, func(a session.Attempt) bool { return attempts[a.ID] }) ||
		slices.ContainsFunc(c.Media, func(p session.Media) bool { return twice(there, p.ID) }) ||
		slices.ContainsFunc(c.Deliveries, func(d session.Delivery) bool { return twice(there, d.ID) }) ||
		slices.ContainsFunc(c.Decisions, func(d session.Decision) bool { return twice(own, d.ID) }) ||
		slices.ContainsFunc(c.Findings, func(f session.Finding) bool { return twice(own, f.ID) }) ||
		slices.ContainsFunc(c.Events, func(e session.Event) bool { return twice(own, e.ID) })
}

// take takes all permits or none.
func (m *model) take(permits []session.Permit) (refused *session.RateError) {
	after := maps.Clone(m.permits)
	for _, p := range permits {
		w := slices.Clone(after[p.Key])
		if r := w.take(p); r != nil && (refused == nil || r.Retry.After(refused.Retry)) {
			refused = r
		}
		after[p.Key] = w
	}
	if refused == nil {
		m.permits = after
	}
	return refused
}

func (r *kept) erase(withdraw bool, erase session.Erase) {
	for i := range r.Deliveries {
		d := &r.Deliveries[i]
		if withdraw && d.State == session.DeliveryHeld {
			d.State, d.DueAt, d.Body = session.DeliveryWithdrawn, time.Time{}, nil
		}
		if erase&session.EraseSealed != 0 && d.Personal {
			d.Body = nil
			if d.State.Pending() {
				d.State, d.DueAt = session.DeliveryErased, time.Time{}
			}
		}
	}
	if erase&session.EraseSealed != 0 {
		for i := range r.Record.Decisions {
			r.Record.Decisions[i].Sealed = nil
		}
		for i := range r.Record.Media {
			r.Record.Media[i].Sealed = nil
		}
		for i := range r.Record.Findings {
			r.Record.Findings[i].Sealed = nil
		}
	}
	if erase&session.EraseMedia != 0 {
		r.Record.Media = nil
	}
}

func (r *kept) write(c session.Change) {
	old := r.Record.Session
	if !c.Keep {
		r.Record.Session = c.Session
		r.Record.Session.Version = old.Version + 1
	}
	r.Record.Session.ActiveAt = old.ActiveAt
	if c.Session.ActiveAt.After(old.ActiveAt) {
		r.Record.Session.ActiveAt = c.Session.ActiveAt
	}
	r.Record.Events = append(r.Record.Events, chained(old, c.Events)...)
	r.Record.Session.Seq = old.Seq + int64(len(c.Events))
	r.Record.Session.Head = headAfter(old, c.Events)
	for _, a := range c.Attempts {
		r.Record.Attempts = slices.DeleteFunc(r.Record.Attempts, func(o session.Attempt) bool { return o.ID == a.ID })
	}
	r.Record.Attempts = append(r.Record.Attempts, c.Attempts...)
	r.Record.Decisions = append(r.Record.Decisions, c.Decisions...)
	r.Record.Media = append(r.Record.Media, c.Media...)
	r.Record.Findings = append(r.Record.Findings, c.Findings...)
	for _, d := range c.Deliveries {
		for _, e := range r.Record.Events {
			if e.ID == d.Event {
				d.Seq = e.Seq
			}
		}
		r.Deliveries = append(r.Deliveries, d)
	}
	slices.SortFunc(r.Record.Attempts, func(a, b session.Attempt) int { return cmp.Compare(a.N, b.N) })
	slices.SortFunc(r.Record.Decisions, func(a, b session.Decision) int { return cmp.Compare(a.N, b.N) })
	slices.SortFunc(r.Record.Media, func(a, b session.Media) int { return compareIDs(a.ID, b.ID) })
	slices.SortFunc(r.Record.Findings, func(a, b session.Finding) int { return compareIDs(a.ID, b.ID) })
	slices.SortFunc(r.Deliveries, func(a, b session.Delivery) int { return compareIDs(b.ID, a.ID) })
}

// all lists every session, newest first.
func (m *model) all() (out []session.Session) {
	for _, r := range m.sessions {
		out = append(out, clone(r.Record.Session))
	}
	slices.SortFunc(out, func(a, b session.Session) int { return compareIDs(b.ID, a.ID) })
	return out
}

// log lists every delivery, newest first.
func (m *model) log() (out []session.Delivery) {
	for _, r := range m.sessions {
		out = append(out, clone(r.Deliveries)...)
	}
	slices.SortFunc(out, func(a, b session.Delivery) int { return compareIDs(b.ID, a.ID) })
	return out
}

func (m *model) sweep(now time.Time, n int, tick func(session.Session) (session.Change, bool)) (done int, next time.Time) {
	due := slices.DeleteFunc(m.all(), func(s session.Session) bool { return s.DueAt.IsZero() || s.DueAt.After(now) })
	slices.SortFunc(due, func(a, b session.Session) int { return a.DueAt.Compare(b.DueAt) })
	for _, s := range due[:min(n, len(due))] {
		if c, ok := tick(s); ok && m.apply(c) == nil {
			done++
		}
	}
	var alarms []time.Time
	for _, s := range m.all() {
		alarms = append(alarms, s.DueAt)
	}
	return done, earliest(alarms)
}

// earliest is the first of the times that is not zero; zero when there is none.
func earliest(times []time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

func (m *model) load(ref session.Ref, parts session.Parts) (out session.Record, err error) {
	for _, r := range m.sessions {
		s := r.Record.Session
		named := s.ID == ref.ID ||
			slices.ContainsFunc(r.Record.Attempts, func(a session.Attempt) bool { return a.ID == ref.Attempt }) ||
			slices.ContainsFunc(r.Record.Media, func(m session.Media) bool { return m.ID == ref.Media })
		if !named || s.Tenant != ref.Tenant || !s.DeletedAt.IsZero() && !ref.Deleted {
			continue
		}
		out = clone(r.Record)
		if parts&session.PartAttempts == 0 {
			out.Attempts = nil
		}
		if parts&session.PartDecisions == 0 {
			out.Decisions = nil
		}
		if parts&session.PartMedia == 0 {
			out.Media = nil
		}
		if parts&session.PartFindings == 0 {
			out.Findings = nil
		}
		if parts&session.PartEvents == 0 {
			out.Events = nil
		}
		return out, nil
	}
	return out, session.ErrNotFound
}

func (m *model) blobs(names []string) (there []string) {
	for _, name := range names {
		for _, r := range m.sessions {
			if slices.ContainsFunc(r.Record.Media, func(m session.Media) bool { return m.Blob == name }) {
				there = append(there, name)
				break
			}
		}
	}
	return there
}

func (m *model) query(q session.Query) (out []session.Session) {
	for _, s := range m.all() {
		if s.Tenant == q.Tenant && s.Sandbox == q.Sandbox && s.DeletedAt.IsZero() &&
			(len(q.Status) == 0 || slices.Contains(q.Status, s.Status)) &&
			(q.Integrations == nil || slices.Contains(q.Integrations, s.Integration)) &&
			(q.Ref == session.BlindIndex{} || s.Ref == q.Ref) && between(s.ID, q.From, q.After) {
			if q.Bare {
				s = session.Session{ID: s.ID}
			}
			out = append(out, s)
		}
	}
	return cut(out, q.Skip, q.N)
}

// between reports whether an id is not below from, and below after unless that is nil.
func between(id, from, after uuid.UUID) bool {
	return compareIDs(id, from) >= 0 && (after == uuid.Nil || compareIDs(id, after) < 0)
}

// cut passes over so many rows, and gives at most n.
func cut[T any](rows []T, skip, n int) []T {
	rows = rows[min(skip, len(rows)):]
	return rows[:min(n, len(rows))]
}

// claim gives the claimed in the order of DueAt and ID.
func (m *model) claim(now, until time.Time, n int, except []uuid.UUID) (claimed []session.Delivery, next time.Time) {
	var left []time.Time
	log := m.log()
	slices.SortFunc(log, byDue)
	for _, d := range log {
		switch {
		case !d.State.Pending():
		case d.DueAt.After(now) || slices.Contains(except, d.Endpoint) || len(claimed) >= n || blocked(d, log, now):
			left = append(left, d.DueAt)
		default:
			d.Claims++
			d.DueAt = until
			*m.find(d.ID) = clone(d)
			claimed = append(claimed, d)
		}
	}
	return claimed, earliest(left)
}

// blocked reports whether the log has an earlier delivery that must leave first.
func blocked(d session.Delivery, log []session.Delivery, now time.Time) bool {
	return slices.ContainsFunc(log, func(e session.Delivery) bool {
		return e.Session == d.Session && e.Endpoint == d.Endpoint && e.Seq < d.Seq &&
			e.State.Pending() && (e.Last.At.IsZero() || !e.DueAt.After(now))
	})
}

// find gives the delivery in its place; nil when it is not there.
func (m *model) find(id uuid.UUID) *session.Delivery {
	for _, r := range m.sessions {
		for i := range r.Deliveries {
			if r.Deliveries[i].ID == id {
				return &r.Deliveries[i]
			}
		}
	}
	return nil
}

func (m *model) settle(done session.Delivery) error {
	d := m.find(done.ID)
	switch {
	case d == nil:
		return session.ErrNotFound
	case !d.State.Pending() || d.Claims != done.Claims:
		return session.ErrConflict
	}
	d.State, d.DueAt, d.Tries, d.Last = done.State, done.DueAt, done.Tries, done.Last
	return nil
}

func (m *model) deliveries(q session.DeliveryQuery) (out []session.Delivery) {
	for _, d := range m.log() {
		if d.Tenant == q.Tenant && d.Sandbox == q.Sandbox && (q.Session == uuid.Nil || d.Session == q.Session) &&
			(q.Endpoint == uuid.Nil || d.Endpoint == q.Endpoint) && (q.State == "" || d.State == q.State) &&
			between(d.ID, q.From, q.After) {
			out = append(out, d)
		}
	}
	return cut(out, q.Skip, q.N)
}
