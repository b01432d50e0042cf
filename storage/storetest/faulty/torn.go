package faulty

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// allParts is everything that a session has.
const allParts = session.PartAttempts | session.PartDecisions | session.PartMedia | session.PartFindings | session.PartEvents

// Torn says what of one session is there by halves, as no engine ever writes it, one fault in each text: an event
// without its state or a state without its event, a gap or a break in the chain of events, attempts or decisions that
// are missing, a medium whose blob cannot be read, a delivery of no event. It says nothing of a session that is whole,
// or is not there. Deleted and redacted sessions are looked at too. Where blobs is nil, media are not read.
func Torn(ctx context.Context, store session.Store, blobs media.Blobs, tenant, id uuid.UUID) (faults []string, err error) {
	rec, err := store.Load(ctx, session.Ref{Tenant: tenant, ID: id, Deleted: true}, allParts)
	if errors.Is(err, session.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := &torn{rec: rec}
	t.events()
	t.parts()
	t.erased()
	if err := t.deliveries(ctx, store); err != nil {
		return nil, err
	}
	if blobs != nil && rec.Session.DeletedAt.IsZero() && rec.Session.RedactedAt.IsZero() {
		t.media(ctx, blobs)
	}
	return t.faults, nil
}

type torn struct {
	rec    session.Record
	faults []string
}

func (t *torn) check(whole bool, fault string, args ...any) {
	if !whole {
		t.faults = append(t.faults, fmt.Sprintf("session %s: ", t.rec.Session.ID)+fmt.Sprintf(fault, args...))
	}
}

// events are numbered, chained, and lead to the session's state.
func (t *torn) events() {
	s, events := t.rec.Session, t.rec.Events
	var head [32]byte
	changes := map[uuid.UUID]bool{}
	for i, e := range events {
		t.check(e.Seq == int64(i+1), "event %d has the number %d", i+1, e.Seq)
		head = session.Chain(head, e)
		t.check(head == e.Hash, "the chain is broken at event %d, %s", e.Seq, e.Kind)
		changes[e.Change] = true
	}
	t.check(s.Seq == int64(len(events)) && s.Head == head, "its row is at event %d, and there are %d", s.Seq, len(events))
	t.check(s.Version >= 1 && s.Version <= int64(len(changes)), "version %d after %d changes", s.Version, len(changes))
	if len(events) == 0 {
		return
	}
	last := events[len(events)-1]
	t.check(last.Status == s.Status, "its row is %s, and its last event, %s, left it %s", s.Status, last.Kind, last.Status)
	t.check(last.Attempt == s.AttemptID, "its row is at attempt %s, and its last event at %s", s.AttemptID, last.Attempt)
}

// parts are there as many as there are to be.
func (t *torn) parts() {
	s := t.rec.Session
	for i, a := range t.rec.Attempts {
		t.check(a.N == i+1, "attempt %d has the number %d", i+1, a.N)
	}
	n := len(t.rec.Attempts)
	t.check(n == s.AttemptN && n > 0 && t.rec.Attempts[n-1].ID == s.AttemptID, "its row is at attempt %d, and there are %d", s.AttemptN, n)
	for i, d := range t.rec.Decisions {
		t.check(d.N == i+1, "decision %d has the number %d", i+1, d.N)
	}
	decided := s.Status == session.StatusApproved || s.Status == session.StatusDeclined
	t.check(!decided || len(t.rec.Decisions) > 0, "it is %s without a decision", s.Status)
	t.check(len(t.rec.Media) <= t.count(session.EventUploaded), "%d media of %d uploads", len(t.rec.Media), t.count(session.EventUploaded))
}

// erased is what the row says of a deletion or a redaction, and the events say too.
func (t *torn) erased() {
	s := t.rec.Session
	deleted := t.count(session.EventDeleted) > 0
	t.check(s.DeletedAt.IsZero() != deleted, "deleted by its events: %t, by its row: %s", deleted, s.DeletedAt)
	redacted := t.count(session.EventRedacted)+t.count(session.EventRetired) > 0
	t.check(s.RedactedAt.IsZero() || redacted || deleted, "it was redacted at %s, and no event says so", s.RedactedAt)
	t.check(!redacted || !s.RedactedAt.IsZero(), "an event says that it was redacted, and its row does not")
	if deleted || redacted {
		t.check(len(s.Sealed) == 0, "its facts are there after it was erased")
	}
}

func (t *torn) count(kind session.EventKind) (n int) {
	for _, e := range t.rec.Events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// deliveries tell of events that are there, in their numbers.
func (t *torn) deliveries(ctx context.Context, store session.Store) error {
	s := t.rec.Session
	list, err := store.Deliveries(ctx, session.DeliveryQuery{Tenant: s.Tenant, Sandbox: s.Sandbox, Session: s.ID, N: 10_000})
	if err != nil {
		return err
	}
	seqs := map[uuid.UUID]int64{}
	for _, e := range t.rec.Events {
		seqs[e.ID] = e.Seq
	}
	for _, d := range list {
		seq, there := seqs[d.Event]
		t.check(there && d.Seq == seq, "delivery %s is of event %d, and that is %d", d.ID, d.Seq, seq)
	}
	return nil
}

// media have blobs that can be read to their end. That the bytes are right, only who has the key can say.
func (t *torn) media(ctx context.Context, blobs media.Blobs) {
	for _, m := range t.rec.Media {
		r, err := blobs.Open(ctx, m.Blob)
		if err != nil {
			t.check(false, "medium %s: %v", m.ID, err)
			continue
		}
		n, err := io.Copy(io.Discard, r)
		_ = r.Close()
		t.check(err == nil && n >= m.Size, "medium %s of %d bytes: %d are there: %v", m.ID, m.Size, n, err)
	}
}
