package filekeeper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

// unsynced is a disk that is never waited for. That syncs happen is for the recorder to see.
type unsynced struct{ filekeeper.Disk }

func (unsynced) Sync() error { return nil }

func quick(d filekeeper.Disk) filekeeper.Disk { return unsynced{d} }

func open(t testing.TB, path string, master session.Key, size int) *filekeeper.Keeper {
	t.Helper()
	k, err := filekeeper.OpenBlocks(path, master, size, quick)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// given is what a caller of Make has.
type given struct {
	id  uuid.UUID
	key session.Key
	ref []byte
}

func makeKey(t testing.TB, k *filekeeper.Keeper) given {
	t.Helper()
	id := uuid.New()
	key, ref, err := k.Make(t.Context(), id)
	if err != nil {
		t.Fatalf("Make: %v", err)
	}
	return given{id, key, ref}
}

func mustOpen(t testing.TB, k *filekeeper.Keeper, g given, when string) {
	t.Helper()
	if key, err := k.Open(t.Context(), g.id, g.ref); err != nil || key != g.key {
		t.Errorf("Open %s: the key that was made: %v, error %v", when, key == g.key, err)
	}
}

func mustRefuse(t testing.TB, k *filekeeper.Keeper, g given, want error, when string) {
	t.Helper()
	if key, err := k.Open(t.Context(), g.id, g.ref); !errors.Is(err, want) || key != (session.Key{}) {
		t.Errorf("Open %s: a key: %v, error %v, want %v", when, key != session.Key{}, err, want)
	}
}

func TestKeeper(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 3, 64, 4096} {
		t.Run(fmt.Sprintf("blocks of %d", size), func(t *testing.T) {
			t.Parallel()
			dir, master := t.TempDir(), session.NewKey()
			sessiontest.Keeper(t, func(t *testing.T) session.Keeper {
				return open(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_")), master, size)
			})
		})
	}
}

func TestOpenMakesAFileForTheOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slots")
	k, err := filekeeper.Open(path, session.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode().Perm(), fs.FileMode(0o600); got != want {
		t.Errorf("mode %v, want %v", got, want)
	}
	if got, want := info.Size(), int64(4096+4096*64); got != want {
		t.Errorf("size %d, want %d: a header and a block", got, want)
	}
	if err := errors.Join(k.Close(), k.Close()); err != nil {
		t.Errorf("Close twice: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); len(entries) != 1 || err != nil {
		t.Errorf("the folder holds %v, want the file alone, error %v", entries, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	master := session.NewKey()
	whole := func() []byte {
		path := filepath.Join(t.TempDir(), "slots")
		makeKey(t, open(t, path, master, 2))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}()
	for _, row := range []struct {
		name   string
		change func([]byte) []byte
		master session.Key
		say    string
	}{
		{"another master key", unchanged, session.NewKey(), "the master key is not the one of this file"},
		{"a master key of zeros", unchanged, session.Key{}, "all zeros"},
		{"an empty file", func([]byte) []byte { return nil }, master, "does not begin"},
		{"half a header", func(b []byte) []byte { return b[:100] }, master, "does not begin"},
		{"a byte less than a header", func(b []byte) []byte { return b[:filekeeper.HeaderSize-1] }, master, "does not begin"},
		{"another file", func(b []byte) []byte { return bytes.Repeat([]byte("SQLite format 3\x00"), 1000) }, master, "does not begin"},
		{"a later version", func(b []byte) []byte { b[11] = 2; return b }, master, "version"},
		{"a changed id", func(b []byte) []byte { b[12] ^= 1; return b }, master, "damaged"},
		{"a changed tag", func(b []byte) []byte { b[40] ^= 1; return b }, master, "damaged"},
		{"a changed sum", func(b []byte) []byte { b[56] ^= 1; return b }, master, "damaged"},
		{"a change in the zeros", func(b []byte) []byte { b[4000] = 1; return b }, master, "damaged"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "slots")
			data := row.change(bytes.Clone(whole))
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			k, err := filekeeper.Open(path, row.master)
			if k != nil || !errors.Is(err, session.ErrKeeper) || !strings.Contains(err.Error(), row.say) {
				t.Errorf("Open = %v, %v, want an error that wraps %v and says %q", k, err, session.ErrKeeper, row.say)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, data) {
				t.Errorf("a refused file was changed, error %v", err)
			}
		})
	}
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing", "slots")} {
		if k, err := filekeeper.Open(path, master); k != nil || !errors.Is(err, session.ErrKeeper) {
			t.Errorf("Open(%q) = %v, %v, want an error that wraps %v", path, k, err, session.ErrKeeper)
		}
	}
}

func unchanged(b []byte) []byte { return b }

func TestSlotsOfAnotherFileDoNotOpen(t *testing.T) {
	t.Parallel()
	dir, master := t.TempDir(), session.NewKey()
	a, b := open(t, filepath.Join(dir, "a"), master, 2), open(t, filepath.Join(dir, "b"), master, 2)
	inA := makeKey(t, a)
	makeKey(t, b)
	mustRefuse(t, b, inA, session.ErrKeeper, "in another file under the same master key")

	// Nor when the slot is carried over.
	data, err := os.ReadFile(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "b"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.WriteAt(data[filekeeper.HeaderSize:], filekeeper.HeaderSize); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, b, inA, session.ErrKeeper, "with its slot carried to another file")
}

func TestSlotsDoNotMoveWithinAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slots")
	k := open(t, path, session.NewKey(), 2)
	first, second := makeKey(t, k), makeKey(t, k)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	slots := data[filekeeper.HeaderSize:]
	one := bytes.Clone(slots[:filekeeper.SlotSize])
	copy(slots, slots[filekeeper.SlotSize:])
	copy(slots[filekeeper.SlotSize:], one)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, k, first, session.ErrKeeper, "after two slots changed places")
	mustRefuse(t, k, second, session.ErrKeeper, "after two slots changed places")
}

