package session

import "slices"

// Status says where a session stands. The values are the library's own vocabulary; each wire language
// has its own words for them.
type Status string

// The statuses, in the order of a session's life. [Status.Terminal] tells which of them end it.
const (
	StatusCreated               Status = "created"                // made by the host; the person has not begun
	StatusStarted               Status = "started"                // the person has begun
	StatusSubmitted             Status = "submitted"              // everything is given; the decider's turn
	StatusAwaitingExternal      Status = "awaiting_external"      // the decider waits for the host's system
	StatusReview                Status = "review"                 // a human being decides
	StatusApproved              Status = "approved"               // final: verified
	StatusDeclined              Status = "declined"               // final: not verified
	StatusResubmissionRequested Status = "resubmission_requested" // the person may try again, in the same session
	StatusExpired               Status = "expired"                // final: never begun before its end
	StatusAbandoned             Status = "abandoned"              // final: begun and not finished before its end
	StatusFailed                Status = "failed"                 // final: no decision could be made
)

var statuses = []Status{
	StatusCreated, StatusStarted, StatusSubmitted, StatusAwaitingExternal, StatusReview, StatusApproved,
	StatusDeclined, StatusResubmissionRequested, StatusExpired, StatusAbandoned, StatusFailed,
}

// Statuses gives all statuses in the order of a session's life.
func Statuses() []Status { return slices.Clone(statuses) }

// Terminal reports whether the session has come to its end. A terminal session leaves its status only
// by [ActionResume], [ActionReprocess] or [ActionRevise].
func (s Status) Terminal() bool {
	switch s {
	case StatusApproved, StatusDeclined, StatusExpired, StatusAbandoned, StatusFailed:
		return true
	}
	return false
}

// TakesMedia reports whether the person's photographs and data are accepted: before the first
// submission, and after a request to try again.
func (s Status) TakesMedia() bool {
	return s == StatusCreated || s == StatusStarted || s == StatusResubmissionRequested
}

// Action is something that is done to a session. What it leads to, and who may do it, is said by
// [Transitions]; an upload is no action.
type Action string

// The actions, in the order of a session's life.
const (
	ActionStart               Action = "start"                // the person opens the session
	ActionSubmit              Action = "submit"               // everything is given, a decision is wanted
	ActionPause               Action = "pause"                // the decider waits for the host's system
	ActionContinue            Action = "continue"             // the host's system has answered
	ActionReview              Action = "review"               // the decider leaves it to a human being
	ActionApprove             Action = "approve"              //
	ActionDecline             Action = "decline"              //
	ActionRequestResubmission Action = "request_resubmission" // the person is asked to try again
	ActionFail                Action = "fail"                 // the decider gave up
	ActionExpire              Action = "expire"               // the session's time is over, or is ended by force
	ActionResume              Action = "resume"               // a session that ended unused gets new time
	ActionReprocess           Action = "reprocess"            // decide again
	ActionRevise              Action = "revise"               // a reviewer turns a decision round
)

var actions = []Action{
	ActionStart, ActionSubmit, ActionPause, ActionContinue, ActionReview, ActionApprove, ActionDecline,
	ActionRequestResubmission, ActionFail, ActionExpire, ActionResume, ActionReprocess, ActionRevise,
}

// ActionUpload asks [Engine.Can] for media. It is not part of the state machine, as an upload changes no
// status.
const ActionUpload Action = "upload"

// ActionCollect asks [Engine.Can] for data about the person's device. It is no part of the state machine either.
const ActionCollect Action = "collect"

// Actions gives all actions in the order of a session's life.
func Actions() []Action { return slices.Clone(actions) }

// Actor is who acts on a session.
type Actor string

// The actors.
const (
	ActorHost     Actor = "host"     // the server that embeds the engine, or a caller with its API key
	ActorPerson   Actor = "person"   // the person who is verified, by the session's link
	ActorDecider  Actor = "decider"  // the [Decider] on the session's alarm
	ActorReviewer Actor = "reviewer" // a human being who decides, by [Engine.Decide]
	ActorSandbox  Actor = "sandbox"  // a simulated outcome
	ActorTimer    Actor = "timer"    // the session's own alarm
	ActorEngine   Actor = "engine"   // the engine, as a step of another verb
)

var actors = []Actor{ActorHost, ActorPerson, ActorDecider, ActorReviewer, ActorSandbox, ActorTimer, ActorEngine}

// Actors gives all actors.
func Actors() []Actor { return slices.Clone(actors) }
