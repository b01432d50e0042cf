package risk

import "fmt"

// Assessment is how suspicious an attempt is, and why.
type Assessment struct {
	Score int   `json:"score"` // from 0 to 100
	Level Level `json:"level"`
	// Signals are those that were triggered, in the order of the table; none is an empty list.
	Signals []Triggered `json:"signals"`
	// Blocked: the policy stops the attempt, whatever the score is.
	Blocked bool `json:"blocked"`
	// BlockedBy are the signals that do; none is an empty list.
	BlockedBy []string `json:"blocked_by"`
}

// Triggered is a signal that was triggered, with what it added to the score.
type Triggered struct {
	Name     string   `json:"name"`
	Category Category `json:"category"`
	Weight   int      `json:"weight"` // by the policy; 0 when it is ignored
	Action   Action   `json:"action"`
}

// UnknownError refuses signals that the table does not have. Its text does not repeat them: they come from
// outside.
type UnknownError struct {
	Signals []string // each once, in the order given
}

// Error says how many there are.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("risk: %d of the signals are not known", len(e.Signals))
}

// Assess adds up the signals as p wants it. What comes more than once counts once. It answers [ErrPolicy] for a
// policy that is not valid, and an [UnknownError] where one of the signals is not known: nothing is assessed
// then, because a misspelt signal would make an attempt look better than it is.
func Assess(p Policy, triggered []string) (Assessment, error) {
	if err := p.Validate(); err != nil {
		return Assessment{}, err
	}
	seen := make(map[string]bool, len(signals))
	var unknown []string
	for _, name := range triggered {
		if _, known := SignalOf(name); !known && !seen[name] {
			unknown = append(unknown, name)
		}
		seen[name] = true
	}
	if len(unknown) > 0 {
		return Assessment{}, &UnknownError{unknown}
	}
	a := Assessment{Signals: []Triggered{}, BlockedBy: []string{}}
	for _, signal := range signals {
		if seen[signal.Name] {
			a.add(p.weigh(signal))
		}
	}
	a.Level = LevelOf(a.Score)
	return a, nil
}

func (a *Assessment) add(t Triggered) {
	a.Score = min(a.Score+t.Weight, MaxScore)
	a.Signals = append(a.Signals, t)
	if t.Action == Block {
		a.Blocked = true
		a.BlockedBy = append(a.BlockedBy, t.Name)
	}
}
