package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// Why there is no result of a screening.
var (
	// ErrScreeningOff: the integration's policy does not have the people of its sessions screened.
	ErrScreeningOff = errors.New("session: screening is not enabled")
	// ErrScreening: the screening is still to be made.
	ErrScreening = errors.New("session: screening is in progress")
)

// Screener searches the lists of politically exposed and sanctioned people. It is asked on the session's alarm,
// with no transaction open, at least once; two processes may ask at the same time. An error, a panic, and a result
// that cannot be kept (a listing of an unknown kind, a score that is no number, more than 1 MiB as JSON) are tried
// again, later each time, an hour apart at most, and after a hundred tries given up until the next one by
// [Policy.Monitoring]. [decision.ErrSubject] ends the screening at once. ctx ends after a minute, and
// later with every try. It MUST be safe for concurrent use. Of the same lists it SHOULD find the same, in the same
// order: the host is told of every difference. decision/watchlist is one over a list of the host's own.
type Screener interface {
	Screen(ctx context.Context, s decision.Subject) (decision.Screening, error)
}

// Screening reads a session whose screening is there, see [Snapshot.Screening].
//
// Errors: [ErrNotFound], also for a session that ended without anybody to look for; [ErrScreeningOff];
// [ErrScreening] as long as a result is still to come.
func (e *Engine) Screening(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "screening", id)
	defer verb.done(&err)
	w, err := e.begin(ctx, Ref{ID: id}, PartFindings|PartAttempts)
	if err != nil {
		return nil, err
	}
	if !w.in.Policy.Screening {
		return nil, ErrScreeningOff
	}
	s := w.view()
	switch {
	case s.Screening() != nil:
		return s, nil
	case !s.ScreenAt.IsZero(), !s.Status.Terminal() && !s.Status.hasVerdict():
		return nil, ErrScreening
	}
	return nil, ErrNotFound
}

// hasVerdict reports whether somebody has looked at sessions of this status, so that there is a person to search
// for.
func (s Status) hasVerdict() bool {
	return s == StatusReview || s == StatusApproved || s == StatusDeclined
}

// screenNext sets the alarm of a session that has just been decided: now, or, when the same person was looked
// for before, as its policy has it.
func (w *work) screenNext() {
	w.snap.ScreenAt = time.Time{}
	subject := w.snap.subject()
	if !w.in.Policy.Screening || !w.snap.Status.hasVerdict() || !isName(subject.Name) {
		return
	}
	w.snap.ScreenAt = w.now
	if last := w.snap.Screening(); last != nil && last.Screening.Subject == subject {
		w.snap.ScreenAt = w.monitoring(last.At)
	}
}

// monitoring is when the search that was made at a time is made again.
func (w *work) monitoring(last time.Time) time.Time {
	if w.in.Policy.Monitoring <= 0 {
		return time.Time{}
	}
	return instant(last.Add(w.in.Policy.Monitoring))
}

// subject is whom to look for: the person as read from the documents, else as the host has said.
func (s *Snapshot) subject() decision.Subject {
	given := s.Facts.Person
	subject := decision.Subject{Name: nameOf(given.FullName, given.FirstName, given.LastName)}
	if !given.DateOfBirth.IsZero() {
		subject.Year = yearOf(given.DateOfBirth)
	}
	for _, d := range s.Decisions {
		if read, ok := subjectIn(d.Record); ok {
			subject = read
		}
	}
	return subject
}

// subjectIn is the person as read from the documents, if a name was.
func subjectIn(r decision.Record) (subject decision.Subject, ok bool) {
	p := r.Person
	if p == nil || !isName(nameOf(p.FullName, p.FirstName, p.LastName)) {
		return subject, false
	}
	subject = decision.Subject{Name: nameOf(p.FullName, p.FirstName, p.LastName), Year: p.YearOfBirth}
	if subject.Year == "" && !p.DateOfBirth.IsZero() {
		subject.Year = yearOf(p.DateOfBirth)
	}
	return subject, true
}

