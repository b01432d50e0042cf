package sessiontest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
)

// Keeper is for whoever writes a [session.Keeper]: it is the test of what open opens, and each MUST of the interface
// is a case of the same words.
//
// Each case has a t of its own and calls open with it, once as a rule. What two calls with the same t open has to keep
// the same keys, as two processes or a restart would have it, if it has a method Close; a Keeper without one
// is never opened twice, as its keys end with it.
func Keeper(t *testing.T, open func(t *testing.T) session.Keeper) {
	t.Helper()
	for _, c := range keeperCases {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

var keeperCases = []struct {
	name string
	run  func(t *testing.T, open func(t *testing.T) session.Keeper)
}{
	{"Make gives a new key, which Open MUST find by id and ref from now on", one(keepsMany)},
	{"Open MUST find a key after reopening, and after a crash", keepsOverReopening},
	{"a ref has at most 128 bytes and MUST NOT be enough to open the key", one(refIsNotEnough)},
	{"Open MUST answer an error that wraps ErrKeeper for an id or a ref that it does not know", one(refusesUnknown)},
	{"a ref that was changed never opens another key", one(refusesChangedRefs)},
	{"Open MUST answer ErrErased once Destroy has begun", one(destroys)},
	{"Destroy is known after reopening", destroysOverReopening},
	{"Destroy of one session leaves the others", one(destroysOneAlone)},
	{"a key that is made and never used is no error", one(forgets)},
	{"refs are copied both ways", one(copiesRefs)},
	{"a context that is cancelled is an error and changes nothing", one(keeperCancelled)},
	{"all methods MUST be safe for concurrent use", one(keepsTogether)},
	{"of Opens beside a Destroy none gives a key after it", one(destroysTogether)},
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
	m, err := tryKey(t.Context(), k)
	if err != nil {
		t.Fatalf("Make: %v", err)
	}
	return m
}

func tryKey(ctx context.Context, k session.Keeper) (made, error) {
	id := uuid.New()
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
}

func keepsMany(t *testing.T, k session.Keeper) {
	seen := map[session.Key]bool{{}: true}
	var all []made
	for range 300 {
		m := makeKey(t, k)
		if seen[m.key] {
			t.Fatal("Make gave a key that it gave before, or zeros")
		}
		seen[m.key] = true
		mustOpen(t, k, m, "right after Make")
		all = append(all, m)
	}
	for i, m := range all {
		mustOpen(t, k, m, fmt.Sprintf("of key %d, after all were made", i))
		mustOpen(t, k, m, fmt.Sprintf("of key %d, again", i))
	}
}

func keepsOverReopening(t *testing.T, open func(*testing.T) session.Keeper) {
	first := opened(t, open)
	closer, ok := first.(io.Closer)
	if !ok {
		t.Skip("its keys end with it")
	}
	all := []made{makeKey(t, first), makeKey(t, first)}
	crashed := opened(t, open) // the first is not closed
	for _, m := range all {
		mustOpen(t, crashed, m, "by another that was opened beside it")
	}
	all = append(all, makeKey(t, crashed), makeKey(t, first))
	for _, k := range []session.Keeper{first, crashed} {
		for _, m := range all {
			mustOpen(t, k, m, "by either of two")
		}
	}
	if err := closer.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	again := opened(t, open)
	all = append(all, makeKey(t, again))
	for _, m := range all {
		mustOpen(t, again, m, "after Close and reopening")
		mustOpen(t, crashed, m, "by one that was open all the time")
	}
	for i, m := range all {
		for _, other := range all[i+1:] {
			if m.key == other.key {
				t.Error("two keepers of the same keys made one key")
			}
		}
	}
}

func refIsNotEnough(t *testing.T, k session.Keeper) {
	m := makeKey(t, k)
	if len(m.ref) > 128 {
		t.Errorf("a ref has %d bytes, want at most 128", len(m.ref))
	}
	for n := 8; n <= len(m.key); n += 8 {
		if bytes.Contains(m.ref, m.key[n-8:n]) {
			t.Error("a ref holds a part of its key")
		}
	}
	mustRefuse(t, k, uuid.New(), m.ref, session.ErrKeeper, "with the ref and another id")
	mustRefuse(t, k, uuid.Nil, m.ref, session.ErrKeeper, "with the ref and no id")
	mustOpen(t, k, m, "after that")
}

func refusesUnknown(t *testing.T, k session.Keeper) {
	m := makeKey(t, k)
	for _, row := range []struct {
		name string
		ref  []byte
	}{
		{"nil", nil},
		{"empty", []byte{}},
		{"zeros", make([]byte, max(len(m.ref), 2))},
		{"ones", bytes.Repeat([]byte{0xff}, max(len(m.ref), 2))},
		{"too long", append(bytes.Clone(m.ref), 0)},
		{"twice", append(bytes.Clone(m.ref), m.ref...)},
		{"128 bytes", bytes.Repeat([]byte{0x5a}, 128)},
		{"a megabyte", make([]byte, 1<<20)},
	} {
		mustRefuse(t, k, uuid.New(), row.ref, session.ErrKeeper, "of an id that it does not know, ref "+row.name)
		mustRefuse(t, k, m.id, row.ref, session.ErrKeeper, "of an id that it knows, ref "+row.name)
	}
	for n := range m.ref {
		mustRefuse(t, k, m.id, m.ref[:n], session.ErrKeeper, fmt.Sprintf("with %d bytes of the ref", n))
	}
	mustOpen(t, k, m, "after that")
}

func refusesChangedRefs(t *testing.T, k session.Keeper) {
	all := []made{makeKey(t, k), makeKey(t, k), makeKey(t, k)}
	for _, m := range all {
		for bit := range 8 * len(m.ref) {
			changed := bytes.Clone(m.ref)
			changed[bit/8] ^= 1 << (bit % 8)
			key, err := k.Open(t.Context(), m.id, changed)
			if err == nil && key != m.key || err != nil && !errors.Is(err, session.ErrKeeper) {
				t.Errorf("Open with bit %d of the ref changed: another key: %v, error %v, want %v", bit, err == nil, err, session.ErrKeeper)
			}
		}
		for _, other := range all {
			if key, err := k.Open(t.Context(), m.id, other.ref); err == nil && key != m.key {
				t.Error("Open with the ref of another session gave another key")
			}
		}
	}
}

func destroys(t *testing.T, k session.Keeper) {
	m := makeKey(t, k)
	mustOpen(t, k, m, "before Destroy")
	for _, when := range []string{"once", "again", "a third time"} {
		if err := k.Destroy(t.Context(), m.id, m.ref); err != nil {
			t.Errorf("Destroy %s: %v", when, err)
		}
		mustRefuse(t, k, m.id, m.ref, session.ErrErased, "after Destroy "+when)
	}
	if _, err := k.Open(t.Context(), m.id, m.ref); errors.Is(err, session.ErrKeeper) {
		t.Errorf("Open after Destroy: %v, which is %v too", err, session.ErrKeeper)
	}
	mustRefuse(t, k, uuid.New(), m.ref, session.ErrKeeper, "of an id that it does not know, ref of a key that is destroyed")
}

func destroysOverReopening(t *testing.T, open func(*testing.T) session.Keeper) {
	first := opened(t, open)
	if _, ok := first.(io.Closer); !ok {
		t.Skip("its keys end with it")
	}
	m, kept := makeKey(t, first), makeKey(t, first)
	second := opened(t, open)
	mustOpen(t, second, m, "by another, before Destroy")
	if err := first.Destroy(t.Context(), m.id, m.ref); err != nil {
		t.Fatalf("Destroy: %v", err)
	}
	for when, k := range map[string]session.Keeper{"by another": second, "by one opened after it": opened(t, open)} {
		mustRefuse(t, k, m.id, m.ref, session.ErrErased, when)
		mustOpen(t, k, kept, when+", of a key that was not destroyed")
		if err := k.Destroy(t.Context(), m.id, m.ref); err != nil {
			t.Errorf("Destroy again, %s: %v", when, err)
		}
	}
}

func destroysOneAlone(t *testing.T, k session.Keeper) {
	before, m, after := makeKey(t, k), makeKey(t, k), makeKey(t, k)
	// Whether this is refused or not: the key whose ref was misused stays.
	err := k.Destroy(t.Context(), m.id, after.ref)
	mustOpen(t, k, after, "after Destroy of another session with its ref")
	if err != nil {
		mustOpen(t, k, m, "after a Destroy that was refused")
	}
	_ = k.Destroy(t.Context(), uuid.New(), before.ref)
	mustOpen(t, k, before, "after Destroy of an id that it does not know with its ref")
	if err := k.Destroy(t.Context(), m.id, m.ref); err != nil {
		t.Fatalf("Destroy: %v", err)
	}
	mustOpen(t, k, before, "of the key that was made before the one that is destroyed")
	mustOpen(t, k, after, "of the key that was made after the one that is destroyed")
	mustOpen(t, k, makeKey(t, k), "of a key that is made after a Destroy")
	mustRefuse(t, k, m.id, m.ref, session.ErrErased, "after another was made")
}

func forgets(t *testing.T, k session.Keeper) {
	for range 50 {
		makeKey(t, k)
	}
	m := makeKey(t, k)
	mustOpen(t, k, m, "beside keys that nobody uses")
}

func copiesRefs(t *testing.T, k session.Keeper) {
	m := makeKey(t, k)
	given := bytes.Clone(m.ref)
	clear(m.ref)
	m.ref = bytes.Clone(given)
	mustOpen(t, k, m, "after the caller cleared the ref that it got")
	if !bytes.Equal(m.ref, given) {
		t.Error("Open changed the ref that it was given")
	}
	if err := k.Destroy(t.Context(), m.id, m.ref); err != nil || !bytes.Equal(m.ref, given) {
		t.Errorf("Destroy changed the ref that it was given: %v, error %v", !bytes.Equal(m.ref, given), err)
	}
	clear(m.ref)
	mustRefuse(t, k, m.id, given, session.ErrErased, "after the caller cleared the ref that it gave")
}

func keeperCancelled(t *testing.T, k session.Keeper) {
	m := makeKey(t, k)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if key, _, err := k.Make(ctx, uuid.New()); !errors.Is(err, context.Canceled) || key != (session.Key{}) {
		t.Errorf("Make: error %v, want %v", err, context.Canceled)
	}
	if key, err := k.Open(ctx, m.id, m.ref); !errors.Is(err, context.Canceled) || key != (session.Key{}) {
		t.Errorf("Open: error %v, want %v", err, context.Canceled)
	}
	if err := k.Destroy(ctx, m.id, m.ref); !errors.Is(err, context.Canceled) {
		t.Errorf("Destroy: error %v, want %v", err, context.Canceled)
	}
	mustOpen(t, k, m, "after a Destroy that was cancelled")
}

func keepsTogether(t *testing.T, k session.Keeper) {
	const workers, rounds = 8, 50
	var mu sync.Mutex
	seen := map[session.Key]bool{}
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range rounds {
				m, err := tryKey(t.Context(), k)
				other, err2 := tryKey(t.Context(), k)
				if err := errors.Join(err, err2); err != nil {
					t.Errorf("Make beside others: %v", err)
					return
				}
				mu.Lock()
				if seen[m.key] || seen[other.key] {
					t.Error("two Makes gave one key")
				}
				seen[m.key], seen[other.key] = true, true
				mu.Unlock()
				mustOpen(t, k, m, "beside others")
				if err := k.Destroy(t.Context(), m.id, m.ref); err != nil {
					t.Errorf("Destroy beside others: %v", err)
				}
				mustRefuse(t, k, m.id, m.ref, session.ErrErased, "after Destroy beside others")
				mustOpen(t, k, other, "of a neighbour of what was destroyed")
			}
		})
	}
	all.Wait()
	if got, want := len(seen), 2*workers*rounds; got != want {
		t.Errorf("%d different keys, want %d", got, want)
	}
}

