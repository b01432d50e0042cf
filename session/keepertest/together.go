package keepertest

import (
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
)

func keepsTogether(t *testing.T, k session.Keeper) { keepsBeside(t, k, k) }

func keepsBesideAnother(t *testing.T, open func(*testing.T) session.Keeper) {
	first := opened(t, open)
	if _, ok := first.(io.Closer); !ok {
		t.Skip("its keys end with it")
	}
	keepsBeside(t, first, opened(t, open))
}

// keepsBeside makes keys by two keepers at once, and opens them by either.
func keepsBeside(t *testing.T, keepers ...session.Keeper) {
	const workers, rounds = 8, 40
	var mu sync.Mutex
	seen := map[session.Key]bool{}
	var all sync.WaitGroup
	for worker := range workers {
		k, beside := keepers[worker%2], keepers[(worker+1)%2]
		all.Go(func() {
			for range rounds {
				m, err := tryKey(t.Context(), k, uuid.New())
				other, err2 := tryKey(t.Context(), k, uuid.New())
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
				mustRefuse(t, beside, m.id, m.ref, session.ErrErased, "after Destroy beside others")
				mustOpen(t, beside, other, "of a neighbour of what was destroyed")
			}
		})
	}
	all.Wait()
	if got, want := len(seen), 2*workers*rounds; got != want {
		t.Errorf("%d different keys, want %d", got, want)
	}
}

func destroysTogether(t *testing.T, k session.Keeper) { destroysBeside(t, k, k) }

func destroysBesideAnother(t *testing.T, open func(*testing.T) session.Keeper) {
	first := opened(t, open)
	if _, ok := first.(io.Closer); !ok {
		t.Skip("its keys end with it")
	}
	destroysBeside(t, first, opened(t, open))
}

// destroysBeside destroys by one keeper what the other opens.
func destroysBeside(t *testing.T, k, destroyer session.Keeper) {
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
				if err := destroyer.Destroy(t.Context(), m.id, m.ref); err != nil {
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
		pick := func(rt *rapid.T) int { return rapid.IntRange(0, len(all)-1).Draw(rt, "which") }
		rt.Repeat(map[string]func(*rapid.T){
			"make": func(rt *rapid.T) {
				id := uuid.New()
				if len(all) > 0 && rapid.Bool().Draw(rt, "again for one id") {
					id = all[pick(rt)].id
				}
				all, destroyed = append(all, makeKeyOf(t, k, id)), append(destroyed, false)
			},
			"open": func(rt *rapid.T) {
				if len(all) == 0 {
					rt.Skip("nothing to open")
				}
				i := pick(rt)
				key, err := k.Open(t.Context(), all[i].id, all[i].ref)
				if destroyed[i] && !errors.Is(err, session.ErrErased) || !destroyed[i] && (err != nil || key != all[i].key) {
					rt.Fatalf("Open: destroyed %v, error %v", destroyed[i], err)
				}
			},
			"destroy": func(rt *rapid.T) {
				if len(all) == 0 {
					rt.Skip("nothing to destroy")
				}
				i := pick(rt)
				if err := k.Destroy(t.Context(), all[i].id, all[i].ref); err != nil {
					rt.Fatalf("Destroy: destroyed before %v, error %v", destroyed[i], err)
				}
				destroyed[i] = true
			},
		})
	})
}
