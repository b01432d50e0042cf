package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/watchlist"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

func ExampleEngine() {
	ctx := context.Background()
	clock := sessiontest.NewClock()
	engine, err := session.New(memstore.New(), session.Config{Clock: clock, Decider: session.Sandbox{}})
	if err != nil {
		panic(err)
	}
	s, err := engine.Create(ctx, session.Facts{ExternalRef: new("customer-17"), Person: session.Person{FirstName: "Approve"}})
	if err != nil {
		panic(err)
	}
	if _, err := engine.Submit(ctx, s.ID); err != nil {
		panic(err)
	}
	if _, err := engine.Settle(ctx); err != nil { // a server calls engine.Run
		panic(err)
	}
	s, err = engine.Get(ctx, s.ID)
	fmt.Println(s.Status, err)
	_, err = engine.Start(ctx, s.ID)
	fmt.Println(err)
	// Output:
	// approved <nil>
	// session: start by host is not possible in status approved
}

func ExampleEngine_Upload() {
	ctx := context.Background()
	engine, err := session.New(memstore.New(), session.Config{})
	if err != nil {
		panic(err)
	}
	s, err := engine.Create(ctx, session.Facts{})
	if err != nil {
		panic(err)
	}
	_, err = engine.Upload(ctx, s.ID, session.Upload{Context: media.Face, Content: strings.NewReader("not a photograph")})
	fmt.Println(errors.Is(err, media.ErrFormat))
	// Output: true
}

// Whoever was decided about is looked for on the lists.
func ExampleEngine_Screening() {
	ctx := context.Background()
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{Policy: session.Policy{Screening: true}}},
		Decider:      session.Sandbox{}, Screener: watchlist.Sandbox(),
	})
	if err != nil {
		panic(err)
	}
	s, err := engine.Create(ctx, session.Facts{Person: session.Person{
		FirstName: "Approve", FullName: "Ivan Examplov", DateOfBirth: decision.Date{Year: 1963, Month: 5, Day: 17},
	}})
	if err != nil {
		panic(err)
	}
	if _, err := engine.Submit(ctx, s.ID); err != nil {
		panic(err)
	}
	_, err = engine.Screening(ctx, s.ID)
	fmt.Println(err)
	if _, err := engine.Settle(ctx); err != nil { // a server calls engine.Run
		panic(err)
	}
	if s, err = engine.Screening(ctx, s.ID); err != nil {
		panic(err)
	}
	for _, hit := range s.Screening().Screening.Hits {
		fmt.Println(hit.Name, hit.MatchTypes, hit.Listings[0].Kind)
	}
	// Output:
	// session: screening is in progress
	// Ivan Examplov [name_exact year_of_birth] sanctions
}

// A registry is asked instead of a decider, and the caller waits.
func ExampleEngine_AskRegistry() {
	ctx := context.Background()
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{Policy: session.Policy{Registry: true, RegistrySync: true}}},
		Registry:     session.SandboxRegistry{},
	})
	if err != nil {
		panic(err)
	}
	s, err := engine.AskRegistry(ctx, session.Facts{
		Person: session.Person{FullName: "Ada Specimen", IDNumber: "123456789"}, Address: "1 Nowhere Road",
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Status, s.Decisions[0].Record.Additional.ValidationResults[0].Address)
	// Output: approved full_match
}

// What the host knows about the device goes with the attempt, and so does a status of the host's own.
func ExampleEngine_Collect() {
	ctx := context.Background()
	engine, err := session.New(memstore.New(), session.Config{})
	if err != nil {
		panic(err)
	}
	s, err := engine.Create(ctx, session.Facts{})
	if err != nil {
		panic(err)
	}
	if _, err := engine.Collect(ctx, s.ID, session.Device{Provider: "shop", Fingerprint: "f-1", IPv4: "203.0.113.7"}); err != nil {
		panic(err)
	}
	if _, err := engine.SetUserStatus(ctx, s.ID, s.AttemptID, session.UserStatus{Status: "Looked at"}); err != nil {
		panic(err)
	}
	if s, err = engine.Get(ctx, s.ID); err != nil {
		panic(err)
	}
	fmt.Println(s.Device(s.AttemptID).IPv4, s.UserStatuses(s.AttemptID)[0].UserStatus.StatusCode)
	// Output: 203.0.113.7 looked_at
}
