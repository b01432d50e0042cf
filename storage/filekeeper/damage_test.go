package filekeeper_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

// specimen is a file with keys in it, one of them destroyed.
type specimen struct {
	master session.Key
	data   []byte
	keys   []given
	gone   int // which of keys
}

func newSpecimen(t testing.TB) specimen {
	t.Helper()
	path, master := filepath.Join(t.TempDir(), "slots"), session.NewKey()
	k := open(t, path, master, 4)
	s := specimen{master: master, gone: 1}
	for range 6 {
		s.keys = append(s.keys, makeKey(t, k))
	}
	if err := k.Destroy(t.Context(), s.keys[s.gone].id, s.keys[s.gone].ref); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s.data = data
	return s
}

// mustBeSafe opens a damaged file: it opens or says clearly why not, gives the keys
// that were made or errors, and makes new ones. It says how many of the old keys opened.
func mustBeSafe(t testing.TB, s specimen, data []byte) (opened bool, found int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "slots")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := filekeeper.OpenBlocks(path, s.master, 4, quick)
	if err != nil {
		if !errors.Is(err, session.ErrKeeper) {
			t.Errorf("Open: %v, want an error that wraps %v", err, session.ErrKeeper)
		}
		return false, 0
	}
	defer func() { _ = k.Close() }()
	fresh := makeKey(t, k)
	mustOpen(t, k, fresh, "of a key made after the damage")
	if at := filekeeper.HeaderSize + filekeeper.SlotSize*int(numberOf(fresh)); at < len(data) {
		t.Errorf("a new slot is at %d of a file of %d bytes, over one that was there", at, len(data))
	}
	for i, g := range s.keys {
		key, err := k.Open(t.Context(), g.id, g.ref)
		switch {
		case err == nil && (key != g.key || i == s.gone):
			t.Errorf("key %d: Open gave another key, or one that was destroyed", i)
		case err == nil:
			found++
		case errors.Is(err, session.ErrErased), errors.Is(err, session.ErrKeeper):
		default:
			t.Errorf("key %d: Open: %v", i, err)
		}
	}
	return true, found
}

func TestCutOffAtAnyLength(t *testing.T) {
	t.Parallel()
	s := newSpecimen(t)
	for n := range len(s.data) + 1 {
		if n < filekeeper.HeaderSize && n%97 != 0 && n > 128 && n != filekeeper.HeaderSize-1 {
			continue // all lengths within the zeros of the header are one case
		}
		opened, found := mustBeSafe(t, s, s.data[:n])
		if want := n >= filekeeper.HeaderSize; opened != want {
			t.Errorf("cut off at %d of %d: opened %v, want %v", n, len(s.data), opened, want)
		}
		whole := max(0, n-filekeeper.HeaderSize) / filekeeper.SlotSize // of which the second is destroyed
		if end := filekeeper.HeaderSize + (whole+1)*filekeeper.SlotSize; n > filekeeper.HeaderSize && end <= len(s.data) && isZero(s.data[n:end]) {
			whole++ // what is missing reads as zeros, and was zeros
		}
		if want := min(len(s.keys), whole) - min(1, whole/2); found != want {
			t.Errorf("cut off at %d of %d: %d of the old keys opened, want %d", n, len(s.data), found, want)
		}
	}
}

func isZero(data []byte) bool { return len(bytes.Trim(data, "\x00")) == 0 }

// A power cut can leave a block with any of its pages missing: they are zeros, and none of them was given
// away.
func TestABlockThatWasNeverSynced(t *testing.T) {
	t.Parallel()
	s := newSpecimen(t)
	for tail := range 3 * filekeeper.SlotSize {
		opened, found := mustBeSafe(t, s, append(bytes.Clone(s.data), make([]byte, tail)...))
		if !opened || found != len(s.keys)-1 {
			t.Errorf("%d zeros at the end: opened %v, %d of the old keys, want all but the one that was destroyed", tail, opened, found)
		}
	}
}

// An older copy of the file put in place of the newer one loses the keys made since, and mistakes none.
func TestAnOlderCopyPutBack(t *testing.T) {
	t.Parallel()
	path, master := filepath.Join(t.TempDir(), "slots"), session.NewKey()
	k := open(t, path, master, 2)
	old := makeKey(t, k)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	makeKey(t, k)
	lost := makeKey(t, k) // in the second block, which the copy does not have
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	again := open(t, path, master, 2)
	made := makeKey(t, again)
	if numberOf(made) != numberOf(lost) {
		t.Fatalf("the new slot is %d, want the lost one's %d, or this test tests nothing", numberOf(made), numberOf(lost))
	}
	mustRefuse(t, again, lost, session.ErrKeeper, "of a key whose slot was made anew")
	if err := again.Destroy(t.Context(), lost.id, lost.ref); !errors.Is(err, session.ErrKeeper) {
		t.Errorf("Destroy of a key whose slot was made anew: %v, want %v", err, session.ErrKeeper)
	}
	mustOpen(t, again, made, "of the new key")
	mustOpen(t, again, old, "of the key that the copy has")
}

