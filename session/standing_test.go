package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// TestStanding: the last conclusion stands until there is another, and a request for resubmission is none.
func TestStanding(t *testing.T) {
	t.Parallel()
	for status, want := range map[session.Status]decision.Outcome{
		session.StatusCreated: "", session.StatusSubmitted: "", session.StatusResubmissionRequested: "", session.StatusExpired: "",
		session.StatusReview: decision.Review, session.StatusApproved: decision.Approved, session.StatusDeclined: decision.Declined,
	} {
		b := setUp(t, nil)
		s := b.get(b.forced(status))
		d, run := s.Standing()
		if got := outcomeOf(d); got != want || run != nil {
			t.Errorf("%s: got %q and %v, want %q", status, got, run, want)
		}
	}
	b := setUp(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Reprocess = true
		cfg.Decider = session.DeciderFunc(func(_ context.Context, c session.Case) (decision.Verdict, error) {
			if len(c.Decisions) > 0 {
				return decision.Verdict{}, session.ErrWait
			}
			return decision.Verdict{Outcome: decision.Approved}, nil
		})
	})
	id := b.to(session.StatusApproved)
	if n := b.get(id).Processings(); n != 1 {
		t.Errorf("processed %d times, want once", n)
	}
	if _, err := b.Reprocess(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if d, _ := b.get(id).Standing(); outcomeOf(d) != decision.Approved {
		t.Errorf("while it is decided again: got %q, want the last one", outcomeOf(d))
	}
}

func outcomeOf(d *session.Concluded) decision.Outcome {
	if d == nil {
		return ""
	}
	return d.Outcome
}

// TestCount is that of the list, as far as it is asked for.
func TestCount(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	for range 7 {
		b.create("any")
		b.clock.Add(time.Second)
	}
	for most, want := range map[int]int{10: 7, 7: 7, 3: 3} {
		if n, err := b.Count(b.ctx, session.List{Skip: 2, N: 1}, most); err != nil || n != want {
			t.Errorf("counted %d and %v up to %d, want %d", n, err, most, want)
		}
	}
	since := b.clock.Now().Add(-2500 * time.Millisecond)
	if n, err := b.Count(b.ctx, session.List{Since: since}, 10); err != nil || n != 2 {
		t.Errorf("since then: counted %d and %v, want 2", n, err)
	}
	if n, err := b.Count(b.ctx, session.List{Before: since}, 10); err != nil || n != 5 {
		t.Errorf("before then: counted %d and %v, want 5", n, err)
	}
}

// TestExtracted: what was read, by its names, and nothing else.
func TestExtracted(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if got := session.Extracted(decision.Record{}, at); len(got) != 0 {
		t.Errorf("of nothing: got %v", got)
	}
	got := session.Extracted(decision.Record{
		Person: &decision.Person{
			FirstName: "Ada", IDNumber: "0", DateOfBirth: decision.Date{Year: 2008, Month: 2, Day: 29},
			Addresses: []decision.Address{{Full: "Lane 1", Parsed: &decision.ParsedAddress{City: "Exampleville", Postcode: "1"}}},
		},
		Document: &decision.Document{Type: "DRIVERS_LICENSE", Number: "S0"},
	}, at)
	for name, want := range map[string]any{"first_name": "Ada", "ssn": "0", "date_of_birth": "2008-02-29", "age": 18, "document_type": "drivers_license", "document_number": "S0"} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if got["address"] == nil || got["last_name"] != nil {
		t.Errorf("got %v, want an address, and no last name", got)
	}
}

// TestSpecimen takes over what the host gave.
func TestSpecimen(t *testing.T) {
	t.Parallel()
	r := session.Specimen(session.Facts{Person: session.Person{FirstName: "Ada"}})
	if r.Person.FirstName != "Ada" || r.Person.LastName == "" || r.Document == nil {
		t.Errorf("got %+v", r.Person)
	}
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) { cfg.Decider = session.Sandbox{FullAuto: true} })
	id := b.to(session.StatusApproved)
	if a := b.get(id).Decisions[0].Record.Automation; a == nil || len(a.Fields) == 0 {
		t.Errorf("got %+v, want how sure a sandbox is", a)
	}
	if up := b.get(id).Uploaded(); len(up) != 0 {
		t.Errorf("got %v, want nothing uploaded", up)
	}
}
