package session

import (
	"context"
	"errors"
	"io"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// ErrWait is what a [Decider] answers when it leaves the session as it is, until something else decides it.
var ErrWait = errors.New("session: the decider waits")

// Decider concludes submitted attempts, on the session's alarm and with no transaction open. It is asked at
// least once per attempt; two processes may ask for the same attempt, whose ID is its idempotency key. An error
// other than ErrWait, a panic, and a verdict that is not acceptable are tried again, later each time, and after
// [Policy.DeciderTries] tries the session fails. ctx ends with [Policy.DeciderLease], which doubles with every
// try; what is answered later no longer counts. A Decider MUST be safe for concurrent use.
type Decider interface {
	Decide(ctx context.Context, c Case) (decision.Verdict, error)
}

// Case is what a decider is shown: the session with what was given, and its media.
type Case struct {
	*Snapshot
	// Open reads a medium of the session from its start. The caller closes it.
	Open func(ctx context.Context, id uuid.UUID) (io.ReadCloser, error)
}

// DeciderFunc is a function as a Decider.
type DeciderFunc func(ctx context.Context, c Case) (decision.Verdict, error)

// Decide calls the function.
func (f DeciderFunc) Decide(ctx context.Context, c Case) (decision.Verdict, error) { return f(ctx, c) }
