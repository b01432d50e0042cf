package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// lasting is a store that does not say that it ends with the process.
type lasting struct{ session.Store }

// TestConfigFaults come all at once.
func TestConfigFaults(t *testing.T) {
	t.Parallel()
	_, err := session.New(lasting{memstore.New()}, session.Config{Integrations: session.Fixed{{
		Policy: session.Policy{
			Lifetime: -1, ErasureDelay: 13 * time.Hour, DeciderTries: -1, DeciderLease: -1,
			Create: []session.Rule{{N: 0, Window: time.Minute}, {N: 1}}, Delete: make([]session.Rule, 9),
		},
		Endpoints: []session.Endpoint{{Format: "smoke signals"}, {ID: endpoint, Retry: session.Retry{Tries: -1}},
			{ID: endpoint, Retry: session.Retry{After: []time.Duration{-1}}}},
	}, {}}})
	if err == nil {
		t.Fatal("no fault was found")
	}
	for _, want := range []string{
		"Config.Keeper", "Config.Blobs", "Policy.Lifetime", "Policy.ErasureDelay", "Policy.DeciderTries", "Policy.DeciderLease",
		"Policy.Create has the rule 0 per 1m0s", "Policy.Create has the rule 1 per 0s", "Policy.Delete has 9 rules", `"smoke signals"`,
		"00000000-0000-0000-0000-000000000000 of an endpoint is nil", endpoint.String() + " of an endpoint is nil or given twice",
		endpoint.String() + ": its Retry", "is given twice",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the faults do not name %s: %v", want, err)
		}
	}
	if _, err := session.New(nil, session.Config{}); err == nil || !strings.Contains(err.Error(), "store is missing") {
		t.Errorf("without a store: %v", err)
	}
}