func nameOf(full, first, last string) string {
	if full != "" {
		return full
	}
	return strings.TrimSpace(first + " " + last)
}

// isName reports whether there is something in a text to look for.
func isName(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

func yearOf(d decision.Date) string { return strconv.Itoa(d.Year) }

// screen makes the search for a claimed session, and tells of what is new.
func (e *Engine) screen(ctx context.Context, claimed Session) error {
	const parts = PartAttempts | PartDecisions | PartFindings
	s, err := e.claimed(ctx, claimed, parts)
	if err != nil {
		return err
	}
	in, err := e.policyOf(ctx, s.Integration)
	if err != nil {
		return err
	}
	var found *decision.Screening // nil: nobody looks, or there is nothing to look for
	var next time.Time            // then
	if in.Policy.Screening {
		found, err = e.search(ctx, s.subject())
		if err != nil && !errors.Is(err, decision.ErrSubject) {
			return err
		}
	} else {
		next = e.now().Add(switchedOff)
	}
	_, err = e.write(ctx, Ref{ID: s.ID}, parts, func(w *work) error {
		if w.snap.Version != claimed.Version {
			return ErrConflict
		}
		if found == nil {
			return w.endScreening(instant(next))
		}
		return w.keepScreening(found)
	})
	return err
}

// errNoScreener: the policy wants a screening, and this process cannot make it.
var errNoScreener = errors.New("session: Config.Screener is missing")

// switchedOff is how long after a screening that was due and switched off it is looked whether it is on again.
const switchedOff = 7 * 24 * time.Hour

// screeningTries is how often a screener is asked in vain, about four days long, before a screening is given up.
const screeningTries = 100

// maxScreening is how many bytes a result may have in the form in which it is kept.
const maxScreening = 1 << 20

// errScreening: what the screener found cannot be kept.
var errScreening = errors.New("session: the screener's result is not acceptable")

// search calls the screener.
func (e *Engine) search(ctx context.Context, subject decision.Subject) (*decision.Screening, error) {
	var found decision.Screening
	err := e.outside(ctx, "screener", "screener", func(ctx context.Context) (err error) {
		found, err = e.cfg.Screener.Screen(ctx, subject)
		return err
	})
	if err != nil {
		return nil, err
	}
	found.Subject = subject
	for _, h := range found.Hits {
		for _, l := range h.Listings {
			if !l.Kind.Valid() {
				return nil, fmt.Errorf("%w: a listing is of an unknown kind", errScreening)
			}
		}
	}
	if text, err := json.Marshal(found); err != nil || len(text) > maxScreening {
		return nil, fmt.Errorf("%w: it is no JSON of at most %d bytes", errScreening, maxScreening)
	}
	return &found, nil
}

// endScreening leaves a screening that was due without a result, until the next.
func (w *work) endScreening(next time.Time) error {
	w.screenAgain(next)
	return w.emit(EventUnscreened, ActorEngine, w.now)
}

// keepScreening keeps what a search found, if it is new.
func (w *work) keepScreening(found *decision.Screening) error {
	w.screenAgain(w.monitoring(w.now))
	last := w.snap.Screening()
	if last != nil && same(last.Screening.Screening, *found) {
		return w.emit(EventRescreened, ActorEngine, w.now)
	}
	result := &Screened{Screening: *found, Updated: last != nil, Monitored: w.in.Policy.Monitoring > 0}
	err := w.addFinding(FindingScreening, w.snap.AttemptID, ActorEngine, FindingFacts{Screening: result})
	if err != nil {
		return err
	}
	return w.emit(EventScreened, ActorEngine, w.now)
}

// screenAgain ends one screening and sets the alarm for the next.
func (w *work) screenAgain(at time.Time) {
	s := &w.snap.Session
	s.UpdatedAt = w.now
	s.ScreenAt, s.RetryAt, s.Tries = at, time.Time{}, 0
}

// same compares two results in the form in which they are kept.
func same(a, b decision.Screening) bool {
	was, err1 := json.Marshal(a)
	is, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(was, is)
}
