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

// Any damage to one copy of the header is mended from the other.
func TestAHeaderOfWhichOneCopyIsDamagedIsMended(t *testing.T) {
	t.Parallel()
	path, master := filepath.Join(t.TempDir(), "slots"), session.NewKey()
	k := open(t, path, master, 2)
	g := makeKey(t, k)
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range []int{0, filekeeper.CopySize} {
		for torn := 1; torn < filekeeper.CopySize; torn += 1 + torn/200*100 {
			data := bytes.Clone(good)
			for i := range torn {
				data[damaged+i] = ^data[damaged+i]
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			k := open(t, path, master, 2)
			mustOpen(t, k, g, "with half of the header damaged")
			if err := k.Close(); err != nil {
				t.Fatal(err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after[:filekeeper.HeaderSize], good[:filekeeper.HeaderSize]) {
				t.Fatalf("with %d bytes at %d damaged: the header is not mended, error %v", torn, damaged, err)
			}
		}
	}
}

// A header of another file, or of an earlier time, is no header of this one.
func TestAHeaderIsBoundToItsFileAndTime(t *testing.T) {
	t.Parallel()
	dir, before, after := t.TempDir(), session.NewKey(), session.NewKey()
	path := filepath.Join(dir, "slots")
	k := open(t, path, before, 2)
	g := makeKey(t, k)
	early, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Rotate(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	late, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open(t, filepath.Join(dir, "other"), after, 2)
	other, err := os.ReadFile(filepath.Join(dir, "other"))
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string][]byte{"an earlier time": early, "another file": other} {
		if err := os.WriteFile(path, append(bytes.Clone(header[:filekeeper.HeaderSize]), late[filekeeper.HeaderSize:]...), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, masters := range [][]session.Key{{before}, {after}, {after, before}} {
			again, err := filekeeper.OpenBlocks(path, masters[0], 2, quick, masters[1:]...)
			if err != nil {
				if !errors.Is(err, session.ErrKeeper) {
					t.Errorf("Open under the header of %s: %v, want %v", name, err, session.ErrKeeper)
				}
				continue
			}
			mustRefuse(t, again, g, session.ErrKeeper, "under the header of "+name)
			_ = again.Close()
		}
	}
}
