package session_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

func identifying(in *session.Integration, _ *session.Config) { in.Policy.Identities = true }

func TestIdentity(t *testing.T) {
	t.Parallel()
	b := setUp(t, identifying)
	if _, err := b.Identity(b.ctx, uuid.Nil, "customer-17"); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("before: got %v", err)
	}
	first := b.to(session.StatusApproved)
	i, err := b.Identity(b.ctx, uuid.Nil, "customer-17")
	if err != nil || i.Status != session.StatusApproved || i.Session != first {
		t.Fatalf("got %+v and %v, want it approved", i, err)
	}
	second := b.to(session.StatusDeclined)
	again, err := b.Identity(b.ctx, i.ID, "")
	if err != nil || again.ID != i.ID || again.Status != session.StatusDeclined || again.Session != second || again.CreatedAt != i.CreatedAt {
		t.Errorf("got %+v and %v, want the same one, declined", again, err)
	}
	b.to(session.StatusReview) // changes nothing
	if third, err := b.Identity(b.ctx, i.ID, ""); err != nil || third != again {
		t.Errorf("got %+v and %v, want it as it was", third, err)
	}
	sessions, documents, err := b.RedactIdentity(b.ctx, i.ID)
	if err != nil || sessions != 3 || documents != 0 {
		t.Errorf("redacted %d sessions, %d documents and %v, want three sessions", sessions, documents, err)
	}
	gone, err := b.Identity(b.ctx, i.ID, "")
	if err != nil || gone.RedactedAt.IsZero() {
		t.Errorf("got %+v and %v, want a shell", gone, err)
	}
	if _, err := b.Identity(b.ctx, uuid.Nil, "customer-17"); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("by its reference: got %v, want it not found", err)
	}
	if n, _, err := b.RedactIdentity(b.ctx, i.ID); err != nil || n != 0 {
		t.Errorf("again: got %d and %v", n, err)
	}
	b.to(session.StatusApproved)
	if next, err := b.Identity(b.ctx, uuid.Nil, "customer-17"); err != nil || next.ID == i.ID {
		t.Errorf("got %+v and %v, want another one", next, err)
	}
}

// TestIdentityStays while one of its sessions does.
func TestIdentityStays(t *testing.T) {
	t.Parallel()
	b := setUp(t, identifying)
	first, second := b.to(session.StatusApproved), b.to(session.StatusApproved)
	if _, err := b.Redact(b.ctx, second); err != nil {
		t.Fatal(err)
	}
	i, err := b.Identity(b.ctx, uuid.Nil, "customer-17")
	if err != nil || !i.RedactedAt.IsZero() {
		t.Errorf("got %+v and %v, want it as it is", i, err)
	}
	if _, err := b.Delete(b.ctx, first); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if i, err := b.Identity(b.ctx, i.ID, ""); err != nil || i.RedactedAt.IsZero() {
		t.Errorf("got %+v and %v, want it redacted with the last of its sessions", i, err)
	}
}

func TestOneIdentity(t *testing.T) {
	t.Parallel()
	b := setUp(t, identifying)
	var ids []uuid.UUID
	for range 8 {
		ids = append(ids, b.to(session.StatusReview))
	}
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Go(func() {
			for {
				err := b.reviewed(id, "", "approved")
				if errors.Is(err, session.ErrConflict) {
					continue
				}
				if err != nil {
					t.Error(err)
				}
				return
			}
		})
	}
	wg.Wait()
	made := 0
	for _, id := range ids {
		rec, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: id}, session.PartEvents)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range rec.Events {
			if e.Kind == session.EventIdentified {
				made++
			}
		}
	}
	if made != 1 {
		t.Errorf("%d identities were made, want one", made)
	}
}

// TestIdentityGoesWithTheLast also when the last are redacted at the same time.
func TestIdentityGoesWithTheLast(t *testing.T) {
	t.Parallel()
	for range 20 {
		b := setUp(t, identifying)
		sessions := []uuid.UUID{b.to(session.StatusApproved), b.to(session.StatusDeclined), b.to(session.StatusApproved)}
		i, err := b.Identity(b.ctx, uuid.Nil, "customer-17")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for _, id := range sessions {
			wg.Go(func() {
				if _, err := b.Redact(b.ctx, id); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if i, err = b.Identity(b.ctx, i.ID, ""); err != nil || i.RedactedAt.IsZero() {
			t.Fatalf("got %+v and %v, want it redacted", i, err)
		}
	}
}

// TestIdentityIsLeft: when its last session gets another reference, nothing is left of it.
func TestIdentityIsLeft(t *testing.T) {
	t.Parallel()
	b := setUp(t, identifying)
	id := b.to(session.StatusApproved)
	i, err := b.Identity(b.ctx, uuid.Nil, "customer-17")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Update(b.ctx, id, session.Update{ExternalRef: new(new("customer-18"))}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Identity(b.ctx, uuid.Nil, "customer-17"); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("by the old reference: got %v, want it not found", err)
	}
	if i, err = b.Identity(b.ctx, i.ID, ""); err != nil || i.RedactedAt.IsZero() {
		t.Errorf("got %+v and %v, want it redacted", i, err)
	}
}
