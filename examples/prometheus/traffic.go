package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"math/rand/v2"
	"time"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// moody is a receiver that takes nine of ten.
type moody struct{}

// Deliver tells nobody anything.
func (moody) Deliver(context.Context, session.Endpoint, session.Delivery) session.Try {
	if rand.IntN(10) == 0 {
		return session.Try{Status: 503, Note: "not in the mood"}
	}
	return session.Try{Status: 200}
}

// visit has somebody verified every now and then.
func visit(ctx context.Context, e *session.Engine, every time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			verify(ctx, e, n)
		}
	}
}

// outcomes are the first names by which [session.Sandbox] knows what it is to decide.
var outcomes = []string{"Approve", "Approve", "Approve", "Approve", "Decline", "Resubmit", "Approve"}

// verify takes somebody through a session; every seventh leaves before its end. What is refused is measured too.
func verify(ctx context.Context, e *session.Engine, n int) {
	s, err := e.Create(ctx, session.Facts{Person: session.Person{FirstName: outcomes[n%len(outcomes)], LastName: "Specimen"}})
	if err != nil {
		return
	}
	_, _ = e.Upload(ctx, s.ID, session.Upload{Context: media.Face, Content: bytes.NewReader(picture())})
	if n%7 == 6 {
		return
	}
	_, _ = e.Submit(ctx, s.ID)
	_, _ = e.Start(ctx, s.ID) // too late: a refusal
}

// picture is one of nothing, of any size.
func picture() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 200+rand.IntN(2000), 200))) // to memory, it never fails
	return b.Bytes()
}
