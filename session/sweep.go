package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// sweepBatch is how many sessions one transaction of a sweep holds: as fast as a thousand, and the store is
// not blocked for long.
const sweepBatch = 250

// farLook is how many sessions a sweep looks at that looks behind those for which there is no room.
const farLook = 16 * sweepBatch

const (
	// leaseTime is for how long work of an alarm belongs to who has begun it: if that dies, another begins it then.
	leaseTime = claimTime
	// retryBase is how soon what could not be done is tried again the first time.
	retryBase = time.Minute
	// restTime is how long it may take to write down that something could not be done.
	restTime = 5 * time.Second
)

// job is work of a session's alarm that needs the outside world. The session was written before the job
// begins, so that nobody else does it meanwhile, and its version says whether the job still counts.
type job struct {
	session Session
	kind    EventKind     // deciding, screening or erasing; empty: there is nothing more to do
	lease   time.Duration // how long it may take, if it is begun at once
}

// room is how many jobs may be begun, by their kind.
type room map[EventKind]int

// tickTime is how long a sweep goes on ticking sessions: what it asks of the keeper and of the integrations, it
// asks while others wait to write.
const tickTime = 200 * time.Millisecond

// swept is what a sweep has done.
type swept struct {
	done int
	jobs []job
	next time.Time // when to come again; zero: never
	full bool      // there was no room for some of what is due
}

// sweep does one batch of what is due, and gives the jobs that follow from it, as far as there is room; what
// there is no room for stays due. It looks at so many sessions at most. Jobs come also beside an error: whether
// they were written is seen by their version.
func (e *Engine) sweep(ctx context.Context, look int, room room) (out swept, err error) {
	if err := e.refresh(ctx); err != nil {
		return out, err
	}
	claimed, ticked := map[uuid.UUID]job{}, e.newTicked()
	watched := e.cfg.telemetry.sweeping(ctx)
	begun := time.Now()
	asking, cancel := context.WithTimeout(ctx, claimTime)
	defer cancel()
	out.done, out.next, err = e.store.Sweep(ctx, e.now(), look, func(s Session) (Change, bool) {
		if time.Since(begun) > tickTime && len(claimed) > 0 || ctx.Err() != nil {
			return Change{}, false
		}
		delete(claimed, s.ID) // of a transaction that is run again
		if !room.has(s, claimed) {
			out.full = true
			return Change{}, false
		}
		var w *work
		err := survived(func() (err error) { w, err = e.due(asking, s); return err })
		if err != nil {
			e.cfg.Log.ErrorContext(ctx, "what is due could not be done", "session", s.ID, "status", s.Status, "error", err)
			w = e.putOff(s)
		}
		w.complete()
		claimed[s.ID] = w.job()
		ticked.note(w)
		return *w.change, true
	})
	watched.swept(out.done, err)
	e.countSwept(ctx, ticked, out.done, err)
	if err == nil {
		e.cfg.sweepDue.note(out.next)
	}
	for _, j := range claimed {
		if j.kind != "" {
			out.jobs = append(out.jobs, j)
		}
	}
	return out, err
}

// has reports whether a session's alarm can be served beside the jobs that are claimed. The ends of a session's
// time and of its retention are no jobs.
func (r room) has(s Session, claimed map[uuid.UUID]job) bool {
	kind, _ := s.duty()
	if kind == EventExpired || kind == EventRetired {
		return len(claimed) < sweepBatch
	}
	left := r[kind]
	for _, j := range claimed {
		if j.kind == kind {
			left--
		}
	}
	return left > 0
}

// due is what follows for a session whose alarm has rung.
func (e *Engine) due(ctx context.Context, s Session) (*work, error) {
	w, err := e.workOnErased(ctx, Record{Session: s})
	if err != nil {
		return nil, err
	}
	switch kind, _ := s.duty(); {
	case kind == EventErasing:
		return w, w.lease(kind, leaseTime)
	case kind == EventRetired:
		return w, w.redact(EventRetired, ActorTimer)
	case kind == EventDeciding && w.snap.Facts.RegistryCheck && e.cfg.Registry == nil:
		return nil, errNoRegistry // another process may have one
	case kind == EventScreening && w.in.Policy.Screening && e.cfg.Screener == nil:
		return nil, errNoScreener
	case s.overdue(w.now):
		return w, w.tick()
	case kind == EventDeciding && s.Tries >= w.in.Policy.DeciderTries:
		return w, w.move(ActionFail, ActorEngine, w.now)
	case kind == EventDeciding:
		return w, w.lease(kind, w.in.Policy.DeciderLease)
	case kind == EventScreening && s.Tries >= screeningTries:
		return w, w.endScreening(w.monitoring(w.now))
	case kind == EventScreening && !s.ScreenAt.IsZero():
		return w, w.lease(kind, leaseTime)
	}
	return nil, fmt.Errorf("session: nothing is due in status %s", s.Status)
}

// lease puts the alarm off while the job is done, and counts the try.
func (w *work) lease(kind EventKind, lease time.Duration) error {
	s := &w.snap.Session
	s.UpdatedAt = w.now
	s.RetryAt = instant(w.now.Add(lease))
	s.Tries++
	return w.emit(kind, ActorTimer, w.now)
}

