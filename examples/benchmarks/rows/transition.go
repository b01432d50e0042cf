package rows

import (
	"context"

	"github.com/looplab/fsm"
	"github.com/qmuntal/stateless"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/session"
)

func transitions() []measure.Row {
	return []measure.Row{{
		Name: "transition", Against: "looplab/fsm, qmuntal/stateless",
		Aim: measure.Aim{AtLeast: 50, NoAllocs: true},
		Note: "Both peers have the same table of transitions, without callbacks, guards or a lock of the caller's, and " +
			"are built once; each goes to and fro between two statuses. Only ours looks at who acts.",
		Run: func(ctx context.Context, s measure.Setting) (r measure.Result, err error) {
			r.Rounds, err = s.Hold(ctx, measure.Contest{
				Ours:   measure.Loop(step),
				Theirs: []measure.Side{measure.Loop(looplab(ctx)), measure.Loop(qmuntal(ctx))},
				Brief:  true,
			})
			if err == nil {
				r.Cost, err = measure.CostOf(1000, func() error { return step(2) })
			}
			return r, err
		},
	}}
}

// toAndFro leads from created to started and back.
var toAndFro = [2]session.Action{session.ActionStart, session.ActionResume}

// step takes n transitions. Like the others it begins and ends in created, so it takes one more where n is odd.
func step(n int) error {
	at, err := session.StatusCreated, error(nil)
	for range (n + 1) / 2 {
		for _, action := range toAndFro {
			if at, err = session.Next(at, action, session.ActorHost); err != nil {
				return err
			}
		}
	}
	return nil
}

// looplab is the same with looplab/fsm.
func looplab(ctx context.Context) func(n int) error {
	var events fsm.Events
	for _, t := range session.Transitions() {
		events = append(events, fsm.EventDesc{Name: string(t.Action), Src: []string{string(t.From)}, Dst: string(t.To)})
	}
	machine := fsm.NewFSM(string(session.StatusCreated), events, nil)
	return func(n int) error {
		for range (n + 1) / 2 {
			for _, action := range toAndFro {
				if err := machine.Event(ctx, string(action)); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// qmuntal is the same with qmuntal/stateless.
func qmuntal(ctx context.Context) func(n int) error {
	machine := stateless.NewStateMachineWithMode(session.StatusCreated, stateless.FiringImmediate)
	for _, t := range session.Transitions() {
		if t.From == t.To {
			machine.Configure(t.From).PermitReentry(t.Action)
		} else {
			machine.Configure(t.From).Permit(t.Action, t.To)
		}
	}
	return func(n int) error {
		for range (n + 1) / 2 {
			for _, action := range toAndFro {
				if err := machine.FireCtx(ctx, action); err != nil {
					return err
				}
			}
		}
		return nil
	}
}
