package session_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

func withRegistry(v session.RegistryValidator) func(*session.Integration, *session.Config) {
	return func(in *session.Integration, cfg *session.Config) {
		in.Policy.Registry, in.Policy.RegistrySync = true, true
		cfg.Registry = v
	}
}

var ada = session.Facts{Person: session.Person{
	FirstName: "Ada", LastName: "Specimen", IDNumber: "123456789", DateOfBirth: decision.Date{Year: 1990, Month: 2, Day: 28},
}}

// TestSandboxRegistry: every part of the data has its own result.
func TestSandboxRegistry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*session.Facts)
		want   session.Status
		found  decision.ValidationResult
	}{
		{"all fits", func(*session.Facts) {}, session.StatusApproved,
			decision.ValidationResult{IDNumber: "full_match", FirstName: "full_match", LastName: "full_match", DateOfBirth: "full_match"}},
		{"small letters, full name, number with dashes", func(f *session.Facts) {
			f.Person = session.Person{FullName: "ada specimen", IDNumber: "123-45-6789", DateOfBirth: f.Person.DateOfBirth}
		}, session.StatusApproved,
			decision.ValidationResult{IDNumber: "full_match", FirstName: "full_match", LastName: "full_match", DateOfBirth: "full_match"}},
		{"by address", func(f *session.Facts) {
			f.Person.DateOfBirth, f.Address = decision.Date{}, "1 Nowhere Road, Exampleville"
		}, session.StatusApproved,
			decision.ValidationResult{IDNumber: "full_match", FirstName: "full_match", LastName: "full_match", Address: "full_match"}},
		{"by parts of the address", func(f *session.Facts) {
			f.Person.DateOfBirth, f.Street, f.HouseNumber, f.Postcode = decision.Date{}, "Nowhere Road", "1", "00000"
		}, session.StatusApproved,
			decision.ValidationResult{IDNumber: "full_match", FirstName: "full_match", LastName: "full_match", Address: "full_match"}},
		{"another name", func(f *session.Facts) { f.Person.LastName = "Sample" }, session.StatusDeclined,
			decision.ValidationResult{IDNumber: "full_match", FirstName: "full_match", LastName: "no_match", DateOfBirth: "full_match"}},
		{"another day", func(f *session.Facts) { f.Person.DateOfBirth.Day = 27 }, session.StatusDeclined,
			decision.ValidationResult{IDNumber: "full_match", FirstName: "full_match", LastName: "full_match", DateOfBirth: "no_match"}},
		{"another number", func(f *session.Facts) { f.Person.IDNumber = "111111111" }, session.StatusDeclined,
			decision.ValidationResult{IDNumber: "no_match", FirstName: "no_match", LastName: "no_match", DateOfBirth: "no_match"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, withRegistry(session.SandboxRegistry{}))
			facts := ada
			c.change(&facts)
			s, err := b.AskRegistry(b.ctx, facts)
			if err != nil {
				t.Fatal(err)
			}
			got := s.Decisions[0].Record.Additional.ValidationResults[0]
			c.found.RegistryName = "sandbox"
			if s.Status != c.want || got != c.found {
				t.Errorf("%s, found %#v; want %s, %#v", s.Status, got, c.want, c.found)
			}
			if want := map[session.Status]int{session.StatusDeclined: 123}[c.want]; s.Decisions[0].Code != want {
				t.Errorf("code %d, want %d", s.Decisions[0].Code, want)
			}
		})
	}
}