// job is what the lease was for.
func (w *work) job() job {
	j := job{session: w.snap.Session, lease: w.snap.RetryAt.Sub(w.now)}
	j.session.Version++ // as the store will have written it
	switch kind := w.change.Events[len(w.change.Events)-1].Kind; kind {
	case EventErasing, EventDeciding, EventScreening:
		j.kind = kind
	}
	return j
}

// putOff leaves a session alone whose alarm could not be served: for as long again as it has waited, at least a
// minute and at most an hour. It is no try of the work that is due.
func (e *Engine) putOff(s Session) *work {
	now := e.notBefore(s)
	return e.putOffFor(s, min(max(now.Sub(s.dueBy()), retryBase), time.Hour))
}

// putOffFor leaves a session alone for a while.
func (e *Engine) putOffFor(s Session, while time.Duration) *work {
	now := e.notBefore(s)
	w := (&work{e: e, now: now, was: s.Status, snap: &Snapshot{Session: s, key: hide(Key{})}}).
		with(Change{ID: e.cfg.NewID(now), Base: s.Version})
	w.snap.RetryAt = instant(now.Add(while))
	w.change.Events = []Event{{
		ID: e.cfg.NewID(now), Session: s.ID, Change: w.change.ID, Kind: EventPutOff, Status: s.Status,
		Attempt: s.AttemptID, By: ActorEngine, At: now,
	}}
	return w
}

// notBefore is the engine's time, but no earlier than the session's.
func (e *Engine) notBefore(s Session) time.Time {
	if now := e.now(); now.After(s.UpdatedAt) {
		return now
	}
	return s.UpdatedAt
}

// expireOnly is a tick that writes the expiries that are due and leaves all other work to Run.
func (e *Engine) expireOnly(ctx context.Context, now time.Time, ticked ticked) func(Session) (Change, bool) {
	return func(s Session) (Change, bool) {
		if !s.overdue(now) {
			return Change{}, false
		}
		w, err := e.due(ctx, s)
		if err != nil {
			return Change{}, false
		}
		w.complete()
		ticked.note(w)
		return *w.change, true
	}
}

// do does one job, within what is left of its lease. What fails is tried again after a while; so is what was written
// so slowly that nothing is left, which was no try.
func (e *Engine) do(ctx context.Context, j job) {
	left := min(j.session.RetryAt.Sub(e.now()), j.lease)
	if left <= 0 {
		j.session.Tries--
		e.leave(ctx, j.session, retryBase)
		return
	}
	ctx, watched := e.cfg.telemetry.alarm(ctx, j)
	leased, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	on := *e
	on.job = &j.session
	err := survived(func() error {
		return map[EventKind]func(context.Context, Session) error{
			EventErasing: on.erase, EventDeciding: on.decide, EventScreening: on.screen,
		}[j.kind](leased, j.session)
	})
	watched.served(j, err)
	if err != nil && !errors.Is(err, ErrConflict) {
		e.cfg.Log.ErrorContext(ctx, "work of a session's alarm failed", "session", j.session.ID, "work", j.kind, "try", j.session.Tries, "error", err)
		// A minute, and with each further try twice as long.
		e.leave(ctx, j.session, backoff(retryBase, j.session.Tries-1))
	}
}

// leave leaves alone, for a while, a session whose job was not done. If that cannot be written, the lease's end has
// to do.
func (e *Engine) leave(ctx context.Context, claimed Session, while time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restTime)
	defer cancel()
	w := e.putOffFor(claimed, while)
	w.complete()
	err := errors.Join(e.store.Apply(ctx, w.changes...)...)
	if err == nil {
		e.cfg.telemetry.counted(ctx, w)
	}
	if err != nil && !errors.Is(err, ErrConflict) {
		e.cfg.Log.ErrorContext(ctx, "what is due could not be put off", "session", claimed.ID, "error", err)
	}
}

// claimed reads, opened, a session whose lease this process has. ErrConflict: it has it no more.
func (e *Engine) claimed(ctx context.Context, claimed Session, parts Parts) (*Snapshot, error) {
	rec, err := e.store.Load(ctx, Ref{Tenant: claimed.Tenant, ID: claimed.ID}, parts)
	if err != nil {
		return nil, err
	}
	if rec.Session.Version != claimed.Version {
		return nil, fmt.Errorf("%w: somebody else has its alarm", ErrConflict)
	}
	return e.openRecord(ctx, rec)
}

// survived calls what may call the host's keeper, blobs, integrations and renderers on the alarm, where nobody but the
// engine could stop their panics: they are errors, of which only the type goes on.
func survived(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("session: a part of the configuration panicked: %T", r)
		}
	}()
	return call()
}

// guarded calls what is the host's, whose panics are errors. Of what it says only the type goes on to the log:
// the text may be about a person. What is no fault, ErrWait and decision.ErrSubject, is passed on, bare.
func guarded(whose string, call func() error) (err error) {
	defer func() {
		switch r := recover(); {
		case r != nil:
			err = fmt.Errorf("session: the %s panicked: %T", whose, r)
		case errors.Is(err, ErrWait):
			err = ErrWait
		case errors.Is(err, decision.ErrSubject):
			err = decision.ErrSubject
		case err != nil:
			err = fmt.Errorf("session: the %s failed: %T", whose, err)
		}
	}()
	return call()
}
