package keepertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

func rotates(t *testing.T, open opener) {
	before, after := session.NewKey(), session.NewKey()
	k := under(t, open, before)
	f := newFlock(t, k, 30)
	mustRotate(t, k, after)
	f.check(t, k, "after Rotate")
	f.add(newFlock(t, k, 30))
	f.check(t, under(t, open, after), "with the new master key alone")
	f.check(t, under(t, open, after, before), "with the new and the previous master key")
	f.check(t, under(t, open, before, after), "with both in the other order")
	mustNotOpen(t, open, f.live, "with the previous master key alone", before)
}

func rotatesOftenAndBack(t *testing.T, open opener) {
	masters := []session.Key{session.NewKey(), session.NewKey(), session.NewKey()}
	k := under(t, open, masters[0])
	f := newFlock(t, k, 12)
	for n := 1; n < 7; n++ {
		to := masters[n%3]
		mustRotate(t, k, to)
		f.check(t, k, fmt.Sprintf("after Rotate number %d", n))
		mustDestroy(t, k, f.live[0])
		f.live, f.gone = f.live[1:], append(f.gone, f.live[0])
		f.add(newFlock(t, k, 4))
		f.check(t, under(t, open, to), fmt.Sprintf("reopened after Rotate number %d", n))
	}
}

func rotatesToTheSame(t *testing.T, open opener) {
	master := session.NewKey()
	k := under(t, open, master)
	f := newFlock(t, k, 12)
	for range 2 {
		mustRotate(t, k, master)
		f.check(t, k, "after Rotate to the same")
	}
	f.check(t, under(t, open, master), "reopened after Rotate to the same")
}

func refusesWrongMasters(t *testing.T, open opener) {
	master := session.NewKey()
	k := under(t, open, master)
	f := newFlock(t, k, 12)
	all := append(f.live, f.gone...)
	mustNotOpen(t, open, all, "with a wrong master key", session.NewKey())
	mustNotOpen(t, open, all, "with two wrong master keys", session.NewKey(), session.NewKey())
	mustNotOpen(t, open, all, "with a master key of zeros", session.Key{})
	if err := k.Rotate(t.Context(), session.Key{}); !errors.Is(err, session.ErrKeeper) {
		t.Errorf("Rotate to zeros: error %v, want %v", err, session.ErrKeeper)
	}
	f.check(t, k, "after a Rotate that was refused")
	f.check(t, under(t, open, master), "reopened after a Rotate that was refused")
}

func rotatesNotAfterTheEnd(t *testing.T, open opener) {
	before, after := session.NewKey(), session.NewKey()
	k := under(t, open, before)
	f := newFlock(t, k, 12)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Rotate(ctx, after); !errors.Is(err, context.Canceled) {
		t.Errorf("Rotate: error %v, want %v", err, context.Canceled)
	}
	f.check(t, under(t, open, before), "with the master key that was not replaced")
	mustNotOpen(t, open, f.live, "with the master key that it was not replaced by", after)
}

func rotatesInPieces(t *testing.T, open opener) {
	before := session.NewKey()
	f := newFlock(t, under(t, open, before), 40)
	for _, n := range []int{0, 1, 2, 3, 5, 8, 13, 21} {
		after := session.NewKey()
		k := under(t, open, after, before)
		err := k.Rotate(newFuse(t, n), after)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("Rotate whose ctx ends at look %d: error %v", n, err)
		}
		f.check(t, k, fmt.Sprintf("after a Rotate whose ctx ended at look %d", n))
		f.add(newFlock(t, k, 2))
		again := under(t, open, after, before)
		f.check(t, again, fmt.Sprintf("reopened after a Rotate whose ctx ended at look %d", n))
		mustRotate(t, again, after)
		f.check(t, again, "after Rotate went on")
		f.check(t, k, "of the one that began it, after another ended it")
		f.check(t, under(t, open, after), "with the new master key alone, after Rotate went on")
		mustNotOpen(t, open, f.live, "with the previous master key alone, after Rotate went on", before)
		before = after
	}
}

