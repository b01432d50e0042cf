package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Audited is one thing that was done, as the audit log tells it.
type Audited struct {
	ID         uuid.UUID
	At         time.Time // when it took effect
	What       string    // the [EventKind] of a session's event, or what was noted, which has a full stop in it
	Resource   string    // [ResourceSession], or what was noted
	ResourceID string
	By         Actor // of a session's event
	About      About // who asked for it and how, as far as it is known
}

// ResourceSession is the [Audited.Resource] of what was done to a session.
const ResourceSession = "session"

// AuditList asks for a page of the audit log. Zero fields do not filter.
type AuditList struct {
	What       []string // any of these
	Resource   string
	ResourceID string
	From, To   time.Time // written from then on and before then, as ids tell it, to the millisecond
	After      uuid.UUID // the last id of the page before
	Skip       int       // so many are passed over first; at most [MaxSkip]
	N          int       // at most so many. Default: 100; at most 1,000
}

// AuditPage is a page of the audit log, newest first.
type AuditPage struct {
	Audited []Audited
	// Next is [AuditList.After] of the page that follows, where so much of the log was looked at that the page ends
	// before it is full; what was left of Skip then counts no more. Nil: a page that is not full is the last one.
	Next uuid.UUID
}

// maxLooked is how many lines of each of its two sources the audit log looks at for one page.
const maxLooked = 10_000

// Events lists what was done in the engine's integration's tenant, live or sandbox as that is, newest first:
// the events of all sessions that it finds, also deleted and redacted ones, where [Policy.Audit] was on when they
// happened; and the lines of the tenant's log of integrations whose sessions it finds. What several processes write at
// the same time may come into the list a moment late.
func (e *Engine) Events(ctx context.Context, l AuditList) (_ AuditPage, err error) {
	ctx, verb := e.observe(ctx, "events")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return AuditPage{}, err
	}
	n, skip := min(orDefault(max(l.N, 0), 100), 1000), min(max(l.Skip, 0), MaxSkip)
	list, left, err := e.happened(ctx, in, l, skip+n)
	if err != nil {
		return AuditPage{}, err
	}
	noted, unread, err := e.noted(ctx, in, l, skip+n)
	if err != nil {
		return AuditPage{}, err
	}
	if compareIDs(unread, left) > 0 {
		left = unread
	}
	// What is below could have something between from the source that was left off there.
	list = slices.DeleteFunc(append(list, noted...), func(a Audited) bool { return compareIDs(a.ID, left) < 0 })
	slices.SortFunc(list, func(a, b Audited) int { return compareIDs(b.ID, a.ID) })
	list = list[min(skip, len(list)):]
	if len(list) >= n {
		return AuditPage{Audited: list[:n]}, nil
	}
	return AuditPage{Audited: list, Next: left}, nil
}

// Event finds one thing of the audit log by its id.
//
// Errors: [ErrNotFound].
func (e *Engine) Event(ctx context.Context, id uuid.UUID) (_ Audited, err error) {
	ctx, verb := e.observe(ctx, "event")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return Audited{}, err
	}
	if id == uuid.Nil {
		return Audited{}, ErrNotFound
	}
	q := EventQuery{Tenant: in.Tenant, Sandbox: in.Sandbox, From: id, After: idNext(id), N: 1}
	events, err := e.store.Events(ctx, q)
	if err != nil {
		return Audited{}, err
	}
	if len(events) > 0 {
		if found, err := e.finder(ctx, in)(events[0].Session); err != nil || !found {
			return Audited{}, cmp.Or(err, ErrNotFound)
		}
		return auditedEvent(events[0]), nil
	}
	kept, err := e.store.Entries(ctx, EntryQuery{
		Tenant: in.Tenant, Sandbox: in.Sandbox, Kind: EntryAudit, ID: id, At: e.now(), N: 1,
	})
	if err != nil {
		return Audited{}, err
	}
	if len(kept) == 0 {
		return Audited{}, ErrNotFound
	}
	note, err := readNote(kept[0])
	if err != nil || !e.sees(ctx, in, note.Integration) {
		return Audited{}, cmp.Or(err, ErrNotFound)
	}
	return note.audited(), nil
}

// idNext is the lowest id that is higher.
func idNext(id uuid.UUID) uuid.UUID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]++; id[i] != 0 {
			break
		}
	}
	return id
}

// before is the id below which the page's are; nil: it begins with the newest.
func (l AuditList) before() uuid.UUID {
	if l.To.IsZero() {
		return l.After
	}
	end := FirstID(l.To)
	if l.After != uuid.Nil && compareIDs(l.After, end) < 0 {
		return l.After
	}
	return end
}

