package session_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

// TestDelete goes through every status: what is told, what is refused, and what is left.
func TestDelete(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status session.Status
		err    error
		told   session.EventKind // before the deletion
	}{
		{session.StatusCreated, nil, session.EventExpired},
		{session.StatusStarted, nil, session.EventAbandoned},
		{session.StatusResubmissionRequested, nil, session.EventAbandoned},
		{session.StatusSubmitted, session.ErrNotCompleted, ""},
		{session.StatusReview, session.ErrNotCompleted, ""},
		{session.StatusApproved, nil, ""},
		{session.StatusDeclined, nil, ""},
		{session.StatusExpired, nil, ""},
		{session.StatusAbandoned, nil, ""},
	} {
		t.Run(string(c.status), func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			id := b.to(c.status)
			before := len(b.receiver.Kinds(id))
			b.clock.Add(time.Second)
			if _, err := b.Delete(b.ctx, id); !errors.Is(err, c.err) {
				t.Fatalf("%v, want %v", err, c.err)
			}
			b.settle()
			if c.err != nil {
				if got := b.get(id).Status; got != c.status {
					t.Errorf("after a refusal: %s", got)
				}
				return
			}
			if _, err := b.Get(b.ctx, id); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("after the deletion: %v, want ErrNotFound", err)
			}
			if _, err := b.Delete(b.ctx, id); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("deleted again: %v, want ErrNotFound", err)
			}
			kinds := b.receiver.Kinds(id)[before:]
			want := []session.EventKind{session.EventDeleted, session.EventErasing, session.EventErased}
			if c.told != "" {
				want = append([]session.EventKind{c.told}, want...)
			}
			if !slices.Equal(kinds, want) {
				t.Errorf("told %v, want %v", kinds, want)
			}
		})
	}
}

// TestDeleteWhileThePersonIsAtIt is refused for five minutes after the person's last activity, never after the
// host's.
func TestDeleteWhileThePersonIsAtIt(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	byHost := b.to(session.StatusStarted)
	id := b.create("any").ID
	if _, err := b.As(session.ActorPerson).Start(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Delete(b.ctx, byHost); err != nil {
		t.Errorf("started by the host: %v", err)
	}
	b.clock.Add(5*time.Minute - time.Microsecond)
	if _, err := b.Delete(b.ctx, id); !errors.Is(err, session.ErrInProgress) {
		t.Errorf("within five minutes: %v, want ErrInProgress", err)
	}
	b.clock.Add(time.Microsecond)
	if _, err := b.Delete(b.ctx, id); err != nil {
		t.Errorf("after five minutes: %v", err)
	}
}

// TestDeleteOff refuses what the policy has not enabled.
func TestDeleteOff(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Deletion = false })
	if _, err := b.Delete(b.ctx, b.create("any").ID); !errors.Is(err, session.ErrDeletionOff) {
		t.Errorf("%v, want ErrDeletionOff", err)
	}
}

// TestDeletionRate: five an hour and ten a day; what is refused for another reason takes no permit.
func TestDeletionRate(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	waits := b.to(session.StatusSubmitted)
	for range 20 {
		_, _ = b.Delete(b.ctx, waits)
		_, _ = b.Delete(b.ctx, uuid.New())
	}
	left := func(want time.Duration) {
		t.Helper()
		id := b.create("any").ID
		var limited *session.RateError
		if _, err := b.Delete(b.ctx, id); !errors.As(err, &limited) || limited.Retry.Sub(b.clock.Now()) != want {
			t.Errorf("%v, want refused for %s", err, want)
		}
		if got := b.get(id).Status; got != session.StatusCreated {
			t.Errorf("a refused deletion left %s", got)
		}
	}
	for range 2 {
		for range 5 {
			if _, err := b.Delete(b.ctx, b.create("any").ID); err != nil {
				t.Fatal(err)
			}
		}
		if b.clock.Now().Equal(sessiontest.Start()) {
			left(time.Hour)
		}
		b.clock.Add(time.Hour)
	}
	left(22 * time.Hour)
}

// TestDeletionWebhook is recorded with the deletion, holds nothing of the person, and outlives the data; what
// was not yet told and did hold something is erased.
func TestDeletionWebhook(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	b.receiver.Answer(500)
	id := b.to(session.StatusStarted)
	if _, err := b.Delete(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	b.clock.Add(13 * time.Hour)
	b.receiver.Answer(200)
	before := len(b.receiver.Got())
	b.settle()
	told := b.receiver.Got()[before:]
	if len(told) == 0 || !strings.Contains(string(told[0].Body), `"kind":"abandoned"`) {
		t.Fatalf("told %d things, want first that it was abandoned", len(told))
	}
	for _, d := range told {
		if bytes.Contains(d.Body, []byte("customer-17")) || d.Personal {
			t.Errorf("told of the person after the deletion: %s", d.Body)
		}
	}
	list, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: id})
	if err != nil {
		t.Fatal(err)
	}
	states := map[session.DeliveryState]int{}
	for _, d := range list {
		if states[d.State]++; d.State == session.DeliveryErased && (d.Body != nil || !d.DueAt.IsZero()) {
			t.Errorf("erased, but %q is due at %s", d.Body, d.DueAt)
		}
	}
	if states[session.DeliveryErased] != 2 || states[session.DeliveryDone] != len(list)-2 {
		t.Errorf("states %v, want created and started erased and the rest done", states)
	}
}

