package filekeeper_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

func mustRotate(t testing.TB, k *filekeeper.Keeper, master session.Key) {
	t.Helper()
	if err := k.Rotate(t.Context(), master); err != nil {
		t.Fatalf("Rotate: %v", err)
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAfterRotateThePreviousMasterKeyOpensNothingOfTheFile(t *testing.T) {
	t.Parallel()
	path, before, after := filepath.Join(t.TempDir(), "slots"), session.NewKey(), session.NewKey()
	k := open(t, path, before, 8)
	for range 20 {
		g := makeKey(t, k)
		if g.ref[8]%3 == 0 {
			if err := k.Destroy(t.Context(), g.id, g.ref); err != nil {
				t.Fatal(err)
			}
		}
	}
	old := mustRead(t, path)
	if headers, slots := filekeeper.Opens(old, before); headers != 2 || slots != 24-7 {
		t.Fatalf("before Rotate its master key opens %d headers and %d slots, want 2 and 17: this test tests nothing", headers, slots)
	}
	mustRotate(t, k, after)
	data := mustRead(t, path)
	if headers, slots := filekeeper.Opens(data, before); headers+slots != 0 {
		t.Errorf("the previous master key opens %d headers and %d slots, want none", headers, slots)
	}
	if headers, slots := filekeeper.Opens(data, after); headers != 2 || slots != 24-7 {
		t.Errorf("the new master key opens %d headers and %d slots, want 2 and 17", headers, slots)
	}
	for i := filekeeper.HeaderSize; i < len(old); i += filekeeper.SlotSize {
		if sealed := old[i+16 : i+filekeeper.SlotSize]; !bytes.Equal(sealed, make([]byte, 48)) && bytes.Contains(data, sealed[:16]) {
			t.Errorf("what the previous master key had sealed of slot %d is still in the file", (i-filekeeper.HeaderSize)/filekeeper.SlotSize)
		}
	}
}

// A slot whose Destroy was torn, or whose state was damaged, holds nothing for the previous master key either.
func TestRotateLeavesNothingInDamagedSlots(t *testing.T) {
	t.Parallel()
	path, before, after := filepath.Join(t.TempDir(), "slots"), session.NewKey(), session.NewKey()
	k := open(t, path, before, 4)
	dead, odd, fine := makeKey(t, k), makeKey(t, k), makeKey(t, k)
	data := mustRead(t, path)
	copy(data[filekeeper.HeaderSize:], "gone")
	copy(data[filekeeper.HeaderSize+filekeeper.SlotSize:], "odd.")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	mustRotate(t, k, after)
	if headers, slots := filekeeper.Opens(mustRead(t, path), before); headers+slots != 0 {
		t.Errorf("the previous master key opens %d headers and %d slots, want none", headers, slots)
	}
	mustRefuse(t, k, dead, session.ErrErased, "of a slot that was half destroyed")
	mustRefuse(t, k, odd, session.ErrKeeper, "of a slot whose state is damaged")
	mustOpen(t, k, fine, "of their neighbour")
	if err := k.Destroy(t.Context(), odd.id, odd.ref); err != nil {
		t.Errorf("Destroy of a slot whose state is damaged: %v", err)
	}
	mustRefuse(t, k, odd, session.ErrErased, "after Destroy")
}

func TestRotateSyncsInOrder(t *testing.T) {
	t.Parallel()
	k, r := recorded(t, filepath.Join(t.TempDir(), "slots"), session.NewKey(), 4)
	r.log = nil
	mustRotate(t, k, session.NewKey())
	header := []string{"read", "write", "sync", "write", "sync"}
	want := slices.Concat(header, header, header, // as it is; with both master keys; and these again
		[]string{"read", "read", "write", "sync"}, header, // the one block; with the new master key alone
		[]string{"read"}) // which is found to be all
	if !slices.Equal(r.log, want) {
		t.Errorf("Rotate did\n\t%q, want\n\t%q", r.log, want)
	}
}

// whenWritten does something when slots are written.
type whenWritten struct {
	filekeeper.Disk
	do func()
}

func (d *whenWritten) WriteAt(p []byte, at int64) (int, error) {
	if d.do != nil && at >= filekeeper.HeaderSize {
		d.do()
	}
	return d.Disk.WriteAt(p, at)
}

func watched(t *testing.T, path string, master session.Key) (*filekeeper.Keeper, *whenWritten) {
	t.Helper()
	d := &whenWritten{}
	k, err := filekeeper.OpenBlocks(path, master, 4, func(f filekeeper.Disk) filekeeper.Disk { d.Disk = f; return d })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k, d
}

// A slot that one process reads and writes back must not be destroyed by another in between.
func TestSlotsAreWrittenUnderTheLockOfTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slots")
	k, d := watched(t, path, session.NewKey())
	g := makeKey(t, k)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	writes := 0
	d.do = func() {
		writes++
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
			t.Errorf("another process takes the lock while slots are written: %v", err)
		}
	}
	mustRotate(t, k, session.NewKey())
	if err := k.Destroy(t.Context(), g.id, g.ref); err != nil {
		t.Fatal(err)
	}
	if writes != 2 {
		t.Errorf("%d writes of slots, want 2", writes)
	}
}

