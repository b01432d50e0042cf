package session

import (
	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// Snapshot is a session as every reader sees it at one instant, opened: a session whose end has passed is
// expired here even if nothing has been written yet.
type Snapshot struct {
	Session
	Facts     Facts
	Attempts  []Attempt   // in the order of N
	Decisions []Concluded // in the order of N; the newest holds
	Media     []Medium    // of all attempts, in the order of upload

	key hiddenKey // never nil; zero once it is gone
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
	SHA256 string `json:"sha256"` // of the bytes as uploaded, in hex
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