func TestASlotThatIsHalfDestroyedNeverOpens(t *testing.T) {
	t.Parallel()
	s := newSpecimen(t)
	alive := s.data[filekeeper.HeaderSize : filekeeper.HeaderSize+filekeeper.SlotSize]
	dead := append([]byte("gone"), alive[4:16]...)
	dead = append(dead, make([]byte, filekeeper.SlotSize-16)...)
	for n := 1; n < filekeeper.SlotSize; n++ {
		for _, torn := range [][]byte{append(bytes.Clone(dead[:n]), alive[n:]...), append(bytes.Clone(alive[:n]), dead[n:]...)} {
			if bytes.Equal(torn, alive) || bytes.Equal(torn, dead) {
				continue
			}
			data := bytes.Clone(s.data)
			copy(data[filekeeper.HeaderSize:], torn)
			path := filepath.Join(t.TempDir(), "slots")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			k := open(t, path, s.master, 4)
			if _, err := k.Open(t.Context(), s.keys[0].id, s.keys[0].ref); !errors.Is(err, session.ErrErased) && !errors.Is(err, session.ErrKeeper) {
				t.Errorf("torn at %d: %v, want %v or %v", n, err, session.ErrErased, session.ErrKeeper)
			}
			if err := k.Destroy(t.Context(), s.keys[0].id, s.keys[0].ref); err != nil {
				t.Errorf("torn at %d: Destroy: %v", n, err)
			}
			mustRefuse(t, k, s.keys[0], session.ErrErased, "after Destroy")
		}
	}
}

// torn is a disk on which the next read of a slot finds half of what a Destroy is writing.
type torn struct {
	filekeeper.Disk
	once bool
}

func (d *torn) ReadAt(p []byte, at int64) (int, error) {
	n, err := d.Disk.ReadAt(p, at)
	if d.once && n == filekeeper.SlotSize {
		d.once = false
		copy(p, "live")
	}
	return n, err
}

func TestOpenBesideADestroyReadsAgain(t *testing.T) {
	t.Parallel()
	d := &torn{}
	k, err := filekeeper.OpenBlocks(filepath.Join(t.TempDir(), "slots"), session.NewKey(), 2, func(f filekeeper.Disk) filekeeper.Disk {
		d.Disk = f
		return d
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	g := makeKey(t, k)
	if err := k.Destroy(t.Context(), g.id, g.ref); err != nil {
		t.Fatal(err)
	}
	d.once = true
	mustRefuse(t, k, g, session.ErrErased, "that read half of a Destroy")
	if d.once {
		t.Error("nothing was torn")
	}
}

func FuzzDamage(f *testing.F) {
	s := newSpecimen(f)
	f.Fuzz(func(t *testing.T, at uint16, change []byte, cut uint16) {
		data := bytes.Clone(s.data)
		for i, b := range change {
			data[(int(at)+i)%len(data)] ^= b
		}
		mustBeSafe(t, s, data[:len(data)-int(cut)%len(data)])
	})
}

func FuzzRef(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		if again, ok := filekeeper.ReencodeRef(b); ok && !bytes.Equal(again, b) {
			t.Errorf("ref %x was read and is written as %x", b, again)
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := append(b, make([]byte, max(0, filekeeper.CopySize-len(b)))...)
		again, err := filekeeper.ReencodeHeader(whole)
		if err == nil && !bytes.Equal(again, whole[:filekeeper.CopySize]) {
			t.Errorf("header %x was read and is written as %x", whole[:160], again[:160])
		}
		var slot [filekeeper.SlotSize]byte
		copy(slot[:], b)
		if again := filekeeper.ReencodeSlot(slot); !bytes.Equal(again, slot[:]) {
			t.Errorf("slot %x was read and is written as %x", slot, again)
		}
	})
}

func TestFuzzSeedsAreThere(t *testing.T) {
	t.Parallel()
	for target, least := range map[string]int{"FuzzDamage": 5, "FuzzRef": 4, "FuzzHeader": 4, "FuzzLoadMaster": 5} {
		seeds, err := os.ReadDir(filepath.Join("testdata", "fuzz", target))
		if err != nil || len(seeds) < least {
			t.Errorf("%s has %d seeds, want at least %d, error %v", target, len(seeds), least, err)
		}
	}
}
