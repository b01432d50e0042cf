package keepertest

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
)

// Rotator is a [session.Keeper] whose master key can be replaced while it serves.
type Rotator interface {
	session.Keeper

	// Rotate makes master the master key of all keys that are kept. When it answers nil, the previous master key
	// MUST open none of them, and until then both MUST open all. It MUST bring nothing back that was destroyed.
	// However it is interrupted, it MUST lose nothing, and, called again, MUST go on.
	Rotate(ctx context.Context, master session.Key) error
}

// RunRotation holds a keeper against what [Rotator] says, beside [Run].
//
// Each case has a t of its own. What two calls with the same t open has to keep the same keys, as two processes
// or a restart would have it. The first of masters is the one that a new keeper gets; the others are those that
// the keys may still be under. A keeper that has a Close is closed at the end.
func RunRotation(t *testing.T, open func(t *testing.T, masters ...session.Key) (Rotator, error)) {
	t.Helper()
	for _, c := range rotations {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

// opener opens a keeper under master keys.
type opener = func(t *testing.T, masters ...session.Key) (Rotator, error)

var rotations = []struct {
	name string
	run  func(t *testing.T, open opener)
}{
	{"after Rotate the new master key opens all, and the previous MUST open none", rotates},
	{"what was destroyed stays so, however often the master key is replaced", rotatesOftenAndBack},
	{"Rotate to the master key that is there changes nothing", rotatesToTheSame},
	{"a wrong, lost or empty master key is an error that wraps ErrKeeper", refusesWrongMasters},
	{"Rotate answers the error of a ctx that has ended, with no effect", rotatesNotAfterTheEnd},
	{"however Rotate is interrupted, it MUST lose nothing, and, called again, MUST go on", rotatesInPieces},
	{"until Rotate is done both master keys open all", opensBetween},
	{"Make, Open and Destroy go on during Rotate", servesWhileRotating},
	{"another that is open goes on, if it has the new master key", anotherGoesOn},
	{"another that is open without the new master key never gives a wrong answer", anotherFailsClosed},
}

// under opens a keeper, and closes it at the end.
func under(t *testing.T, open opener, masters ...session.Key) Rotator {
	t.Helper()
	k, err := open(t, masters...)
	if err != nil {
		t.Fatalf("opening with %d master keys: %v", len(masters), err)
	}
	if c, ok := k.(io.Closer); ok {
		t.Cleanup(func() { _ = c.Close() })
	}
	return k
}

// mustNotOpen demands that keys do not open with a master key, and that they are not called erased.
func mustNotOpen(t *testing.T, open opener, all []made, when string, masters ...session.Key) {
	t.Helper()
	k, err := open(t, masters...)
	if err != nil {
		if !errors.Is(err, session.ErrKeeper) || errors.Is(err, session.ErrErased) {
			t.Errorf("opening %s: error %v, want %v", when, err, session.ErrKeeper)
		}
		return
	}
	for _, m := range all {
		mustRefuse(t, k, m.id, m.ref, session.ErrKeeper, when)
	}
	if c, ok := k.(io.Closer); ok {
		_ = c.Close()
	}
}

func mustRotate(t testing.TB, k Rotator, master session.Key) {
	t.Helper()
	if err := k.Rotate(t.Context(), master); err != nil {
		t.Fatalf("Rotate: %v", err)
	}
}

// flock is keys of which some are destroyed.
type flock struct{ live, gone []made }

func newFlock(t *testing.T, k session.Keeper, n int) (f flock) {
	t.Helper()
	for i := range n {
		m := makeKey(t, k)
		if i%4 == 1 {
			mustDestroy(t, k, m)
			f.gone = append(f.gone, m)
		} else {
			f.live = append(f.live, m)
		}
	}
	return f
}

func (f *flock) add(other flock) {
	f.live, f.gone = append(f.live, other.live...), append(f.gone, other.gone...)
}

// check demands that the live ones open, and the others are erased.
func (f *flock) check(t *testing.T, k session.Keeper, when string) {
	t.Helper()
	for _, m := range f.live {
		mustOpen(t, k, m, when)
	}
	for _, m := range f.gone {
		mustRefuse(t, k, m.id, m.ref, session.ErrErased, when)
	}
}