func TestEveryByteOfASlotCounts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slots")
	k := open(t, path, session.NewKey(), 2)
	g, neighbour := makeKey(t, k), makeKey(t, k)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, 1)
	flip := func(bit int) {
		at := int64(filekeeper.HeaderSize + bit/8)
		if _, err := f.ReadAt(b, at); err != nil {
			t.Fatal(err)
		}
		b[0] ^= 1 << (bit % 8)
		if _, err := f.WriteAt(b, at); err != nil {
			t.Fatal(err)
		}
	}
	for bit := range 8 * filekeeper.SlotSize {
		flip(bit)
		mustRefuse(t, k, g, session.ErrKeeper, fmt.Sprintf("with bit %d of its slot changed", bit))
		flip(bit)
	}
	mustOpen(t, k, g, "after all is as it was")
	mustOpen(t, k, neighbour, "of the neighbour")
}

func TestDestroyOverwritesTheSlot(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slots")
	k := open(t, path, session.NewKey(), 2)
	g := makeKey(t, k)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed := before[filekeeper.HeaderSize+16 : filekeeper.HeaderSize+filekeeper.SlotSize]
	if err := k.Destroy(t.Context(), g.id, g.ref); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 8; n <= len(sealed); n += 8 {
		if bytes.Contains(after, sealed[n-8:n]) {
			t.Errorf("bytes %d to %d of what was sealed are still in the file", n-8, n)
		}
	}
	if len(after) != len(before) {
		t.Errorf("the file has %d bytes after Destroy, want %d", len(after), len(before))
	}
}

func TestDestroyWithAnothersRefTouchesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slots")
	k := open(t, path, session.NewKey(), 4)
	a, b := makeKey(t, k), makeKey(t, k)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []given{
		{id: a.id, ref: b.ref}, {id: uuid.New(), ref: a.ref}, {id: uuid.Nil, ref: a.ref}, {id: a.id}, {id: a.id, ref: a.ref[:24]},
		{id: a.id, ref: append(bytes.Clone(a.ref[:8]), append([]byte{1}, a.ref[9:]...)...)},
	} {
		if err := k.Destroy(t.Context(), row.id, row.ref); !errors.Is(err, session.ErrKeeper) {
			t.Errorf("Destroy with ref %x: %v, want %v", row.ref, err, session.ErrKeeper)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the file was changed, error %v", err)
	}
}

func TestRefHas25Bytes(t *testing.T) {
	t.Parallel()
	g := makeKey(t, open(t, filepath.Join(t.TempDir(), "slots"), session.NewKey(), 4))
	if got, want := len(g.ref), filekeeper.RefSize; got != want || want != 25 {
		t.Errorf("a ref has %d bytes, want %d", got, want)
	}
}

