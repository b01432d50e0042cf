package filekeeper_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

var errPower = errors.New("the power is gone")

// volatile is a disk that loses power: what was written since the last sync is there or not, piece by piece.
type volatile struct {
	filekeeper.Disk
	durable []byte
	pending []piece
	left    int // writes and syncs until the power goes
}

type piece struct {
	at   int
	data []byte
}

func (d *volatile) gone() bool {
	d.left--
	return d.left < 0
}

func (d *volatile) ReadAt(p []byte, at int64) (int, error) {
	if d.left < 0 {
		return 0, errPower
	}
	return d.Disk.ReadAt(p, at)
}

func (d *volatile) WriteAt(p []byte, at int64) (int, error) {
	if d.left < 0 {
		return 0, errPower
	}
	for n := 0; n < len(p); n += filekeeper.SlotSize {
		d.pending = append(d.pending, piece{int(at) + n, bytes.Clone(p[n : n+filekeeper.SlotSize])})
	}
	if d.gone() {
		return 0, errPower
	}
	return d.Disk.WriteAt(p, at)
}

func (d *volatile) Sync() error {
	if d.gone() {
		return errPower
	}
	d.durable, d.pending = d.image(func() bool { return true }), nil
	return nil
}

// image is what is on the disk, with those of the pieces that came so far.
func (d *volatile) image(came func() bool) []byte {
	b := bytes.Clone(d.durable)
	for _, p := range d.pending {
		if came() {
			b = append(b, make([]byte, max(0, p.at+len(p.data)-len(b)))...)
			copy(b[p.at:], p.data)
		}
	}
	return b
}

// wreck is what is left of a Rotate that lost power.
type wreck struct {
	before, after session.Key
	live, gone    []given
	data          []byte
}

// rotateUntil rotates a file with some keys until the power goes, before or in the nth thing done to the disk.
func rotateUntil(t *testing.T, n int) (w wreck, d *volatile, err error) {
	t.Helper()
	w.before, w.after = session.NewKey(), session.NewKey()
	path := filepath.Join(t.TempDir(), "slots")
	k := open(t, path, w.before, 4)
	for i := range 11 {
		g := makeKey(t, k)
		if i%4 != 1 {
			w.live = append(w.live, g)
			continue
		}
		if err := k.Destroy(t.Context(), g.id, g.ref); err != nil {
			t.Fatal(err)
		}
		w.gone = append(w.gone, g)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	d = &volatile{left: 1 << 30, durable: mustRead(t, path)}
	k, err = filekeeper.OpenBlocks(path, w.before, 4, func(f filekeeper.Disk) filekeeper.Disk { d.Disk = f; return d })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	d.left = n
	return w, d, k.Rotate(t.Context(), w.after)
}

// whole says whether all is right under the master keys, and demands that nothing is wrong.
func (w wreck) whole(t *testing.T, when string, masters ...session.Key) bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "slots")
	if err := os.WriteFile(path, w.data, 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := filekeeper.OpenBlocks(path, masters[0], 4, quick, masters[1:]...)
	if err != nil {
		if !errors.Is(err, session.ErrKeeper) {
			t.Errorf("%s: Open: %v, want %v", when, err, session.ErrKeeper)
		}
		return false
	}
	w.check(t, k, when)
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	return true
}

func (w wreck) check(t *testing.T, k *filekeeper.Keeper, when string) {
	t.Helper()
	for _, g := range w.live {
		mustOpen(t, k, g, when)
	}
	for _, g := range w.gone {
		mustRefuse(t, k, g, session.ErrErased, when)
	}
	mustOpen(t, k, makeKey(t, k), when+", of a new key")
}