func destroysTogether(t *testing.T, k session.Keeper) {
	const readers, rounds = 6, 30
	for range rounds {
		m := makeKey(t, k)
		begun, over := make(chan struct{}), make(chan struct{})
		var reading, destroying sync.WaitGroup
		for range readers {
			reading.Go(func() {
				<-begun
				for last := false; !last; {
					select {
					case <-over:
						last = true
					default:
					}
					key, err := k.Open(t.Context(), m.id, m.ref)
					if errors.Is(err, session.ErrErased) {
						last = true
					} else if last || err != nil || key != m.key {
						t.Errorf("Open beside Destroy: the key: %v, error %v, Destroy is over: %v", key == m.key, err, last)
						return
					}
				}
				mustRefuse(t, k, m.id, m.ref, session.ErrErased, "after it answered so once")
			})
		}
		for range 2 {
			destroying.Go(func() {
				<-begun
				if err := k.Destroy(t.Context(), m.id, m.ref); err != nil {
					t.Errorf("one of two Destroys: %v", err)
				}
				mustRefuse(t, k, m.id, m.ref, session.ErrErased, "after one of two Destroys")
			})
		}
		close(begun)
		destroying.Wait()
		close(over)
		reading.Wait()
	}
}

func keepsAsAMap(t *testing.T, k session.Keeper) {
	rapid.Check(t, func(rt *rapid.T) {
		var all []made
		var destroyed []bool
		pick := func() int { return rapid.IntRange(0, len(all)-1).Draw(rt, "which") }
		rt.Repeat(map[string]func(*rapid.T){
			"make": func(*rapid.T) {
				all, destroyed = append(all, makeKey(t, k)), append(destroyed, false)
			},
			"open": func(rt *rapid.T) {
				if len(all) == 0 {
					rt.Skip("nothing to open")
				}
				i := pick()
				key, err := k.Open(t.Context(), all[i].id, all[i].ref)
				if destroyed[i] && !errors.Is(err, session.ErrErased) || !destroyed[i] && (err != nil || key != all[i].key) {
					rt.Fatalf("Open: destroyed %v, error %v", destroyed[i], err)
				}
			},
			"destroy": func(rt *rapid.T) {
				if len(all) == 0 {
					rt.Skip("nothing to destroy")
				}
				i := pick()
				if err := k.Destroy(t.Context(), all[i].id, all[i].ref); err != nil {
					rt.Fatalf("Destroy: destroyed before %v, error %v", destroyed[i], err)
				}
				destroyed[i] = true
			},
		})
	})
}
