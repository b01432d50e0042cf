// Command inprocess verifies a person inside one process: no server, no database, nothing to set up.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

func main() {
	ctx := context.Background()
	engine := must(session.New(memstore.New(), session.Config{Decider: session.Sandbox{}}))
	s := must(engine.Create(ctx, session.Facts{Person: session.Person{FirstName: "Approve"}}))
	photo := must(os.Open("examples/testdata/document-front.jpg"))
	must(engine.Upload(ctx, s.ID, session.Upload{Context: media.DocumentFront, Content: photo}))
	must(engine.Submit(ctx, s.ID))
	must(engine.Settle(ctx)) // does what is due; a server calls engine.Run instead
	s = must(engine.Get(ctx, s.ID))
	fmt.Println(s.Status, s.Decisions[0].Record.Document.Number)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
