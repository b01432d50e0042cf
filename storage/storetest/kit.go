package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// all asks Load for every part.
const all = session.PartAttempts | session.PartDecisions | session.PartMedia | session.PartFindings | session.PartEvents

// many is more than any case stores.
const many = 10_000

// teller is what of a testing.T the kit needs; a rapid.T is one too.
type teller interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// kit is a store under test, with a tenant and a clock of its own, and short words for what the cases do.
type kit struct {
	teller
	store       session.Store
	ctx         context.Context
	tenant      uuid.UUID
	integration uuid.UUID
	now         time.Time
	ids         *atomic.Uint64
}

func newKit(t *testing.T, store session.Store) *kit { return kitOf(t, t.Context(), store) }

func kitOf(t teller, ctx context.Context, store session.Store) *kit {
	k := &kit{teller: t, store: store, ctx: ctx, ids: new(atomic.Uint64)}
	k.now = time.Date(2031, 2, 28, 23, 59, 58, 123456000, time.UTC)
	k.tenant, k.integration = k.id(), k.id()
	return k
}

// id makes the next id, larger than those before. The first ones lie on both sides of the sign bit of
// the first byte, for stores that compare bytes as numbers.
func (k *kit) id() uuid.UUID {
	var id uuid.UUID
	n := k.ids.Add(1)
	binary.BigEndian.PutUint64(id[:], (1<<47-12+n)<<16|0x4000)
	binary.BigEndian.PutUint64(id[8:], 1<<63|(n*0x9e3779b97f4a7c15)>>2)
	return id
}

// in is the time d from now.
func (k *kit) in(d time.Duration) time.Time { return k.now.Add(d) }

// other is the same store as another tenant sees it.
func (k *kit) other() *kit {
	o := *k
	o.tenant = k.id()
	return &o
}

// create is the change that makes a new session, with its first attempt and event, and no alarm.
func (k *kit) create() session.Change {
	s := session.Session{
		ID: k.id(), Tenant: k.tenant, Integration: k.integration, Status: session.StatusCreated, AttemptID: k.id(), AttemptN: 1,
		CreatedAt: k.now, UpdatedAt: k.now, ActiveAt: k.now, ExpiresAt: k.in(7 * 24 * time.Hour),
		Key: []byte{1}, Sealed: []byte("sealed facts"),
	}
	c := session.Change{ID: k.id(), Session: s, Attempts: []session.Attempt{{
		ID: s.AttemptID, Session: s.ID, N: 1, Status: session.StatusCreated, CreatedAt: k.now,
	}}}
	k.addEvent(&c, session.EventCreated)
	return c
}

// change is a change of a session as it was read: it is started, and has one event.
func (k *kit) change(s session.Session) session.Change {
	c := session.Change{ID: k.id(), Base: s.Version, Session: s}
	c.Session.Status = session.StatusStarted
	c.Session.UpdatedAt = s.UpdatedAt.Add(time.Second)
	k.addEvent(&c, session.EventStarted)
	return c
}

// keep is a change that keeps the version and adds a medium.
func (k *kit) keep(s session.Session) session.Change {
	c := k.change(s)
	c.Keep = true
	c.Session.ActiveAt = c.Session.UpdatedAt
	k.addMedia(&c)
	return c
}

func (k *kit) addEvent(c *session.Change, kind session.EventKind) uuid.UUID {
	id := k.id()
	c.Events = append(c.Events, session.Event{
		ID: id, Session: c.Session.ID, Change: c.ID, Kind: kind, Status: c.Session.Status,
		Attempt: c.Session.AttemptID, By: session.ActorHost, At: c.Session.UpdatedAt, About: []byte("about"),
	})
	return id
}

func (k *kit) addMedia(c *session.Change) uuid.UUID {
	id := k.id()
	c.Media = append(c.Media, session.Media{
		ID: id, Session: c.Session.ID, Attempt: c.Session.AttemptID, Context: "document-front", Type: "image/jpeg",
		Size: 4711, Blob: "2031022823/0123456789abcdef0123456789abcdef", CreatedAt: k.now, Sealed: []byte("sealed media"),
	})
	return id
}

