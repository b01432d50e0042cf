package session

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/risk"
)

// Snapshot is a session as every reader sees it at one instant, opened: a session whose end has passed is
// expired here even if nothing has been written yet.
type Snapshot struct {
	Session
	Facts     Facts
	Attempts  []Attempt   // in the order of N
	Decisions []Concluded // in the order of N; the newest holds
	Media     []Medium    // of all attempts, in the order of upload
	Findings  []Found     // of all attempts, oldest first

	// Identity is that of the person, where what is told of has just made it or brought it up to date.
	Identity uuid.UUID
	// Hidden says that what is about the person is shown no more. See [Policy.Sensitive].
	Hidden bool

	key  hiddenKey   // never nil; zero once it is gone
	risk risk.Policy // of the session's integration
}

// Concluded is a decision, opened.
type Concluded struct {
	Decision
	Record decision.Record
}

// Medium is a medium, opened.
type Medium struct {
	Media
	MediaFacts
}

// MediaFacts are what is known about a medium's bytes. They are sealed.
type MediaFacts struct {
	SHA256   string        `json:"sha256"`             // of the bytes as uploaded, in hex
	Duration time.Duration `json:"duration,omitempty"` // of a film, where it is known
	Proof    *Proof        `json:"proof,omitempty"`    // of a paper that proves an address; nil: not said
}

// Proof is what the host says of a paper that proves an address.
type Proof struct {
	Type string        `json:"type"`          // which kind of paper it is, at most 255 bytes
	Date decision.Date `json:"date,omitzero"` // of which day it is; zero: not said
}

// Deleted reports whether the session is being deleted: only a renderer ever sees such a snapshot.
func (s *Snapshot) Deleted() bool { return !s.DeletedAt.IsZero() }

// Latest is the newest decision about the given attempt; nil when there is none.
func (s *Snapshot) Latest(attempt uuid.UUID) *Concluded {
	for i := len(s.Decisions) - 1; i >= 0; i-- {
		if s.Decisions[i].Attempt == attempt {
			return &s.Decisions[i]
		}
	}
	return nil
}

// Derive makes 32 bytes for one purpose that only this session has, for instance to sign its link. They
// are gone when the session's key is, after a deletion or redaction: then it answers the zero Key.
func (s *Snapshot) Derive(purpose string) Key {
	key := s.key()
	if key == (Key{}) {
		return key
	}
	return key.derive("host " + purpose)
}

// attempt is the current attempt, when attempts were loaded.
func (s *Snapshot) attempt() *Attempt {
	i := slices.IndexFunc(s.Attempts, func(a Attempt) bool { return a.ID == s.AttemptID })
	if i < 0 {
		return nil
	}
	return &s.Attempts[i]
}

// hasAttempt reports whether the session has the attempt, when attempts were loaded.
func (s *Snapshot) hasAttempt(id uuid.UUID) bool {
	return slices.ContainsFunc(s.Attempts, func(a Attempt) bool { return a.ID == id })
}

// atItsEnd makes the current attempt say what a session's end without a decision means for it.
func (s *Snapshot) atItsEnd() *Snapshot {
	switch s.Status {
	case StatusExpired, StatusAbandoned, StatusFailed:
		if a := s.attempt(); a != nil {
			a.Status, a.EndedAt = s.Status, s.EndedAt
		}
	}
	return s
}