// TestZeroConfig is a working engine.
func TestZeroConfig(t *testing.T) {
	t.Parallel()
	e, err := session.New(memstore.New(), session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.Create(t.Context(), session.Facts{})
	if err != nil || s.ID.Version() != 4 || s.ID.Variant() != uuid.RFC4122 {
		t.Errorf("%v, %v; want an id of version 4", s, err)
	}
	if _, err := e.Delete(t.Context(), s.ID); !errors.Is(err, session.ErrDeletionOff) {
		t.Errorf("deletion: %v, want it off", err)
	}
}

// TestNewID: ids sort by time, are of version 4, and differ.
func TestNewID(t *testing.T) {
	t.Parallel()
	seen := map[uuid.UUID]bool{}
	var last uuid.UUID
	for i := range 10_000 {
		id := session.NewID(sessiontest.Start().Add(time.Duration(i) * time.Millisecond))
		if seen[id] || id.Version() != 4 || id.Variant() != uuid.RFC4122 || id.String() <= last.String() {
			t.Fatalf("%s after %s", id, last)
		}
		seen[id], last = true, id
	}
	if a, b := session.NewID(sessiontest.Start()), session.NewID(sessiontest.Start()); a == b || a.String()[:13] != b.String()[:13] {
		t.Errorf("of one millisecond: %s and %s", a, b)
	}
}

func TestRetryProfiles(t *testing.T) {
	t.Parallel()
	growing := session.Retry{After: []time.Duration{time.Second, time.Minute}, Tries: 4, Any2xx: true}
	for _, c := range []struct {
		name  string
		retry session.Retry
		tries int
		want  time.Duration // 0: give up
	}{
		{"veriff first", session.Retry{}, 1, time.Hour},
		{"veriff last", session.Retry{}, 167, time.Hour},
		{"veriff over", session.Retry{}, 168, 0},
		{"growing first", growing, 1, time.Second},
		{"growing second", growing, 2, time.Minute},
		{"growing repeats", growing, 3, time.Minute},
		{"growing over", growing, 4, 0},
	} {
		at, again := c.retry.Next(c.tries, sessiontest.Start())
		if again != (c.want > 0) || again && at.Sub(sessiontest.Start()) != c.want {
			t.Errorf("%s: after %d tries again %t in %s, want %s", c.name, c.tries, again, at.Sub(sessiontest.Start()), c.want)
		}
	}
	for status, want := range map[int][2]bool{0: {}, 199: {}, 200: {true, true}, 201: {false, true}, 299: {false, true}, 300: {}, 500: {}} {
		if got := [2]bool{session.Retry{}.Succeeded(status), growing.Succeeded(status)}; got != want {
			t.Errorf("%d: %v, want %v", status, got, want)
		}
	}
}

// TestList pages through everything once, newest first, and knows what has expired.
func TestList(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	var want []uuid.UUID
	for range 25 {
		want = append([]uuid.UUID{b.create("any").ID}, want...)
		b.clock.Add(time.Second)
	}
	submitted := want[3]
	b.submit(submitted)
	var got []uuid.UUID
	for after := uuid.Nil; ; {
		page, err := b.List(b.ctx, session.List{N: 10, After: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page {
			got = append(got, s.ID)
		}
		if len(page) < 10 {
			break
		}
		after = page[len(page)-1].ID
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages give %d sessions, want %d in order", len(got), len(want))
	}
	b.clock.Add(week)
	for status, n := range map[session.Status]int{session.StatusExpired: 24, session.StatusSubmitted: 1, session.StatusCreated: 0} {
		if page, err := b.List(b.ctx, session.List{Status: []session.Status{status}}); len(page) != n || err != nil {
			t.Errorf("%s: %d sessions, %v; want %d", status, len(page), err, n)
		}
	}
	if _, err := b.Delete(b.ctx, submitted); !errors.Is(err, session.ErrNotCompleted) {
		t.Fatal(err)
	}
	if _, err := b.Delete(b.ctx, want[0]); err != nil {
		t.Fatal(err)
	}
	if page, err := b.List(b.ctx, session.List{}); len(page) != 24 || err != nil {
		t.Errorf("after a deletion: %d sessions, %v", len(page), err)
	}
}

// TestListOfNoStatus is a list of all.
func TestListOfNoStatus(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	b.create("any")
	if page, err := b.List(b.ctx, session.List{Status: []session.Status{}}); len(page) != 1 || err != nil {
		t.Errorf("%d sessions, %v; want 1", len(page), err)
	}
}

// TestUnsweptList drops from a page of one status what no longer has it, when more is due than one sweep does.
func TestUnsweptList(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Create = session.Unlimited() })
	for range 600 {
		b.create("any")
	}
	b.clock.Add(week)
	for _, status := range []session.Status{session.StatusCreated, session.StatusExpired} {
		page, err := b.List(b.ctx, session.List{Status: []session.Status{status}, N: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page {
			if s.Status != session.StatusExpired || status == session.StatusCreated {
				t.Fatalf("%s is on a page of %s", s.Status, status)
			}
		}
	}
}

// TestPutOff: what cannot be opened when it is due is tried again later, and hinders nobody.
func TestPutOff(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	broken, sound := b.create("any"), b.create("any")
	f := &lostOnce{Keeper: b.keeper, lost: broken.ID}
	engine, err := session.New(b.store, session.Config{
		Integrations: session.Fixed{b.in}, Clock: b.clock, Keeper: f, Blobs: b.blobs, Deliverer: b.receiver,
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Engine = engine.For(tenant)
	b.clock.Add(week)
	b.settle()
	if kinds := b.receiver.Kinds(sound.ID); !slices.Contains(kinds, session.EventExpired) {
		t.Errorf("of the sound one was told %v", kinds)
	}
	if kinds := b.receiver.Kinds(broken.ID); slices.Contains(kinds, session.EventExpired) {
		t.Errorf("of the broken one was told %v", kinds)
	}
	f.lost = uuid.Nil
	b.clock.Add(time.Minute)
	b.settle()
	if kinds := b.receiver.Kinds(broken.ID); !slices.Contains(kinds, session.EventExpired) {
		t.Errorf("when it could be opened again was told %v", kinds)
	}
	if got := b.get(broken.ID); got.EndedAt != broken.ExpiresAt {
		t.Errorf("it ended at %v, want %v", got.EndedAt, broken.ExpiresAt)
	}
}

// TestKeeperAwayFromDecisions: while the keys are away the decider is not asked, and no try is counted; then it
// decides.
func TestKeeperAwayFromDecisions(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	waiting := b.create("Approve")
	b.submit(waiting.ID)
	f := &lostOnce{Keeper: b.keeper, lost: waiting.ID}
	engine, err := session.New(b.store, session.Config{
		Integrations: session.Fixed{b.in}, Clock: b.clock, Keeper: f, Blobs: b.blobs, Deliverer: b.receiver, Decider: session.Sandbox{},
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Engine = engine.For(tenant)
	for range 50 {
		b.settle()
		b.clock.Add(time.Minute)
	}
	f.lost = uuid.Nil
	if got := b.get(waiting.ID); got.Status != session.StatusSubmitted || got.Tries != 0 {
		t.Errorf("after 50 minutes without keys: %s after %d tries", got.Status, got.Tries)
	}
	b.clock.Add(time.Hour)
	b.settle()
	if got := b.get(waiting.ID).Status; got != session.StatusApproved {
		t.Errorf("with the keys back: %s", got)
	}
}

// TestOddTimes: a policy whose times are no whole microseconds gives whole microseconds all the same.
func TestOddTimes(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) {
		in.Policy.Lifetime, in.Policy.ErasureDelay = time.Second/3, time.Second/7
		in.Policy.ResubmissionHold, in.Policy.DeciderLease = time.Second/9, time.Second/11
		in.Endpoints[0].Retry = session.Retry{After: []time.Duration{time.Second / 13}}
	})
	b.receiver.Answer(500)
	s := b.create("Resubmit")
	if _, err := b.As(session.ActorPerson).Submit(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if _, err := b.Delete(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	rec, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: s.ID, Deleted: true}, 0)
	if err != nil {
		t.Fatal(err)
	}
	times := []time.Time{rec.Session.ExpiresAt, rec.Session.EraseAt, rec.Session.RetryAt}
	list, err := b.store.Deliveries(b.ctx, session.DeliveryQuery{Tenant: tenant, N: 100})
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, d := range list {
		times = append(times, d.DueAt)
	}
	for _, at := range times {
		if at.Nanosecond()%1000 != 0 {
			t.Errorf("%v is kept", at)
		}
	}
}

// lostOnce is a keeper that cannot open one session's key.
type lostOnce struct {
	session.Keeper
	lost uuid.UUID
}

func (k *lostOnce) Open(ctx context.Context, id uuid.UUID, ref []byte) (session.Key, error) {
	if id == k.lost {
		return session.Key{}, session.ErrKeeper
	}
	return k.Keeper.Open(ctx, id, ref)
}
