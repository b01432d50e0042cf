package risk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// MaxScore is the highest score, and the highest weight of a signal.
const MaxScore = 100

// Action says what a signal does when it was triggered.
type Action string

// The actions.
const (
	Ignore Action = "ignore" // it is told, and adds nothing
	Score  Action = "score"  // its weight is added
	Block  Action = "block"  // its weight is added, and the attempt is stopped whatever the score is
)

// Policy is what a host wants otherwise than the table has it. The zero value is the table: published weights,
// and every signal scores.
type Policy struct {
	// Weights are from 0 to 100, by signal. Default, for each: the table's.
	Weights map[string]int `json:"weights,omitempty"`
	// Actions are by signal; block only for those that may. Default, for each: score.
	Actions map[string]Action `json:"actions,omitempty"`
}

// ErrPolicy refuses a policy.
var ErrPolicy = errors.New("risk: the policy is not acceptable")

// Validate answers with all that is wrong with p, each as an [ErrPolicy]: signals that are not known, weights
// out of range, actions that are not known, and signals that may not block.
func (p Policy) Validate() error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(p.Weights)) {
		if _, known := SignalOf(name); !known {
			faults = append(faults, fmt.Errorf("%w: weights: signal %.80q is not known", ErrPolicy, name))
		} else if w := p.Weights[name]; w < 0 || w > MaxScore {
			faults = append(faults, fmt.Errorf("%w: weights: %s is %d, not from 0 to %d", ErrPolicy, name, w, MaxScore))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Actions)) {
		signal, known := SignalOf(name)
		switch action := p.Actions[name]; {
		case !known:
			faults = append(faults, fmt.Errorf("%w: actions: signal %.80q is not known", ErrPolicy, name))
		case action == Block && !signal.MayBlock:
			faults = append(faults, fmt.Errorf("%w: actions: %s may not block", ErrPolicy, name))
		case action != Ignore && action != Score && action != Block:
			faults = append(faults, fmt.Errorf("%w: actions: %s is neither ignore, score nor block", ErrPolicy, name))
		}
	}
	return errors.Join(faults...)
}

// weigh gives what a signal adds and does.
func (p Policy) weigh(s Signal) Triggered {
	t := Triggered{Name: s.Name, Category: s.Category, Weight: s.Weight, Action: Score}
	if weight, set := p.Weights[s.Name]; set {
		t.Weight = weight
	}
	if action, set := p.Actions[s.Name]; set {
		t.Action = action
	}
	if t.Action == Ignore {
		t.Weight = 0
	}
	return t
}
