package session_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/storetest/faulty"
)

// withAll lets a session have everything about a person that there can be.
func withAll(in *session.Integration, cfg *session.Config) {
	p := &in.Policy
	p.Workflows, p.Reprocess, p.Resume, p.Links, p.Identities, p.Cases, p.Audit, p.Screening = true, true, true, true, true, true, true, true
	p.ErasureDelay, p.Retention = time.Hour, 48*time.Hour
	in.Endpoints = append(in.Endpoints, session.Endpoint{ID: uuid.UUID{1}, Format: "gossip"})
	cfg.Renderers["gossip"] = gossip{}
	cfg.Checks = map[string]session.Check{"first": byName, "second": byName}
	cfg.Screener = &lists{hits: []decision.Hit{{Name: canary}}}
}

// whole brings a session to approved that has everything: each kind of finding, an answer that is remembered, webhooks
// that were sent and some that were not.
func (b *bench) whole() uuid.UUID {
	b.t.Helper()
	if list, err := b.Workflows(b.ctx, session.WorkflowPage{}); err != nil || len(list) == 0 {
		b.addDefault(gated("review"))
	}
	s, err := b.Once(onceWith("create "+uuid.NewString())).Create(b.ctx, session.Facts{
		ExternalRef: new(canary), Person: session.Person{FirstName: "Approve", LastName: canary}, Tags: []string{canary},
		Metadata: json.RawMessage(`{"k":"` + canary + `"}`), Residence: session.Residence{City: canary},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	id := s.ID
	b.each(
		func() error { _, err := b.Agree(b.ctx, id, session.Agreement{Version: canary}); return err },
		func() error { _, err := b.Choose(b.ctx, id, session.Choice{Type: "passport"}); return err },
		func() error { _, err := b.Give(b.ctx, id, json.RawMessage(`{"k":"`+canary+`"}`)); return err },
		func() error { _, err := b.Signal(b.ctx, id, []string{"webgl_vm_detected"}); return err },
		func() error {
			_, err := b.Collect(b.ctx, id, session.Device{Provider: canary, Fingerprint: canary, IPv4: "192.0.2.1"})
			return err
		},
		func() error {
			_, err := b.SetUserStatus(b.ctx, id, uuid.Nil, session.UserStatus{Status: canary})
			return err
		},
		func() error { b.upload(id); b.upload(id); b.submit(id); b.settle(); return nil },
		func() error {
			_, err := b.AnswerGate(b.ctx, id, session.Gate{Answer: session.GateFail, Metadata: json.RawMessage(`{"k":"` + canary + `"}`)})
			return err
		},
		func() error { b.settle(); return nil },
		func() error { _, err := b.Claim(b.ctx, id, canary); return err },
		func() error { _, err := b.Annotate(b.ctx, id, canary, canary); return err },
		func() error { b.receiver.Answer(503); return nil },
		func() error {
			record := decision.Record{Person: &decision.Person{FirstName: canary, LastName: canary}}
			_, err := b.Once(onceWith("decide "+id.String())).DecideReview(b.ctx, id, canary, decision.Verdict{Outcome: decision.Approved, Record: record})
			return err
		},
		func() error { b.settle(); return nil },
	)
	return id
}

func (b *bench) each(steps ...func() error) {
	b.t.Helper()
	for i, step := range steps {
		if err := step(); err != nil {
			b.t.Fatalf("step %d: %v", i, err)
		}
	}
}

// TestErasureInterrupted at each step, before it or when it was done and nobody learned of it: nothing is readable by
// halves, and the alarm completes it.
func TestErasureInterrupted(t *testing.T) {
	t.Parallel()
	for name, erase := range map[string]func(b *bench, id uuid.UUID) error{
		"redact":   func(b *bench, id uuid.UUID) error { _, err := b.Redact(b.ctx, id); return err },
		"delete":   func(b *bench, id uuid.UUID) error { _, err := b.Delete(b.ctx, id); return err },
		"retire":   func(b *bench, _ uuid.UUID) error { b.clock.Add(49 * time.Hour); _, err := b.Settle(b.ctx); return err },
		"identity": func(b *bench, _ uuid.UUID) error { return b.redactPerson() },
	} {
		for how, fault := range map[string]faulty.Fault{"refused": faulty.Refused(), "unknown": faulty.Unknown()} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				n := faulty.Each(fault, func(line *faulty.Line) { erasureInterrupted(t, line, erase) })
				if n < 5 {
					t.Errorf("only %d calls can go wrong", n)
				}
			})
		}
	}
}

func erasureInterrupted(t *testing.T, line *faulty.Line, erase func(b *bench, id uuid.UUID) error) {
	t.Helper()
	b := setUpOver(t, withAll, func(b *bench, cfg *session.Config) {
		b.store = line.Store(b.store)
		cfg.Keeper, cfg.Blobs = line.Keeper(b.keeper), line.Blobs(b.blobs)
	})
	id := b.whole()
	key := b.get(id).Key
	line.Arm()
	failed := erase(b, id)
	b.clock.Add(2 * time.Hour)
	_, _ = b.Settle(b.ctx) // in which it may go wrong as well
	line.Disarm()
	b.unreadable(line.N, id)
	b.clock.Add(2 * time.Hour)
	b.settle()
	if s, err := b.Get(b.ctx, id); err != nil || !s.RedactedAt.IsZero() {
		b.erased(line.N, id) // by its alarm alone
	}
	if err := erase(b, id); err != nil && !errors.Is(err, session.ErrNotFound) {
		t.Errorf("fault %d (%v), and repeated: %v", line.N, failed, err)
	}
	b.clock.Add(2 * time.Hour)
	b.settle()
	b.erased(line.N, id)
	if _, err := b.keeper.Open(b.ctx, id, key); !errors.Is(err, session.ErrErased) {
		t.Errorf("fault %d: the key: %v, want ErrErased", line.N, err)
	}
}

