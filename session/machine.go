package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrTransition is what every [TransitionError] unwraps to.
var ErrTransition = errors.New("session: action is not possible")

// TransitionError refuses an action that [Transitions] does not have for the session's status, or not
// for who acts.
type TransitionError struct {
	Status Status // the session's, as the reader of this error would see it
	Action Action // what was tried; "upload" for media
	Actor  Actor  // who tried
	// Sandbox says that the session is one of a sandbox, where a verb of an engine refuses.
	Sandbox bool
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("session: %s by %s is not possible in status %s", e.Action, e.Actor, e.Status)
}

// Unwrap makes errors.Is(err, ErrTransition) true.
func (e *TransitionError) Unwrap() error { return ErrTransition }

// Transition is one row of the state machine: who may do Action in From, and where it leads.
type Transition struct {
	From   Status
	Action Action
	To     Status
	By     []Actor
}

// transitions is the state machine. The code, the diagrams and the tests all read it.
var transitions = []Transition{
	{StatusCreated, ActionStart, StatusStarted, []Actor{ActorPerson, ActorHost}},
	{StatusStarted, ActionStart, StatusStarted, []Actor{ActorPerson, ActorHost}},
	{StatusResubmissionRequested, ActionStart, StatusStarted, []Actor{ActorPerson, ActorHost}},

	{StatusCreated, ActionSubmit, StatusSubmitted, []Actor{ActorHost, ActorPerson}},
	{StatusStarted, ActionSubmit, StatusSubmitted, []Actor{ActorHost, ActorPerson}},
	{StatusResubmissionRequested, ActionSubmit, StatusSubmitted, []Actor{ActorHost, ActorPerson}},

	{StatusSubmitted, ActionPause, StatusAwaitingExternal, []Actor{ActorDecider}},
	{StatusAwaitingExternal, ActionContinue, StatusSubmitted, []Actor{ActorHost}},

	{StatusSubmitted, ActionReview, StatusReview, []Actor{ActorDecider}},
	{StatusAwaitingExternal, ActionReview, StatusReview, []Actor{ActorDecider}},

	{StatusSubmitted, ActionApprove, StatusApproved, []Actor{ActorDecider, ActorReviewer, ActorSandbox}},
	{StatusAwaitingExternal, ActionApprove, StatusApproved, []Actor{ActorDecider, ActorReviewer, ActorSandbox}},
	{StatusReview, ActionApprove, StatusApproved, []Actor{ActorDecider, ActorReviewer, ActorSandbox}},

	{StatusSubmitted, ActionDecline, StatusDeclined, []Actor{ActorDecider, ActorReviewer, ActorSandbox}},
	{StatusAwaitingExternal, ActionDecline, StatusDeclined, []Actor{ActorDecider, ActorReviewer, ActorSandbox}},
	{StatusReview, ActionDecline, StatusDeclined, []Actor{ActorDecider, ActorReviewer, ActorSandbox}},

	{StatusSubmitted, ActionRequestResubmission, StatusResubmissionRequested, []Actor{ActorDecider, ActorReviewer}},
	{StatusReview, ActionRequestResubmission, StatusResubmissionRequested, []Actor{ActorDecider, ActorReviewer}},

	{StatusSubmitted, ActionFail, StatusFailed, []Actor{ActorEngine}},
	{StatusAwaitingExternal, ActionFail, StatusFailed, []Actor{ActorEngine}},

	{StatusCreated, ActionExpire, StatusExpired, []Actor{ActorTimer, ActorHost, ActorEngine}},
	{StatusStarted, ActionExpire, StatusAbandoned, []Actor{ActorTimer, ActorHost, ActorEngine}},
	{StatusResubmissionRequested, ActionExpire, StatusAbandoned, []Actor{ActorTimer, ActorHost, ActorEngine}},
	{StatusSubmitted, ActionExpire, StatusAbandoned, []Actor{ActorHost, ActorEngine}},
	{StatusAwaitingExternal, ActionExpire, StatusAbandoned, []Actor{ActorHost, ActorEngine}},
	{StatusReview, ActionExpire, StatusAbandoned, []Actor{ActorHost, ActorEngine}},

	{StatusCreated, ActionResume, StatusCreated, []Actor{ActorHost}},
	{StatusStarted, ActionResume, StatusCreated, []Actor{ActorHost}},
	{StatusExpired, ActionResume, StatusCreated, []Actor{ActorHost}},
	{StatusAbandoned, ActionResume, StatusCreated, []Actor{ActorHost}},

	{StatusApproved, ActionReprocess, StatusSubmitted, []Actor{ActorHost}},
	{StatusDeclined, ActionReprocess, StatusSubmitted, []Actor{ActorHost}},
	{StatusFailed, ActionReprocess, StatusSubmitted, []Actor{ActorHost}},

	{StatusApproved, ActionRevise, StatusDeclined, []Actor{ActorReviewer}},
	{StatusDeclined, ActionRevise, StatusApproved, []Actor{ActorReviewer}},
}

