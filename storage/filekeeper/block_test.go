package filekeeper_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

var errDisk = errors.New("no space left on device")

// recorder is a disk that writes down what is done to it, and fails at one kind of thing.
type recorder struct {
	filekeeper.Disk
	log  []string
	fail string
	left int // how many things it does until one fails; 0: all
}

func (r *recorder) do(op string) error {
	r.log = append(r.log, op)
	if r.left > 0 {
		if r.left--; r.left == 0 {
			return errDisk
		}
	}
	if op == r.fail {
		return errDisk
	}
	return nil
}

func (r *recorder) ReadAt(p []byte, at int64) (int, error) {
	if err := r.do("read"); err != nil {
		return 0, err
	}
	return r.Disk.ReadAt(p, at)
}

// WriteAt writes half before it fails, as a disk that runs full does, but no half of a sector.
func (r *recorder) WriteAt(p []byte, at int64) (int, error) {
	if err := r.do("write"); err != nil {
		n, _ := r.Disk.WriteAt(p[:len(p)/2/filekeeper.SlotSize*filekeeper.SlotSize], at)
		return n, err
	}
	return r.Disk.WriteAt(p, at)
}

func (r *recorder) Sync() error {
	return errors.Join(r.do("sync"), r.Disk.Sync())
}

func (r *recorder) Truncate(size int64) error {
	if err := r.do("truncate"); err != nil {
		return err
	}
	return r.Disk.Truncate(size)
}

func recorded(t *testing.T, path string, master session.Key, size int) (*filekeeper.Keeper, *recorder) {
	t.Helper()
	r := &recorder{}
	k, err := filekeeper.OpenBlocks(path, master, size, func(d filekeeper.Disk) filekeeper.Disk {
		r.Disk = d
		return r
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k, r
}

func TestSlotsAreSyncedBeforeTheyAreGivenAway(t *testing.T) {
	t.Parallel()
	const size = 4
	k, r := recorded(t, filepath.Join(t.TempDir(), "slots"), session.NewKey(), size)
	if want := []string{"read", "write", "sync"}; !slices.Equal(r.log, want) {
		t.Errorf("Open did %q, want %q", r.log, want)
	}
	for n := range 3 * size {
		r.log = nil
		makeKey(t, k)
		want := []string(nil)
		if n > 0 && n%size == 0 {
			want = []string{"read", "write", "sync"}
		}
		if !slices.Equal(r.log, want) {
			t.Errorf("Make %d did %q, want %q", n, r.log, want)
		}
	}
	g := makeKey(t, k)
	r.log = nil
	mustOpen(t, k, g, "")
	if want := []string{"read"}; !slices.Equal(r.log, want) {
		t.Errorf("Open of a key did %q, want %q", r.log, want)
	}
	for range 2 {
		r.log = nil
		if err := k.Destroy(t.Context(), g.id, g.ref); err != nil {
			t.Fatal(err)
		}
		if want := []string{"read", "write", "sync"}; !slices.Equal(r.log, want) {
			t.Errorf("Destroy did %q, want %q", r.log, want)
		}
	}
}

func TestAFullDiskIsToldAndGivesNothingAway(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"write", "sync"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			path, master := filepath.Join(t.TempDir(), "slots"), session.NewKey()
			k, r := recorded(t, path, master, 2)
			keys := []given{makeKey(t, k), makeKey(t, k)}
			before := sizeOf(t, path)
			r.fail = op
			if key, ref, err := k.Make(t.Context(), uuid.New()); !errors.Is(err, errDisk) || !errors.Is(err, session.ErrKeeper) ||
				ref != nil || key != (session.Key{}) {
				t.Errorf("Make = %v, %x, %v, want %v that wraps %v", key, ref, err, session.ErrKeeper, errDisk)
			}
			if got := sizeOf(t, path); got != before {
				t.Errorf("the file has %d bytes after that, want %d", got, before)
			}
			r.fail = ""
			keys = append(keys, makeKey(t, k))
			for _, g := range keys {
				mustOpen(t, k, g, "when there is room again")
			}
		})
	}
}

func TestAFailedDestroyIsToldAndMended(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"read", "write", "sync"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			k, r := recorded(t, filepath.Join(t.TempDir(), "slots"), session.NewKey(), 2)
			g, other := makeKey(t, k), makeKey(t, k)
			r.fail = op
			if err := k.Destroy(t.Context(), g.id, g.ref); !errors.Is(err, errDisk) || !errors.Is(err, session.ErrKeeper) {
				t.Errorf("Destroy: %v, want %v that wraps %v", err, session.ErrKeeper, errDisk)
			}
			r.fail = ""
			if err := k.Destroy(t.Context(), g.id, g.ref); err != nil {
				t.Errorf("Destroy again: %v", err)
			}
			mustRefuse(t, k, g, session.ErrErased, "after Destroy again")
			mustOpen(t, k, other, "of the neighbour")
		})
	}
}

