package session

import (
	"errors"

	"github.com/bonafide-idv/bonafide/decision"
)

// ErrHidden: what is asked for is shown no more, though it is still there. See [Policy.Sensitive].
var ErrHidden = errors.New("session: personal data are no longer shown")

// hide takes out of a snapshot what is about the person, when it is shown no more. What was concluded stays.
func (s *Snapshot) hide() {
	s.Hidden = true
	s.Facts = Facts{ExternalRef: s.Facts.ExternalRef, Country: s.Facts.Country, Workflow: s.Facts.Workflow, Checks: s.Facts.Checks, Tags: s.Facts.Tags, Metadata: s.Facts.Metadata}
	for i := range s.Decisions {
		was := s.Decisions[i].Record
		s.Decisions[i].Record = decision.Record{Reason: was.Reason}
	}
	var kept []Found
	for _, f := range s.Findings {
		f.Device, f.Screening, f.Consent, f.Given, f.Note, f.Run = nil, nil, nil, nil, nil, f.Run.hidden()
		kept = append(kept, f)
	}
	s.Findings = kept
}

// forget takes everything about the person out of a snapshot, before anything is told of its erasure.
func (s *Snapshot) forget() {
	s.Sealed, s.Facts = nil, Facts{}
	for i := range s.Decisions {
		s.Decisions[i].Sealed, s.Decisions[i].Record = nil, decision.Record{}
	}
	for i := range s.Media {
		s.Media[i].Sealed, s.Media[i].MediaFacts = nil, MediaFacts{}
	}
	for i := range s.Findings {
		s.Findings[i].Sealed, s.Findings[i].FindingFacts = nil, FindingFacts{}
	}
}
