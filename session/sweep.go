package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// sweepBatch is how many sessions one transaction of a sweep holds: as fast as a thousand, and the store is
// not blocked for long.
const sweepBatch = 250

// retryBase is how soon what could not be done is tried again the first time.
const retryBase = time.Minute

// job is work of a session's alarm that needs the outside world. The session was written before the job
// begins, so that nobody else does it meanwhile, and its version says whether the job still counts.
type job struct {
	session Session
	erase   bool
	lease   time.Duration
}

// sweep does one batch of what is due, up to n, and gives the jobs that follow from it.
func (e *Engine) sweep(ctx context.Context, n int) (done int, jobs []job, next time.Time, err error) {
	claimed := map[uuid.UUID]job{}
	done, next, err = e.store.Sweep(ctx, e.now(), n, func(s Session) (Change, bool) {
		w, err := e.due(ctx, s)
		if err != nil {
			if ctx.Err() != nil {
				return Change{}, false
			}
			e.cfg.Log.ErrorContext(ctx, "what is due could not be done", "session", s.ID, "status", s.Status, "error", err)
			w = e.putOff(s)
		}
		w.seal()
		delete(claimed, s.ID)
		if j, ok := w.job(); ok {
			claimed[s.ID] = j
		}
		return w.change, true
	})
	if err != nil {
		return done, nil, next, err
	}
	for _, j := range claimed {
		jobs = append(jobs, j)
	}
	return done, jobs, next, nil
}

// due is what follows for a session whose alarm has rung.
func (e *Engine) due(ctx context.Context, s Session) (*work, error) {
	w, err := e.workOn(ctx, Record{Session: s})
	if err != nil {
		return nil, err
	}
	switch {
	case w.snap.Deleted():
		return w, w.claim(EventErasing, backoff(retryBase, s.Tries))
	case s.overdue(w.now):
		return w, w.tick()
	case s.Status == StatusSubmitted && s.Tries >= w.in.Policy.DeciderTries:
		return w, w.move(ActionFail, ActorEngine, w.now)
	case s.Status == StatusSubmitted:
		return w, w.claim(EventDeciding, backoff(w.in.Policy.DeciderLease, s.Tries))
	}
	return nil, fmt.Errorf("session: nothing is due in status %s", s.Status)
}

// claim puts the alarm off while the job is done, and counts the try.
func (w *work) claim(kind EventKind, lease time.Duration) error {
	s := &w.snap.Session
	s.UpdatedAt = w.now
	s.RetryAt = w.now.Add(lease)
	s.Tries++
	return w.emit(kind, ActorTimer, w.now)
}

// job is what the claim was for.
func (w *work) job() (job, bool) {
	j := job{session: w.snap.Session, lease: w.snap.RetryAt.Sub(w.now)}
	j.session.Version++ // as the store will have written it
	switch kind := w.change.Events[len(w.change.Events)-1].Kind; kind {
	case EventErasing:
		j.erase = true
		return j, true
	case EventDeciding:
		return j, true
	}
	return job{}, false
}

// putOff leaves a session alone whose alarm could not be served, for longer each time.
func (e *Engine) putOff(s Session) *work {
	now := e.now()
	if now.Before(s.UpdatedAt) {
		now = s.UpdatedAt
	}
	w := &work{e: e, now: now, snap: &Snapshot{Session: s, key: hide(Key{})}, change: Change{ID: e.cfg.NewID(now), Base: s.Version}}
	w.snap.RetryAt = now.Add(backoff(retryBase, s.Tries))
	w.snap.Tries++
	w.snap.UpdatedAt = now
	w.change.Events = []Event{{
		ID: e.cfg.NewID(now), Session: s.ID, Change: w.change.ID, Kind: EventPutOff, Status: s.Status,
		Attempt: s.AttemptID, By: ActorEngine, At: now,
	}}
	return w
}

// expireOnly is a tick that writes the expiries that are due and leaves all other work to Run.
func (e *Engine) expireOnly(ctx context.Context) func(Session) (Change, bool) {
	return func(s Session) (Change, bool) {
		if !s.overdue(e.now()) {
			return Change{}, false
		}
		w, err := e.due(ctx, s)
		if err != nil {
			return Change{}, false
		}
		w.seal()
		return w.change, true
	}
}

// run does one job. What fails is tried again when the claim has ended.
func (e *Engine) run(ctx context.Context, j job) {
	ctx, cancel := context.WithTimeout(ctx, j.lease)
	defer cancel()
	var err error
	if j.erase {
		err = e.erase(ctx, j.session)
	} else {
		err = e.decide(ctx, j.session)
	}
	if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
		e.cfg.Log.ErrorContext(ctx, "work of a session's alarm failed", "session", j.session.ID, "erase", j.erase, "try", j.session.Tries, "error", err)
	}
}

// decide asks the decider about a claimed session and carries out what it says.
func (e *Engine) decide(ctx context.Context, claimed Session) error {
	rec, err := e.store.Load(ctx, Ref{Tenant: claimed.Tenant, ID: claimed.ID}, PartAttempts|PartDecisions|PartMedia)
	if err != nil {
		return err
	}
	s, err := e.openRecord(ctx, rec)
	if err != nil {
		return err
	}
	if s.Version != claimed.Version {
		return fmt.Errorf("%w: it is no longer to be decided", ErrConflict)
	}
	verdict, err := e.ask(ctx, s)
	on := e.For(claimed.Integration)
	if errors.Is(err, ErrWait) {
		_, err = on.write(ctx, Ref{ID: s.ID}, 0, func(w *work) error {
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
	_, err = on.conclude(ctx, s.ID, ActorDecider, verdict, claimed.Version)
	return err
}

// ask calls the decider, whose panics are errors.
func (e *Engine) ask(ctx context.Context, s *Snapshot) (v decision.Verdict, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("session: the decider panicked: %T", r)
		}
	}()
	return e.cfg.Decider.Decide(ctx, Case{Snapshot: s, Open: func(ctx context.Context, id uuid.UUID) (io.ReadCloser, error) {
		f, err := e.file(s, id)
		if err != nil {
			return nil, err
		}
		return f.Open(ctx)
	}})
}
