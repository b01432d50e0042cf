package filekeeper_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

func TestLoadMasterMakesAKeyOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	first, err := filekeeper.LoadMaster(path)
	if err != nil || first == (session.Key{}) {
		t.Fatalf("LoadMaster: zeros %v, error %v", first == session.Key{}, err)
	}
	if again, err := filekeeper.LoadMaster(path); err != nil || again != first {
		t.Errorf("LoadMaster again: the same key %v, error %v", again == first, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode().Perm(), fs.FileMode(0o600); got != want || info.Size() != 32 {
		t.Errorf("mode %v and %d bytes, want %v and 32", got, info.Size(), want)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); len(entries) != 1 || err != nil {
		t.Errorf("the folder holds %v, want the key alone, error %v", entries, err)
	}
	if other, err := filekeeper.LoadMaster(filepath.Join(t.TempDir(), "master.key")); err != nil || other == first {
		t.Errorf("another master key is the same: %v, error %v", other == first, err)
	}
}

func TestManyLoadMastersAgree(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	keys := make([]session.Key, 16)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			var err error
			if keys[i], err = filekeeper.LoadMaster(path); err != nil {
				t.Errorf("LoadMaster: %v", err)
			}
		})
	}
	all.Wait()
	for i, key := range keys {
		if key != keys[0] || key == (session.Key{}) {
			t.Errorf("number %d got another key than number 0, or zeros", i)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); len(entries) != 1 || err != nil {
		t.Errorf("the folder holds %v, want the key alone, error %v", entries, err)
	}
}

func TestLoadMasterRefuses(t *testing.T) {
	t.Parallel()
	good := bytes.Repeat([]byte("\xc3K"), 16)
	for _, row := range []struct {
		name string
		data []byte
		mode fs.FileMode
		say  string // empty: it is taken
	}{
		{"as it should be", good, 0o600, ""},
		{"for reading alone", good, 0o400, ""},
		{"readable by group", good, 0o640, "mode 0640"},
		{"readable by others", good, 0o604, "mode 0604"},
		{"writable by group", good, 0o620, "mode 0620"},
		{"open to all", good, 0o666, "mode 0666"},
		{"empty", nil, 0o600, "0 bytes"},
		{"a byte less", good[1:], 0o600, "31 bytes"},
		{"a line after", append(bytes.Clone(good), '\n'), 0o600, "33 bytes"},
		{"in hex", []byte(fmt.Sprintf("%x", good)), 0o600, "64 bytes"},
		{"zeros", make([]byte, 32), 0o600, "all zeros"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, row.data, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, row.mode); err != nil {
				t.Fatal(err)
			}
			key, err := filekeeper.LoadMaster(path)
			if row.say == "" {
				if err != nil || !bytes.Equal(key[:], row.data) {
					t.Errorf("LoadMaster: error %v, want the key", err)
				}
				return
			}
			if !errors.Is(err, session.ErrKeeper) || !strings.Contains(fmt.Sprint(err), row.say) || key != (session.Key{}) {
				t.Errorf("LoadMaster: %v, want an error that wraps %v and says %q, and no key", err, session.ErrKeeper, row.say)
			}
			if strings.Contains(fmt.Sprint(err), "\xc3K") || strings.Contains(fmt.Sprint(err), "c34b") {
				t.Errorf("the error holds the key: %q", err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, row.data) {
				t.Errorf("a refused file was changed, error %v", err)
			}
		})
	}
}

func TestLoadMasterRefusesWhatIsNoPlainFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, dir, filepath.Join(dir, "missing", "master.key")} {
		if _, err := filekeeper.LoadMaster(path); !errors.Is(err, session.ErrKeeper) {
			t.Errorf("LoadMaster(%q): %v, want an error that wraps %v", path, err, session.ErrKeeper)
		}
	}
}

// A crash in the making leaves a second name of the file: it goes, and another's draft stays.
func TestSecondNamesAreForgotten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	master, slots := filepath.Join(dir, "master.key"), filepath.Join(dir, "slots")
	key, err := filekeeper.LoadMaster(master)
	if err != nil {
		t.Fatal(err)
	}
	if err := open(t, slots, key, 2).Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{master, slots} {
		if err := os.Link(path, path+".new-1"); err != nil {
			t.Fatal(err)
		}
	}
	beingMade := master + ".new-2"
	if err := os.WriteFile(beingMade, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := filekeeper.LoadMaster(master); err != nil {
		t.Fatal(err)
	}
	open(t, slots, key, 2)
	for path, want := range map[string]bool{master: true, slots: true, master + ".new-1": false, slots + ".new-1": false, beingMade: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(path), err == nil, want)
		}
	}
}
