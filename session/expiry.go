package session

import "time"

// At is the session as a reader at now sees it: when its end has passed before it was submitted, it
// is expired or abandoned from that very end on, whether or not a sweep has come by since.
func (s Session) At(now time.Time) Session {
	if !s.overdue(now) {
		return s
	}
	to, err := Next(s.Status, ActionExpire, ActorTimer)
	if err != nil {
		return s
	}
	s.Status = to
	s.EndedAt = s.ExpiresAt
	if s.UpdatedAt.Before(s.ExpiresAt) {
		s.UpdatedAt = s.ExpiresAt
	}
	return s
}

// overdue reports whether the session's end has passed while it was still the person's turn.
func (s Session) overdue(now time.Time) bool {
	return s.Status.TakesMedia() && s.DeletedAt.IsZero() && !now.Before(s.ExpiresAt)
}

// lateRequest is how little time may be left to a session when the person is asked to try again.
const lateRequest = 24 * time.Hour

// extended is the end of a session of which a resubmission is requested at a time: with less than a day left,
// or after its end, it gets a whole lifetime from then on.
func extended(end, at time.Time, lifetime time.Duration) time.Time {
	if end.Sub(at) < lateRequest {
		return instant(at.Add(lifetime))
	}
	return end
}

// Alarm is when something must happen to the session by itself: its end, the decider's turn, its screening, the
// end of its retention, or the destruction of its key and blobs after a deletion or redaction; not before RetryAt.
// Zero: nothing.
func (s Session) Alarm() time.Time {
	due := s.dueBy()
	if !due.IsZero() && s.RetryAt.After(due) {
		due = s.RetryAt
	}
	return due
}

// dueBy is the alarm as if nothing had been put off.
func (s Session) dueBy() time.Time {
	_, at := s.duty()
	return at
}

// duty is what the session's alarm is for, named after the event that tells of it, and when it is to be done;
// zero: never.
func (s Session) duty() (kind EventKind, at time.Time) {
	switch {
	case !s.DeletedAt.IsZero(), !s.EraseAt.IsZero():
		return EventErasing, s.EraseAt
	case s.Status.TakesMedia():
		return EventExpired, s.ExpiresAt
	case s.Status == StatusSubmitted:
		return EventDeciding, s.DecideAt
	case !s.RedactAt.IsZero() && s.HeldAt.IsZero() && (s.ScreenAt.IsZero() || s.RedactAt.Before(s.ScreenAt)):
		return EventRetired, s.RedactAt
	}
	return EventScreening, s.ScreenAt
}

// backoff is how long to leave work alone that was tried so often: base, doubled with every try to an hour at
// most.
func backoff(base time.Duration, tries int) time.Duration {
	const most = time.Hour
	for ; tries > 0 && base < most; tries-- {
		base = min(2*base, most)
	}
	return base
}
