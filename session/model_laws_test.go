package session_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// life is what must hold of one session, whatever was done to it.
type life struct {
	id       uuid.UUID
	last     *session.Snapshot // as it was last read; nil once deleted
	deleted  bool
	redacted bool
	end      session.Status // as it was redacted
	receipt  []byte

	seen time.Time // when it was last looked at
	seq  int64     // how many events it then had
	told int       // deliveries that had been made of any session when this one was redacted or deleted

	tokens []string    // of all links that it ever had
	media  []uuid.UUID // that were ever uploaded
	keys   []string    // of requests that were to be done once
}

// answered compares what a verb answered with what a reader sees then.
func answered(t *rapid.T, name string, got, read *session.Snapshot) {
	if fmt.Sprintf("%+v", got.Session) != fmt.Sprintf("%+v", read.Session) {
		t.Fatalf("%s answered\n%+v, and a reader sees\n%+v", name, got.Session, read.Session)
	}
}

// deletion is how a deletion must end: nil, it is done.
func (l *life) deletion(w *walk) error {
	if l.deleted {
		return session.ErrNotFound
	}
	s := w.get(l.id)
	if !s.HeldAt.IsZero() {
		return session.ErrHeld
	}
	switch s.Status {
	case session.StatusSubmitted, session.StatusReview, session.StatusAwaitingExternal:
		return session.ErrNotCompleted
	case session.StatusStarted:
		if !s.ActiveAt.IsZero() && w.at(s).Sub(s.ActiveAt) < 5*time.Minute {
			return session.ErrInProgress
		}
	}
	return nil
}

// at is what the engine takes for now when it looks at a session: no session goes back in time.
func (w *walk) at(s *session.Snapshot) time.Time {
	if now := w.Now(); now.After(s.UpdatedAt) {
		return now
	}
	return s.UpdatedAt
}

// settled looks at one session of which nothing is due: whoever was decided about has been looked for.
func (l *life) settled(t *rapid.T, w *walk) {
	if l.deleted {
		return
	}
	s := w.get(l.id)
	decided := s.Status == session.StatusReview || s.Status == session.StatusApproved || s.Status == session.StatusDeclined
	named := s.Facts.Person.FirstName != ""
	waits := s.DueAt.After(w.Now()) // the clock went back
	if w.in.Policy.Screening && decided && named && !waits && s.Screening() == nil {
		t.Fatalf("a session in %s was not screened", s.Status)
	}
	if w.in.Policy.Monitoring > 0 && decided && named && s.ScreenAt.IsZero() {
		t.Fatalf("a session in %s is not monitored any more", s.Status)
	}
	if !w.in.Policy.Screening && s.Screening() != nil {
		t.Fatal("a session was screened though nobody wanted it")
	}
	for i, f := range s.Findings {
		if i > 0 && !f.At.After(s.Findings[i-1].At) {
			t.Fatalf("finding %d at %s is not after the one before it", i, f.At)
		}
	}
}

// check looks at one session.
func (l *life) check(t *rapid.T, w *walk) {
	rec, err := w.store.Load(w.ctx, session.Ref{Tenant: tenant, ID: l.id, Deleted: true}, ^session.Parts(0))
	if err != nil {
		t.Fatal(err)
	}
	if l.seq == rec.Session.Seq && l.seen.Equal(w.Now()) {
		return // what has not changed is as it was
	}
	l.seen = w.Now()
	checkEvents(t, rec)
	l.checkVersion(t, w, rec)
	if stored := rec.Session; stored.DueAt != stored.Alarm() {
		t.Fatalf("due at %s, and the alarm is %s", stored.DueAt, stored.Alarm())
	}
	if l.deleted {
		if _, err := w.Get(w.ctx, l.id); !errors.Is(err, session.ErrNotFound) {
			t.Fatalf("a deleted session: %v", err)
		}
		l.checkErased(t, w, rec)
		l.seq = rec.Session.Seq
		return
	}
	s := w.get(l.id)
	if !l.redacted && !s.RedactedAt.IsZero() {
		l.redacted, l.end = true, s.Status
	}
	if l.redacted {
		if s.Status != l.end || !s.Status.Terminal() {
			t.Fatalf("redacted as %s, it became %s", l.end, s.Status)
		}
		l.gone(w)
		l.checkErased(t, w, rec)
	}
	l.checkTimes(t, w, s, rec.Session)
	l.checkLinks(t, w, s)
	checkAttempts(t, s)
	l.last, l.seq = s, rec.Session.Seq
}