// recover opens a wreck with both master keys, rotates again, and demands that all is as it should be.
func (w wreck) recover(t *testing.T, when string) {
	t.Helper()
	old := w.whole(t, when+", with the previous master key", w.before)
	fresh := w.whole(t, when+", with the new master key", w.after)
	if old && fresh {
		t.Errorf("%s: either master key opens the file alone", when)
	}
	path := filepath.Join(t.TempDir(), "slots")
	if err := os.WriteFile(path, w.data, 0o600); err != nil {
		t.Fatal(err)
	}
	k := open(t, path, w.after, 4, w.before)
	w.check(t, k, when+", with both master keys")
	if headers, slots := filekeeper.Opens(mustRead(t, path), w.before); !old && headers+slots > 0 {
		t.Errorf("%s: after Open the previous master key opens %d headers and %d slots", when, headers, slots)
	}
	mustRotate(t, k, w.after)
	w.check(t, k, when+", after Rotate")
	if headers, slots := filekeeper.Opens(mustRead(t, path), w.before); headers+slots > 0 {
		t.Errorf("%s: after Rotate the previous master key opens %d headers and %d slots", when, headers, slots)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	w.check(t, open(t, path, w.after, 4), when+", with the new master key after Rotate")
}

func TestRotateThatLosesPowerAtAnyStep(t *testing.T) {
	t.Parallel()
	steps, early, late := 0, 0, 0
	for n := 0; ; n++ {
		w, d, err := rotateUntil(t, n)
		if err == nil {
			break
		}
		if steps++; !errors.Is(err, errPower) || !errors.Is(err, session.ErrKeeper) {
			t.Fatalf("step %d: Rotate: %v, want %v that wraps %v", n, err, session.ErrKeeper, errPower)
		}
		chance, turn := rand.New(rand.NewPCG(uint64(n), 1)), 0
		for name, came := range map[string]func() bool{
			"nothing came so far":       func() bool { return false },
			"all came so far":           func() bool { return true },
			"every second came so far":  func() bool { turn++; return turn%2 == 0 },
			"the other came so far":     func() bool { turn++; return turn%2 == 1 },
			"some came so far":          func() bool { return chance.IntN(2) == 0 },
			"some others came so far":   func() bool { return chance.IntN(3) == 0 },
			"most of them came so far":  func() bool { return chance.IntN(5) > 0 },
			"a few of them came so far": func() bool { return chance.IntN(5) == 0 },
		} {
			turn = 0
			w.data = d.image(came)
			w.recover(t, fmt.Sprintf("power lost at step %d, %s", n, name))
			if headers, _ := filekeeper.Opens(w.data, w.after); headers == 0 {
				early++
			} else if headers, _ := filekeeper.Opens(w.data, w.before); headers == 0 {
				late++
			}
		}
	}
	if steps < 15 || early == 0 || late == 0 {
		t.Errorf("%d steps, %d of them before Rotate began and %d after it ended: this test tests too little", steps, early, late)
	}
}

// A disk that fails once, at whatever step, is told, and the next Rotate mends it.
func TestRotateThatFailsAtAnyStep(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		path := filepath.Join(t.TempDir(), "slots")
		w := wreck{before: session.NewKey(), after: session.NewKey()}
		k, r := recorded(t, path, w.before, 4)
		for range 10 {
			w.live = append(w.live, makeKey(t, k))
		}
		r.left = n
		err := k.Rotate(t.Context(), w.after)
		if r.left > 0 {
			if n < 20 || err != nil {
				t.Errorf("Rotate did less than %d things, error %v", n, err)
			}
			return
		}
		if !errors.Is(err, errDisk) || !errors.Is(err, session.ErrKeeper) {
			t.Fatalf("step %d: Rotate: %v, want %v that wraps %v", n, err, session.ErrKeeper, errDisk)
		}
		when := fmt.Sprintf("after a Rotate that failed at step %d", n)
		w.check(t, k, when)
		w.check(t, open(t, path, w.before, 4, w.after), when+", reopened")
		mustRotate(t, k, w.after)
		w.check(t, k, when+" and another that did not")
		w.check(t, open(t, path, w.after, 4), when+" and another that did not, reopened")
	}
}

// forgetful is a disk of which one sync fails, after which what it was to sync counts as synced, though it is
// not: so does a kernel.
type forgetful struct {
	volatile
	syncs, fails int
}

func (d *forgetful) Sync() error {
	if d.syncs++; d.syncs == d.fails {
		d.pending = nil
		return errDisk
	}
	return d.volatile.Sync()
}

// What was written and not synced, a second try writes again: it may have come no further than to memory.
func TestRotateWritesAgainWhatAnEarlierSyncMayHaveLost(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		path := filepath.Join(t.TempDir(), "slots")
		w := wreck{before: session.NewKey(), after: session.NewKey()}
		k := open(t, path, w.before, 4)
		for range 10 {
			w.live = append(w.live, makeKey(t, k))
		}
		d := &forgetful{volatile: volatile{left: 1 << 30}}
		k, err := filekeeper.OpenBlocks(path, w.before, 4, func(f filekeeper.Disk) filekeeper.Disk { d.Disk = f; return d })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = k.Close() })
		d.durable, d.pending = mustRead(t, path), nil
		d.syncs, d.fails = 0, n
		err = k.Rotate(t.Context(), w.after)
		if d.syncs < n {
			if n < 8 || err != nil {
				t.Errorf("Rotate synced %d times, error %v", d.syncs, err)
			}
			return
		}
		if !errors.Is(err, errDisk) {
			t.Fatalf("Rotate whose sync %d fails: %v, want %v", n, err, errDisk)
		}
		mustRotate(t, k, w.after)
		w.data = d.image(func() bool { return false })
		if !w.whole(t, fmt.Sprintf("sync %d failed, and power was lost after the second Rotate", n), w.after) {
			t.Errorf("sync %d failed, and power was lost after the second Rotate: the file does not open", n)
		}
	}
}
