package sqlkeeper_test

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keepertest"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

// process is a keeper with a database of its own on the common file, as a process has it.
type process struct {
	*sqlkeeper.Keeper
	io.Closer
}

func TestKeeper(t *testing.T) {
	t.Parallel()
	dir, master := t.TempDir(), session.NewKey()
	keepertest.Run(t, func(t *testing.T) session.Keeper {
		db := migrated(t, quick(), filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_")), 4)
		return process{newKeeper(t, db, master), db}
	})
}

func TestKeeperRotates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keepertest.RunRotation(t, func(t *testing.T, masters ...session.Key) (keepertest.Rotator, error) {
		db := migrated(t, quick(), filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_")), 4)
		k, err := sqlkeeper.New(db, sqlkeeper.SQLite(), masters[0], masters[1:]...)
		if err != nil {
			return nil, err
		}
		return process{k, db}, nil
	})
}
