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
// with no transaction open, for as long as ctx says, about a minute; what fails or panics is tried again, later
// each time. It MUST be safe for concurrent use. decision/watchlist is one over a list of the host's own.
type Screener interface {
	Screen(ctx context.Context, s decision.Subject) (decision.Screening, error)
}

// Screening reads a session whose screening is there, see [Snapshot.Screening].
//
// Errors: [ErrNotFound], also for a session that ended without anybody to look for; [ErrScreeningOff];
// [ErrScreening] as long as a result is still to come.
func (e *Engine) Screening(ctx context.Context, id uuid.UUID) (*Snapshot, error) {
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
	case !s.ScreenAt.IsZero(), !s.Status.Terminal() && s.Status != StatusReview:
		return nil, ErrScreening
	}
	return nil, ErrNotFound
}

// screened reports whether sessions of this status are screened: those that somebody has looked at.
func (s Status) screened() bool {
	return s == StatusReview || s == StatusApproved || s == StatusDeclined
}

// screenNext sets the alarm of a session that has just been decided: now, or, when the same person was looked
// for before, as its policy has it.
func (w *work) screenNext() {
	w.snap.ScreenAt = time.Time{}
	subject := w.snap.subject()
	if !w.in.Policy.Screening || !w.snap.Status.screened() || !isName(subject.Name) {
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
		p := d.Record.Person
		if p == nil || !isName(nameOf(p.FullName, p.FirstName, p.LastName)) {
			continue
		}
		subject = decision.Subject{Name: nameOf(p.FullName, p.FirstName, p.LastName), Year: p.YearOfBirth}
		if subject.Year == "" && !p.DateOfBirth.IsZero() {
			subject.Year = yearOf(p.DateOfBirth)
		}
	}
	return subject
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
	parts := PartAttempts | PartDecisions | PartFindings
	rec, err := e.store.Load(ctx, Ref{Tenant: claimed.Tenant, ID: claimed.ID}, parts)
	if err != nil {
		return err
	}
	s, err := e.openRecord(ctx, rec)
	if err != nil {
		return err
	}
	if s.Version != claimed.Version {
		return fmt.Errorf("%w: it is no longer to be screened", ErrConflict)
	}
	in, err := e.policyOf(ctx, s.Integration)
	if err != nil {
		return err
	}
	var found *decision.Screening // nil: nobody looks any more
	if in.Policy.Screening && e.cfg.Screener != nil {
		if found, err = e.search(ctx, s.subject()); err != nil {
			return err
		}
	}
	_, err = e.write(ctx, Ref{ID: s.ID}, parts, func(w *work) error {
		if w.snap.Version != claimed.Version {
			return ErrConflict
		}
		return w.screened(found)
	})
	return err
}

// search calls the screener, whose panics are errors. Of what it says only the type goes on to the log: the
// text may be about a person.
func (e *Engine) search(ctx context.Context, subject decision.Subject) (found *decision.Screening, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("session: the screener panicked: %T", r)
		} else if err != nil {
			err = fmt.Errorf("session: the screener failed: %T", err)
		}
	}()
	result, err := e.cfg.Screener.Screen(ctx, subject)
	result.Subject = subject
	return &result, err
}

// screened keeps what a search found, if it is new.
func (w *work) screened(found *decision.Screening) error {
	s := &w.snap.Session
	s.UpdatedAt = w.now
	s.ScreenAt, s.RetryAt, s.Tries = time.Time{}, time.Time{}, 0
	if found == nil {
		return w.emit(EventRescreened, ActorEngine, w.now)
	}
	s.ScreenAt = w.monitoring(w.now)
	last := w.snap.Screening()
	if last != nil && same(last.Screening.Screening, *found) {
		return w.emit(EventRescreened, ActorEngine, w.now)
	}
	result := &Screened{Screening: *found, Updated: last != nil, Monitored: w.in.Policy.Monitoring > 0}
	if err := w.addFinding(FindingScreening, s.AttemptID, ActorEngine, FindingFacts{Screening: result}); err != nil {
		return err
	}
	return w.emit(EventScreened, ActorEngine, w.now)
}

// same compares two results in the form in which they are kept.
func same(a, b decision.Screening) bool {
	was, err1 := json.Marshal(a)
	is, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(was, is)
}
