package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// What a person asks for is given before it is destroyed; the receipt says what was.
func ExampleEngine_Redact() {
	ctx := context.Background()
	engine, err := session.New(memstore.New(), session.Config{Key: session.NewKey()})
	if err != nil {
		panic(err)
	}
	s, err := engine.Create(ctx, session.Facts{Person: session.Person{FirstName: "Ada", LastName: "Specimen"}})
	if err != nil {
		panic(err)
	}
	everything, err := engine.Export(ctx, s.ID)
	if err != nil {
		panic(err)
	}
	fmt.Println(everything.Facts.Person.FirstName)

	receipt, err := engine.Redact(ctx, s.ID)
	if err != nil {
		panic(err)
	}
	fmt.Println(receipt.Key, receipt.Verify(engine.ReceiptKey()))
	_, err = engine.Export(ctx, s.ID)
	fmt.Println(errors.Is(err, session.ErrErased))
	// Output:
	// Ada
	// destroyed <nil>
	// true
}

// A request that comes twice makes one session, and both get its answer.
func ExampleEngine_Once() {
	ctx := context.Background()
	engine, err := session.New(memstore.New(), session.Config{Key: session.NewKey()})
	if err != nil {
		panic(err)
	}
	once := session.Once{
		Scope: "shop: create", Key: "order-17", Request: []byte(`{"customer":17}`),
		Encode: func(result any) ([]byte, error) { return json.Marshal(result.(*session.Snapshot).Facts.ExternalRef) },
	}
	for range 2 {
		var answered *session.AnsweredError
		switch s, err := engine.Once(once).Create(ctx, session.Facts{ExternalRef: new("customer-17")}); {
		case errors.As(err, &answered):
			fmt.Printf("as before: %s\n", answered.Answer)
		case err != nil:
			panic(err)
		default:
			fmt.Println("made:", s.Status)
		}
	}
	// Output:
	// made: created
	// as before: "customer-17"
}

// What was done to sessions stands in a log that shows who changes it.
func ExampleEngine_VerifyAudit() {
	ctx := context.Background()
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{Policy: session.Policy{Audit: true}}}, Key: session.NewKey(),
	})
	if err != nil {
		panic(err)
	}
	if _, err := engine.Create(ctx, session.Facts{}); err != nil {
		panic(err)
	}
	report, err := engine.VerifyAudit(ctx)
	fmt.Println(report.Sessions, report.Faults, err)
	// Output: 1 [] <nil>
}

// A person acts by the link of the session, and by nothing else.
func ExampleEngine_ByLink() {
	ctx := context.Background()
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{Policy: session.Policy{Links: true}}}, Key: session.NewKey(),
	})
	if err != nil {
		panic(err)
	}
	s, err := engine.Create(ctx, session.Facts{})
	if err != nil {
		panic(err)
	}
	person, s, err := engine.ByLink(ctx, s.LinkToken())
	if err != nil {
		panic(err)
	}
	s, err = person.Agree(ctx, s.ID, session.Agreement{Version: "2026-01"})
	fmt.Println(s.Status, err)
	_, _, err = engine.ByLink(ctx, "no link")
	fmt.Println(err)
	// Output:
	// started <nil>
	// session: not found
}

// A workflow of the tenant's takes the decider's place.
func ExampleEngine_AddWorkflow() {
	ctx := context.Background()
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{Policy: session.Policy{Workflows: true}}}, Key: session.NewKey(),
		Checks: map[string]session.Check{"customers": passes{}},
	})
	if err != nil {
		panic(err)
	}
	graph, err := workflow.Parse([]byte(`{"entry": "start", "nodes": {
		"start": {"type": "start", "next": "known"},
		"known": {"type": "policy", "policy": "customers", "on_pass": "yes", "on_fail": "look"},
		"yes": {"type": "terminal", "outcome": "approved"},
		"look": {"type": "terminal", "outcome": "needs_review"}
	}}`))
	if err != nil {
		panic(err)
	}
	if _, err := engine.AddWorkflow(ctx, session.Workflow{Name: "customers", Graph: graph, IsDefault: true}); err != nil {
		panic(err)
	}
	s, err := engine.Create(ctx, session.Facts{})
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
	// Output: approved <nil>
}

// passes is a check that everybody passes.
type passes struct{}

func (passes) Check(context.Context, session.CheckCase) (session.CheckResult, error) {
	return session.CheckResult{Status: workflow.CheckPassed}, nil
}
