package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