// Transitions gives the whole state machine, in the order of a session's life. What is not in it is
// not possible. [ActionReview], [ActionResume], [ActionReprocess] and [ActionRevise] need the policy of their name, and
// [ActionPause] a workflow that has a gate.
func Transitions() []Transition {
	out := slices.Clone(transitions)
	for i := range out {
		out[i].By = slices.Clone(out[i].By)
	}
	return out
}

// Next says where action leads from a status, when actor does it; else it answers a *[TransitionError].
// It is a pure look-up and allocates only when it refuses.
func Next(from Status, action Action, actor Actor) (Status, error) {
	c := &cells[statusIndex(from)+1][actionIndex(action)+1]
	if c.by&actorBit(actor) != 0 {
		return c.to, nil
	}
	return "", &TransitionError{Status: from, Action: action, Actor: actor}
}

// cell is a row of transitions without what its place in cells says.
type cell struct {
	to Status
	by uint8 // the bits of the actors
}

// cells is transitions by position, so that Next need not search them. What is unknown has the position 0, where
// nothing is possible.
var cells = func() (t [1 + 11][1 + 13]cell) {
	for _, row := range transitions {
		c := &t[statusIndex(row.From)+1][actionIndex(row.Action)+1]
		c.to = row.To
		for _, actor := range row.By {
			c.by |= actorBit(actor)
		}
	}
	return t
}()

// statusIndex is the position in statuses, or -1. A switch over constants is several times as fast as a search.
func statusIndex(s Status) int {
	switch s {
	case StatusCreated:
		return 0
	case StatusStarted:
		return 1
	case StatusSubmitted:
		return 2
	case StatusAwaitingExternal:
		return 3
	case StatusReview:
		return 4
	case StatusApproved:
		return 5
	case StatusDeclined:
		return 6
	case StatusResubmissionRequested:
		return 7
	case StatusExpired:
		return 8
	case StatusAbandoned:
		return 9
	case StatusFailed:
		return 10
	}
	return -1
}

// actionIndex is the position in actions, or -1.
func actionIndex(a Action) int {
	switch a {
	case ActionStart:
		return 0
	case ActionSubmit:
		return 1
	case ActionPause:
		return 2
	case ActionContinue:
		return 3
	case ActionReview:
		return 4
	case ActionApprove:
		return 5
	case ActionDecline:
		return 6
	case ActionRequestResubmission:
		return 7
	case ActionFail:
		return 8
	case ActionExpire:
		return 9
	case ActionResume:
		return 10
	case ActionReprocess:
		return 11
	case ActionRevise:
		return 12
	}
	return -1
}

// actorBit is a bit for each actor, and 0 for what is none.
func actorBit(a Actor) uint8 {
	switch a {
	case ActorHost:
		return 1 << 0
	case ActorPerson:
		return 1 << 1
	case ActorDecider:
		return 1 << 2
	case ActorReviewer:
		return 1 << 3
	case ActorSandbox:
		return 1 << 4
	case ActorTimer:
		return 1 << 5
	case ActorEngine:
		return 1 << 6
	}
	return 0
}

// Mermaid draws the state machine as a Mermaid state diagram, one arrow for each row of [Transitions].
func Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> created\n")
	for _, t := range transitions {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", t.From, t.To, t.Action)
	}
	for _, s := range statuses {
		if s.Terminal() {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	return b.String()
}
