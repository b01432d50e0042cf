package filekeeper_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keepertest"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

// unsynced is a disk that is never waited for. That syncs happen is for the recorder to see.
type unsynced struct{ filekeeper.Disk }

func (unsynced) Sync() error { return nil }

func quick(d filekeeper.Disk) filekeeper.Disk { return unsynced{d} }

func open(t testing.TB, path string, master session.Key, size int, previous ...session.Key) *filekeeper.Keeper {
	t.Helper()
	k, err := filekeeper.OpenBlocks(path, master, size, quick, previous...)
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
			keepertest.Run(t, func(t *testing.T) session.Keeper {
				return open(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_")), master, size)
			})
		})
	}
}

func TestKeeperRotates(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 3, 64, 4096} {
		t.Run(fmt.Sprintf("blocks of %d", size), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			keepertest.RunRotation(t, func(t *testing.T, masters ...session.Key) (keepertest.Rotator, error) {
				path := filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_"))
				k, err := filekeeper.OpenBlocks(path, masters[0], size, quick, masters[1:]...)
				if err != nil {
					return nil, err
				}
				return k, nil
			})
		})
	}
}

func TestRefHas25Bytes(t *testing.T) {
	t.Parallel()
	g := makeKey(t, open(t, filepath.Join(t.TempDir(), "slots"), session.NewKey(), 4))
	if got, want := len(g.ref), filekeeper.RefSize; got != want || want != 25 {
		t.Errorf("a ref has %d bytes, want %d", got, want)
	}
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
