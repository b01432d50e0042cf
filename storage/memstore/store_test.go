package memstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) session.Store { return memstore.New() })
}

func TestTwoStoresAnswerAlike(t *testing.T) {
	open := func(*testing.T) session.Store { return memstore.New() }
	storetest.Compare(t, open, open)
}

var (
	noon   = time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)
	tenant = uuid.MustParse("7e7a4700-0000-4000-8000-000000000001")
)

// creation makes a session that is due at the time, with one delivery that is due then too.
func creation(at time.Time, endpoint uuid.UUID) session.Change {
	id, event := uuid.New(), uuid.New()
	return session.Change{
		ID:      uuid.New(),
		Session: session.Session{ID: id, Tenant: tenant, Status: session.StatusCreated, CreatedAt: noon, DueAt: at, Sealed: make([]byte, 500)},
		Events:  []session.Event{{ID: event, Session: id, Kind: session.EventCreated, Status: session.StatusCreated, At: noon}},
		Deliveries: []session.Delivery{{
			ID: uuid.New(), Tenant: tenant, Session: id, Endpoint: endpoint, Event: event, CreatedAt: noon, DueAt: at,
			State: session.DeliveryDue, Body: make([]byte, 300),
		}},
	}
}

func must(t testing.TB, errs []error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("got %v, want nil", err)
	}
}

// Pure random ids and alarms in no order make blocks split and vanish in the middle.
func TestOrderIsKeptAmongThousandsOfRandomIDs(t *testing.T) {
	t.Parallel()
	const n = 5000
	ctx, store, random := t.Context(), memstore.New(), rand.New(rand.NewPCG(3, 4))
	endpoints := make([]uuid.UUID, 7)
	for i := range endpoints {
		endpoints[i] = uuid.New()
	}
	var ids []uuid.UUID
	for range n {
		c := creation(noon.Add(time.Duration(random.IntN(1_000_000))*time.Microsecond), endpoints[random.IntN(len(endpoints))])
		c.Session.Integration[0] = byte(random.IntN(3)) // of which each has an order of its own
		ids = append(ids, c.Session.ID)
		must(t, store.Apply(ctx, c))
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(b[:], a[:]) })

	var walked []uuid.UUID
	for after := uuid.Nil; len(walked) <= n; after = walked[len(walked)-1] {
		page, err := store.Query(ctx, session.Query{Tenant: tenant, After: after, N: 77})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, s := range page {
			walked = append(walked, s.ID)
		}
	}
	if !slices.Equal(walked, ids) {
		t.Errorf("walk: got %d ids, want the %d that were stored, in order", len(walked), n)
	}
	checkSweeps(t, store, n)
	checkClaims(t, store, n)
}

func checkSweeps(t *testing.T, store *memstore.Store, n int) {
	var last time.Time
	swept := 0
	for now := noon; swept < n; now = now.Add(100 * time.Millisecond) {
		if now.After(noon.Add(2 * time.Second)) {
			t.Fatalf("swept %d of %d when all were due", swept, n)
		}
		done, next, err := store.Sweep(t.Context(), now, n, func(s session.Session) (session.Change, bool) {
			if s.DueAt.Before(last) || s.DueAt.After(now) {
				t.Errorf("ticked at %v: an alarm of %v after one of %v", now, s.DueAt, last)
			}
			last = s.DueAt
			c := session.Change{ID: uuid.New(), Base: s.Version, Session: s}
			c.Session.DueAt, c.Session.DeletedAt = time.Time{}, now
			c.Events = []session.Event{{ID: uuid.New(), Session: s.ID, Kind: session.EventDeleted}}
			return c, true
		})
		swept += done
		if err != nil || next.IsZero() != (swept == n) || !next.IsZero() && !next.After(now) {
			t.Fatalf("Sweep at %v: got next %v and error %v with %d of %d swept", now, next, err, swept, n)
		}
	}
	if left, err := store.Query(t.Context(), session.Query{Tenant: tenant, N: n}); err != nil || len(left) != 0 {
		t.Errorf("Query when all are deleted: got %d sessions and error %v, want none", len(left), err)
	}
}

func checkClaims(t *testing.T, store *memstore.Store, n int) {
	seen := map[uuid.UUID]bool{}
	now := noon.Add(time.Hour)
	for len(seen) < n {
		got, _, err := store.Claim(t.Context(), now, now.Add(time.Hour), 123, nil)
		if err != nil || len(got) == 0 {
			t.Fatalf("Claim: got %d deliveries and error %v with %d of %d claimed", len(got), err, len(seen), n)
		}
		for i := range got {
			if seen[got[i].ID] {
				t.Fatalf("delivery %s was claimed twice", got[i].ID)
			}
			seen[got[i].ID] = true
			got[i].State, got[i].DueAt = session.DeliveryDone, time.Time{}
		}
		must(t, store.Settle(t.Context(), got...))
	}
	if got, next, err := store.Claim(t.Context(), now.Add(2*time.Hour), now.Add(3*time.Hour), n, nil); err != nil || len(got) != 0 || !next.IsZero() {
		t.Errorf("Claim when all are done: got %d deliveries, next %v, error %v; want none and never", len(got), next, err)
	}
}

func TestAnAttemptIsNeverTakenFromAnotherSession(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	mine, theirs := creation(noon, uuid.New()), creation(noon, uuid.New())
	mine.Attempts = []session.Attempt{{ID: uuid.New(), Session: mine.Session.ID, N: 1}}
	theirs.Attempts = []session.Attempt{{ID: mine.Attempts[0].ID, Session: theirs.Session.ID, N: 1}}
	errs := store.Apply(t.Context(), mine, theirs)
	if len(errs) != 2 || errs[0] != nil || !errors.Is(errs[1], session.ErrExists) {
		t.Fatalf("Apply: got %v, want nil and %v", errs, session.ErrExists)
	}
	r, err := store.Load(t.Context(), session.Ref{Tenant: tenant, Attempt: mine.Attempts[0].ID}, 0)
	if err != nil || r.Session.ID != mine.Session.ID {
		t.Errorf("Load by the attempt: got session %s and error %v, want %s", r.Session.ID, err, mine.Session.ID)
	}
}

func ExampleNew() {
	ctx := context.Background()
	var store session.Store = memstore.New()
	now := time.Date(2031, 5, 6, 12, 0, 0, 0, time.UTC)
	s := session.Session{ID: session.NewID(now), Tenant: session.NewID(now), Status: session.StatusCreated, CreatedAt: now}
	created := session.Change{
		ID: session.NewID(now), Session: s,
		Events: []session.Event{{ID: session.NewID(now), Session: s.ID, Kind: session.EventCreated, Status: s.Status, At: now}},
	}
	fmt.Println(store.Apply(ctx, created, created))

	r, err := store.Load(ctx, session.Ref{Tenant: s.Tenant, ID: s.ID}, session.PartEvents)
	fmt.Println(r.Session.Version, r.Events[0].Seq, err)
	// Output:
	// [<nil> session: exists]
	// 1 1 <nil>
}
