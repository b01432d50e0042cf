package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// work is one verb in the making: the session as it was read, and the change that the verb makes of it.
type work struct {
	e       *Engine
	in      Integration
	now     time.Time
	was     Status // as it was read; empty: it was not there
	snap    *Snapshot
	change  *Change // the one of changes
	changes []Change
	result  any // what the verb answers, where that is not snap

	identity Entry // the person's, as it was or as it would be; zero: nothing is decided here
}

// with has the work make a change.
func (w *work) with(c Change) *work {
	w.changes = []Change{c}
	w.change = &w.changes[0]
	return w
}

// begin reads a session for one verb, opened, with its parts. It is not ticked yet.
func (e *Engine) begin(ctx context.Context, ref Ref, parts Parts) (*work, error) {
	rec, err := e.load(ctx, ref, parts)
	if err != nil {
		return nil, err
	}
	w, err := e.workOn(ctx, rec)
	if err != nil {
		return nil, err
	}
	return w, w.linked()
}

// load reads a session of the engine's integration's tenant, live or sandbox as that is; for a job of a
// session's alarm, of the session's own.
func (e *Engine) load(ctx context.Context, ref Ref, parts Parts) (Record, error) {
	if err := e.refresh(ctx); err != nil {
		return Record{}, err
	}
	if e.job != nil {
		ref.Tenant = e.job.Tenant
		return e.store.Load(ctx, ref, parts)
	}
	caller, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return Record{}, err
	}
	ref.Tenant = caller.Tenant
	rec, err := e.store.Load(ctx, ref, parts)
	if err != nil {
		return rec, err
	}
	if rec.Session.Sandbox != caller.Sandbox || !e.sees(ctx, caller, rec.Session.Integration) {
		return Record{}, ErrNotFound
	}
	return rec, nil
}

// sees reports whether an integration finds the sessions of another one of its tenant: when neither has a dialect. Those
// of one that is not there any more it finds.
func (e *Engine) sees(ctx context.Context, caller Integration, other uuid.UUID) bool {
	if caller.ID == other || caller.Dialect != "" {
		return caller.ID == other
	}
	in, err := e.policyOf(ctx, other)
	return err != nil || in.Dialect == ""
}

// workOn makes work of a record. It calls the keeper, but not the store.
func (e *Engine) workOn(ctx context.Context, rec Record) (*work, error) {
	in, err := e.policyOf(ctx, rec.Session.Integration)
	if err != nil && rec.Session.DeletedAt.IsZero() {
		return nil, fmt.Errorf("session: integration of %s: %w", rec.Session.ID, err)
	}
	if err != nil { // what is deleted must go, whoever else has gone
		in = Integration{ID: rec.Session.Integration, Policy: Policy{}.withDefaults()}
	}
	snap, err := e.openRecord(ctx, rec)
	if err != nil {
		return nil, err
	}
	snap.risk = in.Policy.Risk
	now := e.now()
	if now.Before(snap.UpdatedAt) {
		now = snap.UpdatedAt
	}
	w := &work{e: e, in: in, now: now, was: snap.Status, snap: snap}
	return w.with(Change{ID: e.cfg.NewID(now), Base: snap.Version}), nil
}

// workOnErased is workOn, but of a session whose key was destroyed, as one from an old backup, it works on what
// is left.
func (e *Engine) workOnErased(ctx context.Context, rec Record) (*work, error) {
	w, err := e.workOn(ctx, rec)
	if !errors.Is(err, ErrErased) {
		return w, err
	}
	rec.Session.Key, rec.Session.Sealed = nil, nil
	for i := range rec.Decisions {
		rec.Decisions[i].Sealed = nil
	}
	for i := range rec.Media {
		rec.Media[i].Sealed = nil
	}
	for i := range rec.Findings {
		rec.Findings[i].Sealed = nil
	}
	return e.workOn(ctx, rec)
}