// checkTimes: nothing goes back, and an end that has passed is seen by everybody.
func (l *life) checkTimes(t *rapid.T, w *walk, s *session.Snapshot, stored session.Session) {
	if s.UpdatedAt.Before(l.last.UpdatedAt) && s.Status == l.last.Status {
		t.Fatalf("updated at %s after %s", s.UpdatedAt, l.last.UpdatedAt)
	}
	if stored.Status.TakesMedia() && !w.at(s).Before(stored.ExpiresAt) {
		if !s.Status.Terminal() || !s.EndedAt.Equal(stored.ExpiresAt) {
			t.Fatalf("its end was at %s, and a reader sees it %s, ended at %s", stored.ExpiresAt, s.Status, s.EndedAt)
		}
		if err := w.Can(w.ctx, l.id, session.ActionSubmit); !errors.Is(err, session.ErrTransition) {
			t.Fatalf("its end was at %s, and Can says %v", stored.ExpiresAt, err)
		}
	}
	held := w.in.Policy.Sensitive
	if s.Status.Terminal() && s.RedactedAt.IsZero() && stored.Status == s.Status {
		if late := stored.HideAt.After(s.EndedAt.Add(held)); stored.HideAt.IsZero() != (held == 0) || late {
			t.Fatalf("ended at %s, hidden at %s, want it within %s", s.EndedAt, stored.HideAt, held)
		}
		if s.Hidden != (held > 0 && !w.at(s).Before(stored.HideAt)) {
			t.Fatalf("to be hidden at %s, hidden: %t", stored.HideAt, s.Hidden)
		}
	}
}

// checkLinks: at most the newest link is alive, and none where nothing is taken from the person.
func (l *life) checkLinks(t *rapid.T, w *walk, s *session.Snapshot) {
	newest := s.LinkToken()
	if newest != "" && !slices.Contains(l.tokens, newest) {
		l.tokens = append(l.tokens, newest)
	}
	for _, token := range l.tokens {
		if w.stateOf(token) == session.LinkActive && (token != newest || !s.Status.TakesMedia()) {
			t.Fatalf("an older link, or that of a session that is %s, is alive", s.Status)
		}
	}
}

func checkAttempts(t *rapid.T, s *session.Snapshot) {
	if len(s.Attempts) > 10 || s.AttemptN != len(s.Attempts) || s.Attempts[s.AttemptN-1].ID != s.AttemptID {
		t.Fatalf("attempt %d of %d", s.AttemptN, len(s.Attempts))
	}
	for i, a := range s.Attempts {
		if a.N != i+1 || i < len(s.Attempts)-1 && a.Status != session.StatusResubmissionRequested {
			t.Fatalf("attempt %d is number %d and %s", i+1, a.N, a.Status)
		}
	}
	for _, m := range s.Media {
		if !slices.ContainsFunc(s.Attempts, func(a session.Attempt) bool { return a.ID == m.Attempt }) {
			t.Fatalf("medium %s belongs to no attempt", m.ID)
		}
	}
}

// gone notes what had been told when the session was erased.
func (l *life) gone(w *walk) {
	if l.told == 0 {
		l.told = len(w.receiver.Got()) + 1
	}
}

