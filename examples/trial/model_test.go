package trial_test

import (
	"fmt"
	"math"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// state is a session as it would be if all calls had been made one after another.
type state struct {
	ID       uuid.UUID // nil: there is none yet
	Status   session.Status
	Attempts int
	Asked    bool // to try again, and no attempt is open yet
	Media    int
	Redacted bool
	Deleted  bool
}

// onlyOne is the model of the session of a slot.
func onlyOne() porcupine.Model {
	return porcupine.Model{
		Partition: bySlot,
		Init:      func() any { return state{} },
		Step: func(s, in, out any) (bool, any) {
			return s.(state).step(in.(asked), out.(given))
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%s: %+v", in.(asked).Verb, out) },
		DescribeState:     func(s any) string { return fmt.Sprintf("%+v", s) },
	}
}

// bySlot takes a history apart. A list is of all slots.
func bySlot(history []porcupine.Operation) (parts [][]porcupine.Operation) {
	of := map[int][]porcupine.Operation{}
	var lists []porcupine.Operation
	for _, o := range history {
		if a := o.Input.(asked); a.Verb == "list" {
			lists = append(lists, o)
		} else {
			of[a.Slot] = append(of[a.Slot], o)
		}
	}
	for _, part := range of {
		parts = append(parts, append(part, lists...))
	}
	return parts
}

// never is when a call returns of which nobody knows whether it was done: it may be any time later, or never.
const never = math.MaxInt64

// step reports whether a call can have been answered so, and what then is.
func (s state) step(a asked, g given) (bool, state) {
	next, want := s.after(a)
	switch {
	case g.Outcome == unknown:
		if want == done {
			return true, next
		}
		return true, s
	case a.Verb == "list":
		status, there := g.List[s.ID]
		return there == (s.ID != uuid.Nil && !s.Deleted) && (!there || status == s.Status), s
	case g.Outcome == erased: // also one that was read just before
		return s.Redacted || s.Deleted, s
	case a.Verb == "redact" && g.Outcome == missing && want == done:
		return true, next // it was deleted before there was a receipt
	case g.Outcome != want:
		return false, s
	case a.Verb == "create" && want == done:
		if s.ID == uuid.Nil {
			next.ID = g.ID
		}
		return next.ID == g.ID, next
	case g.Outcome != done || g.ID == uuid.Nil:
		return true, next // it says nothing of the session
	}
	same := g.Status == next.Status && g.Attempts == next.Attempts && g.Redacted == next.Redacted
	if a.Verb == "get" && !s.Redacted { // what is redacted loses its media a moment later
		same = same && g.Media == next.Media
	}
	return same, next
}

// after is what a call leads to, and how it has to end.
func (s state) after(a asked) (state, outcome) {
	switch {
	case a.Verb == "create":
		if s.ID == uuid.Nil {
			s.Status, s.Attempts = session.StatusCreated, 1
		}
		if s.Deleted || s.Redacted { // what was answered went with it
			return s, erased
		}
		return s, done
	case s.ID == uuid.Nil || s.Deleted:
		return s, missing
	}
	switch a.Verb {
	case "get", "list":
		return s, done
	case "upload":
		if !s.Status.TakesMedia() {
			return s, refused
		}
		s = s.opened()
		s.Media++
		return s, done
	case "redact":
		if !s.Status.Terminal() {
			s = s.moved(session.ActionExpire, session.ActorEngine)
		}
		s.Redacted = true
		return s, done
	case "delete":
		switch s.Status {
		case session.StatusSubmitted, session.StatusReview:
			return s, refused
		}
		s.Deleted = true
		if !s.Status.Terminal() {
			s = s.moved(session.ActionExpire, session.ActorEngine)
		}
		return s, done
	}
	return s.acted(a.Verb)
}

// acted is what comes of a verb that is a row of the state machine.
func (s state) acted(verb string) (state, outcome) {
	action := map[string]session.Action{
		"start": session.ActionStart, "submit": session.ActionSubmit, "expire": session.ActionExpire, "resume": session.ActionResume,
		"approve": session.ActionApprove, "decline": session.ActionDecline, "resubmit": session.ActionRequestResubmission,
	}[verb]
	by := session.ActorHost
	switch verb {
	case "approve", "decline", "resubmit":
		by = session.ActorReviewer
	}
	if verb == "resume" && s.Redacted {
		return s, erased
	}
	if _, err := session.Next(s.Status, action, by); err != nil {
		return s, refused
	}
	switch verb {
	case "start", "submit":
		s = s.opened()
	case "resume":
		s.Asked = false
	case "resubmit":
		s.Asked = true
	}
	return s.moved(action, by), done
}

func (s state) moved(action session.Action, by session.Actor) state {
	s.Status, _ = session.Next(s.Status, action, by)
	return s
}

// opened is the session in the attempt that the person was asked for.
func (s state) opened() state {
	if s.Asked {
		s.Asked = false
		s.Attempts++
	}
	return s
}
