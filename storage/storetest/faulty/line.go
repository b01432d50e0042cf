package faulty

import (
	"errors"
	"fmt"
	"sync"

	"github.com/bonafide-idv/bonafide/session"
)

// ErrFault is what [Refused], [Lost] and [Unknown] answer.
var ErrFault = errors.New("faulty: the line went dead")

// Fault is how an operation goes wrong. The zero value lets it pass.
type Fault struct {
	// Before is called before the operation. When it answers an error, that is the operation's answer, and the
	// operation has no effect. Default: nothing.
	Before func() error
	// After is called when the operation was done. When it answers an error, that stands in the place of the
	// answer, unless the operation was refused by itself. Default: nothing.
	After func() error
}

// Refused is the fault of which nothing is done: [ErrFault].
func Refused() Fault { return Fault{Before: answering(ErrFault)} }

// Lost is the fault of which everything is done, and the answer is [ErrFault] all the same.
func Lost() Fault { return Fault{After: answering(ErrFault)} }

// Unknown is as [Lost], but the answer wraps [session.ErrUnknown] too.
func Unknown() Fault {
	return Fault{After: answering(fmt.Errorf("%w: %w", session.ErrUnknown, ErrFault))}
}

func answering(err error) func() error { return func() error { return err } }

// struck does an operation that the fault strikes.
func (f Fault) struck(do func() error) error {
	if f.Before != nil {
		if err := f.Before(); err != nil {
			return err
		}
	}
	err := do()
	if err == nil && f.After != nil {
		err = f.After()
	}
	return err
}

// Line counts operations, and lets one of them meet a fault. The zero value lets all pass. N and Fault are set before
// it is used; its methods, and everything that hangs on it, are safe for concurrent use as far as what is behind it is.
type Line struct {
	N     int   // which of the operations, counted from 1
	Fault Fault // which it meets

	mu     sync.Mutex
	armed  bool
	passed int
	struck string
}

// Arm begins to count. A line that was armed before begins anew.
func (l *Line) Arm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed, l.passed, l.struck = true, 0, ""
}

// Disarm has everything pass from now on, uncounted.
func (l *Line) Disarm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
}

// Passed is how many operations were counted since Arm.
func (l *Line) Passed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.passed
}

// Struck names the operation that met the fault since Arm, as "Store.Apply" or "Blobs.Commit"; empty: none did.
func (l *Line) Struck() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.struck
}

// meets counts an operation, and gives what it meets: for all but one, nothing.
func (l *Line) meets(operation string) Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.armed {
		return Fault{}
	}
	if l.passed++; l.passed != l.N {
		return Fault{}
	}
	l.struck = operation
	return l.Fault
}

// do does an operation, with what it meets.
func (l *Line) do(operation string, do func() error) error {
	return l.meets(operation).struck(do)
}

// Each runs try with a new line whose first operation meets the fault, then whose second does, and so on, until a run
// in which none did. It answers how many operations did: 0 says that the test has broken nothing, and so shows nothing.
// A try has to arm its line.
func Each(f Fault, try func(line *Line)) (struck int) {
	for ; ; struck++ {
		line := &Line{N: struck + 1, Fault: f}
		try(line)
		if line.Struck() == "" {
			return struck
		}
	}
}
