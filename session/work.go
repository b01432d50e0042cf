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
	e      *Engine
	in     Integration
	now    time.Time
	snap   *Snapshot
	change Change
	result any // what the verb answers, where that is not snap

	identity Entry // the person's, as it was or as it would be; zero: nothing is decided here
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
	if rec.Session.Sandbox != caller.Sandbox || !e.speaks(ctx, caller, rec.Session.Integration) {
		return Record{}, ErrNotFound
	}
	return rec, nil
}

// speaks reports whether the caller's integration and another one speak the same wire language. One that is not
// there any more speaks any.
func (e *Engine) speaks(ctx context.Context, caller Integration, other uuid.UUID) bool {
	if caller.ID == other {
		return true
	}
	in, err := e.policyOf(ctx, other)
	return err != nil || in.Dialect == caller.Dialect
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
	return &work{
		e: e, in: in, now: now, snap: snap,
		change: Change{ID: e.cfg.NewID(now), Base: snap.Version},
	}, nil
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
	const tries = 5
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
			return nil, err
		}
		if err := w.identify(); err != nil {
			return nil, err
		}
		err = w.commit(ctx)
		if errors.Is(err, ErrConflict) && try < tries && !e.hosted {
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
	if s.Status.TakesMedia() && action != ActionStart {
		w.change.Withdraw = true // the host is not told to wait for what has come, or never will
	}
	s.Status = to
	s.UpdatedAt = at
	s.DecideAt, s.ScreenAt, s.RetryAt, s.Tries = time.Time{}, time.Time{}, time.Time{}, 0
	s.EndedAt, s.HideAt, s.RedactAt = time.Time{}, time.Time{}, time.Time{}
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

// tellCase tells of the case that is opened by a review, or decided at its end.
func (w *work) tellCase(from Status, by Actor, at time.Time) error {
	to := w.snap.Status
	switch {
	case !w.in.Policy.Cases:
		return nil
	case to == StatusReview:
		return w.emit(EventCaseOpened, by, at)
	case from == StatusReview && (to == StatusApproved || to == StatusDeclined):
		return w.emit(EventCaseDecided, by, at)
	}
	return nil
}

// end notes that the session has come to its end, and for how long what is about the person stays.
func (w *work) end(at time.Time) {
	s, p := &w.snap.Session, w.in.Policy
	s.EndedAt = at
	if !s.RedactedAt.IsZero() {
		return // nothing about the person is left
	}
	if p.Sensitive > 0 {
		s.HideAt = instant(at.Add(p.Sensitive))
	}
	if p.Retention > 0 {
		s.RedactAt = instant(at.Add(p.Retention))
	}
}

// markAttempt writes the session's step into its current attempt. Of an end without a decision nothing is
// written: readers see it from the session.
func (w *work) markAttempt(by Actor, at time.Time) {
	a := w.snap.attempt()
	if a == nil {
		return
	}
	before := a.Status
	a.Status = w.snap.Status
	switch a.Status {
	case StatusSubmitted:
		if before != StatusAwaitingExternal {
			a.Submitter = by
		}
		a.EndedAt = time.Time{}
	case StatusApproved, StatusDeclined, StatusResubmissionRequested:
		a.EndedAt = at
	case StatusExpired, StatusAbandoned, StatusFailed:
		return
	}
	w.putAttempt(*a)
}

func (w *work) putAttempt(a Attempt) {
	for i := range w.change.Attempts {
		if w.change.Attempts[i].ID == a.ID {
			w.change.Attempts[i] = a
			return
		}
	}
	w.change.Attempts = append(w.change.Attempts, a)
}

// nextAttempt opens the attempt that follows a request for resubmission, unless it is open already.
func (w *work) nextAttempt() {
	a := w.snap.attempt()
	if a == nil || a.Status != StatusResubmissionRequested {
		return
	}
	next := Attempt{ID: w.e.cfg.NewID(w.now), Session: w.snap.ID, N: a.N + 1, Status: StatusCreated, CreatedAt: w.now}
	w.snap.Attempts = append(w.snap.Attempts, next)
	w.snap.AttemptN, w.snap.AttemptID = next.N, next.ID
	w.putAttempt(next)
}

// intoAttempt opens the next attempt where it is time, for what is added to an attempt without changing the
// session's status: only what opens an attempt raises the version.
func (w *work) intoAttempt() {
	before := w.snap.AttemptID
	w.nextAttempt()
	w.change.Keep = w.snap.AttemptID == before
	w.active()
	if !w.change.Keep {
		w.snap.UpdatedAt = w.now
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

// emit appends an event, and a delivery for every endpoint that wants it. A deletion is not held up by an
// endpoint to which it cannot be told.
func (w *work) emit(kind EventKind, by Actor, at time.Time) error {
	return w.emitAbout(w.snap.AttemptID, kind, by, at)
}

// emitAbout is emit for an event about another attempt than the current one.
func (w *work) emitAbout(attempt uuid.UUID, kind EventKind, by Actor, at time.Time) error {
	s := &w.snap.Session
	ev := Event{
		ID: w.e.cfg.NewID(w.now), Session: s.ID, Change: w.change.ID, Kind: kind, Status: s.Status,
		Attempt: attempt, By: by, At: at,
	}
	w.audit(&ev)
	w.change.Events = append(w.change.Events, ev)
	for _, ep := range w.e.endpointsOf(w.in) {
		err := w.addDelivery(ev, ep)
		if err != nil && !w.snap.Deleted() {
			return err
		}
		if err != nil {
			w.e.cfg.Log.Error("an endpoint cannot be told", "session", s.ID, "event", kind, "endpoint", ep.ID, "error", err)
		}
	}
	return nil
}

// addDelivery renders an event for an endpoint.
func (w *work) addDelivery(ev Event, ep Endpoint) error {
	if !ep.Wants(ev.Kind) {
		return nil
	}
	body, personal, ok, err := w.render(ev, ep)
	if err != nil {
		return fmt.Errorf("session: %s for endpoint %s: %w", ev.Kind, ep.ID, err)
	}
	if !ok {
		return nil
	}
	s := &w.snap.Session
	d := Delivery{
		ID: w.e.cfg.NewID(w.now), Tenant: s.Tenant, Sandbox: s.Sandbox, Session: s.ID, Integration: s.Integration,
		Endpoint: ep.ID, Event: ev.ID, CreatedAt: w.now, DueAt: w.now, State: DeliveryDue, Body: body,
	}
	if d.Personal = personal && w.snap.key() != (Key{}) && !w.snap.Deleted() && s.RedactedAt.IsZero(); d.Personal {
		d.Body = w.snap.key().seal(s, part{"delivery", d.ID}, body)
	}
	if w.held(ev) {
		d.State, d.DueAt = DeliveryHeld, instant(w.now.Add(w.in.Policy.ResubmissionHold))
	}
	w.change.Deliveries = append(w.change.Deliveries, d)
	return nil
}

// render calls the endpoint's renderer, whose panics are errors.
func (w *work) render(ev Event, ep Endpoint) (body []byte, personal, ok bool, err error) {
	renderer := w.e.cfg.Renderers[ep.Format]
	if renderer == nil {
		return nil, false, false, fmt.Errorf("there is no renderer for %q", ep.Format)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the renderer panicked: %T", r)
		}
	}()
	return renderer.Render(ev, w.snap, ep)
}

// held reports whether the person, who submitted in the page, may still try again before the host is told.
func (w *work) held(ev Event) bool {
	a := w.snap.attempt()
	return ev.Kind == EventResubmissionRequested && w.in.Policy.ResubmissionHold > 0 && a != nil && a.Submitter == ActorPerson
}

// commit writes the change, if there is any.
func (w *work) commit(ctx context.Context) error {
	if w.result == nil {
		w.result = w.seen()
	}
	if err := w.remember(w.result); err != nil {
		return err
	}
	if len(w.change.Events) == 0 {
		if len(w.change.Entries) == 0 {
			return nil
		}
		return w.e.applyEntries(ctx, w.now, w.change.Entries...) // what changed nothing is remembered too
	}
	w.complete()
	if errs := w.e.store.Apply(ctx, w.change); errs != nil {
		w.e.remember(errs[0])
		return errs[0]
	}
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
	if w.e.actor == ActorPerson {
		w.snap.ActiveAt = w.now
	}
}
