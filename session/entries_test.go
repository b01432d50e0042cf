package session_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// TestEntriesOfTheHost: they are kept, changed version by version, and each change is in the log.
func TestEntriesOfTheHost(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	put := func(entry session.Entry, want error) session.Entry {
		t.Helper()
		got, err := b.PutEntry(b.ctx, entry, "desk.changed", "desk")
		if !errors.Is(err, want) {
			t.Errorf("version %d of %s: got %v, want %v", entry.Version, entry.ID, err, want)
		}
		return got
	}
	entry := session.Entry{Kind: "shop.desk", ID: session.NewID(b.clock.Now()), Name: "front", Version: 1, Body: []byte("a")}
	first := put(entry, nil)
	put(entry, session.ErrExists)
	other := entry
	other.ID = session.NewID(b.clock.Now())
	put(other, session.ErrExists) // the name
	other.Version = 2
	put(other, session.ErrExists)
	other.Name = ""
	put(other, session.ErrNotFound)
	b.clock.Add(1e9)
	entry.Version, entry.Body = 2, []byte("b")
	second := put(entry, nil)
	put(entry, session.ErrConflict)
	found, err := b.Entries(b.ctx, session.EntryQuery{Kind: "shop.desk", Name: "front"})
	if err != nil || len(found) != 1 || string(found[0].Body) != "b" || !found[0].CreatedAt.Equal(first.CreatedAt) || !found[0].UpdatedAt.After(first.UpdatedAt) || !second.CreatedAt.Equal(first.CreatedAt) {
		t.Errorf("got %+v and error %v, want the second version with the time of the first", found, err)
	}
	log, err := b.Events(b.ctx, session.AuditList{What: []string{"desk.changed"}, ResourceID: entry.ID.String()})
	if err != nil || len(log.Audited) != 2 {
		t.Errorf("the log has %+v and error %v, want two changes", log, err)
	}
}

// TestEntriesOfTheEngine are nobody else's to read or to write.
func TestEntriesOfTheEngine(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	for _, kind := range []session.EntryKind{session.EntryAnswer, session.EntryIdentity, session.EntryEndpoint, session.EntryAudit, session.EntryWorkflow, ""} {
		var facts *session.FactsError
		if _, err := b.Entries(b.ctx, session.EntryQuery{Kind: kind}); !errors.As(err, &facts) {
			t.Errorf("Entries of %q: got %v, want a FactsError", kind, err)
		}
		if _, err := b.PutEntry(b.ctx, session.Entry{Kind: kind, ID: uuid.New(), Version: 1}, "a.b", "a"); !errors.As(err, &facts) {
			t.Errorf("PutEntry of %q: got %v, want a FactsError", kind, err)
		}
	}
	for name, c := range map[string]struct {
		entry session.Entry
		what  string
	}{
		"no id":                    {session.Entry{Kind: session.EntryKey, Version: 1}, "a.b"},
		"no full stop":             {session.Entry{Kind: session.EntryKey, ID: uuid.New(), Version: 1}, "ab"},
		"a name that is not UTF-8": {session.Entry{Kind: session.EntryKey, ID: uuid.New(), Version: 1, Name: "\xff"}, "a.b"},
	} {
		var facts *session.FactsError
		if _, err := b.PutEntry(b.ctx, c.entry, c.what, "a"); !errors.As(err, &facts) {
			t.Errorf("%s: got %v, want a FactsError", name, err)
		}
	}
}

// TestCasesAreTold where the policy has it, and nowhere else: of a review, and of the decision at its end.
func TestCasesAreTold(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Cases = on })
		approved, declined, expired := b.create("Review").ID, b.create("Review").ID, b.create("Review").ID
		for _, id := range []uuid.UUID{approved, declined, expired} {
			if _, err := b.Submit(b.ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		direct := b.create("Approve").ID
		if _, err := b.Submit(b.ctx, direct); err != nil {
			t.Fatal(err)
		}
		b.settle()
		for id, outcome := range map[uuid.UUID]decision.Outcome{approved: decision.Approved, declined: decision.Declined} {
			if _, err := b.Decide(b.ctx, id, decision.Verdict{Outcome: outcome}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.Expire(b.ctx, expired); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			id           uuid.UUID
			open, decide int
		}{{approved, 1, 1}, {declined, 1, 1}, {expired, 1, 0}, {direct, 0, 0}} {
			rec, err := b.store.Load(b.ctx, session.Ref{Tenant: b.in.ID, ID: c.id}, session.PartEvents)
			if err != nil {
				t.Fatal(err)
			}
			opened, decided := 0, 0
			for _, ev := range rec.Events {
				switch ev.Kind {
				case session.EventCaseOpened:
					opened++
				case session.EventCaseDecided:
					decided++
				}
			}
			if want := map[bool]int{true: 1}[on]; opened != c.open*want || decided != c.decide*want {
				t.Errorf("on %t, %s: got %d opened and %d decided, want %d and %d", on, rec.Session.Status, opened, decided, c.open*want, c.decide*want)
			}
		}
	}
}
