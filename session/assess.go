package session

import (
	"slices"

	"github.com/bonafide-idv/bonafide/decision/risk"
)

// Risk is how suspicious the session is by the signs of fraud that were given of it and by the time that the person
// took, as [Policy.Risk] weighs them.
func (s *Snapshot) Risk() risk.Assessment {
	a, err := s.assess()
	if err != nil { // a policy that nobody has validated
		a, _ = risk.Assess(risk.Policy{}, s.signs())
	}
	return a
}

func (s *Snapshot) assess() (risk.Assessment, error) { return risk.Assess(s.risk, s.signs()) }

// signs are the signs of fraud that are known.
func (s *Snapshot) signs() []string {
	names := slices.DeleteFunc(s.Signals(), func(name string) bool {
		_, known := risk.SignalOf(name)
		return !known // any more
	})
	return append(names, s.timing()...)
}

// timing is what follows from how long the person took: from their consent, and with every further attempt from its
// beginning, to the last thing that they did. Of what a host captures nothing follows.
func (s *Snapshot) timing() []string {
	a, agreed := s.attempt(), s.Consent()
	if s.Status.TakesMedia() || s.ActiveAt.IsZero() || a == nil || agreed == nil {
		return nil
	}
	begun := agreed.At
	if a.CreatedAt.After(begun) {
		begun = a.CreatedAt
	}
	return risk.FromTiming(s.ActiveAt.Sub(begun))
}
