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
	f, a := statusIndex(from), actionIndex(action)
	if f >= 0 && a >= 0 {
		if c := cells[f][a]; c != nil && slices.Contains(c.By, actor) {
			return c.To, nil
		}
	}
	return "", &TransitionError{Status: from, Action: action, Actor: actor}
}

// cells is transitions by position, so that Next need not search them.
var cells = func() (t [11][13]*Transition) {
	for i := range transitions {
		t[statusIndex(transitions[i].From)][actionIndex(transitions[i].Action)] = &transitions[i]
	}
	return t
}()

func statusIndex(s Status) int { return slices.Index(statuses, s) }
func actionIndex(a Action) int { return slices.Index(actions, a) }

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