func opensBetween(t *testing.T, open opener) {
	before := session.NewKey()
	first := under(t, open, before)
	f := newFlock(t, first, 40)
	for n := 1; n < 20; n += 3 {
		after := session.NewKey()
		k := under(t, open, before, after)
		_ = k.Rotate(newFuse(t, n), after) // to any point
		f.check(t, under(t, open, before, after), "reopened in the middle")
		mustRotate(t, k, after)
		before = after
	}
}

func servesWhileRotating(t *testing.T, open opener) {
	const workers, rounds, turns = 4, 40, 4
	master := session.NewKey()
	k := under(t, open, master)
	all := newFlock(t, k, 200)
	var mu sync.Mutex
	var working, rotating sync.WaitGroup
	for range workers {
		working.Go(func() {
			for n := range rounds {
				m, err := tryKey(t.Context(), k, uuid.New())
				if err != nil {
					t.Errorf("Make beside Rotate: %v", err)
					return
				}
				mustOpen(t, k, m, "beside Rotate")
				mu.Lock()
				all.live = append(all.live, m)
				m = all.live[(n*7919)%len(all.live)]
				mu.Unlock()
				if n%2 == 0 {
					mustOpen(t, k, m, "of an older key beside Rotate")
					continue
				}
				m = all.take(&mu, n*7919)
				if err := k.Destroy(t.Context(), m.id, m.ref); err != nil {
					t.Errorf("Destroy beside Rotate: %v", err)
				}
				mustRefuse(t, k, m.id, m.ref, session.ErrErased, "after Destroy beside Rotate")
			}
		})
	}
	rotating.Go(func() {
		for range turns {
			master = session.NewKey()
			if err := k.Rotate(t.Context(), master); err != nil {
				t.Errorf("Rotate beside others: %v", err)
			}
		}
	})
	working.Wait()
	rotating.Wait()
	all.check(t, k, "after all")
	all.check(t, under(t, open, master), "reopened with the last master key alone")
}

// take moves one that is live to those that are gone.
func (f *flock) take(mu *sync.Mutex, n int) made {
	mu.Lock()
	defer mu.Unlock()
	i := n % len(f.live)
	m := f.live[i]
	f.live[i] = f.live[len(f.live)-1]
	f.live, f.gone = f.live[:len(f.live)-1], append(f.gone, m)
	return m
}

func anotherGoesOn(t *testing.T, open opener) {
	before, after := session.NewKey(), session.NewKey()
	k := under(t, open, after, before) // new: it is under the first of them
	f := newFlock(t, k, 12)
	another := under(t, open, before, after)
	for n, to := range []session.Key{before, after, before} {
		mustRotate(t, k, to)
		f.check(t, another, fmt.Sprintf("by another, after Rotate number %d", n))
		f.add(newFlock(t, another, 12))
		f.check(t, k, fmt.Sprintf("of what another made, after Rotate number %d", n))
		f.check(t, under(t, open, to), fmt.Sprintf("with the new master key alone, after Rotate number %d", n))
	}
}

func anotherFailsClosed(t *testing.T, open opener) {
	before, after := session.NewKey(), session.NewKey()
	k, blind := under(t, open, before), under(t, open, before)
	f := newFlock(t, k, 12)
	f.check(t, blind, "by another, before Rotate")
	mustRotate(t, k, after)
	for _, m := range f.live {
		mustRefuse(t, blind, m.id, m.ref, session.ErrKeeper, "by another that has not the new master key")
	}
	for range 10 {
		m, err := tryKey(t.Context(), blind, uuid.New())
		if err == nil {
			f.live = append(f.live, m)
		} else if !errors.Is(err, session.ErrKeeper) {
			t.Errorf("Make by another without the new master key: error %v, want none or %v", err, session.ErrKeeper)
		}
	}
	m := f.live[0]
	err := blind.Destroy(t.Context(), m.id, m.ref)
	if err == nil {
		f.live, f.gone = f.live[1:], append(f.gone, m)
	} else if !errors.Is(err, session.ErrKeeper) {
		t.Errorf("Destroy by another without the new master key: error %v, want none or %v", err, session.ErrKeeper)
	}
	f.check(t, k, "after another did what it could")
	f.check(t, under(t, open, after), "reopened with the new master key alone")
}
