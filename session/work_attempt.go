package session

import "time"

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