// Nor by another goroutine of this one.
func TestADestroyInTheMiddleOfABlockStays(t *testing.T) {
	t.Parallel()
	k, d := watched(t, filepath.Join(t.TempDir(), "slots"), session.NewKey())
	g, done := makeKey(t, k), make(chan error, 1)
	d.do = func() {
		d.do = nil
		go func() { done <- k.Destroy(t.Context(), g.id, g.ref) }()
		for range 1000 {
			runtime.Gosched()
		}
	}
	mustRotate(t, k, session.NewKey())
	if err := <-done; err != nil {
		t.Errorf("Destroy: %v", err)
	}
	mustRefuse(t, k, g, session.ErrErased, "after a Destroy in the middle of a block")
}

// looks is a ctx that does something when it is asked for the nth time whether it has ended, and ends at the
// second look after that.
type looks struct {
	context.Context
	left   int
	do     func()
	cancel func()
}

func (l *looks) Err() error {
	switch l.left--; l.left {
	case 0:
		l.do()
	case -2:
		l.cancel()
	}
	return l.Context.Err()
}

// While one process replaces a master key another does so too, and goes back: the first undoes nothing of that.
func TestARotateThatIsOvertakenUndoesNothing(t *testing.T) {
	t.Parallel()
	for n := 2; n < 12; n++ {
		path, before, after := filepath.Join(t.TempDir(), "slots"), session.NewKey(), session.NewKey()
		k, another := open(t, path, before, 1, after), open(t, path, before, 1, after)
		var keys []given
		for range 6 {
			keys = append(keys, makeKey(t, k))
		}
		ctx, cancel := context.WithCancel(t.Context())
		err := k.Rotate(&looks{Context: ctx, left: n, cancel: cancel, do: func() {
			mustRotate(t, another, after)
			mustRotate(t, another, before)
		}}, after)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("overtaken at look %d: Rotate: %v", n, err)
		}
		if alone, err := filekeeper.OpenBlocks(path, before, 1, quick); err == nil {
			for _, g := range keys {
				mustOpen(t, alone, g, "with the master key of the one that overtook")
			}
			_ = alone.Close()
		}
		both := open(t, path, after, 1, before)
		for _, g := range keys {
			mustOpen(t, k, g, "by the one that was overtaken")
			mustOpen(t, both, g, "with both master keys")
		}
	}
}

func TestRotateOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slots")
	if err := os.WriteFile(path, mustRead(t, filepath.Join("testdata", "version1.slots")), 0o600); err != nil {
		t.Fatal(err)
	}
	k := open(t, path, firstMaster(), 2)
	mustRotate(t, k, firstMaster())
	if got := mustRead(t, path)[11]; got != 1 {
		t.Errorf("after Rotate to the same master key the file is of version %d, want 1", got)
	}
	after := session.NewKey()
	mustRotate(t, k, after)
	checkFirst(t, k)
	k = open(t, path, after, 2)
	checkFirst(t, k)
	mustOpen(t, k, makeKey(t, k), "of a new key")
	if headers, slots := filekeeper.Opens(mustRead(t, path), firstMaster()); headers+slots != 0 {
		t.Errorf("the previous master key opens %d headers and %d slots, want none", headers, slots)
	}
	if k, err := filekeeper.OpenBlocks(path, firstMaster(), 2, quick); k != nil || !errors.Is(err, session.ErrKeeper) {
		t.Errorf("Open with the previous master key = %v, %v, want an error that wraps %v", k, err, session.ErrKeeper)
	}
}

// A file whose Rotate was interrupted says which of its master keys it misses.
func TestOpenInTheMiddleOfARotateNeedsBoth(t *testing.T) {
	t.Parallel()
	path, before, after := filepath.Join(t.TempDir(), "slots"), session.NewKey(), session.NewKey()
	k, r := recorded(t, path, before, 2)
	keys := []given{makeKey(t, k), makeKey(t, k), makeKey(t, k)}
	r.left = 21 // of TestRotateSyncsInOrder: the second block is read, and not written
	if err := k.Rotate(t.Context(), after); !errors.Is(err, errDisk) {
		t.Fatalf("Rotate: %v, want %v", err, errDisk)
	}
	for _, row := range []struct {
		name    string
		masters []session.Key
		say     string
	}{
		{"the previous one", []session.Key{before}, "the new one is not given"},
		{"the new one", []session.Key{after}, "the previous one is not given"},
		{"another", []session.Key{session.NewKey()}, "not the one of this file"},
	} {
		data := mustRead(t, path)
		k, err := filekeeper.OpenBlocks(path, row.masters[0], 2, quick)
		if k != nil || !errors.Is(err, session.ErrKeeper) || !strings.Contains(err.Error(), row.say) {
			t.Errorf("Open with %s alone = %v, %v, want an error that wraps %v and says %q", row.name, k, err, session.ErrKeeper, row.say)
		}
		if !bytes.Equal(mustRead(t, path), data) {
			t.Errorf("Open with %s alone changed the file", row.name)
		}
	}
	for _, g := range keys {
		mustOpen(t, k, g, "by the one whose Rotate failed")
	}
}
