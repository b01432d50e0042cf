package filekeeper_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

// FuzzLoadMaster: a file is a master key when it has 32 bytes that are not all zeros, and only the owner may
// use it; of any other the error says nothing of what is in it. The file stays as it is.
func FuzzLoadMaster(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte, mode uint16) {
		path := filepath.Join(t.TempDir(), "master.key")
		perm := fs.FileMode(mode)&0o777 | 0o400
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.Chmod(path, perm)); err != nil {
			t.Fatal(err)
		}
		key, err := filekeeper.LoadMaster(path)
		good := len(data) == 32 && !bytes.Equal(data, make([]byte, 32)) && perm&0o077 == 0
		switch {
		case good && (err != nil || !bytes.Equal(key[:], data)):
			t.Errorf("%x with mode %v: error %v, want the key", data, perm, err)
		case !good && (!errors.Is(err, session.ErrKeeper) || key != session.Key{}):
			t.Errorf("%x with mode %v: error %v, want one that wraps %v, and no key", data, perm, err, session.ErrKeeper)
		case !good && len(data) >= 16 && strings.Contains(err.Error(), string(data)):
			t.Errorf("%x with mode %v: the error %v holds it", data, perm, err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != perm {
			t.Errorf("%x: got the mode %v and error %v, want %v", data, info.Mode(), err, perm)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, data) {
			t.Errorf("got %x and error %v in the file, want %x", after, err, data)
		}
	})
}
