package session_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// rich brings a session to approved that has everything about a person that a session can have, with a webhook that
// was not sent yet.
func (b *bench) rich() uuid.UUID {
	b.t.Helper()
	s, err := b.Create(b.ctx, session.Facts{
		ExternalRef: new("customer-17"), Person: session.Person{FirstName: "Approve", LastName: "Canary"},
		Metadata: json.RawMessage(`{"k":"canary"}`), Tags: []string{"vip"},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.upload(s.ID)
	b.upload(s.ID)
	if _, err := b.Collect(b.ctx, s.ID, session.Device{Provider: "p", Fingerprint: "f", IPv4: "192.0.2.1"}); err != nil {
		b.t.Fatal(err)
	}
	b.submit(s.ID)
	b.receiver.Answer(503)
	b.settle()
	return s.ID
}

func TestRedact(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.rich()
	before := b.get(id)
	receipt, err := b.Redact(b.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	want := session.Receipt{
		Session: id, RequestedAt: b.clock.Now().UTC(), DestroyedAt: b.clock.Now().UTC(), Documents: 2, Bytes: 2 * int64(len(png)),
		Decisions: 1, Findings: 1, Deliveries: receipt.Deliveries, Key: "destroyed", Backups: "unreadable", Signature: receipt.Signature,
	}
	if receipt != want || receipt.Deliveries == 0 {
		t.Errorf("got the receipt %+v, want %+v with what was not delivered", receipt, want)
	}
	if err := receipt.Verify(b.ReceiptKey()); err != nil {
		t.Errorf("the receipt is not genuine: %v", err)
	}
	after := b.get(id)
	if after.Status != before.Status || after.Decisions[0].Code != before.Decisions[0].Code || after.Decisions[0].Outcome != decision.Approved {
		t.Errorf("got %s and %+v, want status and code as they were", after.Status, after.Decisions)
	}
	if after.RedactedAt.IsZero() || after.Facts.ExternalRef != nil || after.Facts.Person != (session.Person{}) || after.Facts.Metadata != nil ||
		after.Decisions[0].Record.Person != nil || len(after.Media) != 0 || after.Findings[0].Device != nil || after.Key != nil || after.Sealed != nil {
		t.Errorf("got %+v, want nothing about the person", after.Session)
	}
	if n := b.blobs.Len(); n != 0 {
		t.Errorf("%d blobs are left, want none", n)
	}
	list, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: id})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if d.Personal && (d.Body != nil || d.State.Pending()) {
			t.Errorf("delivery %s is %s with a body of %d bytes, want it erased", d.ID, d.State, len(d.Body))
		}
	}
	b.clock.Add(time.Hour)
	again, err := b.Redact(b.ctx, id)
	if err != nil || again != receipt {
		t.Errorf("redacted again: got %+v and %v, want the first receipt", again, err)
	}
}

// TestRedactedIsNotOpenedFromABackup: the database as it was before, with the keeper as it is now, yields nothing.
func TestRedactedIsNotOpenedFromABackup(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.rich()
	parts := session.PartAttempts | session.PartDecisions | session.PartMedia | session.PartFindings
	backup, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: id}, parts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Redact(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	restored := *b
	restored.Engine = b.With(rewound{b.store, backup})
	if s, err := restored.Get(b.ctx, id); !errors.Is(err, session.ErrErased) {
		t.Errorf("got %v and %v from the backup, want %v", s, err, session.ErrErased)
	}
}

// rewound is a store that has one session as it was.
type rewound struct {
	session.Store
	then session.Record
}

func (r rewound) Load(context.Context, session.Ref, session.Parts) (session.Record, error) {
	return r.then, nil
}

