package keepertest

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Run holds what open opens against the contract of [session.Keeper].
//
// Each case has a t of its own and calls open with it, once as a rule. What two calls with the same t open
// has to keep the same keys, as two processes or a restart would have it, if it has a method Close; a
// Keeper without one is never opened twice, as its keys end with it. Run closes what has a Close.
func Run(t *testing.T, open func(t *testing.T) session.Keeper) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

var cases = []struct {
	name string
	run  func(t *testing.T, open func(t *testing.T) session.Keeper)
}{
	{"Make gives a new key, which Open MUST find by id and ref from now on", one(keepsMany)},
	{"Open MUST find a key after reopening, and after a crash", keepsOverReopening},
	{"a ref has at most 128 bytes and MUST NOT be enough to open the key", one(refIsNotEnough)},
	{"a key that is made and never used is no error", one(forgets)},
	{"made again for one id, it is another key beside the first", one(makesAgain)},
	{"made again for an id whose key was destroyed, it opens", one(makesAfterDestroy)},

	{"Open MUST answer an error that wraps ErrKeeper for a ref or an id that it does not know", one(refusesUnknown)},
	{"a ref that was changed never opens another key", one(refusesChangedRefs)},
	{"refs are copied both ways", one(copiesRefs)},

	{"Open MUST answer ErrErased once Destroy has begun, and repeated, Destroy is nil again", one(destroys)},
	{"Destroy is known after reopening", destroysOverReopening},
	{"Destroy of one session leaves the others", one(destroysOneAlone)},
	{"of a ref or an id that it does not know Destroy MUST answer an error that wraps ErrKeeper, and destroy nothing", one(destroysNothingUnknown)},

	{"all methods answer the error of a ctx that has ended, with no effect", one(ended)},
	{"all methods MUST be safe for concurrent use", one(keepsTogether)},
	{"several that keep the same keys MUST be safe beside each other", keepsBesideAnother},
	{"of Opens beside a Destroy none gives a key after it", one(destroysTogether)},
	{"of Opens beside a Destroy by another none gives a key after it", destroysBesideAnother},
	{"a ctx that ends in the middle leaves a key that opens or is destroyed", one(endsInTheMiddle)},
	{"printed, neither a keeper nor its errors show a key", one(printsNoKey)},
	{"any course of Make, Open and Destroy is as in a map", one(keepsAsAMap)},
}

// one is a case that opens once.
func one(run func(t *testing.T, k session.Keeper)) func(*testing.T, func(*testing.T) session.Keeper) {
	return func(t *testing.T, open func(*testing.T) session.Keeper) { run(t, opened(t, open)) }
}

// opened opens a keeper, and closes it at the end.
func opened(t *testing.T, open func(*testing.T) session.Keeper) session.Keeper {
	t.Helper()
	k := open(t)
	if c, ok := k.(io.Closer); ok {
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	return k
}

// made is what a caller knows of a key.
type made struct {
	id  uuid.UUID
	key session.Key
	ref []byte
}

func makeKey(t testing.TB, k session.Keeper) made {
	t.Helper()
	return makeKeyOf(t, k, uuid.New())
}

func makeKeyOf(t testing.TB, k session.Keeper, id uuid.UUID) made {
	t.Helper()
	m, err := tryKey(t.Context(), k, id)
	if err != nil {
		t.Fatalf("Make: %v", err)
	}
	return m
}

func tryKey(ctx context.Context, k session.Keeper, id uuid.UUID) (made, error) {
	key, ref, err := k.Make(ctx, id)
	return made{id, key, ref}, err
}

// mustOpen and its like do not say which key they got: a key is not for a log.
func mustOpen(t testing.TB, k session.Keeper, m made, when string) {
	t.Helper()
	if key, err := k.Open(t.Context(), m.id, m.ref); err != nil || key != m.key {
		t.Errorf("Open %s: the key that was made: %v, error %v", when, key == m.key, err)
	}
}

func mustRefuse(t testing.TB, k session.Keeper, id uuid.UUID, ref []byte, want error, when string) {
	t.Helper()
	key, err := k.Open(t.Context(), id, ref)
	if !errors.Is(err, want) || key != (session.Key{}) {
		t.Errorf("Open %s: a key: %v, error %v, want %v", when, key != session.Key{}, err, want)
	}
	if errors.Is(err, session.ErrErased) && errors.Is(err, session.ErrKeeper) {
		t.Errorf("Open %s: %v, which is both %v and %v", when, err, session.ErrErased, session.ErrKeeper)
	}
}

func mustDestroy(t testing.TB, k session.Keeper, m made) {
	t.Helper()
	if err := k.Destroy(t.Context(), m.id, m.ref); err != nil {
		t.Fatalf("Destroy: %v", err)
	}
}
