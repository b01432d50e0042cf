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

// Alarm is when something must happen to the session by itself: its end, the decider's turn, or the
// destruction of its key and blobs after a deletion; not before RetryAt. Zero: nothing.
func (s Session) Alarm() time.Time {
	var due time.Time
	switch {
	case !s.DeletedAt.IsZero():
		due = s.EraseAt
	case s.Status.TakesMedia():
		due = s.ExpiresAt
	case s.Status == StatusSubmitted:
		due = s.DecideAt
	}
	if !due.IsZero() && s.RetryAt.After(due) {
		due = s.RetryAt
	}
	return due
}

// backoff is how long to leave work alone that was tried so often: base, doubled with every try, at
// most an hour.
func backoff(base time.Duration, tries int) time.Duration {
	const most = time.Hour
	for ; tries > 0 && base < most; tries-- {
		base *= 2
	}
	return min(base, most)
}