// TestRegistryLater: without waiting the session is submitted, and the alarm asks.
func TestRegistryLater(t *testing.T) {
	t.Parallel()
	b := setUp(t, withRegistry(session.SandboxRegistry{}))
	s, err := b.CheckRegistry(b.ctx, ada)
	if err != nil || s.Status != session.StatusSubmitted || s.SubmittedAt.IsZero() || s.Attempts[0].Status != session.StatusSubmitted {
		t.Fatalf("%v, %+v", err, s)
	}
	upload := session.Upload{Context: media.Face, Content: bytes.NewReader(png)}
	if _, err := b.Upload(b.ctx, s.ID, upload); !errors.Is(err, session.ErrTransition) {
		t.Errorf("an upload: %v", err)
	}
	b.settle()
	if got := b.get(s.ID).Status; got != session.StatusApproved {
		t.Errorf("then %s", got)
	}
	if kinds := b.events(s.ID); count(kinds, session.EventCreated) != 1 || count(kinds, session.EventSubmitted) != 1 || count(kinds, session.EventApproved) != 1 {
		t.Errorf("events %v", kinds)
	}
	// A session that shows photographs never goes to the registry.
	other := b.create("Approve")
	b.submit(other.ID)
	b.settle()
	if d := b.get(other.ID).Decisions; len(d) != 1 || d[0].Record.Additional != nil {
		t.Errorf("an ordinary session has %d decisions", len(d))
	}
}

// brokenRegistry fails until it is mended.
type brokenRegistry struct {
	session.SandboxRegistry
	mended bool
	asked  int
}

func (r *brokenRegistry) ValidateRegistry(ctx context.Context, f session.Facts) (decision.Verdict, error) {
	if r.asked++; !r.mended {
		return decision.Verdict{}, errors.New("away")
	}
	return r.SandboxRegistry.ValidateRegistry(ctx, f)
}

// TestRegistryAway: who waits is given the session as it stands, and the alarm asks again.
func TestRegistryAway(t *testing.T) {
	t.Parallel()
	r := &brokenRegistry{}
	b := setUp(t, withRegistry(r))
	s, err := b.AskRegistry(b.ctx, ada)
	if err != nil || s.Status != session.StatusSubmitted || r.asked != 1 {
		t.Fatalf("%v, %s after %d questions", err, s.Status, r.asked)
	}
	if n := b.settle(); n != 0 && r.asked != 1 {
		t.Errorf("it was asked again at once")
	}
	r.mended = true
	b.clock.Add(time.Minute)
	b.settle()
	if got := b.get(s.ID).Status; got != session.StatusApproved || r.asked != 2 {
		t.Errorf("then %s after %d questions", got, r.asked)
	}
}

// TestRegistryRefuses, and nothing is made.
func TestRegistryRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		policy session.Policy
		change func(*session.Facts)
		want   error
	}{
		{"off", session.Policy{}, nil, session.ErrRegistryOff},
		{"waiting is off", session.Policy{Registry: true}, nil, session.ErrRegistryOff},
		{"no number", session.Policy{Registry: true, RegistrySync: true}, func(f *session.Facts) { f.Person.IDNumber = "" }, session.ErrFacts},
		{"half a name", session.Policy{Registry: true, RegistrySync: true}, func(f *session.Facts) { f.Person.LastName = "" }, session.ErrFacts},
		{"no date", session.Policy{Registry: true, RegistrySync: true}, func(f *session.Facts) { f.Person.DateOfBirth = decision.Date{} }, session.ErrFacts},
		{"half an address", session.Policy{Registry: true, RegistrySync: true}, func(f *session.Facts) {
			f.Person.DateOfBirth, f.Street = decision.Date{}, "Nowhere Road"
		}, session.ErrFacts},
		{"the rate", session.Policy{Registry: true, RegistrySync: true, Create: []session.Rule{{N: 1, Window: time.Hour}}}, nil, session.ErrLimited},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, func(in *session.Integration, cfg *session.Config) {
				in.Policy, cfg.Registry = c.policy, session.SandboxRegistry{}
			})
			there := 0
			if errors.Is(c.want, session.ErrLimited) {
				b.create("any")
				there = 1
			}
			facts := ada
			if c.change != nil {
				c.change(&facts)
			}
			if _, err := b.AskRegistry(b.ctx, facts); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if list, err := b.List(b.ctx, session.List{}); err != nil || len(list) != there {
				t.Errorf("%d sessions, %v; want %d", len(list), err, there)
			}
		})
	}
	if _, err := session.New(setUp(t, nil).store, session.Config{
		Integrations: session.Fixed{{ID: tenant, Policy: session.Policy{Registry: true}}},
	}); err == nil {
		t.Error("registry checks without a registry were taken")
	}
}