func TestRedactEndsWhatIsOpen(t *testing.T) {
	t.Parallel()
	for status, want := range map[session.Status]session.Status{
		session.StatusCreated: session.StatusExpired, session.StatusStarted: session.StatusAbandoned,
		session.StatusSubmitted: session.StatusAbandoned, session.StatusReview: session.StatusAbandoned,
		session.StatusAwaitingExternal: session.StatusAbandoned, session.StatusFailed: session.StatusFailed,
		session.StatusResubmissionRequested: session.StatusAbandoned, session.StatusApproved: session.StatusApproved,
		session.StatusExpired: session.StatusExpired,
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			id := b.forced(status)
			told := len(b.receiver.Got())
			if _, err := b.Redact(b.ctx, id); err != nil {
				t.Fatal(err)
			}
			if got := b.get(id).Status; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			b.settle()
			for _, d := range b.receiver.Got()[told:] {
				if bytes.Contains(d.Body, []byte("customer-17")) {
					t.Errorf("a webhook says who it was: %s", d.Body)
				}
			}
			if _, err := b.Resume(b.ctx, id); err == nil {
				t.Error("a redacted session is resumed, want it refused")
			}
			if _, err := b.Update(b.ctx, id, session.Update{Metadata: json.RawMessage(`{}`)}); !errors.Is(err, session.ErrErased) {
				t.Errorf("updated with %v, want %v", err, session.ErrErased)
			}
		})
	}
}

// failingKeeper cannot destroy until it is mended.
type failingKeeper struct {
	session.Keeper
	broken *bool
}

func (k failingKeeper) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	if *k.broken {
		return session.ErrKeeper
	}
	return k.Keeper.Destroy(ctx, id, ref)
}

// TestRedactionCompletes: one that was interrupted is unreadable at once, and complete when the keeper is back.
func TestRedactionCompletes(t *testing.T) {
	t.Parallel()
	broken := true
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) { cfg.Keeper = failingKeeper{cfg.Keeper, &broken} })
	id := b.rich()
	if _, err := b.Redact(b.ctx, id); !errors.Is(err, session.ErrKeeper) {
		t.Fatalf("got %v, want %v", err, session.ErrKeeper)
	}
	if s := b.get(id); s.Facts.ExternalRef != nil || s.RedactedAt.IsZero() || s.Receipt != nil {
		t.Errorf("got %+v and the receipt %s, want nothing readable and no receipt", s.Session, s.Receipt)
	}
	broken = false
	b.clock.Add(2 * time.Minute)
	b.settle()
	receipt, err := b.Redact(b.ctx, id)
	if err != nil || receipt.Documents != 2 || receipt.Verify(b.ReceiptKey()) != nil {
		t.Errorf("got %+v and %v, want the receipt of what the alarm has done", receipt, err)
	}
	if n := b.blobs.Len(); n != 0 {
		t.Errorf("%d blobs are left, want none", n)
	}
}