func (b *bench) redactPerson() error {
	i, err := b.Identity(b.ctx, uuid.Nil, canary)
	if errors.Is(err, session.ErrNotFound) {
		return nil // it is redacted already
	}
	if err == nil {
		_, _, err = b.RedactIdentity(b.ctx, i.ID)
	}
	return err
}

// unreadable: once an erasure has begun nothing can be read of the session.
func (b *bench) unreadable(n int, id uuid.UUID) {
	b.t.Helper()
	s, err := b.Get(b.ctx, id)
	if errors.Is(err, session.ErrNotFound) {
		return
	}
	if err != nil {
		b.t.Fatalf("fault %d: %v", n, err)
	}
	text, err := json.Marshal(everything(s))
	if err != nil {
		b.t.Fatal(err)
	}
	if !s.RedactedAt.IsZero() && bytes.Contains(text, []byte(canary)) {
		b.t.Errorf("fault %d: half redacted, there is still %s", n, text)
	}
}

// erased: nothing that could be read is left of the session anywhere, and its receipt, if it has one, is genuine.
func (b *bench) erased(n int, id uuid.UUID) {
	b.t.Helper()
	rec, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: id, Deleted: true}, ^session.Parts(0))
	if err != nil {
		b.t.Fatal(err)
	}
	s := rec.Session
	if s.Key != nil || s.Sealed != nil || s.Ref != (session.BlindIndex{}) || len(rec.Media) > 0 || !s.EraseAt.IsZero() {
		b.t.Errorf("fault %d: there is still %+v with %d media", n, s, len(rec.Media))
	}
	for _, d := range rec.Decisions {
		if d.Sealed != nil {
			b.t.Errorf("fault %d: there is still the decision %s", n, d.ID)
		}
	}
	for _, f := range rec.Findings {
		if f.Sealed != nil {
			b.t.Errorf("fault %d: there is still the %s %s", n, f.Kind, f.ID)
		}
	}
	if left := b.blobs.Len(); left > 0 {
		b.t.Errorf("fault %d: there are still %d blobs", n, left)
	}
	b.erasedBeside(n, id)
	if s.DeletedAt.IsZero() {
		receipt, err := b.Redact(b.ctx, id)
		if err != nil || receipt.Verify(b.ReceiptKey()) != nil || receipt.Documents != 2 || receipt.Deliveries == 0 {
			b.t.Errorf("fault %d: the receipt is %+v, %v", n, receipt, err)
		}
	}
}

// erasedBeside looks at what is kept of a session beside it: deliveries, answers, and the identity.
func (b *bench) erasedBeside(n int, id uuid.UUID) {
	b.t.Helper()
	told, err := b.store.Deliveries(b.ctx, session.DeliveryQuery{Tenant: tenant, Session: id, N: 1000})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, d := range told {
		if d.Personal && (d.Body != nil || d.State.Pending()) || bytes.Contains(d.Body, []byte(canary)) {
			b.t.Errorf("fault %d: delivery %s is %s with %q", n, d.ID, d.State, d.Body)
		}
	}
	for _, e := range b.entries(session.EntryAnswer) {
		if e.Session == id && e.Body != nil {
			b.t.Errorf("fault %d: an answer is still remembered", n)
		}
	}
	for _, e := range b.entries(session.EntryIdentity) {
		if e.Name != "" {
			b.t.Errorf("fault %d: the identity is still found by %s", n, e.Name)
		}
	}
}

// TestExportedThenRedacted: what was exported is exported no more, and the log of it still verifies.
func TestExportedThenRedacted(t *testing.T) {
	t.Parallel()
	b := setUpOver(t, withAll, func(*bench, *session.Config) {})
	id := b.whole()
	s, err := b.Via(clerk).Export(b.ctx, id)
	if err != nil || s.Facts.Person.LastName != canary || len(s.Media) != 2 || s.Decisions[1].Record.Person.LastName != canary {
		t.Fatalf("exported %v, %v, want everything", s, err)
	}
	b.checkpoint()
	before := b.verify()
	if len(before.Faults) > 0 || before.Checkpoints != 1 {
		t.Errorf("before the redaction: %+v", before)
	}
	was := b.events(id)
	if _, err := b.Redact(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	if s, err := b.Export(b.ctx, id); !errors.Is(err, session.ErrErased) {
		t.Errorf("exported %v, %v after the redaction, want ErrErased", s, err)
	}
	if _, err := b.Once(onceWith("decide "+id.String())).Submit(b.ctx, id); !errors.Is(err, session.ErrErased) {
		t.Errorf("asked again for what was answered: %v, want ErrErased", err)
	}
	is := b.events(id)
	if len(is) <= len(was) || count(is, session.EventExported) != 1 || !slices.Equal(is[:len(was)], was) {
		t.Errorf("the events were %v, and are %v", was, is)
	}
	b.checkpoint()
	if after := b.verify(); len(after.Faults) > 0 || after.Checkpoints != 2 {
		t.Errorf("after the redaction: %+v", after)
	}
}
