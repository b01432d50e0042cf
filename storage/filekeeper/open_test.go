package filekeeper_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

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
		{"a later version", inBoth(11, 3^2), master, "version"},
		{"a changed magic", inBoth(0, 1), master, "does not begin"},
		{"a changed id", inBoth(12, 1), master, "damaged"},
		{"a changed turn", inBoth(35, 1), master, "damaged"},
		{"a changed keyhole", inBoth(100, 1), master, "damaged"},
		{"a changed sum", inBoth(156, 1), master, "damaged"},
		{"a change in the zeros", inBoth(1000, 1), master, "damaged"},
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

// inBoth changes a byte in both copies of the header.
func inBoth(at int, change byte) func([]byte) []byte {
	return func(b []byte) []byte {
		b[at] ^= change
		b[filekeeper.CopySize+at] ^= change
		return b
	}
}

func unchanged(b []byte) []byte { return b }

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