// TestRegistryCheckIsDecidedByARegistry or not at all, also in a process that has none.
func TestRegistryCheckIsDecidedByARegistry(t *testing.T) {
	t.Parallel()
	b := setUp(t, withRegistry(session.SandboxRegistry{}))
	facts := ada
	facts.Person.FirstName = "Approve" // the sandbox's decider would
	s, err := b.CheckRegistry(b.ctx, facts)
	if err != nil {
		t.Fatal(err)
	}
	other, err := session.New(b.store, session.Config{
		Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Integrations: session.Fixed{{ID: b.in.ID}}, Decider: session.Sandbox{},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Settle(b.ctx); err != nil {
		t.Fatal(err)
	}
	if s := b.get(s.ID); s.Status != session.StatusSubmitted || len(s.Decisions) != 0 || s.Tries != 0 {
		t.Errorf("it is %s with %d decisions after %d tries", s.Status, len(s.Decisions), s.Tries)
	}
	b.clock.Add(time.Hour)
	b.settle()
	if s := b.get(s.ID); s.Status != session.StatusDeclined || s.Decisions[0].Code != decision.CodeRegistryChecks {
		t.Errorf("then it is %s", s.Status)
	}
}

// waitingRegistry answers when it is let.
type waitingRegistry struct {
	session.SandboxRegistry
	in, out chan struct{}
}

func (r waitingRegistry) ValidateRegistry(ctx context.Context, f session.Facts) (decision.Verdict, error) {
	r.in <- struct{}{}
	<-r.out
	return r.SandboxRegistry.ValidateRegistry(ctx, f)
}

// TestRegistryRoom: of many who wait, those that find no room are told that it is submitted, and the alarm asks.
func TestRegistryRoom(t *testing.T) {
	t.Parallel()
	const most = 32
	r := waitingRegistry{in: make(chan struct{}, most), out: make(chan struct{})}
	b := setUp(t, withRegistry(r))
	var waiting sync.WaitGroup
	for range most {
		waiting.Go(func() {
			if s, err := b.AskRegistry(b.ctx, ada); err != nil || s.Status != session.StatusApproved {
				t.Errorf("with room: %v", err)
			}
		})
	}
	for range most {
		<-r.in
	}
	s, err := b.AskRegistry(b.ctx, ada)
	if err != nil || s.Status != session.StatusSubmitted || s.Tries != 0 {
		t.Errorf("without room: %v", err)
	}
	close(r.out)
	waiting.Wait()
	b.settle()
	if got := b.get(s.ID).Status; got != session.StatusApproved {
		t.Errorf("then it is %s", got)
	}
}

// TestWhoIsARegistryCheck: what was made by the verb, and nothing else, whatever the facts say; and a verb that is
// off, or whose outcome nobody can wait for, makes nothing.
func TestWhoIsARegistryCheck(t *testing.T) {
	t.Parallel()
	b := setUp(t, withRegistry(session.SandboxRegistry{}))
	pretending := ada
	pretending.RegistryCheck = true
	pretending.Person.FirstName = "Approve"
	s, err := b.Create(b.ctx, pretending)
	if err != nil || s.Facts.RegistryCheck {
		t.Fatalf("%v, registry check %t", err, s.Facts.RegistryCheck)
	}
	b.submit(s.ID)
	b.settle()
	if got := b.get(s.ID).Status; got != session.StatusApproved {
		t.Errorf("it was not the decider who decided: %s", got)
	}
	if _, err := b.With(b.store).AskRegistry(b.ctx, ada); !errors.Is(err, session.ErrHosted) {
		t.Errorf("on a host's transaction: %v", err)
	}
	off := setUp(t, func(_ *session.Integration, cfg *session.Config) { cfg.Registry = session.SandboxRegistry{} })
	if _, err := off.CheckRegistry(off.ctx, ada); !errors.Is(err, session.ErrRegistryOff) {
		t.Errorf("where it is off: %v", err)
	}
	for _, of := range []struct {
		b    *bench
		want int
	}{{b, 1}, {off, 0}} {
		if list, err := of.b.List(of.b.ctx, session.List{}); err != nil || len(list) != of.want {
			t.Errorf("%d sessions are there, %v; want %d", len(list), err, of.want)
		}
	}
}