// checkErased: nothing that anybody can ask for says anything about the person, and the receipt is the first one.
func (l *life) checkErased(t *rapid.T, w *walk, rec session.Record) {
	var seen []any
	if s, err := w.Get(w.ctx, l.id); err == nil {
		seen = append(seen, everything(s)...)
		if s.Hidden || s.LinkToken() != "" || s.Derive("any") != (session.Key{}) {
			t.Fatalf("redacted, and hidden: %t, with the link %q", s.Hidden, s.LinkToken())
		}
	}
	list, err := w.Deliveries(w.ctx, session.DeliveryQuery{Session: l.id, N: 1000})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := w.store.Deliveries(w.ctx, session.DeliveryQuery{Tenant: tenant, Sandbox: w.in.Sandbox, Session: l.id, N: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range slices.Concat(list, stored, w.receiver.Got()[l.told-1:]) {
		if d.Session == l.id {
			seen = append(seen, string(d.Body))
		}
	}
	for _, e := range rec.Events {
		seen = append(seen, string(e.About))
	}
	if text, err := json.Marshal(seen); err != nil || bytes.Contains(text, []byte(canary)) {
		t.Fatalf("after its erasure there is still, %v: %s", err, text)
	}
	if l.seq != rec.Session.Seq {
		l.checkRefused(t, w)
	}
	if s := rec.Session; s.EraseAt.IsZero() && (s.Key != nil || s.Sealed != nil || s.Ref != (session.BlindIndex{}) || len(rec.Media) > 0) {
		t.Fatalf("erased, and there is still %+v with %d media", s, len(rec.Media))
	}
	if l.receipt == nil {
		l.receipt = rec.Session.Receipt
	}
	if !bytes.Equal(l.receipt, rec.Session.Receipt) {
		t.Fatalf("the receipt became %s, and was %s", rec.Session.Receipt, l.receipt)
	}
}

var declined = decision.Verdict{Outcome: decision.Declined}

// checkRefused asks for what is erased in every other way.
func (l *life) checkRefused(t *rapid.T, w *walk) {
	for name, do := range map[string]func(context.Context, uuid.UUID) (*session.Snapshot, error){
		"export": w.Export, "resume": w.Resume, "reprocess": w.Reprocess, "invite": w.Invite, "hold": w.Hold, "start": w.Start,
		"tag":    func(ctx context.Context, id uuid.UUID) (*session.Snapshot, error) { return w.Tag(ctx, id, canary) },
		"revise": func(ctx context.Context, id uuid.UUID) (*session.Snapshot, error) { return w.Revise(ctx, id, declined) },
	} {
		if s, err := do(w.ctx, l.id); err == nil {
			t.Fatalf("%s after its erasure: %v", name, s)
		}
	}
	for _, id := range l.media {
		if f, err := w.Exporting().File(w.ctx, id); err == nil {
			if r, err := f.Open(w.ctx); err == nil {
				_, err = r.Read(make([]byte, 1))
				t.Fatalf("a medium is read after its erasure: %v", err)
			}
		}
	}
	for _, token := range l.tokens {
		if _, _, err := w.ByLink(w.ctx, token); err == nil {
			t.Fatal("its link is alive after its erasure")
		}
	}
	for _, key := range l.keys {
		_, err := w.Once(onceWith(key)).Start(w.ctx, l.id)
		if answered := (*session.AnsweredError)(nil); err == nil || errors.As(err, &answered) {
			t.Fatalf("its erasure is not seen in what was answered: %v", err)
		}
	}
}

// actions are those of events that change the status without being named after it.
var actions = map[session.EventKind]session.Action{
	session.EventResumed: session.ActionResume, session.EventContinued: session.ActionContinue, session.EventReprocessed: session.ActionReprocess,
}

// checkEvents folds the events: they are numbered and chained without gaps, each follows from the one before by the
// table, what is held is not erased, and the last says how the session stands.
func checkEvents(t *rapid.T, rec session.Record) {
	status, head, held := session.Status(""), [32]byte{}, false
	for i, e := range rec.Events {
		head = session.Chain(head, e)
		if e.Seq != int64(i+1) || e.Hash != head {
			t.Fatalf("event %d has number %d, chained: %t", i+1, e.Seq, e.Hash == head)
		}
		if follows(t, status, e) {
			status = e.Status
		}
		switch e.Kind {
		case session.EventHeld, session.EventReleased:
			held = e.Kind == session.EventHeld
		case session.EventRedacted, session.EventRetired, session.EventDeleted:
			if held {
				t.Fatalf("%s while it was held", e.Kind)
			}
		}
	}
	s := rec.Session
	if status != s.Status || s.Seq != int64(len(rec.Events)) || s.Head != head || held != !s.HeldAt.IsZero() {
		t.Fatalf("the events end in %s at %d, held: %t; the session is %s at %d, with their head: %t", status, len(rec.Events), held, s.Status, s.Seq, s.Head == head)
	}
}

// follows ends the test unless the event is possible in a status by the table, and says whether it may change it.
func follows(t *rapid.T, status session.Status, e session.Event) bool {
	action, named := actions[e.Kind]
	if !named && !slices.Contains(session.Statuses(), session.Status(e.Kind)) {
		if e.Status != status {
			t.Fatalf("%s changed %s to %s", e.Kind, status, e.Status)
		}
		return false
	}
	if !named && session.Status(e.Kind) != e.Status {
		t.Fatalf("%s led to %s", e.Kind, e.Status)
	}
	if status == "" {
		return e.Status == session.StatusCreated
	}
	if !slices.ContainsFunc(session.Transitions(), func(r session.Transition) bool {
		return r.From == status && r.To == e.Status && slices.Contains(r.By, e.By) && (r.Action == action || !named)
	}) {
		t.Fatalf("%s by %s of a session in %s led to %s, which is not in the table", e.Kind, e.By, status, e.Status)
	}
	return true
}

// checkVersion: every change but a Keep has raised the version by one.
func (l *life) checkVersion(t *rapid.T, w *walk, rec session.Record) {
	raised := map[uuid.UUID]bool{}
	for _, e := range rec.Events {
		raised[e.Change] = !w.keeps[e.Change]
	}
	version := int64(0)
	for _, yes := range raised {
		if yes {
			version++
		}
	}
	if rec.Session.Version != version {
		t.Fatalf("version %d after %d changes", rec.Session.Version, version)
	}
}
