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
// [Policy.DeciderTries] tries the session fails. ctx ends with [Policy.DeciderLease]; what is answered
// later no longer counts. A Decider MUST be safe for concurrent use.
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

// decide asks the decider about a claimed session and carries out what it says.
func (e *Engine) decide(ctx context.Context, claimed Session) error {
	s, err := e.claimed(ctx, claimed, allParts)
	if err != nil {
		return err
	}
	in, err := e.policyOf(ctx, s.Integration)
	if err != nil {
		return err
	}
	s.risk = in.Policy.Risk
	if in.Policy.Workflows && !s.Facts.RegistryCheck {
		return e.runWorkflow(ctx, s)
	}
	verdict, err := e.ask(ctx, s)
	if errors.Is(err, ErrWait) {
		_, err = e.write(ctx, Ref{ID: s.ID}, 0, func(w *work) error {
			if w.snap.Version != claimed.Version {
				return ErrConflict
			}
			return w.undecided(ActorDecider)
		})
		return err
	}
	if err != nil {
		return err
	}
	_, err = e.conclude(ctx, s.ID, ActorDecider, verdict, claimed.Version)
	return err
}

// errNoRegistry: the session asks a registry, and this process has none.
var errNoRegistry = errors.New("session: Config.Registry is missing")

// ask asks who is to decide: the decider, or the registry.
func (e *Engine) ask(ctx context.Context, s *Snapshot) (v decision.Verdict, err error) {
	if !s.Facts.RegistryCheck {
		err = e.outside(ctx, "decider", "decider", func(ctx context.Context) error {
			v, err = e.cfg.Decider.Decide(ctx, Case{Snapshot: s, Open: e.opener(s)})
			return err
		})
		return v, err
	}
	err = e.outside(ctx, "registry", "registry", func(ctx context.Context) error {
		v, err = e.cfg.Registry.ValidateRegistry(ctx, s.Facts)
		return err
	})
	return v, err
}

// opener opens the media of a session.
func (e *Engine) opener(s *Snapshot) func(context.Context, uuid.UUID) (io.ReadCloser, error) {
	return func(ctx context.Context, id uuid.UUID) (io.ReadCloser, error) {
		f, err := e.file(s, id)
		if err != nil {
			return nil, err
		}
		return f.Open(ctx)
	}
}