func (k *kit) addDecision(c *session.Change, n int) uuid.UUID {
	id := k.id()
	c.Decisions = append(c.Decisions, session.Decision{
		ID: id, Session: c.Session.ID, Attempt: c.Session.AttemptID, N: n, Outcome: "declined", Code: 102,
		By: session.ActorReviewer, At: k.now, Sealed: []byte("sealed decision"),
	})
	return id
}

func (k *kit) addFinding(c *session.Change) uuid.UUID {
	id := k.id()
	c.Findings = append(c.Findings, session.Finding{
		ID: id, Session: c.Session.ID, Attempt: c.Session.AttemptID, Kind: session.FindingScreening,
		By: session.ActorHost, At: k.now, Sealed: []byte("sealed finding"),
	})
	return id
}

// addDelivery adds a delivery of the newest event of the change.
func (k *kit) addDelivery(c *session.Change, state session.DeliveryState, due time.Time) *session.Delivery {
	c.Deliveries = append(c.Deliveries, session.Delivery{
		ID: k.id(), Tenant: c.Session.Tenant, Sandbox: c.Session.Sandbox, Session: c.Session.ID, Integration: c.Session.Integration, Endpoint: k.id(),
		Event: c.Events[len(c.Events)-1].ID, CreatedAt: k.now, DueAt: due, State: state, Body: []byte("body"),
	})
	return &c.Deliveries[len(c.Deliveries)-1]
}

// entry is a new entry of the tenant's, live and of one kind.
func (k *kit) entry(name string) session.Entry {
	return session.Entry{
		Kind: session.EntryAnswer, ID: k.id(), Tenant: k.tenant, Name: name, Version: 1,
		CreatedAt: k.now, UpdatedAt: k.now, Body: []byte("body of " + name),
	}
}

// next is the next version of an entry.
func (k *kit) next(e session.Entry) session.Entry {
	e.Version++
	e.UpdatedAt = e.UpdatedAt.Add(time.Second)
	e.Body = []byte("another body")
	return e
}

// own is a change of no session, that has entries.
func (k *kit) own(entries ...session.Entry) session.Change {
	return session.Change{ID: k.id(), Entries: entries}
}

// write demands that entries are written, all in one change.
func (k *kit) write(entries ...session.Entry) {
	k.Helper()
	if errs := k.store.Apply(k.ctx, k.own(entries...)); errs != nil {
		k.Fatalf("Apply of %d entries: got %v, want nil", len(entries), errs)
	}
}

// clash demands that entries are refused, in a change of no session.
func (k *kit) clash(why string, entries ...session.Entry) {
	k.Helper()
	errs := k.store.Apply(k.ctx, k.own(entries...))
	if len(errs) != 1 || !errors.Is(errs[0], session.ErrConflict) {
		k.Fatalf("Apply of an entry, %s: got %v, want one error that is %q", why, errs, session.ErrConflict)
	}
}

// apply demands that all changes are done, and gives the first one's session as it is then.
func (k *kit) apply(changes ...session.Change) session.Session {
	k.Helper()
	if errs := k.store.Apply(k.ctx, changes...); errs != nil {
		k.Fatalf("Apply of %d changes: got %v, want nil", len(changes), errs)
	}
	return k.load(changes[0].Session.ID).Session
}

// created gives a new session, as the store has it.
func (k *kit) created() session.Session {
	k.Helper()
	return k.apply(k.create())
}

// refused demands that a change is refused by want, and that the session is as it was.
func (k *kit) refused(c session.Change, want error) {
	k.Helper()
	before := k.kept(c.Session.ID)
	errs := k.store.Apply(k.ctx, c)
	if len(errs) != 1 || !errors.Is(errs[0], want) {
		k.Fatalf("Apply: got %v, want one error that is %q", errs, want)
	}
	k.equal("the session after a refused change", k.kept(c.Session.ID), before)
}

// load gives a session with all its parts, deleted or not.
func (k *kit) load(id uuid.UUID) session.Record {
	k.Helper()
	r, err := k.store.Load(k.ctx, session.Ref{Tenant: k.tenant, ID: id, Deleted: true}, all)
	if err != nil {
		k.Fatalf("Load of session %s: %v", id, err)
	}
	return r
}