// TestDeletionOfOverdue tells of the expiry at its own time.
func TestDeletionOfOverdue(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	s := b.create("any")
	b.clock.Add(8 * 24 * time.Hour)
	if _, err := b.Delete(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	b.settle()
	for _, d := range b.receiver.Got() {
		if strings.Contains(string(d.Body), `"kind":"expired"`) {
			if want := s.ExpiresAt.Format(time.RFC3339); !strings.Contains(string(d.Body), want) {
				t.Errorf("told %s, want expired at %s", d.Body, want)
			}
			return
		}
	}
	t.Error("was not told of the expiry")
}

// TestErasure destroys the key and the blobs on the alarm, and tries again when it cannot.
func TestErasure(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.ErasureDelay = 2 * time.Hour })
	s := b.create("Approve")
	m := b.upload(s.ID)
	b.submit(s.ID)
	b.settle()
	if _, err := b.Delete(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if _, err := b.File(b.ctx, m.ID); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("a medium of a deleted session: %v, want ErrNotFound", err)
	}
	if _, err := b.keeper.Open(b.ctx, s.ID, s.Key); err != nil || b.blobs.Len() != 1 {
		t.Fatalf("before its time: %v, %d blobs", err, b.blobs.Len())
	}
	b.blobs.fail = errors.New("the disk is away")
	b.clock.Add(2 * time.Hour)
	b.settle()
	if _, err := b.keeper.Open(b.ctx, s.ID, s.Key); !errors.Is(err, session.ErrErased) || b.blobs.Len() != 1 {
		t.Fatalf("with the disk away: %v, %d blobs; want the key destroyed and the blob still there", err, b.blobs.Len())
	}
	b.blobs.fail = nil
	if b.settle() != 0 {
		t.Error("it was tried again at once")
	}
	b.clock.Add(time.Minute)
	b.settle()
	if b.blobs.Len() != 0 {
		t.Errorf("%d blobs left", b.blobs.Len())
	}
	rec, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: s.ID, Deleted: true}, session.PartDecisions|session.PartMedia)
	if err != nil || rec.Session.Key != nil || rec.Session.Sealed != nil || len(rec.Media) != 0 || !rec.Session.DueAt.IsZero() {
		t.Errorf("left: %+v, %v", rec, err)
	}
	if len(rec.Decisions) != 1 || rec.Decisions[0].Sealed != nil || rec.Session.Status != session.StatusApproved {
		t.Errorf("of the decision is left: %+v", rec.Decisions)
	}
}

// TestOtherTenants find nothing, whatever they try, and live and sandbox do not see each other.
func TestOtherTenants(t *testing.T) {
	t.Parallel()
	other := session.Integration{ID: uuid.MustParse("7c9d0a51-0000-4000-8000-000000000002"), Policy: session.Policy{Deletion: true}}
	sandbox := session.Integration{ID: uuid.MustParse("7c9d0a51-0000-4000-8000-000000000003"), Tenant: tenant, Sandbox: true}
	b := setUp(t, nil)
	engine, err := session.New(b.store, session.Config{
		Integrations: session.Fixed{b.in, other, sandbox}, Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs,
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := b.create("any").ID
	m := b.upload(id)
	for name, e := range map[string]*session.Engine{"other": engine.For(other.ID), "sandbox": engine.For(sandbox.ID)} {
		for verb, do := range map[string]func() error{
			"get":    func() error { _, err := e.Get(b.ctx, id); return err },
			"start":  func() error { _, err := e.Start(b.ctx, id); return err },
			"submit": func() error { _, err := e.Submit(b.ctx, id); return err },
			"delete": func() error { _, err := e.Delete(b.ctx, id); return err },
			"expire": func() error { _, err := e.Expire(b.ctx, id); return err },
			"file":   func() error { _, err := e.File(b.ctx, m.ID); return err },
			"can":    func() error { return e.Can(b.ctx, id, session.ActionStart) },
		} {
			if err := do(); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("%s by %s: %v, want ErrNotFound", verb, name, err)
			}
		}
		if list, err := e.List(b.ctx, session.List{}); len(list) != 0 || err != nil {
			t.Errorf("list by %s: %d sessions, %v", name, len(list), err)
		}
	}
	if _, err := engine.For(uuid.New()).Get(b.ctx, id); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("an unknown integration: %v, want ErrNotFound", err)
	}
}