// idFrom is the lowest id from a time on; nil where that is zero.
func idFrom(at time.Time) uuid.UUID {
	if at.IsZero() {
		return uuid.Nil
	}
	return FirstID(at.Add(time.Millisecond - 1))
}

// happened are the newest n events of sessions that the list is for, and where it was left off when there was too much
// to look at.
func (e *Engine) happened(ctx context.Context, in Integration, l AuditList, n int) (list []Audited, left uuid.UUID, err error) {
	q := EventQuery{Tenant: in.Tenant, Sandbox: in.Sandbox, From: idFrom(l.From), After: l.before()}
	for _, what := range l.What {
		if !strings.Contains(what, ".") {
			q.Kinds = append(q.Kinds, EventKind(what))
		}
	}
	if l.Resource != "" && l.Resource != ResourceSession || len(l.What) > 0 && len(q.Kinds) == 0 {
		return nil, uuid.Nil, nil
	}
	if l.ResourceID != "" {
		if q.Session, err = uuid.Parse(l.ResourceID); err != nil || q.Session == uuid.Nil {
			return nil, uuid.Nil, nil
		}
	}
	finds := e.finder(ctx, in)
	for looked := 0; len(list) < n; looked += q.N {
		if looked >= maxLooked {
			return list, q.After, nil
		}
		q.N = min(n-len(list)+looked, 1000)
		page, err := e.store.Events(ctx, q)
		if err != nil {
			return nil, uuid.Nil, err
		}
		for _, ev := range page {
			found, err := finds(ev.Session)
			if err != nil {
				return nil, uuid.Nil, err
			}
			if found {
				list = append(list, auditedEvent(ev))
			}
		}
		if len(page) < q.N {
			break
		}
		q.After = page[len(page)-1].ID
	}
	return list, uuid.Nil, nil
}

// finder says of sessions of the tenant whether an integration finds them, or did while they were there.
func (e *Engine) finder(ctx context.Context, in Integration) func(id uuid.UUID) (bool, error) {
	known := map[uuid.UUID]bool{}
	return func(id uuid.UUID) (bool, error) {
		if found, ok := known[id]; ok {
			return found, nil
		}
		rec, err := e.store.Load(ctx, Ref{Tenant: in.Tenant, ID: id, Deleted: true}, 0)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return false, err
		}
		known[id] = err == nil && e.sees(ctx, in, rec.Session.Integration)
		return known[id], nil
	}
}

func auditedEvent(ev Event) Audited {
	a := Audited{
		ID: ev.ID, At: ev.At, What: string(ev.Kind), Resource: ResourceSession, ResourceID: ev.Session.String(), By: ev.By,
	}
	_ = json.Unmarshal(ev.About, &a.About) // what cannot be read says nothing
	return a
}

// noted are the newest n lines of the tenant's log that the list is for, and where it was left off.
func (e *Engine) noted(ctx context.Context, in Integration, l AuditList, n int) (list []Audited, left uuid.UUID, err error) {
	q := EntryQuery{Tenant: in.Tenant, Sandbox: in.Sandbox, Kind: EntryAudit, At: e.now(), After: l.before(), N: 1000}
	isNote := func(what string) bool { return strings.Contains(what, ".") }
	if l.Resource == ResourceSession || len(l.What) > 0 && !slices.ContainsFunc(l.What, isNote) {
		return nil, uuid.Nil, nil
	}
	from := idFrom(l.From)
	for looked := 0; len(list) < n; looked += q.N {
		if looked >= maxLooked {
			return list, q.After, nil
		}
		page, err := e.store.Entries(ctx, q)
		if err != nil {
			return nil, uuid.Nil, err
		}
		for _, kept := range page {
			if compareIDs(kept.ID, from) < 0 {
				return list, uuid.Nil, nil
			}
			note, err := readNote(kept)
			if err != nil {
				return nil, uuid.Nil, err
			}
			if l.wants(note) && len(list) < n && e.sees(ctx, in, note.Integration) {
				list = append(list, note.audited())
			}
		}
		if len(page) < q.N {
			break
		}
		q.After = page[len(page)-1].ID
	}
	return list, uuid.Nil, nil
}

// wants reports whether a line of the tenant's log is one that the list is for.
func (l AuditList) wants(a AuditEntry) bool {
	return (len(l.What) == 0 || slices.Contains(l.What, a.What)) && (l.Resource == "" || l.Resource == a.Resource) &&
		(l.ResourceID == "" || l.ResourceID == a.ResourceID)
}

func (a AuditEntry) audited() Audited {
	out := Audited{ID: a.ID, At: a.At, What: a.What, Resource: a.Resource, ResourceID: a.ResourceID}
	_ = json.Unmarshal(a.About, &out.About)
	return out
}