func TestMakeTwiceForOneSession(t *testing.T) {
	t.Parallel()
	k := open(t, filepath.Join(t.TempDir(), "slots"), session.NewKey(), 4)
	first := makeKey(t, k)
	key, ref, err := k.Make(t.Context(), first.id)
	if err != nil {
		t.Fatal(err)
	}
	second := given{first.id, key, ref}
	if first.key == second.key {
		t.Error("two Makes for one session gave one key")
	}
	mustOpen(t, k, second, "of the second key")
	if err := k.Destroy(t.Context(), second.id, second.ref); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, k, first, "of the first key after the second was destroyed")
}

func TestClosed(t *testing.T) {
	t.Parallel()
	k := open(t, filepath.Join(t.TempDir(), "slots"), session.NewKey(), 4)
	g := makeKey(t, k)
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := k.Make(t.Context(), uuid.New()); !errors.Is(err, session.ErrKeeper) {
		t.Errorf("Make after Close: %v, want %v", err, session.ErrKeeper)
	}
	mustRefuse(t, k, g, session.ErrKeeper, "after Close")
	if err := k.Destroy(t.Context(), g.id, g.ref); !errors.Is(err, session.ErrKeeper) {
		t.Errorf("Destroy after Close: %v, want %v", err, session.ErrKeeper)
	}
}

func TestAKeeperPrintsNothing(t *testing.T) {
	t.Parallel()
	master := session.Key(bytes.Repeat([]byte{0xc3}, 32))
	k := open(t, filepath.Join(t.TempDir(), "slots"), master, 4)
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("opened", "keeper", k)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("opened", "keeper", k)
	for _, got := range []string{fmt.Sprintf("%v %+v %#v %s %d %x", k, k, k, k, k, k), logged.String()} {
		if strings.Contains(got, "195 195") || strings.Contains(got, "c3c3") || strings.Contains(got, "block") {
			t.Errorf("a printed keeper is %q", got)
		}
	}
	if got := fmt.Sprint(k); got != "[keeper]" {
		t.Errorf("Sprint = %q, want %q", got, "[keeper]")
	}
}

// Two processes that start on a missing file at once agree on one.
func TestManyOpenAMissingFileAtOnce(t *testing.T) {
	t.Parallel()
	path, master := filepath.Join(t.TempDir(), "slots"), session.NewKey()
	var mu sync.Mutex
	var keys []given
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			k, err := filekeeper.OpenBlocks(path, master, 2, quick)
			if err != nil {
				t.Errorf("Open: %v", err)
				return
			}
			for range 5 {
				id := uuid.New()
				key, ref, err := k.Make(t.Context(), id)
				if err != nil {
					t.Errorf("Make: %v", err)
				}
				mu.Lock()
				keys = append(keys, given{id, key, ref})
				mu.Unlock()
			}
			if err := k.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	all.Wait()
	k := open(t, path, master, 2)
	slots := map[string]bool{}
	for _, g := range keys {
		mustOpen(t, k, g, "after all have closed")
		if slot := string(g.ref[:9]); slots[slot] {
			t.Errorf("slot %x was given away twice", slot)
		} else {
			slots[slot] = true
		}
	}
	if len(keys) != 40 {
		t.Errorf("%d keys, want 40", len(keys))
	}
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	master, err := filekeeper.LoadMaster(filepath.Join(dir, "master.key")) // in a place of its own, in earnest
	if err != nil {
		panic(err)
	}
	keeper, err := filekeeper.Open(filepath.Join(dir, "slots"), master)
	if err != nil {
		panic(err)
	}
	defer func() { _ = keeper.Close() }()

	ctx, id := context.Background(), uuid.New()
	key, ref, err := keeper.Make(ctx, id)
	if err != nil {
		panic(err)
	}
	found, err := keeper.Open(ctx, id, ref)
	fmt.Println(found, found == key, err)

	err = keeper.Destroy(ctx, id, ref)
	_, gone := keeper.Open(ctx, id, ref)
	fmt.Println(err, gone)
	// Output:
	// [key] true <nil>
	// <nil> session: personal data are erased
}