// openRecord opens everything of a record that is sealed.
func (e *Engine) openRecord(ctx context.Context, rec Record) (*Snapshot, error) {
	s := &Snapshot{Session: rec.Session, Attempts: rec.Attempts, key: hide(Key{})}
	if len(s.Key) > 0 && s.DeletedAt.IsZero() && s.RedactedAt.IsZero() {
		key, err := e.cfg.Keeper.Open(ctx, s.ID, s.Key)
		if err != nil {
			return nil, err
		}
		s.key = hide(key)
	}
	if err := s.key().openJSON(&s.Session, part{"facts", s.ID}, s.Sealed, &s.Facts); err != nil {
		return nil, err
	}
	for _, d := range rec.Decisions {
		c := Concluded{Decision: d}
		if err := s.key().openJSON(&s.Session, part{"decision", d.ID}, d.Sealed, &c.Record); err != nil {
			return nil, err
		}
		s.Decisions = append(s.Decisions, c)
	}
	for _, f := range rec.Findings {
		c := Found{Finding: f}
		if err := s.key().openJSON(&s.Session, part{"finding", f.ID}, f.Sealed, &c.FindingFacts); err != nil {
			return nil, err
		}
		s.Findings = append(s.Findings, c)
	}
	slices.SortStableFunc(s.Findings, func(a, b Found) int { return a.At.Compare(b.At) })
	for _, m := range rec.Media {
		c := Medium{Media: m}
		if err := s.key().openJSON(&s.Session, part{"media", m.ID}, m.Sealed, &c.MediaFacts); err != nil {
			return nil, err
		}
		s.Media = append(s.Media, c)
	}
	return s, nil
}

// writeTries is how often a verb reads and writes anew when others were faster.
const writeTries = 20

// write runs one verb: it reads the session, lets do change it, and writes once; again when somebody else was
// faster.
func (e *Engine) write(ctx context.Context, ref Ref, parts Parts, do func(*work) error) (*Snapshot, error) {
	return e.writeOn(ctx, ref, parts, e.workOn, do)
}

// writeErased is write, also for a session whose key was destroyed.
func (e *Engine) writeErased(ctx context.Context, ref Ref, parts Parts, do func(*work) error) (*Snapshot, error) {
	return e.writeOn(ctx, ref, parts, e.workOnErased, do)
}

func (e *Engine) writeOn(ctx context.Context, ref Ref, parts Parts,
	workOn func(context.Context, Record) (*work, error), do func(*work) error) (*Snapshot, error) {
	if e.about != nil || e.once != nil {
		parts |= allParts // who asks for it is answered with the whole session
	}
	for try := 1; ; try++ {
		if err := e.answered(ctx); err != nil {
			return nil, err
		}
		rec, err := e.load(ctx, ref, parts)
		if err != nil {
			return nil, err
		}
		w, err := workOn(ctx, rec)
		if err != nil {
			return nil, err
		}
		if err := w.linked(); err != nil {
			return nil, err
		}
		if err := w.recognize(ctx); err != nil {
			return nil, err
		}
		if err := do(w); err != nil {
			if refused := (*TransitionError)(nil); errors.As(err, &refused) {
				refused.Sandbox = w.snap.Sandbox
			}
			return nil, err
		}
		if err := w.identify(); err != nil {
			return nil, err
		}
		err = w.commit(ctx)
		if errors.Is(err, ErrConflict) && try < writeTries && !e.hosted {
			continue
		}
		if err != nil {
			return nil, err
		}
		return w.seen(), nil
	}
}

// tick gives the session the expiry that is due, at the moment at which it was due.
func (w *work) tick() error {
	if !w.snap.overdue(w.now) {
		return nil
	}
	return w.move(ActionExpire, ActorTimer, w.snap.ExpiresAt)
}

// move takes the session one step by the table, and tells of it.
func (w *work) move(action Action, by Actor, at time.Time) error {
	return w.moveAs("", action, by, at)
}

