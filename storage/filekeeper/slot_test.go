package filekeeper_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

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