// kept is all that a store has of one session. Of its entries these are those of [session.EntryAnswer], live or
// sandbox as the session is, that have not expired.
type kept struct {
	Record     session.Record
	Deliveries []session.Delivery
	Entries    []session.Entry
}

// kept gives all that the store has of one session; nothing when there is none.
func (k *kit) kept(id uuid.UUID) (out kept) {
	k.Helper()
	var err error
	out.Record, err = k.store.Load(k.ctx, session.Ref{Tenant: k.tenant, ID: id, Deleted: true}, all)
	if err != nil && !errors.Is(err, session.ErrNotFound) {
		k.Fatalf("Load of session %s: %v", id, err)
	}
	out.Deliveries = k.log(session.DeliveryQuery{Session: id})
	out.Entries = k.entries(session.EntryQuery{Session: id, Sandbox: out.Record.Session.Sandbox, At: k.now})
	return out
}

// count counts attempts, decisions, media, findings, events and deliveries.
func (p kept) count() []int {
	r := p.Record
	return []int{len(r.Attempts), len(r.Decisions), len(r.Media), len(r.Findings), len(r.Events), len(p.Deliveries)}
}

// deliveries lists the tenant's deliveries, live or sandbox, newest first.
func (k *kit) deliveries(q session.DeliveryQuery) []session.Delivery {
	k.Helper()
	q.Tenant = k.tenant
	if q.N == 0 {
		q.N = many
	}
	out, err := k.store.Deliveries(k.ctx, q)
	if err != nil {
		k.Fatalf("Deliveries(%+v): %v", q, err)
	}
	return out
}

// log lists the tenant's deliveries, live and sandbox, newest first.
func (k *kit) log(q session.DeliveryQuery) []session.Delivery {
	k.Helper()
	live := k.deliveries(q)
	q.Sandbox = true
	out := append(live, k.deliveries(q)...)
	slices.SortFunc(out, func(a, b session.Delivery) int { return compareIDs(b.ID, a.ID) })
	return out
}

// entries lists the tenant's entries, live or sandbox, newest first; of kind answer if the query has none.
func (k *kit) entries(q session.EntryQuery) []session.Entry {
	k.Helper()
	q.Tenant = k.tenant
	if q.Kind == "" {
		q.Kind = session.EntryAnswer
	}
	if q.N == 0 {
		q.N = many
	}
	out, err := k.store.Entries(k.ctx, q)
	if err != nil {
		k.Fatalf("Entries(%+v): %v", q, err)
	}
	return out
}

// events lists the tenant's listed events, live or sandbox, newest first.
func (k *kit) events(q session.EventQuery) []session.Event {
	k.Helper()
	q.Tenant = k.tenant
	if q.N == 0 {
		q.N = many
	}
	out, err := k.store.Events(k.ctx, q)
	if err != nil {
		k.Fatalf("Events(%+v): %v", q, err)
	}
	return out
}

// delivery finds one of the tenant's deliveries.
func (k *kit) delivery(id uuid.UUID) session.Delivery {
	k.Helper()
	list := k.log(session.DeliveryQuery{})
	i := slices.IndexFunc(list, func(d session.Delivery) bool { return d.ID == id })
	if i < 0 {
		k.Fatalf("delivery %s is not in the log of %d", id, len(list))
	}
	return list[i]
}

// equal demands that two values are the same.
func (k *kit) equal(what string, got, want any) {
	k.Helper()
	if d := difference(got, want); d != "" {
		k.Fatalf("%s: %s", what, d)
	}
}

// is demands an error.
func (k *kit) is(what string, got, want error) {
	k.Helper()
	if !errors.Is(got, want) {
		k.Fatalf("%s: got error %v, want %v", what, got, want)
	}
}

func ids[T any](rows []T, id func(T) uuid.UUID) []uuid.UUID {
	out := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		out[i] = id(r)
	}
	return out
}

func sessionID(s session.Session) uuid.UUID   { return s.ID }
func deliveryID(d session.Delivery) uuid.UUID { return d.ID }
func entryID(e session.Entry) uuid.UUID       { return e.ID }
func eventID(e session.Event) uuid.UUID       { return e.ID }