// moveAs is move, and tells of it as an event of another kind than the status that it leads to.
func (w *work) moveAs(as EventKind, action Action, by Actor, at time.Time) error {
	to, err := Next(w.snap.Status, action, by)
	if err != nil {
		return err
	}
	as = orDefault(as, EventKind(to))
	s := &w.snap.Session
	from := s.Status
	again := s.AttemptN > 1 || s.Status == StatusResubmissionRequested // else nothing is held
	if again && s.Status.TakesMedia() && action != ActionStart {
		w.change.Withdraw = true // the host is not told to wait for what has come, or never will
	}
	s.Status = to
	s.UpdatedAt = at
	s.DecideAt, s.ScreenAt, s.RetryAt, s.Tries = time.Time{}, time.Time{}, time.Time{}, 0
	s.EndedAt = time.Time{}
	if action == ActionResume { // it is the person's turn again; any other way out of an end puts nothing off
		s.HideAt, s.RedactAt = time.Time{}, time.Time{}
	}
	switch {
	case to == StatusSubmitted:
		if action != ActionContinue {
			s.SubmittedAt = at
		}
		if !w.in.Policy.AwaitOutcome {
			s.DecideAt = at
		}
	case to == StatusResubmissionRequested:
		s.ExpiresAt = extended(s.ExpiresAt, at, w.in.Policy.Lifetime)
	case to.Terminal():
		w.end(at)
	}
	w.markAttempt(by, at)
	if err := w.emit(as, by, at); err != nil {
		return err
	}
	return w.tellCase(from, by, at)
}

// end notes that the session has come to its end, and for how long what is about the person stays.
func (w *work) end(at time.Time) {
	s, p := &w.snap.Session, w.in.Policy
	s.EndedAt = at
	if !s.RedactedAt.IsZero() {
		return // nothing about the person is left
	}
	if p.Sensitive > 0 && s.HideAt.IsZero() {
		s.HideAt = instant(at.Add(p.Sensitive))
	}
	if p.Retention > 0 && s.RedactAt.IsZero() {
		s.RedactAt = instant(at.Add(p.Retention))
	}
}

// appendDecision adds a decision to the session.
func (w *work) appendDecision(v decision.Verdict, by Actor) error {
	if v.Outcome == decision.Approved || v.Outcome == decision.Declined {
		w.snap.Identity = w.identity.ID
	}
	d := Decision{
		ID: w.e.cfg.NewID(w.now), Session: w.snap.ID, Attempt: w.snap.AttemptID, N: len(w.snap.Decisions) + 1,
		Outcome: v.Outcome, Code: v.Code, By: by, At: w.now,
	}
	sealed, err := w.snap.key().sealJSON(&w.snap.Session, part{"decision", d.ID}, v.Record)
	if err != nil {
		return err
	}
	d.Sealed = sealed
	w.change.Decisions = append(w.change.Decisions, d)
	w.snap.Decisions = append(w.snap.Decisions, Concluded{d, v.Record})
	return nil
}

// commit writes the change, if there is any.
func (w *work) commit(ctx context.Context) error {
	if w.result == nil {
		w.result = w.seen()
	}
	if err := w.remember(w.result); err != nil {
		return err
	}
	if len(w.change.Events) == 0 && w.e.about != nil && w.in.Policy.Audit {
		w.change.Keep = true // nothing is changed, but the answer tells of the person
		w.jot(EventRead)
	}
	if len(w.change.Events) == 0 {
		if len(w.change.Entries) == 0 {
			return nil
		}
		return w.e.applyEntries(ctx, w.now, w.change.Entries...) // what changed nothing is remembered too
	}
	w.complete()
	if errs := w.e.store.Apply(ctx, w.changes...); errs != nil {
		w.e.remember(errs[0])
		return errs[0]
	}
	w.e.cfg.telemetry.counted(ctx, w)
	if !w.change.Keep {
		w.snap.Version++
	}
	for _, ev := range w.change.Events { // at least; an upload beside it may have taken numbers too
		w.snap.Seq++
		ev.Seq = w.snap.Seq
		w.snap.Head = Chain(w.snap.Head, ev)
	}
	w.e.stir()
	return nil
}

// complete makes the change ready to be written.
func (w *work) complete() {
	w.snap.DueAt = w.snap.Alarm()
	w.change.Session = w.snap.Session
}

// active notes the person's activity.
func (w *work) active() {
	if w.e.actor == ActorPerson && w.now.After(w.snap.ActiveAt) {
		w.snap.ActiveAt = w.now
	}
}