func TestReceiptsCannotBeChanged(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	receipt, err := b.Redact(b.ctx, b.rich())
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*session.Receipt){
		"session": func(r *session.Receipt) { r.Session = uuid.New() }, "documents": func(r *session.Receipt) { r.Documents++ },
		"time": func(r *session.Receipt) { r.DestroyedAt = r.DestroyedAt.Add(time.Microsecond) }, "key": func(r *session.Receipt) { r.Key = "kept" },
		"backups": func(r *session.Receipt) { r.Backups = "" }, "signature": func(r *session.Receipt) { r.Signature = "" },
		"bytes": func(r *session.Receipt) { r.Bytes-- },
	} {
		changed := receipt
		change(&changed)
		if err := changed.Verify(b.ReceiptKey()); !errors.Is(err, session.ErrReceipt) {
			t.Errorf("%s changed: got %v, want %v", name, err, session.ErrReceipt)
		}
	}
	if err := receipt.Verify(setUp(t, nil).ReceiptKey()); !errors.Is(err, session.ErrReceipt) {
		t.Errorf("another engine's key: got %v, want %v", err, session.ErrReceipt)
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Retention = time.Hour })
	id := b.rich()
	for range 2 {
		if _, err := b.Hold(b.ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Redact(b.ctx, id); !errors.Is(err, session.ErrHeld) {
		t.Errorf("redacted with %v, want %v", err, session.ErrHeld)
	}
	if _, err := b.Delete(b.ctx, id); !errors.Is(err, session.ErrHeld) {
		t.Errorf("deleted with %v, want %v", err, session.ErrHeld)
	}
	b.clock.Add(2 * time.Hour)
	b.settle()
	if s := b.get(id); !s.RedactedAt.IsZero() || s.Facts.ExternalRef == nil {
		t.Error("the end of retention has redacted what is held")
	}
	if _, err := b.Release(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if s := b.get(id); s.RedactedAt.IsZero() {
		t.Error("not redacted after the hold, want what was due to be done")
	}
}

// TestRetention: to the microsecond.
func TestRetention(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) {
		in.Policy.Sensitive, in.Policy.Retention = time.Hour, 2*time.Hour
	})
	id := b.rich()
	medium := b.get(id).Media[0].ID
	b.clock.Add(time.Hour - time.Microsecond)
	if s := b.get(id); s.Hidden || s.Decisions[0].Record.Person == nil {
		t.Error("hidden a microsecond too early")
	}
	b.clock.Add(time.Microsecond)
	s := b.get(id)
	if !s.Hidden || s.Decisions[0].Record.Person != nil || s.Facts.Person != (session.Person{}) || s.Status != session.StatusApproved {
		t.Errorf("got %+v, want the person hidden and the status shown", s.Session)
	}
	if _, err := b.File(b.ctx, medium); !errors.Is(err, session.ErrHidden) {
		t.Errorf("the medium: got %v, want %v", err, session.ErrHidden)
	}
	if all, err := b.Export(b.ctx, id); err != nil || all.Decisions[0].Record.Person == nil {
		t.Errorf("exported %v and %v, want what is still there", all, err)
	}
	b.clock.Add(time.Hour - time.Microsecond)
	b.settle()
	if !b.get(id).RedactedAt.IsZero() {
		t.Error("redacted a microsecond too early")
	}
	b.clock.Add(time.Microsecond)
	b.settle()
	if s := b.get(id); s.RedactedAt.IsZero() || s.Receipt == nil {
		t.Error("not redacted when its retention was over")
	}
	rec, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: id}, session.PartEvents)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(rec.Events, func(e session.Event) bool {
		return e.Kind == session.EventRetired && e.By == session.ActorTimer
	}) {
		t.Error("no event says that the retention was over")
	}
	if _, err := b.Export(b.ctx, id); !errors.Is(err, session.ErrErased) {
		t.Errorf("exported with %v, want %v", err, session.ErrErased)
	}
}

// TestHiddenStaysHidden: neither telling again nor deciding again shows what is shown no more, nor puts its end off.
func TestHiddenStaysHidden(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) {
		in.Policy.Sensitive, in.Policy.Retention, in.Policy.Reprocess = time.Hour, 48*time.Hour, true
	})
	id := b.to(session.StatusApproved)
	ended := b.get(id).EndedAt
	list, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: id})
	if err != nil || len(list) == 0 {
		t.Fatalf("got %v and %v", list, err)
	}
	if _, err := b.RetryDelivery(b.ctx, list[0].ID); err != nil {
		t.Fatalf("while it is shown: %v", err)
	}
	b.settle()
	b.clock.Add(time.Hour)
	if _, err := b.RetryDelivery(b.ctx, list[0].ID); !errors.Is(err, session.ErrErased) {
		t.Errorf("told again: got %v, want %v", err, session.ErrErased)
	}
	for range 3 {
		b.clock.Add(10 * time.Hour)
		s, err := b.Reprocess(b.ctx, id)
		if err != nil || !s.Hidden || s.Facts.Person != (session.Person{}) {
			t.Fatalf("decided again: got %v and %v, want it hidden", s, err)
		}
		b.settle()
	}
	if s := b.get(id); !s.RedactAt.Equal(ended.Add(48*time.Hour)) || !s.Hidden {
		t.Errorf("to be redacted at %s, want %s", s.RedactAt, ended.Add(48*time.Hour))
	}
	b.clock.Add(18 * time.Hour)
	b.settle()
	if b.get(id).RedactedAt.IsZero() {
		t.Error("not redacted when its retention was over")
	}
}

// TestNotesAreHidden with the rest.
func TestNotesAreHidden(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Sensitive = time.Hour })
	id := b.to(session.StatusReview)
	if _, err := b.Annotate(b.ctx, id, "ada", "she looks like her picture"); err != nil {
		t.Fatal(err)
	}
	if err := b.reviewed(id, "ada", decision.Approved); err != nil {
		t.Fatal(err)
	}
	b.clock.Add(time.Hour)
	if n := b.get(id).Notes(); len(n) != 0 {
		t.Errorf("got %v, want none", n)
	}
}