func TestCloseTellsWhatFailed(t *testing.T) {
	t.Parallel()
	k, r := recorded(t, filepath.Join(t.TempDir(), "slots"), session.NewKey(), 2)
	r.fail = "truncate"
	if err := k.Close(); !errors.Is(err, errDisk) || !errors.Is(err, session.ErrKeeper) {
		t.Errorf("Close: %v, want %v that wraps %v", err, session.ErrKeeper, errDisk)
	}
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func numberOf(g given) uint64 { return binary.BigEndian.Uint64(g.ref[1:]) }

func TestCloseGivesBackWhatWasNotUsed(t *testing.T) {
	t.Parallel()
	path, master := filepath.Join(t.TempDir(), "slots"), session.NewKey()
	var keys []given
	for n := range 10 {
		k := open(t, path, master, 64)
		keys = append(keys, makeKey(t, k))
		if got, want := numberOf(keys[n]), uint64(n); got != want {
			t.Errorf("start %d: slot %d, want %d", n, got, want)
		}
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		if got, want := sizeOf(t, path), int64(filekeeper.HeaderSize+(n+1)*filekeeper.SlotSize); got != want {
			t.Errorf("start %d: the file has %d bytes after Close, want %d", n, got, want)
		}
	}
	k := open(t, path, master, 64)
	for _, g := range keys {
		mustOpen(t, k, g, "after ten starts")
	}
}

func TestCloseLeavesTheBlocksOfOthers(t *testing.T) {
	t.Parallel()
	path, master := filepath.Join(t.TempDir(), "slots"), session.NewKey()
	first, second := open(t, path, master, 4), open(t, path, master, 4)
	a, b := makeKey(t, first), makeKey(t, second)
	before := sizeOf(t, path)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if got := sizeOf(t, path); got != before {
		t.Errorf("the file has %d bytes after the first closed, want %d", got, before)
	}
	c := makeKey(t, second)
	for _, g := range []given{a, b, c} {
		mustOpen(t, second, g, "after the first closed")
	}
}

func TestACrashNeverGivesASlotTwice(t *testing.T) {
	t.Parallel()
	path, master := filepath.Join(t.TempDir(), "slots"), session.NewKey()
	seen := map[uint64]bool{}
	for range 5 {
		k := open(t, path, master, 4) // not closed before the next is opened
		for range 6 {
			g := makeKey(t, k)
			if seen[numberOf(g)] {
				t.Errorf("slot %d was given away twice", numberOf(g))
			}
			seen[numberOf(g)] = true
		}
	}
	if len(seen) != 30 {
		t.Errorf("%d slots, want 30", len(seen))
	}
}

// Any course of starts, crashes, Makes, Destroys and closes by several keepers of one file gives every key
// back, and no slot twice.
func TestAnyCourseOfStarts(t *testing.T) {
	t.Parallel()
	dir, master := t.TempDir(), session.NewKey()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		path := filepath.Join(dir, "slots"+uuid.NewString())
		var keepers []*filekeeper.Keeper
		var keys []given
		gone := map[uint64]bool{}
		seen := map[uint64]bool{}
		pick := func() *filekeeper.Keeper { return keepers[rapid.IntRange(0, len(keepers)-1).Draw(rt, "keeper")] }
		start := func(*rapid.T) {
			if len(keepers) < 4 {
				keepers = append(keepers, open(t, path, master, rapid.IntRange(1, 5).Draw(rt, "block")))
			}
		}
		start(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"start": start,
			"close": func(*rapid.T) {
				if len(keepers) == 1 {
					start(rt)
				}
				i := rapid.IntRange(0, len(keepers)-1).Draw(rt, "which")
				if err := keepers[i].Close(); err != nil {
					rt.Fatal(err)
				}
				keepers = slices.Delete(keepers, i, i+1)
			},
			"make": func(*rapid.T) {
				g := makeKey(t, pick())
				if seen[numberOf(g)] {
					rt.Fatalf("slot %d was given away twice", numberOf(g))
				}
				seen[numberOf(g)] = true
				keys = append(keys, g)
			},
			"destroy": func(*rapid.T) {
				if len(keys) == 0 {
					rt.Skip("nothing to destroy")
				}
				g := keys[rapid.IntRange(0, len(keys)-1).Draw(rt, "key")]
				if err := pick().Destroy(t.Context(), g.id, g.ref); err != nil {
					rt.Fatal(err)
				}
				gone[numberOf(g)] = true
			},
			"": func(*rapid.T) {
				for _, g := range keys {
					key, err := keepers[len(keepers)-1].Open(t.Context(), g.id, g.ref)
					if gone[numberOf(g)] && !errors.Is(err, session.ErrErased) || !gone[numberOf(g)] && (err != nil || key != g.key) {
						rt.Fatalf("slot %d: destroyed %v, error %v", numberOf(g), gone[numberOf(g)], err)
					}
				}
			},
		})
		for _, k := range keepers {
			_ = k.Close()
		}
	})
	if runs == 0 {
		t.Error("nothing was run")
	}
}
